"""Templates: what an employer posts again and again, kept, changed, and made drafts of."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from tests.conftest import Bearer, TestClock
from tests.jobs.hiring import OWNER, UNVERIFIED_OWNER, WORKER, drafted, employer_of, job, published, stepped

OWN = {"employer_id", "expires_at"}


def work(**changes: object) -> dict[str, object]:
    said = job("", shift="night", benefits=["bus"], week_hours=40, **changes)
    return {name: value for name, value in said.items() if name not in OWN}


async def kept(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, who: UUID = OWNER, **given: object
) -> httpx.Response:
    """A template of the employer of the verified owner."""
    body = {"name": f"Mẫu {uuid4()}"} | (given if "job_id" in given else {"job": work()} | given)
    path = f"/v1/employers/{await employer_of(conn, OWNER)}/job-templates"
    return await client.post(path, json=body, headers=await bearer(who))


async def template(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, **given: object
) -> dict[str, Any]:
    answer = await kept(client, conn, bearer, **given)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_a_template_holds_a_job_and_a_draft_that_is_made_of_it_says_the_same(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, clock: TestClock
) -> None:
    made = await template(client, conn, bearer, days=10)
    path = f"/v1/job-templates/{made['id']}"

    used = await client.post(f"{path}/use", headers=await bearer(OWNER))

    draft = used.json()
    assert (used.status_code, draft["status"], draft["source"]) == (201, "draft", "app")
    for name in ("title", "description", "openings", "ward_code", "shift", "benefits", "week_hours", "skills", "pay"):
        assert draft[name] == made["job"][name], name
    assert made["job"] | {"pay": None} | {n: v for n, v in work().items() if n != "pay"} == made["job"] | {"pay": None}
    ends = await conn.fetchval("select expires_at from jobs.postings where id = $1", UUID(draft["id"]))
    assert abs(ends - clock() - timedelta(days=10)) < timedelta(minutes=5)
    assert (await client.get(path, headers=await bearer(OWNER))).json() == made


async def test_a_template_is_made_of_a_posting_whatever_became_of_that(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    posting = await published(client, conn, bearer, shift="three_shifts", skills=["vắt sổ"])
    await stepped(client, bearer, posting["id"], "close")

    made = await template(client, conn, bearer, job_id=posting["id"])

    assert (made["job"]["shift"], made["job"]["skills"]) == ("three_shifts", ["vắt sổ"])
    assert made["job"]["pay"] == posting["pay"]
    assert (made["days"], made["version"]) == (30, 1)


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"job": None}, "/job"),
        ({"job": work(), "job_id": "0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a11"}, "/job"),
        ({"job": work(pay={})}, "/job/pay/min"),
        ({"job": work(title="x")}, "/job/title"),
        ({"job": work(skills=["may", "Máy"])}, "/job/skills"),
        ({"job": work() | {"expires_at": "2099-01-01T00:00:00Z"}}, "/job/expires_at"),
        ({"days": 0}, "/days"),
        ({"days": 366}, "/days"),
        ({"name": " "}, "/name"),
    ],
)
async def test_a_bad_template_is_refused_by_the_name_of_its_field(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, given: dict[str, Any], pointer: str
) -> None:
    path = f"/v1/employers/{await employer_of(conn, OWNER)}/job-templates"
    body = {"name": "Mẫu", "job": work()} | given

    refused = await client.post(path, json=body, headers=await bearer(OWNER))

    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, pointer)


async def test_of_one_name_an_employer_has_one_template(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    first = await template(client, conn, bearer, name="Thợ may")
    other = await template(client, conn, bearer, name="Thợ ủi")

    again = await kept(client, conn, bearer, name="Thợ may")
    renamed = await client.patch(
        f"/v1/job-templates/{other['id']}", json={"name": "Thợ may"}, headers=await bearer(OWNER) | {"If-Match": "*"}
    )

    assert (again.status_code, again.json()["code"]) == (409, "template_exists")
    assert (renamed.status_code, renamed.json()["code"]) == (409, "template_exists")
    assert first["id"] != other["id"]


async def test_a_change_leaves_the_rest_and_needs_the_version_it_was_made_from(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    made = await template(client, conn, bearer)
    path, headers = f"/v1/job-templates/{made['id']}", await bearer(OWNER)
    held = (await client.get(path, headers=headers)).headers["ETag"]

    changed = await client.patch(path, json={"days": 5}, headers=headers | {"If-Match": held})
    stale = await client.patch(path, json={"days": 6}, headers=headers | {"If-Match": held})
    without = await client.patch(path, json={"days": 6}, headers=headers)
    whole = await client.patch(path, json={"job": work(title="Thợ khác")}, headers=headers | {"If-Match": "*"})
    bad = await client.patch(path, json={"job": work(pay={})}, headers=headers | {"If-Match": "*"})

    moving = {"days": 5, "version": 2, "updated_at": changed.json()["updated_at"]}
    assert changed.json() == made | moving
    assert [answer.json().get("code") for answer in (stale, without)] == ["stale", "if_match_required"]
    assert (whole.json()["job"]["title"], whole.json()["days"]) == ("Thợ khác", 5)
    assert bad.json()["errors"][0]["pointer"] == "/job/pay/min"


async def test_what_a_template_names_may_be_gone_when_it_is_used(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    made = await template(client, conn, bearer, job=work() | {"ward_code": "00000"})

    used = await client.post(f"/v1/job-templates/{made['id']}/use", headers=await bearer(OWNER))

    assert (used.status_code, used.json()["code"]) == (422, "ward_unknown")


async def test_an_end_may_be_named_and_lies_ahead(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    path = f"/v1/job-templates/{(await template(client, conn, bearer))['id']}/use"

    given = await client.post(path, json={"expires_at": "2098-01-01T00:00:00Z"}, headers=await bearer(OWNER))
    over = await client.post(path, json={"expires_at": "2020-01-01T00:00:00Z"}, headers=await bearer(OWNER))

    assert given.json()["expires_at"] == "2098-01-01T00:00:00Z"
    assert (over.status_code, over.json()["errors"][0]["pointer"]) == (400, "/expires_at")


async def test_templates_are_listed_newest_first_page_by_page(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    made = [await template(client, conn, bearer) for _ in range(3)]
    path, headers = f"/v1/employers/{made[0]['employer_id']}/job-templates", await bearer(OWNER)

    page = (await client.get(path, params={"limit": 2}, headers=headers)).json()
    rest = (await client.get(path, params={"limit": 2, "cursor": page["next_cursor"]}, headers=headers)).json()

    shown = [*page["items"], *rest["items"]]
    assert [item["id"] for item in shown[:3]] == [each["id"] for each in reversed(made)]
    assert shown[0]["title"] == made[2]["job"]["title"]


async def test_a_template_that_is_gone_leaves_the_drafts_made_of_it(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    made = await template(client, conn, bearer)
    path, headers = f"/v1/job-templates/{made['id']}", await bearer(OWNER)
    draft = (await client.post(f"{path}/use", headers=headers)).json()

    gone, again = await client.delete(path, headers=headers), await client.delete(path, headers=headers)

    assert (gone.status_code, again.status_code) == (204, 404)
    assert (await client.get(path, headers=headers)).status_code == 404
    assert (await client.get(f"/v1/jobs/{draft['id']}", headers=headers)).status_code == 200


@pytest.mark.parametrize("who", [WORKER, UNVERIFIED_OWNER])
async def test_to_a_stranger_no_template_exists(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, who: UUID
) -> None:
    made = await template(client, conn, bearer)
    foreign = await drafted(client, conn, bearer, UNVERIFIED_OWNER)
    path, headers = f"/v1/job-templates/{made['id']}", await bearer(who) | {"If-Match": "*"}

    answers = [
        await kept(client, conn, bearer, who),
        await kept(client, conn, bearer, job_id=foreign["id"]),
        await client.get(f"/v1/employers/{made['employer_id']}/job-templates", headers=headers),
        await client.get(path, headers=headers),
        await client.patch(path, json={"days": 3}, headers=headers),
        await client.post(f"{path}/use", headers=headers),
        await client.delete(path, headers=headers),
    ]

    assert [answer.status_code for answer in answers] == [404] * 7
    assert (await client.get(path, headers=await bearer(OWNER))).json() == made


async def test_a_template_of_a_posting_without_pay_is_used_as_it_is(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    draft = await drafted(client, conn, bearer)
    headers = await bearer(OWNER) | {"If-Match": "*"}
    await client.patch(f"/v1/jobs/{draft['id']}", json={"clear": ["pay"]}, headers=headers)
    made = await template(client, conn, bearer, job_id=draft["id"])

    used = await client.post(f"/v1/job-templates/{made['id']}/use", headers=await bearer(OWNER))

    assert (used.status_code, used.json()["pay"]["min"]) == (201, None)
