"""Rules of the room: who was appointed for wards keeps the units and rules of these wards, who was appointed for
everywhere all of them; each change is on record with what was before."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.access import officials
from longan.floor.access.tokens import Principal
from longan.floor.base.errors import FieldError, Forbidden, InvalidRequest, NotFound, Stale, WardUnknown
from longan.floor.database.page import Cursors
from longan.floor.feedback import feedback_terms
from longan.floor.feedback.feedback_routing import UnitNotResponsible
from longan.floor.pay_and_days.wages import day_of
from longan.rooms.feedback_units import store
from longan.rooms.feedback_units.models import (
    Action,
    CategoryUnknown,
    FeedbackUnit,
    FeedbackUnitChange,
    FeedbackUnitIn,
    FeedbackUnitPage,
    NewUnit,
    RoutingChange,
    RoutingChangePage,
    RoutingRule,
    RoutingRuleIn,
    RoutingRulePage,
    RuleOverlaps,
    UnitHasRules,
    UnitNameTaken,
)

FUNCTION: officials.Function = "feedback"
Filters = dict[str, Any]


async def units(
    conn: asyncpg.Connection, cursors: Cursors, me: Principal, home: str, filters: Filters, cursor: str | None,
    limit: int, now: datetime,
) -> FeedbackUnitPage:  # fmt: skip
    """Raises `Forbidden`, `InvalidRequest` for a cursor of another list."""
    await officials.demand(conn, me, FUNCTION, now)
    asked = _given(filters)
    return await store.units(
        conn, cursors, {**asked, "province": home, "day": day_of(now), "now": now}, cursor, limit, asked
    )


async def rules(
    conn: asyncpg.Connection, cursors: Cursors, me: Principal, home: str, filters: Filters, cursor: str | None,
    limit: int, now: datetime,
) -> RoutingRulePage:  # fmt: skip
    """Raises `Forbidden`, `InvalidRequest` for a cursor of another list."""
    await officials.demand(conn, me, FUNCTION, now)
    asked = _given(filters)
    return await store.rules(
        conn, cursors, {**asked, "province": home, "day": day_of(now), "now": now}, cursor, limit, asked
    )


async def changes(
    conn: asyncpg.Connection, cursors: Cursors, me: Principal, filters: Filters, cursor: str | None, limit: int,
    now: datetime,
) -> RoutingChangePage:  # fmt: skip
    """Raises `Forbidden`, `InvalidRequest` for a cursor of another list."""
    await officials.demand(conn, me, FUNCTION, now)
    page = await store.changes(conn, cursors, _given(filters), cursor, limit)
    return RoutingChangePage(
        [
            RoutingChange(
                row.id, row.action, row.unit_id, row.rule_id, _read(row.before), _read(row.after), row.by,
                row.agency_code, row.at,
            )
            for row in page.items
        ],
        page.next_cursor,
    )  # fmt: skip


def _given(filters: Filters) -> Filters:
    return {name: value for name, value in filters.items() if value is not None}


def _read(text: str | None) -> dict[str, Any] | None:
    return None if text is None else msgspec.json.decode(text, type=dict[str, Any])


async def unit(conn: asyncpg.Connection, me: Principal, identifier: UUID, now: datetime) -> FeedbackUnit:
    """Raises `Forbidden`, `NotFound`."""
    await officials.demand(conn, me, FUNCTION, now)
    if (found := await store.unit(conn, identifier)) is None:
        raise NotFound
    return found


async def add(tx: asyncpg.Connection, me: Principal, home: str, data: FeedbackUnitIn, now: datetime) -> FeedbackUnit:
    """Raises `Forbidden`, also for wards beyond the role's, `WardUnknown`, `CategoryUnknown`, `UnitNameTaken`."""
    await officials.demand(tx, me, FUNCTION, now)
    await _check_categories(tx, home, data.category_codes, now)
    version = await _own_wards(tx, me, home, data.ward_codes, now)
    new = NewUnit(
        data.name, home, data.agency_code, version, data.ward_codes, data.category_codes,
        data.valid_from or day_of(now), None,
    )  # fmt: skip
    try:
        made = await store.add(tx, new, now)
    except asyncpg.UniqueViolationError as error:
        raise _name_taken(error) from error
    await store.keep(tx, "unit_added", made.id, None, None, made, me, now)
    return made


async def change(
    tx: asyncpg.Connection, me: Principal, identifier: UUID, data: FeedbackUnitChange, versions: list[int] | None,
    now: datetime,
) -> FeedbackUnit:  # fmt: skip
    """Raises what `add` raises, `NotFound`, `Stale`, `UnitHasRules`, `InvalidRequest` for a day that is past."""
    await officials.demand(tx, me, FUNCTION, now)
    old = await store.unit(tx, identifier, hold=True)
    if old is None:
        raise NotFound
    if versions is not None and old.version not in versions:
        raise Stale
    new = await _changed(tx, me, old, data, now)
    try:
        made = await store.change(tx, identifier, new, now)
    except asyncpg.UniqueViolationError as error:
        raise _name_taken(error) from error
    if await store.misled(tx, identifier, day_of(now)):
        raise UnitHasRules
    action: Action = "unit_ended" if made.ended_on is not None and old.ended_on is None else "unit_changed"
    await store.keep(tx, action, identifier, None, old, made, me, now)
    return made


async def _changed(
    tx: asyncpg.Connection, me: Principal, old: FeedbackUnit, data: FeedbackUnitChange, now: datetime
) -> NewUnit:
    await _own_wards(tx, me, old.province_code, old.ward_codes, now, old.ward_version)
    wards, version = old.ward_codes, old.ward_version
    if "ward_codes" in data.clear or data.ward_codes is not msgspec.UNSET:
        wards = None if "ward_codes" in data.clear else data.ward_codes or None
        version = await _own_wards(tx, me, old.province_code, wards, now)
    categories = None if "category_codes" in data.clear else _or(data.category_codes, old.category_codes)
    if categories != old.category_codes:
        await _check_categories(tx, old.province_code, categories, now)
    ended_on = _or(data.ended_on, old.ended_on)
    if ended_on is not None and ended_on != old.ended_on and ended_on < max(day_of(now), old.valid_from):
        raise InvalidRequest(FieldError("/ended_on", "in_past"))
    return NewUnit(
        _or(data.name, old.name), old.province_code,
        None if "agency_code" in data.clear else _or(data.agency_code, old.agency_code),
        version, wards, categories, old.valid_from, ended_on,
    )  # fmt: skip


def _or(given: Any, old: Any) -> Any:
    return old if given is msgspec.UNSET else given


async def add_rule(tx: asyncpg.Connection, me: Principal, home: str, data: RoutingRuleIn, now: datetime) -> RoutingRule:
    """Raises `Forbidden`, also for a ward beyond the role's, `WardUnknown`, `CategoryUnknown`, `UnitNotResponsible`,
    `RuleOverlaps`."""
    await officials.demand(tx, me, FUNCTION, now)
    await _check_categories(tx, home, None if data.category_code is None else [data.category_code], now)
    version = await _own_wards(tx, me, home, None if data.ward_code is None else [data.ward_code], now)
    day = data.valid_from or day_of(now)
    unit = await store.unit(tx, data.unit_id, hold=True)
    if unit is None or unit.province_code != home or day < unit.valid_from or unit.ended_on is not None:
        raise UnitNotResponsible
    ward = (version if data.ward_code is not None else None, data.ward_code)
    try:
        async with tx.transaction():
            if data.replace and (before := await store.same(tx, home, data.category_code, ward, day)) is not None:
                await _end(tx, me, before, day, now)
            made = await store.add_rule(tx, unit.id, home, data.category_code, ward, day, now)
    except asyncpg.ExclusionViolationError as error:
        if error.constraint_name == "rules_one_at_a_time":
            raise RuleOverlaps from error
        raise
    if await store.misled(tx, unit.id, day_of(now)):
        raise UnitNotResponsible
    await store.keep(tx, "rule_added", unit.id, made.id, None, made, me, now)
    return made


async def end_rule(tx: asyncpg.Connection, me: Principal, identifier: UUID, now: datetime) -> None:
    """The rule holds no more, from today on. Raises `Forbidden`, `NotFound`, also for one that has ended."""
    await officials.demand(tx, me, FUNCTION, now)
    held = await store.rule(tx, identifier)
    if held is None or held.ended_on is not None:
        raise NotFound
    if not await officials.may(tx, me, FUNCTION, held.ward_version, held.ward_code, now):
        raise Forbidden
    await _end(tx, me, held, day_of(now), now)


async def _end(tx: asyncpg.Connection, me: Principal, held: RoutingRule, day: date, now: datetime) -> None:
    ended = await store.end_rule(tx, held, day)
    await store.keep(tx, "rule_ended", held.unit_id, held.id, held, ended, me, now)


async def _own_wards(
    tx: asyncpg.Connection, me: Principal, province: str, wards: list[str] | None, now: datetime,
    version: date | None = None,
) -> date | None:  # fmt: skip
    """The list of which the wards are, None for none. Raises `Forbidden` for wards beyond the role's, `WardUnknown`."""
    if wards is None:
        if not await officials.may(tx, me, FUNCTION, None, None, now):
            raise Forbidden
        return None
    if version is not None:
        for code in wards:
            if not await officials.may(tx, me, FUNCTION, version, code, now):
                raise Forbidden
        return version
    current, known, mine = await store.known(tx, me.account_id, wards, province, now)
    if known != len(set(wards)):
        raise WardUnknown
    if not mine:
        raise Forbidden
    return current


async def _check_categories(tx: asyncpg.Connection, province: str, codes: list[str] | None, now: datetime) -> None:
    handled = await feedback_terms.categories(tx, day_of(now), province)
    if any(code not in handled or not handled[code].is_handled for code in codes or []):
        raise CategoryUnknown


def _name_taken(error: asyncpg.UniqueViolationError) -> Exception:
    return UnitNameTaken() if error.constraint_name == "units_one_of_a_name" else error
