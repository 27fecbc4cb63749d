"""Accounts: one for each person, opened by whichever way in comes first."""

from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from longan.db import maybe
from longan.errors import Conflict, Forbidden
from longan.tokens import Audience

STAFF = frozenset({"official", "administrator"})


class Account(msgspec.Struct, frozen=True):
    """An account as a way in sees it."""

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


BY_PHONE = """-- accounts.by_phone
select a.id, a.disabled_at, array(select r.role from identity.roles r where r.account_id = a.id) as roles
  from identity.accounts a
 where a.phone_index = $1"""


async def by_phone(conn: asyncpg.Connection, phone_index: bytes) -> Account | None:
    return maybe(await conn.fetchrow(BY_PHONE, phone_index), Account)


BY_ID = """-- accounts.by_id
select a.id, a.disabled_at, array(select r.role from identity.roles r where r.account_id = a.id) as roles
  from identity.accounts a
 where a.id = $1"""


async def by_id(conn: asyncpg.Connection, account: UUID) -> Account | None:
    return maybe(await conn.fetchrow(BY_ID, account), Account)


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
