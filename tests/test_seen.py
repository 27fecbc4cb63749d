"""What may come once, in one process, in two, and without Valkey."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import redis.asyncio

from longan.floor.access.seen import Seen
from longan.floor.base.errors import Unavailable


@pytest.fixture
def away() -> redis.asyncio.Redis:
    """A Valkey that nobody runs."""
    return redis.asyncio.from_url("unix:///nowhere/valkey.sock")


@pytest.fixture
async def two(services: Any) -> AsyncIterator[tuple[Seen, Seen]]:
    """Two processes over one Valkey."""
    clients = [redis.asyncio.from_url(services.redis_url) for _ in range(2)]
    yield Seen(clients[0], 60), Seen(clients[1], 60)
    for client in clients:
        await client.aclose()


async def test_what_one_process_saw_the_other_knows(two: tuple[Seen, Seen]) -> None:
    one, other = two

    assert await one.first(b"a mark of two processes")
    assert not await other.first(b"a mark of two processes")
    assert not await one.first(b"a mark of two processes")


async def test_of_many_at_once_one_is_the_first(two: tuple[Seen, Seen]) -> None:
    came = await asyncio.gather(*(two[number % 2].first(b"a mark of many") for number in range(50)))

    assert sum(came) == 1


async def test_a_mark_is_forgotten_in_time(two: tuple[Seen, Seen], valkey: redis.asyncio.Redis) -> None:
    await two[0].first(b"a mark with an end")

    assert 0 < await valkey.ttl(b"seen:a mark with an end") <= 60


class Lossy:
    """A Valkey whose first answer is lost: the client asks again."""

    def __init__(self, real: redis.asyncio.Redis) -> None:
        self._real = real

    async def set(self, *args: Any, **named: Any) -> Any:
        await self._real.set(*args, **named)
        return await self._real.set(*args, **named)


async def test_an_answer_that_was_lost_makes_no_replay_of_a_first_time(valkey: redis.asyncio.Redis) -> None:
    assert await Seen(Lossy(valkey), 60).first(b"a mark asked for twice")  # type: ignore[arg-type]


async def test_without_valkey_the_process_remembers_alone(away: redis.asyncio.Redis) -> None:
    seen = Seen(away, 60)

    assert await seen.first(b"mark")
    assert not await seen.first(b"mark")


async def test_what_came_while_valkey_was_well_is_known_when_it_is_away(two: tuple[Seen, Seen]) -> None:
    one, _ = two
    await one.first(b"a mark before the fall")
    one._valkey = redis.asyncio.from_url("unix:///nowhere/valkey.sock")

    assert not await one.first(b"a mark before the fall")


async def test_a_silent_valkey_is_not_waited_for_by_each(away: redis.asyncio.Redis) -> None:
    asked = []

    class Silent:
        async def set(self, *args: Any, **named: Any) -> None:
            asked.append(args)
            raise TimeoutError

    seen = Seen(Silent(), 60)  # type: ignore[arg-type]
    for number in range(10):
        assert await seen.first(b"%d" % number)

    assert len(asked) == 1


async def test_a_full_memory_refuses_what_it_could_not_remember(
    away: redis.asyncio.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("longan.floor.access.seen.MAX_MARKS", 3)
    seen = Seen(away, 60)
    for number in range(3):
        await seen.first(b"%d" % number)

    with pytest.raises(Unavailable):
        await seen.first(b"one more")
    assert not await seen.first(b"0")
