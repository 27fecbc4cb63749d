"""SQL of the room, each statement above the function that runs it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

import asyncpg

from longan.floor.database.db import maybe
from longan.floor.database.listing import Listing, Order, listing, newest, oldest
from longan.floor.database.page import Cursors
from longan.floor.search.queries import tsquery
from longan.floor.search.search import fold
from longan.rooms.employers.models import (
    EmployerDecisionPage,
    EmployerExists,
    EmployerPage,
    EmployerReviewPage,
    Standing,
)

OPEN_JOBS = """(select count(*) from jobs.postings j
         where j.employer_id = e.id and j.status = 'open' and j.expires_at > {now})::integer as open_jobs"""

ONE = f"""-- employers.one
select e.id, e.tax_code, e.tax_code_cipher, e.name, e.wanted_name, e.description, e.status,
       e.status = 'verified' as verified, e.verified_at, e.ward_version, e.ward_code, u.province_code,
       {OPEN_JOBS.format(now="$3")}, r.rate as response_rate, r.median_hours as response_hours,
       e.created_at, e.updated_at, e.version,
       exists (select from members.members m where m.employer_id = e.id and m.account_id = $2) as is_member
  from employers.employers e
  join places.units u on u.version = e.ward_version and u.code = e.ward_code
 cross join employers.response(e.id, $3) r
 where e.id = $1"""


async def one(conn: asyncpg.Connection, employer: UUID, viewer: UUID | None, now: datetime) -> asyncpg.Record | None:
    """An employer, the identity number of a person still sealed, and whether the viewer is a member."""
    return await conn.fetchrow(ONE, employer, viewer, now)


NEW_ID = """-- employers.new_id
select uuidv7()"""


async def new_id(tx: asyncpg.Connection) -> UUID:
    """The id of an employer to be: its tax code is sealed for it."""
    made: UUID = await tx.fetchval(NEW_ID)
    return made


HAS_ONE = """-- employers.has_one
select exists (select from members.members m
                 join employers.employers e on e.id = m.employer_id
                where m.account_id = $1 and e.tax_code_index = $2)"""


async def has_one(tx: asyncpg.Connection, account: UUID, index: bytes) -> bool:
    """Whether the account acts for an employer of this tax code, whatever was decided on it."""
    return bool(await tx.fetchval(HAS_ONE, account, index))


INSERT = """-- employers.insert
insert into employers.employers (id, tax_code_index, tax_code, tax_code_cipher, name, search_text, ward_version,
                                 ward_code, asked_at, created_at, updated_at)
select $1, $2, $3, $4, $5, $6, u.version, u.code, $8, $8, $8
  from places.units u
 where u.version = places.version_on($8::timestamptz) and u.code = $7 and u.level = 'commune'
returning true"""


async def insert(
    tx: asyncpg.Connection, employer: UUID, *, index: bytes, tax_code: str | None, cipher: bytes | None,
    name: str, ward_code: str, now: datetime,
) -> bool:  # fmt: skip
    """Whether there is such a ward, in which the employer is from now on. Of `tax_code` and `cipher` one is None.

    Raises `EmployerExists`.
    """
    with _one_per_tax_code():
        return bool(await tx.fetchval(INSERT, employer, index, tax_code, cipher, name, fold(name), ward_code, now))


HOLD = """-- employers.hold
select e.id, e.status, e.name, e.wanted_name, e.description, e.verified_at, e.asked_at,
       e.seen_version, e.ward_version, e.ward_code, e.version, m.role, members.belongs($2, e.id) as belongs
  from employers.employers e
  left join members.members m on m.employer_id = e.id and m.account_id = $2
 where e.id = $1
   for no key update of e"""


async def hold(tx: asyncpg.Connection, employer: UUID, account: UUID) -> Standing | None:
    """How an employer stands, which nobody else changes until this transaction ends, nor publishes under it."""
    return maybe(await tx.fetchrow(HOLD, employer, account), Standing)


SAVE = """-- employers.save
update employers.employers e
   set status = $2, name = $3, search_text = $4, wanted_name = $5, description = $6, verified_at = $7, asked_at = $8,
       seen_version = $10, version = e.version + 1, updated_at = $9
 where e.id = $1"""


async def save(tx: asyncpg.Connection, standing: Standing, now: datetime) -> None:
    """Let an employer that is held stand like this. Raises `EmployerExists` when one that was rejected comes back while
    another has its tax code."""
    with _one_per_tax_code():
        await tx.execute(
            SAVE, standing.id, standing.status, standing.name, fold(standing.name), standing.wanted_name,
            standing.description, standing.verified_at, standing.asked_at, now, standing.seen_version,
        )  # fmt: skip


@contextmanager
def _one_per_tax_code() -> Iterator[None]:
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name == "employers_one_per_tax_code":
            raise EmployerExists from error
        raise


RELOCATE = """-- employers.relocate
update employers.employers e set ward_version = u.version, ward_code = u.code
  from places.units u
 where e.id = $1 and u.version = places.version_on($3::timestamptz) and u.code = $2 and u.level = 'commune'
returning true"""


async def relocate(tx: asyncpg.Connection, employer: UUID, ward_code: str, now: datetime) -> bool:
    """Whether there is such a ward, in which an employer that is held is from now on."""
    return bool(await tx.fetchval(RELOCATE, employer, ward_code, now))


DECIDED = """-- employers.decided
insert into employers.verifications (employer_id, decision, reason, decided_by, agency_code, decided_at)
values ($1, $2, $3, $4, $5, $6)
returning id"""


async def decided(
    tx: asyncpg.Connection, employer: UUID, decision: str, reason: str, official: UUID, agency_code: str | None,
    now: datetime,
) -> UUID:  # fmt: skip
    """Put a decision on record; which one it is."""
    made: UUID = await tx.fetchval(DECIDED, employer, decision, reason, official, agency_code, now)
    return made


LIST = listing(
    Listing(
        name="employers.list",
        select=f"""select e.id, e.name, e.ward_code, u.province_code, e.verified_at, {OPEN_JOBS}, e.search_text
  from employers.employers e
  join places.units u on u.version = e.ward_version and u.code = e.ward_code
 where e.status = 'verified'""",
        where={"q": "e.search @@ to_tsquery('simple', {tsquery})"},
        orders={
            "name": Order(
                by="e.search_text, e.id",
                after="(e.search_text, e.id) > ({after_0}, {after_1})",
                position=("search_text", "id"),
                kind=tuple[str, UUID],
            )
        },
    )
)


async def search(
    conn: asyncpg.Connection, cursors: Cursors, q: str | None, cursor: str | None, limit: int, now: datetime
) -> EmployerPage:
    """Verified employers by name. Raises `InvalidRequest` for a cursor of another list."""
    values: dict[str, object] = {"now": now} | ({"tsquery": tsquery(q)} if q else {})
    return await LIST.page(conn, cursors, "name", values, cursor, limit, EmployerPage)


REVIEWS = listing(
    Listing(
        name="employers.reviews",
        select="""select e.id, e.name, e.wanted_name, e.status, e.tax_code, e.ward_code, e.asked_at,
       c.state as registry_state, c.result as registry_result, e.version
  from employers.employers e
  left join lateral (
      select c.state, c.result from registry.checks c
       where c.employer_id = e.id order by c.opened_at desc, c.id desc limit 1) c on true
 where (e.status = 'unverified' or e.wanted_name is not null)
   and staff.may({official_id}, 'labour', e.ward_version, e.ward_code, {now})
   and not members.belongs({official_id}, e.id)""",
        where={},
        orders={"oldest": oldest("e.asked_at", "e.id")},
    )
)


async def reviews(
    conn: asyncpg.Connection, cursors: Cursors, official: UUID, cursor: str | None, limit: int, now: datetime
) -> EmployerReviewPage:
    """What waits for the official to decide on. Raises `InvalidRequest` for a cursor of another list."""
    values = {"official_id": official, "now": now}
    return await REVIEWS.page(conn, cursors, "oldest", values, cursor, limit, EmployerReviewPage)


DECISIONS = listing(
    Listing(
        name="employers.decisions",
        select="""select v.id, v.decision, v.reason, v.agency_code, v.decided_at
  from employers.verifications v
 where v.employer_id = {employer_id}""",
        where={},
        orders={"newest": newest("v.decided_at", "v.id")},
    )
)


async def decisions(
    conn: asyncpg.Connection, cursors: Cursors, employer: UUID, cursor: str | None, limit: int
) -> EmployerDecisionPage:
    """What officials have said of an employer. Raises `InvalidRequest` for a cursor of another list."""
    return await DECISIONS.page(
        conn, cursors, "newest", {"employer_id": employer}, cursor, limit, EmployerDecisionPage
    )  # fmt: skip
