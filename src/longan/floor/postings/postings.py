"""Postings: what every room that speaks of jobs shares; a posting's states and the way from one to another."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal, TypeAlias
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.base.errors import Conflict
from longan.floor.base.fields import Identifier
from longan.floor.database import queue, reminders
from longan.floor.database.db import many, maybe

Writing: TypeAlias = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy

Status = Literal["draft", "in_review", "open", "paused", "closed", "expired", "suspended"]
Side = Literal["employer", "official", "system"]
Contract = Literal["indefinite", "fixed_term", "probation", "apprenticeship", "casual"]
Shift = Literal["day", "night", "two_shifts", "three_shifts", "twelve_hours", "flexible"]
Education = Literal["none", "primary", "lower_secondary", "upper_secondary", "vocational", "college", "university"]
Benefit = Literal[
    "meals", "bus", "dormitory", "social_insurance", "health_insurance", "unemployment_insurance",
    "accident_insurance", "uniform", "childcare", "thirteenth_month",
]  # fmt: skip
Source = Literal["app", "csv", "json_ld"]

OVER: frozenset[Status] = frozenset({"closed", "expired"})
PUBLIC: frozenset[Status] = frozenset({"open", "paused", "closed", "expired"})

# Who may bring a posting from where to where. What the employer wants open stands in `in_review` where the honesty
# guard holds it; only an official lets it out of there, and only an official takes back a suspension.
STEPS: Mapping[Side, Mapping[Status, frozenset[Status]]] = {
    "employer": {
        "draft": frozenset({"in_review", "open", "closed"}),
        "in_review": frozenset({"closed"}),
        "open": frozenset({"paused", "closed", "in_review"}),
        "paused": frozenset({"open", "closed", "in_review"}),
        "closed": frozenset({"open", "in_review"}),
        "expired": frozenset({"open", "in_review", "closed"}),
    },
    "official": {
        "draft": frozenset({"suspended"}),
        "closed": frozenset({"suspended"}),
        "expired": frozenset({"suspended"}),
        "in_review": frozenset({"open", "draft", "suspended"}),
        "open": frozenset({"paused", "suspended"}),
        "paused": frozenset({"open", "suspended"}),
        "suspended": frozenset({"open", "draft", "closed"}),
    },
    "system": {
        "open": frozenset({"paused", "expired", "closed", "suspended"}),
        "paused": frozenset({"expired", "closed", "suspended"}),
        "in_review": frozenset({"closed", "suspended"}),
        "expired": frozenset({"closed"}),
    },
}

# A posting that comes back stands at the top of what is new again, but once in so long only.
LIFTED_EVERY = timedelta(days=7)
WARNED_BEFORE = timedelta(days=3)


# What a posting `j` of employer `e` is called, wherever it is shown.
BRIEF = """e.id as "employer.id", e.name as "employer.name", e.status = 'verified' as "employer.verified",
       j.pay_min as "pay.min", j.pay_max as "pay.max", j.pay_currency as "pay.currency", j.pay_period as "pay.period",
       j.pay_base as "pay.base", j.pay_allowances as "pay.allowances", j.pay_attendance as "pay.attendance",
       j.pay_overtime as "pay.overtime", j.pay_overtime_hours as "pay.overtime_hours",
       j.pay_deductions as "pay.deductions", j.effective_month as "pay.effective_month",
       j.effective_hour as "pay.effective_hour",
       j.ward_code, j.province_code"""


class EmployerBrief(msgspec.Struct, frozen=True):
    id: Identifier
    name: str
    verified: bool


class Moved(msgspec.Struct, frozen=True):
    from_status: Status
    was_published: bool
    expires_at: datetime


class Over(msgspec.Struct, frozen=True):
    """A posting that was taken down because its time was over."""

    id: UUID
    expires_at: datetime


class Hired(msgspec.Struct, frozen=True):
    status: Status
    is_full: bool


class JobFull(Conflict):
    code = "job_full"
    vi, en = "Tin này đã tuyển đủ người", "All places of this job are taken"


# Where nothing changes but the end, `to_status` is `from_status`, and `changes` says what. What nobody could see when
# it was closed stays unseen: words that an official has not let out must not come out that way.
MOVE = """-- postings.move
with held as (
    select j.id, j.status, j.published_at is not null as was_published
      from jobs.postings j
     where j.id = $1 and j.status = any($2)
       for no key update),
moved as (
    update jobs.postings j
       set status = $3, version = j.version + 1, updated_at = $7,
           published_at = case when $3 = 'closed' and held.status in ('draft', 'in_review', 'suspended') then null
                               when $3 <> 'open' then j.published_at
                               when j.published_at is null or j.published_at <= $8::timestamptz then $7
                               else j.published_at end,
           closed_at = case when $3 = 'closed' then $7 when $3 = 'open' then null else j.closed_at end,
           expires_at = coalesce($9, j.expires_at), openings = coalesce($10, j.openings)
      from held
     where j.id = held.id
    returning j.id, j.version, j.expires_at, held.status as from_status, held.was_published,
              jobs.changes(old, new) as changes),
noted as (
    insert into jobs.history (posting_id, version, changed_by, side, from_status, to_status, changes, reason,
                              changed_at)
    select m.id, m.version, $4, $5, m.from_status, $3, m.changes, $6, $7 from moved m)
select m.from_status, m.was_published, m.expires_at from moved m"""


async def move(
    tx: Writing, posting: UUID, to: Status, side: Side, by: UUID | None, reason: str | None, now: datetime, *,
    lift: bool = False,
) -> Moved | None:  # fmt: skip
    """Bring a posting there, on record and told; None when it is not where `side` could take it from.

    Who may speak for the side is the caller's to know. `lift`: to the top of what is new, where it was not lifted for
    `LIFTED_EVERY`. Promises `jobs_changed`; `job_opened` for what was not open (saved searches), `job_ended` for what
    was public and is closed or suspended (who has applied)."""
    sources = [source for source, targets in STEPS[side].items() if to in targets]
    return await _move(tx, posting, sources, to, side, by, reason, now, lift=lift)


async def renew(
    tx: Writing, posting: UUID, to: Status, by: UUID, now: datetime, *, expires_at: datetime, openings: int | None
) -> Moved | None:
    """The employer gives a posting that was public a new end, and so opens it again, or brings it to `in_review`; it is
    lifted as `move` does. None when it was never public, or an official has it."""
    sources: list[Status] = [*PUBLIC]
    return await _move(
        tx, posting, sources, to, "employer", by, None, now, lift=True, expires_at=expires_at, openings=openings
    )


async def _move(
    tx: Writing, posting: UUID, sources: list[Status], to: Status, side: Side, by: UUID | None, reason: str | None,
    now: datetime, *, lift: bool, expires_at: datetime | None = None, openings: int | None = None,
) -> Moved | None:  # fmt: skip
    lifted_before = now - LIFTED_EVERY if lift else None
    row = await tx.fetchrow(
        MOVE, posting, sources, to, by, side, reason, now, lifted_before, expires_at, openings
    )  # fmt: skip
    moved = maybe(row, Moved)
    if moved is not None:
        await warn(tx, posting, moved.expires_at if to == "open" else None, now)
        if moved.was_published or to == "open":
            await queue.add(tx, "jobs_changed")
        if to == "open" and moved.from_status != "open":
            await queue.add(tx, "job_opened", job_id=posting)
        elif to in ("closed", "suspended") and moved.was_published:
            await queue.add(tx, "job_ended", job_id=posting, status=to)
    return moved


async def warn(tx: Writing, posting: UUID, expires_at: datetime | None, now: datetime) -> None:
    """The employer hears that an open posting is about to expire, None where it is not open any more; not who has just
    chosen an end that is near."""
    once = f"job_expiring {posting}"
    at = None if expires_at is None else expires_at - WARNED_BEFORE
    if at is not None and at > now:
        await reminders.remind(tx, "job_expiring", at, once, job_id=posting, expires_at=expires_at)
    else:
        await reminders.forget(tx, once)


HIRE = """-- postings.hire
update jobs.postings j
   set filled = j.filled + 1, version = j.version + 1, updated_at = $2
 where j.id = $1 and j.filled < j.openings
returning j.status, j.filled = j.openings as is_full"""


async def hire(tx: Writing, posting: UUID, now: datetime) -> None:
    """One of the places is taken; with the last one the posting closes. Raises `JobFull` when all were: of two who
    take the last one at the same moment, the second."""
    hired = maybe(await tx.fetchrow(HIRE, posting, now), Hired)
    if hired is None:
        raise JobFull
    if hired.is_full and await move(tx, posting, "closed", "system", None, "all_hired", now) is not None:
        return
    if hired.status in PUBLIC:
        await queue.add(tx, "jobs_changed")


EXPIRE = """-- postings.expire (worker)
with due as (
    select j.id, j.status
      from jobs.postings j
     where j.status in ('open', 'paused') and j.expires_at <= $1
     order by j.expires_at
     limit $2
       for no key update skip locked),
expired as (
    update jobs.postings j
       set status = 'expired', version = j.version + 1, updated_at = $1
      from due
     where j.id = due.id
    returning j.id, j.expires_at, j.version, due.status as from_status),
noted as (
    insert into jobs.history (posting_id, version, side, from_status, to_status, reason, changed_at)
    select e.id, e.version, 'system', e.from_status, 'expired', 'time_over', $1 from expired e)
select e.id, e.expires_at from expired e"""


async def expire(tx: Writing, now: datetime, most: int) -> list[Over]:
    """Take down at most so many postings that are past their time; which ones. Whoever has applied goes on."""
    return many(await tx.fetch(EXPIRE, now, most), Over)


REFUSED = """-- postings.refused
insert into jobs.history (posting_id, version, side, from_status, to_status, reason, changed_at)
select j.id, j.version, 'system', j.status, j.status, $3, $4
  from jobs.postings j
 where j.id = $1 and j.employer_id = $2
   and not exists (select from jobs.history h where h.posting_id = j.id and h.version = j.version and h.reason = $3)"""


async def refused(tx: Writing, posting: UUID, employer: UUID, reason: str, now: datetime) -> None:
    """Keep in the history of a posting why the worker could not do with it what a member had asked for; once."""
    await tx.execute(REFUSED, posting, employer, reason, now)
