"""Rules with days are read like code: what contradicts itself does not start."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longan.floor.pay_and_days.dated_rules import BadRules, Dated, check_days, check_days_of_each, decoded, on

FIRST = date(2024, 1, 1)


def rule(begins: int, ends: int | None) -> Dated:
    return Dated(
        valid_from=FIRST + timedelta(days=begins),
        valid_to=None if ends is None else FIRST + timedelta(days=ends),
        law="Luật",
        source="a test",
    )


@given(st.lists(st.integers(1, 400), min_size=1, max_size=6), st.booleans(), st.integers(-10, 2_600))
def test_of_rules_without_gap_or_overlap_one_holds_on_each_day(lengths: list[int], ends: bool, day: int) -> None:
    rules, begins = [], 0
    for length in lengths:
        rules.append(rule(begins, begins + length - 1))
        begins += length
    if not ends:
        rules[-1] = rule(begins - lengths[-1], None)

    check_days("rules", rules)

    asked = FIRST + timedelta(days=day)
    assert sum(each.on(asked) for each in rules) == (day >= 0 and (not ends or day < begins))
    assert (on(rules, asked) is None) == (not any(each.on(asked) for each in rules))


@pytest.mark.parametrize(
    "rules",
    [
        [rule(0, 10), rule(10, None)],
        [rule(0, None), rule(5, None)],
        [rule(0, 10), rule(0, 10)],
        [rule(0, 10), rule(12, None)],
        [rule(10, 5)],
    ],
    ids=["the same day", "one without an end", "twice", "a day between", "backwards"],
)
def test_overlaps_gaps_and_backwards_are_refused(rules: list[Dated]) -> None:
    with pytest.raises(BadRules):
        check_days("rules", rules)


def test_where_gaps_are_allowed_the_same_day_twice_is_not() -> None:
    check_days("rules", [rule(0, 10), rule(12, None)], whole=False)

    with pytest.raises(BadRules, match="overlap"):
        check_days("rules", [rule(0, 10), rule(10, None)], whole=False)


def test_rules_with_names_of_their_own_do_not_disturb_each_other() -> None:
    check_days_of_each("papers", [("a", rule(0, None)), ("b", rule(0, None))])

    with pytest.raises(BadRules, match="papers a"):
        check_days_of_each("papers", [("a", rule(0, None)), ("b", rule(0, None)), ("a", rule(3, None))])


@pytest.mark.parametrize(
    "toml",
    [
        b'valid_from = 2024-01-01\nlaw = "x"',
        b'valid_from = 2024-01-01\nlaw = "x"\nsource = "abc"\nvalid_until = 2025-01-01',
        b'valid_from = 2024-01-01\nvalid_from = 2024-01-02\nlaw = "x"\nsource = "abc"',
        b'valid_from = "soon"\nlaw = "x"\nsource = "abc"',
        b"\xff",
        b'valid_from = 2024-01-01\nlaw = ""\nsource = "abc"',
    ],
    ids=["no source", "unknown key", "key twice", "no day", "no text", "empty law"],
)
def test_what_is_misspelt_is_refused(toml: bytes) -> None:
    with pytest.raises(BadRules):
        decoded(toml, Dated)
