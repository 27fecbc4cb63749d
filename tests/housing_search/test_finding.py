"""Finding a place to live."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.conftest import new_account
from tests.housing_search.looking import BEN_LUC, LONG_AN, all_items, ids, page, put
from tests.job_search.looking import put as put_job
from tests.job_search.looking import word

KEYS = {
    "id", "title", "kind", "rent", "area_m2", "max_people", "ward_code", "province_code", "cost_month", "cost_share",
    "cost_complete", "cost_each", "price_flags", "confirmed_at", "published_at", "distance_km", "matched",
}  # fmt: skip


async def test_every_open_place_is_listed_once_the_newest_first(
    client: httpx.AsyncClient, conn: asyncpg.Connection
) -> None:
    items = await all_items(client)

    assert set(items[0]) == KEYS
    assert len(items) == len({item["id"] for item in items})
    assert len(items) == await conn.fetchval("select count(*) from housing.listings where status = 'open'")
    assert [item["published_at"] for item in items] == sorted((item["published_at"] for item in items), reverse=True)
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

    distances = [item["distance_km"] for item in items]
    assert distances
    assert distances == sorted(distances)
    assert distances[-1] <= 8


async def test_words_answer_with_and_without_marks_and_say_why(
    client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime
) -> None:
    rare = word()
    marked = await put(conn, now, f"Phòng trọ {rare} có gác", age=timedelta(days=1))
    plain = await put(conn, now, f"Phong tro {rare} co gac")
    in_place = await put(conn, now, f"Phòng {rare}", ward_code=BEN_LUC)

    found = await all_items(client, q=f"phòng trọ {rare}")
    there = await all_items(client, q=f"{rare} Bến Lức")

    assert [item["id"] for item in found] == [marked, plain]
    assert found[0]["matched"] == [{"field": "title", "words": [f"Phòng trọ {rare}"]}]
    assert [item["id"] for item in there] == [in_place]
    assert {match["field"] for match in there[0]["matched"]} == {"title", "place"}


async def test_the_last_word_is_the_beginning_of_one_unless_a_place_is_found_by_it(
    client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime
) -> None:
    rare = word()
    longer = await put(conn, now, f"Phòng {rare}x")

    begun = await ids(client, q=f"phòng {rare}")
    whole = await put(conn, now, f"Phòng {rare}")

    assert begun == {longer}
    assert await ids(client, q=f"phòng {rare}") == {whole}


@pytest.fixture
async def rooms(conn: asyncpg.Connection, now: datetime) -> dict[str, str]:
    """One that says little, one that says much, and one that says no."""
    title = "Phòng zinnia"
    return {
        "little": await put(conn, now, title),
        "much": await put(
            conn, now, title, rent=2_000_000, area_m2=24.0, max_people=4, private_bathroom=True, has_loft=True,
            free_hours=True, pets_allowed=True, motorbike_parking=True, park_code="kcn-long-hau",
            available_from=date(2099, 1, 1),
        ),
        "no": await put(
            conn, now, title, kind="shared_room", rent=1_000_000, area_m2=12.0, max_people=1, private_bathroom=False,
            pets_allowed=False, curfew_from=time(23), curfew_to=time(5),
        ),
        "late": await put(conn, now, title, rent=3_000_000, curfew_from=time(0, 30), curfew_to=time(5)),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"rent_max": 1_500_000}, {"little", "no"}),
        ({"rent_min": 1_500_000}, {"little", "much", "late"}),
        ({"rent_min": 1_500_000, "rent_max": 2_000_000}, {"little", "much"}),
        ({"area_min": 24}, {"much"}),
        ({"area_min": 12}, {"much", "no"}),
        ({"people": 2}, {"little", "much", "late"}),
        ({"people": 5}, {"little", "late"}),
        ({"kind": "shared_room"}, {"no"}),
        ({"kind": "shared_room,room"}, {"little", "much", "no", "late"}),
        ({"features": "private_bathroom"}, {"much"}),
        ({"features": "loft,pets_allowed,motorbike_parking,free_hours"}, {"much"}),
        ({"features": "wifi"}, set()),
        ({"curfew_after": "22:30"}, {"much", "no", "late"}),
        ({"curfew_after": "23:30"}, {"much", "late"}),
        ({"curfew_after": "00:30"}, {"much", "late"}),
        ({"curfew_after": "01:00"}, {"much"}),
        ({"available_by": "2098-12-31"}, {"little", "no", "late"}),
        ({"available_by": "2099-01-01"}, {"little", "much", "no", "late"}),
        ({"park": "kcn-long-hau,kcn-duc-hoa-1"}, {"much"}),
        ({"province_code": "80"}, {"little", "much", "no", "late"}),
        ({"province_code": "79"}, set()),
        ({"cost_max": 1_500_000}, {"little", "no"}),
        ({"cost_max": 750_000, "people": 2}, {"little"}),
        ({"verified_owner": "true"}, set()),
        ({"verified_owner": "false"}, {"little", "much", "no", "late"}),
    ],
    ids=lambda value: str(sorted(value) if isinstance(value, set) else value),
)
async def test_each_filter_leaves_what_is_said_to_fit(
    client: httpx.AsyncClient, rooms: dict[str, str], asked: dict[str, Any], expected: set[str]
) -> None:
    names = {listing: name for name, listing in rooms.items()}

    found = await ids(client, q="zinnia", **asked)

    assert {names[each] for each in found} == expected


async def test_verified_owners_are_confirmed_people_verified_employers_and_officials(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Any, now: datetime
) -> None:
    known, unknown = await new_account(conn, app), await new_account(conn, app)
    await conn.execute(
        "insert into assurance.identities (account_id, confirmed_at, confirmed_by) values ($1, $2, 'official')",
        known, now,
    )  # fmt: skip
    verified, not_yet = await conn.fetch("select id from employers.employers order by id limit 2")
    await conn.execute("update employers.employers set status = 'verified' where id = $1", verified["id"])
    await conn.execute("update employers.employers set status = 'unverified' where id = $1", not_yet["id"])
    shown = {
        await put(conn, now, "Phòng zinnia", owner_id=known),
        await put(conn, now, "Phòng zinnia", kind="dormitory", employer_id=verified["id"]),
        await put(conn, now, "Phòng zinnia", kind="project", owner_id=unknown),
    }
    await put(conn, now, "Phòng zinnia", owner_id=unknown)
    await put(conn, now, "Phòng zinnia", kind="dormitory", employer_id=not_yet["id"], owner_id=known)

    assert await ids(client, q="zinnia", verified_owner="true") == shown


@pytest.mark.parametrize(("sort", "column"), [("rent", "rent"), ("cost", "cost_each")])
@pytest.mark.parametrize("people", [None, 3])
async def test_the_cheapest_come_first_in_pages(
    client: httpx.AsyncClient, sort: str, column: str, people: int | None
) -> None:
    asked = {"sort": sort, **({"people": people} if people else {})}
    everything = await ids(client, **({"people": people} if people else {}))

    items = await all_items(client, 37, **asked)

    amounts = [(item[column], item["id"]) for item in items]
    assert amounts == sorted(amounts)
    assert {item["id"] for item in items} == everything
    assert len(items) == len(everything)


async def test_distance_is_to_a_job_or_a_park_where_one_is_named(
    client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime
) -> None:
    job = await put_job(conn, "Công nhân may", now, ward_code=BEN_LUC)
    lat, lon = await conn.fetchrow("select lat, lon from jobs.postings where id = $1::text::uuid", job)
    park = await conn.fetchrow("select code, lat, lon from places.parks order by code limit 1")

    by_job, by_point = await all_items(client, job_id=job), await all_items(client, lat=lat, lon=lon)
    by_park = await all_items(client, workplace=park["code"], radius_km=20)

    assert by_job
    assert by_job == by_point
    assert by_park == await all_items(client, lat=park["lat"], lon=park["lon"], radius_km=20)


async def test_rooms_near_a_job_come_with_the_way_on_the_ground_and_how_it_was_reckoned(
    client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime
) -> None:
    job = await put_job(conn, "Công nhân may", now, ward_code=BEN_LUC)

    found = await page(client, f"/v1/jobs/{job}/housing", limit=100, radius_km=15)

    distances = [item["housing"]["distance_km"] for item in found["items"]]
    assert distances
    assert distances == sorted(distances)
    for item in found["items"]:
        assert abs(item["road_km"] - 1.35 * item["housing"]["distance_km"]) <= 0.11
        assert item["minutes"] >= 0
    assert "135%" in found["method_vi"]
    assert found["rough"] is False


async def test_rooms_near_a_job_without_a_place_are_around_its_park_or_ward(
    client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime
) -> None:
    job = await put_job(conn, "Công nhân may", now, ward_code=LONG_AN)
    await conn.execute("update jobs.postings set lat = null, lon = null where id = $1::text::uuid", job)

    found = await page(client, f"/v1/jobs/{job}/housing")

    assert found["items"]
    assert found["rough"] is True
    assert "tâm xã" in found["method_vi"]


async def test_there_are_no_rooms_near_a_job_that_is_not_open(
    client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime
) -> None:
    paused = await put_job(conn, "Công nhân may", now, status="paused")

    for job in (paused, str(uuid4())):
        assert (await client.get(f"/v1/jobs/{job}/housing")).status_code == 404
        answer = await client.get("/v1/housing", params={"job_id": job})
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["pointer"] == "?job_id"


@pytest.mark.parametrize("status", ["draft", "in_review", "stale", "closed", "hidden", "suspended"])
async def test_only_what_is_open_is_found(
    client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime, status: str
) -> None:
    room = await put(conn, now, "Phòng zinnia")
    await conn.execute(
        """update housing.listings
              set status = $2, closed_at = case when $2 = 'closed' then now() end,
                  closed_for = case when $2 = 'closed' then 'let' end where id = $1::text::uuid""",
        room, status,
    )  # fmt: skip

    assert await ids(client, q="zinnia") == set()
    assert (await page(client, "/v1/housing/facets", q="zinnia"))["total"] == 0


async def test_neither_what_nobody_has_confirmed_nor_dormitories_of_suspended_employers_are_found(
    client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime
) -> None:
    employer = await conn.fetchval("select id from employers.employers order by id limit 1")
    shown = await put(conn, now, "Phòng zinnia")
    stale = await put(conn, now, "Phòng zinnia")
    await put(conn, now, "Phòng zinnia", kind="dormitory", employer_id=employer)
    await conn.execute("update housing.listings set stale_at = $2 where id = $1::text::uuid", stale, now)
    await conn.execute("update employers.employers set status = 'suspended' where id = $1", employer)

    assert await ids(client, q="zinnia") == {shown}
    assert await ids(client, q="zinnia", sort="rent") == {shown}
    assert (await page(client, "/v1/housing/facets", q="zinnia"))["total"] == 1


async def test_facets_count_what_the_list_finds(
    client: httpx.AsyncClient, rooms: dict[str, str], conn: asyncpg.Connection
) -> None:
    found = await page(client, "/v1/housing/facets", q="zinnia")

    counts = {name: {each["value"]: each["count"] for each in values} for name, values in found["facets"].items()}
    assert (found["total"], found["at_least"]) == (4, False)
    assert counts["kind"] == {"room": 3, "shared_room": 1}
    assert counts["ward"] == {LONG_AN: 4}
    assert counts["park"] == {"kcn-long-hau": 1}
    assert counts["feature"]["pets_allowed"] == 1
    assert counts["people"] == {"4": 1, "1": 1}
    assert counts["rent"] == {"1000000": 1, "1500000": 1, "2000000": 1, "3000000": 1}


async def test_a_cursor_holds_its_filters(client: httpx.AsyncClient) -> None:
    first = await page(client, limit=1, rent_max=3_000_000)

    answer = await client.get("/v1/housing", params={"cursor": first["next_cursor"], "rent_max": 9_000_000})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "bad_cursor"
