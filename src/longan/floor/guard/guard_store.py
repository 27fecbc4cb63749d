"""What the honesty guard asks the database, and what it keeps there."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import TypeAlias
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.database.db import maybe
from longan.floor.guard.guard_reading import Read
from longan.floor.postings.postings import Status

Connection: TypeAlias = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy


class Posting(msgspec.Struct, frozen=True):
    """What the guard reads."""

    employer_id: UUID
    status: Status
    title: str
    description: str
    skills: list[str]
    occupation_code: str | None
    effective_month: int | None

    @property
    def fields(self) -> dict[str, str]:
        return {"title": self.title, "description": self.description, "skills": "\n".join(self.skills)}


class Level(msgspec.Struct, frozen=True):
    """What open postings of an occupation pay, in đồng a month."""

    low_quartile: int
    median: int
    high_quartile: int


class Known(msgspec.Struct, frozen=True):
    """What is known beyond the posting: `level` null where too few postings of its kind are open, the phones that are
    `shared`, postings whose text it is `likely` to have, how many reports are `confirmed`. `accepted`: rule and folded
    quote or fact, with a space between them."""

    level: Level | None
    shared: list[bytes]
    likely: list[UUID]
    confirmed: int
    accepted: list[str]


POSTING = """-- guard.posting
select j.employer_id, j.status, j.title, j.description, j.skills, j.occupation_code, j.effective_month
  from jobs.postings j where j.id = $1"""


async def posting(tx: Connection, identifier: UUID) -> Posting:
    """Raises `LookupError` when there is none."""
    found = maybe(await tx.fetchrow(POSTING, identifier), Posting)
    if found is None:
        raise LookupError("there is no such posting")
    return found


# The pay of the narrowest group of occupations of which enough is known; '' is all of them. Who had a phone or a
# passage before is not said to have taken it from who came after. What was confirmed before an official published it is
# settled.
KNOWN = """-- guard.known
select l.level,
       array(select p.index from unnest($6::bytea[]) as p(index)
              where exists (select from moderation.phones o
                             where o.phone_index = p.index and o.employer_id <> $2 and o.seen_at >= $8
                               and o.first_at < coalesce((select m.first_at from moderation.phones m
                                     where m.phone_index = p.index and m.employer_id = $2), $9))) as shared,
       array(select o.posting_id
               from unnest($7::bigint[]) as p(passage)
              cross join lateral (
                    select t.posting_id from moderation.passages t
                     where t.passage = p.passage and t.employer_id <> $2 and t.seen_at >= $8
                       and t.first_at < coalesce((select m.first_at from moderation.passages m
                             where m.passage = p.passage and m.employer_id = $2), $9)
                     order by t.employer_id limit 20) as o
              group by o.posting_id having count(*) > 1
              order by count(*) desc, o.posting_id limit 3) as likely,
       job_reports.confirmed($1) as confirmed,
       array(select a.rule || ' ' || a.known_as from moderation.accepted a where a.posting_id = $1) as accepted
  from (select) as one
  left join lateral (
       select p as level from moderation.pay_levels p
        where p.day = (select max(d.day) from moderation.pay_levels d where d.day <= $4)
          and starts_with($3, p.occupation_code) and p.postings >= $5
        order by length(p.occupation_code) desc limit 1) as l on true"""


async def known(
    tx: Connection, identifier: UUID, text: Posting, day: date, pay_postings: int, phones: Sequence[bytes],
    passages: Sequence[int], since: datetime, now: datetime,
) -> Known:  # fmt: skip
    """What there is to compare the posting with; `since`: what was not seen after that is forgotten."""
    row = await tx.fetchrow(
        KNOWN, identifier, text.employer_id, text.occupation_code or "", day, pay_postings, phones, passages, since, now
    )
    if (found := maybe(row, Known)) is None:
        raise RuntimeError("a select without a table returned nothing")
    return found


# Against which nobody has decided otherwise since.
TAKEN_DOWN = """-- guard.taken_down
select j.id, j.description
  from moderation.decisions d
  join jobs.postings j on j.id = d.posting_id
 where d.employer_id = $1 and d.decision in ('suspended', 'paused') and d.decided_at >= $3 and d.posting_id <> $2
   and not exists (select from moderation.decisions l
                    where l.posting_id = d.posting_id and l.decision in ('published', 'granted')
                      and (l.decided_at, l.id) > (d.decided_at, d.id))
 order by d.decided_at desc
 limit 50"""


async def taken_down(tx: Connection, employer: UUID, but: UUID, since: datetime) -> list[tuple[UUID, str]]:
    """The employer's other postings that officials, or reports, took down since then, with what they say."""
    rows = await tx.fetch(TAKEN_DOWN, employer, but, since)
    return [(row["id"], row["description"]) for row in rows]


TEXTS = """-- guard.texts
select j.description
  from unnest($1::uuid[]) with ordinality as likely(id, place)
  join jobs.postings j on j.id = likely.id
 order by likely.place"""


async def texts(tx: Connection, likely: Sequence[UUID]) -> list[str]:
    """The descriptions of other postings, the likeliest first."""
    return [row["description"] for row in await tx.fetch(TEXTS, likely)] if likely else []


# A case that stayed behind when the employer took the posting back is over when it comes again and is not held.
KEEP = """-- guard.keep
with judged as (
    insert into moderation.judgements as g (posting_id, score, held, judged_at) values ($1, $2, $3, $4)
        on conflict (posting_id) do update
       set score = excluded.score, held = excluded.held, judged_at = excluded.judged_at),
gone as (
    delete from moderation.findings f where f.posting_id = $1 and f.place > cardinality($5::text[])),
kept as (
    insert into moderation.findings as f (posting_id, place, rule, field, quote, known_as, weight, accepted)
    select $1, n.place, n.rule, n.field, n.quote, n.known_as, n.weight, n.accepted
      from unnest($5::text[], $6::text[], $7::text[], $8::text[], $9::smallint[], $10::boolean[])
           with ordinality as n(rule, field, quote, known_as, weight, accepted, place)
        on conflict (posting_id, place) do update
       set rule = excluded.rule, field = excluded.field, quote = excluded.quote, known_as = excluded.known_as,
           weight = excluded.weight, accepted = excluded.accepted),
phones as (
    insert into moderation.phones as p (phone_index, employer_id, posting_id, first_at, seen_at)
    select n, $11, $1, $4, $4 from unnest($12::bytea[]) n order by n
        on conflict (phone_index, employer_id) do update
       set posting_id = excluded.posting_id, seen_at = excluded.seen_at),
passages as (
    insert into moderation.passages as p (passage, employer_id, posting_id, first_at, seen_at)
    select n, $11, $1, $4, $4 from unnest($13::bigint[]) n order by n
        on conflict (passage, employer_id) do update
       set posting_id = excluded.posting_id, seen_at = excluded.seen_at),
opened as (
    insert into moderation.cases as c (posting_id, kind, opened_at) select $1, 'held', $4 where $3
        on conflict (posting_id, kind) where closed_at is null do update
       set opened_at = case when $14 then c.opened_at else excluded.opened_at end)
update moderation.cases c set closed_at = $4
 where c.posting_id = $1 and c.kind = 'held' and c.closed_at is null and not $3 and not $14"""


async def keep(
    tx: Connection, identifier: UUID, text: Posting, found: Sequence[Read], accepted: Sequence[bool], score: int,
    held: bool, phones: Sequence[bytes], passages: Sequence[int], now: datetime,
) -> None:  # fmt: skip
    """Write down what was found, by what the posting is known again, and that an official is to look at it."""
    await tx.execute(
        KEEP, identifier, score, held, now, [each.rule for each in found], [each.field for each in found],
        [each.quote for each in found], [each.known_as for each in found], [each.weight for each in found], accepted,
        text.employer_id, phones, passages, text.status == "in_review",
    )  # fmt: skip
