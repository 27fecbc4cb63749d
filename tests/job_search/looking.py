"""What somebody asks of job search, and postings put straight into the table."""

import random
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx

from longan.floor.search.searchable import searchable

BEN_LUC, LONG_AN = "27991", "27694"

INSERT = """insert into jobs.postings
    (employer_id, status, title, description, search_text, title_marked, ward_version, ward_code, province_code, lat,
     lon, effective_month, occupation_code, contract, shift, benefits, experience_months, education, skills, openings,
     published_at, expires_at)
select $1, $2, $3, 'Việc làm.', $4, $5, u.version, u.code, u.province_code, u.lat, u.lon, $7, $8, $9, $10, $11, $12,
       $13, $14, 1, $15::timestamptz, $15::timestamptz + interval '30 days'
  from places.units u where u.version = '2025-07-01' and u.code = $6
returning id"""


async def put(
    conn: asyncpg.Connection, title: str, now: datetime, *, employer: UUID | None = None, name: str = "Công ty Thử",
    status: str = "open", ward_code: str = LONG_AN, month: int | None = None, occupation: str | None = None,
    contract: str | None = None, shift: str | None = None, benefits: tuple[str, ...] = (), months: int | None = None,
    education: str | None = None, skills: tuple[str, ...] = (), age: timedelta = timedelta(),
) -> str:  # fmt: skip
    """A posting of any employer; `age` is how long ago it was published."""
    employer = employer or await conn.fetchval("select id from employers.employers limit 1")
    searched = searchable(title, name, skills)
    made: UUID = await conn.fetchval(
        INSERT, employer, status, title, searched.search_text, searched.title_marked, ward_code, month, occupation,
        contract, shift, list(benefits), months, education, list(skills), now - age,
    )  # fmt: skip
    return str(made)


def word() -> str:
    """A word that stands in no other posting."""
    return "z" + "".join("bcdghklmnpqrstvx"[int(digit, 16)] for digit in uuid4().hex[-8:])


async def page(client: httpx.AsyncClient, path: str = "/v1/jobs", **asked: Any) -> dict[str, Any]:
    answer = await client.get(path, params=asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def from_elsewhere(client: httpx.AsyncClient) -> None:
    """A law asks more often than one caller may."""
    transport = client._transport
    assert isinstance(transport, httpx.ASGITransport)
    transport.client = (f"10.{random.randrange(256)}.{random.randrange(256)}.{random.randrange(1, 255)}", 4711)


async def all_items(client: httpx.AsyncClient, limit: int = 100, **asked: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    from_elsewhere(client)
    found = await page(client, limit=limit, **asked)
    while True:
        items += found["items"]
        if found["next_cursor"] is None:
            return items
        found = await page(client, limit=limit, cursor=found["next_cursor"], **asked)


async def ids(client: httpx.AsyncClient, **asked: Any) -> set[str]:
    return {item["id"] for item in await all_items(client, **asked)}
