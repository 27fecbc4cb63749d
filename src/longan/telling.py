"""Telling people: a notice in the inbox, an event beside it, a push for each phone; all of it or nothing."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from longan.notices import NOTICES, Params

# One statement, so one transaction: who has the notice has the event and the pushes. No account fans out to more than
# ten phones.
TELL = """-- telling.tell (worker)
with fresh as (
    insert into notifications.inbox (account_id, topic, subject_id, params, created_at, dedupe_key)
    select a.id, $2, $3, $4, $5, $6 || ':' || a.id from unnest($1::uuid[]) as a(id)
    on conflict on constraint inbox_once do nothing
    returning id, account_id),
event as (
    insert into notifications.events (account_id, kind, subject_id, created_at)
    select account_id, 'notification', id, $5 from fresh)
insert into push.outbox (notification_id, account_id, installation_id, not_before, expires_at, created_at)
select f.id, f.account_id, d.installation_id, $5, $7, $5
  from fresh f
 cross join lateral (
    select p.installation_id
      from push.devices p
      join sessions.sessions s on s.id = p.session_id
     where p.account_id = f.account_id and p.out_of_use_at is null
       and s.ended_at is null and s.expires_at > $5 and s.idle_expires_at > $5
     order by p.registered_at desc
     limit 10) as d"""


async def tell(
    pool: asyncpg.Pool, accounts: Sequence[UUID], topic: str, subject: UUID, params: Params, fact: UUID | str,
    now: datetime,
) -> None:  # fmt: skip
    """Put a notice into each account's inbox, an event beside it, and a push in the outbox for each of their phones
    that is in use. A second time with the same `fact`, which names what happened, nothing happens."""
    await pool.execute(
        TELL, accounts, topic, subject, msgspec.json.encode(params).decode(), now, f"{topic}:{fact}",
        now + NOTICES[topic].life,
    )  # fmt: skip
