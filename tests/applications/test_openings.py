"""Places of a posting: who is hired takes one, with the last the posting closes, and who still waited is told."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from longan.api.edge import Edge
from longan.floor.database.tasks import Context
from longan.floor.postings import postings
from longan.rooms.applications import tasks
from longan.rooms.notifications import tasks as notifications
from tests.applications.applying import applied, moved
from tests.conftest import Bearer, Real, new_account
from tests.jobs.hiring import (
    OWNER,
    SECOND_WORKER,
    WORKER,
    history,
    insisted,
    open_job,
    promised,
    published,
    stepped,
)


async def applications_of(conn: asyncpg.Connection, posting: str) -> dict[UUID, str]:
    rows = await conn.fetch("select worker_id, status from applications.applications where job_id = $1", UUID(posting))
    return {row["worker_id"]: row["status"] for row in rows}


async def ended(context: Context, conn: asyncpg.Connection) -> None:
    """What was promised of ended postings, as the worker does it; the promises stay, as after a crash."""
    for topic, payload in await promised(conn):
        if topic == "job_ended":
            given: Any = payload
            await tasks.job_ended(context, job_id=UUID(given["job_id"]), status=given["status"])


async def told(context: Context, conn: asyncpg.Connection) -> list[tuple[UUID, str]]:
    """What people were told of applications, after the worker has told it twice."""
    for _ in range(2):
        for topic, payload in await promised(conn):
            if topic == "application_moved":
                await notifications.application_moved(
                    context, application_id=UUID(payload["application_id"]), move_id=UUID(payload["move_id"])
                )
    rows = await conn.fetch(
        "select account_id, params ->> 'status' as status from notifications.inbox where topic = 'application_moved'"
        " order by id"
    )
    return [(row["account_id"], row["status"]) for row in rows]


async def test_a_posting_counts_who_is_hired_and_closes_with_the_last_place(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, context: Context, app: Edge
) -> None:
    posting = (await published(client, conn, bearer, openings=2))["id"]
    first = await applied(client, conn, bearer, posting, WORKER)
    second = await applied(client, conn, bearer, posting, SECOND_WORKER)
    third = await applied(client, conn, bearer, posting, await new_account(conn, app))

    assert (await moved(client, bearer, first["id"], "hired")).status_code == 200
    half = (await client.get(f"/v1/jobs/{posting}")).json()
    assert (await moved(client, bearer, second["id"], "hired")).status_code == 200
    full = (await client.get(f"/v1/jobs/{posting}", headers=await bearer(OWNER))).json()
    await ended(context, conn)

    assert (half["status"], half["filled"]) == ("open", 1)
    assert (full["status"], full["filled"], full["closed_at"] is None) == ("closed", 2, False)
    assert (await history(conn, posting))[-1] == ("system", "open", "closed", "all_hired")
    statuses = await applications_of(conn, posting)
    assert (statuses[WORKER], statuses[SECOND_WORKER]) == ("hired", "hired")
    assert Counter(statuses.values()) == {"hired": 2, "obsolete": 1}
    worker = await conn.fetchval("select worker_id from applications.applications where id = $1", UUID(third["id"]))
    assert (worker, "obsolete") in await told(context, conn)


async def test_hiring_again_after_the_answer_was_lost_takes_no_second_place(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    posting = (await published(client, conn, bearer, openings=2))["id"]
    application = await applied(client, conn, bearer, posting)

    answers = [await moved(client, bearer, application["id"], "hired") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert await conn.fetchval("select filled from jobs.postings where id = $1", UUID(posting)) == 1


@pytest.mark.parametrize("status", ["paused", "expired"])
async def test_whoever_applied_before_can_be_hired_while_a_posting_is_paused_or_over(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, status: str
) -> None:
    posting = (await published(client, conn, bearer, openings=1))["id"]
    application = await applied(client, conn, bearer, posting)
    await conn.execute("update jobs.postings set status = $2 where id = $1", UUID(posting), status)

    answer = await moved(client, bearer, application["id"], "hired")

    assert answer.status_code == 200
    assert (await history(conn, posting))[-1] == ("system", status, "closed", "all_hired")


async def test_nobody_is_hired_for_a_place_that_is_taken(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    posting = (await published(client, conn, bearer, openings=1))["id"]
    application = await applied(client, conn, bearer, posting)
    await conn.execute("update jobs.postings set filled = 1 where id = $1", UUID(posting))

    answer = await moved(client, bearer, application["id"], "hired")

    assert (answer.status_code, answer.json()["code"]) == (409, "job_full")


@pytest.mark.parametrize(("status", "reason"), [("closed", "job_closed"), ("suspended", "job_suspended")])
async def test_with_a_posting_its_open_applications_end_each_by_a_step_of_nobody_and_told_once(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, context: Context, now: datetime, status: str,
    reason: str,
) -> None:  # fmt: skip
    posting = (await published(client, conn, bearer))["id"]
    waiting = await applied(client, conn, bearer, posting, WORKER)
    withdrawn = await applied(client, conn, bearer, posting, SECOND_WORKER)
    await moved(client, bearer, waiting["id"], "interview")
    await moved(client, bearer, withdrawn["id"], "withdrawn", SECOND_WORKER)
    if status == "closed":
        await stepped(client, bearer, posting, "close")
    else:
        await postings.move(conn, UUID(posting), "suspended", "official", None, "x", now)

    for _ in range(2):
        await ended(context, conn)

    assert await applications_of(conn, posting) == {WORKER: "obsolete", SECOND_WORKER: "withdrawn"}
    last = await conn.fetch(
        """select moved_by, from_status, to_status, reason_code from applications.moves
            where application_id = $1 order by id""",
        UUID(waiting["id"]),
    )
    assert [tuple(move) for move in last][1:] == [(None, "interview", "obsolete", reason)]
    heard = await told(context, conn)
    assert [status for account, status in heard if account == WORKER] == ["interview", "obsolete"]
    assert [status for account, status in heard if account == SECOND_WORKER] == []


async def test_with_a_posting_whose_time_is_over_nothing_ends(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, context: Context, now: datetime
) -> None:
    posting = (await published(client, conn, bearer))["id"]
    await applied(client, conn, bearer, posting)
    await conn.execute("update jobs.postings set expires_at = $2 where id = $1", UUID(posting), now)

    await postings.expire(conn, now, 500)
    await ended(context, conn)
    await tasks.job_ended(context, job_id=UUID(posting), status="expired")

    assert await applications_of(conn, posting) == {WORKER: "submitted"}


async def test_what_was_opened_again_before_the_task_ran_keeps_its_applications(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, context: Context, now: datetime
) -> None:
    posting = (await published(client, conn, bearer))["id"]
    await applied(client, conn, bearer, posting)
    await stepped(client, bearer, posting, "close")
    await stepped(client, bearer, posting, "renew", expires_at=(now + timedelta(days=9)).isoformat())

    await ended(context, conn)

    assert await applications_of(conn, posting) == {WORKER: "submitted"}


async def test_what_ended_with_a_posting_stays_ended_when_it_is_renewed(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, context: Context, now: datetime
) -> None:
    posting = (await published(client, conn, bearer))["id"]
    application = await applied(client, conn, bearer, posting)
    await stepped(client, bearer, posting, "close")
    await ended(context, conn)

    await stepped(client, bearer, posting, "renew", expires_at=(now + timedelta(days=9)).isoformat())

    assert await applications_of(conn, posting) == {WORKER: "obsolete"}
    refused = await moved(client, bearer, application["id"], "interview")
    assert (refused.status_code, refused.json()["code"]) == (409, "illegal_transition")


DIES = """
create function applications.dies() returns trigger language plpgsql as $$
begin
    if (select count(*) from applications.moves where to_status = 'obsolete') > 3 then raise exception 'gone'; end if;
    return null;
end $$;
create trigger dies after insert on applications.moves for each statement execute function applications.dies()"""


async def test_more_applications_than_one_batch_are_all_ended_and_a_crash_between_tells_nobody_twice(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, context: Context, app: Edge,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(tasks, "AT_ONCE", 3)
    posting = (await published(client, conn, bearer))["id"]
    workers = [await new_account(conn, app) for _ in range(8)]
    await conn.execute(
        """insert into applications.applications (job_id, employer_id, worker_id, created_at, updated_at)
           select j.id, j.employer_id, w, now(), now() from jobs.postings j, unnest($2::uuid[]) w where j.id = $1""",
        UUID(posting), workers,
    )  # fmt: skip
    await stepped(client, bearer, posting, "close")
    await conn.execute(DIES)

    with pytest.raises(asyncpg.RaiseError):
        await tasks.job_ended(context, job_id=UUID(posting), status="closed")
    assert Counter((await applications_of(conn, posting)).values()) == {"obsolete": 3, "submitted": 5}
    await conn.execute("drop trigger dies on applications.moves")
    await tasks.job_ended(context, job_id=UUID(posting), status="closed")

    assert Counter((await applications_of(conn, posting)).values()) == {"obsolete": 8}
    steps = await conn.fetchval(
        """select count(*) from applications.moves m join applications.applications a on a.id = m.application_id
            where a.job_id = $1""",
        UUID(posting),
    )
    assert (steps, [topic for topic, _ in await promised(conn)].count("application_moved")) == (8, 8)


async def waiting(real: Real, posting: UUID, how_many: int) -> list[str]:
    """Applications to a posting, each of a worker of its own."""
    made = []
    for _ in range(how_many):
        headers = await real.bearer()
        answer = await insisted(real, f"/v1/jobs/{posting}/applications", headers)
        made.append(answer.json()["id"])
    return made


async def test_of_many_who_are_hired_for_the_last_places_at_once_as_many_are_as_there_are_places(real: Real) -> None:
    posting, owner = await open_job(real), await real.bearer(OWNER)
    await real.pool.execute("update jobs.postings set openings = 3, filled = 1 where id = $1", posting)
    applications = await waiting(real, posting, 8)

    answers: list[httpx.Response] = await asyncio.gather(
        *(insisted(real, f"/v1/applications/{each}/transitions", owner, {"to": "hired"}) for each in applications)
    )

    assert Counter((answer.status_code, answer.json().get("code")) for answer in answers) == {
        (200, None): 2, (409, "job_full"): 6,
    }  # fmt: skip
    row = await real.pool.fetchrow("select status, filled, openings from jobs.postings where id = $1", posting)
    assert tuple(row) == ("closed", 3, 3)
    hired = "select count(*) from applications.applications where job_id = $1 and status = 'hired'"
    assert await real.pool.fetchval(hired, posting) == 2
    closed = "select count(*) from jobs.history where posting_id = $1 and to_status = 'closed'"
    assert await real.pool.fetchval(closed, posting) == 1
    assert await real.pool.fetchval("select count(*) from pgqueuer where entrypoint = 'job_ended'") == 1


async def test_nobody_applies_between_the_closing_and_the_task_that_ends_the_applications(real: Real) -> None:
    posting = await open_job(real)
    headers = await real.bearer()
    async with real.pool.acquire() as closing:
        ending = closing.transaction()
        await ending.start()
        await postings.move(closing, posting, "closed", "employer", OWNER, None, real.app.app.state.clock())
        late = asyncio.create_task(
            real.client.post(
                f"/v1/jobs/{posting}/applications", json={}, headers=headers | {"Idempotency-Key": str(uuid4())}
            )
        )
        await asyncio.sleep(0.3)
        assert not late.done()
        await ending.commit()

    answer = await late

    assert (answer.status_code, answer.json()["code"]) == (409, "job_not_open")
