"""How many requests to see a room one account may send, by day."""

from datetime import date

import pytest

from longan.floor.housing.viewing_limits import limits_on, read
from longan.floor.pay_and_days.dated_rules import BadRules

LIMITS = """[[limits]]
valid_from = 2021-01-01
law = "-"
source = "a test"
an_hour = {hour}
a_day = {day}
of_one_owner_a_day = {owner}
answered_from = 5
"""


def test_the_packaged_limits_are_those_of_today_and_of_long_ago() -> None:
    today, before = limits_on(date(2026, 11, 22)), limits_on(date(1999, 1, 1))

    assert (today.an_hour, today.a_day, today.of_one_owner_a_day, today.answered_from) == (10, 30, 3, 5)
    assert before == today


@pytest.mark.parametrize(
    "toml",
    [
        LIMITS.format(hour=31, day=30, owner=3),
        LIMITS.format(hour=10, day=30, owner=31),
        LIMITS.format(hour=0, day=30, owner=3),
        LIMITS.format(hour=10, day=30, owner=3).replace("an_hour", "a_hour"),
        LIMITS.format(hour=10, day=30, owner=3) * 2,
        "",
    ],
    ids=["an hour above its day", "an owner above the day", "nothing", "misspelt", "two at once", "empty"],
)
def test_limits_that_contradict_themselves_are_refused(toml: str) -> None:
    with pytest.raises(BadRules):
        read(toml.encode())
