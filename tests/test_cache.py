"""The cache in front of routing: bounded, shared through Valkey, emptied by writes, slower and nothing else without."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
import redis.asyncio

from longan.devkit import embedded
from longan.floor.database.calls import follow
from longan.floor.requests.cache import Cache, Entry, invalidate
from tests.conftest import Real

ENTRY = Entry(route="list_jobs", limit="lookup", etag=b'"1"', headers=[(b"content-type", b"x")], body=b"first")
KEY = (b"/v1/jobs", b"", "vi")


@pytest.fixture
async def caches(services: embedded.Services) -> AsyncIterator[tuple[Cache, Cache, redis.asyncio.Redis]]:
    """Two processes' caches, both listening."""
    clients = [redis.asyncio.from_url(services.redis_url) for _ in range(3)]
    made = [Cache(client) for client in clients[:2]]
    listening = [asyncio.create_task(follow(client, cache)) for client, cache in zip(clients, made, strict=False)]
    await until(lambda: all(cache.listens for cache in made))
    yield made[0], made[1], clients[2]
    for task in listening:
        task.cancel()
    await asyncio.gather(*listening, return_exceptions=True)
    for client in clients:
        await client.aclose()


async def until(condition: object) -> None:
    for _ in range(300):
        if condition():  # type: ignore[operator]
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came true")


async def test_what_one_process_was_asked_twice_another_finds(caches: tuple[Cache, Cache, redis.asyncio.Redis]) -> None:
    one, two, _ = caches
    once = (b"/v1/jobs", b"q=once", "vi")
    one.put("jobs", once, ENTRY, one.generation("jobs"))
    one.put("jobs", KEY, ENTRY, one.generation("jobs"))

    assert one.near(KEY, 0.0) == ENTRY
    await one.filled()

    assert await two.far("jobs", KEY) == ENTRY
    assert two.near(KEY, 0.0) == ENTRY
    assert await two.far("jobs", once) is None


async def test_what_one_process_passes_on_ends_where_it_came_from(
    caches: tuple[Cache, Cache, redis.asyncio.Redis],
) -> None:
    """Else an answer whose change nobody could call out would live once more in every process."""
    one, two, valkey = caches
    one.put("places", KEY, ENTRY, one.generation("places"))
    one._entries[KEY].until = ends = time.monotonic() + 20.0
    assert one.near(KEY, 0.0) == ENTRY
    await one.filled()

    assert await two.far("places", KEY) == ENTRY

    assert two._entries[KEY].until < ends + 5.0  # a life of its own would last far longer
    (name,) = [name async for name in valkey.scan_iter("cache:places:*")]
    assert 0 < await valkey.pttl(name) <= 20_000


async def test_only_what_was_asked_here_before_is_looked_for_elsewhere() -> None:
    cache = Cache(None)  # type: ignore[arg-type]

    assert [cache.asked_again(KEY), cache.asked_again(KEY)] == [False, True]


async def test_a_write_empties_its_family_everywhere_and_no_other(
    caches: tuple[Cache, Cache, redis.asyncio.Redis],
) -> None:
    one, two, valkey = caches
    other = (b"/v1/procedures", b"", "vi")
    for cache in (one, two):
        cache.put("jobs", KEY, ENTRY, cache.generation("jobs"))
        cache.put("procedures", other, ENTRY, cache.generation("procedures"))
        assert cache.near(KEY, 0.0) == cache.near(other, 0.0) == ENTRY
        await cache.filled()

    await invalidate(valkey, "jobs")

    await until(lambda: one.near(KEY, 0.0) is None and two.near(KEY, 0.0) is None)
    assert await one.far("jobs", KEY) is None
    assert one.near(other, 0.0) == two.near(other, 0.0) == ENTRY


async def test_writes_at_once_leave_every_process_at_the_newest_generation(
    services: embedded.Services, caches: tuple[Cache, Cache, redis.asyncio.Redis]
) -> None:
    one, _, valkey = caches
    async with AsyncExitStack() as opened:
        workers = [await opened.enter_async_context(redis.asyncio.from_url(services.redis_url)) for _ in range(4)]
        for _ in range(20):
            before, last = one.generation("jobs"), one.generation("places")

            await asyncio.gather(*(invalidate(worker, "jobs") for worker in workers for _ in range(5)))
            await invalidate(valkey, "places")  # calls come in order: with this one, all of the others are heard
            await until(lambda: one.generation("places") != last)  # noqa: B023

            assert one.generation("jobs") == before + 20


async def test_an_answer_that_a_write_overtook_is_not_kept(caches: tuple[Cache, Cache, redis.asyncio.Redis]) -> None:
    one, _, valkey = caches
    before = one.generation("jobs")

    await invalidate(valkey, "jobs")
    await until(lambda: one.generation("jobs") != before)
    one.put("jobs", KEY, ENTRY, before)

    assert one.near(KEY, 0.0) is None


def test_the_cache_is_bounded_in_bytes() -> None:
    cache = Cache(redis.asyncio.Redis(), max_bytes=100_000)
    for number in range(500):
        entry = Entry(route="x", limit="lookup", etag=b"", headers=[], body=b"x" * 1_000)
        cache.put("jobs", (b"/v1/jobs", str(number).encode(), "vi"), entry, 0)

    kept = sum(cache.near((b"/v1/jobs", str(number).encode(), "vi"), 0.0) is not None for number in range(500))

    assert 90 <= kept <= 100


def test_an_old_entry_is_not_shown() -> None:
    cache = Cache(redis.asyncio.Redis())
    cache.put("jobs", KEY, ENTRY, 0)

    assert cache.near(KEY, 0.0) == ENTRY
    assert cache.near(KEY, float("inf")) is None


async def test_a_closed_job_leaves_the_public_pages(real: Real) -> None:
    await until(lambda: real.app.app.state.cache.listens)
    first = (await real.client.get("/v1/jobs?limit=1")).json()["items"][0]["id"]
    await real.pool.execute("update jobs.postings set status = 'closed', closed_at = now() where id = $1", first)
    cached = (await real.client.get("/v1/jobs?limit=1")).json()["items"][0]["id"]

    await invalidate(real.app.app.state.valkey, "jobs")

    for _ in range(300):
        shown = (await real.client.get("/v1/jobs?limit=1")).json()["items"][0]["id"]
        if shown != first:
            break
        await asyncio.sleep(0.01)
    assert cached == first
    assert shown != first
