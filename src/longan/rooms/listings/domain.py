"""Rules of the room: who may write which listing, and what of it may be changed when."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg
import msgspec
from msgspec import UNSET

from longan.floor.access import officials
from longan.floor.access.tokens import Principal
from longan.floor.base.errors import FieldError, Forbidden, InvalidRequest, NotFound
from longan.floor.database.page import Cursors
from longan.floor.housing import housing_costs, housing_drafts, room_ranges
from longan.floor.housing.housing_costs import Asked, reckoned
from longan.floor.housing.housing_drafts import Said
from longan.floor.housing.housing_listings import Status
from longan.floor.housing.housing_view import PURPOSE, MyHousing, is_official, shown
from longan.floor.housing.room_ranges import Field
from longan.floor.pay_and_days.money_said import hear
from longan.floor.pay_and_days.wages import day_of
from longan.floor.pictures import uploads
from longan.floor.pictures.object_storage import Storage
from longan.floor.pictures.uploads import PhotoLink
from longan.rooms.listings import store
from longan.rooms.listings.models import (
    Checked,
    CheckIn,
    HeardField,
    HousingChange,
    HousingEventPage,
    HousingIn,
    HousingSuspended,
    IdTaken,
    MyHousingPage,
    OutOfRange,
)

FUNCTION: officials.Function = "housing"
# Figures alone below this may be meant for prices of a kWh or a m3, which are small.
SMALL = frozenset({"electricity_price", "water_price"})
SMALL_IN_DONG_FROM = 1_000
Versions: TypeAlias = list[int] | None
"""Those the caller may have seen; None for any."""


def checked(given: CheckIn, now: datetime) -> Checked:
    """What would be asked back, and what it would cost, with nothing written."""
    heard = [_heard(typed.field, typed.text) for typed in given.typed]
    known = {each.field: each.amount for each in heard if each.amount is not None}
    if twice := [each.field for each in heard if getattr(given, each.field) is not None]:
        raise InvalidRequest(*(FieldError(f"/{field}", "one_of_them") for field in twice))
    amounts: dict[str, Any] = {name: getattr(given, name) for name in Asked.__struct_fields__} | known
    rent = amounts["rent"]
    asked = Asked(**amounts | {"rent": rent or 0})
    compared = msgspec.structs.replace(asked.amounts(), rent=rent)
    wrong = room_ranges.faults(compared)
    cost = None if wrong or rent is None else reckoned(asked, day_of(now))
    return Checked(
        heard,
        [OutOfRange(each.pointer.removeprefix("/"), each.code) for each in wrong],
        [] if wrong else room_ranges.doubts_of(compared),
        None if cost is None else cost.shared,
        [] if cost is None else cost.flags,
    )


def _heard(field: Field, text: str) -> HeardField:
    found = hear(text, SMALL_IN_DONG_FROM) if field in SMALL else hear(text)
    return HeardField(found.amount, found.likely, field)


async def create(tx: asyncpg.Connection, me: Principal, given: HousingIn, now: datetime) -> MyHousing:
    """A draft. Raises `Forbidden`, `NotFound` when the account is no member of the employer, `InvalidRequest`,
    `WardUnknown`, `IdTaken`."""
    await _demand_official(tx, me, now)
    said = Said(**{name: getattr(given, name) for name in Said.__struct_fields__})
    wrong = [*_wrong(said), *_wrong_side(me, said, given.employer_id), *_wrong_id(given.id, now)]
    if given.job_ids and given.employer_id is None:
        wrong.append(FieldError("/job_ids", "needs_both"))
    if wrong:
        raise InvalidRequest(*wrong)
    placed = await housing_drafts.place(tx, said, None, now)
    assert placed.version is not None
    cost = reckoned(housing_drafts.asked(said), day_of(now))
    row = housing_drafts.row_of(said, placed, cost, given.sure)
    try:
        made = await housing_drafts.insert(
            tx, given.id, me.account_id, given.employer_id, is_official(me), row, placed.version, now
        )
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name == "listings_pkey":
            raise IdTaken from error
        raise
    if made is None:
        if is_official(me):
            raise Forbidden
        raise NotFound(FieldError("/employer_id", "not_found"))
    if given.job_ids:
        await housing_drafts.tie(tx, made, given.job_ids, given.employer_id)
    return await shown(tx, me, made, now)


async def update(
    tx: asyncpg.Connection, me: Principal, listing: UUID, change: HousingChange, versions: Versions, now: datetime
) -> MyHousing:
    """All but a draft and what is closed is looked at again, as when it was published.

    Raises `NotFound`, `Stale`, `HousingSuspended`, `InvalidRequest`, `WardUnknown`, `AmountsDoubted`,
    `PriceFlagsUnseen`.
    """
    given = _given(change)
    held = await housing_drafts.held(tx, listing, me.account_id, is_official(me), now)
    housing_drafts.unchanged(held, versions)
    if held.status == "suspended":
        raise HousingSuspended
    said = msgspec.structs.replace(held.said, **given)
    wrong = [*_wrong(said), *_wrong_side(me, said, held.employer_id)]
    if change.job_ids and held.employer_id is None:
        wrong.append(FieldError("/job_ids", "needs_both"))
    if wrong:
        raise InvalidRequest(*wrong)
    sure = {field for field in held.sure_of if field not in given} | set(change.sure)
    cost = reckoned(housing_drafts.asked(said), day_of(now))
    if held.status not in ("draft", "closed"):
        housing_costs.check(housing_drafts.asked(said), sure)
        housing_costs.demand_seen(cost, {*held.price_flags, *change.seen_flags})
    placed = await housing_drafts.place(tx, said, None if "ward_code" in given else held.ward_version, now)
    assert placed.version is not None
    row = housing_drafts.row_of(said, placed, cost, sorted(sure))
    await housing_drafts.update(tx, listing, me.account_id, is_official(me), row, placed.version, now)
    if change.job_ids is not UNSET:
        await housing_drafts.retie(tx, listing, me.account_id, change.job_ids, held.employer_id, now)
    return await shown(tx, me, listing, now)


def _given(change: HousingChange) -> dict[str, object]:
    """The fields of the listing that change, and what they become."""
    named = {name: getattr(change, name) for name in Said.__struct_fields__}
    given = {name: value for name, value in named.items() if value is not UNSET}
    if given.keys() & set(change.clear):
        raise InvalidRequest(FieldError("/clear", "one_of_them"))
    return given | dict.fromkeys(change.clear)


async def arrange(
    tx: asyncpg.Connection, storage: Storage, me: Principal, listing: UUID, photos: Sequence[UUID], now: datetime
) -> list[PhotoLink]:
    """All its pictures in their order. Raises `NotFound`, `HousingSuspended`, `UploadNotUsable`, `InvalidRequest`."""
    if len(set(photos)) < len(photos):
        raise InvalidRequest(FieldError("/upload_ids", "repeated"))
    held = await housing_drafts.held(tx, listing, me.account_id, is_official(me), now)
    if held.status == "suspended":
        raise HousingSuspended
    await uploads.arrange(tx, me.account_id, photos, PURPOSE, listing, now, public=held.status == "open")
    return uploads.links(storage, (await uploads.of(tx, PURPOSE, [listing])).get(listing, []))


async def photos(
    conn: asyncpg.Connection, storage: Storage, me: Principal, listing: UUID, now: datetime
) -> list[PhotoLink]:
    """Raises `NotFound`."""
    await shown(conn, me, listing, now)
    return uploads.links(storage, (await uploads.of(conn, PURPOSE, [listing])).get(listing, []))


async def own(
    conn: asyncpg.Connection, cursors: Cursors, me: Principal, employer: UUID | None, status: list[Status] | None,
    cursor: str | None, limit: int, now: datetime,
) -> MyHousingPage:  # fmt: skip
    """What the caller may write. Raises `InvalidRequest` for a cursor of another list."""
    return await store.own(conn, cursors, me.account_id, employer, is_official(me), status, cursor, limit, now)


async def history(
    conn: asyncpg.Connection, cursors: Cursors, me: Principal, listing: UUID, cursor: str | None, limit: int,
    now: datetime,
) -> HousingEventPage:  # fmt: skip
    """What happened to a listing. Raises `NotFound` for whoever may not write it."""
    page = await store.history(conn, cursors, listing, me.account_id, is_official(me), cursor, limit, now)
    if not page.items:
        await shown(conn, me, listing, now)
    return page


async def _demand_official(conn: asyncpg.Connection, me: Principal, now: datetime) -> None:
    if is_official(me):
        await officials.demand(conn, me, FUNCTION, now)


def _wrong(said: Said) -> list[FieldError]:
    return [*housing_drafts.wrong(said), *room_ranges.faults(housing_drafts.asked(said).amounts())]


def _wrong_side(me: Principal, said: Said, employer: UUID | None) -> list[FieldError]:
    """Projects are for officials and nothing else is; what an employer lets is a dormitory."""
    if employer is not None and is_official(me):
        return [FieldError("/employer_id", "not_one_of")]
    fits = said.kind == "project" if is_official(me) else said.kind != "project"
    if not fits or (employer is not None and said.kind != "dormitory"):
        return [FieldError("/kind", "not_one_of")]
    return []


def _wrong_id(made: UUID | None, now: datetime) -> list[FieldError]:
    """A phone's own id is a UUIDv7 of about now (RFC 9562 section 5.7), so that nobody chooses where it stands."""
    if made is None:
        return []
    if made.version != 7:
        return [FieldError("/id", "bad_form")]
    away = abs((made.int >> 80) - int(now.timestamp() * 1000))
    return [FieldError("/id", "bad_time")] if away > timedelta(days=1) / timedelta(milliseconds=1) else []
