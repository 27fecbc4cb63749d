"""What holds for every search: wider is more, before and after are all, and pages that neither repeat nor lose."""

from datetime import datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from longan.floor.database import walked
from longan.floor.database.listing import places_in_order
from longan.floor.housing.housing_costs import Asked
from longan.floor.housing.housing_found import EACH, RENT_STEPS, bill
from longan.floor.living_costs.monthly_cost import Living, reckon
from longan.floor.pay_and_days.wages import day_of
from tests.housing_search.looking import all_items, ids, page, put
from tests.job_search.looking import word

LAW = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=12, deadline=None
)
WORDS = st.sampled_from(["phong", "tro", "nha", "gac", "kcn", "long", "cho thue", "moi"])
PLACES = [
    ("Xã Đức Hòa", "Huyện Đức Hòa"), ("Thị trấn Bến Lức", "huyện Bến Lức"), ("Huyện Cần Giuộc", "Tỉnh Long An"),
    ("Huyện Đức Hòa", "Tỉnh Long An"), ("Thị trấn Đức Hòa, Đức Hòa", "Huyện Đức Hòa"),
]  # fmt: skip


@LAW
@given(
    lat=st.floats(10.3, 11.7), lon=st.floats(105.5, 106.8), near=st.floats(0.5, 40), more=st.floats(0, 60),
    q=st.none() | WORDS,
)  # fmt: skip
async def test_a_wider_radius_finds_all_that_a_narrower_one_does(
    client: httpx.AsyncClient, lat: float, lon: float, near: float, more: float, q: str | None
) -> None:
    around: dict[str, Any] = {"lat": lat, "lon": lon, **({"q": q} if q else {})}

    narrow = await ids(client, **around, radius_km=near)

    assert narrow <= await ids(client, **around, radius_km=min(near + more, 100))


@pytest.mark.parametrize(("part", "whole"), PLACES)
async def test_a_place_holds_what_lies_in_its_parts(client: httpx.AsyncClient, part: str, whole: str) -> None:
    assert await ids(client, place=part) <= await ids(client, place=whole)


@LAW
@given(one=WORDS, other=WORDS, sort=st.sampled_from(["relevance", "newest", "rent", "cost"]))
async def test_and_is_within_or_and_minus_takes_away_exactly_what_has_the_word(
    client: httpx.AsyncClient, one: str, other: str, sort: str
) -> None:
    both = await ids(client, q=f'"{one}" "{other}"', sort=sort)

    assert both <= await ids(client, q=f'"{one}" OR "{other}"', sort=sort)
    assert await ids(client, q=f'"{one}" -"{other}"', sort=sort) == await ids(client, q=f'"{one}"') - both


@LAW
@given(
    rent=st.integers(5, 80).map(lambda hundreds: hundreds * 100_000),
    people=st.none() | st.integers(1, 6), sort=st.sampled_from(["newest", "rent", "cost"]),
)  # fmt: skip
async def test_up_to_a_rent_and_above_it_are_all(
    client: httpx.AsyncClient, rent: int, people: int | None, sort: str
) -> None:
    said: dict[str, Any] = {"sort": sort, **({"people": people} if people else {})}

    below, above = await ids(client, rent_max=rent, **said), await ids(client, rent_min=rent + 1, **said)

    assert not below & above
    assert below | above == await ids(client, **said)


@LAW
@given(cost=st.integers(3, 60), people=st.none() | st.integers(1, 6), more=st.integers(0, 20))
async def test_a_higher_cost_finds_more_and_what_is_left_out_costs_more(
    client: httpx.AsyncClient, cost: int, people: int | None, more: int
) -> None:
    said: dict[str, Any] = {"people": people} if people else {}
    every = {item["id"]: item["cost_each"] for item in await all_items(client, **said)}

    found = await ids(client, cost_max=cost * 100_000, **said)

    assert found == {room for room, amount in every.items() if amount <= cost * 100_000}
    assert found <= await ids(client, cost_max=(cost + more) * 100_000, **said)


MONEY = st.none() | st.integers(0, 30_000_000)
PRICED = ("kwh", "person_month", "room_month")
FEES = st.sampled_from(["room_month", "person_month"])


@st.composite
def amounts(draw: st.DrawFn) -> Asked:
    """Prices as an owner may say them."""
    electricity = draw(st.sampled_from([None, "kwh", "state_tariff", "person_month", "room_month", "included"]))
    water = draw(st.sampled_from([None, "m3", "person_month", "room_month", "included"]))
    return Asked(
        rent=draw(st.integers(1, 30_000_000)), deposit=draw(MONEY),
        electricity_price=draw(st.integers(0, 10_000)) if electricity in PRICED else None,
        electricity_unit=electricity, water_unit=water,
        water_price=draw(st.integers(0, 100_000)) if water not in (None, "included") else None,
        internet_fee=draw(MONEY), internet_unit=draw(FEES), parking_fee=draw(MONEY), service_fee=draw(MONEY),
        service_unit=draw(FEES),
    )  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    rent=st.integers(1, 12_000_000) | st.sampled_from([step * 100_000 for step in RENT_STEPS]), more=st.integers(0, 1)
)
async def test_the_steps_of_a_rent_are_those_that_it_does_not_pass(
    conn: asyncpg.Connection, rent: int, more: int
) -> None:
    steps = await conn.fetchval("select housing.rent_steps($1)", rent + more)

    assert steps == [step for step in RENT_STEPS if step * 100_000 >= rent + more]


COST = EACH.replace("{people}", "$1").replace("{bill}", "$2")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(asked=amounts(), people=st.integers(2, 20))
@example(asked=Asked(rent=1, deposit=13, electricity_unit="state_tariff"), people=3)
async def test_the_cost_in_sql_is_the_one_that_is_explained_line_by_line(
    conn: asyncpg.Connection, now: datetime, asked: Asked, people: int
) -> None:
    assert set(places_in_order(EACH)) == {"people", "bill"}
    columns = [name for name in Asked.__struct_fields__ if name not in ("kind", "area_m2", "max_people")]
    types = {name: "text" if name.endswith("_unit") else "bigint" for name in columns}
    given_columns = ", ".join(f"${number}::{types[name]} as {name}" for number, name in enumerate(columns, 3))

    cost = await conn.fetchval(
        f"select {COST} from (select {given_columns}) l",
        people,
        bill(people, day_of(now)),
        *(getattr(asked, name) for name in columns),
    )

    assert cost == reckon(asked, Living(people=people, motorbikes=people), day_of(now)).per_person


@pytest.mark.parametrize("sort", ["relevance", "newest", "rent", "cost", "cost for 2", "cost for 5", "distance"])
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=6, deadline=None
)
@given(seen=st.lists(st.sampled_from(["open", "close", "lift", "nothing"]), min_size=4, max_size=8),
       limit=st.integers(3, 9))  # fmt: skip
async def test_pages_neither_repeat_nor_lose_while_listings_come_and_go(
    client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime, sort: str, seen: list[str], limit: int
) -> None:
    rare = word()
    there = [
        await put(conn, now, f"{'Phòng' if number % 3 else 'Phong'} {rare}", rent=(number % 5 + 5) * 10**5,
                  age=timedelta(hours=number // 2 + 1))
        for number in range(20)
    ]  # fmt: skip
    asked: dict[str, Any] = {"q": f"phòng {rare}", "sort": sort.partition(" ")[0], "limit": limit}
    asked |= {"lat": 10.6, "lon": 106.4, "radius_km": 100} if sort == "distance" else {}
    asked |= {"people": int(sort[-1])} if sort[-1].isdigit() else {}
    touched: set[str] = set()
    items: list[str] = []
    cursor: dict[str, str] = {}
    for step in (*seen, *["nothing"] * 20):
        found = await page(client, **asked, **cursor)
        items += [item["id"] for item in found["items"]]
        if found["next_cursor"] is None:
            break
        cursor = {"cursor": found["next_cursor"]}
        if step == "open":
            touched.add(await put(conn, now, f"Phòng {rare}", rent=700_000))
        elif step != "nothing":
            one = there[len(touched) * 7 % 20]
            touched.add(one)
            await conn.execute(
                """update housing.listings set status = case when $2 then 'hidden' else status end,
                          published_at = case when $2 then published_at else $3 end where id = $1::text::uuid""",
                one, step == "close", now,
            )  # fmt: skip

    steady = set(there) - touched
    assert len([item for item in items if item in steady]) == len(steady)
    # What was lifted to the top meanwhile is another place in the order; all else is shown once.
    assert len(items) - len(set(items)) <= len(touched & set(there))


async def test_beyond_the_ranked_ones_the_newest_follow_each_once(
    client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime
) -> None:
    rare = word()
    made = [
        await put(conn, now, f"{'Phòng' if number % 40 == 0 else 'Phong'} {rare}", age=timedelta(minutes=number))
        for number in range(walked.RANKED + 30)
    ]

    found = [item["id"] for item in await all_items(client, 17, q=f"phòng {rare}")]

    ranked = [room for number, room in enumerate(made[: walked.RANKED]) if number % 40 == 0]
    assert found[: len(ranked)] == ranked
    assert found[walked.RANKED :] == made[walked.RANKED :]
    assert sorted(found) == sorted(made)
