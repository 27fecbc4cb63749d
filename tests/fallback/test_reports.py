"""What Zalo and the SMS gateway say became of a message: believed when signed, once or ten times, early or late."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest
from aiohttp import web

from longan.devkit import stand_ins, zalo
from longan.devkit.sms_reports import signed
from longan.floor.messages import texting
from longan.rooms.fallback.models import Settlement
from longan.rooms.fallback.store import settle
from longan.rooms.fallback.tasks import follow_up
from tests.fallback.conftest import ACCOUNT, SMS_KEY, World

WAIT = texting.WAITS["urgent"]


async def say(world: World, client: httpx.AsyncClient, letter: zalo.Letter, **changed: Any) -> httpx.Response:
    """Zalo tells of a message; `changed` is what is wrong with how it does."""
    event = zalo.event(ACCOUNT, letter, world.clock()) | changed.get("event", {})
    body = msgspec.json.encode(event)
    made = zalo.signature(changed.get("account", ACCOUNT), body, event["timestamp"])
    headers = {"X-ZEvent-Signature": made, "Content-Type": "application/json"} | changed.get("headers", {})
    return await client.post("/v1/hooks/zalo", content=changed.get("body", body), headers=headers)


async def test_what_zalo_says_has_reached_a_phone_is_delivered_and_nothing_follows(
    world: World, client: httpx.AsyncClient
) -> None:
    notice = await world.tell(await world.person())
    await world.minute()

    answers = [await say(world, client, world.by_zalo()[0]) for _ in range(3)]
    await world.minute(WAIT)
    await world.minute()

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert [answer.json()["known"] for answer in answers] == [True, False, False]
    assert world.by_sms() == []
    assert await world.states(notice) == {"zns": ("delivered", None)}


@pytest.mark.parametrize(
    "wrong",
    [
        {"account": msgspec.structs.replace(ACCOUNT, oa_secret="another")},
        {"account": msgspec.structs.replace(ACCOUNT, app_id="another")},
        {"headers": {"X-ZEvent-Signature": ""}},
        {"event": {"timestamp": "1"}},
    ],
)
async def test_what_is_not_signed_by_zalo_changes_nothing(
    world: World, client: httpx.AsyncClient, wrong: dict[str, Any]
) -> None:
    notice = await world.tell(await world.person())
    await world.minute()

    refused = await say(world, client, world.by_zalo()[0], **wrong)

    assert (refused.status_code, refused.json()["code"]) == (403, "signature_invalid")
    assert (await world.states(notice))["zns"][0] == "sent"


@pytest.mark.parametrize(
    "event",
    [
        {"event_name": "user_send_text"},
        {"message": {"tracking_id": str(uuid4()), "delivery_time": "1"}},
        {"message": {"tracking_id": "no id of ours", "delivery_time": "1"}},
        {"message": {"msg_id": "1"}},
        {"message": {"msg_id": "1", "text": "Chào", "attachments": [{"type": "image"}]}, "user_id_by_app": "7"},
        {"message": None},
    ],
)
async def test_events_of_another_kind_or_about_others_are_taken_and_ignored(
    world: World, client: httpx.AsyncClient, event: dict[str, Any]
) -> None:
    await world.tell(await world.person())
    await world.minute()

    answer = await say(world, client, world.by_zalo()[0], event=event)

    assert (answer.status_code, answer.json()) == (200, {"known": False})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b'{"event_name": "x", "timestamp": {}}',
        b"\xff",
        b'{"event_name": "x", "timestamp": 1}',
    ],
)
async def test_a_body_that_is_no_event_is_refused(world: World, client: httpx.AsyncClient, body: bytes) -> None:
    await world.tell(await world.person())
    await world.minute()

    answer = await say(world, client, world.by_zalo()[0], body=body)

    assert answer.status_code in (400, 403), answer.text


async def test_a_report_that_is_faster_than_the_answer_holds(world: World, client: httpx.AsyncClient) -> None:
    notice, lease = await world.tell(await world.person()), uuid4()
    await world.minute()
    await world.pool.execute(
        "update fallback.texts set state = 'leased', lease_by = $1, lease_until = $2", lease, world.clock() + WAIT
    )

    await say(world, client, world.by_zalo()[0])
    settled = await settle(
        world.pool, (await world.text(notice))["id"], lease, Settlement("failed", following="sms", refund=True),
        world.clock(),
    )  # fmt: skip

    assert not settled
    assert await world.states(notice) == {"zns": ("delivered", None)}


async def test_a_report_that_comes_while_the_sms_waits_saves_it(world: World, client: httpx.AsyncClient) -> None:
    """The answer was lost, the wait over; only then does Zalo speak."""
    notice = await world.tell(await world.person())
    world.fares("reset-after")
    await world.minute()
    world.clock.shift(WAIT)

    await follow_up(world.context, None, None)
    waits = (await world.states(notice))["sms"][0]

    await say(world, client, world.by_zalo()[0])
    await world.minute()

    assert waits == "queued"
    assert world.by_sms() == []
    assert await world.states(notice) == {"zns": ("delivered", "not_reported"), "sms": ("obsolete", "arrived")}


@pytest.mark.parametrize("status", ["delivered", "failed"])
async def test_what_the_sms_gateway_says_of_a_text_is_kept(
    world: World, client: httpx.AsyncClient, status: str
) -> None:
    notice = await world.tell(await world.person())
    world.fares("no-account")
    await world.minute()
    await world.minute()
    body = msgspec.json.encode(
        {"reference": str((await world.text(notice, "sms"))["id"]), "status": status, "at": world.clock()}
        | ({"reason": "unreachable"} if status == "failed" else {})
    )

    for number in range(2):
        answer = await client.post(
            "/v1/hooks/sms/first/status", content=body, headers=signed(SMS_KEY, body, world.clock(), f"msg_{number}")
        )
        assert answer.status_code == 204, answer.text
    await world.promises()

    assert (await world.states(notice))["sms"] == (status, "unreachable" if status == "failed" else None)


async def test_the_local_zalo_reports_as_the_real_one_does(world: World, client: httpx.AsyncClient) -> None:
    """What it posts is what the hook takes."""
    came: list[tuple[dict[str, str], bytes]] = []

    async def take(request: web.Request) -> web.Response:
        came.append((dict(request.headers), await request.read()))
        return web.Response()

    app = web.Application()
    app.router.add_post("/v1/hooks/zalo", take)
    inbox = await stand_ins.serve("127.0.0.1", 0, app)
    world.zalo.account = msgspec.structs.replace(ACCOUNT, webhook=f"{stand_ins.address(inbox)}/v1/hooks/zalo")
    notice = await world.tell(await world.person())
    await world.minute()
    for _ in range(100):
        if came:
            break
        await asyncio.sleep(0.02)
    await inbox.cleanup()
    headers, body = came[0]

    answer = await client.post(
        "/v1/hooks/zalo", content=body,
        headers={"X-ZEvent-Signature": headers["X-ZEvent-Signature"], "Content-Type": "application/json"},
    )  # fmt: skip

    assert json.loads(body)["message"]["tracking_id"] == (await world.text(notice))["id"].hex
    assert answer.json() == {"known": True}
    assert (await world.states(notice))["zns"][0] == "delivered"
