"""What ends an appointment before anybody calls it off: blocking, closing, leaving the employer, a closed account."""

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import httpx

from longan.api.edge import Edge
from longan.floor.database.tasks import Context
from tests.conftest import Bearer, TestClock, new_account
from tests.jobs.hiring import OWNER, WORKER, employer_of
from tests.listings.renting import opened, stepped
from tests.viewings.test_viewings import Two, ask, at, number_of, run, step, told, two

__all__ = ["two"]
Client = httpx.AsyncClient
MEMBER = "insert into members.members (employer_id, account_id, role) values ($1, $2, 'recruiter')"


async def dormitory(client: Client, conn: asyncpg.Connection, bearer: Bearer) -> tuple[UUID, str]:
    """Of the employer of the sample."""
    employer = await employer_of(conn, OWNER)
    made = await opened(client, await bearer(OWNER), kind="dormitory", employer_id=str(employer))
    return employer, str(made["id"])


async def test_whoever_blocks_the_employer_shows_it_no_number_and_hears_nothing(
    client: Client, conn: asyncpg.Connection, bearer: Bearer, context: Context, now: datetime
) -> None:
    employer, housing = await dormitory(client, conn, bearer)
    owner, worker = await bearer(OWNER), await bearer(WORKER)
    agreed = (await ask(client, worker, housing, [at(now, 5), at(now, 6)])).json()["id"]
    await step(client, owner, agreed, "accept", time=at(now, 5))
    await run(conn, context)
    before = await told(conn, WORKER)
    blocked = await client.put(f"/v1/me/blocked-employers/{employer}", headers=worker)
    assert blocked.status_code < 300, blocked.text

    phones = [await step(client, who, agreed, "phone") for who in (owner, worker)]
    seen = (await client.get(f"/v1/viewings/{agreed}", headers=owner)).json()
    await step(client, owner, agreed, "refuse", reason="Không nhận nữa.")
    await run(conn, context)

    assert [answer.json()["code"] for answer in phones] == ["number_not_shown"] * 2
    assert seen["can_call"] is False
    assert await told(conn, WORKER) == before


async def test_an_employer_agrees_on_nothing_with_whoever_has_blocked_it(
    client: Client, conn: asyncpg.Connection, bearer: Bearer, now: datetime
) -> None:
    employer, housing = await dormitory(client, conn, bearer)
    owner, worker = await bearer(OWNER), await bearer(WORKER)
    asked = (await ask(client, worker, housing, [at(now, 5)])).json()["id"]
    await client.put(f"/v1/me/blocked-employers/{employer}", headers=worker)

    accepted = await step(client, owner, asked, "accept", time=at(now, 5))
    moved = await step(client, owner, asked, "move", times=[at(now, 9)])
    withdrawn = await step(client, worker, asked, "withdraw")

    assert {(answer.status_code, answer.json()["code"]) for answer in (accepted, moved)} == {(409, "housing_not_open")}
    assert withdrawn.status_code == 200


async def test_numbers_are_hidden_with_the_listing_and_a_day_later_whenever_the_worker_wakes(
    client: Client, two: Two, bearer: Bearer, clock: TestClock, now: datetime
) -> None:
    other = (await ask(client, await bearer(), two.housing, [at(now, 5)])).json()["id"]
    for each in (two.viewing, other):
        assert (await step(client, two.owner, each, "accept", time=at(now, 5))).status_code == 200
    await two.later(clock, timedelta(hours=30), bearer)
    late = await step(client, two.owner, other, "phone")
    over = (await client.get(f"/v1/viewings/{other}", headers=two.owner)).json()
    asked = (await ask(client, await bearer(), two.housing, [at(now, 40)])).json()["id"]
    await step(client, two.owner, asked, "accept", time=at(now, 40))
    shown = await client.get(f"/v1/viewings/{asked}", headers=two.owner)
    await stepped(client, two.owner, two.housing, "close", reason="let")
    closed = await step(client, two.owner, asked, "phone")
    known = two.owner | {"If-None-Match": shown.headers["ETag"]}
    changed = await client.get(f"/v1/viewings/{asked}", headers=known)

    assert (late.json()["code"], over["can_call"]) == ("number_not_shown", False)
    assert (shown.json()["can_call"], closed.json()["code"]) == (True, "number_not_shown")
    assert (changed.status_code, changed.json()["can_call"]) == (200, False)


async def test_who_has_left_the_employer_is_called_no_more(
    client: Client, conn: asyncpg.Connection, app: Edge, bearer: Bearer, now: datetime
) -> None:
    employer, housing = await dormitory(client, conn, bearer)
    colleague, worker = await new_account(conn, app), await bearer(WORKER)
    await conn.execute(MEMBER, employer, colleague)
    asked = (await ask(client, worker, housing, [at(now, 5)])).json()["id"]
    moved = await step(client, await bearer(colleague), asked, "move", times=[at(now, 9)])
    assert moved.status_code == 200, moved.text
    await conn.execute("delete from members.members where account_id = $1", colleague)

    agreed = await step(client, worker, asked, "accept", time=at(now, 9))
    phone = await step(client, worker, asked, "phone")
    left = await conn.fetchval("select count(*) from viewing_numbers.looks where account_id = $1", colleague)

    assert agreed.status_code == 200, agreed.text
    assert phone.json()["phone"] == await number_of(conn, app, OWNER)
    assert left == 0


async def test_the_number_of_a_colleague_who_accepted_and_left_is_shown_to_nobody(
    client: Client, conn: asyncpg.Connection, app: Edge, bearer: Bearer, now: datetime
) -> None:
    employer, housing = await dormitory(client, conn, bearer)
    colleague, worker = await new_account(conn, app), await bearer(WORKER)
    await conn.execute(MEMBER, employer, colleague)
    asked = (await ask(client, worker, housing, [at(now, 5)])).json()["id"]
    await step(client, await bearer(colleague), asked, "accept", time=at(now, 5))
    await conn.execute("delete from members.members where account_id = $1", colleague)

    phone = await step(client, worker, asked, "phone")
    theirs = await client.get(f"/v1/viewings/{asked}", headers=await bearer(colleague))
    shown = (await client.get(f"/v1/viewings/{asked}", headers=worker)).json()

    assert (phone.status_code, phone.json()["phone"], shown["phone_masked"]) == (200, None, None)
    assert theirs.status_code == 404


async def test_a_second_request_names_the_one_there_is(client: Client, two: Two, now: datetime) -> None:
    answer = await ask(client, two.worker, two.housing, [at(now, 40)])

    assert (answer.status_code, answer.json()["code"]) == (409, "viewing_requested_already")
    assert answer.json()["viewing_id"] == two.viewing


async def test_nobody_is_asked_whose_account_is_closed_nor_a_suspended_employer(
    client: Client, conn: asyncpg.Connection, bearer: Bearer, two: Two, now: datetime
) -> None:
    employer, housing = await dormitory(client, conn, bearer)
    await conn.execute("update employers.employers set status = 'suspended' where id = $1", employer)
    await conn.execute("update identity.accounts set disabled_at = $2 where id = $1", two.owner_id, now)

    suspended = await ask(client, await bearer(WORKER), housing, [at(now, 5)])
    response = await client.get(f"/v1/housing/{housing}/response")
    closed = await ask(client, await bearer(), two.housing, [at(now, 5)])

    assert (suspended.status_code, response.status_code) == (404, 404)
    assert (closed.status_code, closed.json()["code"]) == (409, "housing_not_open")
