"""What holds for every search: wider is more, before and after are all, and pages that neither repeat nor lose."""

from datetime import datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from longan.floor.database import walked
from tests.conftest import Bearer
from tests.job_search.looking import all_items, ids, page, put, word
from tests.jobs.hiring import published

LAW = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=12, deadline=None
)
# Words of the sample that make no known phrase with one another.
WORDS = st.sampled_from(["may", "kho", "dien", "san xuat", "ke toan", "nhan vien", "long", "tieng trung", "qc", "xnk"])
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


@LAW
@given(one=WORDS, other=WORDS, sort=st.sampled_from(["relevance", "newest", "pay"]))
async def test_and_is_within_or_and_a_quoted_phrase_within_its_words(
    client: httpx.AsyncClient, one: str, other: str, sort: str
) -> None:
    every = await ids(client, q=f"{one} {other}", sort=sort)

    assert every <= await ids(client, q=f"{one} OR {other}", sort=sort)
    assert await ids(client, q=f'"{one} {other}"', sort=sort) <= every
    assert every == await ids(client, q=f"{one} {other}", sort="newest")


@LAW
@given(one=WORDS, other=WORDS)
async def test_minus_takes_away_exactly_what_has_the_word(client: httpx.AsyncClient, one: str, other: str) -> None:
    whole, with_it = await ids(client, q=f'"{one}"'), await ids(client, q=f'"{one}" "{other}"')

    without = await ids(client, q=f'"{one}" -"{other}"')

    assert without == whole - with_it


@pytest.mark.parametrize(("part", "whole"), PLACES)
async def test_a_place_holds_what_lies_in_its_parts(client: httpx.AsyncClient, part: str, whole: str) -> None:
    assert await ids(client, place=part) <= await ids(client, place=whole)


@LAW
@given(days=st.integers(1, 60), pay=st.integers(5, 30), q=st.none() | WORDS)
async def test_every_filter_finds_a_part_of_what_is_found_without_it(
    client: httpx.AsyncClient, days: int, pay: int, q: str | None
) -> None:
    said = {"q": q} if q else {}
    whole = await ids(client, **said)

    fresh = await ids(client, published_within_days=days, **said)
    paid = await ids(client, pay_min=pay * 1_000_000, **said)

    assert fresh <= whole
    assert paid <= whole
    assert await ids(client, published_within_days=days, pay_min=pay * 1_000_000, **said) == fresh & paid


@pytest.mark.parametrize("days", [1, 3, 10, 30])
async def test_before_and_after_a_moment_are_all(
    client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime, days: int
) -> None:
    before: list[Any] = await conn.fetchval(
        """select coalesce(array_agg(id::text), '{}') from jobs.postings
            where status = 'open' and expires_at > $1 and published_at < $1::timestamptz - make_interval(days => $2)""",
        now, days,
    )  # fmt: skip

    after = await ids(client, published_within_days=days)

    assert not after & set(before)
    assert after | set(before) == await ids(client)


@pytest.mark.parametrize("sort", ["relevance", "newest", "pay", "distance"])
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=6, deadline=None
)
@given(seen=st.lists(st.sampled_from(["publish", "close", "renew", "nothing"]), min_size=4, max_size=8),
       limit=st.integers(3, 9))  # fmt: skip
async def test_pages_neither_repeat_nor_lose_while_postings_come_and_go(
    client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime, sort: str, seen: list[str], limit: int
) -> None:
    rare = word()
    there = [
        await put(conn, f"{'Máy' if number % 3 else 'May'} {rare}", now, month=number % 5 * 10**6 or None,
                  age=timedelta(hours=number // 2 + 1))
        for number in range(20)
    ]  # fmt: skip
    asked: dict[str, Any] = {"q": f"máy {rare}", "sort": sort, "limit": limit}
    asked |= {"lat": 10.6, "lon": 106.4, "radius_km": 100} if sort == "distance" else {}
    touched: set[str] = set()
    items: list[str] = []
    cursor: dict[str, str] = {}
    for step in (*seen, *["nothing"] * 20):
        found = await page(client, **asked, **cursor)
        items += [item["id"] for item in found["items"]]
        if found["next_cursor"] is None:
            break
        cursor = {"cursor": found["next_cursor"]}
        if step == "publish":
            touched.add(await put(conn, f"Máy {rare}", now, month=3 * 10**6))
        elif step != "nothing":
            one = there[len(touched) * 7 % 20]
            touched.add(one)
            await conn.execute(
                """update jobs.postings set status = case when $2 then 'closed' else status end,
                          published_at = case when $2 then published_at else $3 end where id = $1::text::uuid""",
                one, step == "close", now,
            )  # fmt: skip

    steady = set(there) - touched
    assert len([item for item in items if item in steady]) == len(steady)
    assert set(items) >= steady
    # What was lifted to the top meanwhile is another place in the order; all else is shown once.
    assert len(items) - len(set(items)) <= len(touched & set(there))


async def test_beyond_the_ranked_ones_the_newest_follow_each_once(
    client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime
) -> None:
    rare = word()
    made = [
        await put(conn, f"{'Máy' if number % 40 == 0 else 'May'} {rare}", now, age=timedelta(minutes=number))
        for number in range(walked.RANKED + 30)
    ]

    found = [item["id"] for item in await all_items(client, 17, q=f"máy {rare}")]

    ranked = [job for number, job in enumerate(made[: walked.RANKED]) if number % 40 == 0]
    assert found[: len(ranked)] == ranked
    assert found[walked.RANKED :] == made[walked.RANKED :]
    assert sorted(found) == sorted(made)


async def test_what_is_published_between_two_pages_of_relevance_moves_none_of_them(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, now: datetime
) -> None:
    rare = word()
    made = {await put(conn, f"Máy {rare}", now, age=timedelta(minutes=number + 1)) for number in range(9)}
    first = await page(client, q=f"máy {rare}", limit=4)
    await published(client, conn, bearer, title=f"Máy {rare}")

    second = await page(client, q=f"máy {rare}", limit=100, cursor=first["next_cursor"])

    shown = [item["id"] for item in first["items"] + second["items"]]
    assert len(shown) == len(set(shown)) == 9
    assert set(shown) == made
