"""What is kept beside a listing of its cost, and when it is reckoned anew."""

from datetime import date, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longan.floor.base.errors import InvalidRequest
from longan.floor.housing.housing_costs import Asked, PriceFlagsUnseen, check, demand_seen, reckoned, tariffs_changed_on
from longan.floor.housing.housing_limits import limits_on, read
from longan.floor.housing.room_ranges import AmountsDoubted
from longan.floor.living_costs.monthly_cost import Living, reckon
from longan.floor.living_costs.utility_tariffs import tariffs
from longan.floor.pay_and_days.dated_rules import BadRules

TODAY = date(2026, 11, 22)
money = st.none() | st.integers(0, 2_000_000)
asking = st.builds(
    Asked,
    rent=st.integers(300_000, 30_000_000),
    deposit=money,
    electricity_price=money,
    electricity_unit=st.sampled_from([None, "kwh", "state_tariff", "person_month", "room_month", "included"]),
    water_price=money,
    water_unit=st.sampled_from([None, "m3", "person_month", "room_month", "included"]),
    parking_fee=money,
    service_fee=money,
    max_people=st.none() | st.integers(1, 20),
)


@given(asking)
def test_what_is_kept_is_what_the_reckoning_says(asked: Asked) -> None:
    found = reckoned(asked, TODAY)

    columns, people = found.columns(), asked.max_people or 2
    assert columns["cost_month"] == reckon(asked, Living(people=1), TODAY).total
    assert columns["cost_share"] == reckon(asked, Living(people=people, motorbikes=people), TODAY).per_person
    assert columns["cost_two"] == reckon(asked, Living(people=2, motorbikes=2), TODAY).per_person
    assert columns["cost_four"] == reckon(asked, Living(people=4, motorbikes=4), TODAY).per_person
    assert columns["cost_on"] == TODAY
    assert set(columns["price_flags"]) <= {"above_at_this_use", "above_every_tier", "above_frame"}  # type: ignore[call-overload]
    assert len(found.flags) == len({flag.verdict for flag in found.flags})
    assert all(flag.law for flag in found.flags)


@given(asking)
def test_whoever_has_seen_every_flag_may_go_on_and_nobody_else(asked: Asked) -> None:
    found = reckoned(asked, TODAY)
    seen = [flag.verdict for flag in found.flags]

    demand_seen(found, seen)

    for missing in seen:
        with pytest.raises(PriceFlagsUnseen):
            demand_seen(found, set(seen) - {missing})


def test_amounts_are_first_possible_then_likely() -> None:
    with pytest.raises(InvalidRequest):
        check(Asked(rent=100), ())
    with pytest.raises(AmountsDoubted):
        check(Asked(rent=15_000_000, area_m2=18), ())
    check(Asked(rent=15_000_000, area_m2=18), ("rent",))
    check(Asked(rent=15_000_000, area_m2=18, kind="house"), ())


@given(st.dates(date(2015, 1, 1), date(2035, 1, 1)))
def test_between_two_changes_of_the_tariffs_every_day_gives_the_same(day: date) -> None:
    changed = tariffs_changed_on(day)
    asked = Asked(rent=1_500_000, electricity_price=3_500, electricity_unit="kwh", water_price=20_000, water_unit="m3")

    assert changed <= day
    if changed > date.min:
        earlier, now = reckoned(asked, changed).columns(), reckoned(asked, day).columns()
        assert earlier | {"cost_on": None} == now | {"cost_on": None}


def test_a_tariff_that_begins_or_ends_is_a_change() -> None:
    known = tariffs()
    first = known.water[0]
    ended = msgspec.structs.replace(
        known, water=[msgspec.structs.replace(first, valid_from=date(2030, 1, 1), valid_to=date(2030, 6, 30))]
    )

    assert tariffs_changed_on(date(2030, 6, 30), ended) == date(2030, 1, 1)
    assert tariffs_changed_on(date(2030, 7, 1), ended) == date(2030, 7, 1)


LIMITS = b"""[[limits]]
valid_from = 2021-01-01
law = "-"
source = "test"
fresh_days = 30
warned_days = 3
closed_days = 60
hidden_at = 3
without_identity = 3
"""


def test_limits_hold_on_every_day() -> None:
    assert limits_on(date(1990, 1, 1)) == limits_on(TODAY)
    assert limits_on(TODAY).fresh_days == 30


@pytest.mark.parametrize(
    "wrong",
    [
        LIMITS.replace(b"warned_days = 3", b"warned_days = 30"),
        LIMITS.replace(b"fresh_days", b"days_fresh"),
        LIMITS.replace(b"hidden_at = 3", b"hidden_at = 0"),
        LIMITS + LIMITS,
        b"limits = []",
    ],
)
def test_limits_that_contradict_themselves_are_refused(wrong: bytes) -> None:
    read(LIMITS)

    with pytest.raises(BadRules):
        read(wrong)


def test_a_day_has_no_tariff_change_before_all_tariffs() -> None:
    assert tariffs_changed_on(date(1900, 1, 1)) == date.min
    assert tariffs_changed_on(TODAY) <= TODAY - timedelta(days=1)
