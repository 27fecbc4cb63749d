"""The clock of a dossier: it runs, stands while the citizen supplements or pays, and ends."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longan.floor.base.zones import HOME
from longan.floor.dossiers.dossier_clock import Change, reckon, statuses, term
from longan.floor.pay_and_days.working_days import Calendar, due, working_days_between

PLAIN = Calendar(off=frozenset({date(2026, 11, 24)}))
MONDAY = date(2026, 11, 2)
CODES = [str(number) for number in range(1, 11)]


def on(day: int, status: str, hour: int = 9) -> Change:
    """Of November 2026."""
    return Change(datetime(2026, 11, day, hour, tzinfo=ZoneInfo(HOME)), status)


def november(day: int) -> date:
    return date(2026, 11, day)


def test_the_ten_national_statuses_are_there_and_four_of_them_stop_or_run_the_clock() -> None:
    found = statuses(november(22))

    assert list(found) == CODES
    assert {code for code in CODES if found[code].clock == "running"} == {"2", "4"}
    assert {code for code in CODES if found[code].clock == "stopped"} == {"5", "6"}
    assert {code for code in CODES if found[code].clock == "ended"} == {"3", "7", "8", "9", "10"}
    assert all(next_one in found for status in found.values() for next_one in status.next)


def test_days_before_the_list_have_the_first_one() -> None:
    assert statuses(date(2010, 1, 1)) == statuses(november(22))


def test_before_the_receipt_nothing_is_due() -> None:
    at = reckon(PLAIN, [on(2, "1")], 5, november(20))

    assert (at.clock, at.due_on, at.working_days_left, at.late_by) == ("not_begun", None, None, 0)


def test_the_day_of_receipt_does_not_count_and_the_last_day_is_not_late() -> None:
    story = [on(2, "1"), on(2, "2"), on(3, "4")]

    assert reckon(PLAIN, story, 5, november(2)).working_days_left == 5
    last = reckon(PLAIN, story, 5, november(9))
    assert (last.clock_runs, last.due_on, last.working_days_left, last.late_by) == (True, november(9), 0, 0)
    late = reckon(PLAIN, story, 5, november(11))
    assert (late.due_on, late.working_days_left, late.late_by) == (november(9), 0, 2)


def test_while_something_is_asked_of_the_citizen_nothing_is_used_up() -> None:
    story = [on(2, "2"), on(4, "5")]

    early, long_after = reckon(PLAIN, story, 5, november(4)), reckon(PLAIN, story, 5, november(20))

    assert early == long_after
    assert (early.clock, early.due_on, early.working_days_left, early.late_by) == ("stopped", None, 3, 0)


@pytest.mark.parametrize("waiting", ["5", "6"])
def test_when_it_is_brought_the_rest_of_the_term_begins(waiting: str) -> None:
    story = [on(2, "2"), on(4, waiting), on(12, "4")]

    at = reckon(PLAIN, story, 5, november(13))

    assert (at.due_on, at.working_days_left) == (november(17), 2)


def test_a_new_promise_holds_over_what_was_left() -> None:
    story = [on(2, "2"), on(4, "5"), on(12, "4")]

    at = reckon(PLAIN, story, 5, november(13), promised_anew=november(20))

    assert (at.due_on, at.working_days_left, at.late_by) == (november(20), 5, 0)


def test_what_has_ended_is_late_by_what_it_was_late_then() -> None:
    story = [on(2, "2"), on(11, "9"), on(20, "10")]

    at = reckon(PLAIN, story, 5, november(30))

    assert (at.clock, at.due_on, at.working_days_left, at.late_by) == ("ended", november(9), 0, 2)


def test_what_ended_early_says_when_it_would_have_been_due() -> None:
    at = reckon(PLAIN, [on(2, "2"), on(4, "9")], 5, november(30))

    assert (at.due_on, at.working_days_left, at.late_by) == (november(9), 3, 0)


def test_what_was_late_before_it_stopped_stays_late() -> None:
    at = reckon(PLAIN, [on(2, "2"), on(11, "5")], 5, november(30))

    assert (at.clock, at.due_on, at.late_by) == ("stopped", november(9), 2)


def test_a_day_off_that_was_promised_means_the_next_working_day() -> None:
    assert due(PLAIN, MONDAY, term(PLAIN, MONDAY, november(24))) == november(25)
    assert term(PLAIN, MONDAY, november(1)) == 0


def test_without_a_promise_there_is_a_clock_and_no_countdown() -> None:
    at = reckon(PLAIN, [on(2, "2")], None, november(20))

    assert (at.clock_runs, at.due_on, at.working_days_left, at.late_by) == (True, None, None, 0)


days = st.integers(0, 60).map(lambda ahead: MONDAY + timedelta(days=ahead))
calendars = st.builds(Calendar, off=st.frozensets(days, max_size=10))
stories = st.lists(
    st.builds(
        lambda day, hour, status: Change(datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo(HOME)), status),
        days, st.integers(0, 23), st.sampled_from(CODES),
    ),
    max_size=8,
)  # fmt: skip
terms = st.integers(0, 30)


@given(calendar=calendars, story=stories, allowed=terms, today=days)
def test_left_and_late_are_the_two_sides_of_one_count(
    calendar: Calendar, story: list[Change], allowed: int, today: date
) -> None:
    at = reckon(calendar, story, allowed, today)

    assert at.late_by >= 0
    if at.working_days_left is not None:
        assert at.working_days_left == 0 or at.late_by == 0
        assert 0 <= at.working_days_left <= allowed
        used = allowed - at.working_days_left + at.late_by
        first = min(change.at for change in story).date()
        assert used <= max(working_days_between(calendar, first, today), 0)
    if at.due_on is not None:
        assert calendar.is_working(at.due_on)


@given(calendar=calendars, story=stories, allowed=terms, today=days, later=days)
def test_time_only_ever_uses_the_term_up(
    calendar: Calendar, story: list[Change], allowed: int, today: date, later: date
) -> None:
    today, later = sorted((today, later))
    story = [change for change in story if change.at.date() <= today]
    before, after = reckon(calendar, story, allowed, today), reckon(calendar, story, allowed, later)

    if before.working_days_left is not None and after.working_days_left is not None:
        assert after.working_days_left <= before.working_days_left
        assert after.late_by >= before.late_by
    if not before.clock_runs:
        assert before == after
    else:
        assert before.due_on == after.due_on


@given(calendar=calendars, story=stories, allowed=terms, today=days)
def test_a_running_clock_ends_when_what_is_left_is_used_up(
    calendar: Calendar, story: list[Change], allowed: int, today: date
) -> None:
    story = [change for change in story if change.at.date() <= today]
    at = reckon(calendar, story, allowed, today)

    if at.clock_runs and at.due_on is not None and at.working_days_left:
        assert working_days_between(calendar, today, at.due_on) == at.working_days_left
    if at.clock_runs and at.late_by:
        assert at.due_on is not None
        assert at.due_on < today


@given(calendar=calendars, story=stories, allowed=terms, today=days)
def test_the_order_in_which_it_was_told_does_not_matter(
    calendar: Calendar, story: list[Change], allowed: int, today: date
) -> None:
    story = list({change.at: change for change in story}.values())

    assert reckon(calendar, story, allowed, today) == reckon(calendar, story[::-1], allowed, today)


def test_of_a_term_that_no_office_has_nothing_follows() -> None:
    """Some sources write 31/12/2099 where there is no day."""
    assert reckon(PLAIN, [on(2, "2")], 18_000, november(20)).due_on is None
