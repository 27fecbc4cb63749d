"""Who hires and who looks for work: the sample's personas, and what they send."""

import asyncio
import json
from typing import Any
from uuid import UUID

import asyncpg
import httpx

from longan.devkit.sample.personas import PERSONAS
from tests.conftest import Bearer, Real

ACCOUNTS = {persona.phone[-2:]: persona.account_id for persona in PERSONAS}
WORKER, SECOND_WORKER = ACCOUNTS["01"], ACCOUNTS["02"]
OWNER, UNVERIFIED_OWNER = ACCOUNTS["11"], ACCOUNTS["12"]
LABOUR_OFFICIAL, ADMINISTRATOR = ACCOUNTS["21"], ACCOUNTS["31"]

UNKNOWN = "0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a11"
BEN_LUC = "27991"
LONG_AN = "27694"


async def employer_of(conn: asyncpg.Connection, owner: UUID) -> UUID:
    found: UUID = await conn.fetchval("select employer_id from members.members where account_id = $1", owner)
    return found


def job(employer: UUID | str, **changes: object) -> dict[str, object]:
    return {
        "employer_id": str(employer), "title": "Thợ may mẫu", "description": "May mẫu áo sơ mi.",
        "ward_code": LONG_AN, "pay": {"min": 9_000_000, "max": 13_000_000}, "openings": 3,
        "expires_at": "2099-01-01T00:00:00Z", **changes,
    }  # fmt: skip


async def drafted(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, owner: UUID = OWNER, **changes: object
) -> dict[str, Any]:
    """A draft of the owner's employer."""
    body = job(await employer_of(conn, owner), **changes)
    answer = await client.post("/v1/jobs", json=body, headers=await bearer(owner))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def published(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, **changes: object
) -> dict[str, Any]:
    """A posting of the verified employer, open."""
    made = await drafted(client, conn, bearer, **changes)
    answer = await client.post(f"/v1/jobs/{made['id']}/publish", headers=await bearer(OWNER))
    assert answer.status_code == 200, answer.text
    opened: dict[str, Any] = answer.json()
    return opened


async def promised(conn: asyncpg.Connection) -> list[tuple[str, dict[str, str]]]:
    """The tasks promised so far, in order: topic and payload."""
    rows = await conn.fetch("select entrypoint, convert_from(payload, 'UTF8')::jsonb::text from pgqueuer order by id")
    return [(row[0], json.loads(row[1])) for row in rows]


OPEN_JOB = """select j.id from jobs.postings j join members.members m on m.employer_id = j.employer_id
 where m.account_id = $1 and j.status = 'open' limit 1"""


async def open_job(real: Real) -> UUID:
    """A job of the verified employer."""
    found: UUID = await real.pool.fetchval(OPEN_JOB, OWNER)
    return found


async def stepped(
    client: httpx.AsyncClient, bearer: Bearer, posting: str, step: str, who: UUID = OWNER, **body: object
) -> httpx.Response:
    """A step of the posting's life, as a member takes it."""
    return await client.post(f"/v1/jobs/{posting}/{step}", json=body, headers=await bearer(who))


async def history(conn: asyncpg.Connection, posting: str) -> list[tuple[str, str, str, str | None]]:
    """What happened to a posting, in order: side, from where to where, why."""
    rows = await conn.fetch(
        "select side, from_status, to_status, reason from jobs.history where posting_id = $1 order by version, id",
        UUID(posting),
    )
    return [(row["side"], row["from_status"], row["to_status"], row["reason"]) for row in rows]


async def insisted(
    real: Real, path: str, headers: dict[str, str], body: dict[str, object] | None = None
) -> httpx.Response:
    """A step, asked for again while we are busy, as apps do."""
    while (answer := await real.client.post(path, headers=headers, json=body or {})).status_code == 503:
        await asyncio.sleep(0.05)
    return answer
