"""Two gateways: the second is asked when the first fails, at once or later, and reports are believed when signed."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import asyncpg
import httpx
import msgspec
import pytest
import redis.asyncio
from aiohttp import web

from longan.api.edge import Edge
from longan.devkit import stand_ins
from longan.devkit.sms_reports import signed
from longan.floor.base.clock import Clock
from longan.floor.database.tasks import Context
from longan.floor.setup.settings import Settings
from longan.rooms.identity.outside import SmsFailed
from longan.rooms.identity.tasks import FAILURES_TO_OPEN, send_one_time_code
from tests.identity.conftest import KEY, Gateway

Ask = Callable[..., Awaitable[str]]
Deliver = Callable[[], Awaitable[int]]
Report = Callable[..., Awaitable[httpx.Response]]

SECOND_KEY = "key-of-the-second-gateway"


@pytest.fixture
async def second(account: Any) -> AsyncIterator[Gateway]:
    runner = await stand_ins.serve("127.0.0.1", 0, stand_ins.create(account=account, sms_key=SECOND_KEY))
    async with aiohttp.ClientSession() as session:
        yield Gateway(runner, session)
    await runner.cleanup()


@pytest.fixture
async def inbox() -> AsyncIterator[Any]:
    """Where gateways report to; it keeps what came, address and headers and all."""
    came: list[tuple[str, dict[str, str], bytes]] = []

    async def take(request: web.Request) -> web.Response:
        came.append((request.path, dict(request.headers), await request.read()))
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/{path:.*}", take)
    runner = await stand_ins.serve("127.0.0.1", 0, app)
    app_came: Any = type("Inbox", (), {"url": stand_ins.address(runner), "came": came})()
    yield app_came
    await runner.cleanup()


@pytest.fixture
def both(app: Edge, gateway: Gateway, second: Gateway, settings: Settings) -> Any:
    """Settings with two gateways, for the app and for the worker."""
    told = msgspec.structs.replace(
        settings, sms_url=gateway.url, sms_key=KEY, sms_fallback_url=second.url, sms_fallback_key=SECOND_KEY
    )
    app.app.state.settings = told
    yield told
    app.app.state.settings = settings


@pytest.fixture
def context(
    app: Edge, both: Settings, gateway: Gateway, inbox: Any, valkey: redis.asyncio.Redis, clock: Clock
) -> Context:
    state = app.app.state
    return Context(
        pool=state.pool, valkey=valkey, http=gateway.session,
        settings=msgspec.structs.replace(both, public_url=inbox.url), keys=state["keys"], phones=state.phones,
        clock=clock,
    )  # fmt: skip


@pytest.fixture
def report(client: httpx.AsyncClient, clock: Any) -> Report:
    """Report as a gateway would; `at` shifts the time it says."""

    async def post(
        gateway: str, reference: UUID | str, status: str, *, key: str | None = None, at: timedelta = timedelta(),
        headers: dict[str, str] | None = None, **more: Any,
    ) -> httpx.Response:  # fmt: skip
        body = msgspec.json.encode({"reference": str(reference), "status": status, "at": clock(), **more})
        made = signed(key or {"first": KEY, "second": SECOND_KEY}[gateway], body, clock() + at, f"msg_{uuid4().hex}")
        return await client.post(f"/v1/hooks/sms/{gateway}/status", content=body, headers=made | (headers or {}))

    return post


async def kept(conn: asyncpg.Connection) -> Any:
    return await conn.fetchrow(
        "select gateway, sent_at, delivered_at, failed_at, failed_by, failure from identity.challenges"
    )


@pytest.mark.parametrize("mode", ["unavailable", "reset"])
async def test_the_second_gateway_sends_what_the_first_does_not_take(
    ask: Ask, deliver: Deliver, gateway: Any, second: Any, phone: str, conn: asyncpg.Connection, mode: str
) -> None:
    await gateway.fares(mode)
    await ask(phone)

    await deliver()

    assert (await gateway.sent(), len(await second.sent())) == ([], 1)
    assert (await kept(conn))["gateway"] == "second"


async def test_a_gateway_that_keeps_failing_is_left_alone_and_the_other_goes_on(
    ask: Ask, gateway: Any, second: Any, context: Context, phone: str, conn: asyncpg.Connection, client: Any,
    valkey: redis.asyncio.Redis, clock: Any,
) -> None:  # fmt: skip
    await gateway.fares("unavailable")
    for _ in range(FAILURES_TO_OPEN):
        await valkey.flushdb()
        await send_one_time_code(context, challenge_id=UUID(await ask(phone)))
    await gateway.fares("ok")
    await valkey.flushdb()

    await send_one_time_code(context, challenge_id=UUID(await ask(phone)))

    assert (len(await gateway.sent()), len(await second.sent())) == (0, FAILURES_TO_OPEN + 1)
    clock.shift(timedelta(seconds=31))
    await valkey.flushdb()
    await send_one_time_code(context, challenge_id=UUID(await ask(phone)))
    assert len(await gateway.sent()) == 1, "after its rest the first is asked first again"


async def test_only_while_both_rest_nobody_waits_and_no_try_is_counted(
    ask: Ask, gateway: Any, second: Any, context: Context, phone: str, client: httpx.AsyncClient,
    valkey: redis.asyncio.Redis, clock: Any,
) -> None:  # fmt: skip
    challenge = UUID(await ask(phone))
    await gateway.fares("unavailable")
    await second.fares("unavailable")
    for _ in range(FAILURES_TO_OPEN):
        with pytest.raises(SmsFailed, match="503"):
            await send_one_time_code(context, challenge_id=challenge)
    await valkey.flushdb()

    refused = await client.post("/v1/auth/otp", json={"phone": phone})

    assert (refused.status_code, 0 < int(refused.headers["Retry-After"]) <= 31) == (503, True)
    assert [key async for key in valkey.scan_iter("otp:*")] == []
    with pytest.raises(SmsFailed, match="left alone"):
        await send_one_time_code(context, challenge_id=challenge)
    clock.shift(timedelta(seconds=31))
    assert (await client.post("/v1/auth/otp", json={"phone": phone})).status_code == 202


async def test_what_a_gateway_reports_of_itself_is_taken_and_kept(
    ask: Ask, deliver: Deliver, phone: str, inbox: Any, client: httpx.AsyncClient, conn: asyncpg.Connection
) -> None:
    """The stand-in's own report, as it came over HTTP."""
    await ask(phone)
    await deliver()
    (path, headers, body) = await came(inbox)

    answer = await client.post(path, content=body, headers=headers)

    row = await kept(conn)
    assert (path, answer.status_code) == ("/v1/hooks/sms/first/status", 204)
    assert (row["gateway"], row["delivered_at"] is not None, row["failed_at"]) == ("first", True, None)


async def came(inbox: Any, number: int = 1) -> Any:

    for _ in range(200):
        if len(inbox.came) >= number:
            return inbox.came[number - 1]
        await asyncio.sleep(0.01)
    raise AssertionError("no report came")


async def test_a_message_that_was_not_delivered_goes_once_by_the_other_gateway(
    ask: Ask, deliver: Deliver, gateway: Any, second: Any, phone: str, inbox: Any, client: httpx.AsyncClient,
    conn: asyncpg.Connection, enter: Callable[..., Awaitable[httpx.Response]],
) -> None:  # fmt: skip
    await gateway.fares("undelivered")
    await second.fares("undelivered", times=1)
    challenge = await ask(phone)
    await deliver()
    for number in (1, 2):
        path, headers, body = await came(inbox, number)
        assert (await client.post(path, content=body, headers=headers)).status_code == 204
        again = await client.post(path, content=body, headers=headers)
        assert (again.status_code, await deliver()) == (204, 1 if number == 1 else 0)

    row = await kept(conn)
    assert (row["gateway"], row["failed_by"], row["failure"]) == ("second", "first", "unreachable")
    assert challenge


async def test_the_code_of_the_second_message_is_that_of_the_first(
    ask: Ask, deliver: Deliver, second: Any, phone: str, report: Report, enter: Any
) -> None:
    challenge = await ask(phone)
    await deliver()
    await report("first", challenge, "failed", reason="unreachable")
    await deliver()

    assert (await enter(challenge, await second.latest(phone))).status_code == 200


async def test_a_failure_reported_too_late_or_of_a_used_code_sends_nothing(
    ask: Ask, deliver: Deliver, gateway: Any, second: Any, phone: str, report: Report, enter: Any, clock: Any,
    valkey: redis.asyncio.Redis,
) -> None:  # fmt: skip
    used = await ask(phone)
    await deliver()
    await enter(used, await gateway.latest(phone))
    await valkey.flushdb()
    late = await ask(phone)
    await deliver()

    await report("first", used, "failed", reason="unreachable")
    clock.shift(timedelta(minutes=4))
    await report("first", late, "failed", reason="unreachable")

    assert (await deliver(), await second.sent()) == (0, [])


async def test_a_failure_after_the_delivery_or_of_a_gateway_that_did_not_send_changes_nothing(
    ask: Ask, deliver: Deliver, phone: str, report: Report, conn: asyncpg.Connection
) -> None:
    challenge = await ask(phone)
    await deliver()

    await report("second", challenge, "failed")
    await report("second", challenge, "delivered")
    assert (await kept(conn))["delivered_at"] is None
    await report("first", challenge, "delivered")
    await report("first", challenge, "failed")

    row = await kept(conn)
    assert (row["failed_at"], row["failed_by"], await deliver()) == (None, None, 0)


async def test_with_one_gateway_a_failure_is_kept_and_nothing_is_sent_again(
    app: Edge, ask: Ask, deliver: Deliver, phone: str, report: Report, conn: asyncpg.Connection, both: Settings
) -> None:
    challenge = await ask(phone)
    await deliver()
    app.app.state.settings = msgspec.structs.replace(both, sms_fallback_url="")

    await report("first", challenge, "failed", reason="blocked")

    row = await kept(conn)
    assert (row["failure"], row["sent_at"] is not None, await deliver()) == ("blocked", True, 0)


@pytest.mark.parametrize(
    "forged",
    [
        {"key": "another-key"},
        {"key": SECOND_KEY},
        {"at": timedelta(minutes=-6)},
        {"at": timedelta(minutes=6)},
        {"headers": {"webhook-signature": ""}},
        {"headers": {"webhook-signature": "v1,"}},
        {"headers": {"webhook-signature": "v1,AAAA"}},
        {"headers": {"webhook-signature": "v1,!!!!"}},
        {"headers": {"webhook-id": "msg_another"}},
        {"headers": {"webhook-id": ""}},
        {"headers": {"webhook-id": "m" * 65}},
        {"headers": {"webhook-timestamp": "now"}},
        {"headers": {"webhook-timestamp": "-1"}},
        {"headers": {"webhook-timestamp": "9" * 13}},
    ],
    ids=str,
)
async def test_a_report_that_is_not_signed_for_this_gateway_just_now_is_refused(
    ask: Ask, deliver: Deliver, phone: str, report: Report, conn: asyncpg.Connection, forged: dict[str, Any]
) -> None:
    challenge = await ask(phone)
    await deliver()

    refused = await report("first", challenge, "delivered", **forged)

    assert (refused.status_code, refused.json()["code"]) == (403, "signature_invalid")
    assert (await kept(conn))["delivered_at"] is None


async def test_a_body_that_was_changed_is_refused(
    ask: Ask, deliver: Deliver, phone: str, client: httpx.AsyncClient, clock: Any
) -> None:
    challenge = await ask(phone)
    body = msgspec.json.encode({"reference": challenge, "status": "failed", "at": clock()})

    refused = await client.post(
        "/v1/hooks/sms/first/status", content=body.replace(b"failed", b"delivered"),
        headers=signed(KEY, body, clock(), "msg_1"),
    )  # fmt: skip

    assert refused.status_code == 403


async def test_a_gateway_whose_key_changes_may_sign_with_both(
    client: httpx.AsyncClient, clock: Any, both: Settings
) -> None:
    body = msgspec.json.encode({"reference": uuid4(), "status": "delivered", "at": clock()})
    right, other = (signed(key, body, clock(), "msg_1") for key in (KEY, "another-key"))
    several = {"webhook-signature": f"{other['webhook-signature']} v2,AAAA {right['webhook-signature']}"}

    answer = await client.post("/v1/hooks/sms/first/status", content=body, headers=right | several)

    assert answer.status_code == 204


@pytest.mark.parametrize("name", ["second", "third", "FIRST"])
async def test_a_gateway_that_is_not_ours_is_not_found(
    app: Edge, client: httpx.AsyncClient, settings: Settings, name: str
) -> None:
    app.app.state.settings = settings
    body = {"reference": str(uuid4()), "status": "delivered", "at": "2026-11-22T00:00:00Z"}

    assert (await client.post(f"/v1/hooks/sms/{name}/status", json=body)).status_code in (400, 404)


async def test_without_a_key_nothing_is_signed(
    app: Edge, client: httpx.AsyncClient, settings: Settings, clock: Any
) -> None:
    app.app.state.settings = msgspec.structs.replace(settings, sms_key="")
    body = msgspec.json.encode({"reference": uuid4(), "status": "delivered", "at": clock()})

    refused = await client.post("/v1/hooks/sms/first/status", content=body, headers=signed("", body, clock(), "msg_1"))
    app.app.state.settings = settings

    assert refused.status_code == 403


async def test_a_message_nobody_sent_is_reported_in_vain(report: Report, both: Settings) -> None:
    assert (await report("first", uuid4(), "failed")).status_code == 204


async def test_a_gateway_that_lies_is_believed_and_the_next_code_is_asked_for(
    ask: Ask, deliver: Deliver, gateway: Any, phone: str, inbox: Any, client: httpx.AsyncClient,
    conn: asyncpg.Connection,
) -> None:  # fmt: skip
    """Nothing can be known of a message that was reported and never came: it signs nobody in."""
    await gateway.fares("lying")
    await ask(phone)
    await deliver()
    path, headers, body = await came(inbox)

    await client.post(path, content=body, headers=headers)

    assert (await kept(conn))["delivered_at"] is not None
    assert await gateway.sent() == []
