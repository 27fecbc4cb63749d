"""Alerts: who hears of a new posting at once, once, and why."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from longan.floor.messages.notices import NOTICES, lock_screen
from longan.rooms.job_alerts import store
from tests.conftest import Bearer
from tests.job_alerts.alerting import HOME, SEARCHES, found, inbox, noted, opened, person, posting, saved

HOUR = timedelta(hours=1)


async def test_whoever_saved_a_search_hears_of_a_new_posting_that_fits(conn: asyncpg.Connection, now: datetime) -> None:
    account, other = await person(conn), await person(conn)
    await saved(conn, account, now, q="thợ may", ward_code="27694")
    await saved(conn, other, now, q="thợ hàn")

    told = await opened(conn, await posting(conn, now), now)

    assert told == [account]
    assert await inbox(conn, account) == [
        ("job_alert", {"job_title": "Thợ may mẫu", "employer_name": "Công ty Thử Báo Tin"})
    ]
    assert await inbox(conn, other) == []


async def test_one_posting_is_one_notice_however_many_searches_it_fits(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime
) -> None:
    account = await person(conn)
    first = await saved(conn, account, now, name="May", q="may")
    second = await saved(conn, account, now, cadence="weekly", name="Gần nhà", ward_code="27694")
    job = await posting(conn, now)
    await opened(conn, job, now)
    me = await bearer(account)

    why = (await client.get(f"/v1/me/job-alerts/{job}", headers=me)).json()

    assert len(await inbox(conn, account)) == 1
    assert [(each["saved_search_id"], each["name"]) for each in why["why"]] == [
        (str(first), "May"),
        (str(second), "Gần nhà"),
    ]
    assert [each["filters"]["q"] for each in why["why"]] == ["may", None]
    assert (why["title"], why["is_open"], why["told_at"] is not None) == ("Thợ may mẫu", True, True)
    for search in (first, second):
        hits = (await client.get(f"{SEARCHES}/{search}/hits", headers=me)).json()["items"]
        assert hits == [why]
    assert (await client.get("/v1/me/job-alerts", headers=me)).json()["items"] == [why]


async def test_why_somebody_was_told_is_for_them_alone(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime
) -> None:
    account = await person(conn)
    await saved(conn, account, now, q="may")
    job = await posting(conn, now)
    await opened(conn, job, now)

    assert (await client.get(f"/v1/me/job-alerts/{job}", headers=await bearer())).status_code == 404


async def test_a_search_that_was_changed_since_says_so(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime
) -> None:
    account = await person(conn)
    search = await saved(conn, account, now, q="may")
    job = await posting(conn, now)
    await opened(conn, job, now)
    me = await bearer(account)
    await client.patch(f"{SEARCHES}/{search}", json={"filters": {"q": "hàn"}}, headers={**me, "If-Match": "*"})

    [why] = (await client.get(f"/v1/me/job-alerts/{job}", headers=me)).json()["why"]

    assert (why["filters"]["q"], why["changed_since"]) == ("hàn", True)


async def blocks(conn: asyncpg.Connection, account: UUID, job: UUID) -> None:
    await conn.execute(
        "insert into privacy.blocks select $1, employer_id, now() from jobs.postings where id = $2", account, job
    )


async def closes(conn: asyncpg.Connection, account: UUID, job: UUID) -> None:
    await conn.execute("update identity.accounts set disabled_at = now() where id = $1", account)


async def deletes(conn: asyncpg.Connection, account: UUID, job: UUID) -> None:
    await conn.execute("delete from saved_searches.searches where account_id = $1", account)


async def mutes(conn: asyncpg.Connection, account: UUID, job: UUID) -> None:
    await conn.execute("update saved_searches.searches set cadence = 'none' where account_id = $1", account)


@pytest.mark.parametrize("act", [blocks, closes, deletes, mutes], ids=lambda act: act.__name__)
@pytest.mark.parametrize("when", ["before it opens", "before they are told"])
async def test_whoever_does_not_want_it_any_more_hears_nothing(
    conn: asyncpg.Connection, now: datetime, act: Any, when: str
) -> None:
    account = await person(conn)
    await saved(conn, account, now, q="may")
    job = await posting(conn, now)
    if when == "before they are told":
        await store.match(conn, job, now)
    await act(conn, account, job)

    told = await opened(conn, job, now)

    assert told == [] and await inbox(conn, account) == []


@pytest.mark.parametrize("act", [blocks, closes, deletes, mutes], ids=lambda act: act.__name__)
async def test_a_push_that_is_on_its_way_is_held_back(conn: asyncpg.Connection, now: datetime, act: Any) -> None:
    account = await person(conn)
    await saved(conn, account, now, q="may")
    job = await posting(conn, now)
    await opened(conn, job, now)
    wanted = "select notifications.still_wanted(i.id, 'push', $2) from notifications.inbox i where i.account_id = $1"
    assert await conn.fetchval(wanted, account, now)

    await act(conn, account, job)

    assert not await conn.fetchval(wanted, account, now)


@pytest.mark.parametrize("status", ["closed", "paused", "expired", "suspended"])
async def test_a_posting_that_is_not_open_any_more_is_told_to_nobody(
    conn: asyncpg.Connection, now: datetime, status: str
) -> None:
    account = await person(conn)
    await saved(conn, account, now, q="may")
    job = await posting(conn, now)
    await opened(conn, job, now)
    await conn.execute("update jobs.postings set status = $2 where id = $1", job, status)
    second = await posting(conn, now, status=status)

    await opened(conn, second, now)

    assert len(await inbox(conn, account)) == 1
    assert await conn.fetchval("select not notifications.still_wanted(id, 'push', $1) from notifications.inbox", now)


async def test_what_is_paused_before_it_is_told_is_told_when_it_opens_again(
    conn: asyncpg.Connection, now: datetime
) -> None:
    account = await person(conn)
    await saved(conn, account, now, q="may")
    job = await posting(conn, now)
    await store.match(conn, job, now)
    await conn.execute("update jobs.postings set status = 'paused' where id = $1", job)
    assert await opened(conn, job, now + HOUR) == []
    await conn.execute("update jobs.postings set status = 'open' where id = $1", job)

    assert await opened(conn, job, now + 2 * HOUR) == [account]
    assert await opened(conn, job, now + 3 * HOUR) == []


async def test_what_is_renewed_is_not_new(conn: asyncpg.Connection, now: datetime) -> None:
    before, after = await person(conn), await person(conn)
    await saved(conn, before, now, q="may")
    job = await posting(conn, now)
    await opened(conn, job, now)
    later = now + timedelta(days=3)
    await saved(conn, after, later - HOUR, q="may")
    await conn.execute("update jobs.postings set published_at = $2 where id = $1", job, later)
    await noted(conn, job, later)

    told = await opened(conn, job, later)

    assert (
        told == []
        and len(await inbox(conn, before)) == 1
        and await found(conn, job) == {before: (await found(conn, job))[before]}
    )


async def test_what_was_renewed_after_it_was_forgotten_is_not_new_either(
    conn: asyncpg.Connection, now: datetime
) -> None:
    account = await person(conn)
    await saved(conn, account, now, q="may")
    job = await posting(conn, now)
    await opened(conn, job, now)
    await conn.execute("delete from job_alerts.hits")
    later = now + timedelta(days=20)
    await conn.execute("update jobs.postings set published_at = $2 where id = $1", job, later)

    assert await opened(conn, job, later) == []
    assert await found(conn, job) == {}


async def test_what_was_open_before_a_search_was_saved_is_no_news(conn: asyncpg.Connection, now: datetime) -> None:
    account = await person(conn)
    job = await posting(conn, now - HOUR)
    await saved(conn, account, now, q="may")

    assert await opened(conn, job, now) == []


async def test_the_same_is_not_told_again_by_a_search_that_is_saved_anew(
    conn: asyncpg.Connection, now: datetime
) -> None:
    account = await person(conn)
    search = await saved(conn, account, now, q="may")
    job = await posting(conn, now)
    await opened(conn, job, now)
    await conn.execute("delete from saved_searches.searches where id = $1", search)
    await saved(conn, account, now, q="may")

    assert await opened(conn, job, now) == []
    assert len(await inbox(conn, account)) == 1


async def test_of_a_heap_five_are_told_within_an_hour_and_the_rest_waits_for_the_digest(
    conn: asyncpg.Connection, now: datetime
) -> None:
    account, other = await person(conn), await person(conn)
    await saved(conn, account, now, q="may")
    await saved(conn, other, now, q="hàn")
    for number in range(8):
        await opened(conn, await posting(conn, now, title=f"Thợ may {number}"), now + timedelta(minutes=number))
    await opened(conn, await posting(conn, now, title="Thợ hàn"), now + timedelta(minutes=9))

    assert len(await inbox(conn, account)) == 5 and len(await inbox(conn, other)) == 1
    waiting = "select count(*) from job_alerts.hits where told_at is null and way = 'digest' and account_id = $1"
    assert await conn.fetchval(waiting, account) == 3

    an_hour_after_the_first = now + timedelta(minutes=60)
    for _ in range(2):
        await opened(conn, await posting(conn, now), an_hour_after_the_first)

    assert len(await inbox(conn, account)) == 6
    assert await conn.fetchval(waiting, account) == 4


async def test_a_ward_that_was_merged_is_followed(conn: asyncpg.Connection, now: datetime) -> None:
    account, other = await person(conn), await person(conn)
    await saved(conn, account, now, ward_code="27694")
    await saved(conn, other, now, ward_code="27991")
    merged = now.date()
    await conn.execute("insert into places.versions (version, name) values ($1, 'sau sáp nhập')", merged)
    await conn.execute(
        """insert into places.units (version, code, level, name, type, short_name, fold, parent_code, province_code,
                                     lat, lon)
           select $1, '90001', level, name, type, short_name, fold, parent_code, province_code, lat, lon
             from places.units where version = '2025-07-01' and code = '27694'""",
        merged,
    )
    await conn.execute(
        "insert into places.successions values ('2025-07-01', '27694', $1, '90001', 'whole', 'whole')", merged
    )
    job = await moved_posting(conn, now, merged)

    assert await opened(conn, job, now) == [account]


async def moved_posting(conn: asyncpg.Connection, now: datetime, version: Any) -> UUID:
    """A posting in the ward that came of 27694."""
    before = datetime(2026, 1, 1, tzinfo=now.tzinfo)
    job = await posting(conn, before)
    await conn.execute("delete from jobs.history where posting_id = $1", job)
    await conn.execute(
        """update jobs.postings set ward_version = $2, ward_code = '90001', published_at = $3::timestamptz,
                                    expires_at = $3::timestamptz + interval '30 days' where id = $1""",
        job, version, now,
    )  # fmt: skip
    await noted(conn, job, now)
    return job


async def test_no_push_holds_the_words_of_a_search(conn: asyncpg.Connection, now: datetime) -> None:
    account = await person(conn)
    await saved(conn, account, now, name="Bí mật của tôi", q="thợ may", pay_min=8_765_432)
    await conn.execute("update jobs.postings set effective_month = null")
    await opened(conn, await posting(conn, now, title="Thợ may", effective_month=9_000_000), now)

    [params] = await conn.fetch("select params::text from notifications.inbox where account_id = $1", account)

    for said in (params[0], *lock_screen("job_alert", "vi", params[0]), *NOTICES["job_alert"].push["vi"]):
        assert "Bí mật" not in said and "8765432" not in said and HOME not in said
