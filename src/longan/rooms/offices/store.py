"""SQL of the room, each statement above the function that runs it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Literal
from uuid import UUID

import asyncpg

from longan.floor.access.tokens import Principal
from longan.floor.database.db import maybe
from longan.floor.database.listing import Listing, Order, listing, newest
from longan.floor.database.page import Cursors
from longan.rooms.offices.models import (
    Kiosk,
    KioskExists,
    KioskPage,
    ManagedOffice,
    ManagedOfficePage,
    OfficeExists,
    OfficeIn,
    OfficePage,
    OfficeStepPage,
    Standing,
)

Action = Literal["office_created", "office_changed", "office_ended", "kiosk_created", "key_issued", "kiosk_revoked"]

BRIEF = "o.id, o.agency_code, o.unit, o.name, o.ward_version, o.ward_code, o.valid_from, o.valid_to"


def by_id(column: str) -> Order:
    """The oldest first, by a UUIDv7."""
    return Order(by=column, after=f"{column} > {{after_0}}", position=("id",), kind=tuple[UUID])


OFFICES = listing(
    Listing(
        name="offices.offices",
        select=f"""select {BRIEF}
  from offices.offices o
 where o.name is not null and o.valid_from <= {{day}} and (o.valid_to is null or o.valid_to >= {{day}})""",
        where={"ward": "o.ward_code = any({ward_codes})", "agency": "o.agency_code = {agency_code}"},
        orders={"known": by_id("o.id")},
    )
)


async def offices(
    conn: asyncpg.Connection, cursors: Cursors, filters: dict[str, object], cursor: str | None, limit: int
) -> OfficePage:
    """Raises `InvalidRequest` for a cursor of another list."""
    asked = {name: value for name, value in filters.items() if name != "day"}
    return await OFFICES.page(conn, cursors, "known", filters, cursor, limit, OfficePage, asked)


MANAGED = listing(
    Listing(
        name="offices.managed",
        select=f"""select {BRIEF}, o.version
  from offices.offices o
 where offices.own(o, {{official_id}}, {{agency}}, {{now}})""",
        where={"unlisted": "(o.name is null) = {unlisted}"},
        orders={"known": by_id("o.id")},
    )
)


async def managed(
    conn: asyncpg.Connection, cursors: Cursors, me: Principal, unlisted: bool | None, cursor: str | None, limit: int,
    now: datetime,
) -> ManagedOfficePage:  # fmt: skip
    """Raises `InvalidRequest` for a cursor of another list."""
    values: dict[str, object] = {"official_id": me.account_id, "agency": me.agency_code, "now": now}
    values |= {} if unlisted is None else {"unlisted": unlisted}
    return await MANAGED.page(conn, cursors, "known", values, cursor, limit, ManagedOfficePage)


ONE = f"""-- offices.one
select {BRIEF}, o.version from offices.offices o where o.id = $1 and offices.own(o, $2, $3, $4)"""


async def one(conn: asyncpg.Connection, office: UUID, me: Principal, now: datetime) -> ManagedOffice | None:
    """None for an office of others."""
    return maybe(await conn.fetchrow(ONE, office, me.account_id, me.agency_code, now), ManagedOffice)


HELD = """-- offices.held
select o.version, o.valid_from, o.valid_to, o.name is not null as listed
  from offices.offices o
 where o.id = $1 and offices.own(o, $2, $3, $4)
   for no key update of o"""


async def held(tx: asyncpg.Connection, office: UUID, me: Principal, now: datetime) -> Standing | None:
    """The official's office, held until this transaction ends."""
    return maybe(await tx.fetchrow(HELD, office, me.account_id, me.agency_code, now), Standing)


WARD_IN_FORCE = """-- offices.ward_in_force
select u.version from places.units u
 where u.version = places.version_on($1) and u.code = $2 and u.level = 'commune'"""


async def ward_in_force(conn: asyncpg.Connection, ward: str, now: datetime) -> date | None:
    """The list that a ward of now is in."""
    found: date | None = await conn.fetchval(WARD_IN_FORCE, now, ward)
    return found


# One that is known by a dossier only is listed, and keeps what was said of it.
CREATE = """-- offices.create
insert into offices.offices as o (agency_code, unit, name, ward_version, ward_code, valid_from, created_at)
values ($1, $2, $3, $4, $5, $6, $7)
    on conflict (agency_code, unit) where valid_to is null do update
   set name = excluded.name, ward_version = excluded.ward_version, ward_code = excluded.ward_code,
       version = o.version + 1
 where o.name is null
returning o.id"""


async def create(tx: asyncpg.Connection, given: OfficeIn, version: date, begins: date, now: datetime) -> UUID:
    """Raises `OfficeExists`."""
    made: UUID | None = await tx.fetchval(
        CREATE, given.agency_code, given.unit, given.name, version, given.ward_code, begins, now
    )
    if made is None:
        raise OfficeExists
    return made


UPDATE = """-- offices.update
update offices.offices o
   set name = coalesce($5, o.name), ward_version = coalesce($6, o.ward_version),
       ward_code = coalesce($7, o.ward_code), valid_to = coalesce($8, o.valid_to), version = o.version + 1
 where o.id = $1 and offices.own(o, $2, $3, $4)"""


async def update(
    tx: asyncpg.Connection, office: UUID, me: Principal, name: str | None, ward: tuple[date | None, str | None],
    valid_to: date | None, now: datetime,
) -> None:  # fmt: skip
    """None leaves a column as it is."""
    await tx.execute(UPDATE, office, me.account_id, me.agency_code, now, name, *ward, valid_to)


KIOSK = """select k.id, k.office_id, k.counter, y.id as key_id, y.issued_at as key_issued_at, k.created_at, k.revoked_at
  from offices.kiosks k
  join offices.offices o on o.id = k.office_id
  left join offices.kiosk_keys y on y.kiosk_id = k.id and y.replaced_at is null"""

KIOSKS = listing(
    Listing(
        name="offices.kiosks",
        select=f"""{KIOSK}
 where k.office_id = {{office_id}} and offices.own(o, {{official_id}}, {{agency}}, {{now}})""",
        where={},
        orders={"known": by_id("k.id")},
    )
)


async def kiosks(
    conn: asyncpg.Connection, cursors: Cursors, office: UUID, me: Principal, cursor: str | None, limit: int,
    now: datetime,
) -> KioskPage:  # fmt: skip
    """Those of the official's office, revoked ones among them. Raises `InvalidRequest` for a foreign cursor."""
    values = {"office_id": office, "official_id": me.account_id, "agency": me.agency_code, "now": now}
    return await KIOSKS.page(conn, cursors, "known", values, cursor, limit, KioskPage)


ONE_KIOSK = f"""-- offices.one_kiosk
{KIOSK}
 where k.id = $1 and offices.own(o, $2, $3, $4)
   for no key update of k"""


async def kiosk(tx: asyncpg.Connection, kiosk: UUID, me: Principal, now: datetime) -> Kiosk | None:
    """The official's kiosk, which nobody else changes until this transaction ends."""
    return maybe(await tx.fetchrow(ONE_KIOSK, kiosk, me.account_id, me.agency_code, now), Kiosk)


CREATE_KIOSK = """-- offices.create_kiosk
insert into offices.kiosks (office_id, counter, created_at) values ($1, $2, $3) returning id"""


@contextmanager
def named() -> Iterator[None]:
    """Raises `KioskExists` for a second kiosk of a counter."""
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name == "kiosks_one_of_a_counter":
            raise KioskExists from error
        raise


async def create_kiosk(tx: asyncpg.Connection, office: UUID, counter: str, now: datetime) -> UUID:
    """Raises `KioskExists`."""
    with named():
        made: UUID = await tx.fetchval(CREATE_KIOSK, office, counter, now)
    return made


REPLACE = """-- offices.replace
update offices.kiosk_keys y set replaced_at = $2 where y.kiosk_id = $1 and y.replaced_at is null"""

ISSUE = """-- offices.issue
insert into offices.kiosk_keys (kiosk_id, public_key, issued_at) values ($1, $2, $3) returning id"""


async def issue(tx: asyncpg.Connection, kiosk: UUID, public: bytes, now: datetime) -> UUID:
    """The kiosk's next key, which replaces the one before; the kiosk is held."""
    await tx.execute(REPLACE, kiosk, now)
    made: UUID = await tx.fetchval(ISSUE, kiosk, public, now)
    return made


REVOKE = """-- offices.revoke
update offices.kiosks k set revoked_at = $2 where k.id = $1 and k.revoked_at is null returning k.id"""


async def revoke(tx: asyncpg.Connection, kiosk: UUID, now: datetime) -> bool:
    """Whether it was in use; from now on nothing that its keys have signed is good."""
    return await tx.fetchval(REVOKE, kiosk, now) is not None


RECORD = """-- offices.record
insert into offices.history (office_id, kiosk_id, key_id, action, account_id, at) values ($1, $2, $3, $4, $5, $6)"""


async def record(
    tx: asyncpg.Connection, office: UUID, action: Action, official: UUID, now: datetime, kiosk: UUID | None = None,
    key: UUID | None = None,
) -> None:  # fmt: skip
    await tx.execute(RECORD, office, kiosk, key, action, official, now)


HISTORY = listing(
    Listing(
        name="offices.history",
        select="""select h.id, h.action, h.kiosk_id, h.key_id, h.account_id, h.at
  from offices.history h
  join offices.offices o on o.id = h.office_id
 where h.office_id = {office_id} and offices.own(o, {official_id}, {agency}, {now})""",
        where={},
        orders={"newest": newest("h.at", "h.id")},
    )
)


async def history(
    conn: asyncpg.Connection, cursors: Cursors, office: UUID, me: Principal, cursor: str | None, limit: int,
    now: datetime,
) -> OfficeStepPage:  # fmt: skip
    """Raises `InvalidRequest` for a foreign cursor."""
    values = {"office_id": office, "official_id": me.account_id, "agency": me.agency_code, "now": now}
    return await HISTORY.page(conn, cursors, "newest", values, cursor, limit, OfficeStepPage)
