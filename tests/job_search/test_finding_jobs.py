"""Finding work: in one's own words, in a ward, near a point, by pay, page by page."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from longan.floor.search.search import fold
from tests.conftest import Bearer
from tests.jobs.hiring import BEN_LUC, OWNER, UNKNOWN, drafted, employer_of, published

KEYS = {
    "id", "title", "employer", "pay", "ward_code", "province_code", "published_at", "expires_at", "distance_km",
    "matched",
}  # fmt: skip
POINT = {"lat": 10.6356, "lon": 106.4917, "radius_km": 15}


async def page(client: httpx.AsyncClient, **asked: Any) -> dict[str, Any]:
    answer = await client.get("/v1/jobs", params=asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def all_items(client: httpx.AsyncClient, limit: int = 100, **asked: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    found = await page(client, limit=limit, **asked)
    while True:
        items += found["items"]
        if found["next_cursor"] is None:
            return items
        found = await page(client, limit=limit, cursor=found["next_cursor"], **asked)


def ids(items: list[dict[str, Any]]) -> set[str]:
    return {item["id"] for item in items}


async def test_every_open_job_is_listed_once_the_newest_first(
    client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime
) -> None:
    items = await all_items(client)

    assert set(items[0]) == KEYS
    assert set(items[0]["employer"]) == {"id", "name", "verified"}
    assert {"min", "max", "currency", "period", "effective_month"} <= set(items[0]["pay"])
    assert items[0]["distance_km"] is None
    assert len(items) == len(ids(items))
    assert len(items) == await conn.fetchval(
        "select count(*) from jobs.postings where status = 'open' and expires_at > $1", now
    )
    assert [i["published_at"] for i in items] == sorted((i["published_at"] for i in items), reverse=True)


@pytest.mark.parametrize("q", ["cong nhan may", "CN may", "công nhân may", "CÔNG NHÂN MAY", "  công  nhân may "])
async def test_a_sewing_worker_is_found_however_it_is_typed(client: httpx.AsyncClient, q: str) -> None:
    found = await page(client, q=q)

    assert "Công nhân may" in [item["title"] for item in found["items"][:5]]


async def test_the_three_spellings_find_the_same_sewing_workers(client: httpx.AsyncClient) -> None:
    plain, short, marked = [await all_items(client, q=q) for q in ("cong nhan may", "CN may", "công nhân may")]

    sewing = {item["id"] for item in await all_items(client) if "cong nhan may" in fold(item["title"])}
    assert len(sewing) > 5
    assert sewing <= ids(plain) & ids(short)
    assert ids(marked) == ids(plain)
    assert sewing >= ids(marked[:5])


async def test_hits_with_the_marks_as_typed_come_first(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    with_marks = await published(client, conn, bearer, title="Thợ mộc Quỳnh Lưu")
    without = await published(client, conn, bearer, title="Thợ mọc quynh luu")

    found = await page(client, q="thợ mộc quỳnh lưu")
    folded = await page(client, q="tho moc quynh luu")

    assert [item["id"] for item in found["items"]] == [with_marks["id"], without["id"]]
    assert ids(folded["items"]) == {with_marks["id"], without["id"]}


async def test_a_job_is_found_by_the_name_of_its_employer(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    made = await published(client, conn, bearer, title="Thợ may mẫu")
    name = await conn.fetchval("select name from employers.employers where id = $1", UUID(made["employer"]["id"]))

    found = await all_items(client, q=f"tho may mau {fold(name)}")

    assert made["id"] in ids(found)


@pytest.mark.parametrize("q", ["!!!", "&|()<->:*'", "xyzzy", "\\", "🙂"])
async def test_words_that_nobody_uses_find_nothing(client: httpx.AsyncClient, q: str) -> None:
    assert (await page(client, q=q))["items"] == []


async def test_a_ward_is_named_by_code_old_code_or_words(client: httpx.AsyncClient, conn: asyncpg.Connection) -> None:
    old_code = await conn.fetchval(
        "select old_code from places.successions where new_code = $1 and kind = 'whole' limit 1", BEN_LUC
    )

    by_code = await all_items(client, ward_code=BEN_LUC)
    by_old_code = await all_items(client, old_ward_code=old_code)
    by_district = await all_items(client, place="huyện Bến Lức")

    assert by_code
    assert {item["ward_code"] for item in by_code} == {BEN_LUC}
    assert by_old_code == by_code
    assert ids(by_code) < ids(by_district)


async def test_words_and_a_ward_together(client: httpx.AsyncClient) -> None:
    everywhere = await all_items(client, q="cong nhan")
    here = await all_items(client, q="cong nhan", ward_code=BEN_LUC)

    assert here
    assert ids(here) == {item["id"] for item in everywhere if item["ward_code"] == BEN_LUC}


async def test_a_province_and_an_employer_narrow_the_list(client: httpx.AsyncClient, conn: asyncpg.Connection) -> None:
    employer = await employer_of(conn, OWNER)

    of_employer = await all_items(client, employer_id=str(employer))

    assert {item["employer"]["id"] for item in of_employer} == {str(employer)}
    assert {item["province_code"] for item in await all_items(client, province_code="80")} == {"80"}
    assert await all_items(client, province_code="79") == []
    assert await all_items(client, employer_id=UNKNOWN) == []


async def test_near_a_point_the_nearest_come_first_and_none_beyond_the_radius(client: httpx.AsyncClient) -> None:
    near = await all_items(client, **POINT)
    newest = await all_items(client, **POINT, sort="newest")

    distances = [item["distance_km"] for item in near]
    assert near
    assert distances == sorted(distances)
    assert distances[-1] <= 15
    assert ids(newest) == ids(near)
    assert newest != near


async def test_a_new_job_is_found_near_its_ward(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    made = await published(client, conn, bearer, ward_code=BEN_LUC)
    lat, lon = await conn.fetchrow(
        "select lat, lon from places.units where code = $1 and version = '2025-07-01'", BEN_LUC
    )

    near = await all_items(client, lat=lat, lon=lon, radius_km=1)

    assert made["id"] in ids(near)


async def test_pay_min_asks_for_what_one_can_rely_on(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    reaching = await published(client, conn, bearer, pay={"min": 15_000_000, "max": 20_000_000})
    base = await published(client, conn, bearer, pay={"base": 14_000_000, "allowances": 1_000_000})
    up_to = await published(client, conn, bearer, pay={"min": 8_000_000, "max": 30_000_000})
    in_dollars = await published(client, conn, bearer, pay={"min": 20_000_000, "currency": "USD"})
    by_the_day = await published(client, conn, bearer, pay={"min": 900_000, "period": "day"})

    found = ids(await all_items(client, pay_min=15_000_000))

    assert {reaching["id"], base["id"], by_the_day["id"]} <= found
    assert not {up_to["id"], in_dollars["id"]} & found


async def test_the_best_paid_by_the_month_come_first(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    best = await published(client, conn, bearer, pay={"min": 900_000_000, "max": 900_000_000})
    in_dollars = await published(client, conn, bearer, pay={"min": 999_000_000_000, "currency": "USD"})

    items = await all_items(client, sort="pay")

    paid = {item["id"]: item["pay"]["effective_month"] or 0 for item in items}
    assert items[0]["id"] == best["id"]
    assert paid[in_dollars["id"]] == 0
    assert list(paid.values()) == sorted(paid.values(), reverse=True)


@pytest.mark.parametrize(
    "asked",
    [{"sort": "newest"}, {"sort": "pay"}, {"sort": "relevance", "q": "nhan vien"}, {"sort": "distance", **POINT}],
    ids=lambda asked: asked["sort"],
)
async def test_pages_neither_skip_nor_repeat_in_any_order(client: httpx.AsyncClient, asked: dict[str, Any]) -> None:
    whole = await all_items(client, 100, **asked)

    by_few = await all_items(client, 37, **asked)

    assert by_few == whole
    assert len(whole) == len(ids(whole)) > 100


async def test_what_is_published_meanwhile_does_not_move_the_next_page(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    whole = await all_items(client, 50)
    first = await page(client, limit=10)
    made = await published(client, conn, bearer)

    second = await page(client, limit=10, cursor=first["next_cursor"])

    assert second["items"] == whole[10:20]
    assert made["id"] not in ids(second["items"])


@pytest.mark.parametrize(
    ("asked", "pointer", "code"),
    [
        ({"sort": "distance"}, "?sort", "needs_both"),
        ({"sort": "relevance"}, "?sort", "needs_both"),
        ({"sort": "relevance", "q": "  "}, "?sort", "needs_both"),
        ({"sort": "best"}, "?sort", "not_one_of"),
        ({"lat": "10.5"}, "?lon", "needs_both"),
        ({"lon": "106.5"}, "?lat", "needs_both"),
        ({"radius_km": "5"}, "?lat", "needs_both"),
        ({"lat": "nan", "lon": "106.5"}, "?lat", None),
        ({"lat": "10.5", "lon": "inf"}, "?lon", None),
        ({"lat": "10.5", "lon": "-inf"}, "?lon", None),
        ({"lat": "91", "lon": "106.5"}, "?lat", "too_large"),
        ({"lat": "10.5", "lon": "106.5", "radius_km": "nan"}, "?radius_km", None),
        ({"lat": "10.5", "lon": "106.5", "radius_km": "0"}, "?radius_km", None),
        ({"lat": "10.5", "lon": "106.5", "radius_km": "101"}, "?radius_km", "too_large"),
        ({"pay_min": "0"}, "?pay_min", "too_small"),
        ({"pay_min": "99999999999999999999"}, "?pay_min", "too_large"),
        ({"pay_min": "1.5"}, "?pay_min", "wrong_type"),
        ({"limit": "101"}, "?limit", "too_large"),
        ({"limit": "0"}, "?limit", "too_small"),
        ({"ward_code": "abc"}, "?ward_code", "bad_form"),
        ({"ward_code": BEN_LUC, "place": "Bến Lức"}, "?ward_code", "one_of_them"),
        ({"province_code": "8"}, "?province_code", "bad_form"),
        ({"employer_id": "1"}, "?employer_id", "bad_form"),
        ({"q": "x" * 201}, "?q", "too_long"),
        ({"cursor": "AAAA"}, "?cursor", "bad_cursor"),
        ({"cursor": "é"}, "?cursor", "bad_cursor"),
        ({"salary": "1"}, "?salary", "unknown"),
        ({"sort": "id;drop"}, "?sort", "not_one_of"),
        ({"shift": "day,midnight"}, "?shift", "not_one_of"),
        ({"benefits": "gold"}, "?benefits", "not_one_of"),
        ({"contract": "day"}, "?contract", "not_one_of"),
        ({"education": "doctor"}, "?education", "not_one_of"),
        ({"occupation": "75,x"}, "?occupation", "bad_form"),
        ({"park": "A'--"}, "?park", "bad_form"),
        ({"published_within_days": "0"}, "?published_within_days", "too_small"),
        ({"experience_months_max": "601"}, "?experience_months_max", "too_large"),
    ],
)
async def test_a_bad_question_is_refused_by_the_name_of_its_field(
    client: httpx.AsyncClient, asked: dict[str, str], pointer: str, code: str | None
) -> None:
    answer = await client.get("/v1/jobs", params=asked)

    assert answer.status_code == 400, answer.text
    error = answer.json()["errors"][0]
    assert error["pointer"] == pointer
    assert code is None or error["code"] == code


@pytest.mark.parametrize("other", [{"pay_min": 2}, {"q": "may"}, {"sort": "pay"}, {"province_code": "80"}])
async def test_a_cursor_of_other_filters_is_refused(client: httpx.AsyncClient, other: dict[str, Any]) -> None:
    first = await page(client, pay_min=1)

    answer = await client.get("/v1/jobs", params={"pay_min": 1, **other, "cursor": first["next_cursor"]})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "bad_cursor"


async def test_what_is_not_open_or_past_its_time_is_not_listed(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, now: datetime
) -> None:
    draft = await drafted(client, conn, bearer)
    closed = await published(client, conn, bearer)
    await client.post(f"/v1/jobs/{closed['id']}/close", headers=await bearer(OWNER))
    past = await published(client, conn, bearer)
    await conn.execute(
        "update jobs.postings set expires_at = $2 where id = $1", UUID(past["id"]), now - timedelta(seconds=1)
    )
    shown = await published(client, conn, bearer)

    found = ids(await all_items(client, employer_id=shown["employer"]["id"]))

    assert shown["id"] in found
    assert not {draft["id"], closed["id"], past["id"]} & found
