"""People report listings, officials answer, several that are confirmed hide one; nobody learns who reported."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from longan.api.edge import Edge
from longan.floor.database.tasks import Context
from longan.rooms.housing_reports import tasks
from tests.conftest import Bearer, TestClock, new_account
from tests.employers.test_reviewing import be_one_person
from tests.jobs.hiring import OWNER, UNKNOWN, employer_of, promised
from tests.listings.renting import LONG_AN, drafted, official_of, opened, stepped

Client = httpx.AsyncClient
SAID = {"reason_code": "fraud", "note": "Bắt chuyển cọc trước khi cho xem."}


async def report(client: Client, housing: str, who: dict[str, str], **said: object) -> httpx.Response:
    return await client.put(f"/v1/housing/{housing}/report", json=SAID | said, headers=who)


async def decide(client: Client, identifier: str, who: dict[str, str], **said: object) -> httpx.Response:
    body = {"outcome": "confirmed", "answer": "Cảm ơn bạn, đúng như vậy.", **said}
    return await client.post(f"/v1/housing-reports/{identifier}/decision", json=body, headers=who)


async def confirmed(client: Client, housing: str, who: dict[str, str], official: dict[str, str]) -> dict[str, Any]:
    made = (await report(client, housing, who)).json()
    answer = await decide(client, made["id"], official)
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


@pytest.fixture
async def owner(conn: asyncpg.Connection, app: Edge) -> UUID:
    return await new_account(conn, app)


@pytest.fixture
async def housing(client: Client, bearer: Bearer, owner: UUID) -> str:
    made: str = (await opened(client, await bearer(owner)))["id"]
    return made


@pytest.fixture
async def official(conn: asyncpg.Connection, app: Edge, bearer: Bearer, now: datetime) -> dict[str, str]:
    return await official_of(conn, app, bearer, now, [LONG_AN])


async def test_a_report_is_made_once_and_may_be_said_otherwise_until_it_is_answered(
    client: Client, bearer: Bearer, housing: str, official: dict[str, str]
) -> None:
    worker = await bearer()

    first = await report(client, housing, worker)
    other = await report(client, housing, worker, reason_code="gone")
    await decide(client, first.json()["id"], official)
    late = await report(client, housing, worker, reason_code="unsafe")
    [mine] = (await client.get("/v1/me/housing-reports", headers=worker)).json()["items"]

    assert first.json()["id"] == other.json()["id"] == late.json()["id"] == mine["id"]
    assert (other.json()["reason_code"], late.json()["reason_code"]) == ("gone", "gone")
    assert (mine["state"], mine["answer"]) == ("confirmed", "Cảm ơn bạn, đúng như vậy.")


async def test_reports_of_three_people_that_were_confirmed_hide_a_listing_and_its_owner_reads_why_and_not_who(
    client: Client, conn: asyncpg.Connection, bearer: Bearer, housing: str, owner: UUID, official: dict[str, str]
) -> None:
    answers = [await confirmed(client, housing, await bearer(), official) for _ in range(3)]

    history = await client.get(f"/v1/me/housing/{housing}/history", headers=await bearer(owner))

    stood = [(each["confirmed"], each["housing_status"]) for each in answers]
    assert stood == [(1, "open"), (2, "open"), (3, "hidden")]
    assert (await client.get(f"/v1/housing/{housing}")).status_code == 404
    last = history.json()["items"][0]
    assert (last["to_status"], last["side"], last["changed_by"]) == ("hidden", "system", None)
    assert last["reason"] == "fraud"
    assert SAID["note"] not in history.text
    moved = [payload for topic, payload in await promised(conn) if topic == "listing_moved"]
    assert [each["to"] for each in moved] == ["hidden"]


async def test_the_accounts_of_one_person_count_once(
    client: Client, conn: asyncpg.Connection, app: Edge, bearer: Bearer, housing: str, official: dict[str, str]
) -> None:
    accounts = [await new_account(conn, app) for _ in range(3)]
    await be_one_person(conn, *accounts)

    answers = [await confirmed(client, housing, await bearer(each), official) for each in accounts]

    assert [(each["confirmed"], each["housing_status"]) for each in answers] == [(1, "open")] * 3


async def test_nobody_reports_their_own_listing_nor_their_employers_nor_by_another_account(
    client: Client, conn: asyncpg.Connection, app: Edge, bearer: Bearer, housing: str, owner: UUID
) -> None:
    theirs = {"kind": "dormitory", "employer_id": str(await employer_of(conn, OWNER))}
    dormitory = (await opened(client, await bearer(OWNER), **theirs))["id"]
    member, again = await new_account(conn, app), await new_account(conn, app)
    await conn.execute(
        "insert into members.members (employer_id, account_id, role) values ($1, $2, 'recruiter')",
        UUID(theirs["employer_id"]), member,
    )  # fmt: skip
    await be_one_person(conn, owner, again)

    answers = [
        await report(client, housing, await bearer(owner)),
        await report(client, housing, await bearer(again)),
        await report(client, dormitory, await bearer(OWNER)),
        await report(client, dormitory, await bearer(member)),
    ]

    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(403, "own_housing")}


async def test_what_a_later_member_of_the_employer_said_counts_no_more(
    client: Client, conn: asyncpg.Connection, app: Edge, bearer: Bearer, official: dict[str, str]
) -> None:
    employer = await employer_of(conn, OWNER)
    dormitory = (await opened(client, await bearer(OWNER), kind="dormitory", employer_id=str(employer)))["id"]
    member = await new_account(conn, app)
    await confirmed(client, dormitory, await bearer(member), official)
    await conn.execute(
        "insert into members.members (employer_id, account_id, role) values ($1, $2, 'recruiter')", employer, member
    )

    answers = [await confirmed(client, dormitory, await bearer(), official) for _ in range(2)]

    assert [(each["confirmed"], each["housing_status"]) for each in answers] == [(1, "open"), (2, "open")]


async def test_reports_of_what_nobody_can_see_are_of_nothing(client: Client, bearer: Bearer, owner: UUID) -> None:
    draft = (await drafted(client, await bearer(owner)))["id"]

    assert (await report(client, draft, await bearer())).status_code == 404
    assert (await report(client, UNKNOWN, await bearer())).status_code == 404


async def test_the_queue_is_of_the_officials_wards_and_says_nothing_of_who_reported(
    client: Client, conn: asyncpg.Connection, app: Edge, bearer: Bearer, housing: str, official: dict[str, str],
    now: datetime,
) -> None:  # fmt: skip
    account = await new_account(conn, app)
    made = (await report(client, housing, await bearer(account))).json()
    elsewhere = await official_of(conn, app, bearer, now, ["27991"])
    labour = await new_account(conn, app, role="official")
    await conn.execute(
        "insert into staff.grants (account_id, role, function, starts_at) values ($1, 'official', 'labour', $2)",
        labour, now,
    )  # fmt: skip
    other_function = await bearer(labour, audience="official", acr=3)

    mine = await client.get("/v1/housing-reports", headers=official)
    theirs = await client.get("/v1/housing-reports", headers=elsewhere)
    nobodys = await client.get("/v1/housing-reports", headers=other_function)

    assert [each["id"] for each in mine.json()["items"]] == [made["id"]]
    assert str(account) not in mine.text
    assert theirs.json()["items"] == []
    assert (await decide(client, made["id"], elsewhere)).status_code == 404
    assert (nobodys.status_code, (await decide(client, made["id"], other_function)).status_code) == (403, 403)


async def test_what_an_official_has_taken_waits_for_them_for_half_an_hour(
    client: Client, conn: asyncpg.Connection, app: Edge, bearer: Bearer, housing: str, official: dict[str, str],
    now: datetime, clock: TestClock,
) -> None:  # fmt: skip
    colleague_account = await new_account(conn, app, role="official")
    await conn.execute(
        """insert into staff.grants (account_id, role, function, starts_at)
           values ($1, 'official', 'housing', $2)""",
        colleague_account, now,
    )  # fmt: skip
    colleague = await bearer(colleague_account, audience="official", acr=3)
    made = (await report(client, housing, await bearer())).json()["id"]

    claimed = await client.post(f"/v1/housing-reports/{made}/claim", headers=official)
    taken = await decide(client, made, colleague)
    [seen] = (await client.get("/v1/housing-reports", headers=colleague)).json()["items"]
    clock.shift(timedelta(minutes=31))
    late = await decide(client, made, await bearer(colleague_account, audience="official", acr=3))

    assert claimed.status_code == 200
    assert (taken.status_code, taken.json()["code"]) == (409, "housing_report_taken")
    assert taken.json()["until"] == seen["claimed_until"] == claimed.json()["claimed_until"]
    assert late.status_code == 200


async def test_who_reports_many_is_refused_and_whoever_reported_hears_the_answer(
    client: Client, conn: asyncpg.Connection, app: Edge, bearer: Bearer, housing: str, official: dict[str, str],
    context: Context,
) -> None:  # fmt: skip
    account = await new_account(conn, app)
    worker = await bearer(account)
    made = (await report(client, housing, worker)).json()["id"]
    others = await conn.fetch("select id from housing.listings where status = 'open' and owner_id is null limit 10")
    answers = [await report(client, str(row["id"]), worker) for row in others]
    await decide(client, made, official, outcome="dismissed")

    for _ in range(2):
        await tasks.housing_report_answered(context, report_id=UUID(made))

    assert [answer.status_code for answer in answers] == [200] * 9 + [429]
    assert answers[-1].headers["Retry-After"]
    told = await conn.fetch(
        "select params::text from notifications.inbox where account_id = $1 and topic = 'housing_report_answered'",
        account,
    )
    assert [json.loads(row[0])["outcome"] for row in told] == ["dismissed"]


async def test_what_an_official_let_out_is_hidden_by_three_new_reports_only(
    client: Client, conn: asyncpg.Connection, bearer: Bearer, housing: str, owner: UUID, official: dict[str, str],
    clock: TestClock,
) -> None:  # fmt: skip
    for _ in range(3):
        await confirmed(client, housing, await bearer(), official)
    version = await conn.fetchval("select version from housing.listings where id = $1", UUID(housing))
    clock.shift(timedelta(seconds=1))
    let_out = await client.post(
        f"/v1/housing-desk/{housing}/decision", headers=official,
        json={"to": "open", "reason": "Đã sửa đúng.", "version": version},
    )  # fmt: skip
    clock.shift(timedelta(seconds=1))
    await stepped(client, await bearer(owner), housing, "close")
    await stepped(client, await bearer(owner), housing, "reopen")

    answers = [await confirmed(client, housing, await bearer(), official) for _ in range(3)]

    assert let_out.json()["status"] == "open"
    stood = [(each["confirmed"], each["housing_status"]) for each in answers]
    assert stood == [(1, "open"), (2, "open"), (3, "hidden")]
