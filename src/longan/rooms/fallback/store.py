"""SQL of the room, each statement above the function that runs it."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.database.db import maybe
from longan.floor.messages.notices import Carrier
from longan.rooms.fallback.models import Due, Grant, Settlement, State, Unreported

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy

# Whoever is about to spend holds these rows, in this order, until they commit: nobody else counts meanwhile. A budget
# that was lowered below what is spent allows nothing more; one that was raised is new to the operators.
PURSE = """-- fallback.purse (worker)
insert into fallback.spending as s (carrier, month, budget)
select b.carrier, $1, b.budget from unnest($2::text[], $3::bigint[]) as b (carrier, budget) order by b.carrier
on conflict on constraint spending_once do update
   set budget = greatest(excluded.budget, s.spent),
       told_at = case when excluded.budget > s.budget then null else s.told_at end
returning s.carrier, s.spent"""


async def purse(tx: Connection, month: date, budgets: Mapping[Carrier, int]) -> dict[Carrier, int]:
    """What is spent of each budget; both are ours alone until the transaction ends."""
    rows = await tx.fetch(PURSE, month, list(budgets), list(budgets.values()))
    return {row["carrier"]: row["spent"] for row in rows}


# A push that waits or was taken by FCM may still arrive; one that a phone has shown has.
DUE = """-- fallback.due (worker)
select t.id, t.carrier, t.notification_id, t.account_id, i.topic, coalesce(l.locale, 'vi') as locale, t.attempts,
       t.expires_at, t.give_up_at, notifications.still_wanted(t.notification_id, t.carrier, $1) as wanted,
       notifications.still_wanted(t.notification_id, 'sms', $1) as sms_wanted,
       coalesce(p.arrived, false) or exists (
           select from fallback.texts o where o.notification_id = t.notification_id and o.state = 'delivered'
       ) as arrived,
       p.pushed_at, coalesce(notifications.loud_at(t.account_id, i.topic, $1), $1) as quiet_until,
       (select count(*)::int from fallback.texts o where o.account_id = t.account_id and o.charged_at >= $2) as today,
       case when a.disabled_at is null then a.phone_cipher end as phone_cipher, t.price is not null as charged
  from fallback.texts t
  join notifications.inbox i on i.id = t.notification_id
  join identity.accounts a on a.id = t.account_id
  left join people.profiles l on l.account_id = t.account_id
  left join lateral (
       select bool_or(o.delivered_at is not null or o.opened_at is not null) as arrived,
              max(case when o.state = 'sent' then o.settled_at
                       when o.state in ('queued', 'leased') then o.not_before end) as pushed_at
         from push.outbox o where o.notification_id = t.notification_id and o.kind = 'notice') p on true
 where t.state = 'queued' and t.not_before <= $1
 order by t.not_before, t.id
 limit $3
   for update of t skip locked"""


async def due(tx: Connection, now: datetime, midnight: datetime, limit: int) -> list[Due]:
    """What is due, oldest first, and ours until the transaction ends."""
    return msgspec.convert([dict(row) for row in await tx.fetch(DUE, now, midnight, limit)], list[Due])


LEAVE = """-- fallback.leave (worker)
with gone as (
    update fallback.texts t set state = $2, last_error = $3, settled_at = $4
     where t.id = $1 and t.state = 'queued'
    returning t.notification_id, t.account_id, t.expires_at)
insert into fallback.texts (notification_id, account_id, carrier, not_before, expires_at, created_at)
select g.notification_id, g.account_id, $5, $4, g.expires_at, $4 from gone g where $5::text is not null
on conflict on constraint texts_once do nothing"""


async def leave(tx: Connection, text: UUID, state: State, error: str, following: Carrier | None, now: datetime) -> None:
    """The text does not go out; its notice goes by `following`, if that is somebody."""
    await tx.execute(LEAVE, text, state, error, now, following)


PUT_OFF = """-- fallback.put_off (worker)
update fallback.texts t set not_before = $2, last_error = $3, give_up_at = coalesce($4, t.give_up_at)
 where t.id = $1 and t.state = 'queued'"""


async def put_off(tx: Connection, text: UUID, until: datetime, error: str, give_up_at: datetime | None) -> None:
    await tx.execute(PUT_OFF, text, until, error, give_up_at)


# The constraint spending_within_budget has the last word, whatever was counted before.
TAKE = """-- fallback.take (worker)
with taken as (
    update fallback.texts t
       set state = case when $6::uuid is null then 'promised' else 'leased' end, attempts = t.attempts + 1,
           give_up_at = $5, price = coalesce(t.price, $3), charged_at = coalesce(t.charged_at, $2),
           lease_by = $6, lease_until = $7
     where t.id = $1 and t.state = 'queued'
    returning t.carrier, t.price, old.price as paid)
update fallback.spending s set spent = s.spent + t.price
  from taken t
 where t.paid is null and s.carrier = t.carrier and s.month = $4"""


async def take(
    tx: Connection, text: UUID, now: datetime, price: int, month: date, give_up_at: datetime,
    lease: tuple[UUID, datetime] | None,
) -> None:  # fmt: skip
    """The text goes out, and is paid for unless an earlier try may have gone out already: under a lease, or promised to
    who sends text messages. `price` in đồng. Raises `CheckViolationError` rather than spend more than the budget."""
    by, until = lease or (None, None)
    await tx.execute(TAKE, text, now, price or None, month, give_up_at, by, until)


TELL_OPERATORS = """-- fallback.tell_operators (worker)
update fallback.spending s set told_at = $3 where s.carrier = $1 and s.month = $2 and s.told_at is null
returning true"""


async def tell_operators(tx: Connection, carrier: Carrier, month: date, now: datetime) -> bool:
    """Whether they have not been told of this budget's end yet."""
    return bool(await tx.fetchval(TELL_OPERATORS, carrier, month, now))


# A report may have been faster than we: then the text is no longer leased, and what it says holds.
SETTLE = """-- fallback.settle (worker)
with settled as (
    update fallback.texts t
       set state = $3, last_error = coalesce($4, t.last_error), message_id = coalesce($5, t.message_id),
           not_before = coalesce($6, t.not_before), give_up_at = coalesce($7, t.give_up_at), report_by = $8,
           attempts = t.attempts - $11::boolean::int, lease_by = null, lease_until = null,
           price = case when not $10 then t.price end, charged_at = case when not $10 then t.charged_at end,
           settled_at = case when $3 not in ('queued', 'sent') then $12::timestamptz end
     where t.id = $1 and t.lease_by = $2 and t.state = 'leased'
    returning t.notification_id, t.account_id, t.carrier, t.expires_at, old.price, old.charged_at),
refunded as (
    update fallback.spending s set spent = s.spent - g.price
      from settled g
     where $10 and s.carrier = g.carrier
       and s.month = date_trunc('month', g.charged_at at time zone 'Asia/Ho_Chi_Minh')::date),
following as (
    insert into fallback.texts (notification_id, account_id, carrier, not_before, expires_at, created_at)
    select g.notification_id, g.account_id, $9, $12, g.expires_at, $12 from settled g where $9::text is not null
    on conflict on constraint texts_once do nothing)
select count(*) from settled"""


async def settle(pool: asyncpg.Pool, text: UUID, lease: UUID, made: Settlement, now: datetime) -> bool:
    """Write down what became of a leased text; whether the lease was still ours."""
    return bool(
        await pool.fetchval(
            SETTLE, text, lease, made.state, made.error, made.message_id, made.not_before, made.give_up_at,
            made.report_by, made.following, made.refund, made.uncounted, now,
        )
    )  # fmt: skip


# Whether it went out nobody knows: it is waited for as for any other that Zalo may have.
REAP = """-- fallback.reap (worker)
update fallback.texts t
   set state = 'sent', report_by = $2, lease_by = null, lease_until = null, last_error = 'lease_expired'
 where t.state = 'leased' and t.lease_until <= $1
returning t.id"""


async def reap(pool: asyncpg.Pool, now: datetime, report_by: datetime) -> int:
    """What a worker leased and never settled; how many there were."""
    return len(await pool.fetch(REAP, now, report_by))


UNREPORTED = """-- fallback.unreported (worker)
select t.id, i.topic, t.doubted, t.report_by, t.message_id,
       notifications.still_wanted(t.notification_id, 'sms', $1) as sms_wanted
  from fallback.texts t
  join notifications.inbox i on i.id = t.notification_id
 where t.state = 'sent' and t.report_by <= $1
 order by t.report_by
 limit $2"""


async def unreported(pool: asyncpg.Pool, now: datetime, limit: int) -> list[Unreported]:
    return msgspec.convert([dict(row) for row in await pool.fetch(UNREPORTED, now, limit)], list[Unreported])


FOLLOW_UP = """-- fallback.follow_up (worker)
with followed as (
    update fallback.texts t
       set state = $3, report_by = null, last_error = $4,
           not_before = case when $3 = 'queued' then $6 else t.not_before end,
           give_up_at = case when $3 <> 'queued' then t.give_up_at end, doubted = t.doubted + ($3 = 'queued')::int,
           delivered_at = case when $3 = 'delivered' then $6 end,
           settled_at = case when $3 <> 'queued' then $6::timestamptz end
     where t.id = $1 and t.state = 'sent' and t.report_by = $2
    returning t.notification_id, t.account_id, t.expires_at)
insert into fallback.texts (notification_id, account_id, carrier, not_before, expires_at, created_at)
select f.notification_id, f.account_id, $5, $6, f.expires_at, $6 from followed f where $5::text is not null
on conflict on constraint texts_once do nothing"""


async def follow_up(
    pool: asyncpg.Pool, text: Unreported, state: State, error: str | None, following: Carrier | None, now: datetime
) -> None:
    """What comes of a text that nobody has spoken of in time."""
    await pool.execute(FOLLOW_UP, text.id, text.report_by, state, error, following, now)


# What is obsolete may have been handed over by a try that never said so: it stays paid for.
NOTE = """-- fallback.note (worker)
update fallback.texts t
   set state = $2, last_error = coalesce($3, t.last_error), lease_by = null, lease_until = null, report_by = null,
       settled_at = coalesce(t.settled_at, $4), delivered_at = case when $2 = 'delivered' then $4::timestamptz end
 where t.id = $1 and t.carrier = $5 and t.state = any($6::text[])
returning true"""


async def note(
    conn: Connection | asyncpg.Pool, text: UUID, carrier: Carrier, state: State, error: str | None,
    before: tuple[State, ...], at: datetime,
) -> bool:  # fmt: skip
    """What a carrier or the SMS room says of a text that is in one of the states `before`; whether there was one."""
    return bool(await conn.fetchval(NOTE, text, state, error, at, carrier, list(before)))


SET_ASIDE = """-- fallback.set_aside (worker)
update fallback.texts t set state = 'withheld', last_error = 'not_set_up', settled_at = $1 where t.state = 'queued'"""


async def set_aside(pool: asyncpg.Pool, now: datetime) -> None:
    """Where nobody is texted, nothing waits to be."""
    await pool.execute(SET_ASIDE, now)


# Given up for good by the queue, which keeps the failed task for the operators.
BURY = """-- fallback.bury (worker)
update fallback.texts t set state = 'dead', last_error = 'not_handed_over', settled_at = $2
 where t.state = 'promised' and t.charged_at < $1"""

PRUNE = """-- fallback.prune (worker)
delete from fallback.texts t where t.settled_at < $1"""


async def prune(tx: Connection, promised_before: datetime, settled_before: datetime, now: datetime) -> None:
    """Give up what was promised and never handed over; forget what became of old texts."""
    await tx.execute(BURY, promised_before, now)
    await tx.execute(PRUNE, settled_before)


CLOSED = """-- fallback.closed (worker)
select b.open_until from fallback.breakers b where b.carrier = 'zns' and b.open_until > $1"""


async def closed(pool: asyncpg.Pool, now: datetime) -> datetime | None:
    """Until when Zalo is left alone."""
    found: datetime | None = await pool.fetchval(CLOSED, now)
    return found


MENDED = """-- fallback.mended (worker)
update fallback.breakers b set failures = 0 where b.carrier = 'zns' and b.failures > 0"""


async def mended(pool: asyncpg.Pool) -> None:
    """Zalo has answered."""
    await pool.execute(MENDED)


FAILED = """-- fallback.failed (worker)
insert into fallback.breakers as b (carrier, failures, open_until)
values ('zns', 1, case when $1 <= 1 then $2::timestamptz end)
on conflict (carrier) do update
   set failures = b.failures + 1,
       open_until = case when b.failures + 1 >= $1 then greatest(b.open_until, $2) else b.open_until end"""


async def failed(pool: asyncpg.Pool, failures: int, open_until: datetime) -> None:
    """Zalo failed; after `failures` in a row it is left alone until `open_until`."""
    await pool.execute(FAILED, failures, open_until)


GRANT = """-- fallback.grant (worker)
select g.id, g.seed, g.refresh_sealed, g.access_sealed, g.expires_at, g.version, g.failed_until
  from fallback.zalo_grants g"""


async def grant(pool: asyncpg.Pool) -> Grant | None:
    return maybe(await pool.fetchrow(GRANT), Grant)


PLANT = """-- fallback.plant (worker)
insert into fallback.zalo_grants as g (id, seed, refresh_sealed) values ($1, $2, $3)
on conflict on constraint zalo_grants_one do update
   set id = $1, seed = $2, refresh_sealed = $3, access_sealed = null, expires_at = null, version = g.version + 1,
       refreshing_by = null, refreshing_until = null, failed_until = null
 where g.seed <> $2"""


async def plant(pool: asyncpg.Pool, row: UUID, seed: bytes, refresh_sealed: bytes) -> None:
    """Begin anew with the refresh token that the operators gave; nothing when we have begun with it already."""
    await pool.execute(PLANT, row, seed, refresh_sealed)


BEGIN_REFRESH = """-- fallback.begin_refresh (worker)
update fallback.zalo_grants g set refreshing_by = $2, refreshing_until = $4
 where g.version = $1 and (g.refreshing_until is null or g.refreshing_until <= $3)
returning true"""


async def begin_refresh(pool: asyncpg.Pool, version: int, by: UUID, now: datetime, until: datetime) -> bool:
    """Whether it is ours to use the refresh token of that version, once."""
    return bool(await pool.fetchval(BEGIN_REFRESH, version, by, now, until))


END_REFRESH = """-- fallback.end_refresh (worker)
update fallback.zalo_grants g
   set refresh_sealed = coalesce($2, g.refresh_sealed), access_sealed = coalesce($3, g.access_sealed),
       expires_at = coalesce($4, g.expires_at), version = g.version + ($2::bytea is not null)::int, failed_until = $5,
       refreshing_by = null, refreshing_until = null
 where g.refreshing_by = $1
returning true"""


async def end_refresh(
    pool: asyncpg.Pool, by: UUID, tokens: tuple[bytes, bytes, datetime] | None, failed_until: datetime | None
) -> bool:
    """The new tokens, sealed for the row (refresh, access, and when that ends), or from when on to try again; whether
    the token was still ours."""
    refresh, access, expires_at = tokens or (None, None, None)
    return bool(await pool.fetchval(END_REFRESH, by, refresh, access, expires_at, failed_until))


DISTRUST = """-- fallback.distrust (worker)
update fallback.zalo_grants g set expires_at = $2 where g.version = $1 and g.expires_at > $2"""


async def distrust(pool: asyncpg.Pool, version: int, now: datetime) -> None:
    """Zalo does not take the access token of that version: it is over."""
    await pool.execute(DISTRUST, version, now)
