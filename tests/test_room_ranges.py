"""Amounts of a room: outside the world's ranges the field is named, what is likely a slip is asked back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from longan.floor.base.errors import InvalidRequest
from longan.floor.housing.room_ranges import RANGES, Amounts, AmountsDoubted, check, doubts_of, faults

ROOM = Amounts(rent=1_500_000, area_m2=12.0, deposit=1_500_000, electricity_price=3_500, max_people=2)


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("rent", 299_999, "too_small"), ("rent", 30_000_001, "too_large"), ("rent", 0, "too_small"),
        ("area_m2", 4.9, "too_small"), ("area_m2", 200.1, "too_large"), ("max_people", 0, "too_small"),
        ("electricity_price", 35, "too_small"), ("water_price", 1, "too_small"), ("service_fee", -1, "too_small"),
    ],
)  # fmt: skip
def test_what_is_outside_its_range_is_named(field: str, value: float, code: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        check(structs.replace(ROOM, **{field: value}), pointer="/listing")

    assert [(error.pointer, error.code) for error in refused.value.errors] == [(f"/listing/{field}", code)]


def test_fifteen_million_for_twelve_square_metres_is_asked_back_with_one_and_a_half() -> None:
    with pytest.raises(AmountsDoubted) as asked:
        check(structs.replace(ROOM, rent=15_000_000))

    (doubt,) = asked.value.members["doubts"]  # type: ignore[misc]
    assert (doubt.field, doubt.said, doubt.meant) == ("rent", 15_000_000, 1_500_000)
    assert "1.500.000 đ" in doubt.vi and "1,500,000 đ" in doubt.en


def test_whoever_is_sure_is_believed() -> None:
    check(structs.replace(ROOM, rent=15_000_000), sure=["rent"])


def test_a_whole_house_may_cost_so_much() -> None:
    check(structs.replace(ROOM, rent=15_000_000, area_m2=30.0, whole=True))


@pytest.mark.parametrize(
    ("change", "meant"),
    [
        ({"electricity_price": 35_000}, 3_500), ({"electricity_price": 500}, 5_000),
        ({"deposit": 15_000_000}, 1_500_000), ({"rent": 300_000, "area_m2": 20.0}, 3_000_000),
    ],
)  # fmt: skip
def test_other_slips_of_a_nought_are_asked_back(change: dict[str, float], meant: int) -> None:
    found = [doubt for doubt in doubts_of(structs.replace(ROOM, **change)) if doubt.field in change]

    assert [doubt.meant for doubt in found] == [meant]


def test_an_ordinary_room_is_not_doubted() -> None:
    check(ROOM)


@given(
    st.integers(*RANGES["rent"]), st.integers(50, 2_000).map(lambda tenths: tenths / 10), st.integers(500, 20_000)
)  # fmt: skip
def test_what_is_suggested_would_not_be_doubted_again(rent: int, area: float, price: int) -> None:
    amounts = Amounts(rent=rent, area_m2=area, electricity_price=price)
    assert faults(amounts) == []

    meant = {doubt.field: doubt.meant for doubt in doubts_of(amounts) if doubt.meant is not None}

    again = doubts_of(structs.replace(amounts, **meant))
    assert not {doubt.field for doubt in again} & set(meant)


@given(st.integers(10_000_001, 30_000_000))
def test_fifteen_million_for_a_room_whose_area_is_not_said_is_asked_back_too(rent: int) -> None:
    (doubt,) = doubts_of(Amounts(rent=rent))

    assert (doubt.field, doubt.meant) == ("rent", rent // 10)
    assert doubts_of(Amounts(rent=rent, whole=True)) == []
    assert doubts_of(Amounts(rent=rent // 10)) == []
