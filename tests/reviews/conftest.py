"""People who say who they are, as in the room they say it to, and officials who were appointed."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from longan.api.edge import Edge
from tests.assurance.conftest import confirmed, decide, me, official, submit
from tests.conftest import new_account

__all__ = ["appointed", "confirmed", "decide", "living_in", "me", "official", "submit"]

APPOINT = """
insert into staff.grants (account_id, role, function, ward_version, ward_codes, starts_at)
select $1, 'official', 'identity', case when $2::text[] is not null then places.version_on($3) end, $2, $3"""


@pytest.fixture
def appointed(conn: asyncpg.Connection, app: Edge, official: Any) -> Callable[..., Awaitable[dict[str, str]]]:
    """Headers of an official whom administrators have appointed, in wards or everywhere; `known`: who they are is
    confirmed."""

    async def make(account: UUID | None = None, wards: list[str] | None = None, known: bool = True) -> dict[str, str]:
        account = account or await new_account(conn, app)
        now = app.app.state.clock()
        headers: dict[str, str] = await official(account)
        await conn.execute(APPOINT, account, wards, now)
        if known:
            await conn.execute(
                "insert into assurance.identities (account_id, confirmed_at) values ($1, $2)", account, now
            )
        return headers

    return make


@pytest.fixture
def living_in(conn: asyncpg.Connection, app: Edge) -> Callable[..., Awaitable[UUID]]:
    """An account that says it lives in a ward, or moves it there."""

    async def make(ward: str, account: UUID | None = None) -> UUID:
        account = account or await new_account(conn, app)
        await conn.execute(
            """insert into people.profiles (account_id, ward_version, ward_code)
               values ($1, places.version_on($3), $2)
               on conflict (account_id) do update set ward_code = excluded.ward_code""",
            account, ward, app.app.state.clock(),
        )  # fmt: skip
        return account

    return make
