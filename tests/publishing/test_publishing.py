"""A posting's life as its employer leads it: what each step asks, what it answers, and what comes of it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from longan.floor.postings.postings import LIFTED_EVERY
from tests.conftest import Bearer, TestClock
from tests.jobs.hiring import (
    OWNER,
    UNKNOWN,
    UNVERIFIED_OWNER,
    WORKER,
    drafted,
    history,
    promised,
    published,
    stepped,
)

DAY = timedelta(days=1)
STEPS = ("publish", "pause", "resume", "close")


def said(answer: httpx.Response) -> tuple[int, str | None]:
    return answer.status_code, answer.json().get("code")


def topics(promises: list[tuple[str, dict[str, str]]]) -> list[str]:
    return [topic for topic, _ in promises]


async def renewed(
    client: httpx.AsyncClient, bearer: Bearer, posting: str, end: datetime, **more: object
) -> httpx.Response:
    return await stepped(client, bearer, posting, "renew", expires_at=end.isoformat(), **more)


async def test_a_whole_life_is_on_record_with_who_and_why(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, now: datetime
) -> None:
    posting = (await drafted(client, conn, bearer))["id"]
    answers = [await stepped(client, bearer, posting, step) for step in ("publish", "pause", "resume")]
    answers.append(await stepped(client, bearer, posting, "close", reason="filled_elsewhere"))
    answers.append(await renewed(client, bearer, posting, now + 40 * DAY))

    assert [answer.status_code for answer in answers] == [200] * 5
    assert [answer.json()["status"] for answer in answers] == ["open", "paused", "open", "closed", "open"]
    assert [answer.json()["version"] for answer in answers] == [2, 3, 4, 5, 6]
    assert await history(conn, posting) == [
        ("employer", "draft", "open", None),
        ("employer", "open", "paused", None),
        ("employer", "paused", "open", None),
        ("employer", "open", "closed", "filled_elsewhere"),
        ("employer", "closed", "open", None),
    ]
    assert topics(await promised(conn)) == [
        "jobs_changed", "job_opened", "jobs_changed", "jobs_changed", "job_opened", "jobs_changed", "job_ended",
        "jobs_changed", "job_opened",
    ]  # fmt: skip
    assert [answer.json()["closed_at"] is None for answer in answers] == [True, True, True, False, True]


@pytest.mark.parametrize("step", STEPS)
async def test_a_step_taken_already_is_answered_again_even_from_an_older_version(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, step: str
) -> None:
    posting = (await published(client, conn, bearer))["id"]
    if step == "resume":
        await stepped(client, bearer, posting, "pause")
    first = await stepped(client, bearer, posting, step)
    before = await promised(conn)

    again = await client.post(f"/v1/jobs/{posting}/{step}", headers=await bearer(OWNER) | {"If-Match": '"v1"'})

    assert (again.status_code, again.json(), again.headers["ETag"]) == (200, first.json(), first.headers["ETag"])
    assert await promised(conn) == before


@pytest.mark.parametrize("step", ["pause", "close"])
async def test_a_step_from_a_version_that_is_over_is_stale_and_one_from_the_present_is_taken(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, step: str
) -> None:
    opened = await published(client, conn, bearer)
    path, headers = f"/v1/jobs/{opened['id']}", await bearer(OWNER)
    held = (await client.get(path, headers=headers)).headers["ETag"]
    await client.patch(path, json={"openings": 9}, headers=headers | {"If-Match": "*"})

    stale = await client.post(f"{path}/{step}", headers=headers | {"If-Match": held})
    present = (await client.get(path, headers=headers)).headers["ETag"]
    taken = await client.post(f"{path}/{step}", headers=headers | {"If-Match": present})

    assert (said(stale), taken.status_code) == ((412, "stale"), 200)


@pytest.mark.parametrize(
    ("status", "step", "answer"),
    [
        ("closed", "publish", ("closed", "open")),
        ("paused", "publish", ("paused", "open")),
        ("draft", "resume", ("draft", "open")),
        ("expired", "resume", ("expired", "open")),
        ("suspended", "publish", ("suspended", "open")),
        ("suspended", "close", ("suspended", "closed")),
        ("draft", "pause", ("draft", "paused")),
        ("in_review", "pause", ("in_review", "paused")),
        ("suspended", "renew", ("suspended", "open")),
        ("draft", "renew", ("draft", "open")),
    ],
)
async def test_a_step_that_does_not_lead_there_is_refused_by_name(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, now: datetime, status: str, step: str,
    answer: tuple[str, str],
) -> None:  # fmt: skip
    posting = (await published(client, conn, bearer))["id"]
    await conn.execute("update jobs.postings set status = $2 where id = $1", UUID(posting), status)
    body = {"expires_at": (now + 9 * DAY).isoformat()} if step == "renew" else {}

    refused = await stepped(client, bearer, posting, step, **body)

    assert said(refused) == (409, "illegal_transition")
    assert (refused.json()["from"], refused.json()["to"]) == answer


@pytest.mark.parametrize("who", [WORKER, UNVERIFIED_OWNER])
async def test_to_a_stranger_no_step_exists(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, now: datetime, who: UUID
) -> None:
    posting = (await published(client, conn, bearer))["id"]

    for job in (posting, UNKNOWN):
        for step in (*STEPS, "renew"):
            body = {"expires_at": (now + DAY).isoformat()} if step == "renew" else {}
            assert said(await stepped(client, bearer, job, step, who, **body)) == (404, "not_found"), step


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("unverified", "employer_not_verified"),
        ("rejected", "employer_not_verified"),
        ("suspended", "employer_suspended"),
    ],
)
@pytest.mark.parametrize("step", ["publish", "resume", "renew"])
async def test_nothing_is_opened_for_an_employer_who_is_not_verified_any_more(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, now: datetime, status: str, code: str,
    step: str,
) -> None:  # fmt: skip
    made = await drafted(client, conn, bearer)
    if step != "publish":
        await stepped(client, bearer, made["id"], "publish")
        await stepped(client, bearer, made["id"], "pause")
    await conn.execute("update employers.employers set status = $2 where id = $1", UUID(made["employer"]["id"]), status)
    body = {"expires_at": (now + DAY).isoformat()} if step == "renew" else {}

    assert said(await stepped(client, bearer, made["id"], step, **body)) == (403, code)


async def test_a_pay_below_the_minimum_wage_of_the_ward_is_refused_with_what_holds_there(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    low = await drafted(client, conn, bearer, pay={"min": 1_000_000, "max": 20_000_000})

    refused = await stepped(client, bearer, low["id"], "publish")

    note = low["minimum_wage"]
    assert said(refused) == (422, "below_minimum_wage")
    assert note["is_kept"] is False
    assert {name: refused.json()[name] for name in ("region", "month_vnd", "hour_vnd", "decree", "law")} == {
        name: note[name] for name in ("region", "month_vnd", "hour_vnd", "decree", "law")
    }
    assert await conn.fetchval("select status from jobs.postings where id = $1", UUID(low["id"])) == "draft"


async def test_the_minimum_wage_is_asked_again_when_a_posting_comes_back_and_when_it_is_changed(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, now: datetime
) -> None:
    posting = (await published(client, conn, bearer))["id"]
    path, headers = f"/v1/jobs/{posting}", await bearer(OWNER) | {"If-Match": "*"}
    low = {"pay": {"min": 1_000_000}}

    changed = await client.patch(path, json=low, headers=headers)
    await stepped(client, bearer, posting, "pause")
    while_paused = await client.patch(path, json=low, headers=headers)
    await conn.execute("update jobs.postings set pay_min = 1000000 where id = $1", UUID(posting))
    resumed = await stepped(client, bearer, posting, "resume")
    again = await renewed(client, bearer, posting, now + 9 * DAY)

    assert said(changed) == said(while_paused) == said(resumed) == said(again) == (422, "below_minimum_wage")


async def test_renewing_lifts_to_the_top_once_in_seven_days_and_resuming_never(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, clock: TestClock
) -> None:
    posting = (await published(client, conn, bearer))["id"]
    seen: list[Any] = []

    async def look(answer: httpx.Response) -> None:
        assert answer.status_code == 200, answer.text
        seen.append(answer.json()["published_at"])

    await look(await renewed(client, bearer, posting, clock() + 30 * DAY))
    clock.shift(LIFTED_EVERY - timedelta(minutes=1))
    await look(await renewed(client, bearer, posting, clock() + 31 * DAY))
    clock.shift(timedelta(minutes=2))
    await look(await renewed(client, bearer, posting, clock() + 32 * DAY))
    clock.shift(LIFTED_EVERY)
    await stepped(client, bearer, posting, "pause")
    await look(await stepped(client, bearer, posting, "resume"))

    assert seen[0] == seen[1] < seen[2] == seen[3]


async def test_a_new_end_is_on_record_and_the_same_one_again_is_not(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, now: datetime
) -> None:
    posting = await published(client, conn, bearer)
    end = (now + 20 * DAY).replace(microsecond=0)

    first = await renewed(client, bearer, posting["id"], end)
    again = await renewed(client, bearer, posting["id"], end)

    events = (await client.get(f"/v1/jobs/{posting['id']}/history", headers=await bearer(OWNER))).json()["items"]
    assert again.json() == first.json()
    assert [(event["from_status"], event["to_status"]) for event in events] == [("open", "open"), ("draft", "open")]
    assert [change["field"] for change in events[0]["changes"]] == ["expires_at"]


@pytest.mark.parametrize(("end", "code"), [(-DAY, "in_past"), (40_000 * DAY, "too_large")])
async def test_a_new_end_must_lie_ahead(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, now: datetime, end: timedelta, code: str
) -> None:
    posting = await published(client, conn, bearer)

    refused = await renewed(client, bearer, posting["id"], now + end)

    assert said(refused) == (400, "invalid_request")
    assert refused.json()["errors"][0]["pointer"] == "/expires_at"


async def test_a_posting_that_is_full_needs_new_places_to_be_renewed(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, now: datetime
) -> None:
    posting = await published(client, conn, bearer)
    await conn.execute(
        "update jobs.postings set filled = openings, status = 'closed' where id = $1", UUID(posting["id"])
    )

    refused = await renewed(client, bearer, posting["id"], now + DAY)
    opened = await renewed(client, bearer, posting["id"], now + DAY, openings=4)

    assert (said(refused), refused.json()["errors"][0]["pointer"]) == ((400, "invalid_request"), "/openings")
    assert (opened.json()["status"], opened.json()["openings"], opened.json()["filled"]) == ("open", 4, 3)


async def test_what_was_paused_beyond_its_end_is_not_resumed_but_renewed(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, clock: TestClock
) -> None:
    posting = await published(client, conn, bearer, expires_at=(clock() + 2 * DAY).isoformat())
    await stepped(client, bearer, posting["id"], "pause")
    clock.shift(3 * DAY)

    late = await stepped(client, bearer, posting["id"], "resume")
    back = await renewed(client, bearer, posting["id"], clock() + DAY)

    assert (said(late), late.json()["errors"][0]["pointer"]) == ((409, "illegal_transition"), "/expires_at")
    assert (back.status_code, back.json()["status"]) == (200, "open")


async def test_what_is_paused_is_in_no_list_and_takes_no_application_but_can_be_read(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    posting = await published(client, conn, bearer, title="Thợ Rất Riêng Biệt")
    await stepped(client, bearer, posting["id"], "pause")

    listed = await client.get("/v1/jobs", params={"q": "tho rat rieng biet"})
    applied = await client.post(f"/v1/jobs/{posting['id']}/applications", json={}, headers=await bearer(WORKER))

    assert listed.json()["items"] == []
    assert said(applied) == (409, "job_not_open")
    assert (await client.get(f"/v1/jobs/{posting['id']}")).json()["status"] == "paused"


async def test_publishing_costs_a_handful_of_round_trips(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, caplog: pytest.LogCaptureFixture
) -> None:
    draft = await drafted(client, conn, bearer)
    asked: list[str] = []

    with conn.query_logger(lambda query: asked.append(query.query.split("\n", 1)[0])):
        await stepped(client, bearer, draft["id"], "publish")

    own = [
        name for name in asked if name.startswith(("-- standing", "-- wages", "-- postings", "-- queue", "-- job_view"))
    ]
    assert own == [
        "-- standing.held", "-- wages.floors", "-- postings.move", "-- queue.add", "-- queue.add", "-- job_view.one",
        "-- wages.floors",
    ]  # fmt: skip
