"""A posting as it is shown: to everybody what is public of it, to the members of its employer everything."""

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.base.errors import NotFound
from longan.floor.base.fields import Count, Day, Identifier, ProvinceCode, Timestamp, WardCode
from longan.floor.database.db import maybe
from longan.floor.guard.guard import GuardReview
from longan.floor.pay_and_days import wages
from longan.floor.pay_and_days.pay import Amount, Pay, PayIn
from longan.floor.postings.postings import BRIEF, Benefit, Contract, Education, EmployerBrief, Shift


class JobOccupation(msgspec.Struct, frozen=True):
    """A group of VSCO 2020 (QĐ 34/2020/QĐ-TTg); the length of its code is its level."""

    code: str
    name: str


class JobPark(msgspec.Struct, frozen=True):
    code: str
    name: str


class MinimumWageNote(msgspec.Struct, frozen=True):
    """The regional minimum wage of the ward today. `is_kept` says whether the least of the pay keeps it; null where
    that cannot be told: dollars, pay by the piece, no amount."""

    region: Count
    month_vnd: Amount
    hour_vnd: Amount
    decree: str
    law: str
    valid_from: Day
    valid_to: Day | None
    is_kept: bool | None


class Job(msgspec.Struct, frozen=True):
    """One posting with everything; null is what the employer did not say.

    What is past its end is `expired`, also before anybody took it down. `place_source` is `sample` where a rule, not
    the employer, chose the ward; `source` is how the posting came to us. `filled` of `openings` are taken.
    `minimum_wage` is null where no list of wages has the ward. `review` is what the honesty guard found and an official
    decided: for members of the employer only, null for anybody else.
    """

    id: Identifier
    status: str
    title: str
    description: str
    employer: EmployerBrief
    pay: Pay
    minimum_wage: MinimumWageNote | None
    openings: Count
    filled: Count
    occupation: JobOccupation | None
    contract: Contract | None
    shift: Shift | None
    week_hours: Count | None
    week_days: Count | None
    benefits: list[Benefit]
    experience_months: Count | None
    education: Education | None
    skills: list[str]
    ward_code: WardCode
    province_code: ProvinceCode
    park: JobPark | None
    place_source: str
    source: str
    review: GuardReview | None
    published_at: Timestamp | None
    expires_at: Timestamp
    closed_at: Timestamp | None
    created_at: Timestamp
    updated_at: Timestamp
    version: Count


class Seen(msgspec.Struct, frozen=True):
    """A posting as it comes from the database: whether who asks is a member, and the ward as the lists know it."""

    job: Job
    is_member: bool


ONE = f"""-- job_view.one
select j.id, j.status, j.title, j.description,
       {BRIEF},
       null as minimum_wage, j.openings, j.filled,
       case when o.code is not null then (o.code, o.name)::jobs.named end as occupation,
       j.contract, j.shift, j.week_hours, j.week_days, j.benefits, j.experience_months, j.education, j.skills,
       case when p.code is not null then (p.code, p.name)::jobs.named end as park,
       j.place_source, j.source, case when m.is_member then moderation.review_of(j.id) end as review,
       j.published_at, j.expires_at, j.closed_at, j.created_at, j.updated_at, j.version, j.ward_version, m.is_member
  from jobs.postings j
  join employers.employers e on e.id = j.employer_id
  left join reference.occupations o on o.code = j.occupation_code
  left join places.parks p on p.code = j.park_code
 cross join lateral (
    select exists (select from members.members m
                    where m.employer_id = j.employer_id and m.account_id = $2) as is_member) m
 where j.id = $1
   and (m.is_member or j.published_at is not null and j.status in ('open', 'paused', 'closed', 'expired'))"""


async def shown(conn: asyncpg.Connection, job: UUID, viewer: UUID | None, now: datetime) -> Seen | None:
    """A posting that was published, or any of an employer whose member is asking."""
    row = await conn.fetchrow(ONE, job, viewer)
    found = maybe(row, Job)
    if row is None or found is None:
        return None
    least = await wages.floor_of(conn, row["ward_version"], found.ward_code, wages.day_of(now))
    is_over = found.status in ("open", "paused") and found.expires_at <= now
    as_it_is = msgspec.structs.replace(
        found, status="expired" if is_over else found.status, minimum_wage=least and _note(found, least)
    )
    return Seen(as_it_is, row["is_member"])


def _note(job: Job, least: wages.MinimumWage) -> MinimumWageNote:
    said = {name: getattr(job.pay, name) for name in PayIn.__struct_fields__}
    kept = wages.is_kept(msgspec.convert(said, PayIn), job.week_hours, job.week_days, least)
    known: dict[str, Any] = msgspec.structs.asdict(least)
    return msgspec.convert(known | {"law": wages.LAW, "is_kept": kept}, MinimumWageNote)


async def changed(tx: asyncpg.Connection, job: UUID, member: UUID, now: datetime) -> Job:
    """A posting for the member who has just changed it."""
    seen = await shown(tx, job, member, now)
    if seen is None:
        raise NotFound
    return seen.job


def trace(job: Job) -> tuple[object, ...]:
    """What changes in the answer without the row: for its ETag."""
    return job.status, job.employer, job.minimum_wage, job.review
