"""Receipts: what a phone says of the pushes it got; only its owner's, once, and never later than now."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from longan.floor.messages.notices import Received
from longan.floor.messages.telling import tell
from tests.conftest import Bearer, TestClock

PHONE = {"target_kind": "fid", "platform": "android"}
PATH = "/v1/me/push-receipts"


class Phone:
    """A phone with one push that FCM has accepted."""

    def __init__(self, client: httpx.AsyncClient, headers: dict[str, str], installation: str, notice: UUID) -> None:
        self.client = client
        self.headers = headers
        self.installation = installation
        self.notice = notice

    async def says(self, event: str, at: datetime, **given: Any) -> httpx.Response:
        receipt = {"notification_id": str(self.notice), "event": event, "at": at.isoformat()}
        body = {"installation_id": self.installation, "receipts": [receipt], **given}
        return await self.client.post(PATH, json=body, headers=self.headers)


@pytest.fixture
async def phone(client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, clock: TestClock) -> Phone:
    return await made(client, bearer, conn, clock())


async def made(client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime) -> Phone:
    headers, installation = await bearer(), f"installation-{uuid4()}"
    device = {**PHONE, "target": f"target-{uuid4()}"}
    await client.put(f"/v1/me/devices/{installation}", json=device, headers=headers)
    account = await conn.fetchval("select account_id from push.devices where installation_id = $1", installation)
    said = Received("May", "Công ty")
    await tell(conn, [account], "application_received", uuid4(), said, uuid4(), now - timedelta(minutes=5))
    await conn.execute(
        "update push.outbox set state = 'sent', attempts = 1, settled_at = created_at where account_id = $1", account
    )
    notice = await conn.fetchval("select id from notifications.inbox where account_id = $1", account)
    return Phone(client, headers, installation, notice)


async def row(conn: asyncpg.Connection, notice: UUID) -> asyncpg.Record:
    found = await conn.fetchrow("select * from push.outbox where notification_id = $1", notice)
    assert found is not None
    return found


async def promised(conn: asyncpg.Connection) -> list[dict[str, Any]]:
    rows = await conn.fetch("select payload from pgqueuer where entrypoint = 'notices_opened' order by id")
    return [json.loads(each["payload"]) for each in rows]


async def test_a_push_is_accepted_then_delivered_then_opened(
    phone: Phone, conn: asyncpg.Connection, now: datetime
) -> None:
    seen = [(await row(conn, phone.notice))["status"]]
    for event in ("delivered", "opened"):
        assert (await phone.says(event, now - timedelta(minutes=1))).status_code == 204
        seen.append((await row(conn, phone.notice))["status"])

    kept = await row(conn, phone.notice)
    assert seen == ["accepted", "delivered", "opened"]
    assert kept["delivered_at"] == kept["opened_at"] == now - timedelta(minutes=1)


async def test_what_was_opened_has_arrived_and_is_read(phone: Phone, conn: asyncpg.Connection, now: datetime) -> None:
    await phone.says("opened", now - timedelta(minutes=1))

    kept = await row(conn, phone.notice)
    assert kept["delivered_at"] == now - timedelta(minutes=1)
    assert await promised(conn) == [{"account_id": str(kept["account_id"]), "notification_ids": [str(phone.notice)]}]


async def test_the_first_word_stands_and_a_double_changes_nothing(
    phone: Phone, conn: asyncpg.Connection, now: datetime
) -> None:
    await phone.says("opened", now - timedelta(minutes=2))
    before = await row(conn, phone.notice)

    await phone.says("opened", now - timedelta(minutes=1))
    await phone.says("delivered", now)

    assert await row(conn, phone.notice) == before
    assert len(await promised(conn)) == 1


async def test_a_phone_whose_clock_is_wrong_is_heard_within_what_can_be(
    phone: Phone, conn: asyncpg.Connection, now: datetime
) -> None:
    for event, at in (("delivered", "0001-01-01T00:00:00+14:00"), ("opened", "9999-12-31T23:59:59-14:00")):
        receipt = {"notification_id": str(phone.notice), "event": event, "at": at}
        assert (await phone.says(event, now, receipts=[receipt])).status_code == 204

    kept = await row(conn, phone.notice)
    assert kept["delivered_at"] == kept["created_at"]
    assert now <= kept["opened_at"] <= now + timedelta(seconds=10)


async def test_nobody_else_can_say_anything_of_it(
    phone: Phone, client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, clock: TestClock
) -> None:
    stranger = await made(client, bearer, conn, clock())
    stranger.notice = phone.notice

    answers = [
        await stranger.says("opened", clock()),
        await stranger.says("opened", clock(), installation_id=phone.installation),
        await phone.says("opened", clock(), installation_id=stranger.installation),
    ]

    assert [answer.status_code for answer in answers] == [204, 204, 204]
    assert (await row(conn, phone.notice))["status"] == "accepted"
    assert await promised(conn) == []


async def test_what_arrived_without_our_hearing_it_is_not_sent_again(
    phone: Phone, conn: asyncpg.Connection, now: datetime
) -> None:
    await conn.execute("update push.outbox set state = 'queued', settled_at = null")

    await phone.says("delivered", now)

    kept = await row(conn, phone.notice)
    assert (kept["state"], kept["status"]) == ("sent", "delivered")
    assert kept["settled_at"] is not None


async def test_a_push_that_was_never_tried_cannot_have_arrived(
    phone: Phone, conn: asyncpg.Connection, now: datetime
) -> None:
    await conn.execute("update push.outbox set state = 'queued', settled_at = null, attempts = 0")

    await phone.says("delivered", now)

    assert (await row(conn, phone.notice))["status"] == "waiting"


@pytest.mark.parametrize(
    "wrong",
    [
        {"receipts": []},
        {"receipts": [{"notification_id": str(uuid4()), "event": "read", "at": "2026-11-22T00:00:00Z"}]},
        {"receipts": [{"notification_id": str(uuid4()), "event": "opened", "at": "2026-11-22T00:00:00"}]},
        {"receipts": [{"notification_id": str(uuid4()), "event": "opened", "at": "2026-11-22T00:00:00Z"}] * 101},
        {"installation_id": "short"},
    ],
)
async def test_a_wrong_receipt_is_400(phone: Phone, now: datetime, wrong: dict[str, Any]) -> None:
    assert (await phone.says("opened", now, **wrong)).status_code == 400


async def test_a_hundred_receipts_come_at_once_and_twice(phone: Phone, conn: asyncpg.Connection, now: datetime) -> None:
    one = {"notification_id": str(phone.notice), "at": now.isoformat()}
    receipts = [one | {"event": event} for event in ("delivered", "opened") * 50]

    answers = [await phone.says("", now, receipts=receipts) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [204, 204]
    assert len(await promised(conn)) == 1
