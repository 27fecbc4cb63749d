"""What is asked back before anything is kept."""

from typing import Any

import httpx
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from longan.floor.housing.housing_costs import Asked, reckoned
from longan.floor.housing.room_ranges import RANGES
from longan.floor.pay_and_days.wages import day_of
from longan.rooms.listings.domain import checked
from longan.rooms.listings.models import CheckIn, SaidAmount
from tests.conftest import Bearer, TestClock


async def checking(client: httpx.AsyncClient, bearer: Bearer, **said: Any) -> dict[str, Any]:
    answer = await client.post("/v1/housing/check", json=said, headers=await bearer())
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_fifteen_million_for_a_small_room_is_asked_back(client: httpx.AsyncClient, bearer: Bearer) -> None:
    found = await checking(client, bearer, area_m2=18, typed=[{"field": "rent", "text": "15 triệu"}])

    assert found["heard"] == [{"field": "rent", "amount": 15_000_000, "likely": []}]
    [doubt] = found["doubts"]
    assert (doubt["field"], doubt["said"], doubt["meant"]) == ("rent", 15_000_000, 1_500_000)
    assert "1,5" in doubt["vi"] or "1.500.000" in doubt["vi"]


async def test_what_may_mean_two_things_comes_back_with_what_is_likely_meant(
    client: httpx.AsyncClient, bearer: Bearer
) -> None:
    found = await checking(client, bearer, typed=[{"field": "rent", "text": "15"}])

    [heard] = found["heard"]
    assert heard["amount"] is None
    assert 1_500_000 in heard["likely"]
    assert found["cost"] is None


async def test_a_price_above_the_law_is_flagged_with_the_law_named(client: httpx.AsyncClient, bearer: Bearer) -> None:
    found = await checking(
        client, bearer, rent=1_500_000, area_m2=18, electricity_price=4_000, electricity_unit="kwh"
    )  # fmt: skip

    [flag] = found["flags"]
    assert flag["verdict"] == "above_every_tier"
    assert any("60/2025/TT-BCT" in law for law in flag["law"])
    assert "4.000" in flag["landlord"]["vi"]
    assert found["cost"]["is_complete"] is False


async def test_an_amount_is_given_once(client: httpx.AsyncClient, bearer: Bearer) -> None:
    twice = {"rent": 1_500_000, "typed": [{"field": "rent", "text": "1tr5"}]}

    answer = await client.post("/v1/housing/check", json=twice, headers=await bearer())

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/rent")


amounts = st.none() | st.integers(1, 10**12)


areas = st.none() | st.floats(0, 100_000)


@given(rent=amounts, area=areas, price=amounts, deposit=amounts, people=st.integers(0, 1000))
def test_whatever_is_checked_is_out_of_range_or_costs_something(
    rent: int | None, area: float | None, price: int | None, deposit: int | None, people: int
) -> None:
    given = CheckIn(
        rent=rent, area_m2=area, electricity_price=price, electricity_unit="kwh", deposit=deposit, max_people=people
    )
    now = TestClock()()

    found = checked(given, now)

    assert (found.cost is None) == (rent is None or bool(found.out_of_range))
    for wrong in found.out_of_range:
        least, most = RANGES[wrong.field]  # type: ignore[index]
        value = getattr(given, wrong.field)
        assert value < least if wrong.code == "too_small" else value > most
    assert not (found.out_of_range and found.doubts)
    if found.cost is not None:
        assert found.cost.total >= (rent or 0)
        assert found.cost.people == people


@given(st.text(max_size=60))
def test_nothing_that_is_typed_does_harm(text: str) -> None:
    if text:
        checked(CheckIn(typed=[SaidAmount("rent", text)]), TestClock()())


def test_flags_are_those_of_one_person_and_of_all() -> None:
    asked, differ = Asked(rent=1_500_000, electricity_unit="kwh", max_people=20), set()
    for price in range(1_800, 4_200, 50):
        found = reckoned(structs.replace(asked, electricity_price=price), day_of(TestClock()()))
        alone, all_of_them = [{flag.verdict for flag in cost.flags} for cost in (found.one, found.shared)]
        assert {flag.verdict for flag in found.flags} == (alone | all_of_them) - {"unknown"}
        differ.add(alone == all_of_them)
    assert differ == {True, False}
