"""An inbox to test with: notices told to whoever is signed in, and what of it its lists show."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx

from longan.floor.messages import telling
from longan.floor.messages.notices import Moved, Received
from tests.conftest import OnePool

INBOX = "/v1/me/notifications"


async def account_of(conn: asyncpg.Connection) -> UUID:
    """Whoever signed in last."""
    found: UUID = await conn.fetchval("select account_id from sessions.sessions order by signed_in_at desc limit 1")
    return found


async def tell(
    conn: asyncpg.Connection, account: UUID, title: str, at: datetime, *, ends: datetime | None = None,
    status: Any = None,
) -> UUID:  # fmt: skip
    """A notice about a job of this title; with a `status` of topic application_moved. Its id."""
    pool: Any = OnePool(conn)
    topic = "application_received" if status is None else "application_moved"
    said = Received(title, "Công ty May") if status is None else Moved(status, title, "Công ty May")
    await telling.tell(pool, [account], topic, uuid4(), said, fact := uuid4(), at)
    made: UUID = await conn.fetchval(
        "update notifications.inbox set expires_at = coalesce($2, expires_at) where dedupe_key = $1 returning id",
        f"{topic}:{fact}:{account}", ends,
    )  # fmt: skip
    return made


async def page(client: httpx.AsyncClient, me: dict[str, str], **asked: Any) -> dict[str, Any]:
    answer = await client.get(INBOX, params=asked, headers=me)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def listed(client: httpx.AsyncClient, me: dict[str, str], **asked: Any) -> list[UUID]:
    """The ids of the first page, newest first."""
    return [UUID(item["id"]) for item in (await page(client, me, **asked))["items"]]


async def bodies(client: httpx.AsyncClient, me: dict[str, str], **asked: Any) -> list[str]:
    """The words of the first page, newest first."""
    return [item["body"] for item in (await page(client, me, **asked))["items"]]
