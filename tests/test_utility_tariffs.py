"""What electricity and water may cost whoever rents, on a day."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longan.floor.living_costs.utility_tariffs import (
    InForce,
    Tariffs,
    check_electricity,
    check_electricity_month,
    check_water,
    electricity_on,
    read,
    tariffs,
)
from longan.floor.pay_and_days.dated_rules import BadRules, packaged

TODAY = date(2026, 11, 22)
FILE = packaged("utility_tariffs.toml").decode()

kwhs, peoples = st.integers(0, 2_000), st.integers(1, 20)


def law(day: date = TODAY) -> InForce:
    found = electricity_on(day)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("kwh", "people", "bill"),
    [(120, 4, 269_244), (200, 5, 465_075), (60, 1, 151_097)],
    ids=["one household", "five quarters", "a quarter"],
)
def test_the_bill_of_declared_tenants_in_numbers(kwh: int, people: int, bill: int) -> None:
    """Worked by hand: each tier times its price, the widths by quarters of a household, 8 % of tax."""
    assert law().shared_bill(kwh, people) == bill


def test_undeclared_tenants_pay_one_price() -> None:
    assert law().undeclared_bill(120) == 308_448


@given(kwhs, peoples)
def test_no_legal_bill_is_above_the_dearest_tier(kwh: int, people: int) -> None:
    assert law().most(kwh, people) <= kwh * law().top()


@given(kwhs, kwhs, peoples)
def test_more_use_costs_no_less(one: int, other: int, people: int) -> None:
    less, more = sorted((one, other))

    assert law().bill(less) <= law().bill(more)
    assert law().shared_bill(less, people) <= law().shared_bill(more, people)


@given(kwhs, st.integers(1, 19))
def test_more_declared_people_cost_no_more(kwh: int, people: int) -> None:
    assert law().shared_bill(kwh, people + 1) <= law().shared_bill(kwh, people)


@given(kwhs)
def test_four_people_count_as_a_household(kwh: int) -> None:
    assert law().shared_bill(kwh, 4) == law().bill(kwh)


@given(st.integers(1, 20_000), st.integers(1, 2_000), peoples)
def test_a_price_is_flagged_exactly_above_what_the_law_comes_to(price: int, kwh: int, people: int) -> None:
    flag = check_electricity(price, kwh, people, TODAY)

    if price > law().top():
        assert flag.verdict == "above_every_tier"
    else:
        assert (flag.verdict == "above_at_this_use") == (price * kwh > law().most(kwh, people))
    assert flag.legal is not None
    assert (flag.legal < price) == (flag.verdict != "within") or flag.legal == price


@given(st.integers(0, 3_000_000), kwhs, peoples)
def test_a_fixed_amount_is_flagged_like_its_price(amount: int, kwh: int, people: int) -> None:
    flag = check_electricity_month(amount, kwh, people, TODAY)

    assert (flag.verdict == "within") == (amount <= law().most(kwh, people))


def test_the_usual_four_thousand_is_above_any_legal_price_and_says_why() -> None:
    flag = check_electricity(4_000, 100, 2, TODAY)

    assert (flag.verdict, flag.legal) == ("above_every_tier", 3_737)
    assert any("60/2025/TT-BCT" in each for each in flag.law)
    assert any("133/2026/NĐ-CP" in each for each in flag.law)
    for words in (flag.landlord, flag.worker):
        assert "Điều 12" in words.vi and "3.737 đ" in words.vi and "3,737 đ" in words.en
    assert "phạt" in flag.landlord.vi and "phạt" not in flag.worker.vi


def test_the_dearest_tier_itself_is_not_above_it() -> None:
    assert check_electricity(3_737, 100, 2, TODAY).verdict == "above_at_this_use"
    assert check_electricity(3_738, 100, 2, TODAY).verdict == "above_every_tier"


@pytest.mark.parametrize(
    ("day", "verdict", "named"),
    [
        (date(2024, 10, 10), "unknown", None),
        (date(2024, 10, 11), "above_every_tier", "16/2014/TT-BCT"),
        (date(2025, 12, 1), "above_every_tier", "16/2014/TT-BCT"),
        (date(2025, 12, 2), "above_every_tier", "60/2025/TT-BCT"),
    ],
)
def test_each_day_is_judged_by_its_own_rules(day: date, verdict: str, named: str | None) -> None:
    flag = check_electricity(4_000, 100, 2, day)

    assert flag.verdict == verdict
    assert named is None or named in flag.law[0]
    assert (flag.legal is None) == (verdict == "unknown")


def test_the_tax_goes_up_when_its_reduction_ends() -> None:
    assert law(date(2026, 12, 31)).tax.percent == 8
    assert law(date(2027, 1, 1)).tax.percent == 10


@pytest.mark.parametrize(
    ("price", "day", "verdict"),
    [
        (15_000, TODAY, "within"), (15_001, TODAY, "above_frame"), (20_000, TODAY, "above_frame"),
        (20_000, date(2020, 1, 1), "unknown"),
    ],
)  # fmt: skip
def test_water_is_compared_with_the_frame(price: int, day: date, verdict: str) -> None:
    flag = check_water(price, day)

    assert flag.verdict == verdict
    if verdict == "above_frame":
        assert "không có quy định riêng" in flag.worker.vi


def test_the_file_says_from_where_each_figure_is() -> None:
    for name in Tariffs.__struct_fields__:
        assert all(each.law and each.source for each in getattr(tariffs(), name))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("widths = [50, 50, 100, 100, 100]", "widths = [50, 50, 100, 100]"),
        ("prices = [1984, 2050, 2380", "prices = [2050, 1984, 2380"),
        ("undeclared = 2380", "undeclared = 2381"),
        ("valid_to = 2025-05-09", "valid_to = 2025-05-10"),
        ("valid_to = 2025-05-09", "valid_to = 2025-05-08"),
        ("percent = 10", "percentage = 10"),
        ("most = 30000000", "most = 3000000"),
        ("[[water]]", "[[steam]]"),
    ],
)  # fmt: skip
def test_a_file_that_contradicts_itself_is_refused(before: str, after: str) -> None:
    assert before in FILE

    with pytest.raises(BadRules):
        read(FILE.replace(before, after).encode())
