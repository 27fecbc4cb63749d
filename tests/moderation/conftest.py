"""Officials of the function moderation, and postings that the guard holds."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from longan.api.edge import Edge
from tests.conftest import Bearer, new_account
from tests.jobs.hiring import OWNER, drafted, stepped
from tests.publishing.conftest import context

__all__ = ["Held", "Official", "context", "held", "official"]

DISHONEST = "May áo thun.\nĐặt cọc 500k, nghỉ trả lại"

Official = Callable[..., Awaitable[dict[str, str]]]
Held = Callable[..., Awaitable[dict[str, Any]]]

APPOINT = """
insert into staff.grants (account_id, role, function, ward_version, ward_codes, starts_at)
select $1, 'official', $4, case when $2::text[] is not null then places.version_on($3) end, $2, $3"""


@pytest.fixture
def official(conn: asyncpg.Connection, app: Edge, bearer: Bearer) -> Official:
    """Headers of an official appointed for a function, in wards or everywhere."""

    async def make(
        wards: list[str] | None = None, function: str = "moderation", account: UUID | None = None, acr: int = 3
    ) -> dict[str, str]:
        account = account or await new_account(conn, app, role="official")
        await conn.execute(APPOINT, account, wards, app.app.state.clock(), function)
        return await bearer(account, audience="official", acr=acr)

    return make


@pytest.fixture
def held(client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer) -> Held:
    """A posting of the verified employer that waits, and the id of its case."""

    async def make(description: str = DISHONEST, **said: object) -> dict[str, Any]:
        draft = await drafted(client, conn, bearer, description=description, **said)
        waiting: dict[str, Any] = (await stepped(client, bearer, draft["id"], "publish")).json()
        assert waiting["status"] == "in_review", waiting
        case = await conn.fetchval(
            "select id from moderation.cases where posting_id = $1 and closed_at is null", UUID(draft["id"])
        )
        return waiting | {"case_id": str(case), "owner": OWNER}

    return make
