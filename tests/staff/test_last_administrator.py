"""Somebody is always left who can get in and give power."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from longan.api.edge import Edge
from longan.floor.database.tasks import Context
from longan.rooms.staff import domain
from longan.rooms.staff.models import LastAdministrator
from longan.rooms.staff.tasks import end_due_roles
from tests.conftest import Bearer, Real, TestClock
from tests.jobs.hiring import promised
from tests.staff.conftest import Decide, Propose, appoint, roles_of


async def bound(conn: asyncpg.Connection, account: UUID, ends_at: datetime, now: datetime) -> None:
    """Their role has an end."""
    await conn.execute("update identity.roles set ends_at = $2 where account_id = $1", account, ends_at)
    await conn.execute(
        """insert into staff.grants (account_id, role, starts_at, ends_at)
           values ($1, 'administrator', $3, $2)""",
        account, ends_at, now - timedelta(days=1),
    )  # fmt: skip


async def lose_passkey(conn: asyncpg.Connection, account: UUID, now: datetime) -> None:
    await conn.execute("delete from passkeys.credentials where account_id = $1", account)


async def citizens_passkey(conn: asyncpg.Connection, account: UUID, now: datetime) -> None:
    await conn.execute("update passkeys.credentials set for_staff = false where account_id = $1", account)


async def leave_soon(conn: asyncpg.Connection, account: UUID, now: datetime) -> None:
    await bound(conn, account, now + timedelta(days=6), now)


@pytest.mark.parametrize("absent", [lose_passkey, citizens_passkey, leave_soon])
@pytest.mark.parametrize("what", ["roles/administrator/end", "closing"])
async def test_the_last_administrator_who_can_get_in_and_stays_cannot_be_removed(
    staff: list[dict[str, str]], administrators: list[UUID], conn: asyncpg.Connection, about: Propose, decide: Decide,
    now: datetime, absent: Any, what: str,
) -> None:  # fmt: skip
    """Those who approve it are still signed in, and could not sign in again."""
    proposal = (await about(staff[0], administrators[2], what)).json()
    await absent(conn, administrators[0], now)
    await absent(conn, administrators[1], now)

    refused = await decide(staff[1], proposal["id"])

    assert (refused.status_code, refused.json()["code"]) == (409, "last_administrator")
    assert await roles_of(conn, administrators[2]) == {"administrator"}


async def test_administrators_whose_accounts_are_closed_do_not_count(
    administrators: list[UUID], conn: asyncpg.Connection, app: Edge, now: datetime
) -> None:
    await conn.execute("update identity.accounts set disabled_at = $2 where id = any($1)", administrators[:2], now)

    with pytest.raises(LastAdministrator):
        await domain.end_role(conn, app.app.state.entrance, administrators[2], "administrator", now)


async def test_an_administrator_whose_role_ends_much_later_counts(
    staff: list[dict[str, str]], administrators: list[UUID], conn: asyncpg.Connection, about: Propose, decide: Decide,
    now: datetime,
) -> None:  # fmt: skip
    proposal = (await about(staff[0], administrators[2], "roles/administrator/end")).json()
    for other in administrators[:2]:
        await bound(conn, other, now + timedelta(days=8), now)

    assert (await decide(staff[1], proposal["id"])).status_code == 200
    assert await roles_of(conn, administrators[2]) == set()


async def test_two_administrators_who_remove_each_other_leave_one(real: Real) -> None:
    state = real.app.app.state
    async with real.pool.acquire() as connection:
        await connection.execute("delete from identity.roles where role = 'administrator'")
        accounts = [await appoint(connection), await appoint(connection)]  # type: ignore[arg-type]

    async def remove(account: UUID) -> bool:
        async with real.pool.acquire() as connection, connection.transaction():
            await domain.end_role(connection, state.entrance, account, "administrator", state.clock())  # type: ignore[arg-type]
            return True

    ended = await asyncio.gather(*(remove(account) for account in accounts), return_exceptions=True)

    assert sorted(type(each).__name__ for each in ended) == ["LastAdministrator", "bool"]
    assert await real.pool.fetchval("select count(*) from identity.roles where role = 'administrator'") == 1


class Pooled:
    """A pool of the test's one connection."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    def acquire(self) -> Any:
        return self

    async def __aenter__(self) -> asyncpg.Connection:
        return self._connection

    async def __aexit__(self, *_: object) -> None:
        """It stays open."""


def context(conn: asyncpg.Connection, clock: TestClock) -> Context:
    nothing: Any = None
    return Context(
        pool=Pooled(conn), valkey=nothing, http=nothing, settings=nothing, keys=nothing, phones=nothing, clock=clock  # type: ignore[arg-type]
    )  # fmt: skip


async def test_a_role_ends_by_itself_when_its_time_has_come(
    client: httpx.AsyncClient, staff: list[dict[str, str]], propose: Propose, decide: Decide, bearer: Bearer,
    conn: asyncpg.Connection, clock: TestClock, app: Edge,
) -> None:  # fmt: skip
    until = (clock() + timedelta(minutes=2)).isoformat()
    proposal = (await propose(staff[0], ends_at=until, role="administrator", function=None, ward_codes=None)).json()
    await decide(staff[1], proposal["id"])
    theirs = await bearer(UUID(proposal["account_id"]), audience="official", acr=3)
    assert (await client.get("/v1/staff/grants", headers=theirs)).status_code == 200
    clock.shift(timedelta(minutes=3))
    app.app.state.authenticator.forget(await conn.fetchval("select id from sessions.sessions order by id desc limit 1"))

    assert (await client.get("/v1/staff/grants", headers=theirs)).status_code == 403
    await end_due_roles(context(conn, clock))

    assert await roles_of(conn, proposal["account_id"]) == {"worker"}
    app.app.state.authenticator.forget(await conn.fetchval("select id from sessions.sessions order by id desc limit 1"))
    assert (await client.get("/v1/me", headers=theirs)).status_code == 401


async def test_time_alone_does_not_end_the_last_administrators_role(
    administrators: list[UUID], conn: asyncpg.Connection, clock: TestClock, now: datetime
) -> None:
    """It is kept for a week at a time, and who holds it is told; when somebody else can get in it ends."""
    first, last, without_passkey = administrators
    await lose_passkey(conn, without_passkey, now)
    for each in (first, last):
        await bound(conn, each, now - timedelta(seconds=1), now)

    await end_due_roles(context(conn, clock))

    held = {each: await roles_of(conn, each) for each in administrators}
    kept = first if held[first] else last
    assert held == {each: {"administrator"} if each in (kept, without_passkey) else set() for each in administrators}
    assert {(payload["account_id"], payload["what"]) for _, payload in await promised(conn)} == {
        (str(kept), "role_kept"), (str(last if kept == first else first), "role_ended")
    }  # fmt: skip
    ends = await conn.fetchrow(
        """select r.ends_at, g.ends_at from identity.roles r join staff.grants g using (account_id, role)
            where r.account_id = $1 and g.ended_at is null""",
        kept,
    )
    assert ends is not None
    assert ends[0] == ends[1]
    assert timedelta(days=6) < ends[0] - now < timedelta(days=8)

    await appoint(conn)
    clock.shift(timedelta(days=8))
    await end_due_roles(context(conn, clock))

    assert await roles_of(conn, kept) == set()
