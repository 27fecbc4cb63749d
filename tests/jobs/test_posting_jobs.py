"""Writing a job, putting it before the workers, changing it, taking it down: who may, and what then holds."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from longan.floor.postings import postings
from tests.conftest import Bearer, TestClock
from tests.jobs.hiring import (
    BEN_LUC,
    LONG_AN,
    OWNER,
    UNKNOWN,
    UNVERIFIED_OWNER,
    WORKER,
    drafted,
    employer_of,
    job,
    promised,
    published,
)

Answer = tuple[int, str | None]


def said(answer: httpx.Response) -> Answer:
    return answer.status_code, answer.json().get("code")


def known(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


async def test_a_member_writes_a_draft_that_only_members_see(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    draft = await drafted(client, conn, bearer)

    assert (draft["status"], draft["published_at"], draft["closed_at"]) == ("draft", None, None)
    assert known(draft["pay"]) == {
        "min": 9_000_000, "max": 13_000_000, "currency": "VND", "period": "month", "effective_month": 9_000_000,
        "effective_hour": 43_269,
    }  # fmt: skip
    assert (draft["filled"], draft["source"], draft["review"]) == (0, "app", None)
    assert (draft["ward_code"], draft["province_code"], draft["place_source"]) == (LONG_AN, "80", "employer")
    path = f"/v1/jobs/{draft['id']}"
    assert (await client.get(path, headers=await bearer(OWNER))).json() == draft
    assert said(await client.get(path)) == (404, "not_found")
    assert said(await client.get(path, headers=await bearer(WORKER))) == (404, "not_found")
    assert said(await client.get(path, headers=await bearer(UNVERIFIED_OWNER))) == (404, "not_found")
    assert await promised(conn) == []


@pytest.mark.parametrize("who", [WORKER, UNVERIFIED_OWNER])
async def test_nobody_else_writes_a_job_for_an_employer(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, who: UUID
) -> None:
    foreign = await client.post("/v1/jobs", json=job(await employer_of(conn, OWNER)), headers=await bearer(who))
    unknown = await client.post("/v1/jobs", json=job(UNKNOWN), headers=await bearer(who))

    assert said(foreign) == said(unknown) == (404, "not_found")
    assert foreign.json()["errors"] == unknown.json()["errors"]
    assert foreign.json()["errors"][0]["pointer"] == "/employer_id"


@pytest.mark.parametrize(
    ("change", "answer", "pointer"),
    [
        ({"pay": {}}, (400, "invalid_request"), "/pay/min"),
        ({"pay": {"min": 2, "max": 1}}, (400, "invalid_request"), "/pay/max"),
        ({"pay": {"min": 0}}, (400, "invalid_request"), "/pay/min"),
        ({"pay": {"min": 10**12 + 1}}, (400, "invalid_request"), "/pay/min"),
        ({"pay": {"min": 1, "currency": "EUR"}}, (400, "invalid_request"), "/pay/currency"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, (400, "invalid_request"), "/expires_at"),
        ({"expires_at": "9999-12-31T23:59:59-14:00"}, (400, "invalid_request"), "/expires_at"),
        ({"expires_at": "0001-01-01T00:00:00+14:00"}, (400, "invalid_request"), "/expires_at"),
        ({"expires_at": "2099-01-01T00:00:00"}, (400, "invalid_request"), "/expires_at"),
        ({"openings": 0}, (400, "invalid_request"), "/openings"),
        ({"title": "x"}, (400, "invalid_request"), "/title"),
        ({"title": "May\nmặc"}, (400, "invalid_request"), "/title"),
        ({"title": "    "}, (400, "invalid_request"), "/title"),
        ({"description": " \n "}, (400, "invalid_request"), "/description"),
        ({"pay": {"base": 1, "allowances": -1}}, (400, "invalid_request"), "/pay/allowances"),
        ({"occupation_code": "99999"}, (400, "invalid_request"), "/occupation_code"),
        ({"occupation_code": "may"}, (400, "invalid_request"), "/occupation_code"),
        ({"park_code": "khong-co"}, (400, "invalid_request"), "/park_code"),
        ({"contract": "for_ever"}, (400, "invalid_request"), "/contract"),
        ({"shift": None, "week_hours": 0}, (400, "invalid_request"), "/week_hours"),
        ({"week_hours": 73}, (400, "invalid_request"), "/week_hours"),
        ({"week_hours": 60, "week_days": 2}, (400, "invalid_request"), "/week_hours"),
        ({"benefits": ["meals", "meals"]}, (400, "invalid_request"), "/benefits"),
        ({"benefits": ["gold"]}, (400, "invalid_request"), "/benefits/0"),
        ({"skills": ["may"] * 21}, (400, "invalid_request"), "/skills"),
        ({"skills": ["\n"]}, (400, "invalid_request"), "/skills/0"),
        ({"experience_months": 601}, (400, "invalid_request"), "/experience_months"),
        ({"ward_code": "99999"}, (422, "ward_unknown"), "/ward_code"),
    ],
)
async def test_a_bad_job_is_refused_by_the_name_of_its_field(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, change: dict[str, Any], answer: Answer,
    pointer: str,
) -> None:  # fmt: skip
    refused = await client.post(
        "/v1/jobs", json=job(await employer_of(conn, OWNER), **change), headers=await bearer(OWNER)
    )

    assert said(refused) == answer
    assert refused.json()["errors"][0]["pointer"] == pointer


async def test_a_verified_employer_publishes_and_everybody_sees_it(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    opened = await published(client, conn, bearer)

    seen = await client.get(f"/v1/jobs/{opened['id']}")

    assert (opened["status"], opened["employer"]["verified"]) == ("open", True)
    assert opened["published_at"] is not None
    assert seen.json() == opened | {"review": None}
    assert await promised(conn) == [("jobs_changed", {}), ("job_opened", {"job_id": opened["id"]})]


async def test_an_employer_who_is_not_verified_cannot_publish(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    draft = await drafted(client, conn, bearer, UNVERIFIED_OWNER)

    answer = await client.post(f"/v1/jobs/{draft['id']}/publish", headers=await bearer(UNVERIFIED_OWNER))

    assert said(answer) == (403, "employer_not_verified")
    assert await conn.fetchval("select status from jobs.postings where id = $1", UUID(draft["id"])) == "draft"


@pytest.mark.parametrize("step", ["publish", "close"])
async def test_a_step_taken_already_is_answered_again(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, step: str
) -> None:
    opened = await published(client, conn, bearer)
    first = await client.post(f"/v1/jobs/{opened['id']}/{step}", headers=await bearer(OWNER))

    again = await client.post(f"/v1/jobs/{opened['id']}/{step}", headers=await bearer(OWNER))

    assert again.status_code == 200
    assert again.json() == first.json()


async def test_a_closed_job_cannot_be_opened_again(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    opened = await published(client, conn, bearer)
    closed = await client.post(f"/v1/jobs/{opened['id']}/close", headers=await bearer(OWNER))

    again = await client.post(f"/v1/jobs/{opened['id']}/publish", headers=await bearer(OWNER))

    assert (closed.status_code, closed.json()["status"]) == (200, "closed")
    assert said(again) == (409, "illegal_transition")
    assert (again.json()["from"], again.json()["to"]) == ("closed", "open")
    assert (await client.get(f"/v1/jobs/{opened['id']}")).json()["status"] == "closed"


async def test_a_draft_whose_time_is_over_cannot_be_published(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, clock: TestClock
) -> None:
    draft = await drafted(client, conn, bearer, expires_at=(clock() + timedelta(hours=1)).isoformat())
    clock.shift(timedelta(hours=2))

    answer = await client.post(f"/v1/jobs/{draft['id']}/publish", headers=await bearer(OWNER))

    assert said(answer) == (409, "illegal_transition")
    assert answer.json()["errors"][0]["pointer"] == "/expires_at"


async def test_a_draft_that_was_closed_stays_unseen(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    draft = await drafted(client, conn, bearer)
    await client.post(f"/v1/jobs/{draft['id']}/close", headers=await bearer(OWNER))

    assert said(await client.get(f"/v1/jobs/{draft['id']}")) == (404, "not_found")
    assert await promised(conn) == []


async def test_a_suspended_job_is_seen_by_members_only(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    opened = await published(client, conn, bearer)
    await conn.execute("update jobs.postings set status = 'suspended' where id = $1", UUID(opened["id"]))

    assert said(await client.get(f"/v1/jobs/{opened['id']}")) == (404, "not_found")
    assert (await client.get(f"/v1/jobs/{opened['id']}", headers=await bearer(OWNER))).status_code == 200


@pytest.mark.parametrize("who", [WORKER, UNVERIFIED_OWNER])
async def test_to_a_stranger_a_draft_does_not_exist(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, who: UUID
) -> None:
    draft = await drafted(client, conn, bearer)

    for path in (draft["id"], UNKNOWN):
        headers = await bearer(who) | {"If-Match": "*"}
        assert said(await client.post(f"/v1/jobs/{path}/publish", headers=headers)) == (404, "not_found")
        assert said(await client.post(f"/v1/jobs/{path}/close", headers=headers)) == (404, "not_found")
        assert said(await client.patch(f"/v1/jobs/{path}", json={"openings": 1}, headers=headers)) == (404, "not_found")


async def test_a_change_needs_the_version_it_was_made_from(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    draft = await drafted(client, conn, bearer)
    path, headers = f"/v1/jobs/{draft['id']}", await bearer(OWNER)
    held = (await client.get(path, headers=headers)).headers["ETag"]

    changed = await client.patch(path, json={"openings": 7}, headers=headers | {"If-Match": held})
    stale = await client.patch(path, json={"openings": 8}, headers=headers | {"If-Match": held})
    weak = await client.patch(
        path, json={"openings": 8}, headers=headers | {"If-Match": f"W/{changed.headers['ETag']}"}
    )
    without = await client.patch(path, json={"openings": 8}, headers=headers)
    whatever = await client.patch(path, json={"openings": 9}, headers=headers | {"If-Match": "*"})
    one_of = await client.patch(
        path, json={"openings": 10}, headers=headers | {"If-Match": f'"v1", {whatever.headers["ETag"]}'}
    )

    assert (changed.status_code, changed.json()["openings"]) == (200, 7)
    assert changed.headers["ETag"] != held
    assert said(stale) == said(weak) == (412, "stale")
    assert said(without) == (428, "if_match_required")
    assert (whatever.status_code, one_of.status_code) == (200, 200)
    assert (await client.get(path, headers=headers)).json() == one_of.json()


async def test_a_change_leaves_the_rest_as_it_is(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    opened = await published(client, conn, bearer)
    headers = await bearer(OWNER) | {"If-Match": "*"}

    changed = await client.patch(f"/v1/jobs/{opened['id']}", json={"title": "Thợ may áo dài"}, headers=headers)

    moving = ("title", "version", "updated_at")
    assert changed.json()["title"] == "Thợ may áo dài"
    assert {k: v for k, v in changed.json().items() if k not in moving} == {
        k: v for k, v in opened.items() if k not in moving
    }
    assert [item["id"] for item in (await client.get("/v1/jobs", params={"q": "tho may ao dai"})).json()["items"]] == [
        opened["id"]
    ]
    assert [topic for topic, _ in await promised(conn)] == ["jobs_changed", "job_opened", "jobs_changed"]


async def test_pay_can_be_changed_or_cleared_but_not_both(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    opened = await published(client, conn, bearer)
    path, headers = f"/v1/jobs/{opened['id']}", await bearer(OWNER) | {"If-Match": "*"}

    changed = await client.patch(path, json={"pay": {"max": 300_000, "period": "day"}}, headers=headers)
    cleared = await client.patch(path, json={"clear": ["pay"]}, headers=headers)
    both = await client.patch(path, json={"clear": ["pay"], "pay": {"min": 1}}, headers=headers)
    unknown = await client.patch(path, json={"clear": ["title"]}, headers=headers)
    null = await client.patch(path, json={"pay": None}, headers=headers)

    assert known(changed.json()["pay"]) == {"max": 300_000, "currency": "VND", "period": "day"}
    assert known(cleared.json()["pay"]) == {"currency": "VND", "period": "month"}
    assert (said(both), both.json()["errors"][0]["pointer"]) == ((400, "invalid_request"), "/clear")
    assert said(unknown) == said(null) == (400, "invalid_request")


async def test_a_job_moves_to_another_ward_with_its_point(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    opened = await published(client, conn, bearer)
    path, headers = f"/v1/jobs/{opened['id']}", await bearer(OWNER) | {"If-Match": "*"}

    moved = await client.patch(path, json={"ward_code": BEN_LUC}, headers=headers)
    unknown = await client.patch(path, json={"ward_code": "00000"}, headers=headers)

    assert (moved.json()["ward_code"], moved.json()["province_code"]) == (BEN_LUC, "80")
    assert said(unknown) == (422, "ward_unknown")
    assert await conn.fetchval(
        "select (j.lat, j.lon) = (u.lat, u.lon) from jobs.postings j "
        "join places.units u on u.version = j.ward_version and u.code = j.ward_code where j.id = $1", UUID(opened["id"])
    )  # fmt: skip


async def test_what_is_over_cannot_be_changed(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    opened = await published(client, conn, bearer)
    await client.post(f"/v1/jobs/{opened['id']}/close", headers=await bearer(OWNER))

    answer = await client.patch(
        f"/v1/jobs/{opened['id']}", json={"openings": 1}, headers=await bearer(OWNER) | {"If-Match": "*"}
    )

    assert said(answer) == (409, "job_not_open")


async def test_a_job_held_by_a_client_is_not_sent_again(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    opened = await published(client, conn, bearer)
    first = await client.get(f"/v1/jobs/{opened['id']}")

    again = await client.get(f"/v1/jobs/{opened['id']}", headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.content) == (304, b"")


async def test_the_etag_changes_when_the_employer_does(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    opened, headers = await published(client, conn, bearer), await bearer(OWNER)
    held = (await client.get(f"/v1/jobs/{opened['id']}", headers=headers)).headers["ETag"]
    await conn.execute(
        "update employers.employers set status = 'rejected' where id = $1", UUID(opened["employer"]["id"])
    )

    seen = await client.get(f"/v1/jobs/{opened['id']}", headers=headers | {"If-None-Match": held})

    assert seen.status_code == 200
    assert seen.json()["employer"]["verified"] is False


async def test_what_is_past_its_time_is_taken_down(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, now: datetime
) -> None:
    due, later = await published(client, conn, bearer), await published(client, conn, bearer)
    await conn.execute("update jobs.postings set expires_at = $2 where id = $1", UUID(due["id"]), now)

    first, second = [len(await postings.expire(conn, now, 9)) for _ in range(2)]

    assert (first, second) == (1, 0)
    assert (await client.get(f"/v1/jobs/{due['id']}")).json()["status"] == "expired"
    assert (await client.get(f"/v1/jobs/{later['id']}")).json()["status"] == "open"


async def test_the_same_key_makes_one_draft(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    body, headers = job(await employer_of(conn, OWNER), title=f"Thợ {uuid4()}"), await bearer(OWNER)

    first = await client.post("/v1/jobs", json=body, headers=headers)
    again = await client.post("/v1/jobs", json=body, headers=headers)

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert await conn.fetchval("select count(*) from jobs.postings where title = $1", body["title"]) == 1


async def test_writing_needs_a_token_of_the_right_audience(client: httpx.AsyncClient, bearer: Bearer) -> None:
    nobody = await client.post("/v1/jobs", json=job(UNKNOWN), headers={"Idempotency-Key": "k"})
    official = await client.post("/v1/jobs", json=job(UNKNOWN), headers=await bearer(audience="official"))

    assert (nobody.status_code, official.status_code) == (401, 401)
