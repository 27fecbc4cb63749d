"""How often a source is asked, and what of its answers is news: laws of two pure functions."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longan.floor.dossiers.dossier_clock import Change, Clock, Reckoning, statuses
from longan.floor.dossiers.dossier_following import (
    MISSING_FOR,
    RARE,
    SILENT_FOR,
    SOON,
    USUAL,
    News,
    again,
    is_old,
    news,
    plan,
    spread,
)
from longan.floor.dossiers.lgsp_answers import Dossier, Supplement
from longan.floor.messages.notices import NOTICES

NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)
SOURCE_CALLS = 50
WATCHED = 100_000


def dossier(status: str = "4", **more: object) -> Dossier:
    whole = Dossier(
        code="H53.16-261102-0101", status=status, changes=[Change(NOW, status)], received_at=NOW,
        promised=NOW + timedelta(days=9), promised_anew=None, procedure_code=None, office="Sở Xây dựng", applicant=None,
        phone=None, identity=None, supplements=[],
    )  # fmt: skip
    return msgspec.structs.replace(whole, **more)


def at(clock: Clock = "running", left: int | None = 9, late: int = 0) -> Reckoning:
    return Reckoning(clock, date(2026, 12, 1), left, late)


@pytest.mark.parametrize(
    ("status", "reckoning", "unchanged_for", "pause"),
    [
        ("1", at("not_begun", None), timedelta(), USUAL),
        ("4", at(left=3), timedelta(), USUAL),
        ("4", at(left=2), timedelta(), SOON),
        ("4", at(left=0, late=20), timedelta(), SOON),
        ("4", at(left=0, late=21), timedelta(), USUAL),
        ("4", at(left=None), timedelta(), USUAL),
        ("5", at("stopped"), timedelta(), SOON),
        ("6", at("stopped"), timedelta(days=29), SOON),
        ("6", at("stopped"), timedelta(days=30), USUAL),
        ("9", at("ended"), timedelta(days=89), RARE),
    ],
)
def test_the_nearer_the_day_and_the_more_it_waits_for_the_citizen_the_oftener(
    status: str, reckoning: Reckoning, unchanged_for: timedelta, pause: timedelta
) -> None:
    assert plan(dossier(status), reckoning, unchanged_for).pause == pause


@pytest.mark.parametrize("status", ["3", "7", "8", "10"])
def test_what_nothing_follows_is_asked_about_no_more(status: str) -> None:
    assert plan(dossier(status), at("ended"), timedelta()).ended_by == "done"


def test_what_nobody_touches_is_given_up() -> None:
    assert plan(dossier("9"), at("ended"), timedelta(days=90)).ended_by == "done"
    assert plan(dossier(), at(), SILENT_FOR).ended_by == "silent"
    assert MISSING_FOR < SILENT_FOR


REACHED = st.builds(
    lambda status, left, late, days: (
        dossier(status), at(statuses(NOW.date())[status].clock, left, late), timedelta(days=days)
    ),
    st.sampled_from(sorted(statuses(NOW.date()))), st.none() | st.integers(0, 60), st.integers(0, 200),
    st.integers(0, 400),
)  # fmt: skip


@given(REACHED)
def test_a_hundred_thousand_fit_into_the_calls_of_a_source_however_they_stand(
    standing: tuple[Dossier, Reckoning, timedelta],
) -> None:
    planned = plan(*standing)

    assert (planned.pause is None) == (planned.ended_by is not None)
    if planned.pause is not None:
        # A quarter of the calls is left for whoever looks something up.
        assert WATCHED / planned.pause.total_seconds() <= SOURCE_CALLS * 0.75


@given(st.floats(0, 1), st.sampled_from([SOON, USUAL, RARE]))
def test_chance_shortens_and_lengthens_a_pause_by_a_tenth(chance: float, pause: timedelta) -> None:
    assert pause * 0.9 <= spread(pause, chance) <= pause * 1.1
    assert spread(pause, 0.5) == pause


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_after_failures_the_pause_grows_and_stays_within_the_shortest_one(failures: int, chance: float) -> None:
    assert timedelta(seconds=54) <= again(failures, chance) <= SOON * 1.1
    assert again(failures, 0.5) <= again(failures + 1, 0.5)


def test_what_was_not_asked_for_twice_its_pause_is_old() -> None:
    usual, over = plan(dossier(), at(), timedelta()), plan(dossier("10"), at("ended"), timedelta())

    assert is_old(usual, 2 * USUAL + timedelta(seconds=1))
    assert not is_old(usual, 2 * USUAL)
    assert not is_old(over, timedelta(days=1_000))


ASKED = Supplement(NOW, "Hộ chiếu", ["Hộ chiếu"], None)
BROUGHT = msgspec.structs.replace(ASKED, answered_at=NOW)


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        (dossier(), dossier(), None),
        (dossier(), dossier("5", supplements=[ASKED]), "yeu_cau_bo_sung"),
        (dossier("5"), dossier("5", supplements=[ASKED]), "supplement_asked"),
        (dossier("5", supplements=[ASKED]), dossier("5", supplements=[BROUGHT]), "supplement_brought"),
        (dossier(supplements=[BROUGHT]), dossier(), None),
        (dossier(), dossier(promised=NOW), "due_changed"),
        (dossier(), dossier(promised_anew=NOW), "due_changed"),
        (dossier(), dossier(office="Sở Tư pháp"), "office_changed"),
        (dossier(), dossier(applicant="N•••", procedure_code="1.004194"), None),
        (dossier(), dossier(changes=[Change(NOW, "2"), Change(NOW, "4")]), None),
    ],
)
def test_the_weightiest_part_of_a_difference_is_told(before: Dossier, after: Dossier, what: News | None) -> None:
    assert news(before, after) == what


@pytest.mark.parametrize("code", sorted(statuses(NOW.date())))
def test_every_status_has_its_words(code: str) -> None:
    other = "2" if code != "2" else "4"

    assert news(dossier(other), dossier(code)) in NOTICES["dossier_changed"].words
