"""What somebody asks of housing search, and listings put straight into the table."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
from msgspec.structs import astuple

from longan.floor.housing.housing_costs import Asked, reckoned
from longan.floor.pay_and_days.wages import day_of
from longan.floor.search.searchable import searchable
from tests.job_search.looking import from_elsewhere

BEN_LUC, LONG_AN = "27991", "27694"

INSERT = """insert into housing.listings
    (ward_version, ward_code, province_code, lat, lon, title, description, search_text, title_marked, published_at,
     confirmed_at, stale_at, status, {columns})
select u.version, u.code, u.province_code, coalesce($2, u.lat), coalesce($3, u.lon), $4, 'Phòng mới.', $5, $6, $7, $7,
       $8, 'open', {values}
  from places.units u where u.version = '2025-07-01' and u.code = $1
returning id"""


async def put(
    conn: asyncpg.Connection, now: datetime, title: str = "Phòng trọ", *, ward_code: str = LONG_AN,
    lat: float | None = None, lon: float | None = None, age: timedelta = timedelta(), **said: Any,
) -> str:  # fmt: skip
    """An open listing of nobody's or an employer's; `age` is how long ago it was published."""
    said = {"kind": "room", "rent": 1_500_000} | said
    amounts = Asked(**{name: value for name, value in said.items() if name in Asked.__struct_fields__})
    row = said | reckoned(amounts, day_of(now)).columns()
    text = INSERT.format(columns=", ".join(row), values=", ".join(f"${number}" for number in range(9, 9 + len(row))))
    made: UUID = await conn.fetchval(
        text,
        ward_code,
        lat,
        lon,
        title,
        *astuple(searchable(title, "")),
        now - age,
        now + timedelta(days=20),
        *row.values(),
    )
    return str(made)


async def page(client: httpx.AsyncClient, path: str = "/v1/housing", **asked: Any) -> dict[str, Any]:
    answer = await client.get(path, params=asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


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
