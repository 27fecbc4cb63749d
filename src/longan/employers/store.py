"""SQL of the room, each statement above the function that runs it."""

from datetime import datetime
from uuid import UUID

import asyncpg

from longan.employers.models import DecisionIn, EmployerExists

ONE = """-- employers.one
select e.id, e.tax_code, e.tax_code_cipher, e.name, e.status, e.status = 'verified' as verified, e.verified_at,
       e.ward_version, e.ward_code, u.province_code, e.created_at, e.updated_at, e.version,
       exists (select from members.members m where m.employer_id = e.id and m.account_id = $2) as is_member
  from employers.employers e
  join places.units u on u.version = e.ward_version and u.code = e.ward_code
 where e.id = $1"""


async def one(conn: asyncpg.Connection, employer: UUID, viewer: UUID | None) -> asyncpg.Record | None:
    """An employer, the identity number of a person still sealed, and whether the viewer is a member."""
    return await conn.fetchrow(ONE, employer, viewer)


NEW_ID = """-- employers.new_id
select uuidv7()"""


async def new_id(tx: asyncpg.Connection) -> UUID:
    """The id of an employer to be: its tax code is sealed for it."""
    made: UUID = await tx.fetchval(NEW_ID)
    return made


INSERT = """-- employers.insert
insert into employers.employers (id, tax_code_index, tax_code, tax_code_cipher, name, ward_version, ward_code,
                                 created_at, updated_at)
select $1, $2, $3, $4, $5, u.version, u.code, $7, $7
  from places.units u
 where u.version = places.version_on($7::timestamptz) and u.code = $6 and u.level = 'commune'
returning true"""


async def insert(
    tx: asyncpg.Connection, employer: UUID, *, index: bytes, tax_code: str | None, cipher: bytes | None,
    name: str, ward_code: str, now: datetime,
) -> bool:  # fmt: skip
    """Whether there is such a ward, in which the employer is from now on. Of `tax_code` and `cipher` one is None.

    Raises `EmployerExists`.
    """
    try:
        return bool(await tx.fetchval(INSERT, employer, index, tax_code, cipher, name, ward_code, now))
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name == "employers_one_per_tax_code":
            raise EmployerExists from error
        raise


DECIDE = """-- employers.decide
with decided as (
    update employers.employers
       set status = $2, verified_at = case when $2 = 'verified' then $6::timestamptz end, version = version + 1,
           updated_at = $6
     where id = $1 and status <> $2
    returning id)
insert into employers.verifications (employer_id, decision, reason, decided_by, agency_code, decided_at)
select decided.id, $2, $3, $4, $5, $6 from decided
returning true"""


async def decide(
    tx: asyncpg.Connection, employer: UUID, decision: DecisionIn, official: UUID, agency_code: str | None, now: datetime
) -> bool:
    """Whether the decision changed anything; if so, it is on record."""
    return bool(await tx.fetchval(DECIDE, employer, decision.decision, decision.reason, official, agency_code, now))
