"""A Valkey that is dead or deaf: slower and nothing else; only one-time codes wait for it (SECURITY R5)."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
import redis.asyncio

from longan.devkit import supervisor
from longan.floor.requests.limits import Limiter
from tests.faults.processes import kill
from tests.faults.world import World


@asynccontextmanager
async def killed(world: World) -> AsyncIterator[None]:
    await kill(world.valkey)
    try:
        yield
    finally:
        await supervisor.up(world.valkey)


@asynccontextmanager
async def stopped(world: World) -> AsyncIterator[None]:
    """It takes what it is sent, and never answers."""
    assert world.valkey.pid is not None
    os.kill(world.valkey.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(world.valkey.pid, signal.SIGCONT)


FAULTS = {fault.__name__: fault for fault in (killed, stopped)}


@asynccontextmanager
async def valkey_of(world: World) -> AsyncIterator[redis.asyncio.Redis]:
    client = redis.asyncio.from_url(world.valkey.url)
    try:
        yield client
    finally:
        await client.aclose()


async def until(true: Any, *given: Any) -> None:
    """Until `await true()`; fails after 10 seconds."""
    deadline = asyncio.get_running_loop().time() + 10
    while not await true(*given):
        assert asyncio.get_running_loop().time() < deadline, f"it never came true: {true.__name__}"
        await asyncio.sleep(0.05)


async def listens(valkey: redis.asyncio.Redis) -> bool:
    return bool((await valkey.pubsub_numsub("cache"))[0][1])


async def shares_limits(valkey: redis.asyncio.Redis) -> bool:
    return bool(await valkey.keys("limit:*"))


async def fills(valkey: redis.asyncio.Redis, world: World) -> bool:
    words = uuid4().hex[:12]
    for _ in range(2):  # what nobody asks for again is not shared
        await world.ask("GET", f"/v1/jobs?q={words}")
    return bool(await valkey.keys("cache:jobs:*"))


@pytest.mark.parametrize("fault", FAULTS)
async def test_without_valkey_only_one_time_codes_wait(world: World, fault: str) -> None:
    worker, other, owner, leaving = await world.people(4)
    jobs = await world.jobs(2)
    await world.employ(owner, jobs)
    asked = await world.ask("POST", "/v1/auth/otp", json={"phone": "+84900000003"})
    entry = {"challenge_id": asked.json["challenge_id"], "code": "000000"}
    keyed = other.headers | {"Idempotency-Key": str(uuid4())}
    applied = await world.ask("POST", f"/v1/jobs/{jobs[0]}/applications", headers=keyed, json={})
    moved = applied.json["id"]
    kept = f"/v1/jobs?limit=1&q={uuid4().hex[:8]}"
    await world.ask("GET", kept)

    async with FAULTS[fault](world):
        keyed = worker.headers | {"Idempotency-Key": str(uuid4())}
        device = {"target": f"good-{uuid4()}", "target_kind": "fid", "platform": "android"}
        go_on = [
            ("GET", kept, {}),
            *(("GET", f"/v1/jobs?q={uuid4().hex[:12]}", {}) for _ in range(3)),
            ("GET", f"/v1/jobs/{jobs[1]}", {}),
            ("GET", "/v1/procedures?q=tam+tru", {}),
            ("GET", "/v1/me", {"headers": worker.headers}),
            ("GET", "/v1/me/applications", {"headers": worker.headers}),
            ("GET", "/v1/me/notifications", {"headers": worker.headers}),
            ("PATCH", "/v1/me", {"headers": worker.headers | {"If-Match": "*"}, "json": {"birth_year": 1991}}),
            ("PUT", f"/v1/me/devices/{uuid4()}", {"headers": worker.headers, "json": device}),
            ("POST", f"/v1/jobs/{jobs[0]}/applications", {"headers": keyed, "json": {}}),
            ("POST", f"/v1/applications/{moved}/transitions", {"headers": owner.headers, "json": {"to": "viewed"}}),
            ("POST", "/v1/auth/refresh", {"json": {"refresh_token": leaving.refresh_token}}),
            ("GET", "/readyz", {}),
        ]  # fmt: skip
        wait = [
            ("POST", "/v1/auth/otp", {"json": {"phone": "+84900000004"}}),
            ("POST", "/v1/auth/otp/verify", {"json": entry}),
        ]
        both: list[tuple[str, str, Any]] = [*wait, *go_on]
        every = await asyncio.gather(*(world.ask(method, path, **given) for method, path, given in both))
        waiting, seen = every[: len(wait)], every[len(wait) :]

    assert [(each.what, each.status) for each in seen if each.status not in (200, 201)] == []
    assert seen[-1].json == {"status": "ok", "database": "ok", "cache": "down"}
    for each in waiting:
        assert (each.status, each.json["code"]) == (503, "unavailable"), each
        assert int(each.headers["Retry-After"]) > 0
    await world.ready()
    # The try that was refused was not counted, and codes are sent again.
    assert (await world.ask("POST", "/v1/auth/otp/verify", json=entry)).status == 200
    assert (await world.ask("POST", "/v1/auth/otp", json={"phone": "+84900000004"})).status == 202
    async with valkey_of(world) as valkey:
        await valkey.flushdb()
        await until(listens, valkey)
        await until(fills, valkey, world)
        await until(shares_limits, valkey)


async def test_a_page_is_not_shown_for_long_while_nobody_can_call_its_change_out(world: World) -> None:
    (job,) = await world.jobs(1)
    page = f"/v1/jobs/{job}"
    async with valkey_of(world) as valkey:
        await until(listens, valkey)
    before = (await world.ask("GET", page)).json["title"]

    async with stopped(world):
        async with world.look() as connection:
            await connection.execute("update jobs.postings set title = $2 where id = $1", job, f"Đổi {uuid4().hex}")

        async def changed() -> bool:
            return (await world.ask("GET", page)).json["title"] != before  # type: ignore[no-any-return]

        await until(changed)


async def test_a_limit_goes_on_counting_beside_a_valkey_that_hangs(world: World) -> None:
    client = redis.asyncio.from_url(world.valkey.url, socket_timeout=0.05, socket_connect_timeout=0.05)
    limiter, now, who = Limiter(client), asyncio.get_running_loop().time(), str(uuid4())

    async with stopped(world), asyncio.timeout(10):
        taken = await asyncio.gather(*(limiter.check("lookup", who, False, now) for _ in range(200)))

    assert sum(allowed for _, allowed in taken) == 120
    await client.aclose()
