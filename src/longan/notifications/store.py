"""SQL of the room: phones, the inbox, and the outbox of pushes, each statement above the function that runs it."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import asyncpg
import msgspec

from longan.db import maybe
from longan.listing import Listing, Order, listing
from longan.notifications.models import Device, DeviceIn, InboxPage, Params, Push, Settlement
from longan.page import Cursors
from longan.tokens import Principal

K = TypeVar("K", bound=msgspec.Struct)

# Two phones that claim one target at once take turns; the unique constraint would refuse the second.
TAKE_TURNS = """-- notifications.take_turns
select pg_advisory_xact_lock(hashtextextended($1, 0))"""

# The insert reads from `former`, because PostgreSQL runs a change that nobody reads after everything else.
REGISTER = """-- notifications.register
with former as (
    delete from notifications.devices
     where target_kind = $4 and target = $5 and installation_id <> $1
    returning account_id)
insert into notifications.devices (installation_id, account_id, session_id, target_kind, target, platform, locale,
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


UNREGISTER = """-- notifications.unregister
delete from notifications.devices where installation_id = $1 and account_id = $2 returning true"""


async def unregister(tx: asyncpg.Connection, account: UUID, installation: str) -> bool:
    return bool(await tx.fetchval(UNREGISTER, installation, account))


LIST = listing(
    Listing(
        name="notifications.list",
        select="""select i.id, i.topic, i.subject_id, i.params, i.created_at, i.read_at
  from notifications.inbox i
 where i.account_id = {account_id}""",
        where={"unread": "(i.read_at is null) = {unread}::boolean"},
        orders={
            "newest": Order(
                by="i.created_at desc, i.id desc",
                after="(i.created_at, i.id) < ({after_0}, {after_1})",
                position=("created_at", "id"),
                kind=tuple[datetime, UUID],
            )
        },
    )
)


async def inbox(
    conn: asyncpg.Connection, cursors: Cursors, account: UUID, *, unread: bool, cursor: str | None, limit: int
) -> InboxPage:
    """A page of the account's notices, newest first. Raises `InvalidRequest` for a cursor of another list."""
    values: dict[str, object] = {"account_id": account, **({"unread": True} if unread else {})}
    return await LIST.page(conn, cursors, "newest", values, cursor, limit, InboxPage)


UNREAD = """-- notifications.unread
select count(*) from notifications.inbox where account_id = $1 and read_at is null"""


async def unread(conn: asyncpg.Connection, account: UUID) -> int:
    return await conn.fetchval(UNREAD, account) or 0


MARK_READ = """-- notifications.mark_read
update notifications.inbox set read_at = coalesce(read_at, $3) where id = $1 and account_id = $2 returning true"""


async def mark_read(tx: asyncpg.Connection, account: UUID, notification: UUID, now: datetime) -> bool:
    return bool(await tx.fetchval(MARK_READ, notification, account, now))


class Application(msgspec.Struct, frozen=True):
    """An application, and the step it took when one was asked for; `members` are the accounts of the employer."""

    status: str | None
    by_worker: bool
    worker_id: UUID
    job_title: str
    employer_name: str
    members: list[UUID]


APPLICATION = """-- notifications.application (worker)
select m.to_status as status, coalesce(m.moved_by = a.worker_id, false) as by_worker, a.worker_id,
       j.title as job_title, e.name as employer_name,
       array(select b.account_id from employers.members b where b.employer_id = a.employer_id) as members
  from applications.applications a
  join jobs.postings j on j.id = a.job_id
  join employers.employers e on e.id = a.employer_id
  left join applications.moves m on m.application_id = a.id and m.id = $2
 where a.id = $1"""


async def application(pool: asyncpg.Pool, application: UUID, step: UUID | None) -> Application | None:
    return maybe(await pool.fetchrow(APPLICATION, application, step), Application)


class Decision(msgspec.Struct, frozen=True):
    """The newest decision about an employer; `members` are its accounts."""

    id: UUID
    decision: str
    employer_name: str
    members: list[UUID]


DECISION = """-- notifications.decision (worker)
select v.id, v.decision, e.name as employer_name,
       array(select b.account_id from employers.members b where b.employer_id = e.id) as members
  from employers.verifications v
  join employers.employers e on e.id = v.employer_id
 where v.employer_id = $1
 order by v.decided_at desc, v.id desc
 limit 1"""


async def decision(pool: asyncpg.Pool, employer: UUID) -> Decision | None:
    return maybe(await pool.fetchrow(DECISION, employer), Decision)


# One statement, so one transaction: who has the notice has the event and the pushes. No account fans out to more than
# ten phones.
TELL = """-- notifications.tell (worker)
with fresh as (
    insert into notifications.inbox (account_id, topic, subject_id, params, created_at, dedupe_key)
    select a.id, $2, $3, $4, $5, $6 || ':' || a.id from unnest($1::uuid[]) as a(id)
    on conflict on constraint inbox_once do nothing
    returning id, account_id),
event as (
    insert into notifications.events (account_id, kind, subject_id, created_at)
    select account_id, 'notification', id, $5 from fresh)
insert into notifications.push_outbox (notification_id, account_id, installation_id, not_before, expires_at, created_at)
select f.id, f.account_id, d.installation_id, $5, $7, $5
  from fresh f
 cross join lateral (
    select p.installation_id
      from notifications.devices p
      join sessions.sessions s on s.id = p.session_id
     where p.account_id = f.account_id and p.out_of_use_at is null
       and s.ended_at is null and s.expires_at > $5 and s.idle_expires_at > $5
     order by p.registered_at desc
     limit 10) as d"""


async def tell(
    pool: asyncpg.Pool, accounts: Sequence[UUID], topic: str, subject: UUID, params: Params, *, fact: str,
    now: datetime, until: datetime,
) -> None:  # fmt: skip
    """Put a notice into each account's inbox, an event beside it, and a push in the outbox for each of their phones
    that is in use. A second time with the same `fact` nothing happens."""
    await pool.execute(TELL, accounts, topic, subject, msgspec.json.encode(params).decode(), now, fact, until)


# A phone may have changed hands, or its owner signed out, since the push was promised: looked at again at every try.
CLAIM = """-- notifications.claim (worker)
with due as (
    select o.id, o.expires_at <= $2 as late, o.attempts >= $5 as spent, i.topic, i.subject_id,
           d.target_kind, d.target, d.platform, d.locale
      from notifications.push_outbox o
      join notifications.inbox i on i.id = o.notification_id
      left join (notifications.devices d
                 join sessions.sessions s on s.id = d.session_id and s.ended_at is null
                                         and s.expires_at > $2 and s.idle_expires_at > $2
                 join identity.accounts a on a.id = d.account_id and a.disabled_at is null)
        on d.installation_id = o.installation_id and d.account_id = o.account_id and d.out_of_use_at is null
     where o.state = 'queued' and o.not_before <= $2
     order by o.not_before
     limit $1
       for update of o skip locked),
taken as (
    update notifications.push_outbox o
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
SETTLE = """-- notifications.settle (worker)
with given as (
    select * from unnest($2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[], $6::text[], $7::text[], $8::boolean[])
        as g (id, lease_by, state, not_before, message_name, error, uncounted)),
settled as (
    update notifications.push_outbox o
       set state = g.state, not_before = coalesce(g.not_before, o.not_before), message_name = g.message_name,
           last_error = coalesce(g.error, o.last_error), attempts = o.attempts - g.uncounted::int,
           lease_by = null, lease_until = null, settled_at = case when g.state <> 'queued' then $1::timestamptz end
      from given g
     where o.id = g.id and o.state = 'leased' and o.lease_by = g.lease_by
    returning o.account_id, o.installation_id, o.target_kind, o.target, o.state, o.last_error),
silenced as (
    update notifications.devices d set out_of_use_at = $1, out_of_use_for = s.last_error
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


REAP = """-- notifications.reap (worker)
update notifications.push_outbox
   set state = 'queued', not_before = $1, lease_by = null, lease_until = null, last_error = 'lease_expired'
 where state = 'leased' and lease_until <= $1
returning id"""


async def reap(pool: asyncpg.Pool, now: datetime) -> int:
    """Put back what a worker leased and never settled; the tries it used stay counted, so a deadly push ends."""
    return len(await pool.fetch(REAP, now))


PRUNE_EVENTS = """-- notifications.prune_events (worker)
delete from notifications.events where created_at < $1"""

PRUNE_OUTBOX = """-- notifications.prune_outbox (worker)
delete from notifications.push_outbox where settled_at < $1"""


async def prune(tx: asyncpg.pool.PoolConnectionProxy, events_before: datetime, pushes_before: datetime) -> None:
    await tx.execute(PRUNE_EVENTS, events_before)
    await tx.execute(PRUNE_OUTBOX, pushes_before)
