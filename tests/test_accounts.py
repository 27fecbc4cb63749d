"""A role whose time is over makes nobody staff, also before the worker has ended it."""

from datetime import datetime, timedelta

import asyncpg
import pytest

from longan.api.edge import Edge
from longan.floor.accounts import accounts
from longan.floor.base.errors import Forbidden
from tests.conftest import new_account


@pytest.mark.parametrize(("minutes", "staff"), [(1, True), (-1, False)])
async def test_a_role_that_is_over_makes_nobody_staff(
    conn: asyncpg.Connection, app: Edge, now: datetime, minutes: int, staff: bool
) -> None:
    account = await new_account(conn, app, role="official")
    await conn.execute(
        "update identity.roles set ends_at = $2 where account_id = $1", account, now + timedelta(minutes=minutes)
    )
    index = await conn.fetchval("select phone_index from identity.accounts where id = $1", account)

    for found in (await accounts.by_id(conn, account, now), await accounts.by_phone(conn, index, now)):
        assert found is not None
        assert found.roles == (["official"] if staff else [])
        assert accounts.audience_of(found, "app") == ("official" if staff else "app")
        if not staff:
            with pytest.raises(Forbidden):
                accounts.audience_of(found, "official")
