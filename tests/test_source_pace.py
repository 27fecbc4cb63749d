"""One rate for all who ask a source, whatever process they are in."""

import asyncio

import pytest
import redis.asyncio

from longan.source_pace import SourceBusy, SourcePace


async def test_a_burst_goes_at_once_and_the_next_must_wait_longer_than_it_will(valkey: redis.asyncio.Redis) -> None:
    await valkey.flushdb()
    ours, theirs = (SourcePace(valkey, "a", 0.01, 4) for _ in range(2))
    for turn in (ours, theirs, ours, theirs):
        await turn.turn(0)

    with pytest.raises(SourceBusy) as busy:
        await ours.turn(1)

    assert busy.value.seconds is not None
    assert 90 < busy.value.seconds <= 100
    await SourcePace(valkey, "b", 0.01).turn(0)


async def test_who_is_refused_uses_nothing_up(valkey: redis.asyncio.Redis) -> None:
    await valkey.flushdb()
    pace = SourcePace(valkey, "a", 0.01)
    await pace.turn(0)
    seconds: list[float] = []
    for _ in range(3):
        with pytest.raises(SourceBusy) as busy:
            await pace.turn(0)
        seconds.append(busy.value.seconds or 0)

    assert seconds == sorted(seconds, reverse=True)


async def test_within_any_time_no_more_begin_than_the_rate_allows(valkey: redis.asyncio.Redis) -> None:
    """By the server's clock: whoever waits is granted the moment at which they begin."""
    await valkey.flushdb()
    loop, rate, burst = asyncio.get_running_loop(), 200.0, 3
    paces = [SourcePace(valkey, "a", rate, burst) for _ in range(3)]
    began: list[float] = []

    async def ask(number: int) -> None:
        await paces[number % 3].turn(10)
        began.append(loop.time())

    await asyncio.gather(*(ask(number) for number in range(60)))

    began.sort()
    # A loop wakes late, never early: the last cannot have begun before its turn.
    assert began[-1] - began[0] >= (len(began) - burst - 1) / rate - 0.05


async def test_without_valkey_nobody_asks() -> None:
    away = redis.asyncio.from_url("redis://127.0.0.1:1", socket_timeout=0.2)

    with pytest.raises(SourceBusy) as busy:
        await SourcePace(away, "a", 50).turn(1)

    assert busy.value.seconds is None
    await away.aclose()


@pytest.mark.parametrize(("rate", "burst"), [(0, 1), (-1, 1), (1, 0)])
def test_a_rate_is_more_than_nothing(rate: float, burst: int) -> None:
    with pytest.raises(ValueError, match="now and then"):
        SourcePace(redis.asyncio.Redis(), "a", rate, burst)
