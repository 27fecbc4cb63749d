"""Filters and what is counted: shift, contract, benefits, occupation, schooling, freshness, facets, suggestions."""

from datetime import datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from longan.floor.database import facets
from tests.job_search.looking import BEN_LUC, ids, page, put, word


@pytest.mark.parametrize(
    ("asked", "fits", "not_so"),
    [
        ({"shift": "night,flexible"}, {"shift": "night"}, {"shift": "day"}),
        ({"contract": "casual"}, {"contract": "casual"}, {"contract": "indefinite"}),
        ({"benefits": "meals,bus"}, {"benefits": ("bus", "meals", "uniform")}, {"benefits": ("bus",)}),
        ({"occupation": "75"}, {"occupation": "75"}, {"occupation": "83"}),
        ({"occupation": "7,83"}, {"occupation": "75"}, {"occupation": "91"}),
        ({"education": "vocational"}, {"education": "upper_secondary"}, {"education": "college"}),
        ({"education": "none"}, {"education": None}, {"education": "primary"}),
        ({"experience_months_max": 12}, {"months": 12}, {"months": 13}),
        ({"experience_months_max": 0}, {"months": None}, {"months": 1}),
        ({"published_within_days": 3}, {"age": timedelta(days=2)}, {"age": timedelta(days=4)}),
        ({"pay_min": 9_000_000}, {"month": 9_000_000}, {"month": 8_999_999}),
        ({"pay_min": 1}, {"month": 1}, {"month": None}),
        ({"ward_code": BEN_LUC}, {"ward_code": BEN_LUC}, {}),
    ],
    ids=str,
)
async def test_a_filter_lets_through_what_fits(
    client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime,
    asked: dict[str, Any], fits: dict[str, Any], not_so: dict[str, Any],
) -> None:  # fmt: skip
    rare = word()
    fitting, other = await put(conn, rare, now, **fits), await put(conn, rare, now, **not_so)

    assert await ids(client, q=rare, **asked) == {fitting}
    everywhere = await ids(client, **asked)
    assert fitting in everywhere
    assert other not in everywhere


async def test_a_park_is_a_filter(client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime) -> None:
    park, other = [row[0] for row in await conn.fetch("select code from places.parks order by code limit 2")]
    made = await put(conn, word(), now)
    await conn.execute("update jobs.postings set park_code = $2 where id = $1::text::uuid", made, park)

    assert made in await ids(client, park=park)
    assert made in await ids(client, park=f"{other},{park}")
    assert made not in await ids(client, park=other)


async def test_facets_count_what_the_list_finds(
    client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime
) -> None:
    rare = word()
    await put(conn, rare, now, occupation="75", shift="day", benefits=("meals", "bus"), month=9_500_000)
    await put(conn, rare, now, occupation="75", shift="night", benefits=("meals",), ward_code=BEN_LUC)
    await put(conn, rare, now, occupation="83", status="paused")

    found = await page(client, "/v1/jobs/facets", q=rare)

    assert (found["total"], found["at_least"]) == (2, False)
    assert found["facets"]["occupation"] == [{"value": "75", "count": 2}]
    assert found["facets"]["benefit"] == [{"value": "meals", "count": 2}, {"value": "bus", "count": 1}]
    assert found["facets"]["month_pay"] == [{"value": "8000000", "count": 1}]
    assert {each["value"]: each["count"] for each in found["facets"]["shift"]} == {"day": 1, "night": 1}
    assert found["facets"]["park"] == []


async def test_every_value_of_a_facet_finds_as_many_as_it_says(client: httpx.AsyncClient) -> None:
    names = {"shift": "shift", "contract": "contract", "benefit": "benefits", "ward": "ward_code", "park": "park"}
    found = await page(client, "/v1/jobs/facets", q="nhan vien OR cong nhan")

    for dimension, name in names.items():
        for each in found["facets"][dimension][:2]:
            assert len(await ids(client, q="nhan vien OR cong nhan", **{name: each["value"]})) == each["count"], each
    assert found["total"] == len(await ids(client, q="nhan vien OR cong nhan"))


async def test_more_than_ten_thousand_are_counted_as_at_least_so_many(
    client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime
) -> None:
    made = await put(conn, word(), now)
    await conn.execute(
        """insert into jobs.postings (employer_id, status, title, description, search_text, title_marked, ward_version,
               ward_code, province_code, shift, openings, published_at, expires_at)
           select p.employer_id, 'open', p.title, p.description, p.search_text, p.title_marked, p.ward_version,
                  p.ward_code, p.province_code, 'night', 1, p.published_at, p.expires_at
             from jobs.postings p, generate_series(1, $2) where p.id = $1::text::uuid""",
        made, facets.MOST_COUNTED,
    )  # fmt: skip
    title = await conn.fetchval("select title from jobs.postings where id = $1::text::uuid", made)

    more = await page(client, "/v1/jobs/facets", q=title)
    just = await page(client, "/v1/jobs/facets", q=title, shift="night")

    assert (more["total"], more["at_least"]) == (10_000, True)
    assert sum(each["count"] for each in more["facets"]["ward"]) == 10_000
    assert (just["total"], just["at_least"]) == (10_000, False)


async def test_titles_occupations_employers_and_places_are_suggested(
    client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime
) -> None:
    employer = await conn.fetchval("select id from employers.employers where status = 'verified' limit 1")
    await conn.execute("update employers.employers set name = 'Công ty TNHH Kvandro' where id = $1", employer)
    await put(conn, "Kvandrô viên", now, employer=employer, name="Công ty TNHH Kvandro")
    await put(conn, "Trưởng nhóm kvandro", now)

    suggested = (await page(client, "/v1/jobs/suggestions", q="kvând"))["items"]

    assert suggested == [
        {"kind": "title", "text": "Kvandrô viên", "value": "Kvandrô viên"},
        {"kind": "title", "text": "Trưởng nhóm kvandro", "value": "Trưởng nhóm kvandro"},
        {"kind": "employer", "text": "Công ty TNHH Kvandro", "value": str(employer)},
    ]
    places = (await page(client, "/v1/jobs/suggestions", q="bến l"))["items"]
    assert ("place", "Huyện Bến Lức") in [(each["kind"], each["value"]) for each in places]
    trades = (await page(client, "/v1/jobs/suggestions", q="lái xe"))["items"]
    assert "occupation" in {each["kind"] for each in trades}


async def test_a_title_of_many_jobs_is_suggested_once(
    client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime
) -> None:
    for title in ("Kvandro một", "Kvandro một", "Kvandro hai", "KVANDRO MỘT"):
        await put(conn, title, now)

    suggested = (await page(client, "/v1/jobs/suggestions", q="kvandro "))["items"]

    assert [each["text"].lower() for each in suggested] == ["kvandro một", "kvandro hai"]


@pytest.mark.parametrize("status", ["paused", "closed", "suspended"])
async def test_what_is_not_open_is_not_suggested(
    client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime, status: str
) -> None:
    await put(conn, "Kvandro", now, status=status)
    await put(conn, "Kvandro hết hạn", now, age=timedelta(days=31))

    assert (await page(client, "/v1/jobs/suggestions", q="kvandro"))["items"] == []
