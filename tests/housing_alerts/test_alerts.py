"""Alerts: who hears of a new place at once, once, and why."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from longan.floor.messages.notices import NOTICES, lock_screen
from longan.rooms.housing_alerts import store
from tests.conftest import Bearer
from tests.housing_alerts.alerting import SEARCHES, found, noted, opened, room, saved
from tests.job_alerts.alerting import inbox, person
from tests.jobs.hiring import OWNER, employer_of

HOUR = timedelta(hours=1)


async def test_whoever_saved_a_search_hears_of_a_new_place_that_fits(conn: asyncpg.Connection, now: datetime) -> None:
    account, other = await person(conn), await person(conn)
    await saved(conn, account, now, q="có gác", ward_code="27694", rent_max=1_500_000)
    await saved(conn, other, now, rent_max=1_499_999)

    told = await opened(conn, await room(conn, now), now)

    assert told == [account]
    assert await inbox(conn, account) == [("housing_found", {"title": "Phòng trọ có gác mẫu"})]
    assert await inbox(conn, other) == []


async def test_one_place_is_one_notice_however_many_searches_it_fits(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime
) -> None:
    account = await person(conn)
    first = await saved(conn, account, now, name="Rẻ", rent_max=2_000_000)
    second = await saved(conn, account, now, cadence="weekly", name="Gần nhà", ward_code="27694")
    listing = await room(conn, now)
    await opened(conn, listing, now)
    me = await bearer(account)

    why = (await client.get(f"/v1/me/housing-alerts/{listing}", headers=me)).json()

    assert len(await inbox(conn, account)) == 1
    assert [(each["saved_search_id"], each["name"]) for each in why["why"]] == [
        (str(first), "Rẻ"),
        (str(second), "Gần nhà"),
    ]
    assert [each["filters"]["rent_max"] for each in why["why"]] == [2_000_000, None]
    assert (why["housing"]["id"], why["is_open"], why["told_at"] is not None) == (str(listing), True, True)
    for search in (first, second):
        assert (await client.get(f"{SEARCHES}/{search}/hits", headers=me)).json()["items"] == [why]
    assert (await client.get("/v1/me/housing-alerts", headers=me)).json()["items"] == [why]
    assert (await client.get(f"/v1/me/housing-alerts/{listing}", headers=await bearer())).status_code == 404


async def test_a_search_that_was_changed_since_says_so(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime
) -> None:
    account = await person(conn)
    search = await saved(conn, account, now, rent_max=2_000_000)
    listing = await room(conn, now)
    await opened(conn, listing, now)
    me = await bearer(account)
    await client.patch(f"{SEARCHES}/{search}", json={"filters": {"people": 9}}, headers={**me, "If-Match": "*"})

    [why] = (await client.get(f"/v1/me/housing-alerts/{listing}", headers=me)).json()["why"]

    assert (why["filters"]["people"], why["changed_since"]) == (9, True)


async def closes(conn: asyncpg.Connection, account: UUID, listing: UUID) -> None:
    await conn.execute("update identity.accounts set disabled_at = now() where id = $1", account)


async def deletes(conn: asyncpg.Connection, account: UUID, listing: UUID) -> None:
    await conn.execute("delete from saved_searches.searches where account_id = $1", account)


async def mutes(conn: asyncpg.Connection, account: UUID, listing: UUID) -> None:
    await conn.execute("update saved_searches.searches set cadence = 'none' where account_id = $1", account)


async def lets(conn: asyncpg.Connection, account: UUID, listing: UUID) -> None:
    """The place is their own."""
    await conn.execute("update housing.listings set owner_id = $1 where id = $2", account, listing)


async def _of_an_employer(conn: asyncpg.Connection, listing: UUID) -> UUID:
    employer = await employer_of(conn, OWNER)
    await conn.execute(
        "update housing.listings set employer_id = $1, kind = 'dormitory' where id = $2", employer, listing
    )
    return employer


async def blocks(conn: asyncpg.Connection, account: UUID, listing: UUID) -> None:
    employer = await _of_an_employer(conn, listing)
    await conn.execute("insert into privacy.blocks values ($1, $2, now())", account, employer)


async def joins(conn: asyncpg.Connection, account: UUID, listing: UUID) -> None:
    """They act for the employer whose dormitory it is."""
    employer = await _of_an_employer(conn, listing)
    await conn.execute(
        "insert into members.members (employer_id, account_id, role) values ($1, $2, 'recruiter')", employer, account
    )


ACTS = [closes, deletes, mutes, lets, blocks, joins]


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
@pytest.mark.parametrize("when", ["before it opens", "before they are told"])
async def test_whoever_does_not_want_it_any_more_hears_nothing(
    conn: asyncpg.Connection, now: datetime, act: Any, when: str
) -> None:
    account = await person(conn)
    await saved(conn, account, now, rent_max=2_000_000)
    listing = await room(conn, now)
    if when == "before they are told":
        assert await store.match(conn, listing, now) == 1
    await act(conn, account, listing)

    told = await opened(conn, listing, now)

    assert told == [] and await inbox(conn, account) == []


@pytest.mark.parametrize("act", [closes, deletes, mutes, blocks], ids=lambda act: act.__name__)
async def test_a_push_that_is_on_its_way_is_held_back(conn: asyncpg.Connection, now: datetime, act: Any) -> None:
    account = await person(conn)
    await saved(conn, account, now, rent_max=2_000_000)
    listing = await room(conn, now)
    await _of_an_employer(conn, listing)
    await opened(conn, listing, now)
    wanted = "select notifications.still_wanted(i.id, 'push', $2) from notifications.inbox i where i.account_id = $1"
    assert await conn.fetchval(wanted, account, now)

    await act(conn, account, listing)

    assert not await conn.fetchval(wanted, account, now)


@pytest.mark.parametrize("status", ["closed", "stale", "hidden", "suspended"])
async def test_a_place_that_is_not_open_any_more_is_told_to_nobody(
    conn: asyncpg.Connection, now: datetime, status: str
) -> None:
    account = await person(conn)
    await saved(conn, account, now, rent_max=2_000_000)
    listing = await room(conn, now)
    await store.match(conn, listing, now)
    await conn.execute(
        """update housing.listings
              set status = $2, closed_at = case when $2 = 'closed' then now() end,
                  closed_for = case when $2 = 'closed' then 'let' end
            where id = $1""",
        listing, status,
    )  # fmt: skip

    assert await opened(conn, listing, now) == [] and await inbox(conn, account) == []


async def test_what_opens_again_is_not_new(conn: asyncpg.Connection, now: datetime) -> None:
    before, after = await person(conn), await person(conn)
    await saved(conn, before, now, rent_max=2_000_000)
    listing = await room(conn, now)
    await opened(conn, listing, now)
    later = now + timedelta(days=3)
    await saved(conn, after, later - HOUR, rent_max=2_000_000)
    await conn.execute("update housing.listings set published_at = $2 where id = $1", listing, later)
    await noted(conn, listing, later)

    assert await opened(conn, listing, later) == []
    assert list(await found(conn, listing)) == [before] and len(await inbox(conn, before)) == 1


async def test_what_was_open_before_a_search_was_saved_is_no_news(conn: asyncpg.Connection, now: datetime) -> None:
    account = await person(conn)
    listing = await room(conn, now - HOUR)
    await saved(conn, account, now, rent_max=2_000_000)

    assert await opened(conn, listing, now) == []


async def test_a_place_that_comes_to_fit_by_a_change_is_news_and_only_once(
    conn: asyncpg.Connection, now: datetime
) -> None:
    account, other = await person(conn), await person(conn)
    await saved(conn, account, now, cadence="daily", rent_max=1_400_000)
    await saved(conn, other, now, cadence="daily", rent_max=1_600_000)
    listing = await room(conn, now)
    assert await store.match(conn, listing, now) == 1
    later = now + timedelta(days=20)

    before = await store.match(conn, listing, later, store.NEWS_BY_CHANGE)
    await conn.execute("update housing.listings set rent = 1300000 where id = $1", listing)
    by_change = [await store.match(conn, listing, later, store.NEWS_BY_CHANGE) for _ in range(2)]

    assert (before, by_change) == (0, [1, 0])
    assert set(await found(conn, listing)) == {account, other}


async def test_of_a_heap_five_are_told_within_an_hour_and_the_rest_waits_for_the_digest(
    conn: asyncpg.Connection, now: datetime
) -> None:
    account = await person(conn)
    await saved(conn, account, now, rent_max=2_000_000)
    for number in range(8):
        await opened(conn, await room(conn, now), now + timedelta(minutes=number))

    waiting = "select count(*) from housing_alerts.hits where told_at is null and way = 'digest' and account_id = $1"
    assert (len(await inbox(conn, account)), await conn.fetchval(waiting, account)) == (5, 3)

    for _ in range(2):
        await opened(conn, await room(conn, now), now + HOUR)

    assert (len(await inbox(conn, account)), await conn.fetchval(waiting, account)) == (6, 4)


async def test_no_push_holds_the_words_of_a_search(conn: asyncpg.Connection, now: datetime) -> None:
    account = await person(conn)
    await saved(conn, account, now, name="Bí mật của tôi", q="có gác", cost_max=8_765_432)
    await opened(conn, await room(conn, now), now)

    [params] = await conn.fetch("select params::text from notifications.inbox where account_id = $1", account)

    for said in (params[0], *lock_screen("housing_found", "vi", params[0]), *NOTICES["housing_found"].push["vi"]):
        assert "Bí mật" not in said and "8765432" not in said


async def test_a_search_around_a_job_goes_on_when_the_job_is_closed(conn: asyncpg.Connection, now: datetime) -> None:
    account = await person(conn)
    listing = await room(conn, now)
    near = await conn.fetchval(
        """select j.id from jobs.postings j, housing.listings l
            where l.id = $1 and j.status = 'open' and j.expires_at > $2 and j.lat is not null
            order by j.point <-> l.point limit 1""",
        listing, now,
    )  # fmt: skip
    await saved(conn, account, now - HOUR, job_id=str(near), radius_km=20)
    await conn.execute("update jobs.postings set status = 'closed' where id = $1", near)

    assert await opened(conn, listing, now) == [account]


async def test_a_search_for_jobs_and_one_for_a_place_are_never_taken_for_each_other(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime
) -> None:
    account = await person(conn)
    mine = await saved(conn, account, now, rent_max=2_000_000)
    me = await bearer(account)

    assert (await client.get(f"/v1/me/saved-searches/{mine}", headers=me)).status_code == 404
    assert (await client.get("/v1/me/saved-searches", headers=me)).json()["items"] == []
    assert (await client.get(f"{SEARCHES}/{uuid4()}", headers=me)).status_code == 404
