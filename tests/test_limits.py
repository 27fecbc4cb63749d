"""Rate limits as their callers meet them: nobody is refused for nothing, and a refusal says when to come back."""

import asyncio
from collections.abc import Coroutine
from typing import Any
from uuid import uuid4

import pytest
import redis.asyncio
from hypothesis import given, settings
from hypothesis import strategies as st

from longan.floor.base.errors import RateLimited
from longan.floor.requests.limits import CLASSES, FLUSH_SECONDS, Limiter, Strict, Window, keep_flushing, network

WINDOW = CLASSES["refresh"][0]


class Timeless(asyncio.SelectorEventLoop):
    """A loop in which waiting takes no time."""

    at = 0.0

    def time(self) -> float:
        return self.at

    def _run_once(self) -> None:
        if not self._ready and self._scheduled:  # type: ignore[attr-defined]
            self.at = max(self.at, self._scheduled[0]._when)  # type: ignore[attr-defined]
        super()._run_once()  # type: ignore[misc]


class FarValkey:
    """What the limiter needs of a Valkey that is `away` seconds away; the time is that of the loop."""

    def __init__(self, away: float) -> None:
        self.away = away
        self.counted: dict[str, tuple[int, float]] = {}

    def register_script(self, _: str) -> Any:
        async def queue(keys: list[str], args: list[Any], client: "Pipeline") -> None:
            client.asked.append((keys[0], *args[:3]))

        return queue

    def pipeline(self, transaction: bool) -> "Pipeline":
        assert not transaction
        return Pipeline(self)

    def count(self, key: str, cost: int, quota: int, seconds: int) -> tuple[int, list[int], list[int]]:
        now = asyncio.get_running_loop().time()
        used, ends = self.counted.get(key, (0, -1.0))
        if now > ends:
            used, ends = 0, now + seconds
        self.counted[key] = (used + cost, ends)
        return 0, [quota - used - cost], [int((ends - now) * 1000)]


class Pipeline:
    def __init__(self, valkey: FarValkey) -> None:
        self.valkey = valkey
        self.asked: list[tuple[str, int, int, int]] = []

    async def __aenter__(self) -> "Pipeline":
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing."""

    async def execute(self) -> list[tuple[int, list[int], list[int]]]:
        await asyncio.sleep(self.valkey.away / 2)
        answers = [self.valkey.count(*each) for each in self.asked]
        await asyncio.sleep(self.valkey.away / 2)
        return answers


class Callers:
    """Requests of one principal, each to one of some processes; when they were admitted or refused."""

    def __init__(self, away: float, processes: int) -> None:
        loop = asyncio.get_running_loop()
        valkey: Any = FarValkey(away)
        self.limiters = [Limiter(valkey, clock=loop.time) for _ in range(processes)]
        self.flushing = [asyncio.create_task(keep_flushing(limiter)) for limiter in self.limiters]
        self.admitted: list[float] = []

    async def call(self, process: int = 0) -> int | None:
        """None when admitted, else the seconds after which to come back."""
        now = asyncio.get_running_loop().time()
        bucket, allowed = await self.limiters[process % len(self.limiters)].check("refresh", "somebody", False, now)
        if allowed:
            self.admitted.append(now)
            return None
        # A window begins in Valkey when it is told of the first request, which is up to a flush after it came.
        since = now - WINDOW.seconds - FLUSH_SECONDS - 2 * 0.5
        used = sum(at >= since for at in self.admitted)
        assert used >= WINDOW.quota, f"refused at {now} after {used} of {WINDOW.quota}"
        return bucket.reset_seconds(now)


def in_no_time(what: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=Timeless) as runner:
        runner.run(what)


# A pause, and then so many requests with so much between them: often about the end of a window.
BURSTS = st.tuples(
    st.one_of(st.floats(0.0, 2.0), st.floats(58.0, 61.0)), st.integers(1, 20), st.sampled_from([0.0, 0.01, 0.1])
)


@settings(max_examples=150, deadline=None)
@given(
    bursts=st.lists(BURSTS, min_size=2, max_size=8), away=st.sampled_from([0.0, 0.1, 0.5]),
    processes=st.integers(1, 2),
)  # fmt: skip
def test_nobody_is_refused_before_a_whole_quota_was_admitted(
    bursts: list[tuple[float, int, float]], away: float, processes: int
) -> None:
    async def run() -> None:
        callers, calls = Callers(away, processes), []
        for pause, many, between in bursts:
            await asyncio.sleep(pause)
            for number in range(many):
                calls.append(asyncio.create_task(callers.call(number)))
                await asyncio.sleep(between)
        await asyncio.gather(*calls)

    in_no_time(run())


@settings(max_examples=40, deadline=None)
@given(away=st.floats(0.0, 0.5), begin=st.floats(0.0, 2.0), pause=st.floats(0.0, 1.0))
def test_who_comes_back_when_they_were_told_has_a_whole_quota_again(away: float, begin: float, pause: float) -> None:
    async def run() -> None:
        callers = Callers(away, 1)
        await asyncio.sleep(begin)
        while (told := await callers.call()) is None:
            await asyncio.sleep(pause)
        await asyncio.sleep(told)
        assert [await callers.call() for _ in range(WINDOW.quota)] == [None] * WINDOW.quota

    in_no_time(run())


def test_who_waited_for_valkey_while_the_window_ended_is_in_the_next_one() -> None:
    async def run() -> None:
        callers = Callers(0.1, 1)
        slice_of_it = WINDOW.quota // 6
        assert [await callers.call() for _ in range(slice_of_it + 1)] == [None] * (slice_of_it + 1)
        for _ in range(slice_of_it):
            await callers.call()
        (bucket,) = callers.limiters[0].buckets.values()
        for _ in range(slice_of_it - bucket.untold):
            await callers.call()
        ends = bucket.resets
        await asyncio.sleep(ends - 0.06 - asyncio.get_running_loop().time())
        calls = []
        for _ in range(10):
            calls.append(asyncio.create_task(callers.call()))
            await asyncio.sleep(0.01)
        assert await asyncio.gather(*calls) == [None] * 10

    in_no_time(run())


async def test_who_is_refused_by_several_windows_is_told_when_the_last_of_them_ends(
    valkey: redis.asyncio.Redis,
) -> None:
    strict, who = Strict(valkey), uuid4()
    windows = [(f"test:long:{who}", Window(1, 3_600)), (f"test:short:{who}", Window(1, 60))]
    await strict.take(windows)

    for order in (windows, windows[::-1]):
        with pytest.raises(RateLimited) as refused:
            await strict.take(order)

        assert 60 < int(refused.value.headers["Retry-After"]) <= 3_601


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("::FFFF:cb00:7109", "203.0.113.9"),
        ("unknown", "unknown"),
        ("no:address", "no:address"),
        ("a:\x00", "a:\x00"),
        ("", ""),
    ],
)
def test_a_home_is_one_network(address: str, counted: str) -> None:
    assert network(address) == counted
