"""Moving an application on: by the right side, in the right order, told once."""

from uuid import UUID

import asyncpg
import httpx
import pytest

from tests.applications.applying import applied, moved
from tests.conftest import Bearer
from tests.jobs.hiring import OWNER, SECOND_WORKER, UNKNOWN, UNVERIFIED_OWNER, WORKER, promised

MESSAGE = "Mời chị Súng đến phỏng vấn lúc 8 giờ, gọi 0901234567."


async def test_the_employer_moves_an_application_on_and_it_is_told_in_ids_only(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    made = await applied(client, conn, bearer)

    answer = await moved(client, bearer, made["id"], "interview", message=MESSAGE, reason_code="good_fit")

    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["version"]) == ("interview", made["version"] + 1)
    move = await conn.fetchrow("select * from applications.moves where application_id = $1", UUID(made["id"]))
    assert (move["from_status"], move["to_status"], move["moved_by"]) == ("submitted", "interview", OWNER)
    assert (move["reason_code"], move["message"]) == ("good_fit", MESSAGE)
    assert (await promised(conn))[-1] == (
        "application_moved",
        {"application_id": made["id"], "move_id": str(move["id"])},
    )


async def test_the_whole_way_to_hired(client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer) -> None:
    made = await applied(client, conn, bearer)

    for to in ("viewed", "shortlisted", "interview", "offer", "hired"):
        assert (await moved(client, bearer, made["id"], to)).json()["status"] == to

    back = await moved(client, bearer, made["id"], "rejected")
    assert (back.status_code, back.json()["code"]) == (409, "illegal_transition")
    assert (back.json()["from"], back.json()["to"]) == ("hired", "rejected")
    assert (
        await conn.fetchval("select count(*) from applications.moves where application_id = $1", UUID(made["id"])) == 5
    )


async def test_the_worker_withdraws_and_that_is_final(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    made = await applied(client, conn, bearer)

    withdrawn = await moved(client, bearer, made["id"], "withdrawn", WORKER)
    viewed = await moved(client, bearer, made["id"], "viewed")

    assert withdrawn.json()["status"] == "withdrawn"
    assert (viewed.status_code, viewed.json()["code"]) == (409, "illegal_transition")


async def test_a_retry_is_answered_and_moves_nothing(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    made = await applied(client, conn, bearer)
    first = await moved(client, bearer, made["id"], "viewed")
    before = await promised(conn)

    again = await moved(client, bearer, made["id"], "viewed", message="x")

    assert (again.status_code, again.json()) == (200, first.json())
    assert await promised(conn) == before
    assert (
        await conn.fetchval("select count(*) from applications.moves where application_id = $1", UUID(made["id"])) == 1
    )


@pytest.mark.parametrize("to", ["viewed", "hired", "rejected"])
async def test_the_worker_does_not_take_the_employers_steps(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, to: str
) -> None:
    made = await applied(client, conn, bearer)

    answer = await moved(client, bearer, made["id"], to, WORKER)

    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_the_employer_does_not_withdraw(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    made = await applied(client, conn, bearer)

    assert (await moved(client, bearer, made["id"], "withdrawn")).status_code == 403


@pytest.mark.parametrize("to", ["submitted", "expired", "obsolete"])
async def test_nobody_asks_for_what_only_the_system_does(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, to: str
) -> None:
    made = await applied(client, conn, bearer)

    for who in (OWNER, WORKER):
        answer = await moved(client, bearer, made["id"], to, who)
        assert (answer.status_code, answer.json()["code"]) == (409, "illegal_transition")


@pytest.mark.parametrize("who", [UNVERIFIED_OWNER, SECOND_WORKER])
async def test_to_a_stranger_an_application_does_not_exist(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, who: UUID
) -> None:
    made = await applied(client, conn, bearer)

    for to in ("viewed", "withdrawn", "submitted"):
        foreign = await moved(client, bearer, made["id"], to, who)
        unknown = await moved(client, bearer, UNKNOWN, to, who)
        assert (foreign.status_code, unknown.status_code) == (404, 404)
        assert foreign.json()["title"] == unknown.json()["title"]


async def test_who_joins_the_employer_later_stays_the_worker_of_their_own_application(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    made = await applied(client, conn, bearer)
    await conn.execute(
        "insert into members.members (employer_id, account_id, role) "
        "select employer_id, worker_id, 'recruiter' from applications.applications where id = $1",
        UUID(made["id"]),
    )

    assert (await moved(client, bearer, made["id"], "hired", WORKER)).status_code == 403
    assert (await moved(client, bearer, made["id"], "withdrawn", WORKER)).status_code == 200


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"to": "promoted"}, "/to"),
        ({}, "/to"),
        ({"to": "viewed", "reason_code": "Not A Code"}, "/reason_code"),
        ({"to": "viewed", "reason_code": "newline\n"}, "/reason_code"),
        ({"to": "viewed", "message": ""}, "/message"),
        ({"to": "viewed", "from": "submitted"}, "/from"),
    ],
)
async def test_a_bad_step_is_refused_by_the_name_of_its_field(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, body: dict[str, str], pointer: str
) -> None:
    made = await applied(client, conn, bearer)

    answer = await client.post(f"/v1/applications/{made['id']}/transitions", json=body, headers=await bearer(OWNER))

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == pointer
