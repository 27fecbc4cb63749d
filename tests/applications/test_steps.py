"""The way of an application as a pure function: who may ask for which step, and where it ends."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longan.rooms.applications.domain import OPEN, PIPELINE, verdict
from longan.rooms.applications.models import Side, Status

STATES: tuple[Status, ...] = get_args(Status)
CLOSED = set(STATES) - OPEN
SIDES: tuple[Side, ...] = get_args(Side)
EMPLOYERS = {"viewed", "shortlisted", "interview", "offer", "hired", "rejected"}

WISHES = st.lists(st.tuples(st.sampled_from(SIDES), st.sampled_from(STATES)), max_size=30)


def walked(wishes: list[tuple[Side, Status]]) -> list[tuple[Status, Side, Status]]:
    """The steps that were taken of the wishes, from `submitted` on."""
    steps: list[tuple[Status, Side, Status]] = []
    current: Status = "submitted"
    for side, to in wishes:
        if verdict(side, current, to) == "take":
            steps.append((current, side, to))
            current = to
    return steps


def test_the_closed_states_are_those_decided() -> None:
    assert {"hired", "rejected", "withdrawn", "expired", "obsolete"} == CLOSED


@given(WISHES)
def test_no_way_leaves_a_closed_state(wishes: list[tuple[Side, Status]]) -> None:
    for current, _, _ in walked(wishes):
        assert current in OPEN


@given(WISHES)
def test_the_employer_only_moves_forward_or_rejects(wishes: list[tuple[Side, Status]]) -> None:
    for current, side, to in walked(wishes):
        if side == "employer":
            assert to in EMPLOYERS
            assert to == "rejected" or PIPELINE.index(to) > PIPELINE.index(current)


@given(WISHES)
def test_the_worker_only_withdraws(wishes: list[tuple[Side, Status]]) -> None:
    assert all(to == "withdrawn" for _, side, to in walked(wishes) if side == "worker")


@given(WISHES)
def test_a_way_is_at_most_five_steps_long(wishes: list[tuple[Side, Status]]) -> None:
    assert len(walked(wishes)) <= 5


@pytest.mark.parametrize("current", sorted(OPEN))
def test_from_every_open_state_each_side_has_a_way_out(current: Status) -> None:
    assert verdict("employer", current, "rejected") == "take"
    assert verdict("worker", current, "withdrawn") == "take"


@pytest.mark.parametrize("number", range(5))
def test_steps_may_be_skipped_forward_but_never_taken_back(number: int) -> None:
    for other, to in enumerate(PIPELINE):
        expected = "take" if other > number else "illegal" if to == "submitted" or other < number else "taken"
        assert verdict("employer", PIPELINE[number], to) == expected


@given(st.sampled_from(SIDES), st.sampled_from(STATES), st.sampled_from(STATES))
def test_asking_again_for_what_one_has_done_is_no_new_step(side: Side, current: Status, to: Status) -> None:
    said = verdict(side, current, to)

    if said == "take":
        assert verdict(side, to, to) == "taken"
    if said == "taken":
        assert to == current


@given(st.sampled_from(STATES), st.sampled_from(STATES))
def test_a_step_of_the_other_side_is_never_ones_own(current: Status, to: Status) -> None:
    if to in EMPLOYERS:
        assert verdict("worker", current, to) == "not_yours"
    if to == "withdrawn":
        assert verdict("employer", current, to) == "not_yours"
    if to in ("submitted", "expired", "obsolete"):
        assert {verdict(side, current, to) for side in SIDES} == {"illegal"}
