"""Postings: what every room that speaks of jobs shares; a posting's states and the way from one to another."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from longan import queue
from longan.db import maybe
from longan.fields import Identifier

Status = Literal["draft", "in_review", "open", "paused", "closed", "expired", "suspended"]
Side = Literal["employer", "official", "system"]

OVER: frozenset[Status] = frozenset({"closed", "expired"})

# Who may bring a posting from where to where. `publish` by the employer ends in `in_review` where the honesty guard
# holds it; only an official lets it out of there, and only an official takes back a suspension.
STEPS: Mapping[Side, Mapping[Status, frozenset[Status]]] = {
    "employer": {
        "draft": frozenset({"in_review", "open", "closed"}),
        "in_review": frozenset({"draft", "closed"}),
        "open": frozenset({"paused", "closed", "in_review"}),
        "paused": frozenset({"open", "closed", "in_review"}),
        "closed": frozenset({"open", "in_review"}),
        "expired": frozenset({"open", "in_review", "closed"}),
    },
    "official": {
        "in_review": frozenset({"open", "draft", "suspended"}),
        "open": frozenset({"paused", "suspended"}),
        "paused": frozenset({"open", "suspended"}),
        "suspended": frozenset({"open", "draft", "closed"}),
    },
    "system": {
        "open": frozenset({"paused", "expired", "closed", "suspended"}),
        "paused": frozenset({"expired", "suspended"}),
        "in_review": frozenset({"suspended"}),
    },
}


# What a posting `j` of employer `e` is called, wherever it is shown.
BRIEF = """e.id as "employer.id", e.name as "employer.name", e.status = 'verified' as "employer.verified",
       j.pay_min as "pay.min", j.pay_max as "pay.max", j.pay_currency as "pay.currency", j.pay_period as "pay.period",
       j.ward_code, j.province_code"""


class EmployerBrief(msgspec.Struct, frozen=True):
    id: Identifier
    name: str
    verified: bool


class Moved(msgspec.Struct, frozen=True):
    from_status: Status
    was_published: bool


# Whoever is to be told of it is told by the tasks: `job_opened` (saved searches), `job_ended` (applicants).
MOVE = """-- postings.move
with held as (
    select j.id, j.status, j.published_at is not null as was_published
      from jobs.postings j
     where j.id = $1 and j.status = any($2)
       for no key update),
moved as (
    update jobs.postings j
       set status = $3, version = j.version + 1, updated_at = $7,
           published_at = case when $3 = 'open' then coalesce(j.published_at, $7) else j.published_at end,
           closed_at = case when $3 = 'closed' then $7 when $3 = 'open' then null else j.closed_at end,
           changed_in = pg_current_xact_id()
      from held
     where j.id = held.id
    returning j.id, j.version),
noted as (
    insert into jobs.history (posting_id, version, changed_by, side, from_status, to_status, reason, changed_at)
    select moved.id, moved.version, $4, $5, held.status, $3, $6, $7 from moved, held)
select held.status as from_status, held.was_published from held"""


async def move(
    tx: asyncpg.Connection | asyncpg.pool.PoolConnectionProxy, posting: UUID, to: Status, side: Side,
    by: UUID | None, reason: str | None, now: datetime,
) -> Moved | None:  # fmt: skip
    """Bring a posting there, on record and told; None when it is not where `side` could take it from.

    Who may speak for the side is the caller's to know."""
    sources = [source for source, targets in STEPS[side].items() if to in targets]
    moved = maybe(await tx.fetchrow(MOVE, posting, sources, to, by, side, reason, now), Moved)
    if moved is not None:
        if moved.was_published or to == "open":
            await queue.add(tx, "jobs_changed")
        if to == "open":
            await queue.add(tx, "job_opened", job_id=posting)
        elif to in ("closed", "expired", "suspended") and moved.was_published:
            await queue.add(tx, "job_ended", job_id=posting, status=to)
    return moved
