"""The way to work and what it costs in a month."""

import math
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longan.floor.living_costs.commute import (
    NAMES,
    Mode,
    TravelRate,
    costs,
    days_a_month,
    rate_on,
    read,
    reckon,
    straight_metres,
)
from longan.floor.pay_and_days.dated_rules import BadRules, packaged

TODAY = date(2026, 11, 22)
FILE = packaged("travel_costs.toml").decode()

modes = st.sampled_from(sorted(NAMES))
metres = st.integers(0, 150_000)
latitudes, longitudes = st.floats(10.3, 11.8), st.floats(105.5, 107.0)


def rate(mode: Mode) -> TravelRate:
    found = rate_on(mode, TODAY)
    assert found is not None
    return found


@given(latitudes, longitudes, latitudes, longitudes)
def test_the_straight_line_is_the_great_circle_to_a_few_metres(
    lat: float, lon: float, to_lat: float, to_lon: float
) -> None:
    phi, to_phi = math.radians(lat), math.radians(to_lat)
    half = math.sin((to_phi - phi) / 2) ** 2
    half += math.cos(phi) * math.cos(to_phi) * math.sin(math.radians(to_lon - lon) / 2) ** 2
    great_circle = 2 * 6_378_168 * math.asin(math.sqrt(half))

    straight = straight_metres(lat, lon, to_lat, to_lon)

    assert abs(straight - great_circle) <= 1 + (great_circle / 100_000) ** 3 * 1.1
    assert straight == straight_metres(to_lat, to_lon, lat, lon)


def test_no_way_is_no_way() -> None:
    assert straight_metres(10.6, 106.5, 10.6, 106.5) == 0
    assert reckon(rate("motorbike"), 0, 26).month == 0


@given(modes, metres, metres, st.integers(1, 31))
def test_a_longer_way_costs_no_less_and_lasts_no_less(mode: Mode, one: int, other: int, days: int) -> None:
    short, long = (reckon(rate(mode), way, days) for way in sorted((one, other)))

    assert short.month <= long.month
    assert short.road_m <= long.road_m
    assert short.minutes <= long.minutes


@given(modes, metres, st.integers(1, 30))
def test_one_day_more_costs_no_less(mode: Mode, way: int, days: int) -> None:
    assert reckon(rate(mode), way, days).month <= reckon(rate(mode), way, days + 1).month


@given(modes, metres, st.integers(1, 31))
def test_the_ground_is_never_shorter_than_the_straight_line_and_never_said_more_exactly(
    mode: Mode, way: int, days: int
) -> None:
    commute = reckon(rate(mode), way, days)

    assert way <= commute.road_m <= way * 1.35 + 100
    assert commute.road_m % 100 == 0
    assert "135%" in commute.method_vi and "135%" in commute.method_en


def test_ten_kilometres_by_motorbike_in_numbers() -> None:
    commute = reckon(rate("motorbike"), 10_000, 26, rough=True)

    assert (commute.road_m, commute.month, commute.minutes) == (13_500, 421_200, 33)
    assert commute.vi == "Đi làm bằng xe máy: 13,5 km mỗi lượt, 2 lượt × 26 ngày × 600 đ/km = 421.200 đ"
    assert "tâm xã" in commute.method_vi and "middle of a ward" in commute.method_en


@pytest.mark.parametrize(("way", "fare"), [(9_000, 10_000), (9_700, 15_000), (25_000, 20_000)])
def test_a_bus_goes_by_its_fares(way: int, fare: int) -> None:
    assert reckon(rate("bus"), way, 26).month == 2 * 26 * fare


@pytest.mark.parametrize(("week_days", "days"), [(None, 26), (6, 26), (5, 22), (7, 31), (1, 5)])
def test_the_days_of_a_month_follow_from_those_of_a_week(week_days: int | None, days: int) -> None:
    assert days_a_month(week_days) == days


def test_a_day_of_which_no_price_is_known_has_no_rate() -> None:
    assert rate_on("bus", date(2018, 5, 31)) is None
    assert rate_on("motorbike", date(2020, 12, 31)) is None


def test_each_price_says_where_it_is_from() -> None:
    assert all(each.source for name in NAMES for each in getattr(costs(), name))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{ fare = 20000 }", "{ up_to_m = 30000, fare = 20000 }"),
        ("up_to_m = 26000, fare = 15000", "up_to_m = 12000, fare = 15000"),
        ("up_to_m = 26000, fare = 15000", "up_to_m = 26000, fare = 5000"),
        ("up_to_m = 26000, ", ""),
        ("road_percent = 135", "road_percent = 99"),
        ("[[walking]]", "[[swimming]]"),
    ],
)
def test_a_file_that_contradicts_itself_is_refused(before: str, after: str) -> None:
    assert before in FILE

    with pytest.raises(BadRules):
        read(FILE.replace(before, after).encode())
