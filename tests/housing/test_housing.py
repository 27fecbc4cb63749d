"""Finding a place to live."""

import asyncpg
import httpx
import pytest

BEN_LUC = "27991"
KEYS = {
    "id", "title", "kind", "rent", "area_m2", "ward_code", "province_code", "published_at", "distance_km",
}  # fmt: skip


async def all_items(client: httpx.AsyncClient, **asked: str | float) -> list[dict[str, object]]:
    items: list[dict[str, object]] = []
    while True:
        answer = await client.get("/v1/housing", params=asked | {"limit": 100})
        assert answer.status_code == 200, answer.text
        items += answer.json()["items"]
        if answer.json()["next_cursor"] is None:
            return items
        asked["cursor"] = answer.json()["next_cursor"]


async def test_every_open_place_is_listed_once_the_newest_first(
    client: httpx.AsyncClient, conn: asyncpg.Connection
) -> None:
    items = await all_items(client)

    assert set(items[0]) == KEYS
    assert len(items) == len({item["id"] for item in items})
    assert len(items) == await conn.fetchval("select count(*) from housing.listings where status = 'open'")
    assert [item["published_at"] for item in items] == sorted((item["published_at"] for item in items), reverse=True)  # type: ignore[type-var]
    assert items[0]["distance_km"] is None


async def test_a_ward_is_named_by_code_old_code_or_words(client: httpx.AsyncClient, conn: asyncpg.Connection) -> None:
    by_code = await all_items(client, ward_code=BEN_LUC)
    old_code = await conn.fetchval(
        "select old_code from places.successions where new_code = $1 and kind = 'whole' limit 1", BEN_LUC
    )
    by_old_code = await all_items(client, old_ward_code=old_code)
    by_district = await all_items(client, place="huyện Bến Lức")

    assert by_code
    assert {item["ward_code"] for item in by_code} == {BEN_LUC}
    assert by_old_code == by_code
    assert {item["id"] for item in by_code} < {item["id"] for item in by_district}


async def test_near_a_point_the_nearest_come_first(client: httpx.AsyncClient) -> None:
    items = await all_items(client, lat=10.6356, lon=106.4917, radius_km=8)

    distances = [float(str(item["distance_km"])) for item in items]
    assert distances
    assert distances == sorted(distances)
    assert distances[-1] <= 8


async def test_rent_kind_and_words_narrow_the_list(client: httpx.AsyncClient) -> None:
    cheap = await all_items(client, rent_max=2_000_000)
    houses = await all_items(client, kind="house")
    named = await all_items(client, q="phong tro ben luc")

    assert cheap
    assert max(int(str(item["rent"])) for item in cheap) <= 2_000_000
    assert {item["kind"] for item in houses} <= {"house"}
    assert named
    assert all("Bến Lức" in str(item["title"]) for item in named)


@pytest.mark.parametrize(
    ("asked", "status", "pointer"),
    [
        ({"lat": "10.5"}, 400, "?lon"),
        ({"radius_km": "3"}, 400, "?lat"),
        ({"lat": "91", "lon": "106"}, 400, "?lat"),
        ({"lat": "nan", "lon": "106"}, 400, "?lat"),
        ({"rent_max": "-1"}, 400, "?rent_max"),
        ({"rent_max": "99999999999999999999"}, 400, "?rent_max"),
        ({"kind": "castle"}, 400, "?kind"),
        ({"ward_code": "2799"}, 400, "?ward_code"),
        ({"ward_code": BEN_LUC, "place": "Bến Lức"}, 400, "?ward_code"),
        ({"ward_code": "99999"}, 422, "?ward_code"),
        ({"old_ward_code": "99999"}, 422, "?old_ward_code"),
        ({"place": "Không Đâu Cả"}, 422, "?place"),
    ],
)
async def test_bad_questions_are_refused_by_name(
    client: httpx.AsyncClient, asked: dict[str, str], status: int, pointer: str
) -> None:
    answer = await client.get("/v1/housing", params=asked)

    assert answer.status_code == status
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_an_ambiguous_place_comes_with_candidates(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/housing", params={"place": "Tân Lập"})

    assert answer.status_code == 422
    assert answer.json()["code"] == "place_ambiguous"
    assert len(answer.json()["candidates"]) > 1


async def test_a_cursor_holds_its_filters(client: httpx.AsyncClient) -> None:
    first = (await client.get("/v1/housing", params={"limit": 1, "rent_max": 3_000_000})).json()

    answer = await client.get("/v1/housing", params={"cursor": first["next_cursor"], "rent_max": 9_000_000})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "bad_cursor"


async def test_one_place_is_shown_with_its_monthly_cost(client: httpx.AsyncClient, conn: asyncpg.Connection) -> None:
    housing = await conn.fetchval(
        """select id from housing.listings
            where status = 'open' and electricity_per_kwh = 4000 and water_unit = 'person_month' limit 1"""
    )

    answer = await client.get(f"/v1/housing/{housing}", params={"persons": 3})

    place = answer.json()
    cost = place["monthly_cost"]
    assert answer.headers["etag"] == f'"v{place["version"]}"'
    assert cost["persons"] == 3
    assert cost["electricity"] == 4_000 * cost["kwh"]
    assert cost["water"] == place["water_price"] * 3
    assert cost["total"] == place["rent"] + cost["electricity"] + cost["water"]
    assert cost["electricity_above_tariff"] is True
    assert cost["tariff"] == {
        "valid_from": "2025-12-02",
        "valid_to": None,
        "top_tier_per_kwh": 3460,
        "includes_vat": False,
        "legal_basis": "Thông tư 60/2025/TT-BCT, Điều 12",
    }


@pytest.mark.parametrize("status", ["draft", "closed"])
async def test_only_an_open_place_is_shown(client: httpx.AsyncClient, conn: asyncpg.Connection, status: str) -> None:
    housing = await conn.fetchval(
        "update housing.listings set status = $1 where id = (select id from housing.listings limit 1) returning id",
        status,
    )

    assert (await client.get(f"/v1/housing/{housing}")).status_code == 404
    assert (await client.get("/v1/housing/0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a11")).status_code == 404


@pytest.mark.parametrize("persons", ["0", "21", "hai"])
async def test_a_household_has_a_size(client: httpx.AsyncClient, conn: asyncpg.Connection, persons: str) -> None:
    housing = await conn.fetchval("select id from housing.listings where status = 'open' limit 1")

    answer = await client.get(f"/v1/housing/{housing}", params={"persons": persons})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "?persons"
