"""What is meant to break the search: it is refused by name, or answered, and costs two round trips at most."""

from typing import Any

import asyncpg
import httpx
import pytest

from longan.floor.database.db import Connection
from tests.job_search.looking import page

PATHS = ["/v1/jobs", "/v1/jobs/facets"]
HOSTILE = [
    '"', '"""""', '"a', 'a" b "', "-", "--", "- -", '-"', "OR", "OR OR -", "a OR", "|", "&", "!", "!!a", "<->",
    "a <-> b", "a:*", ":*", "a:b", "'", "''", "\\", "\\'", "(", "((((", ")", "*", "%", "_", ";",
    "'; drop table jobs.postings; --",
    "$1", "{words}", "%(q)s", "🙂🙂", "１２", "ﷺ", "đ" * 60, "a" * 200, "-a " * 60, "a " * 99,
    '"a" ' * 40, "a OR " * 40, "%" * 200, "ha noi " * 25, "duc hoa " * 20, "phuong 3 quan 1 " * 12,
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("q", HOSTILE)
async def test_any_words_are_only_words(client: httpx.AsyncClient, path: str, q: str) -> None:
    answer = await client.get(path, params={"q": q})

    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("q", [q[:60] for q in HOSTILE])
async def test_any_beginning_is_only_a_beginning(client: httpx.AsyncClient, q: str) -> None:
    answer = await client.get("/v1/jobs/suggestions", params={"q": q})

    assert answer.status_code == 200, answer.text
    assert len(answer.json()["items"]) <= 20


@pytest.mark.parametrize("path", [*PATHS, "/v1/jobs/suggestions"])
@pytest.mark.parametrize(
    "query",
    [
        "q=" + "%25" * 2_000, "q=" + "-x+" * 5_000, "q=%00", "q=a%00b", "q=%ED%A0%80", "q=%FF", "q=%E2%80%AE",
        "sort=id;drop",
        "q=a&q=b", "q[]=a", "cursor=AAAA", "limit=-1",
    ],
)  # fmt: skip
async def test_what_is_no_text_or_too_long_is_refused_by_name(client: httpx.AsyncClient, path: str, query: str) -> None:
    answer = await client.get(f"{path}?{query}")

    assert 400 <= answer.status_code < 500, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json()["code"]


@pytest.mark.parametrize("place", ['"', "%", "huyện", ";", "'; --", "đ" * 120])
async def test_a_place_that_is_none_is_unknown(client: httpx.AsyncClient, place: str) -> None:
    answer = await client.get("/v1/jobs", params={"place": place, "q": "may"})

    assert answer.status_code == 422
    assert answer.json()["code"] == "place_unknown"


ASKED: list[dict[str, Any]] = [
    {},
    {"q": "cong nhan may"},
    {"q": "cong nhan may duc hoa", "pay_min": 1},
    {"q": "nhna vien", "place": "huyện Bến Lức", "pay_min": 1},
    {"q": "kho", "old_ward_code": "28141", "shift": "night"},
    {"q": '"nhan vien" -kho OR may', "lat": 10.6, "lon": 106.5, "radius_km": 30},
    {"ward_code": "27991", "sort": "pay"},
    {"q": "xyzzy", "sort": "newest", "benefits": "meals"},
    {"place": "huyện Bến Lức", "occupation": "75"},
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("asked", ASKED, ids=str)
async def test_a_first_page_costs_two_round_trips_at_most(
    client: httpx.AsyncClient, conn: asyncpg.Connection, path: str, asked: dict[str, Any]
) -> None:
    assert isinstance(conn, Connection)
    asked = {name: value for name, value in asked.items() if name != "sort" or path == "/v1/jobs"}
    await page(client, path, **asked)
    before = conn.round_trips

    await page(client, path, **asked, published_within_days=365)

    assert 1 <= conn.round_trips - before <= 2


async def test_suggestions_cost_one_round_trip_and_none_without_a_letter(
    client: httpx.AsyncClient, conn: asyncpg.Connection
) -> None:
    assert isinstance(conn, Connection)
    await page(client, "/v1/jobs/suggestions", q="x")
    before = conn.round_trips

    await page(client, "/v1/jobs/suggestions", q="cong")
    await page(client, "/v1/jobs/suggestions", q="!?")

    assert conn.round_trips - before == 1
