"""What living in a room really costs in a month."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from longan.floor.living_costs.monthly_cost import KWH_A_PERSON, WATER_M3_A_PERSON, Living, RoomPrices, reckon
from longan.floor.living_costs.utility_tariffs import electricity_on

TODAY = date(2026, 11, 22)
ROOM = RoomPrices(
    rent=1_500_000, deposit=1_000_000, electricity_price=3_500, electricity_unit="kwh", water_price=100_000,
    water_unit="person_month", internet_fee=50_000, parking_fee=60_000, service_fee=20_000,
)  # fmt: skip
PRICES = ("rent", "deposit", "electricity_price", "water_price", "internet_fee", "parking_fee", "service_fee")

money = st.integers(0, 10**9)
rooms = st.builds(
    RoomPrices,
    rent=st.integers(1, 10**9),
    deposit=st.none() | money,
    electricity_price=st.none() | money,
    electricity_unit=st.sampled_from([None, "kwh", "state_tariff", "person_month", "room_month", "included"]),
    water_price=st.none() | money,
    water_unit=st.sampled_from([None, "m3", "person_month", "room_month", "included"]),
    internet_fee=st.none() | money,
    internet_unit=st.sampled_from(["room_month", "person_month"]),
    parking_fee=st.none() | money,
    service_fee=st.none() | money,
    service_unit=st.sampled_from(["room_month", "person_month"]),
)
lives = st.builds(
    Living,
    people=st.integers(1, 20),
    motorbikes=st.integers(0, 20),
    kwh=st.none() | st.integers(0, 2_000),
    water_m3=st.none() | st.integers(0, 200),
    months=st.integers(1, 60),
)


@given(rooms, lives)
def test_the_lines_come_to_the_total_and_never_below_the_rent(room: RoomPrices, living: Living) -> None:
    cost = reckon(room, living, TODAY)

    assert cost.total == sum(line.month or 0 for line in cost.lines) >= room.rent
    assert all(line.month is None or (type(line.month) is int and line.month >= 0) for line in cost.lines)
    assert all(line.vi and line.en for line in cost.lines)


@given(rooms, lives)
def test_the_shares_of_all_come_to_the_total_but_for_less_than_a_dong_each(room: RoomPrices, living: Living) -> None:
    cost = reckon(room, living, TODAY)

    assert 0 <= cost.per_person * living.people - cost.total < living.people


@given(rooms, lives)
def test_the_parts_of_the_deposit_come_to_the_deposit_but_for_less_than_a_dong_each(
    room: RoomPrices, living: Living
) -> None:
    cost = reckon(room, living, TODAY)

    part = next(line.month for line in cost.lines if line.part == "deposit")
    assert (part is None) == (room.deposit is None)
    if part is not None and room.deposit is not None:
        assert 0 <= part * living.months - room.deposit < living.months
    assert cost.first_month == cost.total - (part or 0) + (room.deposit or 0)


@given(rooms, lives, st.sampled_from(PRICES), st.integers(0, 10**6))
def test_a_higher_price_never_makes_it_cheaper(room: RoomPrices, living: Living, price: str, more: int) -> None:
    dearer = structs.replace(room, **{price: (getattr(room, price) or 0) + more})

    assert reckon(dearer, living, TODAY).total >= reckon(room, living, TODAY).total


@given(rooms, lives, st.sampled_from(["kwh", "water_m3", "motorbikes"]), st.integers(0, 500))
def test_more_use_never_makes_it_cheaper(room: RoomPrices, living: Living, use: str, more: int) -> None:
    known = structs.replace(living, kwh=living.kwh or 0, water_m3=living.water_m3 or 0)
    greater = structs.replace(known, **{use: getattr(known, use) + more})

    assert reckon(room, greater, TODAY).total >= reckon(room, known, TODAY).total


@given(rooms, lives)
def test_what_is_not_said_is_no_nought(room: RoomPrices, living: Living) -> None:
    cost = reckon(room, living, TODAY)
    by_part = {line.part: line.month for line in cost.lines}

    assert cost.is_complete == (by_part["electricity"] is not None and by_part["water"] is not None)
    assert (by_part["parking"] is None) == (room.parking_fee is None)
    assert (by_part["service"] is None) == (room.service_fee is None)
    if room.water_price is None and room.water_unit != "included":
        assert by_part["water"] is None


def test_a_room_for_two_in_numbers() -> None:
    cost = reckon(ROOM, Living(people=2, motorbikes=2), TODAY)

    assert {line.part: line.month for line in cost.lines} == {
        "rent": 1_500_000, "electricity": 350_000, "water": 200_000, "internet": 50_000, "parking": 120_000,
        "service": 20_000, "deposit": 83_334,
    }  # fmt: skip
    assert (cost.total, cost.per_person, cost.first_month) == (2_323_334, 1_161_667, 3_240_000)
    assert (cost.kwh, cost.water_m3, cost.assumed) == (2 * KWH_A_PERSON, 2 * WATER_M3_A_PERSON, True)
    assert cost.lines[1].vi == "Điện: 100 kWh × 3.500 đ = 350.000 đ"
    assert cost.lines[1].en == "Electricity: 100 kWh × 3,500 đ = 350,000 đ"


def test_the_tariff_of_the_state_is_reckoned_by_its_tiers() -> None:
    law = electricity_on(TODAY)
    assert law is not None

    cost = reckon(structs.replace(ROOM, electricity_unit="state_tariff"), Living(people=2), TODAY)

    assert cost.lines[1].month == law.shared_bill(100, 2)
    assert "1279/QĐ-BCT" in cost.lines[1].vi


def test_the_tariff_of_a_day_of_which_none_is_known_leaves_the_cost_incomplete() -> None:
    cost = reckon(structs.replace(ROOM, electricity_unit="state_tariff"), Living(), date(2020, 1, 1))

    assert cost.lines[1].month is None
    assert not cost.is_complete


@pytest.mark.parametrize(
    ("price", "unit", "verdicts"),
    [
        (4_000, "kwh", ["above_every_tier"]), (3_500, "kwh", ["above_at_this_use"]), (2_500, "kwh", []),
        (200_000, "room_month", []), (200_000, "person_month", ["above_every_tier"]), (4_000, "state_tariff", []),
        (None, "kwh", []),
    ],
)  # fmt: skip
def test_prices_above_the_legal_ones_are_flagged(price: int | None, unit: str, verdicts: list[str]) -> None:
    room = structs.replace(ROOM, electricity_price=price, electricity_unit=unit)

    assert [flag.verdict for flag in reckon(room, Living(people=2), TODAY).flags] == verdicts
