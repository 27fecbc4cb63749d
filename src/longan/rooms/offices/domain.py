"""Rules of the room: who lists an office and changes it, and how a kiosk comes by its key."""

from datetime import date, datetime
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.access import officials
from longan.floor.access.tokens import Principal
from longan.floor.base.errors import FieldError, Forbidden, InvalidRequest, NotFound, Stale, WardUnknown
from longan.floor.database.page import Cursors
from longan.floor.dossiers import kiosk_keys
from longan.floor.pay_and_days.wages import day_of
from longan.floor.places import ward
from longan.floor.setup.apps import OPENED
from longan.rooms.offices import store
from longan.rooms.offices.models import (
    Kiosk,
    KioskKey,
    KioskPage,
    ManagedOffice,
    ManagedOfficePage,
    OfficeChange,
    OfficeEnded,
    OfficeIn,
    OfficePage,
    OfficeStepPage,
    PrivateJwk,
)

FUNCTION: officials.Function = "public_services"


async def listed(
    conn: asyncpg.Connection, cursors: Cursors, home: str, named: tuple[str | None, str | None, str | None],
    agency: str | None, cursor: str | None, limit: int, now: datetime,
) -> OfficePage:  # fmt: skip
    """Raises what `ward.codes` raises, `InvalidRequest` for a cursor of another list."""
    codes = await ward.codes(conn, home, now, *named)
    given = {"ward_codes": codes, "agency_code": agency}
    filters: dict[str, object] = {name: value for name, value in given.items() if value is not None}
    return await store.offices(conn, cursors, {**filters, "day": day_of(now)}, cursor, limit)


async def managed(
    conn: asyncpg.Connection, cursors: Cursors, me: Principal, unlisted: bool | None, cursor: str | None, limit: int,
    now: datetime,
) -> ManagedOfficePage:  # fmt: skip
    """Raises `Forbidden`, `InvalidRequest` for a cursor of another list."""
    await officials.demand(conn, me, FUNCTION, now)
    return await store.managed(conn, cursors, me, unlisted, cursor, limit, now)


async def create(tx: asyncpg.Connection, me: Principal, given: OfficeIn, now: datetime) -> ManagedOffice:
    """Raises `Forbidden`, also for an agency that is not the official's own; `WardUnknown`, `OfficeExists`,
    `InvalidRequest`."""
    await officials.demand(tx, me, FUNCTION, now)
    begins = given.valid_from or day_of(now)
    if begins > day_of(now):
        raise InvalidRequest(FieldError("/valid_from", "too_large"))
    made = await store.create(tx, given, await _ward(tx, given.ward_code, now), begins, now)
    await store.record(tx, made, "office_created", me.account_id, now)
    # What somebody else would own is undone with this refusal.
    office = await store.one(tx, made, me, now)
    if office is None:
        raise Forbidden
    return office


async def _ward(conn: asyncpg.Connection, code: str, now: datetime) -> date:
    version = await store.ward_in_force(conn, code, now)
    if version is None:
        raise WardUnknown
    return version


async def shown(conn: asyncpg.Connection, office: UUID, me: Principal, now: datetime) -> ManagedOffice:
    """Raises `Forbidden`, `NotFound` for an office of others."""
    await officials.demand(conn, me, FUNCTION, now)
    found = await store.one(conn, office, me, now)
    if found is None:
        raise NotFound
    return found


async def update(
    tx: asyncpg.Connection, office: UUID, me: Principal, change: OfficeChange, versions: list[int] | None,
    now: datetime,
) -> ManagedOffice:  # fmt: skip
    """Raises `Forbidden`, also for a ward in which it would no longer be the official's; `NotFound`, `Stale`,
    `OfficeEnded`, `WardUnknown`, `InvalidRequest`."""
    await officials.demand(tx, me, FUNCTION, now)
    standing = await store.held(tx, office, me, now)
    if standing is None:
        raise NotFound
    if versions is not None and standing.version not in versions:
        raise Stale
    if standing.valid_to is not None:
        raise OfficeEnded
    if not standing.listed and (change.name is None) != (change.ward_code is None):
        raise InvalidRequest(FieldError("/ward_code" if change.ward_code is None else "/name", "needs_both"))
    if change.valid_to is not None and not standing.valid_from <= change.valid_to <= day_of(now):
        too = "too_small" if change.valid_to < standing.valid_from else "too_large"
        raise InvalidRequest(FieldError("/valid_to", too))
    version = None if change.ward_code is None else await _ward(tx, change.ward_code, now)
    await store.update(tx, office, me, change.name, (version, change.ward_code), change.valid_to, now)
    action: store.Action = "office_changed" if change.valid_to is None else "office_ended"
    await store.record(tx, office, action, me.account_id, now)
    after = await store.one(tx, office, me, now)
    if after is None:
        raise Forbidden
    return after


async def kiosks(
    conn: asyncpg.Connection, cursors: Cursors, office: UUID, me: Principal, cursor: str | None, limit: int,
    now: datetime,
) -> KioskPage:  # fmt: skip
    """Raises `Forbidden`, `NotFound`, `InvalidRequest` for a cursor of another list."""
    await shown(conn, office, me, now)
    return await store.kiosks(conn, cursors, office, me, cursor, limit, now)


async def history(
    conn: asyncpg.Connection, cursors: Cursors, office: UUID, me: Principal, cursor: str | None, limit: int,
    now: datetime,
) -> OfficeStepPage:  # fmt: skip
    """Raises `Forbidden`, `NotFound`, `InvalidRequest` for a cursor of another list."""
    await shown(conn, office, me, now)
    return await store.history(conn, cursors, office, me, cursor, limit, now)


async def create_kiosk(tx: asyncpg.Connection, office: UUID, me: Principal, counter: str, now: datetime) -> Kiosk:
    """Raises `Forbidden`, `NotFound`, `OfficeEnded`, `KioskExists`."""
    await officials.demand(tx, me, FUNCTION, now)
    standing = await store.held(tx, office, me, now)
    if standing is None:
        raise NotFound
    if standing.valid_to is not None:
        raise OfficeEnded
    made = await store.create_kiosk(tx, office, counter, now)
    await store.record(tx, office, "kiosk_created", me.account_id, now, made)
    return await _kiosk(tx, made, me, now)


async def issue_key(tx: asyncpg.Connection, kiosk: UUID, me: Principal, public_url: str, now: datetime) -> KioskKey:
    """A new key, whose private half leaves with this answer and stays nowhere. What the one before has signed is good
    until it is over.

    Raises `Forbidden`, `NotFound` also for a kiosk that was revoked.
    """
    await officials.demand(tx, me, FUNCTION, now)
    found = await _kiosk(tx, kiosk, me, now)
    made = kiosk_keys.make()
    key = await store.issue(tx, kiosk, made.public, now)
    await store.record(tx, found.office_id, "key_issued", me.account_id, now, kiosk, key)
    private = msgspec.convert(made.private, PrivateJwk)
    return KioskKey(kiosk, key, private, f"{public_url.rstrip('/')}{OPENED}visits/", now)


async def revoke(tx: asyncpg.Connection, kiosk: UUID, me: Principal, now: datetime) -> None:
    """Raises `Forbidden`, `NotFound`."""
    await officials.demand(tx, me, FUNCTION, now)
    found = await _kiosk(tx, kiosk, me, now)
    await store.revoke(tx, kiosk, now)
    await store.record(tx, found.office_id, "kiosk_revoked", me.account_id, now, kiosk)


async def _kiosk(tx: asyncpg.Connection, kiosk: UUID, me: Principal, now: datetime) -> Kiosk:
    found = await store.kiosk(tx, kiosk, me, now)
    if found is None or found.revoked_at is not None:
        raise NotFound
    return found
