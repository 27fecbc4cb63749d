"""Reminders: a promise for later. What, when; and the task that is run then asks whether it is still true.

A reminder waits as one small row of ours and becomes a task of the queue in the minute in which it is due. It would not
do to let it wait in the queue itself, with its time to come as `execute_after`: pgqueuer asks twice a second what is
due next by reading all that waits (figures: docs/benchmarks.md), and each promise costs its eight indices.

For what moves with every request a reminder is the wrong means, and for what can be found by its own index a needless
one: the ends of sessions and phones that went quiet are looked for once a day instead.
"""

from datetime import datetime
from typing import TypeAlias

import asyncpg
import msgspec

Writing: TypeAlias = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy

# A run that is due and has not begun belongs to the promise before; one that has begun ends as it would have.
REMIND = """-- reminders.remind
with withdrawn as (
    delete from pgqueuer where dedupe_key = $1 and status = 'queued')
insert into floor.reminders (once, topic, due_at, payload)
values ($1, $2, $3, $4)
on conflict (once) do update set topic = excluded.topic, due_at = excluded.due_at, payload = excluded.payload"""


async def remind(tx: Writing, topic: str, at: datetime, once: str, **payload: object) -> None:
    """Promise that task `topic` is run at `at`, to the minute and never before; at once when that is over. A second
    promise with the key `once` replaces the first. The row commits with the caller's transaction or not at all.

    The task is run at least once, also when everything was down at its time, and never twice at the same time for one
    key. Let it judge by facts whether the reason still holds: that the date is the one of its payload, say.
    """
    await tx.execute(REMIND, once, topic, at, msgspec.json.encode(payload))


FORGET = """-- reminders.forget
with withdrawn as (
    delete from pgqueuer where dedupe_key = $1 and status = 'queued')
delete from floor.reminders where once = $1"""


async def forget(tx: Writing, once: str) -> None:
    """Withdraw a promise, if it stands; a run that has begun ends as it would have."""
    await tx.execute(FORGET, once)


# While a run of a key lasts, or waits for its next try, the promise that came after it waits too.
RING = """-- reminders.ring (worker)
with chosen as (
    select d.once
      from floor.reminders d
     where d.due_at <= $1
       and not exists (select from pgqueuer q where q.dedupe_key = d.once and q.status in ('queued', 'picked'))
     order by d.due_at
     limit $2
       for update skip locked),
due as (
    delete from floor.reminders r using chosen c where r.once = c.once
    returning r.once, r.topic, r.due_at, r.payload),
promised as (
    insert into pgqueuer (priority, entrypoint, payload, execute_after, status, dedupe_key)
    select 0, due.topic, due.payload, transaction_timestamp(), 'queued', due.once from due order by due.due_at
    returning id, entrypoint)
insert into pgqueuer_log (job_id, status, priority, entrypoint)
select id, 'queued', 0, entrypoint from promised
returning job_id"""

AT_ONCE = 500


async def ring(pool: asyncpg.Pool, now: datetime) -> None:
    """Hand everything that is due to the queue. Any number of workers may do it at the same time."""
    while len(await pool.fetch(RING, now, AT_ONCE)) == AT_ONCE:
        pass
