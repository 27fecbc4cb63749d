"""The minimum wage of a ward on a day, and who keeps it."""

from datetime import UTC, date, datetime

import asyncpg
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longan.floor.pay_and_days import pay, wages
from longan.floor.pay_and_days.pay import PayIn
from longan.floor.pay_and_days.wages import BelowMinimumWage, MinimumWage

LIST = date(2025, 7, 1)
LONG_AN, TAN_BIEN, UNKNOWN = "27694", "25486", "99999"
TODAY = date(2026, 11, 22)
REGION_1 = MinimumWage(1, 5_310_000, 25_500, "NĐ 293/2025/NĐ-CP", date(2026, 1, 1), None)


@pytest.mark.parametrize(
    ("day", "month_vnd", "decree"),
    [
        (date(2025, 6, 30), None, None),
        (date(2025, 7, 1), 4_960_000, "NĐ 74/2024/NĐ-CP"),
        (date(2025, 12, 31), 4_960_000, "NĐ 74/2024/NĐ-CP"),
        (date(2026, 1, 1), 5_310_000, "NĐ 293/2025/NĐ-CP"),
        (date(2031, 1, 1), 5_310_000, "NĐ 293/2025/NĐ-CP"),
    ],
)
async def test_each_day_has_the_decree_in_force(
    conn: asyncpg.Connection, day: date, month_vnd: int | None, decree: str | None
) -> None:
    found = await wages.floor_of(conn, LIST, LONG_AN, day)

    assert (found and found.month_vnd, found and found.decree) == (month_vnd, decree)


async def test_a_new_decree_and_a_new_region_take_over_on_their_day(conn: asyncpg.Connection) -> None:
    await conn.execute("update reference.minimum_wages set valid_to = '2026-12-31' where valid_to is null")
    await conn.execute(
        """insert into reference.minimum_wages (valid_from, region, month_vnd, hour_vnd, decree)
           select '2027-01-01', r, 6000000 - r, 29000, 'NĐ mới' from generate_series(1, 4) r"""
    )
    await conn.execute(
        """insert into reference.wage_regions (ward_version, ward_code, valid_from, region, decree)
           values ('2025-07-01', $1, '2027-01-01', 2, 'NĐ mới')""",
        LONG_AN,
    )

    last, first = [await wages.floor_of(conn, LIST, LONG_AN, day) for day in (date(2026, 12, 31), date(2027, 1, 1))]

    assert last is not None and (last.region, last.month_vnd) == (1, 5_310_000)
    assert first is not None and (first.region, first.month_vnd) == (2, 5_999_998)


async def test_a_decree_that_ended_holds_no_longer(conn: asyncpg.Connection) -> None:
    await conn.execute("update reference.minimum_wages set valid_to = '2026-12-31' where valid_to is null")

    assert await wages.floor_of(conn, LIST, LONG_AN, date(2026, 12, 31)) is not None
    assert await wages.floor_of(conn, LIST, LONG_AN, date(2027, 1, 1)) is None


async def test_of_two_decrees_without_an_end_the_newer_one_holds(conn: asyncpg.Connection) -> None:
    await conn.execute(
        """insert into reference.minimum_wages (valid_from, region, month_vnd, hour_vnd, decree)
           select '2027-01-01', r, 6000000, 29000, 'NĐ mới' from generate_series(1, 4) r"""
    )

    found = await wages.floor_of(conn, LIST, LONG_AN, date(2027, 1, 1))

    assert found is not None and found.decree == "NĐ mới"


async def test_many_wards_are_asked_for_in_one_question(conn: asyncpg.Connection) -> None:
    asked = [(LIST, LONG_AN), (LIST, TAN_BIEN), (LIST, UNKNOWN), (date(2024, 12, 1), "27691")] * 500
    before = conn.round_trips  # type: ignore[attr-defined]

    found = await wages.floors_of(conn, asked, TODAY)

    assert conn.round_trips == before + 1  # type: ignore[attr-defined]
    assert {ward: least.region for ward, least in found.items()} == {(LIST, LONG_AN): 1, (LIST, TAN_BIEN): 3}


async def test_pay_below_the_floor_is_refused_with_the_law(conn: asyncpg.Connection) -> None:
    with pytest.raises(BelowMinimumWage) as refused:
        await wages.demand(conn, PayIn(base=5_309_999, allowances=9_000_000), None, None, LIST, LONG_AN, TODAY)

    assert refused.value.status == 422
    assert refused.value.errors[0].pointer == "/pay/base"
    assert refused.value.members == {
        "ward_code": LONG_AN, "region": 1, "month_vnd": 5_310_000, "hour_vnd": 25_500, "decree": "NĐ 293/2025/NĐ-CP",
        "valid_from": date(2026, 1, 1), "valid_to": None, "law": "BLLĐ 2019 Điều 90-91",
    }  # fmt: skip


async def test_the_same_pay_may_be_enough_in_another_region(conn: asyncpg.Connection) -> None:
    await wages.demand(conn, PayIn(base=4_140_000), None, None, LIST, TAN_BIEN, TODAY)


@pytest.mark.parametrize("ward_code", [UNKNOWN, "00001"])
async def test_where_no_list_has_the_ward_nothing_is_demanded(conn: asyncpg.Connection, ward_code: str) -> None:
    await wages.demand(conn, PayIn(base=1), None, None, LIST, ward_code, TODAY)


@pytest.mark.parametrize(
    ("asked", "week_hours", "kept"),
    [
        (PayIn(base=5_310_000), None, True),
        (PayIn(base=5_309_999), None, False),
        (PayIn(base=5_310_000), 40, True),
        (PayIn(base=5_309_999, allowances=1_000_000, attendance=500_000), 48, False),
        (PayIn(min=5_000_000, max=12_000_000), None, False),
        (PayIn(max=5_000_000), None, False),
        (PayIn(max=6_000_000), None, True),
        (PayIn(base=25_500, period="hour"), None, True),
        (PayIn(base=25_499, period="hour"), None, False),
        (PayIn(base=204_000, period="day"), None, True),
        (PayIn(base=203_999, period="day"), None, False),
        (PayIn(base=25_500 * 48, period="week"), 48, True),
        (PayIn(base=2_652_000), 24, True),  # half the week, half the pay
        (PayIn(base=2_000_000), 24, False),
        (PayIn(base=6_000_000), 72, False),
        (PayIn(base=200, currency="USD"), None, None),
        (PayIn(base=10, period="piece"), None, None),
        (PayIn(), None, None),
    ],
)
def test_what_is_compared_is_the_work_at_normal_hours(asked: PayIn, week_hours: int | None, kept: bool | None) -> None:
    assert wages.is_kept(asked, week_hours, None, REGION_1) is kept


@given(
    st.integers(1, 10**9), st.integers(0, 10**9), st.sampled_from(["hour", "day", "week", "month"]),
    st.none() | st.integers(1, 72), st.none() | st.integers(1, 7),
)  # fmt: skip
def test_whoever_pays_more_keeps_it_too(
    base: int, more: int, period: pay.Period, week_hours: int | None, week_days: int | None
) -> None:
    asked = PayIn(base=base, period=period)

    if wages.is_kept(asked, week_hours, week_days, REGION_1):
        assert wages.is_kept(msgspec.structs.replace(asked, base=base + more), week_hours, week_days, REGION_1)


def test_the_day_is_that_of_viet_nam() -> None:
    assert wages.day_of(datetime(2025, 12, 31, 17, tzinfo=UTC)) == date(2026, 1, 1)
    assert wages.day_of(datetime(2025, 12, 31, 16, 59, tzinfo=UTC)) == date(2025, 12, 31)


@pytest.mark.parametrize(
    ("month", "week_days", "kept"),
    [
        (2_652_000, 3, True),
        (2_651_999, 3, False),
        (4_420_000, 5, False),
        (5_310_000, 5, True),
        (5_309_999, None, False),
    ],
)
def test_a_part_of_the_week_is_paid_by_its_hours_also_where_only_the_days_are_said(
    month: int, week_days: int | None, kept: bool
) -> None:
    assert wages.is_kept(PayIn(min=month), None, week_days, REGION_1) is kept
