"""SQL of the room: the event log, read by what a snapshot had not seen yet.

Sequences are given out before a transaction commits, so a lower one may appear after a higher one was read. What is new
is therefore told by transactions: all rows whose transaction the last look did not see as committed. No row is left out
for the sake of a slow one, and the slow one comes when it commits.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from longan.rooms.events.models import Event, Missed

# Whoever missed more loads the inbox anew: that is cheaper for everybody.
MOST = 200

# The client has all that was over when its last event was written, all of that event's transaction until then, and
# perhaps more, which it is told again. Rows of transactions yet to come are a restored dump's, of another count.
BEGIN = f"""-- events.begin
select s.seen::text as seen, n.newest, l.sequence is not null as known, e.sequence, e.kind, e.subject_id
  from (select pg_current_snapshot() as seen) s
  left join lateral (
    select m.sequence as newest
      from notifications.events m
     where m.account_id = $1 and m.txid < pg_snapshot_xmax(s.seen)
     order by m.txid desc, m.sequence desc
     limit 1) n on true
  left join notifications.events l
         on l.account_id = $1 and l.sequence = $2 and l.created_at > $3 and l.txid < pg_snapshot_xmax(s.seen)
  left join lateral (
    select m.sequence, m.kind, m.subject_id, m.txid
      from notifications.events m
     where m.account_id = $1 and m.txid >= l.horizon and m.txid < pg_snapshot_xmax(s.seen)
       and (m.txid <> l.txid or m.sequence > l.sequence)
     order by m.txid, m.sequence
     limit {MOST + 1}) e on true
 order by e.txid, e.sequence"""


async def begin(conn: asyncpg.Connection, account: UUID, last: int | None, after: datetime) -> Missed:
    """What the account's client has missed since event `last`, if that is in the log, was written `after` and is not
    too long ago."""
    rows = await conn.fetch(BEGIN, account, last, after)
    first = rows[0]
    if not first["known"] or len(rows) > MOST:
        return Missed(first["seen"], first["newest"], None)
    return Missed(first["seen"], first["newest"], [_event(row) for row in rows if row["sequence"] is not None])


SINCE = f"""-- events.since
select w.number - 1 as number, pg_current_snapshot()::text as seen, e.sequence, e.kind, e.subject_id
  from unnest($1::uuid[], $2::text[]::pg_snapshot[]) with ordinality as w(account_id, seen, number)
 cross join lateral (
    select m.sequence, m.kind, m.subject_id, m.txid
      from notifications.events m
     where m.account_id = w.account_id
       and m.txid >= pg_snapshot_xmin(w.seen) and m.txid < pg_snapshot_xmax(pg_current_snapshot())
       and not pg_visible_in_snapshot(m.txid, w.seen)
     order by m.txid, m.sequence
     limit {MOST + 1}) e
 order by w.number, e.txid, e.sequence"""


async def since(conn: asyncpg.Connection, seen: Sequence[tuple[UUID, str]]) -> dict[int, tuple[str, list[Event]]]:
    """For each account and what was seen of it, by its place among them: what is seen now, and the events that are new.
    Where there are none nothing is said."""
    found: dict[int, tuple[str, list[Event]]] = {}
    for row in await conn.fetch(SINCE, [account for account, _ in seen], [each for _, each in seen]):
        found.setdefault(row["number"], (row["seen"], []))[1].append(_event(row))
    return found


def _event(row: asyncpg.Record) -> Event:
    return Event(row["sequence"], row["kind"], row["subject_id"])
