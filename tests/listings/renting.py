"""Who lets rooms, and what they send."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx

from longan.api.edge import Edge
from tests.conftest import Bearer, new_account

LONG_AN, BEN_LUC = "27694", "27991"
UNKNOWN = "0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a11"

ROOM: dict[str, Any] = {
    "kind": "room", "title": "Phòng trọ có gác", "description": "Phòng mới, để xe trong nhà.", "ward_code": LONG_AN,
    "rent": 1_500_000, "deposit": 1_500_000, "area_m2": 18, "electricity_price": 2_000, "electricity_unit": "kwh",
    "water_price": 15_000, "water_unit": "m3", "parking_fee": 0, "max_people": 2, "has_loft": True,
}  # fmt: skip

PICTURE = """insert into photos.uploads (id, account_id, purpose, content_type, size, sha256, key, state, width,
                                         height, created_at, put_until)
             values ($1, $2, 'housing', 'image/jpeg', 9, sha256('x'), replace(gen_random_uuid()::text, '-', ''),
                     'clean', 4, 3, now(), now())"""
APPOINT = """insert into staff.grants (account_id, role, function, ward_version, ward_codes, starts_at)
             select $1, 'official', 'housing', case when $2::text[] is not null then places.version_on($3) end, $2,
                    $3"""


async def drafted(client: httpx.AsyncClient, who: dict[str, str], **changes: Any) -> dict[str, Any]:
    """A draft of a landlord's."""
    headers = who | {"Idempotency-Key": str(uuid4())}
    answer = await client.post("/v1/housing", json=ROOM | changes, headers=headers)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def stepped(
    client: httpx.AsyncClient, who: dict[str, str], housing: str, step: str, **body: Any
) -> httpx.Response:
    """A step of the listing's life, as its owner takes it."""
    return await client.post(f"/v1/housing/{housing}/{step}", json=body, headers=who)


async def opened(client: httpx.AsyncClient, who: dict[str, str], **changes: Any) -> dict[str, Any]:
    """An open listing."""
    made = await drafted(client, who, **changes)
    answer = await stepped(client, who, made["id"], "publish")
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


async def picture(conn: asyncpg.Connection, account: UUID) -> UUID:
    """A clean picture of the account, which nothing uses yet."""
    made = uuid4()
    await conn.execute(PICTURE, made, account)
    return made


async def official_of(
    conn: asyncpg.Connection, app: Edge, bearer: Bearer, now: datetime, wards: list[str] | None = None
) -> dict[str, str]:
    """Headers of an official of housing, for these wards or all."""
    account = await new_account(conn, app, role="official")
    await conn.execute(APPOINT, account, wards, now)
    return await bearer(account, audience="official", acr=3)
