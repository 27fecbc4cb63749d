"""Not for me: what somebody does not want never comes again, until they take it back."""

from datetime import datetime
from uuid import uuid4

import asyncpg
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from longan.floor.database.page import Cursors
from longan.rooms.recommendations import domain, store
from longan.rooms.recommendations.models import MOST_HIDDEN
from tests.conftest import Bearer
from tests.jobs.hiring import UNKNOWN
from tests.recommendations.seeking import HIDDEN, HOME, employing, page, posted, seeking, walked


async def hide(client: httpx.AsyncClient, me: dict[str, str], **what: object) -> httpx.Response:
    return await client.post(HIDDEN, headers={**me, "Idempotency-Key": str(uuid4())}, json=what)


@pytest.mark.parametrize("kind", ["job_id", "employer_id", "occupation_code"])
async def test_what_is_hidden_is_gone_at_once_and_comes_back_when_it_is_taken_back(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime, kind: str
) -> None:
    me, other, employer = await bearer(), await bearer(), await employing(conn)
    await seeking(client, me, ward_code=HOME)
    await seeking(client, other, ward_code=HOME)
    job = str(await posted(conn, now, ward=HOME, employer=employer, occupation="81"))
    what = {"job_id": job, "employer_id": str(employer), "occupation_code": "8"}[kind]

    made = await hide(client, me, **{kind: what})
    again = await hide(client, me, **{kind: what})

    assert (made.status_code, again.json()) == (201, made.json())
    assert (made.json()["kind"], made.json()[kind]) == (kind.partition("_")[0], what)
    assert made.json()["name"]
    assert job not in {item["id"] for item in await walked(client, me)}
    assert job in {item["id"] for item in await walked(client, other)}
    assert (await client.get(HIDDEN, headers=me)).json()["items"] == [made.json()]
    assert (await client.get(HIDDEN, headers=other)).json()["items"] == []
    path = f"{HIDDEN}/{made.json()['id']}"
    assert (await client.delete(path, headers=other)).status_code == 404
    assert (await client.delete(path, headers=me)).status_code == 204
    assert (await client.delete(path, headers=me)).status_code == 404
    assert job in {item["id"] for item in await walked(client, me)}


async def test_what_is_hidden_between_two_pages_is_on_none_that_follows(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime
) -> None:
    me = await bearer()
    await seeking(client, me, ward_code=HOME)
    jobs = [str(await posted(conn, now, ward=HOME, occupation="81", pay=9_000_000)) for _ in range(6)]
    first = await page(client, me, limit=2)
    later = next(job for job in jobs if job not in {item["id"] for item in first["items"]})

    await hide(client, me, job_id=later)

    rest, cursor = [], first["next_cursor"]
    while cursor is not None:
        body = await page(client, me, limit=50, cursor=cursor)
        rest += [item["id"] for item in body["items"]]
        cursor = body["next_cursor"]
    assert later not in rest
    assert set(jobs) - {later} <= {item["id"] for item in first["items"]} | set(rest)


@pytest.mark.parametrize(
    ("what", "status", "pointers"),
    [
        ({}, 400, ["/job_id"]),
        ({"job_id": UNKNOWN, "occupation_code": "81"}, 400, ["/job_id", "/occupation_code"]),
        ({"occupation_code": "81531x"}, 400, ["/occupation_code"]),
        ({"job_id": UNKNOWN}, 404, ["/job_id"]),
        ({"employer_id": UNKNOWN}, 404, ["/employer_id"]),
        ({"occupation_code": "99999"}, 404, ["/occupation_code"]),
    ],
)
async def test_what_is_no_one_thing_is_refused_by_name(
    client: httpx.AsyncClient, bearer: Bearer, what: dict[str, str], status: int, pointers: list[str]
) -> None:
    refused = await hide(client, await bearer(), **what)

    assert refused.status_code == status
    assert [error["pointer"] for error in refused.json()["errors"]] == pointers


async def test_a_draft_cannot_be_hidden_and_a_job_taken_down_has_no_name(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime
) -> None:
    me, job = await bearer(), await posted(conn, now)
    await hide(client, me, job_id=str(job))
    await conn.execute("update jobs.postings set status = 'suspended' where id = $1", job)

    assert [each["name"] for each in (await client.get(HIDDEN, headers=me)).json()["items"]] == [None]
    assert (await hide(client, await bearer(), job_id=str(job))).status_code == 404


async def test_there_is_an_end_to_what_one_hides(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime
) -> None:
    me = await bearer()
    account = await seeking(client, me)
    jobs = [await posted(conn, now) for _ in range(2)]
    await conn.execute(
        """with made as (
               insert into jobs.postings (employer_id, title, description, search_text, title_marked, ward_version,
                                          ward_code, province_code, openings, expires_at)
               select employer_id, title, description, search_text, title_marked, ward_version, ward_code,
                      province_code, openings, expires_at
                 from jobs.postings, generate_series(1, $3) where id = $2
               returning id)
           insert into recommendations.hidden (account_id, posting_id, hidden_at) select $1, id, $4 from made""",
        account, jobs[0], MOST_HIDDEN - 1, now,
    )  # fmt: skip

    first, second, again = [await hide(client, me, job_id=str(job)) for job in (*jobs, jobs[0])]

    assert (first.status_code, again.status_code) == (201, 201)
    assert (second.status_code, second.json()["code"]) == (409, "too_much_hidden")


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(hidden=st.sets(st.integers(0, 7)), limit=st.integers(1, 4))
async def test_whatever_is_hidden_the_rest_is_what_it_was_in_the_same_order(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, app: object, now: datetime, hidden: set[int],
    limit: int,
) -> None:  # fmt: skip
    trial = conn.transaction()
    await trial.start()
    try:
        me = await bearer()
        account = await seeking(client, me, ward_code=HOME, occupation_code="75")
        for number in range(8):
            await posted(conn, now, ward=HOME if number % 2 else "27991", occupation=("75", "7", "81")[number % 3])
        cursors: Cursors = app.app.state.cursors  # type: ignore[attr-defined]
        everything = await domain.recommended(conn, cursors, account, "vi", None, 100, now)
        order = [item.id for item in everything.items][:12]
        gone = {order[number] for number in hidden if number < len(order)}
        for job in gone:
            await conn.execute(
                "insert into recommendations.hidden (account_id, posting_id, hidden_at) values ($1, $2, $3)",
                account, job, now,
            )  # fmt: skip

        seen: list[object] = []
        cursor = None
        for _ in range(12):
            found = await domain.recommended(conn, cursors, account, "vi", cursor, limit, now)
            seen += [item.id for item in found.items]
            if (cursor := found.next_cursor) is None:
                break

        left = [job for job in order if job not in gone]
        assert seen[: len(left)] == left[: len(seen)]
        assert len(seen) == len(set(seen))
    finally:
        await trial.rollback()


def test_what_is_hidden_is_asked_for_inside_the_statement_that_reads_the_page() -> None:
    assert "recommendations.hidden" in store.PAGE
