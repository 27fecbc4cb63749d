"""What living in a place costs in a month."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from longan.housing.domain import KWH_A_PERSON, WATER_M3_A_PERSON, monthly_cost, tariff_on
from longan.housing.models import Advertised

TODAY = date(2026, 11, 2)
NOON = datetime(2026, 11, 2, 5, tzinfo=UTC)

PLACE = Advertised(
    id=uuid4(), title="Phòng trọ 18 m2", kind="room", ward_code="27991", province_code="80", lat=None, lon=None,
    place_source="owner", rent=1_500_000, deposit=None, area_m2=18.0, electricity_per_kwh=3_500, water_price=20_000,
    water_unit="m3", service_fee=50_000, has_loft=None, private_bathroom=None, free_hours=None, near_park=True,
    published_at=NOON, updated_at=NOON, version=1,
)  # fmt: skip

money = st.integers(0, 2**63 - 1)
places = st.builds(
    lambda **said: structs.replace(PLACE, **said),
    rent=st.integers(1, 2**63 - 1),
    service_fee=st.none() | money,
    electricity_per_kwh=st.none() | money,
    water_price=st.none() | money,
    water_unit=st.sampled_from([None, "m3", "person_month", "room_month"]),
)
days = st.dates(date(2020, 1, 1), date(2040, 1, 1))


@given(places, st.integers(1, 20), days)
def test_the_total_is_the_sum_of_what_is_shown(place: Advertised, persons: int, day: date) -> None:
    cost = monthly_cost(place, persons, day)

    parts = (cost.rent, cost.service_fee, cost.electricity, cost.water)
    assert cost.total == sum(part for part in parts if part is not None)
    assert all(type(part) is int for part in (*parts, cost.total) if part is not None)
    assert cost.total >= place.rent
    assert cost.is_complete == (cost.electricity is not None and cost.water is not None)
    assert (cost.electricity is None) == (place.electricity_per_kwh is None)
    assert (cost.kwh, cost.water_m3) == (persons * KWH_A_PERSON, persons * WATER_M3_A_PERSON)


@given(places, st.integers(1, 19), days)
def test_one_person_more_never_makes_it_cheaper(place: Advertised, persons: int, day: date) -> None:
    assert monthly_cost(place, persons, day).total <= monthly_cost(place, persons + 1, day).total


@given(places, st.integers(1, 20), days)
def test_the_flag_follows_the_rule_in_force_on_that_day(place: Advertised, persons: int, day: date) -> None:
    cost, tariff = monthly_cost(place, persons, day), tariff_on(day)

    assert cost.tariff == tariff
    if tariff is None or place.electricity_per_kwh is None:
        assert cost.electricity_above_tariff is None
    else:
        assert tariff.valid_from <= day
        assert cost.electricity_above_tariff == (place.electricity_per_kwh > tariff.top_tier_per_kwh)


def test_an_estimate_in_numbers() -> None:
    cost = monthly_cost(PLACE, 2, TODAY)

    assert cost.electricity == 350_000
    assert cost.water == 160_000
    assert cost.total == 1_500_000 + 50_000 + 350_000 + 160_000
    assert cost.is_complete


@pytest.mark.parametrize(
    ("unit", "water"), [("m3", 160_000), ("person_month", 40_000), ("room_month", 20_000), (None, None)]
)
def test_water_is_paid_by_its_unit(unit: str | None, water: int | None) -> None:
    assert monthly_cost(structs.replace(PLACE, water_unit=unit), 2, TODAY).water == water


@pytest.mark.parametrize(
    ("price", "day", "above"),
    [
        (3_460, TODAY, False),
        (3_461, TODAY, True),
        (4_000, TODAY, True),
        (4_000, date(2025, 12, 1), None),
        (4_000, date(2025, 12, 2), True),
        (None, TODAY, None),
    ],
)
def test_a_price_above_the_top_tier_is_flagged(price: int | None, day: date, above: bool | None) -> None:
    assert monthly_cost(structs.replace(PLACE, electricity_per_kwh=price), 1, day).electricity_above_tariff is above
