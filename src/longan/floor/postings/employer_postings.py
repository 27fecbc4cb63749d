"""What befalls all postings of an employer at once: withheld with it, given back to it, found under its new name.

Set-based, a batch in each transaction, so that an employer with ten thousand postings holds up nobody.
"""

from datetime import datetime
from uuid import UUID

import asyncpg

from longan.floor.database import queue
from longan.floor.search.searchable import searchable

BATCH = 200
# What the history says of it; an official's own word on a posting reads otherwise, and outlasts it.
WITHHELD = "employer_suspended"
GIVEN_BACK = "employer_reinstated"

WITHHOLD = f"""-- employer_postings.withhold (worker)
with held as materialized (
    select j.id, j.status, j.published_at is not null as was_published
      from jobs.postings j
      join employers.employers e on e.id = j.employer_id
     where j.employer_id = $1 and e.status <> 'verified' and j.status in ('in_review', 'open', 'paused')
     order by j.id
     limit {BATCH}
       for no key update of j
       for share of e),
moved as (
    update jobs.postings j
       set status = 'suspended', version = j.version + 1, updated_at = $2, changed_in = pg_current_xact_id()
      from held
     where j.id = held.id
    returning j.id, j.version),
noted as (
    insert into jobs.history (posting_id, version, side, from_status, to_status, reason, changed_at)
    select moved.id, moved.version, 'system', held.status, 'suspended', '{WITHHELD}', $2
      from moved
      join held on held.id = moved.id)
select held.id, held.was_published from held"""


async def withhold(pool: asyncpg.Pool, employer: UUID, now: datetime) -> None:
    """Suspend what is in review, open or paused of an employer that is not verified by now (one that was rejected may
    have asked again since); whoever applied is told by the task `job_ended`. Nothing can be published meanwhile:
    publishing holds the employer's row."""
    moved = BATCH
    while moved == BATCH:
        async with pool.acquire() as tx, tx.transaction():
            rows = await tx.fetch(WITHHOLD, employer, now)
            ended = [row["id"] for row in rows if row["was_published"]]
            await queue.add_all(tx, "job_ended", [{"job_id": each, "status": "suspended"} for each in ended])
            if ended:
                await queue.add(tx, "jobs_changed")
        moved = len(rows)


GIVE_BACK = f"""-- employer_postings.give_back (worker)
with held as materialized (
    select j.id
      from jobs.postings j
      join employers.employers e on e.id = j.employer_id
     where j.employer_id = $1 and e.status = 'verified' and j.status = 'suspended'
       and '{WITHHELD}' = (select h.reason from jobs.history h
                            where h.posting_id = j.id and (h.from_status <> h.to_status or h.side = 'official')
                            order by h.changed_at desc, h.id desc
                            limit 1)
     order by j.id
     limit {BATCH}
       for no key update of j
       for share of e),
moved as (
    update jobs.postings j
       set status = 'draft', version = j.version + 1, updated_at = $3, changed_in = pg_current_xact_id()
      from held
     where j.id = held.id
    returning j.id, j.version)
insert into jobs.history (posting_id, version, changed_by, side, from_status, to_status, reason, changed_at)
select moved.id, moved.version, $2, 'official', 'suspended', 'draft', '{GIVEN_BACK}', $3 from moved
returning posting_id"""


async def give_back(pool: asyncpg.Pool, employer: UUID, official: UUID, now: datetime) -> None:
    """What was withheld becomes drafts, when the employer is verified again.

    Not open: whoever had applied was told that it was over, and after weeks the pay or the shift may have changed. The
    employer looks a draft over and publishes it again by one step; nobody is offered a job that nobody stands behind.
    What an official suspended for itself stays suspended.
    """
    moved = BATCH
    while moved == BATCH:
        async with pool.acquire() as tx, tx.transaction():
            moved = len(await tx.fetch(GIVE_BACK, employer, official, now))


NAMED = f"""-- employer_postings.named (worker)
select j.id, j.title, j.skills, e.name
  from jobs.postings j
  join employers.employers e on e.id = j.employer_id
 where j.employer_id = $1 and ($2::uuid is null or j.id > $2)
 order by j.id
 limit {BATCH}
   for no key update of j"""

RENAME = """-- employer_postings.rename (worker)
update jobs.postings j set search_text = n.search_text, changed_in = pg_current_xact_id()
  from unnest($1::uuid[], $2::text[]) n (id, search_text)
 where j.id = n.id"""


async def rename(pool: asyncpg.Pool, employer: UUID) -> None:
    """Let all its postings, of any state, be found under the name that the employer has now."""
    last: UUID | None = None
    while True:
        async with pool.acquire() as tx, tx.transaction():
            rows = await tx.fetch(NAMED, employer, last)
            if not rows:
                return
            texts = [searchable(row["title"], row["name"], row["skills"]).search_text for row in rows]
            await tx.execute(RENAME, [row["id"] for row in rows], texts)
            await queue.add(tx, "jobs_changed")
        last = rows[-1]["id"]
