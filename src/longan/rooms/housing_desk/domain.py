"""Rules of the room: officials of housing decide in their wards on listings that are kept from the lists, never on what
is theirs or what they have reported; owners read why, and may ask once for another look."""

from datetime import datetime
from uuid import UUID

import asyncpg

from longan.floor.access import officials
from longan.floor.access.tokens import Principal
from longan.floor.base.errors import FieldError, IllegalTransition, InvalidRequest, NotFound, Stale
from longan.floor.database.page import Cursors
from longan.floor.guard.standing import EmployerSuspended
from longan.floor.housing import housing_drafts, housing_listings
from longan.floor.housing.housing_contact import OwnHousing
from longan.floor.housing.housing_view import PURPOSE
from longan.floor.pictures import uploads
from longan.floor.pictures.object_storage import Storage
from longan.rooms.housing_desk import store
from longan.rooms.housing_desk.models import (
    CaseRow,
    HousingAppeal,
    HousingAppealIn,
    HousingCasePage,
    HousingCaseView,
    HousingDecided,
    HousingDecidedByYou,
    HousingDecisionIn,
    HousingNotAppealable,
    PairDecided,
    PairDecidedAlready,
    PairDecisionIn,
    SamePicturePage,
)

FUNCTION: officials.Function = "housing"


async def queue_of(
    conn: asyncpg.Connection, cursors: Cursors, me: Principal, filters: dict[str, object], cursor: str | None,
    limit: int, now: datetime,
) -> HousingCasePage:  # fmt: skip
    """Raises `Forbidden`, `InvalidRequest` for a cursor of another list."""
    await officials.demand(conn, me, FUNCTION, now)
    given = {name: value for name, value in filters.items() if value is not None}
    return await store.cases(conn, cursors, me.account_id, given, cursor, limit, now)


async def shown(
    conn: asyncpg.Connection, storage: Storage, me: Principal, listing: UUID, now: datetime
) -> HousingCaseView:
    """Raises `Forbidden`, `NotFound`, `OwnHousing`."""
    found = await _case(conn, me, listing, now)
    pictures = uploads.links(storage, (await uploads.of(conn, PURPOSE, [listing])).get(listing, []))
    hidden = {"own", "decided_by_me", "employer_id"}
    same = {name: getattr(found, name) for name in CaseRow.__struct_fields__ if name not in hidden}
    return HousingCaseView(**same, photos=pictures)


async def decide(
    tx: asyncpg.Connection, me: Principal, listing: UUID, decision: HousingDecisionIn, now: datetime
) -> HousingDecided:
    """Raises `Forbidden`, `NotFound`, `OwnHousing`, `HousingDecidedByYou`, `IllegalTransition`, `EmployerSuspended` for
    what would be shown of a suspended employer, `Stale` when the listing was changed since it was read."""
    await store.hold(tx, listing)
    found = await _case(tx, me, listing, now)
    if found.decided_by_me:
        raise HousingDecidedByYou
    if found.version != decision.version:
        raise Stale
    employer = found.employer_id if decision.to == "open" else None
    if employer is not None and await store.employer_status(tx, employer) == "suspended":
        raise EmployerSuspended
    moved = await housing_listings.move(tx, listing, decision.to, "official", me.account_id, decision.reason, now)
    if moved is None:
        # Let out of a suspension is what was not closed before it; that goes back to its owner, closed or as a draft.
        closed_before = found.status == "suspended" and decision.to == "open"
        errors = [FieldError("/to", "not_one_of")] if closed_before else []
        raise IllegalTransition(found.status, decision.to, *errors)
    return HousingDecided(listing, decision.to, moved.version)


async def _case(conn: asyncpg.Connection, me: Principal, listing: UUID, now: datetime) -> CaseRow:
    await officials.demand(conn, me, FUNCTION, now)
    found = await store.case(conn, listing, me.account_id, now)
    if found is None:
        raise NotFound
    if found.own:
        raise OwnHousing
    return found


async def appeal(
    tx: asyncpg.Connection, me: Principal, listing: UUID, said: HousingAppealIn, now: datetime
) -> HousingAppeal:
    """Once for each time the listing is hidden or taken down. Raises `NotFound`, `HousingNotAppealable`."""
    await housing_drafts.held(tx, listing, me.account_id, False, now)
    try:
        made = await store.appeal(tx, listing, me.account_id, said.text, now)
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name == "appeals_one_per_step":
            raise HousingNotAppealable from error
        raise
    if made is None:
        raise HousingNotAppealable
    return HousingAppeal(listing, said.text, made)


async def pairs(
    conn: asyncpg.Connection, cursors: Cursors, me: Principal, cursor: str | None, limit: int, now: datetime
) -> SamePicturePage:
    """Raises `Forbidden`, `InvalidRequest` for a cursor of another list."""
    await officials.demand(conn, me, FUNCTION, now)
    return await store.pairs(conn, cursors, me.account_id, cursor, limit, now)


async def decide_pair(
    tx: asyncpg.Connection, me: Principal, pair: UUID, decision: PairDecisionIn, now: datetime
) -> PairDecided:
    """What was copied is taken down where it is not already. Raises `Forbidden`, `NotFound`, `OwnHousing`,
    `PairDecidedAlready`, `InvalidRequest`."""
    await officials.demand(tx, me, FUNCTION, now)
    if (decision.copy_id is None) == (decision.outcome == "copied"):
        raise InvalidRequest(FieldError("/copy_id", "needs_both" if decision.outcome == "copied" else "one_of_them"))
    found = await store.pair(tx, pair, me.account_id, now)
    if found is None:
        raise NotFound
    if found.own:
        raise OwnHousing
    if found.outcome is not None:
        raise PairDecidedAlready
    if decision.copy_id is not None:
        if decision.copy_id not in (found.listing_id, found.other_id):
            raise InvalidRequest(FieldError("/copy_id", "not_one_of"))
        # Whoever has a copy in another ward of the province is decided on by who has seen both.
        await housing_listings.move(tx, decision.copy_id, "suspended", "official", me.account_id, decision.reason, now)
    await store.decide_pair(tx, pair, decision.outcome, decision.reason, me.account_id, now)
    return PairDecided(pair, decision.outcome, now)
