"""The dormitories of an employer go from the lists with it, and come back with it."""

import asyncio
from collections.abc import Awaitable
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from longan.api.edge import Edge
from longan.floor.housing import employer_dormitories, housing_listings
from tests.assurance.conftest import patiently
from tests.conftest import Bearer, Real, TestClock
from tests.employers.conftest import Decide, Work
from tests.housing_reports.test_reporting import decide as answered
from tests.housing_reports.test_reporting import report
from tests.jobs.hiring import LABOUR_OFFICIAL, OWNER, employer_of, promised
from tests.listings.renting import ROOM, drafted, official_of, opened, stepped

HISTORY = """select side, from_status, to_status, reason from housing.history
 where listing_id = $1 and from_status <> to_status order by version"""


@pytest.fixture
async def employer(conn: asyncpg.Connection) -> UUID:
    return await employer_of(conn, OWNER)


async def dormitory(client: httpx.AsyncClient, bearer: Bearer, employer: UUID, **said: Any) -> str:
    made = await opened(client, await bearer(OWNER), kind="dormitory", employer_id=str(employer), **said)
    return str(made["id"])


async def states(conn: asyncpg.Connection, *listings: str) -> list[str]:
    return [
        await conn.fetchval("select status from housing.listings where id = $1", UUID(listing)) for listing in listings
    ]


async def test_they_are_hidden_at_once_and_open_again_when_it_is_reinstated(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, employer: UUID, decide: Decide, work: Work
) -> None:
    made = await dormitory(client, bearer, employer)
    draft = await drafted(client, await bearer(OWNER), kind="dormitory", employer_id=str(employer))
    somebodys = (await opened(client, await bearer()))["id"]

    await decide(employer, "suspension")
    await work("employer_withheld")
    hidden = await states(conn, made, draft["id"], somebodys)
    gone = (await client.get(f"/v1/housing/{made}")).status_code
    confirmed = await stepped(client, await bearer(OWNER), made, "confirm")
    await decide(employer, "reinstatement")
    await work("employer_given_back")

    assert (hidden, gone, confirmed.status_code) == (["hidden", "draft", "open"], 404, 409)
    assert await states(conn, made, draft["id"], somebodys) == ["open", "draft", "open"]
    assert (await client.get(f"/v1/housing/{made}")).status_code == 200
    assert [tuple(row) for row in await conn.fetch(HISTORY, UUID(made))] == [
        ("owner", "draft", "open", None),
        ("system", "open", "hidden", "employer_suspended"),
        ("official", "hidden", "open", "employer_reinstated"),
    ]


async def test_what_was_hidden_for_itself_stays_hidden(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, employer: UUID, decide: Decide, work: Work,
    clock: TestClock,
) -> None:  # fmt: skip
    made = await dormitory(client, bearer, employer)
    await housing_listings.move(conn, UUID(made), "hidden", "system", None, "gone", clock())

    await decide(employer, "suspension")
    await work("employer_withheld")
    await decide(employer, "reinstatement")
    await work("employer_given_back")

    assert await states(conn, made) == ["hidden"]


async def test_what_enough_people_have_reported_meanwhile_stays_hidden(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, app: Edge, employer: UUID, decide: Decide,
    work: Work, clock: TestClock,
) -> None:  # fmt: skip
    made, official = await dormitory(client, bearer, employer), await official_of(conn, app, bearer, clock())
    reports = [(await report(client, made, await bearer())).json()["id"] for _ in range(3)]

    await decide(employer, "suspension")
    await work("employer_withheld")
    for each in reports:
        assert (await answered(client, each, official)).status_code == 200
    await decide(employer, "reinstatement")
    await work("employer_given_back")

    assert await states(conn, made) == ["hidden"]


async def test_more_than_a_batch_is_hidden_and_given_back(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, employer: UUID, decide: Decide, work: Work
) -> None:
    made = UUID(await dormitory(client, bearer, employer))
    columns = await conn.fetchval(
        """select string_agg(column_name, ', ') from information_schema.columns
            where table_schema = 'housing' and table_name = 'listings' and is_generated = 'NEVER'
              and column_name <> 'id'"""
    )
    await conn.execute(
        f"""insert into housing.listings ({columns})
            select {columns} from housing.listings, generate_series(1, $2) where id = $1""",
        made, employer_dormitories.BATCH,
    )  # fmt: skip
    count = "select count(*) from housing.listings where employer_id = $1 and status = $2"

    await decide(employer, "suspension")
    await work("employer_withheld")
    hidden = await conn.fetchval(count, employer, "hidden")
    await work("employer_withheld")
    await decide(employer, "reinstatement")
    await work("employer_given_back")

    assert hidden == employer_dormitories.BATCH + 1
    assert await conn.fetchval(count, employer, "open") == hidden


async def test_who_asked_to_see_it_is_told_once_and_members_of_it_not_twice(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, employer: UUID, decide: Decide, work: Work
) -> None:
    made = await dormitory(client, bearer, employer)

    await decide(employer, "suspension")
    for _ in range(2):
        await work("employer_withheld", "listing_moved")

    ended = [said for topic, said in await promised(conn) if topic == "listing_ended"]
    assert ended == [{"listing_id": made, "reason": "hidden"}]
    assert not await conn.fetchval("select count(*) from notifications.inbox where topic = 'listing_moved'")


async def test_what_is_published_at_the_same_moment_is_refused_or_hidden(real: Real, clock: TestClock) -> None:
    async with real.pool.acquire() as connection:
        employer = await employer_of(connection, OWNER)
    owner, official = await real.bearer(OWNER), await real.bearer(LABOUR_OFFICIAL, audience="official", acr=3)
    body = ROOM | {"kind": "dormitory", "employer_id": str(employer)}
    drafts = []
    for _ in range(8):
        made = await real.client.post("/v1/housing", json=body, headers=owner | {"Idempotency-Key": str(uuid4())})
        drafts.append(made.json()["id"])

    def suspend() -> Awaitable[httpx.Response]:
        return real.client.post(f"/v1/employers/{employer}/suspension", json={"reason": "x"}, headers=official)

    def publish(listing: str) -> Awaitable[httpx.Response]:
        return patiently(lambda: real.client.post(f"/v1/housing/{listing}/publish", headers=owner))

    answers = await asyncio.gather(
        *(publish(each) for each in drafts[:4]), patiently(suspend), *(publish(each) for each in drafts[4:])
    )
    await asyncio.gather(*(employer_dormitories.withhold(real.pool, employer, clock()) for _ in range(3)))

    assert answers[4].status_code == 200
    assert {each.status_code for each in answers} <= {200, 403}
    left = await real.pool.fetch("select distinct status from housing.listings where employer_id = $1", employer)
    assert {row["status"] for row in left} <= {"draft", "hidden"}
    twice = "select count(*) from housing.history where reason = $1 group by listing_id having count(*) > 1"
    assert await real.pool.fetch(twice, employer_dormitories.WITHHELD) == []
