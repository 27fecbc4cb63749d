"""A tax code that somebody else has registered: whose it is, an official says, and nobody else is kept out by it."""

import asyncpg
import httpx

from longan.floor.access.memberships import add
from tests.conftest import Bearer, TestClock
from tests.employers.conftest import Decide
from tests.employers.test_employers import employer, registered
from tests.jobs.hiring import OWNER, SECOND_WORKER, WORKER


async def register(client: httpx.AsyncClient, bearer: Bearer, who: object) -> httpx.Response:
    return await client.post("/v1/employers", json=employer(), headers=await bearer(who))


async def test_whose_tax_code_it_is_registers_once_an_official_has_refused_who_took_it(
    client: httpx.AsyncClient, bearer: Bearer, decide: Decide
) -> None:
    taken = await registered(client, bearer)
    early = await register(client, bearer, OWNER)
    await decide(taken["id"], "verification", decision="rejected")

    late = await register(client, bearer, OWNER)

    assert (early.status_code, early.json()["code"]) == (409, "employer_exists")
    assert late.status_code == 201, late.text


async def test_who_was_refused_does_not_come_back_beside_whose_it_is(
    client: httpx.AsyncClient, bearer: Bearer, decide: Decide
) -> None:
    taken = await registered(client, bearer)
    await decide(taken["id"], "verification", decision="rejected")
    own = await register(client, bearer, OWNER)
    headers = {**await bearer(WORKER), "If-Match": "*"}

    corrected = await client.patch(f"/v1/employers/{taken['id']}", json={"name": "Công ty May"}, headers=headers)
    verified = await decide(taken["id"], "verification", decision="verified")

    assert own.status_code == 201
    assert (corrected.status_code, corrected.json()["code"]) == (409, "employer_exists")
    assert (verified.status_code, verified.json()["code"]) == (409, "employer_exists")


async def test_who_was_refused_corrects_what_there_is_and_does_not_begin_anew(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, decide: Decide, clock: TestClock
) -> None:
    """What was decided before stands before the official who decides again."""
    taken = await registered(client, bearer)
    await add(conn, taken["id"], SECOND_WORKER, "recruiter", clock())
    await decide(taken["id"], "verification", decision="rejected")

    for who in (WORKER, SECOND_WORKER):
        again = await register(client, bearer, who)
        assert (again.status_code, again.json()["code"]) == (409, "employer_exists")
