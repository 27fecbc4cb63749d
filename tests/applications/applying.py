"""A worker who has applied, for the tests of applications."""

from typing import Any
from uuid import UUID

import asyncpg
import httpx

from tests.conftest import Bearer
from tests.jobs.hiring import OWNER, WORKER, published


async def applied(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, job: str | None = None, worker: UUID = WORKER,
    note: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """An application, to a new job of the verified employer unless one is named."""
    job = job or (await published(client, conn, bearer))["id"]
    body = {} if note is None else {"note": note}
    answer = await client.post(f"/v1/jobs/{job}/applications", json=body, headers=await bearer(worker))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def moved(
    client: httpx.AsyncClient, bearer: Bearer, application: str, to: str, who: UUID = OWNER, **said: str
) -> httpx.Response:
    return await client.post(
        f"/v1/applications/{application}/transitions", json={"to": to, **said}, headers=await bearer(who)
    )
