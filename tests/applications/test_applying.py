"""Applying: once, to an open job, by somebody else than the employer."""

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import httpx
import pytest

from tests.applications.applying import applied
from tests.conftest import Bearer
from tests.jobs.hiring import OWNER, SECOND_WORKER, UNKNOWN, WORKER, drafted, promised, published

NOTE = "Tôi có hai năm kinh nghiệm may chuyền, gọi tôi 0901234567."


async def test_a_worker_applies_with_a_note(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    job = await published(client, conn, bearer)

    made = await applied(client, conn, bearer, job["id"], note=NOTE)

    assert set(made) == {"id", "job_id", "status", "note", "created_at", "updated_at", "version"}
    assert (made["job_id"], made["status"], made["note"]) == (job["id"], "submitted", NOTE)
    row = await conn.fetchrow(
        "select worker_id, employer_id, note from applications.applications where id = $1", UUID(made["id"])
    )
    assert tuple(row) == (WORKER, UUID(job["employer"]["id"]), NOTE)


async def test_what_is_promised_holds_ids_and_no_words_of_a_person(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    made = await applied(client, conn, bearer, note=NOTE)

    assert (await promised(conn))[-1] == ("application_received", {"application_id": made["id"]})


async def test_a_second_application_to_the_same_job_is_a_named_conflict(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    made = await applied(client, conn, bearer)
    before = await promised(conn)

    again = await client.post(f"/v1/jobs/{made['job_id']}/applications", json={}, headers=await bearer(WORKER))
    other = await client.post(f"/v1/jobs/{made['job_id']}/applications", json={}, headers=await bearer(SECOND_WORKER))

    assert (again.status_code, again.json()["code"]) == (409, "already_applied")
    assert other.status_code == 201
    assert len(await promised(conn)) == len(before) + 1


async def test_the_same_key_again_answers_the_same_bytes(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    job, headers = await published(client, conn, bearer), await bearer(WORKER)
    path = f"/v1/jobs/{job['id']}/applications"

    first = await client.post(path, json={"note": NOTE}, headers=headers)
    again = await client.post(path, json={"note": NOTE}, headers=headers)
    other = await client.post(path, json={}, headers=headers)

    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


@pytest.mark.parametrize("status", ["paused", "closed", "expired"])
async def test_a_job_that_is_not_open_takes_no_applications(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, status: str
) -> None:
    job = await published(client, conn, bearer)
    await conn.execute("update jobs.postings set status = $2 where id = $1", UUID(job["id"]), status)

    answer = await client.post(f"/v1/jobs/{job['id']}/applications", json={}, headers=await bearer(WORKER))

    assert (answer.status_code, answer.json()["code"]) == (409, "job_not_open")


async def test_a_job_past_its_time_takes_no_applications(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, now: datetime
) -> None:
    job = await published(client, conn, bearer)
    await conn.execute(
        "update jobs.postings set expires_at = $2 where id = $1", UUID(job["id"]), now - timedelta(seconds=1)
    )

    answer = await client.post(f"/v1/jobs/{job['id']}/applications", json={}, headers=await bearer(WORKER))

    assert (answer.status_code, answer.json()["code"]) == (409, "job_not_open")


async def test_a_job_that_is_not_to_be_seen_is_not_found(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    draft, hidden = await drafted(client, conn, bearer), await published(client, conn, bearer)
    await conn.execute("update jobs.postings set status = 'suspended' where id = $1", UUID(hidden["id"]))

    for job in (draft["id"], hidden["id"], UNKNOWN):
        answer = await client.post(f"/v1/jobs/{job}/applications", json={}, headers=await bearer(WORKER))
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("status", ["open", "draft", "closed"])
async def test_a_member_does_not_apply_to_their_own_employer(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, status: str
) -> None:
    job = await published(client, conn, bearer)
    await conn.execute("update jobs.postings set status = $2 where id = $1", UUID(job["id"]), status)

    answer = await client.post(f"/v1/jobs/{job['id']}/applications", json={}, headers=await bearer(OWNER))

    assert (answer.status_code, answer.json()["code"]) == (403, "own_job")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"note": ""}, "/note"),
        ({"note": "x" * 1001}, "/note"),
        ({"note": "a\u0000b"}, "/note"),
        ({"note": 1}, "/note"),
        ({"status": "hired"}, "/status"),
        ({"worker_id": UNKNOWN}, "/worker_id"),
    ],
)
async def test_a_bad_application_is_refused_by_the_name_of_its_field(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, body: dict[str, object], pointer: str
) -> None:
    job = await published(client, conn, bearer)

    answer = await client.post(f"/v1/jobs/{job['id']}/applications", json=body, headers=await bearer(WORKER))

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_applying_needs_a_token_and_a_key(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    path = f"/v1/jobs/{(await published(client, conn, bearer))['id']}/applications"
    headers = await bearer(WORKER)

    without_token = await client.post(path, json={}, headers={"Idempotency-Key": headers["Idempotency-Key"]})
    without_key = await client.post(path, json={}, headers={"Authorization": headers["Authorization"]})
    official = await client.post(path, json={}, headers=await bearer(WORKER, audience="official"))

    assert without_token.status_code == official.status_code == 401
    assert (without_key.status_code, without_key.json()["code"]) == (400, "idempotency_key_missing")


async def test_applying_takes_six_round_trips_at_most(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    job, headers = await published(client, conn, bearer), await bearer(WORKER)
    await client.get("/v1/me/applications", headers=headers)
    before = conn.round_trips

    await client.post(f"/v1/jobs/{job['id']}/applications", json={}, headers=headers)

    assert conn.round_trips - before == 6
