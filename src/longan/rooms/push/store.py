"""SQL of the room: phones and the outbox of pushes, each statement above the function that runs it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.access.tokens import Principal
from longan.floor.base.zones import checked
from longan.floor.database.db import many
from longan.floor.messages.pace import IDLE, Pace
from longan.rooms.push.models import Device, DeviceIn, Push, Settlement

# One more puts out the one that was heard of least lately; as many as `telling` sends to.
MOST = 10
# Without contact for a month a phone counts as stale; after 270 days FCM lets go of an Android phone (PUSH.md 3).
REACHABLE = timedelta(days=30)
SILENT = timedelta(days=270)

# Two that claim one target, one installation or the last place of an account take turns, always in the same order.
TAKE_TURNS = """-- push.take_turns
select pg_advisory_xact_lock(k.key)
  from (select distinct hashtextextended(t.name, 0) as key from unnest($1::text[]) as t(name) order by 1) as k"""

# The insert reads from `gone`, because PostgreSQL runs a change that nobody reads after everything else.
REGISTER = """-- push.register
with held as (
    select d.installation_id, d.account_id, d.seen_at, d.target_kind = $4 and d.target = $5 as same_target
      from push.devices d
     where d.installation_id = any(array(
               select $1 union all
               select t.installation_id from push.devices t where t.target_kind = $4 and t.target = $5 union all
               select a.installation_id from push.devices a where a.account_id = $2))
     order by d.installation_id
       for update),
surplus as (
    select h.installation_id
      from held h
     where h.account_id = $2 and h.installation_id <> $1 and not h.same_target
     order by h.seen_at desc, h.installation_id
    offset $10 - 1),
gone as (
    delete from push.devices d
     using (select h.installation_id from held h where h.same_target and h.installation_id <> $1
            union all
            select s.installation_id from surplus s) as g
     where d.installation_id = g.installation_id
    returning d.account_id)
insert into push.devices as d (installation_id, account_id, session_id, target_kind, target, platform, locale,
                               time_zone, registered_at, seen_at)
select $1, $2, $3, $4, $5, $6, $7, $8, $9, $9 from (select count(*) from gone) as moved
on conflict (installation_id) do update
   set account_id = excluded.account_id, session_id = excluded.session_id, target_kind = excluded.target_kind,
       target = excluded.target, platform = excluded.platform, locale = excluded.locale,
       time_zone = excluded.time_zone, seen_at = excluded.seen_at, out_of_use_at = null, out_of_use_for = null,
       registered_at = case when (d.account_id, d.target_kind, d.target)
                                 = (excluded.account_id, excluded.target_kind, excluded.target)
                            then d.registered_at else excluded.registered_at end
returning d.installation_id, (select s.device_name from sessions.sessions s where s.id = d.session_id) as name,
          d.target_kind, d.platform, d.locale, d.time_zone, true as current, true as reachable, d.registered_at,
          d.seen_at"""


async def register(tx: asyncpg.Connection, me: Principal, installation: str, device: DeviceIn, now: datetime) -> Device:
    """The phone is the caller's from now on, whoever had the installation or the target before. Raises
    `InvalidRequest` for a time zone that does not exist."""
    zone = checked(device.time_zone, "/time_zone")
    turns = [f"installation {installation}", f"{device.target_kind} {device.target}", f"account {me.account_id}"]
    await tx.execute(TAKE_TURNS, turns)
    row = await tx.fetchrow(
        REGISTER, installation, me.account_id, me.session_id, device.target_kind, device.target, device.platform,
        device.locale, zone, now, MOST,
    )  # fmt: skip
    return msgspec.convert(row, Device)


OWN = """-- push.own
select d.installation_id, s.device_name as name, d.target_kind, d.platform, d.locale, d.time_zone,
       d.session_id = $2 as current, d.out_of_use_at is null and d.seen_at > $4 as reachable, d.registered_at, d.seen_at
  from push.devices d
  join sessions.sessions s on s.id = d.session_id
 where d.account_id = $1 and s.ended_at is null and s.expires_at > $3 and s.idle_expires_at > $3
 order by d.seen_at desc, d.installation_id"""


async def own(conn: asyncpg.Connection, me: Principal, now: datetime) -> list[Device]:
    """The phones of the caller's sessions that go on."""
    return many(await conn.fetch(OWN, me.account_id, me.session_id, now, now - REACHABLE), Device)


UNREGISTER = """-- push.unregister
delete from push.devices where installation_id = $1 and account_id = $2 returning true"""


async def unregister(tx: asyncpg.Connection, account: UUID, installation: str) -> bool:
    return bool(await tx.fetchval(UNREGISTER, installation, account))


RETIRE = """-- push.retire (worker)
update push.devices d set out_of_use_at = $1, out_of_use_for = 'silent'
 where d.out_of_use_at is null and d.seen_at <= $2"""

FORGET = """-- push.forget (worker)
delete from push.devices d where d.out_of_use_at <= $1"""


async def retire(tx: asyncpg.pool.PoolConnectionProxy, now: datetime, before: datetime) -> int:
    """Put phones out of use that were not heard of for 270 days, and forget those that were put out of use `before`;
    how many were put out of use."""
    await tx.execute(FORGET, before)
    return int((await tx.execute(RETIRE, now, now - SILENT)).rpartition(" ")[2])


# What may go out, in the order in which it is due. In a collapse group nobody overtakes: FCM keeps the last one it got.
# A phone may have changed hands, its owner have signed out or read the notice elsewhere since the push was promised:
# all of that is asked again at every try, and whether it is quiet for them now. `$6` are topics that wait until `$7`.
CLAIM = """-- push.claim (worker)
with due as materialized (
    select o.id, o.account_id, o.installation_id, o.notification_id, o.kind, o.attempts, o.expires_at, o.digest_at
      from push.outbox o
     where o.state = 'queued' and greatest(o.not_before, o.retry_at) <= $2
       and not exists (
           select from push.outbox e
            where e.installation_id = o.installation_id and e.collapse_key = o.collapse_key
              and e.state in ('queued', 'leased') and (e.not_before, e.id) < (o.not_before, o.id))
     order by greatest(o.not_before, o.retry_at)
     limit $1
       for update of o skip locked),
seen as materialized (
    select due.id, i.topic, i.subject_id, d.target_kind, d.target, d.platform, d.locale,
           case when due.kind = 'notice' and due.digest_at is null and notifications.full_text(due.account_id, i.topic)
                then i.params::text end as params,
           case when due.digest_at is not null then notifications.gathered(due.notification_id, $2) end as gathered,
           case when d.target is null then 'gone'
                when due.expires_at <= $2 then 'expired'
                when due.attempts >= $5 then 'dead'
                when due.kind = 'notice' and notifications.still_wanted(
                    due.notification_id, case when due.digest_at is null then 'push' else 'digest' end, $2) is not true
                then 'obsolete'
                when waits.until > $2 then 'queued'
                else 'leased' end as state,
           waits.until
      from due
      join notifications.inbox i on i.id = due.notification_id
      left join lateral (
           select p.target_kind, p.target, p.platform, p.locale
             from push.devices p
             join sessions.sessions s on s.id = p.session_id
             join identity.accounts a on a.id = p.account_id
            where p.installation_id = due.installation_id and p.account_id = due.account_id
              and p.out_of_use_at is null and a.disabled_at is null and s.ended_at is null
              and s.expires_at > $2 and s.idle_expires_at > $2
            limit 1) as d on true
     cross join lateral (
           select case when due.kind = 'notice' then greatest(
                      notifications.loud_at(due.account_id, i.topic, $2),
                      case when i.topic = any($6::text[]) and due.expires_at > $7 then $7::timestamptz end) end as until
           offset 0) as waits),
taken as (
    update push.outbox o
       set state = seen.state,
           attempts = o.attempts + (seen.state = 'leased')::int,
           retry_at = case when seen.state = 'queued' then seen.until else o.retry_at end,
           target_kind = coalesce(seen.target_kind, o.target_kind), target = coalesce(seen.target, o.target),
           lease_by = case when seen.state = 'leased' then $3::uuid end,
           lease_until = case when seen.state = 'leased' then $4::timestamptz end,
           last_error = case seen.state when 'gone' then 'phone_not_in_use' else o.last_error end,
           settled_at = case when seen.state not in ('leased', 'queued') then $2 end
      from seen
     where o.id = seen.id
    returning o.id, o.state, o.kind, o.notification_id, o.attempts, o.expires_at, o.collapse_key)
select t.id, $3::uuid as lease_by, $2::timestamptz as claimed_at, t.kind, t.notification_id, seen.topic,
       seen.subject_id, t.attempts, t.expires_at, seen.target_kind, seen.target, seen.platform, seen.locale,
       t.collapse_key, seen.params, seen.gathered, t.state
  from taken t
  join seen on seen.id = t.id"""


PACE = """-- push.pace (worker)
select tokens, at, ramp_from from push.pace where project = $1 for update"""

FIRST_PACE = """-- push.first_pace (worker)
insert into push.pace (project, tokens, at, ramp_from) values ($1, 0, $2, $2) on conflict do nothing"""

KEEP_PACE = """-- push.keep_pace (worker)
update push.pace set tokens = $2, at = $3, ramp_from = $4 where project = $1"""


# Of the outbox only its end is looked at, whatever statistics say of it: they may be those of an empty table.
IN_ORDER = """-- push.in_order (worker)
select set_config('enable_bitmapscan', 'off', true), set_config('enable_seqscan', 'off', true),
       set_config('enable_sort', 'off', true)"""


async def claim(
    pool: asyncpg.Pool, project: str, rate: float, limit: int, now: datetime, *, lease: UUID, until: datetime,
    most_tries: int, patient: Sequence[str] = (), patient_until: datetime | None = None,
) -> tuple[list[Push], int]:  # fmt: skip
    """Lease what is due, oldest first, as much as `rate` a second allows all workers of the project together; and how
    many were looked at: a push whose time, tries, phone or reason are gone is settled instead, and one of a `patient`
    topic waits until then."""
    async with pool.acquire() as connection, connection.transaction():
        pace = (await _pace(connection, project, now)).filled(rate, now)
        allowed = min(limit, int(pace.tokens))
        if not allowed:
            return [], 0
        await connection.execute(IN_ORDER)
        rows = await _planned_anew(
            connection, CLAIM, allowed, now, lease, until, most_tries, patient, patient_until
        )  # fmt: skip
        leased = [row for row in rows if row["state"] == "leased"]
        if leased:
            await connection.execute(KEEP_PACE, project, *msgspec.structs.astuple(pace.taken(len(leased))))
    return many(leased, Push), len(rows)


async def pause(pool: asyncpg.Pool, project: str, until: datetime, now: datetime) -> None:
    """No worker sends anything to the project until then."""
    async with pool.acquire() as connection, connection.transaction():
        pace = (await _pace(connection, project, now)).paused(until)
        await connection.execute(KEEP_PACE, project, *msgspec.structs.astuple(pace))


async def _pace(connection: asyncpg.pool.PoolConnectionProxy, project: str, now: datetime) -> Pace:
    """The project's bucket, which nobody else takes from until the transaction is over."""
    if (row := await connection.fetchrow(PACE, project)) is None:
        await connection.execute(FIRST_PACE, project, now - IDLE)
        row = await connection.fetchrow(PACE, project)
    assert row is not None
    return many([row], Pace)[0]


async def _planned_anew(
    connection: asyncpg.pool.PoolConnectionProxy, sql: str, *values: object
) -> list[asyncpg.Record]:  # fmt: skip
    """Kept, a plan that was made while the outbox was empty would read all of it for each push."""
    statement = await connection.prepare(sql, name="")
    return await statement.fetch(*values)


DUE = """-- push.due (worker)
select exists (select from push.outbox where state = 'queued' and greatest(not_before, retry_at) <= $1) as due"""


async def due(pool: asyncpg.Pool, now: datetime) -> bool:
    """Whether anything wants to go out."""
    async with pool.acquire() as connection:
        (row,) = await _planned_anew(connection, DUE, now)
    return bool(row["due"])


# Only the lease that sent a push may settle it; the phone goes out of use only if it still is what the push went to,
# and did not register since.
# What waits behind a push that is tried later waits as long, so that claims need not look at it again and again.
SETTLE = """-- push.settle (worker)
with given as (
    select * from unnest($2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[], $6::text[], $7::text[], $8::boolean[],
                         $9::timestamptz[])
        as g (id, lease_by, state, retry_at, message_name, error, uncounted, claimed_at)),
settled as (
    update push.outbox o
       set state = g.state, retry_at = coalesce(g.retry_at, o.retry_at), message_name = g.message_name,
           last_error = coalesce(g.error, o.last_error), attempts = o.attempts - g.uncounted::int,
           lease_by = null, lease_until = null, settled_at = case when g.state <> 'queued' then $1::timestamptz end
      from given g
     where o.id = g.id and o.state = 'leased' and o.lease_by = g.lease_by
    returning o.id, o.account_id, o.installation_id, o.collapse_key, o.not_before, o.retry_at, o.target_kind, o.target,
              o.state, o.last_error, g.claimed_at),
behind as (
    update push.outbox o
       set retry_at = greatest(o.retry_at, s.retry_at)
      from settled s
     where s.state = 'queued' and o.installation_id = s.installation_id and o.collapse_key = s.collapse_key
       and o.state = 'queued' and (o.not_before, o.id) > (s.not_before, s.id)),
silenced as (
    update push.devices d set out_of_use_at = $1, out_of_use_for = s.last_error
      from settled s
     where s.state = 'gone' and d.installation_id = s.installation_id and d.account_id = s.account_id
       and d.target_kind = s.target_kind and d.target = s.target and d.out_of_use_at is null
       and d.seen_at <= s.claimed_at)
select count(*) as settled from settled"""


async def settle(pool: asyncpg.Pool, settlements: Sequence[Settlement], now: datetime) -> int:
    """Write down what became of pushes; how many of them were still leased as they say."""
    rows = [
        (s.push.id, s.push.lease_by, s.state, s.retry_at, s.message_name, s.error, s.uncounted, s.push.claimed_at)
        for s in settlements
    ]
    async with pool.acquire() as connection:
        (row,) = await _planned_anew(connection, SETTLE, now, *(list(column) for column in zip(*rows, strict=True)))
    return int(row["settled"])


REAP = """-- push.reap (worker)
update push.outbox
   set state = 'queued', retry_at = $1, lease_by = null, lease_until = null, last_error = 'lease_expired'
 where state = 'leased' and lease_until <= $1
returning id"""


async def reap(pool: asyncpg.Pool, now: datetime) -> int:
    """Put back what a worker leased and never settled; the tries it used stay counted, so a deadly push ends."""
    return len(await pool.fetch(REAP, now))


PRUNE = """-- push.prune (worker)
delete from push.outbox where settled_at < $1"""


async def prune(tx: asyncpg.pool.PoolConnectionProxy, before: datetime) -> None:
    await tx.execute(PRUNE, before)


# The first word of a phone stands. A push that FCM took without our hearing it needs no second try.
REPORT = """-- push.report
with given as (
    select g.notification_id, min(g.at) as at, min(g.at) filter (where g.opened) as opened_at
      from unnest($3::uuid[], $4::timestamptz[], $5::boolean[]) as g (notification_id, at, opened)
     group by g.notification_id),
heard as (
    update push.outbox o
       set delivered_at = coalesce(o.delivered_at, greatest(g.at, o.created_at)),
           opened_at = coalesce(o.opened_at,
                              case when g.opened_at is not null then greatest(g.opened_at, o.created_at) end),
           state = case o.state when 'queued' then 'sent' else o.state end,
           settled_at = case o.state when 'queued' then $6 else o.settled_at end
      from given g
     where o.notification_id = g.notification_id and o.account_id = $1 and o.installation_id = $2
       and o.kind = 'notice' and o.attempts > 0
       and (o.delivered_at is null or (o.opened_at is null and g.opened_at is not null))
    returning o.notification_id, g.opened_at)
select notification_id from heard where opened_at is not null"""


async def report(
    tx: asyncpg.Connection, account: UUID, installation: str, heard: Sequence[tuple[UUID, datetime, bool]],
    now: datetime,
) -> list[UUID]:  # fmt: skip
    """Keep what a phone says of the account's pushes; the notices whose pushes were opened just now for the first
    time. Each of `heard` is a notice, a moment, and whether the push was opened or only arrived."""
    columns = ([part[number] for part in heard] for number in range(3))
    return [row["notification_id"] for row in await tx.fetch(REPORT, account, installation, *columns, now)]


STANDS = """-- push.stands (worker)
select campaigns.stands($1)"""


async def stands(pool: asyncpg.Pool, campaign: UUID) -> bool:
    """Whether an alert is still wanted by whoever ordered it."""
    return await pool.fetchval(STANDS, campaign) or False


class Depth(msgspec.Struct, frozen=True):
    """How much is in the outbox, and since when the oldest that is due could have gone out."""

    queued: int
    due: int
    leased: int
    dead: int
    oldest_due: datetime | None


DEPTH = """-- push.depth (worker)
select count(*) filter (where state = 'queued') as queued,
       count(*) filter (where state = 'queued' and greatest(not_before, retry_at) <= $1) as due,
       count(*) filter (where state = 'leased') as leased,
       count(*) filter (where state = 'dead') as dead,
       min(greatest(not_before, retry_at)) filter (where state = 'queued' and greatest(not_before, retry_at) <= $1)
           as oldest_due
  from push.outbox
 where state in ('queued', 'leased', 'dead')"""


async def depth(conn: asyncpg.Connection | asyncpg.Pool, now: datetime) -> Depth:
    row = await conn.fetchrow(DEPTH, now)
    assert row is not None
    return many([row], Depth)[0]


class Dead(msgspec.Struct, frozen=True):
    """Pushes that were given up for one reason; the time of some is over."""

    error: str
    count: int
    expired: int


DEAD = """-- push.dead (worker)
select coalesce(last_error, 'unknown') as error, count(*) as count, count(*) filter (where expires_at <= $1) as expired
  from push.outbox
 where state = 'dead'
 group by 1
 order by count(*) desc, 1"""


async def dead(conn: asyncpg.Connection, now: datetime) -> list[Dead]:
    return many(await conn.fetch(DEAD, now), Dead)


class DeadOne(msgspec.Struct, frozen=True):
    id: UUID
    expired: bool


DEAD_FOR = """-- push.dead_for (worker)
select id, expires_at <= $2 as expired
  from push.outbox
 where state = 'dead' and coalesce(last_error, 'unknown') = $1
 order by id"""


async def dead_for(conn: asyncpg.Connection, error: str, now: datetime) -> list[DeadOne]:
    """What was given up for an error, oldest first."""
    return many(await conn.fetch(DEAD_FOR, error, now), DeadOne)


REPLAY = """-- push.replay (worker)
update push.outbox
   set state = 'queued', attempts = 0, retry_at = $2, settled_at = null
 where state = 'dead' and expires_at > $2 and (coalesce(last_error, 'unknown') = any($1) or id::text = any($1))
returning id"""


async def replay(conn: asyncpg.Connection, named: Sequence[str], now: datetime) -> int:
    """Try again what was given up for these errors or has these ids, unless its time is over; how many."""
    return len(await conn.fetch(REPLAY, named, now))
