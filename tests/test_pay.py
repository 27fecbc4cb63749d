"""The laws of effective pay: whole đồng, more is more, and every way to say the same pay comes to the same."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longan.floor.base.errors import InvalidRequest
from longan.floor.base.fields import MAX_DONG
from longan.floor.pay_and_days import pay
from longan.floor.pay_and_days.pay import PayIn, comparable, hours_thirds, least_overtime, month_thirds
from longan.floor.pay_and_days.pay_words import explain

amounts = st.integers(1, MAX_DONG)
parts = st.none() | st.integers(0, MAX_DONG)
hours = st.none() | st.integers(1, 72)
days = st.none() | st.integers(1, 7)
pays = st.builds(
    PayIn, min=st.none() | amounts, max=st.none() | amounts, currency=st.sampled_from(["VND", "USD"]),
    period=st.sampled_from(["hour", "day", "week", "month", "piece"]), base=st.none() | amounts, allowances=parts,
    attendance=parts, overtime=parts, overtime_hours=st.none() | st.integers(1, 100), deductions=parts,
)  # fmt: skip
based = st.builds(
    PayIn, period=st.sampled_from(["hour", "day", "week", "month"]), base=amounts, allowances=parts, attendance=parts,
    overtime=parts, overtime_hours=st.none() | st.integers(1, 100), deductions=parts,
)  # fmt: skip


def faults(asked: PayIn, week_hours: int | None = None) -> list[tuple[str, str]]:
    with pytest.raises(InvalidRequest) as refused:
        pay.check(asked, week_hours=week_hours)
    return [(error.pointer, error.code) for error in refused.value.errors]


@given(pays, hours, days)
def test_the_figures_are_whole_dong_and_never_less_than_one(
    asked: PayIn, week: int | None, of_days: int | None
) -> None:
    worth = comparable(asked, week, of_days)

    for figure in (worth.month, worth.hour):
        assert figure is None or (type(figure) is int and 0 < figure < 2**63)
    assert worth.month is not None or worth.hour is None


@given(pays, hours, days, st.sampled_from(["base", "min", "allowances", "attendance", "overtime"]), amounts)
def test_more_of_any_part_is_never_less(
    asked: PayIn, week: int | None, of_days: int | None, part: str, more: int
) -> None:
    had = getattr(asked, part)
    if part in ("base", "min") and had is None:
        return

    raised = comparable(msgspec.structs.replace(asked, **{part: (had or 0) + more}), week, of_days)

    before = comparable(asked, week, of_days)
    assert (raised.month or 0) >= (before.month or 0)
    assert (raised.hour or 0) >= (before.hour or 0)


@given(based, hours, days, amounts)
def test_with_a_base_each_dong_of_a_part_counts(asked: PayIn, week: int | None, of_days: int | None, more: int) -> None:
    before = comparable(asked, week, of_days).month
    if before is None:
        return
    for part in ("allowances", "attendance", "overtime"):
        raised = msgspec.structs.replace(asked, **{part: (getattr(asked, part) or 0) + more})
        assert comparable(raised, week, of_days).month == before + more


@given(pays, hours, days, amounts)
def test_deductions_lower_it(asked: PayIn, week: int | None, of_days: int | None, more: int) -> None:
    before = comparable(asked, week, of_days)

    after = comparable(msgspec.structs.replace(asked, deductions=(asked.deductions or 0) + more), week, of_days)

    if before.month is not None:
        assert (after.month or 0) == max(before.month - more, 0)
    else:
        assert after.month is None


@given(based, hours, days)
def test_an_hour_times_the_hours_is_the_month(asked: PayIn, week: int | None, of_days: int | None) -> None:
    worth = comparable(asked, week, of_days)
    if worth.month is None:
        return
    thirds = hours_thirds(week, of_days, asked.overtime_hours)

    # Both are rounded down, from the same sum in thirds of a đồng.
    assert (worth.hour or 0) * thirds <= 3 * worth.month + 2
    assert 3 * worth.month < ((worth.hour or 0) + 1) * thirds


@given(amounts, st.integers(1, 72), st.integers(1, 7))
def test_an_hour_a_day_and_a_week_that_are_the_same_pay_come_to_the_same_month(hour: int, week: int, days: int) -> None:
    of_week = comparable(PayIn(base=hour * week, period="week"), week, days)

    assert comparable(PayIn(base=hour, period="hour"), week, days) == of_week
    assert of_week.hour == hour
    if week % days == 0:
        assert comparable(PayIn(base=hour * week // days, period="day"), week, days) == of_week
    if of_week.month is not None and hour * week * 13 % 3 == 0:
        assert comparable(PayIn(base=of_week.month, period="month"), week, days) == of_week


@given(amounts, hours, days)
def test_a_month_is_fifty_two_weeks_by_twelve(amount: int, week: int | None, of_days: int | None) -> None:
    assert month_thirds(amount, "week", week, of_days) * 12 == amount * 52 * 3


@given(based, hours, days, st.integers(1, 100), st.integers(1, 100))
def test_more_hours_of_overtime_for_the_same_money_make_the_hour_no_dearer(
    asked: PayIn, week: int | None, of_days: int | None, some: int, more: int
) -> None:
    few, many = sorted((some, more))

    short = comparable(msgspec.structs.replace(asked, overtime_hours=few), week, of_days)
    long = comparable(msgspec.structs.replace(asked, overtime_hours=many), week, of_days)

    assert (long.hour or 0) <= (short.hour or 0)
    assert long.month == short.month


@given(pays, hours, days)
def test_dollars_and_the_piece_never_become_dong(asked: PayIn, week: int | None, of_days: int | None) -> None:
    if asked.currency == "USD" or asked.period == "piece":
        assert comparable(asked, week, of_days) == pay.NOTHING


@given(pays, hours, days)
def test_only_an_upper_end_is_nothing_to_rely_on(asked: PayIn, week: int | None, of_days: int | None) -> None:
    assert comparable(msgspec.structs.replace(asked, base=None, min=None), week, of_days) == pay.NOTHING


@given(pays, hours, days)
def test_the_lines_add_up_to_the_month(asked: PayIn, week: int | None, of_days: int | None) -> None:
    worth, lines = comparable(asked, week, of_days), explain(asked, week, of_days)

    assert all(type(line.month) is int and line.vi and line.en for line in lines)
    if worth.month is not None:
        assert sum(line.month for line in lines) == worth.month
    else:
        assert sum(line.month for line in lines) <= 0


@given(pays, hours, days)
def test_whatever_passes_the_check_is_bounded_and_consistent(
    asked: PayIn, week: int | None, of_days: int | None
) -> None:
    try:
        pay.check(asked, week_hours=week, week_days=of_days)
    except InvalidRequest:
        return
    assert asked.min is None or asked.max is None or asked.min <= asked.max
    assert (asked.overtime is None) == (asked.overtime_hours is None)
    if asked.currency == "VND" and asked.period != "piece":
        assert (asked.overtime or 0) >= (least_overtime(asked, week, of_days) if asked.overtime_hours else 0)
        assert (comparable(asked, week, of_days).month is None) == (asked.base is None and asked.min is None)


def test_what_the_law_calls_the_hour_of_region_one_is_208_hours_a_month() -> None:
    assert comparable(PayIn(base=25_500, period="hour"), None, None) == pay.Comparable(25_500 * 208, 25_500)


def test_a_worked_example_by_hand() -> None:
    asked = PayIn(
        base=5_800_000, allowances=700_000, attendance=500_000, overtime=1_500_000, overtime_hours=30,
        deductions=609_000,
    )  # fmt: skip

    assert comparable(asked, 48, 6) == pay.Comparable(7_891_000, 7_891_000 // 238)
    assert comparable(asked, 40, 5).hour == 7_891_000 * 3 // (40 * 13 + 90)


def test_a_range_counts_by_its_lower_end_without_the_parts_it_may_hold() -> None:
    asked = PayIn(min=8_000_000, max=12_000_000, allowances=500_000, deductions=300_000)

    assert comparable(asked, None, None).month == 7_700_000


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (PayIn(), [("/pay/min", "required")]),
        (PayIn(min=9, max=8), [("/pay/max", "too_small")]),
        (PayIn(base=9, max=8), [("/pay/base", "too_large")]),
        (PayIn(base=900, currency="USD", allowances=500_000), [("/pay/allowances", "mixed_currency")]),
        (PayIn(base=6_000_000, overtime=1), [("/pay/overtime_hours", "needs_both")]),
        (PayIn(base=6_000_000, overtime_hours=9), [("/pay/overtime", "needs_both")]),
        (PayIn(base=6_000_000, overtime=9_000_000, overtime_hours=61), [("/pay/overtime_hours", "too_large")]),
        (PayIn(base=6_000_000, deductions=6_000_000), [("/pay/deductions", "too_large")]),
        (PayIn(min=6_000_000, deductions=6_000_000), [("/pay/deductions", "too_large")]),
    ],
)
def test_what_contradicts_itself_is_refused_by_name(asked: PayIn, found: list[tuple[str, str]]) -> None:
    assert faults(asked) == found


def test_overtime_below_one_and_a_half_hours_pay_is_refused() -> None:
    # 6,240,000 by 208 hours is 30,000 an hour, 45,000 an hour of overtime.
    lawful = PayIn(base=6_240_000, overtime=450_000, overtime_hours=10)

    pay.check(lawful)
    assert faults(msgspec.structs.replace(lawful, overtime=449_999)) == [("/pay/overtime", "too_small")]
    assert faults(lawful, week_hours=40) == [("/pay/overtime", "too_small")]
