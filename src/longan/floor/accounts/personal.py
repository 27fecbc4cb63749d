"""Data keys of persons: one for each account whose identity is known, and forgetting it forgets the person.

The key of an account seals what is known of that person in any table; it lies beside the data, wrapped with a key of
the operator that no database holds (`crypto.PersonKeys`).
"""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide

from longan.floor.accounts.citizen_card import Sex
from longan.floor.database.db import maybe
from longan.floor.setup.crypto import PersonKey, PersonKeys, Wrapped


class Particulars(msgspec.Struct, frozen=True):
    """Who somebody is, as a card, a provider or they themselves say. Images of identity papers are no part of it, here
    or anywhere: they are never demanded and never kept (Luật 91/2025/QH15, article 29.2; NĐ 356/2025, article 4:
    sensitive data)."""

    number: str
    full_name: str
    birth_date: date
    sex: Sex
    address: str | None


Column = Literal["number", "full_name", "birth_date", "sex", "address"]

KEY = """-- personal.key
select k.wrap_key, k.wrapped, k.version from assurance.person_keys k where k.account_id = $1"""


async def key_of(conn: asyncpg.Connection | asyncpg.Pool, keys: PersonKeys, account: UUID) -> PersonKey | None:
    """The data key of an account; None where there never was one, or the person was forgotten."""
    wrapped = maybe(await conn.fetchrow(KEY, account), Wrapped)
    return None if wrapped is None else keys.open(wrapped, account)


# Of two who come at once, one makes the key; the other finds it when the first has committed.
MAKE_KEY = """-- personal.make_key
insert into assurance.person_keys as k (account_id, wrap_key, wrapped, version, created_at) values ($1, $2, $3, $4, $5)
on conflict (account_id) do update set account_id = excluded.account_id
returning k.wrap_key, k.wrapped, k.version"""


async def key_for(tx: asyncpg.Connection, keys: PersonKeys, account: UUID, now: datetime) -> PersonKey:
    """The data key of an account, made if there is none."""
    made = keys.make(account)
    row = await tx.fetchrow(MAKE_KEY, account, made.wrap_key, made.wrapped, made.version, now)
    if (wrapped := maybe(row, Wrapped)) is None:
        raise RuntimeError("an upsert returned nothing")
    return keys.open(wrapped, account)


FORGET = """-- personal.forget
delete from assurance.person_keys k where k.account_id = $1 returning true"""


async def forget(tx: asyncpg.Connection, account: UUID) -> bool:
    """Make everything that was sealed for the account unreadable, for us and in backups of everything but this row.
    Whether there was a key."""
    return bool(await tx.fetchval(FORGET, account))


# `state.keys` would be the method of a mapping.
def persons(state: State) -> PersonKeys:
    return PersonKeys(state["keys"])


Persons = NamedDependency[PersonKeys]
PERSONS = {"persons": Provide(persons, sync_to_thread=False)}
