"""Telling people: a notice in the inbox, an event beside it, a push for each phone and a text; all of it or nothing."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.messages.notices import NOTICES, Params, rendered
from longan.floor.messages.texting import first_carrier
from longan.floor.messages.wanting import PUSH_AT
from longan.floor.search.search import fold

Asked: TypeAlias = asyncpg.Pool | asyncpg.Connection | asyncpg.pool.PoolConnectionProxy

# One statement, so one transaction: who has the notice has the event, the pushes and the text that may stand in for
# them. Who blocked the employer or has not consented to the purpose hears nothing at all. No account fans out to more
# than ten phones. What can wait has one push a phone and digest, which stands for all that comes until then. In the
# order of the accounts, so that two statements that tell the same people wait for each other and never both.
TELL = f"""-- telling.tell (worker)
with topic as materialized (
    select t.topic, t.urgency, t.urgency = 'low' as waits, t.consent, t.mandatory, t.at_first, t.carriers
      from (select) as one
      left join preferences.topics t on t.topic = $2),
fresh as (
    insert into notifications.inbox
        (account_id, topic, subject_id, params, created_at, dedupe_key, employer_id, expires_at, search)
    select a.id, $2, $3, $4, $5, $6 || ':' || a.id, $9, $10,
           (select setweight(to_tsvector('simple', $11), 'A') || setweight(to_tsvector('simple', $12), 'B'))
      from unnest($1::uuid[]) as a(id)
      join topic t on t.consent is null or privacy.consented(a.id, t.consent, $5)
     where $9::uuid is null or not exists (
               select from privacy.blocks b where b.account_id = a.id and b.employer_id = $9)
     order by a.id
    on conflict on constraint inbox_once do nothing
    returning id, account_id),
event as (
    insert into notifications.events (account_id, kind, subject_id, created_at)
    select account_id, 'notification', id, $5 from fresh),
text as (
    insert into fallback.texts (notification_id, account_id, carrier, not_before, expires_at, created_at)
    select f.id, f.account_id, $14, $5, $7, $5 from fresh f where $14::text is not null
    on conflict on constraint texts_once do nothing)
insert into push.outbox
    (notification_id, account_id, installation_id, collapse_key, not_before, expires_at, created_at, digest_at)
select f.id, f.account_id, d.installation_id, case when t.waits then 'digest' else $13 end, w.moment,
       case when t.waits then w.moment + $8 else $7 end, $5, case when t.waits then w.moment end
  from fresh f
 cross join topic t
 cross join lateral (
    select p.installation_id
      from push.devices p
      join sessions.sessions s on s.id = p.session_id
     where p.account_id = f.account_id and p.out_of_use_at is null
       and s.ended_at is null and s.expires_at > $5 and s.idle_expires_at > $5
     order by p.registered_at desc
     limit 10) as d
  left join preferences.choices c on c.account_id = f.account_id
 cross join lateral (select {PUSH_AT.format(moment="$5")} as moment offset 0) as w
 where w.moment is not null
on conflict do nothing"""


async def tell(
    asked: Asked, accounts: Sequence[UUID], topic: str, subject: UUID, params: Params, fact: UUID | str,
    now: datetime, *, employer: UUID | None = None,
) -> None:  # fmt: skip
    """Put a notice into each account's inbox, an event beside it, and a push in the outbox for each of their phones
    that is in use, for when they want to hear it. A second time with the same `fact`, which names what happened,
    nothing happens. `employer` is of whom it tells: who blocked them is not told."""
    notice = NOTICES[topic]
    vi, en = (fold(" ".join(rendered(topic, params, locale))) for locale in ("vi", "en"))
    await asked.execute(
        TELL, accounts, topic, subject, msgspec.json.encode(params).decode(), now, f"{topic}:{fact}",
        now + notice.life, notice.life, employer, now + notice.inbox_life, vi, en, notice.channel,
        first_carrier(topic, params),
    )  # fmt: skip
