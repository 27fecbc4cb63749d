"""Rules of the room: a text is checked like code before it is kept, nobody publishes their own, and nobody publishes
what was not compared with what holds.

What people read here decides whether they hand in an application, so two pairs of eyes see it (SECURITY Z7).
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TypeAlias
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.access import officials
from longan.floor.access.tokens import Principal
from longan.floor.base.errors import FieldError, Forbidden, NotFound
from longan.floor.database import queue
from longan.floor.database.page import Cursors
from longan.floor.dossiers.small_groups import FEWEST, apart
from longan.floor.housing_rules.social_housing import Outcome
from longan.floor.housing_rules.social_housing_rules import read
from longan.floor.pay_and_days.dated_rules import BadRules
from longan.floor.pay_and_days.wages import day_of
from longan.rooms.eligibility_rules import store
from longan.rooms.eligibility_rules.models import (
    HousingRulesPage,
    HousingRulesPreview,
    HousingRulesText,
    Kept,
    RulesByTheSamePerson,
    RulesIn,
    RulesMovedOn,
    RulesNotPreviewed,
    RulesPublished,
    RulesRefused,
    SavedShift,
    SavedShifts,
)

FUNCTION: officials.Function = "housing"

MOST_CHARACTERS = 600
"""On a line."""

Turn: TypeAlias = tuple[Outcome, Outcome]
"""The outcome before and after."""


async def draft(tx: asyncpg.Connection, me: Principal, given: RulesIn, now: datetime) -> HousingRulesText:
    """Raises `Forbidden`, `RulesRefused`."""
    await _demand(tx, me, now)
    check(given.text)
    return _shown(await _one(tx, await store.insert(tx, given.text, given.note, me.account_id, now)))


def check(text: str) -> None:
    """Raises `RulesRefused`. A key of very many parts takes minutes to read; all parts of one stand on a line."""
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > MOST_CHARACTERS:
            raise RulesRefused(f"line {number} is longer than {MOST_CHARACTERS} characters")
    try:
        read(text.encode())
    except BadRules as error:
        raise RulesRefused(str(error)) from error
    except RecursionError as error:
        raise RulesRefused("nested too deeply") from error


async def page(
    conn: asyncpg.Connection, cursors: Cursors, me: Principal, cursor: str | None, limit: int, now: datetime
) -> HousingRulesPage:
    """Raises `Forbidden`, `InvalidRequest` for a cursor of another list."""
    await _demand(conn, me, now)
    return await store.page(conn, cursors, cursor, limit)


async def shown(conn: asyncpg.Connection, me: Principal, text: UUID, now: datetime) -> HousingRulesText:
    """Raises `Forbidden`, `NotFound`."""
    await _demand(conn, me, now)
    return _shown(await _one(conn, text))


async def preview(
    tx: asyncpg.Connection, me: Principal, text: UUID, day: date | None, now: datetime
) -> HousingRulesText:
    """Promise a preview by the rules of a day. Raises `Forbidden`, `NotFound`, `RulesPublished`."""
    await _demand(tx, me, now)
    await store.hold(tx, text)
    if (await _one(tx, text)).published_at is not None:
        raise RulesPublished
    await store.ask(tx, text, now)
    await queue.add(tx, "social_housing_rules_preview", text_id=text, asked_at=now, day=day or day_of(now))
    return _shown(await _one(tx, text))


async def publish(tx: asyncpg.Connection, me: Principal, text: UUID, now: datetime) -> HousingRulesText:
    """Make it the text that holds from now on: what it changes on days that are over is nobody's answer any more.

    Raises `Forbidden`, `NotFound`, `RulesByTheSamePerson`, `RulesPublished`, `RulesNotPreviewed`, `RulesMovedOn`.
    """
    await _demand(tx, me, now)
    await store.hold(tx, text)
    found = await _one(tx, text)
    if found.drafted_by == me.account_id:
        raise RulesByTheSamePerson
    if found.published_at is not None:
        raise RulesPublished
    if found.preview is None:
        raise RulesNotPreviewed
    if _preview_of(found.preview).day < day_of(now):
        raise RulesNotPreviewed(FieldError("/preview/day", "in_past"))
    if found.preview_against != found.newest:
        raise RulesMovedOn
    await store.publish(tx, text, me.account_id, now)
    await queue.add(tx, "social_housing_rules_published")
    return _shown(await _one(tx, text))


def told(turns: Mapping[Turn, int]) -> SavedShifts | None:
    """What may be said of kept cases: groups of ten and more, counted down to tens, so that of two previews, one of
    them of a text made for it, no single person's answer is the difference."""

    def is_enough(groups: Sequence[tuple[Turn, int]]) -> bool:
        return sum(number for _, number in groups) >= FEWEST

    parts = apart(list(turns.items()), is_enough, lambda group: (group[1], " ".join(group[0])))
    if parts is None:
        return None
    alone, rest = parts
    groups = [SavedShift(before, after, _tens(number)) for (before, after), number in alone]
    return SavedShifts(groups, _tens(sum(number for _, number in rest)) if rest else None)


def _tens(number: int) -> int:
    return number // FEWEST * FEWEST


def _shown(found: Kept) -> HousingRulesText:
    said = {name: getattr(found, name) for name in HousingRulesText.__struct_fields__ if name != "preview"}
    return HousingRulesText(**said, preview=None if found.preview is None else _preview_of(found.preview))


def _preview_of(made: str) -> HousingRulesPreview:
    return msgspec.json.decode(made, type=HousingRulesPreview)


async def _one(conn: asyncpg.Connection, text: UUID) -> Kept:
    if (found := await store.one(conn, text)) is None:
        raise NotFound
    return found


async def _demand(conn: asyncpg.Connection, me: Principal, now: datetime) -> None:
    """The rules have no ward: they are for officials of housing who are appointed for everywhere."""
    if not await officials.may(conn, me, FUNCTION, None, None, now):
        raise Forbidden
