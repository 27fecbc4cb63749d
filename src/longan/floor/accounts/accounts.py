"""Accounts: one for each person, opened by whichever way in comes first."""

from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.access.tokens import Audience, Principal
from longan.floor.base.errors import Conflict, Forbidden, InsufficientAuthentication
from longan.floor.database.db import maybe
from longan.floor.requests.policy import FRESH

STAFF = frozenset({"official", "administrator"})


class Account(msgspec.Struct, frozen=True):
    """An account as a way in sees it: its roles are those that hold."""

    id: UUID
    disabled_at: datetime | None
    roles: list[str]


class AccountDisabled(Forbidden):
    code = "account_disabled"
    vi, en = "Tài khoản này đã bị khoá", "This account is disabled"


class PasskeyRequired(Forbidden):
    code = "passkey_required"
    vi, en = "Cán bộ đăng nhập bằng khoá truy cập (passkey), không bằng cách này", "Officials sign in with a passkey"


class LastWayIn(Conflict):
    code = "last_way_in"
    vi, en = "Đây là cách đăng nhập cuối cùng, hãy thêm cách khác trước", "It is the last way in; add another one first"


# What is sealed for an account is bound to its id, so ids are drawn ahead of the insert.
DRAW = """-- accounts.draw
select uuidv7()"""


async def draw(conn: asyncpg.Connection) -> UUID:
    """An id for what comes next."""
    drawn: UUID = await conn.fetchval(DRAW)
    return drawn


# A role whose time is over makes nobody staff, also before the worker has ended it.
ROLES = """array(select r.role from identity.roles r
              where r.account_id = a.id and (r.ends_at is null or r.ends_at > $2)) as roles"""

BY_PHONE = f"""-- accounts.by_phone
select a.id, a.disabled_at, {ROLES}
  from identity.accounts a
 where a.phone_index = $1
   for no key update of a"""


async def by_phone(tx: asyncpg.Connection, phone_index: bytes, now: datetime) -> Account | None:
    """The account of a phone, which keeps it until the transaction ends: whoever has proved the phone while it was
    being changed enters no account that has lost it."""
    return maybe(await tx.fetchrow(BY_PHONE, phone_index, now), Account)


BY_ID = f"""-- accounts.by_id
select a.id, a.disabled_at, {ROLES}
  from identity.accounts a
 where a.id = $1"""


async def by_id(conn: asyncpg.Connection, account: UUID, now: datetime) -> Account | None:
    return maybe(await conn.fetchrow(BY_ID, account, now), Account)


OPEN = """-- accounts.open
with made as (
    insert into identity.accounts (id, phone_index, phone_cipher, created_at) values ($1, $2, $3, $4)
    on conflict on constraint accounts_one_per_phone do nothing
    returning id)
insert into identity.roles (account_id, role, created_at) select id, 'worker', $4 from made
returning true"""


async def open_account(
    tx: asyncpg.Connection, account: UUID, phone_index: bytes | None, phone_cipher: bytes | None, now: datetime
) -> bool:
    """A worker's account, without a phone if there is none; False when another transaction opened one for this phone
    first."""
    return bool(await tx.fetchval(OPEN, account, phone_index, phone_cipher, now))


GIVE_ROLE = """-- accounts.give_role
insert into identity.roles (account_id, role, agency_code, ends_at, created_at) values ($1, $2, $3, $4, $5)
on conflict (account_id, role) do update
   set agency_code = excluded.agency_code, ends_at = excluded.ends_at, created_at = excluded.created_at"""


async def give_role(
    tx: asyncpg.Connection, account: UUID, role: str, agency_code: str | None, ends_at: datetime | None, now: datetime
) -> None:
    """A role of the staff, until `ends_at` if there is an end."""
    await tx.execute(GIVE_ROLE, account, role, agency_code, ends_at, now)


TAKE_ROLE = """-- accounts.take_role
delete from identity.roles r where r.account_id = $1 and r.role = $2 returning true"""


async def take_role(tx: asyncpg.Connection, account: UUID, role: str) -> bool:
    """Whether they had it."""
    return bool(await tx.fetchval(TAKE_ROLE, account, role))


SET_DISABLED = """-- accounts.set_disabled
update identity.accounts a set disabled_at = $2 where a.id = $1 returning true"""


async def set_disabled(tx: asyncpg.Connection, account: UUID, at: datetime | None) -> bool:
    """Close an account, or open it again with None; whether there is such an account."""
    return bool(await tx.fetchval(SET_DISABLED, account, at))


class Moved(msgspec.Struct, frozen=True):
    """An account that has another phone now; `phone_cipher` was the old one, sealed for the account."""

    phone_cipher: bytes | None


CHANGE_PHONE = """-- accounts.change_phone
update identity.accounts a
   set phone_index = $2, phone_cipher = $3, cooling_until = greatest(a.cooling_until, $4)
  from (select o.id, o.phone_cipher from identity.accounts o where o.id = $1 for update) was
 where a.id = was.id and a.disabled_at is null
   and not exists (select from identity.accounts other where other.phone_index = $2)
returning was.phone_cipher"""


async def change_phone(
    tx: asyncpg.Connection, account: UUID, phone_index: bytes, phone_cipher: bytes, cooling_until: datetime
) -> Moved | None:
    """Another phone, and a time of caution; None when some account has that phone already, or this one is disabled."""
    try:
        async with tx.transaction():
            return maybe(await tx.fetchrow(CHANGE_PHONE, account, phone_index, phone_cipher, cooling_until), Moved)
    except asyncpg.UniqueViolationError:
        return None


LOSE_DEVICES = """-- accounts.lose_devices
update device_keys.keys k set ended_at = $2 where k.account_id = $1 and k.ended_at is null"""


async def lose_devices(tx: asyncpg.Connection, account: UUID, now: datetime) -> None:
    """No device of the account is known any more: who recovers it has lost them."""
    await tx.execute(LOSE_DEVICES, account, now)


LOSE_WAYS_IN = """-- accounts.lose_ways_in
with passkeys as (delete from passkeys.credentials c where c.account_id = $1 returning c.id),
links as (delete from federation.links l where l.account_id = $1 returning l.id)
select 'passkey_removed' as what, p.id from passkeys p
 union all
select 'way_in_removed', l.id from links l"""


async def lose_ways_in(tx: asyncpg.Connection, account: UUID) -> list[tuple[str, UUID]]:
    """No passkey and no provider opens the account any more: they may be a thief's. What is told of each, and its
    id."""
    return [(row["what"], row["id"]) for row in await tx.fetch(LOSE_WAYS_IN, account)]


# Not `for update`: that would keep out everybody who only refers to the account.
LOCK = """-- accounts.lock
select from identity.accounts a where a.id = $1 for no key update"""


async def lock(tx: asyncpg.Connection, account: UUID) -> None:
    """Until the transaction ends nobody else adds or takes away a way into the account: of two who take away the last
    two at once, the second waits and then sees what is left."""
    await tx.execute(LOCK, account)


# 2 for a passkey and a confirmed identity, 1 for one of them or an enrolled device, 0 for a phone alone: whoever has
# more than a phone must show more. A confirmed account without either goes the way of recovery.
STRONGEST = """-- accounts.strongest
select case when p.found and i.found then 2 when p.found or i.found or k.found then 1 else 0 end
  from (select exists (select from passkeys.credentials c where c.account_id = $1 and not c.for_staff) as found) p,
       (select exists (select from assurance.identities a where a.account_id = $1 and a.confirmed_at is not null)
           as found) i,
       (select exists (select from device_keys.keys d
                         where d.account_id = $1 and d.enrolled_at is not null and d.ended_at is null) as found) k"""


async def demand_strongest(conn: asyncpg.Connection, me: Principal) -> None:
    """Raises `InsufficientAuthentication` for less than the strongest proof the account has: who holds a phone alone,
    perhaps because its number was given out again, changes nothing at an account that has more (SECURITY A13)."""
    level: int = await conn.fetchval(STRONGEST, me.account_id)
    if me.acr < level:
        raise InsufficientAuthentication(level, FRESH)


def audience_of(account: Account, asked: Audience) -> Audience:
    """Staff without any other role are staff, asked or not. Raises `Forbidden` for others who ask to be, and
    `AccountDisabled`."""
    if account.disabled_at is not None:
        raise AccountDisabled
    roles = set(account.roles)
    if roles and roles <= STAFF:
        return "official"
    if asked == "official" and not roles & STAFF:
        raise Forbidden
    return asked
