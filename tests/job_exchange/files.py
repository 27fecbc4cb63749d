"""Files of postings, and who sends them."""

import json
from typing import Any
from uuid import UUID

import asyncpg
import httpx

from longan.rooms.job_exchange import tasks
from tests.conftest import Bearer, OnePool, TestClock
from tests.jobs.hiring import OWNER, employer_of

HEADINGS = ("source_key", "title", "description", "openings", "expires_at", "place", "pay_min")
ROW = {
    "source_key": "A-1", "title": "Thợ may mẫu", "description": "May mẫu áo sơ mi.", "openings": "3",
    "expires_at": "31/12/2090", "place": "Phường Long An", "pay_min": "9.000.000",
}  # fmt: skip


def sheet(*rows: dict[str, str], headings: tuple[str, ...] = HEADINGS, separator: str = ",") -> bytes:
    """A CSV of rows that say what `ROW` says but for what they say otherwise."""

    def cell(text: str) -> str:
        return '"' + text.replace('"', '""') + '"'

    lines = [headings, *([cell({**ROW, **row}.get(name, "")) for name in headings] for row in rows)]
    return "".join(separator.join(line) + "\r\n" for line in lines).encode()


def node(**members: Any) -> dict[str, Any]:
    """A JobPosting that can become a draft; None leaves a member out."""
    said: dict[str, Any] = {
        "@context": "https://schema.org", "@type": "JobPosting", "identifier": "L-1", "title": "Thợ may mẫu",
        "description": "<p>May mẫu áo sơ mi.</p>", "validThrough": "2090-12-31",
        "jobLocation": {"address": {"addressLocality": "Phường Long An", "addressRegion": "Tây Ninh"}},
        "baseSalary": {"@type": "MonetaryAmount", "currency": "VND",
                       "value": {"@type": "QuantitativeValue", "minValue": 9000000, "unitText": "MONTH"}},
        "totalJobOpenings": 3, **members,
    }  # fmt: skip
    return {name: value for name, value in said.items() if value is not None}


async def sent(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, body: bytes | dict[str, Any] | list[Any], *,
    owner: UUID = OWNER, employer: UUID | None = None, query: str = "", kind: str | None = None,
) -> httpx.Response:  # fmt: skip
    """A file of an owner's employer, sent in."""
    employer = employer or await employer_of(conn, owner)
    kind = kind or ("text/csv" if isinstance(body, bytes) else "application/ld+json")
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {**await bearer(owner), "Content-Type": kind}
    return await client.post(f"/v1/employers/{employer}/job-imports{query}", content=content, headers=headers)


async def worked(conn: asyncpg.Connection, made: dict[str, Any], clock: TestClock, batch: int = 500) -> None:
    """The worker takes all batches of an import."""
    pool: Any = OnePool(conn)
    while await tasks.step(pool, UUID(made["id"]), "80", clock(), {}, batch):
        pass


async def imported(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, clock: TestClock, body: Any, **how: Any
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """An import that is over, and its rows."""
    answer = await sent(client, conn, bearer, body, **how)
    assert answer.status_code == 201, answer.text
    await worked(conn, answer.json(), clock)
    headers, path = await bearer(how.get("owner", OWNER)), f"/v1/job-imports/{answer.json()['id']}"
    over = await client.get(path, headers=headers)
    rows = await client.get(f"{path}/rows?limit=100", headers=headers)
    return over.json(), rows.json()["items"]
