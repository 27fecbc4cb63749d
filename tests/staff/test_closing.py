"""Closing an account: of a citizen one administrator does it, of the staff it takes two."""

from uuid import UUID

import asyncpg
import httpx
import pytest

from tests.conftest import Bearer
from tests.jobs.hiring import promised
from tests.staff.conftest import Decide, Propose


@pytest.fixture
async def official(staff: list[dict[str, str]], propose: Propose, decide: Decide, bearer: Bearer) -> dict[str, str]:
    """An official at work; with their account's id."""
    proposal = (await propose(staff[0])).json()
    await decide(staff[1], proposal["id"])
    account = proposal["account_id"]
    return {**await bearer(UUID(account), audience="official", acr=3), "account": account}


async def test_a_closed_account_is_out_at_once_and_stays_out_until_it_is_reopened(
    client: httpx.AsyncClient, staff: list[dict[str, str]], bearer: Bearer
) -> None:
    me = await bearer()
    account = (await client.get("/v1/me", headers=me)).json()["id"]

    assert (await client.post(f"/v1/staff/accounts/{account}/close", headers=staff[0])).status_code == 204

    assert (await client.get("/v1/me", headers=me)).status_code == 401
    assert (await client.get("/v1/me", headers=await bearer(UUID(account)))).status_code == 401
    assert (await client.post(f"/v1/staff/accounts/{account}/reopen", headers=staff[0])).status_code == 204
    assert (await client.get("/v1/me", headers=await bearer(UUID(account)))).status_code == 200


@pytest.mark.parametrize("what", ["close", "reopen"])
async def test_one_administrator_neither_closes_nor_reopens_an_account_of_the_staff(
    client: httpx.AsyncClient, staff: list[dict[str, str]], administrators: list[UUID], official: dict[str, str],
    conn: asyncpg.Connection, what: str,
) -> None:  # fmt: skip
    accounts = [administrators[0], administrators[1], UUID(official["account"])]
    await conn.execute("update identity.accounts set disabled_at = now() where id = $1 and $2", accounts[2],
                       what == "reopen")  # fmt: skip

    refused = [await client.post(f"/v1/staff/accounts/{each}/{what}", headers=staff[0]) for each in accounts]

    assert {(answer.status_code, answer.json()["code"]) for answer in refused} == {(403, "two_person_rule")}
    closed = await conn.fetch(
        "select id from identity.accounts where disabled_at is not null and id = any($1)", accounts
    )
    assert [row["id"] for row in closed] == ([accounts[2]] if what == "reopen" else [])


async def test_two_administrators_close_an_account_of_the_staff_and_reopen_it(
    client: httpx.AsyncClient, staff: list[dict[str, str]], official: dict[str, str], about: Propose, decide: Decide,
    bearer: Bearer,
) -> None:  # fmt: skip
    me, account = {"Authorization": official["Authorization"]}, official["account"]
    closing = (await about(staff[0], account, "closing")).json()
    assert closing["kind"] == "close"
    assert (await client.get("/v1/me", headers=me)).status_code == 200

    answer = await decide(staff[1], closing["id"])

    assert (answer.status_code, answer.json()["enrolment_ticket"]) == (200, None)
    assert (await client.get("/v1/me", headers=me)).status_code == 401
    reopening = (await about(staff[0], account, "reopening")).json()
    assert (await decide(staff[0], reopening["id"])).json()["code"] == "two_person_rule"
    assert (await client.get("/v1/me", headers=await bearer(UUID(account), audience="official"))).status_code == 401
    assert (await decide(staff[1], reopening["id"])).status_code == 200
    assert (await client.get("/v1/me", headers=await bearer(UUID(account), audience="official"))).status_code == 200


@pytest.mark.parametrize("what", ["closing", "reopening", "enrolment"])
async def test_a_citizens_account_is_nothing_to_propose(
    client: httpx.AsyncClient, staff: list[dict[str, str]], about: Propose, bearer: Bearer, what: str
) -> None:
    account = (await client.get("/v1/me", headers=await bearer())).json()["id"]

    assert (await about(staff[0], account, what)).status_code == 404


async def test_one_administrator_signs_a_colleague_out_and_all_of_them_are_told(
    client: httpx.AsyncClient, staff: list[dict[str, str]], administrators: list[UUID], conn: asyncpg.Connection
) -> None:
    assert (
        await client.post(f"/v1/staff/accounts/{administrators[1]}/end-sessions", headers=staff[0])
    ).status_code == 204

    assert (await client.get("/v1/me", headers=staff[1])).status_code == 401
    told = {(payload["account_id"], payload["what"]) for _, payload in await promised(conn)}
    assert told == {
        (str(administrators[0]), "staff_signed_out"), (str(administrators[1]), "signed_out_by_staff"),
        (str(administrators[2]), "staff_signed_out"),
    }  # fmt: skip


async def test_of_a_citizen_who_is_signed_out_nobody_else_is_told(
    client: httpx.AsyncClient, staff: list[dict[str, str]], bearer: Bearer, conn: asyncpg.Connection
) -> None:
    account = (await client.get("/v1/me", headers=await bearer())).json()["id"]

    await client.post(f"/v1/staff/accounts/{account}/end-sessions", headers=staff[0])

    assert [(payload["account_id"], payload["what"]) for _, payload in await promised(conn)] == [
        (account, "signed_out_by_staff")
    ]
