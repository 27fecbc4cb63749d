"""Who is calling, as the session says: roles and agency that hold now, and no power of the staff in an app."""

from datetime import datetime, timedelta

import asyncpg
import httpx
import pytest

from longan.api.auth import SESSION
from longan.api.edge import Edge
from tests.conftest import Bearer, new_account


async def agency(conn: asyncpg.Connection, now: datetime) -> str | None:
    """Of the session that was opened last."""
    session, account = await conn.fetchrow("select id, account_id from sessions.sessions order by id desc limit 1")
    row = await conn.fetchrow(SESSION, session, account, now)
    assert row is not None
    found: str | None = row["agency_code"]
    return found


@pytest.mark.parametrize(
    ("official", "administrator", "ended", "expected"),
    [
        ("H53.1", "H53.9", (), "H53.1"),
        ("H53.1", "H53.9", ("official",), "H53.9"),
        ("H53.9", "H53.1", ("official",), "H53.1"),
        ("H53.1", "H53.9", ("official", "administrator"), None),
        (None, "H53.9", (), "H53.9"),
    ],
)
async def test_the_agency_is_that_of_a_role_that_holds_an_officials_first(
    conn: asyncpg.Connection, app: Edge, bearer: Bearer, now: datetime, official: str | None, administrator: str,
    ended: tuple[str, ...], expected: str | None,
) -> None:  # fmt: skip
    account = await new_account(conn, app)
    await conn.execute("update identity.roles set agency_code = 'H53.99' where account_id = $1", account)
    for role, code in (("official", official), ("administrator", administrator)):
        ends_at = now - timedelta(seconds=1) if role in ended else None
        await conn.execute(
            "insert into identity.roles (account_id, role, agency_code, ends_at) values ($1, $2, $3, $4)",
            account, role, code, ends_at,
        )  # fmt: skip
    await bearer(account, audience="official", acr=3)

    assert await agency(conn, now) == expected


async def test_staff_in_an_app_may_do_nothing_of_what_staff_may(
    client: httpx.AsyncClient, app: Edge, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    """SECURITY T16: the roles are the account's in either audience, the power is the audience's."""
    account = await new_account(conn, app)
    for role in ("official", "administrator"):
        await conn.execute("insert into identity.roles (account_id, role) values ($1, $2)", account, role)
    headers = await bearer(account, audience="app", acr=3)
    doors = [operation for operation in app.routes.operations if operation.policy.auth == "official"]
    assert doors

    for door in doors:
        path = door.path.replace("{role:str}", "official")
        while "{" in path:
            path = path[: path.index("{")] + str(account) + path[path.index("}") + 1 :]
        answer = await client.request(door.method, path, headers=headers, json={})
        assert answer.status_code == 401, door.name
