"""Money as people say it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longan.floor.base.fields import MAX_DONG
from longan.floor.pay_and_days.money_said import IN_DONG_FROM, en, hear, vi

UNITS = {"tr": 10**6, "triệu": 10**6, "trieu": 10**6, "củ": 10**6, "k": 10**3, "nghìn": 10**3, "ngàn": 10**3}


@pytest.mark.parametrize(
    "said",
    [
        "1tr8", "1.8tr", "1,8 triệu", "1800k", "1.800k", "1.800.000", "1,800,000đ", "1 800 000 đ", "1800000", "1TR8",
        "1 triệu 800 ngàn", "1tr800k", "1tr800", "1tr80", "1tr8/tháng", "1,80 TRIỆU mỗi tháng", "1800 nghìn đồng",
        "1tr8", " 1.8 củ ",
    ],
)  # fmt: skip
def test_all_ways_to_say_one_million_eight_are_heard(said: str) -> None:
    assert hear(said).amount == 1_800_000


@pytest.mark.parametrize(
    ("said", "amount"),
    [("15 triệu", 15_000_000), ("1 triệu rưỡi", 1_500_000), ("1tr05", 1_050_000), ("500k", 500_000), ("0", 0),
     ("3.500đ", 3_500), ("1tr85", 1_850_000), ("1.850tr", 1_850_000), ("4tr5", 4_500_000)],
)  # fmt: skip
def test_what_is_said_plainly_is_taken(said: str, amount: int) -> None:
    assert hear(said).amount == amount


@pytest.mark.parametrize(
    ("said", "likely"),
    [("15", [1_500_000, 15_000_000]), ("2", [2_000_000]), ("1800", [1_800_000]), ("1.8", [1_800_000]),
     ("1,5", [1_500_000])],
)  # fmt: skip
def test_figures_alone_that_are_too_small_are_asked_back(said: str, likely: list[int]) -> None:
    heard = hear(said)

    assert heard.amount is None
    assert heard.likely == likely


@pytest.mark.parametrize(
    "said", ["", "abc", "-5tr", "1tr8tr", "1..8tr", "tr8", "999999999999tr", "1tr8 hoặc 2tr", "١tr", "1.23.456", "½tr"]
)
def test_what_is_no_amount_is_not_guessed(said: str) -> None:
    heard = hear(said)

    assert heard.amount is None
    assert heard.likely == []


def test_small_prices_are_taken_where_small_prices_are_usual() -> None:
    assert hear("3500", in_dong_from=500).amount == 3_500
    assert hear("3.500", in_dong_from=500).amount == 3_500


@given(st.integers(IN_DONG_FROM, MAX_DONG))
def test_what_is_written_is_read_again(amount: int) -> None:
    assert hear(vi(amount)).amount == hear(en(amount)).amount == hear(str(amount)).amount == amount


@given(st.integers(1, 999), st.sampled_from(sorted(UNITS)), st.sampled_from(["", " "]))
def test_a_number_with_its_unit_is_the_product(number: int, unit: str, between: str) -> None:
    assert hear(f"{number}{between}{unit}").amount == number * UNITS[unit]


@given(st.integers(1, 99), st.integers(1, 9))
def test_the_figure_behind_the_million_is_its_tenths(millions: int, tenths: int) -> None:
    expected = millions * 10**6 + tenths * 10**5

    said = [f"{millions}tr{tenths}", f"{millions}.{tenths}tr", f"{millions},{tenths} triệu", f"{millions}{tenths}00k"]

    assert {hear(each).amount for each in said} == {expected}


@given(st.text(max_size=20))
def test_nothing_breaks_it(text: str) -> None:
    heard = hear(text)

    assert heard.amount is None or 0 <= heard.amount <= MAX_DONG
    assert all(0 <= each <= MAX_DONG for each in heard.likely)
