"""The inbox is the truth: what is read and archived stays so, is found again, is over at its time."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from longan.floor.messages.notices import NOTICES
from tests.conftest import Bearer, TestClock
from tests.notifications.inboxes import INBOX, account_of, bodies, listed, page, tell


async def test_what_was_read_and_archived_is_so_for_another_session_too(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime
) -> None:
    me = await bearer()
    account = await account_of(conn)
    read, archived, new = [await tell(conn, account, f"Việc {n}", now + timedelta(seconds=n)) for n in range(3)]
    assert (await client.post(f"{INBOX}/{read}/read", headers=me)).status_code == 204
    assert (await client.post(f"{INBOX}/{archived}/archive", headers=me)).status_code == 204

    again = await bearer(account)

    assert await listed(client, again) == [new, read]
    assert await listed(client, again, archived=True) == [archived]
    assert await listed(client, again, unread=True) == [new]
    assert (await page(client, again))["unread_count"] == 1


@pytest.mark.parametrize(
    ("there", "back", "field"), [("read", "unread", "read_at"), ("archive", "unarchive", "archived_at")]
)
async def test_what_was_done_to_a_notice_can_be_undone_and_a_second_time_changes_nothing(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime, there: str, back: str,
    field: str,
) -> None:  # fmt: skip
    me = await bearer()
    notice = await tell(conn, await account_of(conn), "Việc", now)
    one = f"{INBOX}/{notice}"
    seen = []
    for step in (there, there, back, back):
        assert (await client.post(f"{one}/{step}", headers=me)).status_code == 204
        answer = await client.get(one, headers=me)
        seen.append((answer.json()[field] is not None, answer.headers["etag"]))

    assert [is_so for is_so, _ in seen] == [True, True, False, False]
    assert seen[0] == seen[1] and seen[2] == seen[3] and seen[0][1] != seen[2][1]


async def test_the_first_time_of_reading_stays(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, clock: TestClock
) -> None:
    me = await bearer()
    notice = await tell(conn, await account_of(conn), "Việc", clock())
    await client.post(f"{INBOX}/{notice}/read", headers=me)
    first = (await client.get(f"{INBOX}/{notice}", headers=me)).json()["read_at"]

    clock.shift(timedelta(minutes=1))
    await client.post(f"{INBOX}/{notice}/read", headers=me)

    assert (await client.get(f"{INBOX}/{notice}", headers=me)).json()["read_at"] == first


async def test_what_was_archived_unread_comes_back_unread(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime
) -> None:
    me = await bearer()
    notice = await tell(conn, await account_of(conn), "Việc", now)
    await client.post(f"{INBOX}/{notice}/archive", headers=me)
    away = await page(client, me, archived=True)

    await client.post(f"{INBOX}/{notice}/unarchive", headers=me)

    assert away["unread_count"] == 0 and away["items"][0]["read_at"] is None
    assert (await page(client, me))["unread_count"] == 1


@pytest.mark.parametrize("step", ["read", "unread", "archive", "unarchive"])
async def test_nothing_is_done_to_somebody_elses_notice(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime, step: str
) -> None:
    me = await bearer()
    notice = await tell(conn, await account_of(conn), "Việc", now)
    before = (await client.get(f"{INBOX}/{notice}", headers=me)).json()
    stranger = await bearer()

    alone = await client.post(f"{INBOX}/{notice}/{step}", headers=stranger)
    many = await client.post(f"{INBOX}/changes", json={"action": step, "ids": [str(notice)]}, headers=stranger)

    assert alone.status_code == 404
    assert many.json() == {"changed": 0, "missing": [str(notice)], "unread_count": 0}
    assert (await client.get(f"{INBOX}/{notice}", headers=stranger)).status_code == 404
    assert (await client.get(f"{INBOX}/{notice}", headers=me)).json() == before


async def test_a_notice_says_what_it_speaks_of_and_what_opens_it(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime
) -> None:
    me = await bearer()
    notice = await tell(conn, await account_of(conn), "Việc", now)

    shown = (await client.get(f"{INBOX}/{notice}", headers=me)).json()

    assert shown["subject"]["kind"] == "application"
    assert shown["link"] == f"longanid://applications/{shown['subject']['id']}"
    assert shown["web_link"] is None  # the tests' own address is not https


# Searching.


@pytest.mark.parametrize(
    "q", ["công nhân may", "cong nhan may", "CÔNG NHÂN", "cong nhan m", "may túi", "CN may", "ke toan"]
)
async def test_a_notice_is_found_by_its_words_however_they_are_typed(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime, q: str
) -> None:
    me = await bearer()
    account = await account_of(conn)
    sewing = await tell(conn, account, "Công nhân may túi xách", now)
    await tell(conn, account, "Phụ kho", now, status="interview")

    found = await listed(client, me, q=q)

    assert found == ([] if q == "ke toan" else [sewing])


@pytest.mark.parametrize(("language", "q", "found"), [
    ("vi", "phong van", True), ("vi", "interview", False), ("en", "interview", True), ("en", "phong van", False),
    ("en", "phu kho", True), ("en", "intervie", True),
])  # fmt: skip
async def test_a_reader_searches_the_words_they_see(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime, language: str, q: str,
    found: bool,
) -> None:  # fmt: skip
    me = {**await bearer(), "Accept-Language": language}
    await tell(conn, await account_of(conn), "Phụ kho", now, status="interview")

    assert bool(await listed(client, me, q=q)) is found


async def test_search_sees_only_ones_own_and_keeps_to_the_other_filters(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime
) -> None:
    await bearer()
    await tell(conn, await account_of(conn), "Phụ kho", now)
    me = await bearer()
    account = await account_of(conn)
    read, moved = await tell(conn, account, "Phụ kho", now), await tell(conn, account, "Phụ kho", now, status="offer")
    await client.post(f"{INBOX}/{read}/read", headers=me)

    assert sorted(await listed(client, me, q="kho")) == sorted([read, moved])
    assert await listed(client, me, q="kho", unread=True) == [moved]
    assert await listed(client, me, q="kho", topic="application_received") == [read]
    assert await listed(client, me, q="kho", archived=True) == []


@pytest.mark.parametrize("q", ["!!!", "'", "a & b | c", ":*", "<->", "'; drop table x; --", "\\", "🙂"])
async def test_any_words_may_be_searched_for(client: httpx.AsyncClient, bearer: Bearer, q: str) -> None:
    assert await listed(client, await bearer(), q=q) == []


async def test_a_topic_nobody_knows_is_refused(client: httpx.AsyncClient, bearer: Bearer) -> None:
    answer = await client.get(INBOX, params={"topic": "gossip"}, headers=await bearer())

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "?topic"


# Many at once.


async def test_many_are_changed_in_one_request_and_what_is_missing_is_named(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime
) -> None:
    me = await bearer()
    account = await account_of(conn)
    first, second, third = [await tell(conn, account, f"Việc {n}", now + timedelta(seconds=n)) for n in range(3)]
    await client.post(f"{INBOX}/{first}/read", headers=me)
    gone = uuid4()
    wanted = {"action": "read", "ids": [str(each) for each in (first, second, gone, second)]}

    answers = [(await client.post(f"{INBOX}/changes", json=wanted, headers=me)).json() for _ in range(2)]

    assert answers == [{"changed": changed, "missing": [str(gone)], "unread_count": 1} for changed in (1, 0)]
    assert await listed(client, me, unread=True) == [third]


@pytest.mark.parametrize("by", ["up_to_id", "up_to"])
@pytest.mark.parametrize("action", ["read", "archive"])
async def test_all_up_to_what_the_person_saw_are_changed_and_what_came_later_is_not(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime, by: str, action: str
) -> None:
    me = await bearer()
    account = await account_of(conn)
    told = [await tell(conn, account, f"Việc {n}", now - timedelta(minutes=10 - n)) for n in range(4)]
    at = (await client.get(f"{INBOX}/{told[2]}", headers=me)).json()["created_at"]

    answer = await client.post(
        f"{INBOX}/changes", json={"action": action, by: str(told[2]) if by == "up_to_id" else at}, headers=me
    )

    assert answer.json() == {"changed": 3, "missing": [], "unread_count": 1}
    assert await listed(client, me, unread=True) == [told[3]]


@pytest.mark.parametrize("up_to", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "1999-01-01T00:00:00Z"])
async def test_any_time_of_the_calendar_may_be_named(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime, up_to: str
) -> None:
    me = await bearer()
    await tell(conn, await account_of(conn), "Việc", now - timedelta(seconds=1))

    answer = await client.post(f"{INBOX}/changes", json={"action": "read", "up_to": up_to}, headers=me)

    assert answer.json()["changed"] == (1 if up_to.startswith("9999") else 0)


@pytest.mark.parametrize(("wanted", "pointers"), [
    ({"action": "read"}, ["/ids"]),
    ({"action": "read", "ids": []}, ["/ids"]),
    ({"action": "read", "ids": [str(uuid4())] * 101}, ["/ids"]),
    ({"action": "read", "ids": [str(uuid4())], "up_to": "2026-11-22T00:00:00Z"}, ["/ids", "/up_to"]),
    ({"action": "unread", "up_to": "2026-11-22T00:00:00Z"}, ["/action"]),
    ({"action": "delete", "ids": [str(uuid4())]}, ["/action"]),
])  # fmt: skip
async def test_a_change_that_does_not_say_what_is_meant_is_refused(
    client: httpx.AsyncClient, bearer: Bearer, wanted: dict[str, object], pointers: list[str]
) -> None:
    answer = await client.post(f"{INBOX}/changes", json=wanted, headers=await bearer())

    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == pointers


async def test_up_to_somebody_elses_notice_changes_nothing(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime
) -> None:
    await bearer()
    foreign = await tell(conn, await account_of(conn), "Việc", now)
    me = await bearer()
    await tell(conn, await account_of(conn), "Việc", now - timedelta(minutes=1))

    answer = await client.post(f"{INBOX}/changes", json={"action": "read", "up_to_id": str(foreign)}, headers=me)

    assert answer.status_code == 404
    assert (await page(client, me))["unread_count"] == 1


# What has not changed is not sent again.


async def test_an_inbox_that_has_not_changed_is_not_sent_again_and_its_page_is_not_even_asked_for(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime
) -> None:
    me = await bearer()
    account = await account_of(conn)
    notice = await tell(conn, account, "Việc", now)
    held = (await client.get(INBOX, headers=me)).headers["etag"]
    asked: list[str] = []
    conn.add_query_logger(listener := lambda query: asked.append(query.query))

    same = await client.get(INBOX, headers={**me, "If-None-Match": held})
    await asyncio.sleep(0)  # what was asked is told a turn later
    conn.remove_query_logger(listener)

    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", held)
    assert [sql.split("\n")[0] for sql in asked if "notifications." in sql] == ["-- notifications.box"]
    for change in ("read", "unread", "archive", "unarchive"):
        await client.post(f"{INBOX}/{notice}/{change}", headers=me)
        other = await client.get(INBOX, headers={**me, "If-None-Match": held})
        assert other.status_code == 200, change
        held = other.headers["etag"]
    await tell(conn, account, "Việc khác", now)
    assert (await client.get(INBOX, headers={**me, "If-None-Match": held})).status_code == 200


async def test_that_a_notice_is_over_changes_the_tag_though_nothing_was_written(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, clock: TestClock
) -> None:
    me = await bearer()
    account = await account_of(conn)
    await tell(conn, account, "Việc", clock(), ends=clock() + timedelta(minutes=1))
    stays = await tell(conn, account, "Việc", clock())
    held = (await client.get(INBOX, headers=me)).headers["etag"]

    clock.shift(timedelta(minutes=2))

    later = await client.get(INBOX, headers={**me, "If-None-Match": held})
    assert later.status_code == 200
    assert ([item["id"] for item in later.json()["items"]], later.json()["unread_count"]) == ([str(stays)], 1)


async def test_another_language_is_another_answer(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime
) -> None:
    me = await bearer()
    notice = await tell(conn, await account_of(conn), "Việc", now)
    for path in (INBOX, f"{INBOX}/{notice}"):
        held = (await client.get(path, headers=me)).headers["etag"]

        english = await client.get(path, headers={**me, "If-None-Match": held, "Accept-Language": "en"})

        assert english.status_code == 200
        assert (await client.get(path, headers={**me, "If-None-Match": held})).status_code == 304


# Over.


async def test_a_notice_that_is_over_is_in_no_list_no_count_and_no_search(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, clock: TestClock
) -> None:
    me = await bearer()
    account = await account_of(conn)
    over = await tell(conn, account, "Việc", clock(), ends=clock() + timedelta(minutes=1))
    away = await tell(conn, account, "Việc", clock(), ends=clock() + timedelta(minutes=1))
    await client.post(f"{INBOX}/{away}/archive", headers=me)

    clock.shift(timedelta(minutes=1))

    assert await page(client, me) == {"items": [], "next_cursor": None, "unread_count": 0}
    for asked in ({"archived": True}, {"unread": True}, {"q": "viec"}, {"topic": "application_received"}):
        assert await bodies(client, me, **asked) == [], asked
    assert (await client.get(f"{INBOX}/{over}", headers=me)).status_code == 404
    assert (await client.post(f"{INBOX}/{over}/read", headers=me)).status_code == 404
    up_to = await client.post(f"{INBOX}/changes", json={"action": "read", "up_to_id": str(over)}, headers=me)
    assert up_to.status_code == 404


async def test_a_topic_says_how_long_its_notices_stay(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime
) -> None:
    me = await bearer()
    notice = await tell(conn, await account_of(conn), "Việc", now)

    shown = (await client.get(f"{INBOX}/{notice}", headers=me)).json()

    stays = datetime.fromisoformat(shown["expires_at"]) - datetime.fromisoformat(shown["created_at"])
    assert stays == NOTICES["application_received"].inbox_life
    assert UUID(shown["id"]) == notice
