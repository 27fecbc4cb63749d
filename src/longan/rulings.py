"""Rulings: what officials decide on a posting is one act: the decision with its reason, the posting's new state, the
word to its employer. Rooms that let officials decide share it."""

from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

import asyncpg
import msgspec

from longan import postings, queue
from longan.errors import Forbidden

Decision = Literal["published", "returned", "suspended", "paused", "upheld", "granted"]
Writing: TypeAlias = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy

# Where a decision takes the posting, and as whom: a pause follows from reports by itself.
TARGETS: dict[Decision, tuple[postings.Status, postings.Side]] = {
    "published": ("open", "official"),
    "returned": ("draft", "official"),
    "suspended": ("suspended", "official"),
    "paused": ("paused", "system"),
    "granted": ("open", "official"),
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
    (case_id, posting_id, decision, reason, changes, decided_by, decided_at, version, score, findings)
select $1, j.id, $3, $4, $5, $6, $7, j.version, coalesce(g.score, 0),
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


async def rule(tx: Writing, ruling: Ruling, now: datetime) -> None:
    """Bring the posting where the decision takes it, if it can be taken there from where it is, and promise to tell the
    members of its employer. What is published or granted holds the posting no more as long as it stays as it is.

    Raises `asyncpg.UniqueViolationError` (decisions_one_per_case) where the case was decided before.
    """
    made = await tx.fetchval(
        RECORD, ruling.case, ruling.posting, ruling.decision, ruling.reason, ruling.changes, ruling.official, now
    )
    if ruling.decision in ("published", "granted"):
        await tx.execute(ACCEPT, ruling.posting, now)
    if ruling.decision in TARGETS:
        to, side = TARGETS[ruling.decision]
        by = ruling.official if side == "official" else None
        await postings.move(tx, ruling.posting, to, side, by, f"moderation:{ruling.decision}", now)
    await queue.add(tx, "job_reviewed", decision_id=made)
