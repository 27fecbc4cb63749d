"""One rate for all who ask a source, whatever process they are in."""

import asyncio

import pytest
import redis.asyncio

from longan.floor.dossiers.source_pace import SourceBusy, SourcePace


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


@pytest.mark.parametrize(("rate", "ahead", "patience"), [(20.0, 1.0, 2.0), (50.0, 0.5, 1.0), (5.0, 1.0, 2.0)])
async def test_however_many_have_time_whoever_is_in_a_hurry_is_not_refused(
    valkey: redis.asyncio.Redis, rate: float, ahead: float, patience: float
) -> None:
    """Several workers fill all that they may; as many in a hurry as fit behind them wait for no longer than they
    will."""
    await valkey.flushdb()
    workers = [SourcePace(valkey, "a", rate, ahead=ahead) for _ in range(4)]
    waiting = [asyncio.create_task(workers[number % 4].turn(600)) for number in range(60)]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)

    hurry = SourcePace(valkey, "a", rate)
    asked = [asyncio.create_task(hurry.turn(patience)) for _ in range(int((patience - ahead) * rate))]
    await asyncio.gather(*asked)

    for each in waiting:
        each.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_those_who_have_time_use_all_of_the_rate_and_no_more(valkey: redis.asyncio.Redis) -> None:
    await valkey.flushdb()
    loop, rate = asyncio.get_running_loop(), 200.0
    paces = [SourcePace(valkey, "a", rate, ahead=0.05) for _ in range(3)]
    began: list[float] = []

    async def ask(number: int) -> None:
        await paces[number % 3].turn(60)
        began.append(loop.time())

    await asyncio.gather(*(ask(number) for number in range(90)))

    began.sort()
    assert began[-1] - began[0] >= (len(began) - 2) / rate - 0.05


async def test_who_has_time_gives_up_when_it_is_over(valkey: redis.asyncio.Redis) -> None:
    await valkey.flushdb()
    slow = SourcePace(valkey, "a", 0.01, ahead=0.02)
    await slow.turn(0)

    with pytest.raises(SourceBusy) as busy:
        await slow.turn(50)

    assert busy.value.seconds is not None
    assert 50 < busy.value.seconds <= 100


async def test_one_source_does_not_use_up_what_another_may_be_asked(valkey: redis.asyncio.Redis) -> None:
    await valkey.flushdb()
    one, other = SourcePace(valkey, "a", 0.01, 3), SourcePace(valkey, "b", 0.02, 2)
    for _ in range(3):
        await one.turn(0)
    with pytest.raises(SourceBusy):
        await one.turn(0)

    for _ in range(2):
        await other.turn(0)
    with pytest.raises(SourceBusy) as busy:
        await other.turn(0)

    assert busy.value.seconds is not None
    assert busy.value.seconds <= 50, "it has its own rate"
