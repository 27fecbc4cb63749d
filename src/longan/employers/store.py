"""SQL of the room, each statement above the function that runs it."""

from datetime import datetime
from uuid import UUID

import asyncpg

from longan.db import maybe
from longan.employers.models import DecisionIn, Employer, EmployerExists

# Of a household business the tax code is the id number of a person, and nobody else's to read.
ONE = """-- employers.one
select e.id, case when length(e.tax_code) <> 12 or $3
                       or exists (select from employers.members m where m.employer_id = e.id and m.account_id = $2)
                  then e.tax_code end as tax_code,
       e.name, e.status, e.status = 'verified' as verified, e.verified_at, e.ward_code, u.province_code,
       e.created_at, e.updated_at, e.version
  from employers.employers e
  join places.units u on u.version = e.ward_version and u.code = e.ward_code
 where e.id = $1"""


async def one(conn: asyncpg.Connection, employer: UUID, viewer: UUID | None, *, official: bool) -> Employer | None:
    return maybe(await conn.fetchrow(ONE, employer, viewer, official), Employer)


INSERT = """-- employers.insert
with made as (
    insert into employers.employers (tax_code, name, ward_version, ward_code, created_at, updated_at)
    select $1, $2, u.version, u.code, $5, $5
      from places.units u
     where u.version = places.version_on($5::timestamptz::date) and u.code = $3 and u.level = 'commune'
    returning id, created_at)
insert into employers.members (employer_id, account_id, role, created_at)
select made.id, $4, 'owner', made.created_at from made
returning employer_id"""


async def insert(
    tx: asyncpg.Connection, owner: UUID, tax_code: str, name: str, ward_code: str, now: datetime
) -> UUID | None:
    """An employer and its owner, None when there is no such ward. Raises `EmployerExists`."""
    try:
        made: UUID | None = await tx.fetchval(INSERT, tax_code, name, ward_code, owner, now)
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name == "employers_one_per_tax_code":
            raise EmployerExists from error
        raise
    return made


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
