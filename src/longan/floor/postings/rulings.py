"""Rulings: what officials decide on a posting is one act: the decision with its reason, the posting's new state, the
word to its employer. Rooms that let officials decide share it."""

from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.base.errors import Forbidden
from longan.floor.database import queue
from longan.floor.postings import postings

Decision = Literal["published", "returned", "suspended", "paused", "upheld", "granted"]
Writing: TypeAlias = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy

# Where a decision takes the posting, and as whom: a pause follows from reports by itself. What is granted: `GRANTED`.
TARGETS: dict[Decision, tuple[postings.Status | None, postings.Side]] = {
    "published": ("open", "official"),
    "returned": ("draft", "official"),
    "suspended": ("suspended", "official"),
    "paused": ("paused", "system"),
}


class Ruling(msgspec.Struct, frozen=True):
    """`case`: the case it closes, None for what follows from reports. `reason` and `changes` are for the employer."""

    posting: UUID
    decision: Decision
    reason: str
    official: UUID
    case: UUID | None = None
    changes: str | None = None


class OwnPosting(Forbidden):
    """Nobody decides on an employer they act for, nor on what they have reported themself; nor reports their own."""

    code = "own_posting"
    vi, en = "Đây là tin của đơn vị bạn, hoặc do chính bạn phản ánh", "It is your own employer's, or you reported it"


# An appeal against what was decided before is overtaken by a new decision, which can be appealed itself.
RECORD = """-- rulings.record
with overtaken as (
    update moderation.cases c set closed_at = $7
     where c.posting_id = $2 and c.kind = 'appeal' and c.closed_at is null and c.id is distinct from $1)
insert into moderation.decisions
    (case_id, posting_id, employer_id, decision, reason, changes, decided_by, decided_at, version, score, findings)
select $1, j.id, j.employer_id, $3, $4, $5, $6, $7, j.version, coalesce(g.score, 0),
       (select coalesce(jsonb_agg(jsonb_build_object('rule', f.rule, 'field', f.field, 'quote', f.quote,
                                                     'weight', f.weight) order by f.place), '[]')
          from moderation.findings f where f.posting_id = j.id)
  from jobs.postings j
  left join moderation.judgements g on g.posting_id = j.id
 where j.id = $2
returning id"""

# Reports that were confirmed are not accepted: they stop counting with the decision itself.
ACCEPT = """-- rulings.accept
with accepted as (
    insert into moderation.accepted (posting_id, rule, known_as, accepted_at)
    select distinct f.posting_id, f.rule, f.known_as, $2::timestamptz
      from moderation.findings f where f.posting_id = $1 and f.rule <> 'confirmed_reports'
        on conflict do nothing),
marked as (
    update moderation.findings f set accepted = true where f.posting_id = $1)
update moderation.judgements g set score = 0, held = false where g.posting_id = $1"""


# What would be over by now, or was over when it was taken down, is for its employer to look over.
GRANTED = """-- rulings.granted
select case when j.status = 'suspended'
                 and (j.expires_at <= $2 or j.filled >= j.openings
                      or (select h.from_status from jobs.history h
                           where h.posting_id = j.id and h.to_status = 'suspended' and h.from_status <> 'suspended'
                           order by h.changed_at desc, h.id desc
                           limit 1) in ('draft', 'closed', 'expired'))
            then 'draft' else 'open' end
  from jobs.postings j where j.id = $1"""

# What is suspended with its employer, or was before, has this for its last word: it does not come back with them.
STAYS = """-- rulings.stays
insert into jobs.history (posting_id, version, changed_by, side, from_status, to_status, reason, changed_at)
select j.id, j.version, $2, 'official', j.status, j.status, $3, $4
  from jobs.postings j where j.id = $1 and j.status = 'suspended'"""

STATUS = """-- rulings.status
select j.status from jobs.postings j where j.id = $1"""


async def rule(tx: Writing, ruling: Ruling, now: datetime) -> postings.Status:
    """Bring the posting where the decision takes it, if it can be taken there from where it is, and promise to tell the
    members of its employer; where it is then. What is published or granted holds the posting no more as long as it
    stays as it is.

    Raises `asyncpg.UniqueViolationError` (decisions_one_per_case) where the case was decided before.
    """
    made = await tx.fetchval(
        RECORD, ruling.case, ruling.posting, ruling.decision, ruling.reason, ruling.changes, ruling.official, now
    )
    if ruling.decision in ("published", "granted"):
        await tx.execute(ACCEPT, ruling.posting, now)
    to, side = TARGETS.get(ruling.decision, (None, "official"))
    if ruling.decision == "granted":
        to = await tx.fetchval(GRANTED, ruling.posting, now)
    if to is not None:
        by, why = ruling.official if side == "official" else None, f"moderation:{ruling.decision}"
        moved = await postings.move(tx, ruling.posting, to, side, by, why, now)
        if moved is None and to == "suspended":
            await tx.execute(STAYS, ruling.posting, by, why, now)
    await queue.add(tx, "job_reviewed", decision_id=made)
    status: postings.Status = await tx.fetchval(STATUS, ruling.posting)
    return status
