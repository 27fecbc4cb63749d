"""Laws of quiet hours: shifts, nights, week ends, unions; the rule in Python and its twin in SQL say the same."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import asyncpg
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from longan.rooms.preferences.domain import MINUTES_OF_A_WEEK, minutes_of_week, quiet_until
from longan.rooms.preferences.models import WEEKDAYS, QuietHours

HOME = ZoneInfo("Asia/Ho_Chi_Minh")
# Clocks that are put forward and back, by an hour or by half of one, at midnight or at night.
MOVING = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Africa/Cairo", "Asia/Beirut"]

NIGHT = QuietHours(["mon", "tue", "wed", "thu", "fri"], "22:00", "05:30")
AFTER_THE_NIGHT_SHIFT = QuietHours(["sat", "sun"], "07:00", "15:00")
ALWAYS = QuietHours(list(WEEKDAYS), "12:00", "12:00")

clock_times = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.sampled_from([0, 1, 29, 30, 59]))
shifts = st.builds(
    QuietHours, st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=7, unique=True), clock_times, clock_times
)
patterns = st.lists(shifts, max_size=4)
moments = st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def is_quiet(hours: list[QuietHours], zone: ZoneInfo, moment: datetime) -> bool:
    """Told otherwise than the rule does it: by the minutes of the week."""
    local = moment.astimezone(zone)
    minute = (local.weekday() * 24 + local.hour) * 60 + local.minute
    return any(begins <= minute < ends for begins, ends in minutes_of_week(hours))


def at(day: str, clock: str) -> datetime:
    """A moment of one week in Vietnam."""
    monday = datetime(2026, 11, 23, tzinfo=HOME)
    hour, minute = (int(each) for each in clock.split(":"))
    return monday + timedelta(days=WEEKDAYS.index(day), hours=hour, minutes=minute)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("hours", "now", "until"),
    [
        ([NIGHT], ("mon", "21:59"), ("mon", "21:59")),
        ([NIGHT], ("mon", "22:00"), ("tue", "05:30")),
        ([NIGHT], ("tue", "05:29"), ("tue", "05:30")),
        ([NIGHT], ("tue", "05:30"), ("tue", "05:30")),
        ([NIGHT], ("mon", "03:00"), ("mon", "03:00")),  # Sunday's night is not one of them
        ([NIGHT], ("sat", "03:00"), ("sat", "05:30")),  # Friday's is
        ([AFTER_THE_NIGHT_SHIFT], ("sat", "08:00"), ("sat", "15:00")),
        ([NIGHT, AFTER_THE_NIGHT_SHIFT], ("sat", "04:00"), ("sat", "05:30")),
        ([NIGHT, QuietHours(["sat"], "05:30", "09:00")], ("fri", "23:00"), ("sat", "09:00")),  # one ends, one begins
        ([QuietHours(["thu"], "10:00", "10:00")], ("thu", "10:00"), ("fri", "10:00")),  # a day and a night
    ],
)
def test_quiet_hours_know_shifts(hours: list[QuietHours], now: tuple[str, str], until: tuple[str, str]) -> None:
    assert quiet_until(hours, HOME, at(*now)) == at(*until)


def test_a_sunday_night_ends_on_monday() -> None:
    sunday = QuietHours(["sun"], "20:00", "06:00")

    assert quiet_until([sunday], HOME, at("sun", "23:00")) == at("mon", "06:00") + timedelta(days=7)
    assert quiet_until([sunday], HOME, at("mon", "05:59")) == at("mon", "06:00")


@settings(deadline=None)
@given(hours=patterns, moment=moments)
def test_it_is_never_quiet_when_quiet_hours_are_over(hours: list[QuietHours], moment: datetime) -> None:
    until = quiet_until(hours, HOME, moment)

    assert until is None or not is_quiet(hours, HOME, until)


@settings(deadline=None)
@given(hours=patterns, moment=moments)
def test_a_moment_that_is_not_quiet_stays_as_it_is(hours: list[QuietHours], moment: datetime) -> None:
    assume(not is_quiet(hours, HOME, moment))

    assert quiet_until(hours, HOME, moment) == moment


@settings(deadline=None)
@given(hours=patterns, moment=moments)
def test_nobody_waits_a_minute_longer_than_it_is_quiet(hours: list[QuietHours], moment: datetime) -> None:
    until = quiet_until(hours, HOME, moment)
    assume(until is not None and until > moment)
    assert until is not None

    assert until.second == until.microsecond == 0
    minutes = int((until - moment) / timedelta(minutes=1))
    assert all(is_quiet(hours, HOME, moment + timedelta(minutes=each)) for each in range(0, minutes, 5))
    assert is_quiet(hours, HOME, until - timedelta(microseconds=1))


@settings(deadline=None)
@given(some=patterns, others=patterns, moment=moments)
def test_several_patterns_are_quiet_whenever_one_of_them_is(
    some: list[QuietHours], others: list[QuietHours], moment: datetime
) -> None:
    both = quiet_until(some + others, HOME, moment)

    assert both == quiet_until(others + some, HOME, moment)
    one, other = quiet_until(some, HOME, moment), quiet_until(others, HOME, moment)
    assert both is None or (one is not None and other is not None and both >= max(one, other))
    assert both is None or both == quiet_until(some, HOME, both) == quiet_until(others, HOME, both)


@settings(deadline=None)
@given(hours=patterns, moment=moments)
@example(hours=[ALWAYS], moment=datetime(2026, 1, 1, tzinfo=UTC))
def test_only_a_week_without_a_gap_never_ends(hours: list[QuietHours], moment: datetime) -> None:
    covered = set().union(*(range(*each) for each in minutes_of_week(hours)))

    assert (quiet_until(hours, HOME, moment) is None) == (len(covered) == MINUTES_OF_A_WEEK)


@settings(deadline=None)
@given(hours=patterns, moment=moments, zone=st.sampled_from(MOVING))
def test_a_clock_that_is_moved_confuses_nobody(hours: list[QuietHours], moment: datetime, zone: str) -> None:
    until = quiet_until(hours, ZoneInfo(zone), moment)

    assert until is None or (until >= moment and not is_quiet(hours, ZoneInfo(zone), until))


ASKED = """select preferences.quiet_until(
    (select coalesce(range_agg(int4range(r.begins, r.ends)), '{}') from unnest($1::integer[], $2::integer[])
         as r (begins, ends)), $3, $4)"""


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)
@given(hours=patterns, moment=moments, zone=st.sampled_from(["Asia/Ho_Chi_Minh", "UTC", *MOVING]))
@example(hours=[ALWAYS], moment=datetime(2026, 1, 1, tzinfo=UTC), zone="UTC")
@example(  # the hour that comes twice
    hours=[QuietHours(["sun"], "01:00", "05:00")],
    moment=datetime(2026, 10, 24, 23, 30, tzinfo=UTC),
    zone="Europe/Berlin",
)
@example(  # and in the same quiet time a new week
    hours=[QuietHours(["sun"], "00:30", "00:30")],
    moment=datetime(2026, 10, 24, 23, 0, tzinfo=UTC),
    zone="Europe/Berlin",
)
@example(  # the hour that never comes
    hours=[QuietHours(["sun"], "01:00", "02:30")], moment=datetime(2026, 3, 29, 0, 40, tzinfo=UTC), zone="Europe/Berlin"
)
async def test_sql_says_what_python_says(
    conn: asyncpg.Connection, hours: list[QuietHours], moment: datetime, zone: str
) -> None:
    ranges = list(minutes_of_week(hours))

    said = await conn.fetchval(ASKED, [each[0] for each in ranges], [each[1] for each in ranges], zone, moment)

    assert said == quiet_until(hours, ZoneInfo(zone), moment)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        (("mon", "17:59"), ("mon", "18:00")),
        (("mon", "18:00"), ("tue", "18:00")),
        (("sun", "23:00"), ("mon", "18:00")),
    ],
)
async def test_the_push_of_the_day_comes_when_its_hour_comes_next(
    conn: asyncpg.Connection, now: tuple[str, str], until: tuple[str, str]
) -> None:
    said = await conn.fetchval("select preferences.digest_after('18:00', 'Asia/Ho_Chi_Minh', $1)", at(*now))

    assert said == at(*until) + (timedelta(days=7) if now[0] == "sun" else timedelta())
