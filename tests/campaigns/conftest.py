"""Officials who write to many people, and the people."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from longan.api.edge import Edge
from longan.rooms.campaigns import tasks
from tests.conftest import Bearer, OnePool, new_account

# Two wards of the list in force, and one of the list before that went into the first of them.
WARD, OTHER_WARD, OLD_WARD = "27694", "27712", "27694"
TEXT = {"title": "Ngày hội việc làm", "body": "Thứ bảy 28/11, 8 giờ, nhà văn hóa lao động. Vào cửa tự do."}
FAIR: dict[str, Any] = {"kind": "announcement", "vi": TEXT, "audience": {"ward_codes": [WARD]}}

Official = Callable[..., Awaitable[dict[str, str]]]
Write = Callable[..., Awaitable[httpx.Response]]
Act = Callable[..., Awaitable[httpx.Response]]

APPOINT = """
insert into staff.grants (account_id, role, function, ward_version, ward_codes, starts_at)
select $1, 'official', $4, case when $2::text[] is not null then places.version_on($3) end, $2, $3"""

SCHEDULE = """
insert into campaigns.campaigns (kind, state, title, body, title_en, body_en, ward_version, ward_codes, role, locale,
                                 occupation_code, spread_seconds, drafted_by, drafted_at, approved_by, approved_at,
                                 next_at, updated_at)
values ($1, 'scheduled', 'Ngày hội việc làm', 'Thứ bảy', 'Job fair', 'Saturday', $2, $3, $4, $5, $10, $6, $7, $8, $9,
        $8, $8, $8)
returning id"""

PEOPLE = """
with account as (
    insert into identity.accounts (id, phone_index, phone_cipher, created_at)
    select a, uuid_send(a), '', $2 from unnest($1::uuid[]) a returning id),
role as (
    insert into identity.roles (account_id, role) select id, 'worker' from account)
insert into people.profiles (account_id, ward_version, ward_code)
select id, case when $3::text is not null then places.version_on($2) end, $3 from account"""


async def scheduled(
    conn: Any, now: datetime, *, kind: str = "announcement", wards: list[str] | None = None, version: Any = None,
    role: str | None = None, locale: str | None = None, spread: int = 0, occupation: str | None = None,
) -> UUID:  # fmt: skip
    """A campaign that two people agreed on, due now."""
    writer, approver = [await somebody(conn, now) for _ in range(2)]
    if wards is not None and version is None:
        version = await conn.fetchval("select places.version_on($1)", now)
    made: UUID = await conn.fetchval(
        SCHEDULE, kind, version, wards, role, locale, spread, writer, now, approver, occupation
    )
    return made


async def somebody(conn: Any, now: datetime) -> UUID:
    """An account that belongs to no audience."""
    account: UUID = await conn.fetchval(
        "insert into identity.accounts (phone_index, phone_cipher, created_at) values ($1, '', $2) returning id",
        uuid4().bytes, now,
    )  # fmt: skip
    return account


async def workers(conn: Any, number: int, now: datetime, ward: str | None = WARD) -> list[UUID]:
    """People who work and live in a ward."""
    made = [uuid4() for _ in range(number)]
    await conn.execute(PEOPLE, made, now, ward)
    return made


async def told(conn: Any, campaign: UUID) -> list[UUID]:
    """Whoever is on record."""
    rows = await conn.fetch("select account_id from campaigns.recipients where campaign_id = $1", campaign)
    return [row[0] for row in rows]


async def go_on(conn: Any, campaign: UUID, now: datetime, batch: int = 5, window: int = 50) -> int:
    """Everything that is due; how many steps it took."""
    pool: Any = conn if hasattr(conn, "acquire") else OnePool(conn)
    steps = 1
    while (await tasks.step(pool, campaign, "80", now, batch, window)).more:
        steps += 1
        assert steps < 2_000
    return steps


@pytest.fixture
def official(conn: asyncpg.Connection, app: Edge, bearer: Bearer) -> Official:
    """Headers of an official at their passkey, appointed for wards or for everywhere."""

    async def make(
        wards: list[str] | None = None, account: UUID | None = None, function: str = "campaigns"
    ) -> dict[str, str]:
        if account is None:
            account = await new_account(conn, app, role="official")
            await conn.execute(APPOINT, account, wards, app.app.state.clock(), function)
        return await bearer(account, audience="official", acr=3)

    return make


@pytest.fixture
def administrator(conn: asyncpg.Connection, app: Edge, bearer: Bearer) -> Official:
    async def make() -> dict[str, str]:
        return await bearer(await new_account(conn, app, role="administrator"), audience="official", acr=3)

    return make


@pytest.fixture
def write(client: httpx.AsyncClient) -> Write:
    async def ask(me: dict[str, str], **change: Any) -> httpx.Response:
        headers = {**me, "Idempotency-Key": str(uuid4())}
        return await client.post("/v1/campaigns", headers=headers, json={**FAIR, **change})

    return ask


@pytest.fixture
def act(client: httpx.AsyncClient) -> Act:
    """Do something with a campaign: `propose`, `decision`, `stop` …"""

    async def ask(me: dict[str, str], campaign: str, what: str, **body: Any) -> httpx.Response:
        path = f"/v1/campaigns/{campaign}/{what}"
        if what in ("propose", "withdraw"):
            return await client.post(path, headers=me)
        return await client.post(path, headers=me, json=body)

    return ask


@pytest.fixture
def approved(official: Official, write: Write, act: Act) -> Callable[..., Awaitable[str]]:
    """The id of a campaign that two officials of everywhere agreed on."""

    async def make(**change: Any) -> str:
        writer, approver = await official(), await official()
        made = (await write(writer, **change)).json()["id"]
        version = (await act(writer, made, "propose")).json()["version"]
        answer = await act(approver, made, "decision", decision="approved", version=version)
        assert answer.status_code == 200, answer.text
        return str(made)

    return make
