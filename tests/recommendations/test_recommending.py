"""Only who agreed is recommended anything; the best come first, each with its reasons, and pages neither repeat nor
lose."""

from datetime import datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from longan.floor.database.db import Connection
from longan.rooms.recommendations import store
from tests.conftest import Bearer, TestClock
from tests.recommendations.seeking import FAR, HOME, MINE, codes, page, posted, seeking, walked

DAY = timedelta(days=1)


async def test_without_consent_the_answer_says_what_to_ask_for(client: httpx.AsyncClient, bearer: Bearer) -> None:
    refused = await client.get(MINE, headers=await bearer())

    assert (refused.status_code, refused.json()["code"]) == (403, "consent_required")
    assert refused.json()["purpose"] == "job_recommendations"


async def test_a_withdrawn_consent_ends_it_also_in_the_middle_and_nothing_was_kept(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection
) -> None:
    me = await bearer()
    await seeking(client, me, ward_code=HOME)
    cursor = (await page(client, me, limit=1))["next_cursor"]

    await client.post("/v1/me/consents/job_recommendations/withdraw", headers=me)

    for asked in ({}, {"cursor": cursor}):
        assert (await client.get(MINE, headers=me, params=asked)).json()["code"] == "consent_required"
    assert await conn.fetchval("select count(*) from recommendations.hidden") == 0
    assert await conn.fetchval(
        "select array_agg(table_name::text) from information_schema.tables where table_schema = 'recommendations'"
    ) == ["hidden"]


async def test_a_first_page_and_every_other_takes_two_round_trips(
    client: httpx.AsyncClient, bearer: Bearer, conn: Connection
) -> None:
    me = await bearer()
    await seeking(client, me, ward_code=HOME, occupation_code="75", skills=["may"])
    await client.get("/v1/me", headers=me)

    for asked in ({}, {"cursor": (await page(client, me, limit=2))["next_cursor"], "limit": 2}):
        before = conn.round_trips
        await page(client, me, **asked)
        assert conn.round_trips - before == 2


async def test_each_thing_one_says_of_oneself_brings_what_fits_to_the_top_with_its_reason(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime
) -> None:
    me, at = await bearer(), now - timedelta(hours=1)
    jobs = {
        "near_home": await posted(conn, at, ward=HOME),
        "occupation": await posted(conn, at, occupation="75"),
        "pay": await posted(conn, at, pay=9_000_000),
        "shift": await posted(conn, at, shift="night"),
        "skills": await posted(conn, at, title="Thợ vắt sổ"),
        "experience": await posted(conn, at, experience=12),
        "education": await posted(conn, at, education="college"),
        "nothing": await posted(conn, at),
    }
    await seeking(
        client, me, ward_code=HOME, occupation_code="75", wanted_month_pay=9_000_000, shifts=["night"],
        skills=["Vắt sổ"], experience_months=12, education="university",
    )  # fmt: skip

    found = {item["id"]: item for item in await walked(client, me)}

    for code, job in jobs.items():
        assert codes(found[str(job)]) == {code, "new"} - {"nothing"}, code
    said = {reason["code"]: reason["text"] for reason in found[str(jobs["skills"])]["reasons"]}
    assert said["skills"].endswith("Vắt sổ")
    assert found[str(jobs["near_home"])]["distance_km"] == 0.0
    scores = [item["score"] for item in found.values()]
    assert scores == sorted(scores, reverse=True)
    for item in found.values():
        assert sum(reason["points"] for reason in item["reasons"]) == item["score"]


async def test_jobs_like_those_one_kept_opened_or_applied_for_are_found(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, clock: TestClock
) -> None:
    at = clock() - 3 * DAY
    trades = {"saved": "81", "viewed": "82", "applied": "75"}
    first = {how: await posted(conn, at, occupation=code) for how, code in trades.items()}
    second = {how: await posted(conn, at, occupation=code) for how, code in trades.items()}
    me = await bearer()
    account = await seeking(client, me)
    await client.put(f"/v1/me/saved-jobs/{first['saved']}", headers=me)
    await conn.execute(
        "insert into saved_jobs.views (account_id, day, posting_id, times) values ($1, $2, $3, 1)",
        account, (clock() - DAY).date(), first["viewed"],
    )  # fmt: skip
    await conn.execute(
        """insert into applications.applications (job_id, employer_id, worker_id, created_at, updated_at)
           select id, employer_id, $2, $3, $3 from jobs.postings where id = $1""",
        first["applied"], account, clock(),
    )  # fmt: skip
    clock.shift(timedelta(seconds=1))

    found = {item["id"]: codes(item) for item in await walked(client, me)}

    for how, job in second.items():
        assert "like_your_jobs" in found[str(job)], how
    assert str(first["saved"]) in found
    assert str(first["applied"]) not in found


@pytest.mark.parametrize("why", ["closed", "over", "applied", "blocked", "own", "other_shift"])
async def test_what_one_cannot_or_would_not_take_is_not_recommended(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime, why: str
) -> None:
    me = await bearer()
    account = await seeking(client, me, ward_code=HOME, shifts=["day"])
    job = await posted(conn, now - DAY, ward=HOME, shift="night" if why == "other_shift" else "day")
    employer = await conn.fetchval("select employer_id from jobs.postings where id = $1", job)
    shown = str(job) in {item["id"] for item in await walked(client, me)}

    if why == "closed":
        await conn.execute("update jobs.postings set status = 'paused' where id = $1", job)
    elif why == "over":
        await conn.execute("update jobs.postings set expires_at = $2 where id = $1", job, now)
    elif why == "applied":
        await conn.execute(
            """insert into applications.applications (job_id, employer_id, worker_id, created_at, updated_at)
               values ($1, $2, $3, $4, $4)""",
            job, employer, account, now,
        )  # fmt: skip
    elif why == "blocked":
        await client.put(f"/v1/me/blocked-employers/{employer}", headers=me)
    elif why == "own":
        await conn.execute(
            "insert into members.members (employer_id, account_id, role) values ($1, $2, 'recruiter')",
            employer, account,
        )  # fmt: skip

    assert shown is (why != "other_shift")
    assert str(job) not in {item["id"] for item in await walked(client, me)}


@pytest.mark.parametrize("limit", [1, 3, 7, 50])
async def test_pages_neither_repeat_nor_lose_whatever_is_published_kept_or_opened_in_between(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, clock: TestClock, limit: int
) -> None:
    for number in range(12):
        await posted(conn, clock() - number * DAY, ward=HOME if number % 3 else FAR, occupation="81")
    liked = await posted(conn, clock() - DAY, occupation="75")
    me = await bearer()
    account = await seeking(client, me, ward_code=HOME, wanted_month_pay=8_000_000)
    whole = [item["id"] for item in (await page(client, me, limit=100))["items"]][:40]
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while len(seen) < len(whole):
        body = await page(client, me, limit=limit, **cursor)
        seen += [item["id"] for item in body["items"]]
        cursor = {"cursor": body["next_cursor"]}
        clock.shift(timedelta(seconds=5))
        await posted(conn, clock(), ward=HOME, occupation="81", pay=20_000_000)
        await client.put(f"/v1/me/saved-jobs/{liked}", headers=me)
        await conn.execute(
            """insert into saved_jobs.views (account_id, day, posting_id, times) values ($1, $2, $3, 1)
               on conflict do nothing""",
            account, clock().date(), liked,
        )  # fmt: skip

    assert seen[: len(whole)] == whole
    assert len(seen) == len(set(seen))


async def test_who_changes_their_profile_begins_again(client: httpx.AsyncClient, bearer: Bearer) -> None:
    me, other = await bearer(), await bearer()
    await seeking(client, me, ward_code=HOME)
    await seeking(client, other, ward_code=HOME)
    cursor = (await page(client, me, limit=1))["next_cursor"]
    stolen = await client.get(MINE, headers=other, params={"cursor": cursor})
    await client.patch("/v1/me", headers={**me, "If-Match": "*"}, json={"wanted_month_pay": 1})

    late = await client.get(MINE, headers=me, params={"cursor": cursor})

    for refused in (stolen, late):
        assert (refused.status_code, refused.json()["errors"][0]["code"]) == (400, "bad_cursor")


async def test_who_said_nothing_of_themself_sees_what_is_new(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime
) -> None:
    me = await bearer()
    await seeking(client, me)
    newest = await posted(conn, now)

    items = await walked(client, me)

    assert str(newest) in {item["id"] for item in items}
    order = [(item["score"], item["published_at"]) for item in items]
    assert order == sorted(order, reverse=True)
    assert {item["distance_km"] for item in items} == {None}
    assert all(codes(item) <= {"new", "experience", "education"} for item in items)


async def test_a_home_of_the_list_before_lies_where_it_went(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime
) -> None:
    me = await bearer()
    account = await seeking(client, me)
    old = await conn.fetchrow(
        "select old_version, old_code from places.successions where new_code = $1 and kind = 'whole' limit 1", HOME
    )
    await conn.execute(
        "update people.profiles set ward_version = $2, ward_code = $3 where account_id = $1", account, *old
    )
    near = await posted(conn, now, ward=HOME)

    found: dict[str, Any] = {item["id"]: item for item in await walked(client, me)}

    assert found[str(near)]["distance_km"] == 0.0
    assert "Ngay nơi bạn ở" in {reason["text"] for reason in found[str(near)]["reasons"]}


async def test_what_one_applied_for_is_recommended_again_when_the_application_ended_with_the_posting(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime
) -> None:
    me = await bearer()
    account = await seeking(client, me, ward_code=HOME)
    job = await posted(conn, now - DAY, ward=HOME)
    await conn.execute(
        """insert into applications.applications (job_id, employer_id, worker_id, status, created_at, updated_at)
           select id, employer_id, $2, 'obsolete', $3, $3 from jobs.postings where id = $1""",
        job, account, now - DAY,
    )  # fmt: skip

    assert str(job) in {item["id"] for item in await walked(client, me)}


async def test_without_consent_nothing_that_a_person_did_is_read(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime
) -> None:
    me = await bearer()
    account = await seeking(client, me, ward_code=HOME, skills=["may"])
    job = await posted(conn, now - DAY, occupation="81")
    await conn.execute(
        "insert into saved_jobs.saves (account_id, posting_id, saved_at) values ($1, $2, $3)", account, job, now - DAY
    )
    agreed = await store.seeker(conn, account, now, now)
    await client.post("/v1/me/consents/job_recommendations/withdraw", headers=me)

    after = await store.seeker(conn, account, now, now)

    assert (agreed.consented, agreed.liked, agreed.skills) == (True, ["81"], ["may"])
    assert (after.consented, after.liked, after.skills, after.lat) == (False, [], [], None)
