"""What a worker has applied for, and who has applied for a job."""

from typing import Any

import asyncpg
import httpx
import pytest

from tests.applications.applying import applied, moved
from tests.conftest import Bearer
from tests.jobs.hiring import OWNER, SECOND_WORKER, UNKNOWN, UNVERIFIED_OWNER, WORKER, drafted, published


async def items(client: httpx.AsyncClient, headers: dict[str, str], path: str, **asked: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        answer = await client.get(path, params=asked, headers=headers)
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        if answer.json()["next_cursor"] is None:
            return found
        asked["cursor"] = answer.json()["next_cursor"]


async def test_a_worker_sees_their_own_applications_the_newest_first(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    made = [await applied(client, conn, bearer) for _ in range(5)]
    await applied(client, conn, bearer, made[0]["job_id"], SECOND_WORKER)
    await moved(client, bearer, made[4]["id"], "viewed")
    await moved(client, bearer, made[4]["id"], "rejected", reason_code="position_filled", message="Cảm ơn bạn.")

    mine = await items(client, await bearer(WORKER), "/v1/me/applications", limit=2)

    assert [item["id"] for item in mine] == [item["id"] for item in reversed(made)]
    assert set(mine[0]) == {"id", "job", "status", "note", "last_move", "created_at", "updated_at"}
    assert set(mine[0]["job"]) == {"id", "title", "ward_code", "employer"}
    assert mine[0]["job"]["id"] == made[4]["job_id"]
    assert mine[0]["job"]["employer"]["verified"] is True
    assert mine[0]["status"] == "rejected"
    said = {name: mine[0]["last_move"][name] for name in ("from_status", "to_status", "reason_code", "message")}
    assert said == {
        "from_status": "viewed", "to_status": "rejected", "reason_code": "position_filled", "message": "Cảm ơn bạn.",
    }  # fmt: skip
    assert mine[1]["last_move"] is None


async def test_a_member_sees_who_has_applied_by_name_only(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    job = (await published(client, conn, bearer))["id"]
    first = await applied(client, conn, bearer, job, note="Tôi đi làm ngay được.")
    second = await applied(client, conn, bearer, job, SECOND_WORKER)
    nameless = await client.post(f"/v1/jobs/{job}/applications", json={}, headers=await bearer())

    answer = await client.get(f"/v1/jobs/{job}/applications", headers=await bearer(OWNER))
    found = answer.json()["items"]

    assert [item["id"] for item in found] == [nameless.json()["id"], second["id"], first["id"]]
    assert set(found[0]) == {
        "id", "job_id", "applicant_name", "status", "note", "last_move", "created_at", "updated_at",
    }  # fmt: skip
    assert [item["applicant_name"] for item in found] == [None, "Trần Văn Tràm", "Nguyễn Thị Bông Súng"]
    assert found[2]["note"] == "Tôi đi làm ngay được."
    assert str(WORKER) not in answer.text
    assert "+849" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


async def test_a_status_or_several_narrow_the_list(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    job = (await published(client, conn, bearer))["id"]
    first = await applied(client, conn, bearer, job)
    second = await applied(client, conn, bearer, job, SECOND_WORKER)
    third = (await client.post(f"/v1/jobs/{job}/applications", json={}, headers=await bearer())).json()
    await moved(client, bearer, first["id"], "viewed")
    await moved(client, bearer, second["id"], "rejected")
    headers, path = await bearer(OWNER), f"/v1/jobs/{job}/applications"

    viewed = await items(client, headers, path, status="viewed")
    several = await items(client, headers, path, status="rejected,submitted", limit=1)
    none = await items(client, headers, path, status="hired")

    assert [item["id"] for item in viewed] == [first["id"]]
    assert [item["id"] for item in several] == [third["id"], second["id"]]
    assert none == []


@pytest.mark.parametrize("status", ["", "viewed,", "seen", "viewed;hired", "VIEWED", "viewed,viewed,seen"])
async def test_an_unknown_status_is_refused(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, status: str
) -> None:
    job = (await published(client, conn, bearer))["id"]

    answer = await client.get(f"/v1/jobs/{job}/applications", params={"status": status}, headers=await bearer(OWNER))

    assert answer.status_code == 400
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [("?status", "not_one_of")]


async def test_nobody_else_sees_who_has_applied(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    made = await applied(client, conn, bearer)
    empty = await published(client, conn, bearer)

    for who in (UNVERIFIED_OWNER, WORKER, SECOND_WORKER):
        for job in (made["job_id"], empty["id"], UNKNOWN):
            answer = await client.get(f"/v1/jobs/{job}/applications", headers=await bearer(who))
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    official = await client.get(
        f"/v1/jobs/{made['job_id']}/applications", headers=await bearer(OWNER, audience="official")
    )
    assert official.status_code == 401
    assert (await client.get(f"/v1/jobs/{made['job_id']}/applications")).status_code == 401


async def test_a_job_nobody_has_applied_for_has_an_empty_list(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    draft = await drafted(client, conn, bearer)

    assert await items(client, await bearer(OWNER), f"/v1/jobs/{draft['id']}/applications") == []


async def test_a_cursor_belongs_to_its_list_and_its_owner(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    job = (await published(client, conn, bearer))["id"]
    await applied(client, conn, bearer, job)
    await applied(client, conn, bearer)
    await applied(client, conn, bearer, job, SECOND_WORKER)
    mine = await client.get("/v1/me/applications", params={"limit": 1}, headers=await bearer(WORKER))
    of_job = await client.get(f"/v1/jobs/{job}/applications", params={"limit": 1}, headers=await bearer(OWNER))

    for path, who, cursor in (
        ("/v1/me/applications", SECOND_WORKER, mine.json()["next_cursor"]),
        ("/v1/me/applications", WORKER, of_job.json()["next_cursor"]),
        (f"/v1/jobs/{job}/applications?status=viewed", OWNER, of_job.json()["next_cursor"]),
        (f"/v1/jobs/{UNKNOWN}/applications", OWNER, of_job.json()["next_cursor"]),
    ):
        separator = "&" if "?" in path else "?"
        answer = await client.get(f"{path}{separator}cursor={cursor}", headers=await bearer(who))
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["code"] == "bad_cursor"
