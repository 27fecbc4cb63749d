"""Words: synonyms, places inside a query, quotes and minus, slips of the finger, and why a job is on the page."""

from datetime import datetime, timedelta

import asyncpg
import httpx
import pytest

from tests.conftest import Bearer
from tests.job_search.looking import BEN_LUC, LONG_AN, all_items, ids, page, put, word
from tests.jobs.hiring import published

DUC_HOA = """select array_agg(distinct s.new_code) from places.units c
  join places.successions s on s.old_version = c.version and s.old_code = c.code
  join places.units d on d.version = c.version and d.code = c.parent_code
 where d.fold = 'duc hoa' and d.level = 'district'"""


async def test_an_old_district_in_the_words_finds_the_wards_that_follow_it(
    client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime
) -> None:
    wards: list[str] = await conn.fetchval(DUC_HOA)
    rare = word()
    made = {await put(conn, f"Công nhân may {rare}", now, ward_code=ward) for ward in wards}
    elsewhere = await put(conn, f"Công nhân may {rare}", now, ward_code=BEN_LUC)

    found = await all_items(client, q=f"cong nhan may {rare} duc hoa")

    assert {item["id"] for item in found} == made
    assert elsewhere not in made
    assert {"field": "place", "words": ["duc", "hoa"]} in found[0]["matched"]
    assert found[0]["matched"][0]["words"] == [f"Công nhân may {rare}"]


async def test_a_place_that_stands_in_the_title_is_found_wherever_the_job_is(
    client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime
) -> None:
    rare = word()
    made = await put(conn, f"{rare} đi làm tại Đức Hòa", now, ward_code=BEN_LUC)

    assert await ids(client, q=f"{rare} duc hoa") == {made}


async def test_a_query_that_is_only_a_place_finds_what_lies_there(client: httpx.AsyncClient) -> None:
    there = await ids(client, place="huyện Bến Lức")

    assert there
    assert there <= await ids(client, q="ben luc")


async def test_a_place_in_quotes_is_only_words(
    client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime
) -> None:
    rare = word()
    await put(conn, f"Thợ {rare}", now, ward_code=BEN_LUC)

    assert await ids(client, q=f'{rare} "ben luc"') == set()


@pytest.mark.parametrize(
    ("q", "title"),
    [
        ("bốc vác", "Bốc xếp hàng bao"), ("bác tài", "Tài xế xe tải"), ("ldpt", "Lao động phổ thông"),
        ("lao công", "Nhân viên tạp vụ"), ("thợ xây", "Cần thợ hồ"), ("shipper", "Nhân viên giao hàng"),
        ("KCS", "Nhân viên QC"), ("part time", "Việc bán thời gian"), ("sales", "Nhân viên kinh doanh"),
    ],
)  # fmt: skip
async def test_workers_words_find_the_employers_words(
    client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime, q: str, title: str
) -> None:
    made = await put(conn, title, now + timedelta(minutes=1))

    assert made in await ids(client, q=q)


async def test_the_words_of_a_company_are_not_a_worker(
    client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime
) -> None:
    made = await put(conn, "Nhân viên văn thư", now, name="Công ty Giấy")

    assert made not in await ids(client, q="công nhân")


async def test_quotes_minus_and_or_narrow_and_widen(
    client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime
) -> None:
    one, other = word(), word()
    together = await put(conn, f"Thợ {one} {other}", now)
    apart = await put(conn, f"Thợ {one} và {other}", now)
    alone = await put(conn, f"Thợ {one}", now)
    second = await put(conn, f"Phụ {other}", now)

    assert await ids(client, q=f"{one} {other}") == {together, apart}
    assert await ids(client, q=f'"{one} {other}"') == {together}
    assert await ids(client, q=f"{one} -{other}") == {alone}
    assert await ids(client, q=f"{one} OR {other}") == {together, apart, alone, second}
    assert await ids(client, q=f'{one} -"{one} {other}"') == {apart, alone}


async def test_skills_are_searched_and_the_description_is_not(
    client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime
) -> None:
    skill = word()
    made = await put(conn, "Thợ cơ khí", now, skills=(f"Tiện {skill}",))

    assert await ids(client, q=f"tien {skill}") == {made}
    assert (await page(client, q=skill))["items"][0]["matched"] == []


async def test_a_mistyped_word_is_read_as_one_that_looks_like_it_and_the_page_says_so(
    client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime
) -> None:
    made = await put(conn, "Thợ lắp kvandrotech", now)

    slipped = await page(client, q="tho lap kvnadrotech")
    right = await page(client, q="tho lap kvandrotech")

    assert [item["id"] for item in slipped["items"]] == [made]
    assert slipped["guesses"] == [{"typed": "kvnadrotech", "read_as": ["kvandrotech"]}]
    assert slipped["items"][0]["matched"] == [{"field": "title", "words": ["Thợ lắp kvandrotech"]}]
    assert right["guesses"] == []


async def test_a_word_that_some_job_has_is_never_guessed_at(
    client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime
) -> None:
    await put(conn, "Thợ kvandrotech", now)
    await put(conn, "Thợ kvandrotecs", now)

    found = await page(client, q="kvandrotecs")

    assert [item["title"] for item in found["items"]] == ["Thợ kvandrotecs"]
    assert found["guesses"] == []


async def test_the_words_of_a_draft_are_nobodys_guess(
    client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime
) -> None:
    await put(conn, "Thợ kvandrotech", now, status="suspended")

    assert (await page(client, q="kvnadrotech")) == {"items": [], "next_cursor": None, "guesses": []}


async def test_what_is_published_is_found_at_once_by_its_words_and_with_a_slip(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    made = await published(client, conn, bearer, title="Thợ gò kvandrotech")

    assert await ids(client, q="go kvandrotech") == {made["id"]}
    assert await ids(client, q="kvandrotehc") == {made["id"]}


async def test_the_last_word_may_be_unfinished_unless_it_is_one(
    client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime
) -> None:
    rare = word()
    store, not_yet = await put(conn, f"Kho {rare}", now), await put(conn, f"Khoan {rare}", now)

    assert await ids(client, q=f"{rare} kho") == {store}
    assert await ids(client, q=rare[:-1]) == {store, not_yet}


async def test_exact_marks_come_first_then_the_title_then_the_rest(
    client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime
) -> None:
    rare = word()
    apart = await put(conn, f"Tổ máy phát {rare}", now)
    company = await put(conn, "Kế hoạch viên", now, name=f"Máy {rare}")
    folded = await put(conn, f"May {rare}", now, age=timedelta(days=1))
    exact = await put(conn, f"Thợ máy {rare}", now, age=timedelta(days=2))

    found = await all_items(client, q=f"máy {rare}")

    assert [item["id"] for item in found] == [exact, folded, company, apart]


async def test_jobs_of_the_wards_are_found_by_code_with_words(
    client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime
) -> None:
    rare = word()
    here, _ = await put(conn, f"Thợ {rare}", now, ward_code=LONG_AN), await put(conn, rare, now, ward_code=BEN_LUC)

    assert await ids(client, q=rare, ward_code=LONG_AN) == {here}
    assert await ids(client, q=rare, place="phường Long An") == {here}
