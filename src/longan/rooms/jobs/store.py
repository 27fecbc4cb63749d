"""SQL of the room, each statement above the function that runs it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.base.errors import FieldError
from longan.floor.database.db import maybe
from longan.floor.database.listing import Listing, listing, newest
from longan.floor.database.page import Cursors
from longan.floor.postings.drafts import COLUMNS, SEARCHED
from longan.floor.postings.postings import BRIEF, Status
from longan.rooms.jobs.models import EmployerJobPage, JobEventPage

PLACE = """-- jobs.place
select u.version, array_remove(array[
           case when u.code is null then '/ward_code not_found' end,
           case when $2::text is not null and o.code is null then '/occupation_code not_found' end,
           case when $3::text is not null and p.code is null then '/park_code not_found'
                when (p.ward_version, p.ward_code) is distinct from (u.version, u.code) and p.code is not null
                then '/park_code elsewhere' end], null) as wrong
  from (select coalesce($4::date, places.version_on($5::timestamptz)) as version) l
  left join places.units u on u.version = l.version and u.code = $1 and u.level = 'commune'
  left join reference.occupations o on o.code = $2
  left join places.parks p on p.code = $3"""


class Placed(msgspec.Struct, frozen=True):
    """The version of the list in which the ward is, and which fields name nothing, as "pointer code"."""

    version: date | None
    wrong: list[str]


async def place(
    tx: asyncpg.Connection, ward_code: str, occupation_code: str | None, park_code: str | None,
    ward_version: date | None, now: datetime,
) -> tuple[date | None, list[FieldError]]:  # fmt: skip
    """The ward in that list, in the one in force for None, and which of the three there is not; a park lies in one
    ward."""
    found = maybe(await tx.fetchrow(PLACE, ward_code, occupation_code, park_code, ward_version, now), Placed)
    if found is None:
        return None, []
    return found.version, [FieldError(*wrong.split(" ")) for wrong in found.wrong]


WRITTEN = [name for name in (*COLUMNS, *SEARCHED) if name != "extra"]
_NEW, _OLD = (", ".join(f"{alias}.{name}" for name in WRITTEN) for alias in ("g", "j"))

UPDATE = f"""-- jobs.update
with given as (
    select r.*
      from jsonb_to_record($3::text::jsonb)
        as r (ward_code text, {", ".join(f"{name} {(COLUMNS | SEARCHED)[name]}" for name in WRITTEN)})),
changed as (
    update jobs.postings j
       set {", ".join(f"{name} = g.{name}" for name in WRITTEN)},
           ward_version = u.version, ward_code = u.code, province_code = u.province_code, lat = u.lat, lon = u.lon,
           place_source = case when $6 then 'employer' else j.place_source end,
           version = j.version + 1, updated_at = $5
      from given g
      join places.units u on u.version = $4 and u.code = g.ward_code
     where j.id = $1
       and exists (select from members.members m where m.employer_id = j.employer_id and m.account_id = $2)
       and ($6 and j.place_source <> 'employer'
            or (j.ward_version, j.ward_code, {_OLD}) is distinct from (u.version, u.code, {_NEW}))
    returning j.id, j.version, j.status, jobs.changes(old, new) as changes)
insert into jobs.history (posting_id, version, changed_by, side, from_status, to_status, changes, changed_at)
select c.id, c.version, $2, 'employer', c.status, c.status, c.changes, $5 from changed c
returning true"""


async def update(
    tx: asyncpg.Connection, job: UUID, member: UUID, row: Mapping[str, object], ward_version: date,
    *, placed: bool, now: datetime,
) -> bool:  # fmt: skip
    """Write the member's posting as the columns of `row` say, on record; whether anything differed. `placed`: the
    employer named the ward."""
    written = msgspec.json.encode(row).decode()
    return bool(await tx.fetchval(UPDATE, job, member, written, ward_version, now, placed))


OF_EMPLOYER = listing(
    Listing(
        name="jobs.of_employer",
        select=f"""select j.id, j.status, j.title,
       {BRIEF},
       j.openings, j.filled, a.applications, a.unanswered, j.source, j.published_at, j.expires_at, j.created_at,
       j.updated_at, j.version
  from jobs.postings j
  join employers.employers e on e.id = j.employer_id
 cross join lateral (
    select count(*)::integer as applications,
           (count(*) filter (where a.status = 'submitted'))::integer as unanswered
      from applications.applications a
     where a.job_id = j.id and a.employer_id = j.employer_id) a
 where j.employer_id = {{employer_id}}
   and exists (select from members.members m where m.employer_id = j.employer_id and m.account_id = {{member_id}})""",
        where={"status": "j.status = any({status})"},
        orders={"newest": newest("j.created_at", "j.id")},
    )
)


async def of_employer(
    conn: asyncpg.Connection, cursors: Cursors, employer: UUID, member: UUID, status: Sequence[Status] | None,
    cursor: str | None, limit: int,
) -> EmployerJobPage:  # fmt: skip
    """The postings of the member's employer, nothing for anybody else. Raises `InvalidRequest` for a foreign cursor."""
    values: dict[str, object] = {"employer_id": employer, "member_id": member}
    if status is not None:
        values["status"] = status
    return await OF_EMPLOYER.page(conn, cursors, "newest", values, cursor, limit, EmployerJobPage)


IS_MEMBER = """-- jobs.is_member
select exists (select from members.members m where m.employer_id = $1 and m.account_id = $2)"""


async def is_member(conn: asyncpg.Connection, employer: UUID, account: UUID) -> bool:
    return bool(await conn.fetchval(IS_MEMBER, employer, account))


HISTORY = listing(
    Listing(
        name="jobs.history",
        select="""select h.id, h.version, h.side, case when h.side = 'employer' then h.changed_by end as changed_by,
       h.from_status, h.to_status, h.reason, h.changed_at,
       array(select (c.key, jobs.said(c.value -> 'old'), jobs.said(c.value -> 'new'))::jobs.field_change
               from jsonb_each(h.changes) c
              order by c.key) as changes
  from jobs.history h
  join jobs.postings j on j.id = h.posting_id
 where h.posting_id = {job_id}
   and exists (select from members.members m where m.employer_id = j.employer_id and m.account_id = {member_id})""",
        where={},
        orders={"newest": newest("h.changed_at", "h.id")},
    )
)


async def history(
    conn: asyncpg.Connection, cursors: Cursors, job: UUID, member: UUID, cursor: str | None, limit: int
) -> JobEventPage:
    """What happened to the member's posting, nothing for anybody else. Raises `InvalidRequest` for a foreign cursor."""
    values: dict[str, object] = {"job_id": job, "member_id": member}
    return await HISTORY.page(conn, cursors, "newest", values, cursor, limit, JobEventPage)


OWN = """-- jobs.own
select exists (select from jobs.postings j
                 join members.members m on m.employer_id = j.employer_id
                where j.id = $1 and m.account_id = $2)"""


async def is_own(conn: asyncpg.Connection, job: UUID, account: UUID) -> bool:
    """Whether the account is a member of the posting's employer."""
    return bool(await conn.fetchval(OWN, job, account))
