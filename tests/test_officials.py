"""What an official was appointed for is what they may decide on: the function, the ward, the time (SECURITY Z6)."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from longan.api.edge import Edge
from longan.floor.access import officials
from longan.floor.access.tokens import Audience, Principal
from longan.floor.base.errors import Forbidden
from tests.conftest import new_account
from tests.jobs.hiring import BEN_LUC, LONG_AN


def principal(account: UUID, now: datetime, audience: Audience = "official") -> Principal:
    return Principal(account, account, audience, 3, now)


@pytest.fixture
async def version(conn: asyncpg.Connection, now: datetime) -> date:
    found: date = await conn.fetchval("select places.version_on($1)", now)
    return found


async def appointed(
    conn: asyncpg.Connection, app: Edge, now: datetime, version: date | None = None, wards: list[str] | None = None,
    **changes: Any,
) -> Principal:  # fmt: skip
    """An official of labour."""
    account = await new_account(conn, app, role="official")
    values = {"function": "labour", "starts_at": now - timedelta(days=1), "ends_at": None, "ended_at": None, **changes}
    await conn.execute(
        """insert into staff.grants (account_id, role, function, ward_version, ward_codes, starts_at, ends_at, ended_at)
           values ($1, 'official', $2, $3, $4, $5, $6, $7)""",
        account, values["function"], version, wards, values["starts_at"], values["ends_at"], values["ended_at"],
    )  # fmt: skip
    return principal(account, now)


async def test_whoever_is_appointed_for_the_function_may_ask(
    conn: asyncpg.Connection, app: Edge, now: datetime, version: date
) -> None:
    await officials.demand(conn, await appointed(conn, app, now), "labour", now)
    await officials.demand(conn, await appointed(conn, app, now, version, [LONG_AN]), "labour", now)


@pytest.mark.parametrize(
    "changes", [{"function": "feedback"}, {"starts_at": 1}, {"ends_at": -1}, {"ended_at": -1}], ids=str
)
async def test_another_function_and_another_time_are_refused(
    conn: asyncpg.Connection, app: Edge, now: datetime, version: date, changes: dict[str, Any]
) -> None:
    times = {name: now + timedelta(hours=by) for name, by in changes.items() if isinstance(by, int)}
    me = await appointed(conn, app, now, **{**changes, **times})

    with pytest.raises(Forbidden):
        await officials.demand(conn, me, "labour", now)
    assert not await officials.may(conn, me, "labour", version, LONG_AN, now)


@pytest.mark.parametrize("role", ["administrator", "worker"])
async def test_nobody_but_officials_decides(
    conn: asyncpg.Connection, app: Edge, now: datetime, version: date, role: str
) -> None:
    me = principal(await new_account(conn, app, role=role), now)

    with pytest.raises(Forbidden):
        await officials.demand(conn, me, "labour", now)
    assert not await officials.may(conn, me, "labour", version, LONG_AN, now)


async def test_a_grant_without_the_role_is_nothing(
    conn: asyncpg.Connection, app: Edge, now: datetime, version: date
) -> None:
    me = await appointed(conn, app, now)
    await conn.execute("update identity.roles set ends_at = $2 where account_id = $1", me.account_id, now)

    with pytest.raises(Forbidden):
        await officials.demand(conn, me, "labour", now)
    assert not await officials.may(conn, me, "labour", version, LONG_AN, now)


async def test_an_official_in_the_app_is_a_citizen(
    conn: asyncpg.Connection, app: Edge, now: datetime, version: date
) -> None:
    me = principal((await appointed(conn, app, now)).account_id, now, "app")

    with pytest.raises(Forbidden):
        await officials.demand(conn, me, "labour", now)
    assert not await officials.may(conn, me, "labour", version, LONG_AN, now)


async def test_a_ward_bounds_an_official_to_it_and_to_what_it_was_made_of(
    conn: asyncpg.Connection, app: Edge, now: datetime, version: date
) -> None:
    me = await appointed(conn, app, now, version, [LONG_AN])
    before = await conn.fetchrow(
        "select old_version, old_code from places.successions where new_version = $1 and new_code = $2 limit 1",
        version, LONG_AN,
    )  # fmt: skip
    assert before is not None

    assert await officials.may(conn, me, "labour", version, LONG_AN, now)
    assert await officials.may(conn, me, "labour", *before, now)
    assert not await officials.may(conn, me, "labour", version, BEN_LUC, now)


async def test_an_official_of_a_ward_that_merged_goes_on_in_the_one_it_became(
    conn: asyncpg.Connection, app: Edge, now: datetime, version: date
) -> None:
    old_version, old = await conn.fetchrow(
        "select old_version, old_code from places.successions where new_version = $1 and new_code = $2 limit 1",
        version, LONG_AN,
    )  # fmt: skip
    me = await appointed(conn, app, now, old_version, [old])

    assert await officials.may(conn, me, "labour", version, LONG_AN, now)
    assert not await officials.may(conn, me, "labour", version, BEN_LUC, now)


async def test_what_has_no_ward_is_for_those_who_are_appointed_for_everywhere(
    conn: asyncpg.Connection, app: Edge, now: datetime, version: date
) -> None:
    here, everywhere = await appointed(conn, app, now, version, [LONG_AN]), await appointed(conn, app, now)

    assert await officials.may(conn, everywhere, "labour", None, None, now)
    assert await officials.may(conn, everywhere, "labour", version, BEN_LUC, now)
    assert not await officials.may(conn, here, "labour", None, None, now)
