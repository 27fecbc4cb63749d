"""The end of a posting: its employer hears of it three days before and when it has come, and of no end that is none."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import msgspec
import pytest

from longan.floor.database import reminders
from longan.floor.database.tasks import Context
from longan.floor.postings.postings import WARNED_BEFORE
from longan.rooms.publishing import tasks
from tests.conftest import Bearer, TestClock
from tests.jobs.hiring import OWNER, drafted, promised, published

DAY = timedelta(days=1)


async def waiting(conn: asyncpg.Connection) -> list[tuple[str, datetime]]:
    rows = await conn.fetch("select once, due_at from floor.reminders order by once")
    return [(row["once"], row["due_at"]) for row in rows]


async def changed(client: httpx.AsyncClient, bearer: Bearer, posting: dict[str, Any], **change: object) -> None:
    headers = await bearer(OWNER) | {"If-Match": "*"}
    answer = await client.patch(f"/v1/jobs/{posting['id']}", json=change, headers=headers)
    assert answer.status_code == 200, answer.text


async def run(context: Context, conn: asyncpg.Connection, topic: str) -> int:
    """What was promised of a topic, as the worker does it; how much that was."""
    await reminders.ring(context.pool, context.clock())
    payloads = [payload for name, payload in await promised(conn) if name == topic]
    for payload in payloads:
        given = msgspec.convert(payload, dict[str, Any])
        await tasks.TASKS[topic](
            context, job_id=UUID(given["job_id"]), expires_at=datetime.fromisoformat(given["expires_at"])
        )
    return len(payloads)


async def told(conn: asyncpg.Connection, job: UUID) -> list[str]:
    """The topics of what the owner was told of a posting."""
    rows = await conn.fetch(
        "select topic from notifications.inbox where account_id = $1 and subject_id = $2 order by id", OWNER, job
    )
    return [row["topic"] for row in rows]


async def test_publishing_promises_a_warning_that_moves_with_the_date_and_goes_with_the_posting(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, now: datetime
) -> None:
    end = now.replace(microsecond=0) + 30 * DAY
    draft = await drafted(client, conn, bearer, expires_at=end.isoformat())
    once = f"job_expiring {draft['id']}"
    assert await waiting(conn) == []

    await client.post(f"/v1/jobs/{draft['id']}/publish", headers=await bearer(OWNER))
    assert await waiting(conn) == [(once, end - WARNED_BEFORE)]
    await changed(client, bearer, draft, expires_at=(end + DAY).isoformat())
    assert await waiting(conn) == [(once, end + DAY - WARNED_BEFORE)]
    await changed(client, bearer, draft, openings=9)
    assert await waiting(conn) == [(once, end + DAY - WARNED_BEFORE)]
    await changed(client, bearer, draft, expires_at=(now + 2 * DAY).isoformat())
    assert await waiting(conn) == []
    await changed(client, bearer, draft, expires_at=end.isoformat())
    await client.post(f"/v1/jobs/{draft['id']}/close", headers=await bearer(OWNER))

    assert await waiting(conn) == []


async def test_who_chooses_an_end_that_is_near_is_not_warned_of_it(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, now: datetime
) -> None:
    await published(client, conn, bearer, expires_at=(now + 2 * DAY).isoformat())

    assert await waiting(conn) == []


async def test_the_employer_hears_three_days_before_and_when_it_is_over_each_once(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, clock: TestClock, context: Context
) -> None:
    posting = await published(client, conn, bearer, expires_at=(clock() + 30 * DAY).isoformat())
    subject = UUID(posting["id"])
    clock.shift(27 * DAY - timedelta(minutes=1))
    assert await run(context, conn, "job_expiring") == 0

    clock.shift(timedelta(minutes=1))
    for _ in range(2):
        assert await run(context, conn, "job_expiring") == 1
    assert await told(conn, subject) == ["job_expiring"]
    clock.shift(3 * DAY)
    for _ in range(2):
        await tasks.expire_jobs(context)
        await run(context, conn, "job_expired")

    assert await told(conn, subject) == ["job_expiring", "job_expired"]
    assert (await client.get(f"/v1/jobs/{subject}", headers=await bearer(OWNER))).json()["status"] == "expired"


@pytest.mark.parametrize("changed_to", ["status = 'closed'", "expires_at = expires_at + interval '1 day'"])
async def test_nobody_hears_of_an_end_that_is_none_any_more(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, clock: TestClock, context: Context,
    changed_to: str,
) -> None:  # fmt: skip
    posting = await published(client, conn, bearer, expires_at=(clock() + 30 * DAY).isoformat())
    clock.shift(27 * DAY)
    await conn.execute(f"update jobs.postings set {changed_to} where id = $1", UUID(posting["id"]))

    assert await run(context, conn, "job_expiring") == 1

    assert await told(conn, UUID(posting["id"])) == []


async def test_more_postings_than_one_transaction_takes_are_all_taken_down(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, context: Context, clock: TestClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(tasks, "AT_ONCE", 3)
    for _ in range(7):
        await published(client, conn, bearer, expires_at=(clock() + DAY).isoformat())
    clock.shift(2 * DAY)

    await tasks.expire_jobs(context)

    assert [topic for topic, _ in await promised(conn)].count("job_expired") == 7


async def test_the_push_of_an_end_names_nobody(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, clock: TestClock, context: Context
) -> None:
    posting = await published(client, conn, bearer, title="Thợ may Bí Mật", expires_at=(clock() + 30 * DAY).isoformat())
    clock.shift(27 * DAY)

    await run(context, conn, "job_expiring")

    rows = await conn.fetch("select o.*::text from push.outbox o") + await conn.fetch(
        "select r.*::text from floor.reminders r"
    )
    assert posting["title"] not in str([tuple(row) for row in rows])


async def test_a_warning_that_waits_for_the_morning_is_not_sent_when_the_posting_was_closed_by_then(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, clock: TestClock, context: Context
) -> None:
    posting = await published(client, conn, bearer, expires_at=(clock() + 30 * DAY).isoformat())
    clock.shift(27 * DAY)
    await run(context, conn, "job_expiring")
    wanted = "select notifications.still_wanted(i.id, 'push', $2) from notifications.inbox i where i.subject_id = $1"
    before = await conn.fetchval(wanted, UUID(posting["id"]), clock())

    await client.post(f"/v1/jobs/{posting['id']}/close", headers=await bearer(OWNER))

    assert (before, await conn.fetchval(wanted, UUID(posting["id"]), clock())) == (True, False)


async def test_a_warning_that_comes_after_the_end_is_none(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, clock: TestClock, context: Context
) -> None:
    posting = await published(client, conn, bearer, expires_at=(clock() + 30 * DAY).isoformat())
    clock.shift(30 * DAY)

    assert await run(context, conn, "job_expiring") == 1

    assert await told(conn, UUID(posting["id"])) == []


async def test_a_posting_that_is_past_its_end_is_shown_as_expired_before_anybody_took_it_down(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, clock: TestClock
) -> None:
    posting = (await published(client, conn, bearer, expires_at=(clock() + DAY).isoformat()))["id"]
    before = await client.get(f"/v1/jobs/{posting}", headers=await bearer(OWNER))
    clock.shift(DAY)
    held = await bearer(OWNER) | {"If-None-Match": before.headers["ETag"]}

    after = await client.get(f"/v1/jobs/{posting}", headers=held)

    assert (before.json()["status"], after.status_code, after.json()["status"]) == ("open", 200, "expired")
    assert (await client.get(f"/v1/jobs/{posting}")).json()["status"] == "expired"
