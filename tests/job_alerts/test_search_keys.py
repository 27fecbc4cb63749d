"""The keys of a search: whatever the search finds has one of them."""

from math import asin, cos, degrees, radians, sin, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longan.floor.search import queries, search_keys

SHARES = {"cong": 0.7, "nhan": 0.6, "may": 0.1, "ty": 0.9, "maymac": 0.01}


@pytest.mark.parametrize(
    ("tsquery", "keys"),
    [
        ("cong & nhan & may:*", ["p:may"]),
        ("cong", ["w:cong"]),
        ("cong & qxz", ["w:qxz"]),
        ("(may | cong) & nhan", ["w:nhan"]),
        ("(may | qxz) & nhan", ["w:may", "w:qxz"]),
        ("(cong <-> nhan) & !may", ["w:nhan"]),
        ("!may", ["*"]),
        ("may | !cong", ["*"]),
        ("((cong & may) | (qxz <-> ty))", ["w:may", "w:qxz"]),
        ("abcdefghijk:*", ["p:abcdefgh"]),
        ("!(cong <-> may) & ty", ["w:ty"]),
        ("ky | ki:*", ["p:ki", "w:ky"]),
    ],
)
def test_the_rarest_that_is_demanded_is_chosen(tsquery: str, keys: list[str]) -> None:
    assert search_keys.rarest([search_keys.of_words(tsquery, SHARES)]) == keys


@pytest.mark.parametrize("tsquery", ["(may", "may &", "& may", "may cong", "may)", "!"])
def test_what_is_no_query_is_refused(tsquery: str) -> None:
    with pytest.raises(ValueError, match="a query"):
        search_keys.of_words(tsquery, SHARES)


@given(st.text(max_size=80))
def test_whatever_somebody_types_has_keys(q: str) -> None:
    written = queries.tsquery(q)

    keys = search_keys.rarest([search_keys.of_words(written, SHARES)])

    said = search_keys.words_of(written)
    assert keys == ["*"] or {key[2:] for key in keys} <= {*said, *(word[:8] for word in said)}


@given(
    st.floats(-89, 89), st.floats(-180, 180), st.floats(1, 100_000), st.floats(0, 1), st.floats(-1, 1),
)  # fmt: skip
def test_a_point_within_a_circle_lies_in_one_of_its_squares(
    lat: float, lon: float, metres: float, share: float, east: float
) -> None:
    cover = search_keys.of_circle(lat, lon, metres)
    if cover is None:
        return
    # A point at most `metres` away: some way north or south, the rest east or west.
    earth = 6_378_168.0
    north = lat + (share * 2 - 1) * degrees(metres / earth)
    half = sin(metres / earth / 2) ** 2 - sin(radians(north - lat) / 2) ** 2
    reach = sqrt(max(half, 0.0) / (cos(radians(lat)) * cos(radians(north))))
    far = degrees(2 * asin(min(reach, 1.0))) * east

    key = f"c:{int(north * 5 // 1)}/{int((lon + far) * 5 // 1)}"

    assert key in cover


def test_a_circle_around_a_pole_or_the_dates_line_has_no_squares() -> None:
    assert search_keys.of_circle(89.9, 0, 10_000) is None
    assert search_keys.of_circle(10, 179.99, 10_000) is None
    assert search_keys.rarest([search_keys.of_circle(10, 179.99, 10_000)]) == ["*"]


def test_more_keys_than_an_index_likes_are_none() -> None:
    cover = search_keys.of_places([f"2025-07-01/{number:05d}" for number in range(201)])

    assert search_keys.rarest([cover]) == ["*"]
