"""One place to live: its page, and the work around it."""

from datetime import datetime
from typing import Any

import asyncpg
import httpx
import pytest

from tests.housing_search.looking import LONG_AN, put
from tests.job_search.looking import put as put_job


async def test_one_place_is_shown_with_its_true_cost_line_by_line(
    client: httpx.AsyncClient, conn: asyncpg.Connection
) -> None:
    housing = await conn.fetchval(
        """select id from housing.listings
            where status = 'open' and electricity_price = 4000 and water_unit = 'person_month' limit 1"""
    )

    answer = await client.get(f"/v1/housing/{housing}", params={"persons": 3})

    place = answer.json()
    cost = place["monthly_cost"]
    month = {line["part"]: line["month"] for line in cost["lines"]}
    assert answer.headers["etag"].startswith(f'"v{place["version"]}-')
    assert cost["people"] == 3
    assert month["electricity"] == 4_000 * cost["kwh"]
    assert month["water"] == place["water_price"] * 3
    assert cost["total"] == place["rent"] + month["electricity"] + month["water"]
    assert [flag["verdict"] for flag in cost["flags"]] == ["above_every_tier"]
    assert any("60/2025/TT-BCT" in law for law in cost["flags"][0]["law"])
    assert place["rough_point"] is True


async def test_what_a_list_says_of_the_cost_is_what_the_place_says(client: httpx.AsyncClient) -> None:
    item = (await client.get("/v1/housing", params={"limit": 1})).json()["items"][0]

    alone = (await client.get(f"/v1/housing/{item['id']}", params={"persons": 1})).json()["monthly_cost"]
    shared = (await client.get(f"/v1/housing/{item['id']}", params={"persons": 2})).json()["monthly_cost"]

    assert item["max_people"] is None
    assert (item["cost_month"], item["cost_share"]) == (alone["total"], shared["per_person"])
    assert item["cost_complete"] == alone["is_complete"]


@pytest.mark.parametrize("status", ["draft", "in_review", "stale", "closed", "hidden", "suspended"])
async def test_only_an_open_place_is_shown(client: httpx.AsyncClient, conn: asyncpg.Connection, status: str) -> None:
    housing = await conn.fetchval(
        """update housing.listings
              set status = $1, closed_at = case when $1 = 'closed' then now() end,
                  closed_for = case when $1 = 'closed' then 'let' end
            where id = (select id from housing.listings limit 1) returning id""",
        status,
    )

    assert (await client.get(f"/v1/housing/{housing}")).status_code == 404
    assert (await client.get("/v1/housing/0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a11")).status_code == 404


async def test_what_nobody_has_confirmed_is_not_shown_even_before_the_worker_comes(
    client: httpx.AsyncClient, conn: asyncpg.Connection
) -> None:
    newest = (await client.get("/v1/housing", params={"limit": 1})).json()["items"][0]["id"]
    await conn.execute("update housing.listings set stale_at = now() - interval '1 second' where id = $1", newest)

    again = (await client.get("/v1/housing", params={"limit": 1})).json()["items"][0]["id"]

    assert again != newest
    assert (await client.get(f"/v1/housing/{newest}")).status_code == 404


@pytest.mark.parametrize("persons", ["0", "21", "hai"])
async def test_a_household_has_a_size(client: httpx.AsyncClient, conn: asyncpg.Connection, persons: str) -> None:
    housing = await conn.fetchval("select id from housing.listings where status = 'open' limit 1")

    answer = await client.get(f"/v1/housing/{housing}", params={"persons": persons})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "?persons"


async def suspended_employer(conn: asyncpg.Connection) -> Any:
    return await conn.fetchval(
        """update employers.employers set status = 'suspended'
            where id = (select id from employers.employers order by id limit 1) returning id"""
    )


async def test_a_dormitory_is_gone_with_its_suspended_employer(
    client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime
) -> None:
    dormitory = await put(conn, now, kind="dormitory", employer_id=await suspended_employer(conn))

    assert (await client.get(f"/v1/housing/{dormitory}")).status_code == 404
    assert (await client.get(f"/v1/housing/{dormitory}/jobs")).status_code == 404


async def test_jobs_near_a_room_come_the_nearest_first_each_with_its_way_and_how_it_was_reckoned(
    client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime
) -> None:
    room = await put(conn, now)
    job = await put_job(conn, "Công nhân may", now, ward_code=LONG_AN, month=9_000_000)
    items: list[dict[str, Any]] = []
    asked: dict[str, Any] = {"radius_km": 5, "limit": 7}
    while True:
        answer = await client.get(f"/v1/housing/{room}/jobs", params=asked)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        items += page["items"]
        if page["next_cursor"] is None:
            break
        asked["cursor"] = page["next_cursor"]

    distances = [item["distance_km"] for item in items]
    assert job in {item["id"] for item in items}
    assert len(items) == len({item["id"] for item in items})
    assert distances == sorted(distances)
    assert distances[-1] <= 5
    for item in items:
        assert item["road_km"] >= item["distance_km"]
        assert abs(item["road_km"] - 1.35 * item["distance_km"]) <= 0.11
    assert "135%" in page["method_vi"]
    assert "135%" in page["method_en"]


async def test_jobs_that_pay_less_are_left_out(
    client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime
) -> None:
    room = await put(conn, now)
    less = await put_job(conn, "Phụ bếp", now, ward_code=LONG_AN, month=6_000_000)
    more = await put_job(conn, "Thợ hàn", now, ward_code=LONG_AN, month=39_000_000)

    answer = await client.get(f"/v1/housing/{room}/jobs", params={"pay_min": 38_000_000, "limit": 100})

    found = {item["id"] for item in answer.json()["items"]}
    assert more in found
    assert less not in found


@pytest.mark.parametrize(
    ("name", "value"),
    [("radius_km", "0"), ("radius_km", "101"), ("radius_km", "nan"), ("pay_min", "0"), ("pay_min", "x")],
)
async def test_bad_bounds_of_work_are_refused_by_name(
    client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime, name: str, value: str
) -> None:
    room = await put(conn, now)

    answer = await client.get(f"/v1/housing/{room}/jobs", params={name: value})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == f"?{name}"
