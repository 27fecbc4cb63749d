"""Somebody who looks for work and has agreed to be recommended some, and postings as a test needs them."""

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import httpx

from longan.floor.search.search import fold

MINE = "/v1/me/recommended-jobs"
HIDDEN = "/v1/me/hidden-recommendations"
# Two neighbouring wards of the list in force, and one far away.
HOME, FAR = "27694", "00004"

POST = """
insert into jobs.postings (employer_id, status, title, description, search_text, title_marked, ward_version, ward_code,
                           province_code, lat, lon, openings, published_at, expires_at, occupation_code, shift,
                           effective_month, experience_months, education, skills)
select $1, 'open', $2, 'x', $3, lower($2), u.version, u.code, u.province_code, u.lat, u.lon, 1, $5,
       $5::timestamptz + interval '30 days', $6, $7, $8, $9, $10, $11
  from places.units u
 where u.version = places.version_on($5::timestamptz) and u.code = $4 and u.level = 'commune'
returning id"""


async def posted(
    conn: asyncpg.Connection, at: datetime, *, title: str = "Việc", ward: str = FAR, occupation: str | None = None,
    shift: str | None = None, pay: int | None = None, experience: int | None = None, education: str | None = None,
    skills: tuple[str, ...] = (), employer: UUID | None = None,
) -> UUID:  # fmt: skip
    """An open posting, of an employer of its own unless one is named."""
    of = employer or await employing(conn)
    text = f"{fold(title)}\ncong ty\n{fold(' '.join(skills))}"
    made: UUID = await conn.fetchval(
        POST, of, title, text, ward, at, occupation, shift, pay, experience, education, list(skills)
    )
    return made


async def employing(conn: asyncpg.Connection) -> UUID:
    """A verified employer that nobody speaks for."""
    made: UUID = await conn.fetchval(
        """insert into employers.employers (tax_code_index, tax_code, name, search_text, ward_version, ward_code,
                                            status, verified_at)
           select uuid_send(uuidv7()), e.tax_code, e.name, e.search_text, e.ward_version, e.ward_code, e.status,
                  e.verified_at
             from employers.employers e where e.status = 'verified' and e.tax_code is not null limit 1
        returning id"""
    )
    return made


async def seeking(client: httpx.AsyncClient, headers: dict[str, str], **said: Any) -> UUID:
    """Says these things of the caller, and that they agree; their account."""
    told = await client.patch("/v1/me", headers={**headers, "If-Match": "*"}, json=said or {"locale": "vi"})
    assert told.status_code == 200, told.text
    agreed = await client.put("/v1/me/consents/job_recommendations", headers=headers, json={"version": 1})
    assert agreed.status_code == 200, agreed.text
    return UUID(told.json()["id"])


async def page(client: httpx.AsyncClient, headers: dict[str, str], **asked: Any) -> dict[str, Any]:
    answer = await client.get(MINE, headers=headers, params=asked)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def walked(client: httpx.AsyncClient, headers: dict[str, str], limit: int = 100) -> list[dict[str, Any]]:
    """Everything that is recommended, page by page."""
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        body = await page(client, headers, limit=limit, **cursor)
        found += body["items"]
        if body["next_cursor"] is None:
            return found
        cursor = {"cursor": body["next_cursor"]}


def codes(item: dict[str, Any]) -> set[str]:
    return {reason["code"] for reason in item["reasons"]}
