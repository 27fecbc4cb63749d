"""The code on its way out: through the gateway once, or again when it failed, and nowhere else."""

import dataclasses
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import msgspec
import pytest
import redis.asyncio

from longan.api.edge import Edge
from longan.floor.database.tasks import Context
from longan.rooms.identity.outside import SmsFailed
from longan.rooms.identity.tasks import FAILURES_TO_OPEN, prune_identity, send_one_time_code
from longan.rooms.sessions.tasks import prune_sessions

Ask = Callable[..., Awaitable[str]]
Enter = Callable[..., Awaitable[httpx.Response]]
Deliver = Callable[[], Awaitable[int]]

TABLES = """
select format('%I.%I', n.nspname, c.relname)
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
 where c.relkind = 'r' and (n.nspname in ('identity', 'people', 'floor') or c.relname like 'pgqueuer%')"""


async def break_gateway(context: Context, gateway: Any, challenge: UUID) -> None:
    """Let the gateway fail until it is left alone."""
    await gateway.fares("unavailable")
    for _ in range(FAILURES_TO_OPEN):
        with pytest.raises(SmsFailed):
            await send_one_time_code(context, challenge_id=challenge)
    await gateway.fares("ok")


async def test_the_message_names_the_code_and_nobody(ask: Ask, deliver: Deliver, gateway: Any, phone: str) -> None:
    challenge = await ask(phone)

    await deliver()

    (message,) = await gateway.sent()
    assert (message["phone"], message["reference"]) == (phone, challenge)
    assert message["text"].isascii()
    assert len(message["text"]) <= 160
    assert re.fullmatch(r"Ma xac thuc Long An ID cua ban la [0-9]{6}, het han sau 3 phut\. .*", message["text"])


async def test_who_reads_english_gets_english(
    client: httpx.AsyncClient, deliver: Deliver, gateway: Any, phone: str
) -> None:
    await client.post("/v1/auth/otp", json={"phone": phone}, headers={"Accept-Language": "en"})

    await deliver()

    assert "is your Long An ID code" in (await gateway.sent())[0]["text"]


async def test_a_task_that_runs_twice_sends_once(
    ask: Ask, deliver: Deliver, gateway: Any, context: Context, phone: str
) -> None:
    challenge = UUID(await ask(phone))

    await deliver()
    await send_one_time_code(context, challenge_id=challenge)

    assert len(await gateway.sent()) == 1


async def test_a_message_that_was_taken_and_not_acknowledged_is_not_sent_again(
    ask: Ask, gateway: Any, context: Context, phone: str, conn: asyncpg.Connection
) -> None:
    """The gateway knows the reference of a message it has."""
    challenge = UUID(await ask(phone))
    await send_one_time_code(context, challenge_id=challenge)
    await conn.execute("update identity.challenges set sent_at = null")

    await send_one_time_code(context, challenge_id=challenge)

    assert len(await gateway.sent()) == 1


async def test_what_is_over_is_not_sent(ask: Ask, gateway: Any, context: Context, phone: str, clock: Any) -> None:
    challenge = UUID(await ask(phone))
    clock.shift(timedelta(minutes=4))

    await send_one_time_code(context, challenge_id=challenge)
    await send_one_time_code(context, challenge_id=UUID(int=0))

    assert await gateway.sent() == []


@pytest.mark.parametrize("mode", ["unavailable", "reset"])
async def test_a_failure_is_tried_again_and_the_code_arrives(
    ask: Ask, gateway: Any, context: Context, phone: str, mode: str
) -> None:
    challenge = UUID(await ask(phone))
    await gateway.fares(mode, times=2)

    for _ in range(2):
        with pytest.raises(SmsFailed):
            await send_one_time_code(context, challenge_id=challenge)
    await send_one_time_code(context, challenge_id=challenge)

    assert [message["reference"] for message in await gateway.sent()] == [str(challenge)]


async def test_a_gateway_that_keeps_failing_is_left_alone_and_nobody_waits_for_it(
    app: Edge, at: Any, ask: Ask, enter: Enter, gateway: Any, context: Context, phone: str, clock: Any,
    valkey: redis.asyncio.Redis,
) -> None:  # fmt: skip
    challenge = UUID(await ask(phone))
    await break_gateway(context, gateway, challenge)
    await valkey.flushdb()

    async with at(app) as client:
        refused = await client.post("/v1/auth/otp", json={"phone": phone})
        with pytest.raises(SmsFailed, match="left alone"):
            await send_one_time_code(context, challenge_id=challenge)
        assert await gateway.sent() == []
        clock.shift(timedelta(seconds=31))
        again = await client.post("/v1/auth/otp", json={"phone": phone})
        await send_one_time_code(context, challenge_id=challenge)

    assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
    assert 0 < int(refused.headers["Retry-After"]) <= 31
    assert again.status_code == 202  # the refusal before used up nothing
    assert (await enter(str(challenge), await gateway.latest(phone))).status_code == 200


async def test_after_its_rest_one_failure_is_enough(
    ask: Ask, gateway: Any, context: Context, phone: str, clock: Any, client: httpx.AsyncClient
) -> None:
    challenge = UUID(await ask(phone))
    await break_gateway(context, gateway, challenge)
    clock.shift(timedelta(seconds=31))
    await gateway.fares("unavailable", times=1)

    with pytest.raises(SmsFailed, match="503"):
        await send_one_time_code(context, challenge_id=challenge)

    assert (await client.post("/v1/auth/otp", json={"phone": "+84383333333"})).status_code == 503


async def test_one_success_forgets_the_failures(
    ask: Ask, gateway: Any, context: Context, phone: str, conn: asyncpg.Connection
) -> None:
    challenge = UUID(await ask(phone))
    await gateway.fares("unavailable", times=FAILURES_TO_OPEN - 1)
    for _ in range(FAILURES_TO_OPEN - 1):
        with pytest.raises(SmsFailed):
            await send_one_time_code(context, challenge_id=challenge)

    await send_one_time_code(context, challenge_id=challenge)

    assert await conn.fetchval("select failures from identity.sms_breaker") == 0


async def test_a_wrong_key_is_a_failure_that_shows_no_number(
    ask: Ask, gateway: Any, context: Context, phone: str
) -> None:
    challenge = UUID(await ask(phone))
    other = msgspec.structs.replace(context.settings, sms_key="another-key-altogether")

    with pytest.raises(SmsFailed) as failed:
        await send_one_time_code(dataclasses.replace(context, settings=other), challenge_id=challenge)

    assert str(failed.value) == "status 401"


async def test_the_code_and_the_number_are_in_no_table_no_key_and_no_line(
    ask: Ask, enter: Enter, deliver: Deliver, gateway: Any, phone: str, conn: asyncpg.Connection,
    valkey: redis.asyncio.Redis, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    challenge = await ask(phone)
    rows = [await dumped(conn)]
    await deliver()
    code = await gateway.latest(phone)
    made = (await enter(challenge, code)).json()

    rows += [await dumped(conn), caplog.text]
    async for key in valkey.scan_iter("*"):
        rows += [key.decode(), str(await valkey.get(key))]

    everything = "\n".join(rows)
    assert challenge in everything
    assert not re.search(rf"(?<![0-9a-f]){code}(?![0-9a-f])", everything)
    assert phone[3:] not in everything
    assert phone.encode().hex() not in everything
    for secret in (made["refresh_token"], made["access_token"], made["access_token"].split(".")[2]):
        assert secret not in everything
        assert secret.encode().hex() not in everything


async def dumped(conn: asyncpg.Connection) -> str:
    """Every row of the tables that have to do with signing in."""
    tables = [row[0] for row in await conn.fetch(TABLES)]
    assert "identity.challenges" in tables
    assert "public.pgqueuer" in tables
    return "\n".join([row[0] for table in tables for row in await conn.fetch(f"select t::text from {table} t")])


async def test_what_is_over_is_forgotten_and_the_sessions_stay(
    context: Context, conn: asyncpg.Connection, signed_in: Callable[..., Awaitable[dict[str, Any]]], clock: Any
) -> None:
    old, ended = await signed_in("+84900000001"), await signed_in("+84900000002")
    await conn.execute(
        "update sessions.sessions set ended_at = $1 where account_id = $2::text::uuid", clock(), ended["account_id"]
    )
    clock.shift(timedelta(days=2))
    fresh = await signed_in("+84900000003")

    await prune_identity(context)
    await prune_sessions(context)

    assert await conn.fetchval("select count(*) from identity.challenges") == 1
    assert await conn.fetchval("select count(*) from sessions.sessions") == 3
    left = await conn.fetch(
        "select s.account_id::text from sessions.refresh_tokens t join sessions.sessions s on s.id = t.session_id"
    )
    assert {row[0] for row in left} == {old["account_id"], fresh["account_id"]}
