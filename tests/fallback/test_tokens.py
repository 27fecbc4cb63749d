"""Zalo's refresh tokens are good once: one worker uses one, keeps the next, and nothing of it lies in clear."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import msgspec
import pytest
import redis.asyncio

from longan.devkit import zalo
from longan.floor.setup.settings import Settings
from longan.rooms.fallback import tasks
from longan.rooms.fallback.outside import HttpZns
from tests.conftest import Real, TestClock
from tests.fallback.conftest import ACCOUNT, World, world_over

TOKENS_LAST = timedelta(seconds=zalo.TOKEN_SECONDS)


def client(world: World) -> HttpZns:
    found = tasks._zns(world.context)
    assert found is not None
    return found


async def test_the_first_token_comes_from_the_operators_and_the_next_from_the_last(world: World) -> None:
    first = await tasks.access(world.context, client(world))
    again = await tasks.access(world.context, client(world))
    world.clock.shift(TOKENS_LAST)
    second = await tasks.access(world.context, client(world))

    assert first is not None
    assert second is not None
    assert (first, second.version) == (again, first.version + 1)
    assert first.token != second.token
    assert world.zalo.refreshes == 2


async def test_a_token_is_renewed_before_it_ends_and_used_while_that_fails(world: World) -> None:
    first = await tasks.access(world.context, client(world))
    world.clock.shift(TOKENS_LAST - timedelta(minutes=20))
    world.zalo.token_faults.script = zalo.wire.Script("unavailable", 1)

    meanwhile = await tasks.access(world.context, client(world))
    world.clock.shift(timedelta(minutes=2))
    renewed = await tasks.access(world.context, client(world))

    assert meanwhile == first
    assert renewed not in (None, first)


async def test_a_failure_is_remembered_for_all_workers(world: World) -> None:
    world.zalo.token_faults.script = zalo.wire.Script("unavailable", 1)

    failed = [await tasks.access(world.context, client(world)) for _ in range(3)]
    asked = world.zalo.token_faults.script.mode
    world.clock.shift(tasks.GRANT_FAILED_FOR + timedelta(seconds=1))

    assert (failed, asked, world.zalo.refreshes) == ([None, None, None], "ok", 0)
    assert await tasks.access(world.context, client(world)) is not None


async def test_a_refused_refresh_token_is_told_to_the_operators_and_not_tried_over_and_over(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """As after an answer that was lost: Zalo has used the token up."""
    world.zalo.token_faults.script = zalo.wire.Script("garbled", 1)
    await tasks.access(world.context, client(world))

    for _ in range(50):
        world.clock.shift(timedelta(minutes=1))
        await tasks.access(world.context, client(world))

    told = [record for record in caplog.records if "authorise the application anew" in record.message]
    assert [(record.levelname, "zalo_14020" in record.message) for record in told] == [("ERROR", True)]


async def test_another_token_of_the_operators_begins_anew(world: World) -> None:
    world.zalo.token_faults.script = zalo.wire.Script("refused", 1)
    assert await tasks.access(world.context, client(world)) is None
    world.zalo._refresh_token = "authorised-anew"
    told = msgspec.structs.replace(world.context.settings, zalo_refresh_token="authorised-anew")
    world.context = dataclasses.replace(world.context, settings=told)

    found = await tasks.access(world.context, client(world))

    assert found is not None


async def test_an_access_token_that_zalo_no_longer_takes_is_replaced(world: World) -> None:
    await world.tell(await world.person())
    world.fares("expired", times=1)

    await world.minute()
    await world.minute(timedelta(minutes=1))

    assert (len(world.by_zalo()), world.zalo.refreshes) == (1, 2)


async def test_the_tokens_are_sealed_where_they_are_kept(world: World) -> None:
    found = await tasks.access(world.context, client(world))

    row = str(await world.pool.fetchval("select g::text from fallback.zalo_grants g"))

    assert found is not None
    for secret in (found.token, world.zalo._refresh_token, ACCOUNT.refresh_token):
        assert secret not in row
        assert secret.encode().hex() not in row
    assert found.token not in repr(found)


@pytest.fixture
async def crowd(
    real: Real, told: Settings, runner: Any, valkey: redis.asyncio.Redis, clock: TestClock
) -> AsyncIterator[World]:
    async with aiohttp.ClientSession() as http:
        yield world_over(real.pool, real.app, told, http, runner, valkey, clock)


async def test_of_many_workers_one_refreshes_and_all_have_its_token(crowd: World) -> None:
    found = await asyncio.gather(*(tasks.access(crowd.context, client(crowd)) for _ in range(8)))

    assert crowd.zalo.refreshes == 1
    assert {each.token for each in found if each is not None} == set(crowd.zalo._good)


async def test_a_worker_that_stops_in_the_middle_of_a_refresh_does_not_take_the_only_good_token_along(
    crowd: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    zns, asked = client(crowd), asyncio.Event()
    quick = zns.refresh

    async def slow(refresh_token: str) -> Any:
        granted = await quick(refresh_token)
        asked.set()
        await asyncio.sleep(0.1)
        return granted

    monkeypatch.setattr(zns, "refresh", slow)
    work = asyncio.create_task(tasks.access(crowd.context, zns))
    await asked.wait()

    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    await asyncio.sleep(0.5)

    assert await tasks.access(crowd.context, client(crowd)) is not None
    assert crowd.zalo.refreshes == 1


async def test_a_lease_of_a_worker_that_died_ends(crowd: World) -> None:
    await crowd.pool.execute("delete from fallback.zalo_grants")
    await tasks.access(crowd.context, client(crowd))
    crowd.clock.shift(TOKENS_LAST)
    await crowd.pool.execute(
        "update fallback.zalo_grants set refreshing_by = gen_random_uuid(), refreshing_until = $1",
        crowd.clock() + tasks.REFRESH_LEASE,
    )

    assert await tasks.access(crowd.context, client(crowd)) is None
    crowd.clock.shift(tasks.REFRESH_LEASE)
    assert await tasks.access(crowd.context, client(crowd)) is not None
