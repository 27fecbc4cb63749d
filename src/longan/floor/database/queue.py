"""Tasks: an effect is promised in the transaction that causes it, and the worker keeps the promise, at least once.

The rows are pgqueuer's. Its own enqueue takes lists, costs twice the time for one row and would load the library into
every API process, so one row is promised by hand here; a test holds the two to the same result.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import asyncpg
import msgspec

# The database's clock, because pgqueuer compares with it.
ADD = """-- queue.add
with promised as (
    insert into pgqueuer (priority, entrypoint, payload, execute_after, status)
    values (0, $1, $2, transaction_timestamp() + $3, 'queued')
    returning id)
insert into pgqueuer_log (job_id, status, priority, entrypoint)
select id, 'queued', 0, $1 from promised"""


async def add(
    tx: asyncpg.Connection | asyncpg.pool.PoolConnectionProxy,
    topic: str,
    *,
    after: timedelta | None = None,
    **payload: object,
) -> None:
    """Promise task `topic`; the row commits with the caller's transaction or not at all."""
    await tx.execute(ADD, topic, msgspec.json.encode(payload), after or timedelta())


ADD_ALL = """-- queue.add_all
with promised as (
    insert into pgqueuer (priority, entrypoint, payload, execute_after, status)
    select 0, $1, p.payload, transaction_timestamp(), 'queued'
      from unnest($2::bytea[]) with ordinality as p (payload, place)
     order by p.place
    returning id)
insert into pgqueuer_log (job_id, status, priority, entrypoint)
select id, 'queued', 0, $1 from promised"""


async def add_all(
    tx: asyncpg.Connection | asyncpg.pool.PoolConnectionProxy, topic: str, payloads: Sequence[Mapping[str, object]]
) -> None:
    """Promise task `topic` once for each payload, in one statement."""
    if payloads:
        await tx.execute(ADD_ALL, topic, [msgspec.json.encode(payload) for payload in payloads])


TAKEN_OVER = """-- queue.taken_over
select count(*) - 1
  from pgqueuer_log
 where job_id = $1 and status = 'picked'
   and id > (select coalesce(max(id), 0) from pgqueuer_log where job_id = $1 and status = 'queued')"""


async def taken_over(pool: asyncpg.Pool, task: int) -> int:
    """How often a task that is running was begun by a worker that never said how it ended."""
    return await pool.fetchval(TAKEN_OVER, task) or 0


PRUNE = """-- queue.prune
delete from pgqueuer_log l
 where l.created < $1 and not exists (select from pgqueuer q where q.id = l.job_id)"""


async def prune(tx: asyncpg.pool.PoolConnectionProxy, before: datetime) -> None:
    """Forget what happened to tasks that are over; a failed one that is still held keeps its story."""
    await tx.execute(PRUNE, before)
