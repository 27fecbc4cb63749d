"""The pace of pushes: never more than the rate allows, in any window of time, whoever asks and however often."""

from datetime import UTC, datetime, timedelta
from itertools import accumulate, combinations

from hypothesis import given
from hypothesis import strategies as st

from longan.floor.messages.pace import FIRST_SHARE, IDLE, RAMP_SECONDS, Pace, speed
from longan.floor.messages.pace import given as given_by

BEGAN = datetime(2026, 11, 22, 8, tzinfo=UTC)
RATE = 1_000.0
# Rounding of times to microseconds.
SLACK = 1.0

asked = st.tuples(
    st.sampled_from([0.0, 0.000_001, 0.05, 0.25, 1.0, 7.0, 59.0, 61.0, 3_600.0]),
    st.integers(0, 5_000),
    st.sampled_from([None, None, None, 0.5, 2.0, 90.0]),
)


def taken(steps: list[tuple[float, int, float | None]]) -> list[tuple[datetime, int]]:
    """Who asks, after how many seconds, for how many, and is told to pause for how long; when how many were taken."""
    now, pace, made = BEGAN, Pace(0.0, BEGAN - IDLE, BEGAN - IDLE), []
    for seconds, wanted, pause in steps:
        now += timedelta(seconds=seconds)
        pace = pace.filled(RATE, now)
        number = min(wanted, int(pace.tokens))
        pace = pace.taken(number)
        made.append((now, number))
        if pause is not None:
            pace = pace.paused(now + timedelta(seconds=pause))
    return made


@given(st.lists(asked, max_size=40))
def test_no_window_takes_more_than_its_rate_and_one_second_of_it(steps: list[tuple[float, int, float | None]]) -> None:
    made = taken(steps)
    sums = list(accumulate((number for _, number in made), initial=0))

    for first, last in combinations(range(len(made) + 1), 2):
        seconds = (made[last - 1][0] - made[first][0]).total_seconds()
        assert sums[last] - sums[first] <= RATE * (seconds + 1) + SLACK


@given(st.lists(asked, max_size=40))
def test_after_a_pause_nothing_goes_out_until_it_is_over_and_then_slowly(
    steps: list[tuple[float, int, float | None]],
) -> None:
    quiet_until = BEGAN
    made = taken(steps)
    for (now, number), (_, _, pause) in zip(made, steps, strict=True):
        if now < quiet_until:
            assert number == 0
        elif quiet_until > BEGAN:
            since = [n for at, n in made if quiet_until <= at <= now]
            assert sum(since) <= given_by(RATE, (now - quiet_until).total_seconds()) + RATE * FIRST_SHARE + SLACK
        if pause is not None:
            quiet_until = max(quiet_until, now + timedelta(seconds=pause))


@given(st.lists(asked, max_size=40), st.floats(0, 10))
def test_a_clock_that_goes_back_gives_nothing(steps: list[tuple[float, int, float | None]], back: float) -> None:
    pace = Pace(5.0, BEGAN, BEGAN)

    assert pace.filled(RATE, BEGAN - timedelta(seconds=back)) == pace


def test_the_rate_is_there_a_minute_after_the_start() -> None:
    pace = Pace(0.0, BEGAN - IDLE, BEGAN - IDLE)
    each = []
    for second in range(int(RAMP_SECONDS) + 3):
        pace = pace.filled(RATE, BEGAN + timedelta(seconds=second))
        each.append(int(pace.tokens))
        pace = pace.taken(each[-1])

    assert each[0] == each[5] == RATE * FIRST_SHARE
    assert each[30] < each[45] < each[-1]
    assert min(each[-2:]) >= RATE - SLACK


@given(st.floats(0, 200), st.floats(0, 200))
def test_what_a_ramp_gives_is_the_sum_of_its_speeds(begin: float, length: float) -> None:
    steps = 2_000
    summed = sum(speed(RATE, begin + length * (step + 0.5) / steps) for step in range(steps)) * length / steps

    assert abs(given_by(RATE, begin + length) - given_by(RATE, begin) - summed) <= RATE * 0.02
