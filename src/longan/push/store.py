"""SQL of the room: phones and the outbox of pushes, each statement above the function that runs it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from longan.push.models import Device, DeviceIn, Push, Settlement
from longan.tokens import Principal

# Two phones that claim one target at once take turns; the unique constraint would refuse the second.
TAKE_TURNS = """-- push.take_turns
select pg_advisory_xact_lock(hashtextextended($1, 0))"""

# The insert reads from `former`, because PostgreSQL runs a change that nobody reads after everything else.
REGISTER = """-- push.register
with former as (
    delete from push.devices
     where target_kind = $4 and target = $5 and installation_id <> $1
    returning account_id)
insert into push.devices (installation_id, account_id, session_id, target_kind, target, platform, locale,
                                   registered_at)
select $1, $2, $3, $4, $5, $6, $7, $8 from (select count(*) from former) as moved
on conflict (installation_id) do update
   set account_id = excluded.account_id, session_id = excluded.session_id, target_kind = excluded.target_kind,
       target = excluded.target, platform = excluded.platform, locale = excluded.locale,
       registered_at = excluded.registered_at, out_of_use_at = null, out_of_use_for = null
returning installation_id, target_kind, platform, locale, registered_at"""


async def register(tx: asyncpg.Connection, me: Principal, installation: str, device: DeviceIn, now: datetime) -> Device:
    """The phone is the caller's from now on, whoever had the installation or the target before."""
    await tx.execute(TAKE_TURNS, f"{device.target_kind} {device.target}")
    row = await tx.fetchrow(
        REGISTER, installation, me.account_id, me.session_id, device.target_kind, device.target, device.platform,
        device.locale, now,
    )  # fmt: skip
    return msgspec.convert(row, Device)


UNREGISTER = """-- push.unregister
delete from push.devices where installation_id = $1 and account_id = $2 returning true"""


async def unregister(tx: asyncpg.Connection, account: UUID, installation: str) -> bool:
    return bool(await tx.fetchval(UNREGISTER, installation, account))


# A phone may have changed hands, or its owner signed out, since the push was promised: looked at again at every try.
CLAIM = """-- push.claim (worker)
with due as (
    select o.id, o.expires_at <= $2 as late, o.attempts >= $5 as spent, i.topic, i.subject_id,
           d.target_kind, d.target, d.platform, d.locale
      from push.outbox o
      join notifications.inbox i on i.id = o.notification_id
      left join (push.devices d
                 join sessions.sessions s on s.id = d.session_id and s.ended_at is null
                                         and s.expires_at > $2 and s.idle_expires_at > $2
                 join identity.accounts a on a.id = d.account_id and a.disabled_at is null)
        on d.installation_id = o.installation_id and d.account_id = o.account_id and d.out_of_use_at is null
     where o.state = 'queued' and o.not_before <= $2
     order by o.not_before
     limit $1
       for update of o skip locked),
taken as (
    update push.outbox o
       set state = verdict.state,
           attempts = o.attempts + (verdict.state = 'leased')::int,
           target_kind = coalesce(due.target_kind, o.target_kind), target = coalesce(due.target, o.target),
           lease_by = case when verdict.state = 'leased' then $3::uuid end,
           lease_until = case when verdict.state = 'leased' then $4::timestamptz end,
           last_error = case verdict.state when 'gone' then 'phone_not_in_use' else o.last_error end,
           settled_at = case when verdict.state <> 'leased' then $2 end
      from due
     cross join lateral (select case when due.target is null then 'gone' when due.late then 'expired'
                                     when due.spent then 'dead' else 'leased' end as state) as verdict
     where o.id = due.id
    returning o.id, o.state, o.notification_id, o.attempts, o.expires_at)
select t.id, $3::uuid as lease_by, t.notification_id, due.topic, due.subject_id, t.attempts, t.expires_at,
       due.target_kind, due.target, due.platform, due.locale
  from taken t
  join due on due.id = t.id
 where t.state = 'leased'"""


async def claim(
    pool: asyncpg.Pool, limit: int, now: datetime, *, lease: UUID, until: datetime, most_tries: int
) -> list[Push]:
    """Lease what is due, oldest first; a push whose time, tries or phone are gone is settled instead."""
    return msgspec.convert(await pool.fetch(CLAIM, limit, now, lease, until, most_tries), list[Push])


# Only the lease that sent a push may settle it; the phone goes out of use only if it still is what the push went to.
SETTLE = """-- push.settle (worker)
with given as (
    select * from unnest($2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[], $6::text[], $7::text[], $8::boolean[])
        as g (id, lease_by, state, not_before, message_name, error, uncounted)),
settled as (
    update push.outbox o
       set state = g.state, not_before = coalesce(g.not_before, o.not_before), message_name = g.message_name,
           last_error = coalesce(g.error, o.last_error), attempts = o.attempts - g.uncounted::int,
           lease_by = null, lease_until = null, settled_at = case when g.state <> 'queued' then $1::timestamptz end
      from given g
     where o.id = g.id and o.state = 'leased' and o.lease_by = g.lease_by
    returning o.account_id, o.installation_id, o.target_kind, o.target, o.state, o.last_error),
silenced as (
    update push.devices d set out_of_use_at = $1, out_of_use_for = s.last_error
      from settled s
     where s.state = 'gone' and d.installation_id = s.installation_id and d.account_id = s.account_id
       and d.target_kind = s.target_kind and d.target = s.target and d.out_of_use_at is null)
select count(*) from settled"""


async def settle(pool: asyncpg.Pool, settlements: Sequence[Settlement], now: datetime) -> int:
    """Write down what became of pushes; how many of them were still leased as they say."""
    rows = [
        (s.push.id, s.push.lease_by, s.state, s.not_before, s.message_name, s.error, s.uncounted) for s in settlements
    ]
    return await pool.fetchval(SETTLE, now, *(list(column) for column in zip(*rows, strict=True))) or 0


REAP = """-- push.reap (worker)
update push.outbox
   set state = 'queued', not_before = $1, lease_by = null, lease_until = null, last_error = 'lease_expired'
 where state = 'leased' and lease_until <= $1
returning id"""


async def reap(pool: asyncpg.Pool, now: datetime) -> int:
    """Put back what a worker leased and never settled; the tries it used stay counted, so a deadly push ends."""
    return len(await pool.fetch(REAP, now))


PRUNE = """-- push.prune (worker)
delete from push.outbox where settled_at < $1"""


async def prune(tx: asyncpg.pool.PoolConnectionProxy, before: datetime) -> None:
    await tx.execute(PRUNE, before)
