"""What an owner changes of an employer, and what has to be checked again for it."""

from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from longan.floor.access.memberships import add
from tests.conftest import Bearer, TestClock
from tests.employers.conftest import Decide, Work
from tests.jobs.hiring import BEN_LUC, OWNER, UNVERIFIED_OWNER, WORKER, drafted, employer_of, promised

NEW = "Công ty TNHH May Sen Hồng"
CALM = "Xưởng may 400 công nhân, có xe đưa rước."


async def change(
    client: httpx.AsyncClient, bearer: Bearer, employer: UUID, who: UUID = OWNER, match: str = "*", **body: object
) -> httpx.Response:
    headers = {**await bearer(who), "If-Match": match}
    return await client.patch(f"/v1/employers/{employer}", json=body, headers=headers)


async def page(client: httpx.AsyncClient, employer: UUID, headers: dict[str, str] | None = None) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get(f"/v1/employers/{employer}", headers=headers)).json()
    return found


async def test_a_verified_employer_goes_on_under_its_name_until_an_official_agrees(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    employer = await employer_of(conn, OWNER)
    before = await page(client, employer)

    asked = await change(client, bearer, employer, name=NEW)

    assert (asked.status_code, asked.json()["name"], asked.json()["wanted_name"]) == (200, before["name"], NEW)
    assert (asked.json()["status"], asked.json()["verified"]) == ("verified", True)
    public = await page(client, employer)
    assert (public["name"], public["wanted_name"], public["verified"]) == (before["name"], None, True)
    assert "check_registration" in [topic for topic, _ in await promised(conn)]


async def test_the_name_that_it_has_takes_the_wish_back(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    employer = await employer_of(conn, OWNER)
    name = (await page(client, employer))["name"]
    await change(client, bearer, employer, name=NEW)

    back = await change(client, bearer, employer, name=name)

    assert (back.json()["name"], back.json()["wanted_name"]) == (name, None)


@pytest.mark.parametrize(("decision", "kept"), [("accepted", False), ("refused", True)])
async def test_an_official_decides_on_the_name_and_the_postings_are_found_under_it(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, decide: Decide, work: Work, decision: str,
    kept: bool,
) -> None:  # fmt: skip
    employer = await employer_of(conn, OWNER)
    before = await page(client, employer)
    await change(client, bearer, employer, name=NEW)

    answer = await decide(employer, "name-decision", decision=decision, wanted_name=NEW)
    again = await decide(employer, "name-decision", decision="accepted", wanted_name=NEW)
    await work("employer_renamed")

    assert (answer.status_code, again.status_code) == (200, 412 if kept else 200)
    after = await page(client, employer)
    assert (after["name"], after["verified"]) == (before["name"] if kept else NEW, True)
    texts = await conn.fetch("select search_text from jobs.postings where employer_id = $1", employer)
    assert texts
    assert all(("may sen hong" in row[0]) != kept for row in texts)
    said = await conn.fetchval("select decision from employers.verifications order by id desc limit 1")
    assert said == f"name_{decision}"


async def test_an_official_agrees_to_the_name_they_saw_and_to_no_other(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, decide: Decide
) -> None:
    employer = await employer_of(conn, OWNER)
    await change(client, bearer, employer, name=NEW)
    await change(client, bearer, employer, name="Sở Lao động tỉnh Tây Ninh")

    stale = await decide(employer, "name-decision", decision="accepted", wanted_name=NEW)

    assert (stale.status_code, stale.json()["code"]) == (412, "stale")


async def test_what_was_changed_since_an_official_looked_is_not_verified(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, decide: Decide
) -> None:
    employer = await employer_of(conn, UNVERIFIED_OWNER)
    seen = (await page(client, employer))["version"]
    await change(client, bearer, employer, UNVERIFIED_OWNER, name="Sở Lao động tỉnh Tây Ninh")

    stale = await decide(employer, "verification", decision="verified", version=seen)
    blind = await decide(employer, "verification", decision="verified", version=None)
    fresh = await decide(employer, "verification", decision="verified", version=seen + 1)

    assert (stale.status_code, blind.status_code, fresh.status_code) == (412, 412, 200)


async def test_what_nobody_has_changed_is_decided_on_and_decided_anew_without_a_version(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, decide: Decide
) -> None:
    employer = await employer_of(conn, UNVERIFIED_OWNER)

    answers = [
        await decide(employer, "verification", decision=word, version=None)
        for word in ("verified", "rejected", "verified")
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 200]


async def test_an_unverified_employer_is_simply_renamed_and_its_drafts_with_it(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, work: Work
) -> None:
    draft = await drafted(client, conn, bearer, UNVERIFIED_OWNER)
    employer = UUID(draft["employer"]["id"])

    answer = await change(client, bearer, employer, UNVERIFIED_OWNER, name=NEW)
    await work("employer_renamed")

    assert (answer.json()["name"], answer.json()["wanted_name"]) == (NEW, None)
    found = await conn.fetchval("select search_text from jobs.postings where id = $1", UUID(draft["id"]))
    assert "may sen hong" in found


async def test_a_rejected_employer_that_corrects_itself_is_looked_at_again(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, decide: Decide, clock: TestClock
) -> None:
    employer = await employer_of(conn, UNVERIFIED_OWNER)
    await decide(employer, "verification", decision="rejected")
    before = await conn.fetchval("select asked_at from employers.employers where id = $1", employer)

    answer = await change(client, bearer, employer, UNVERIFIED_OWNER, description=CALM)

    assert answer.json()["status"] == "unverified"
    assert await conn.fetchval("select asked_at from employers.employers where id = $1", employer) > before


async def test_what_it_says_of_itself_is_shown_once_it_is_verified(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, decide: Decide
) -> None:
    employer = await employer_of(conn, UNVERIFIED_OWNER)
    await change(client, bearer, employer, UNVERIFIED_OWNER, description=CALM)

    before, own = await page(client, employer), await page(client, employer, await bearer(UNVERIFIED_OWNER))
    await decide(employer, "verification", decision="verified")
    after = await page(client, employer)

    assert (before["description"], own["description"], after["description"]) == (None, CALM, CALM)
    cleared = await change(client, bearer, employer, UNVERIFIED_OWNER, clear=["description"])
    assert cleared.json()["description"] is None


@pytest.mark.parametrize(
    ("body", "status", "pointer", "code"),
    [
        ({"description": "Xem may-bong-sung.com"}, 400, "/description", "foreign_link"),
        ({"description": "<b>Tuyển gấp</b>"}, 400, "/description", "markup"),
        ({"description": " \n"}, 400, "/description", "bad_form"),
        ({"description": "x" * 2_001}, 400, "/description", "too_long"),
        ({"description": CALM, "clear": ["description"]}, 400, "/clear", "one_of_them"),
        ({"name": "  "}, 400, "/name", "bad_form"),
        ({"status": "verified"}, 400, "/status", "unknown"),
        ({"tax_code": "0100112437"}, 400, "/tax_code", "unknown"),
        ({"ward_code": "99999"}, 422, "/ward_code", "not_found"),
    ],
)
async def test_a_bad_change_is_refused_by_the_name_of_its_field(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, body: dict[str, Any], status: int,
    pointer: str, code: str,
) -> None:  # fmt: skip
    answer = await change(client, bearer, await employer_of(conn, OWNER), **body)

    assert answer.status_code == status
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [(pointer, code)]


async def test_it_moves_to_another_ward(client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer) -> None:
    answer = await change(client, bearer, await employer_of(conn, OWNER), ward_code=BEN_LUC)

    assert (answer.json()["ward_code"], answer.json()["verified"]) == (BEN_LUC, True)


async def test_who_was_slower_is_told(client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer) -> None:
    employer = await employer_of(conn, OWNER)
    held = (await client.get(f"/v1/employers/{employer}", headers=await bearer(OWNER))).headers["ETag"]

    first = await change(client, bearer, employer, match=held, description=CALM)
    second = await change(client, bearer, employer, match=held, description="Khác")

    assert (first.status_code, second.status_code, second.json()["code"]) == (200, 412, "stale")


async def test_only_owners_change_it_and_for_strangers_it_is_not_there(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, clock: TestClock
) -> None:
    employer = await employer_of(conn, OWNER)

    stranger = await change(client, bearer, employer, WORKER, description=CALM)
    await add(conn, employer, WORKER, "recruiter", clock())
    recruiter = await change(client, bearer, employer, WORKER, description=CALM)

    assert (stranger.status_code, recruiter.status_code) == (404, 403)
