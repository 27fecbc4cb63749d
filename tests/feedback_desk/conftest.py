"""Officials of 1022 and reports that wait for them."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from longan.api.edge import Edge
from longan.floor.feedback import feedback_states
from longan.floor.feedback.feedback_states import New
from tests.conftest import Bearer, new_account
from tests.jobs.hiring import LONG_AN
from tests.publishing.conftest import context

__all__ = ["Official", "Sent", "context", "official", "sent"]

QUEUE = "/v1/feedback-queue"
Headers = dict[str, str]
Official = Callable[..., Awaitable[Headers]]
Sent = Callable[..., Awaitable[UUID]]

APPOINT = """
insert into staff.grants (account_id, role, function, ward_version, ward_codes, starts_at, ends_at, agency_code)
select $1, 'official', $4, case when $2::text[] is not null then places.version_on($3) end, $2, $3, $5, $6"""
AGENCY = "update identity.roles set agency_code = $2 where account_id = $1"
POTHOLE = "Ổ gà sâu ở ngã tư Bình Tâm, xe máy té liên tục"


async def appoint(
    tx: asyncpg.Connection, account: UUID, now: datetime, wards: list[str] | None = None, function: str = "feedback",
    ends_at: datetime | None = None, agency: str | None = None,
) -> None:  # fmt: skip
    await tx.execute(APPOINT, account, wards, now, function, ends_at, agency)
    await tx.execute(AGENCY, account, agency)


@pytest.fixture
def official(conn: asyncpg.Connection, app: Edge, bearer: Bearer) -> Official:
    """Headers of an official of 1022, in wards or everywhere."""

    async def make(
        wards: list[str] | None = None, function: str = "feedback", account: UUID | None = None, acr: int = 3,
        ends_at: datetime | None = None, agency: str | None = None,
    ) -> Headers:  # fmt: skip
        account = account or await new_account(conn, app, role="official")
        await appoint(conn, account, app.app.state.clock(), wards, function, ends_at, agency)
        return await bearer(account, audience="official", acr=acr)

    return make


async def version_on(conn: asyncpg.Connection, now: datetime) -> date:
    found: date = await conn.fetchval("select places.version_on($1)", now)
    return found


async def lodged(conn: asyncpg.Connection, account: UUID | None, now: datetime, **said: Any) -> UUID:
    """The id of a report of that account."""
    given: dict[str, Any] = {
        "category_code": "giao_thong", "description": POTHOLE, "province_code": "80", "ward_code": LONG_AN,
        "lat": 10.5401, "lon": 106.4105, "origin": "app" if account else "open311",
    } | said  # fmt: skip
    if "ward_version" not in given:
        given["ward_version"] = await version_on(conn, now) if given["ward_code"] else None
    return (await feedback_states.lodge(conn, New(account_id=account, **given), now)).id


@pytest.fixture
def sent(conn: asyncpg.Connection, app: Edge) -> Sent:
    """A report of a new citizen, or of `account`."""

    async def make(account: UUID | None = None, at: datetime | None = None, **said: Any) -> UUID:
        account = account or await new_account(conn, app)
        return await lodged(conn, account, at or app.app.state.clock(), **said)

    return make


async def seen(client: httpx.AsyncClient, who: Headers, report: UUID) -> dict[str, Any]:
    answer = await client.get(f"{QUEUE}/{report}", headers=who)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def acted(
    client: httpx.AsyncClient, who: Headers, report: UUID, act: str, version: int | None = None, **said: object
) -> httpx.Response:
    """An act on the version that stands, or on the one given."""
    if version is None:
        version = (await seen(client, who, report))["version"]
    return await client.post(f"{QUEUE}/{report}/{act}", json={"version": version, **said}, headers=who)


async def brought(client: httpx.AsyncClient, who: Headers, report: UUID, *acts: tuple[str, dict[str, Any]]) -> None:
    for act, said in acts:
        answer = await acted(client, who, report, act, **said)
        assert answer.status_code == 200, answer.text


async def a_unit(client: httpx.AsyncClient, who: Headers, name: str = "Hạt đường bộ", **said: Any) -> dict[str, Any]:
    answer = await client.post(
        "/v1/feedback-units", json={"name": name, **said}, headers=who | {"Idempotency-Key": str(uuid4())}
    )
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def a_rule(client: httpx.AsyncClient, who: Headers, unit: dict[str, Any], **said: Any) -> httpx.Response:
    return await client.post(
        "/v1/feedback-routing-rules",
        json={"unit_id": unit["id"], **said},
        headers=who | {"Idempotency-Key": str(uuid4())},
    )


def parts(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]
