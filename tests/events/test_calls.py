"""The line of a process: every part hears its own calls, knows when it is cut, and it ends when it is told to."""

import asyncio
import time
from uuid import uuid4

import pytest
import redis.asyncio

from longan.devkit import embedded
from longan.floor.database import calls
from tests.events.following import until


class Part:
    def __init__(self, channel: str) -> None:
        self.channel = channel
        self.joins, self.cuts = 0, 0
        self.calls: list[bytes] = []

    async def joined(self) -> None:
        self.joins += 1

    def heard(self, call: bytes) -> None:
        self.calls.append(call)

    def cut(self) -> None:
        self.cuts += 1


@pytest.fixture
def channels() -> list[str]:
    return [f"test-{uuid4()}" for _ in range(2)]


async def test_parts_share_a_line_that_comes_back(valkey: redis.asyncio.Redis, channels: list[str]) -> None:
    one, two = map(Part, channels)
    following = asyncio.create_task(calls.follow(valkey, one, two))
    await until(lambda: one.joins and two.joins)
    await valkey.publish(one.channel, b"first")
    await until(lambda: one.calls)
    await valkey.client_kill_filter(_type="pubsub")
    await until(lambda: one.joins == two.joins == 2)
    await valkey.publish(two.channel, b"second")
    await until(lambda: two.calls)
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)

    assert (one.calls, two.calls) == ([b"first"], [b"second"])
    assert one.cuts == two.cuts == 2


@pytest.mark.parametrize("turns", range(6))
async def test_a_line_ends_at_whatever_turn_of_the_loop_it_is_told_to(
    valkey: redis.asyncio.Redis, channels: list[str], turns: int
) -> None:
    part = Part(channels[0])
    following = asyncio.create_task(calls.follow(valkey, part))
    await until(lambda: part.joins)

    time.sleep(calls.SILENCE_SECONDS + 0.05)  # from now on the line is asked whether it is still there
    for _ in range(turns):
        await asyncio.sleep(0)
    following.cancel()

    done, _ = await asyncio.wait([following], timeout=3)
    assert done


async def test_a_call_never_raises_and_never_waits_long(services: embedded.Services) -> None:
    away = redis.asyncio.from_url("redis://127.0.0.1:1")

    async with asyncio.timeout(2):
        await calls.happened(away, [uuid4()])
        await calls.happened(away, [])

    await away.aclose()
