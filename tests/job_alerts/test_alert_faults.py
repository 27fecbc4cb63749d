"""Alerts under faults: a task that is run twice, dies in the middle or meets itself loses and doubles nothing."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from longan.floor.messages.notices import Posting
from longan.floor.messages.search_alerts import MOST_AN_HOUR
from longan.floor.messages.telling import tell
from longan.rooms.job_alerts import store, tasks
from tests.conftest import Real
from tests.job_alerts.alerting import opened, person, posting, saved

PEOPLE = 25


async def looking(real: Real, now: datetime, cadence: str = "instant") -> list[UUID]:
    """People who all look for the same."""
    async with real.pool.acquire() as conn:
        people = [await person(conn) for _ in range(PEOPLE)]
        for each in people:
            await saved(conn, each, now, cadence=cadence, q="may")  # type: ignore[arg-type]
    return people


async def notices(real: Real) -> dict[UUID, int]:
    rows = await real.pool.fetch("select account_id, count(*) from notifications.inbox group by account_id")
    return dict(rows)


class Killed(Exception):
    """The worker ends here."""


async def test_a_task_that_is_run_again_after_it_was_done_tells_nobody(real: Real, now: datetime) -> None:
    people = await looking(real, now)
    job = await posting(real.pool, now)

    told = [await opened(real.pool, job, now) for _ in range(3)]

    assert [len(each) for each in told] == [PEOPLE, 0, 0]
    assert await notices(real) == dict.fromkeys(people, 1)


@pytest.mark.parametrize("batches", [0, 1, 3])
@pytest.mark.parametrize("after", ["it was taken", "it was told"])
async def test_a_task_that_dies_in_the_middle_is_ended_by_the_next_try(
    real: Real, now: datetime, batches: int, after: str
) -> None:
    people = await looking(real, now)
    job = await posting(real.pool, now)
    await store.match(real.pool, job, now)
    for _ in range(batches):
        await tasks.alert(real.pool, job, now, batch=4)
    with pytest.raises(Killed):
        async with real.pool.acquire() as tx, tx.transaction():
            taken, _ = await store.take_alerts(tx, job, now, 4, MOST_AN_HOUR)
            if after == "it was told":
                await tell(tx, taken, "job_alert", job, Posting("x", "y"), job, now)
            raise Killed
    assert len(await notices(real)) == batches * 4

    await opened(real.pool, job, now)

    assert await notices(real) == dict.fromkeys(people, 1)


async def test_what_cannot_be_told_is_not_marked_as_told(real: Real, now: datetime) -> None:
    people = await looking(real, now)
    job = await posting(real.pool, now)
    await real.pool.execute(
        f"alter table notifications.inbox add constraint broken check (account_id <> '{people[9]}') not valid"
    )
    with pytest.raises(asyncpg.CheckViolationError):
        await opened(real.pool, job, now)
    assert await notices(real) == {}

    await real.pool.execute("alter table notifications.inbox drop constraint broken")
    await opened(real.pool, job, now)

    assert await notices(real) == dict.fromkeys(people, 1)


async def test_two_workers_with_the_same_posting_tell_everybody_once(real: Real, now: datetime) -> None:
    people = await looking(real, now)
    job = await posting(real.pool, now)

    async def work() -> int:
        await store.match(real.pool, job, now)
        told, more = 0, True
        while more:
            some, more = await tasks.alert(real.pool, job, now, batch=3)
            told += len(some)
        return told

    told = await asyncio.gather(*(work() for _ in range(4)))

    left = len(await opened(real.pool, job, now))
    assert sum(told) + left == PEOPLE
    assert await notices(real) == dict.fromkeys(people, 1)


async def test_of_many_postings_at_the_same_moment_nobody_hears_more_than_their_share(
    real: Real, now: datetime
) -> None:
    people = await looking(real, now)
    jobs = [await posting(real.pool, now, title=f"Thợ may {number}") for number in range(9)]

    await asyncio.gather(*(opened(real.pool, job, now) for job in jobs))

    assert await notices(real) == dict.fromkeys(people, MOST_AN_HOUR)
    left = await real.pool.fetch(
        """select account_id, count(*) from job_alerts.hits
            where told_at is null and way = 'digest' group by account_id"""
    )
    assert dict(left) == dict.fromkeys(people, len(jobs) - MOST_AN_HOUR)


async def test_two_workers_at_the_hour_of_the_digest_tell_everybody_once(real: Real, now: datetime) -> None:
    people = await looking(real, now, "daily")
    jobs = [await posting(real.pool, now, title=f"Thợ may {number}") for number in range(3)]
    for job in jobs:
        await opened(real.pool, job, now)
    later = now + timedelta(days=1)

    async def work() -> int:
        told, more = 0, True
        while more:
            some, more = await tasks.digest(real.pool, later, batch=7)
            told += len(some)
        return told

    told = await asyncio.gather(*(work() for _ in range(3)))

    assert sum(told) == PEOPLE
    assert await notices(real) == dict.fromkeys(people, 1)
    counts = await real.pool.fetch("select distinct params ->> 'count' from notifications.inbox")
    assert [row[0] for row in counts] == ["3"]


async def test_a_digest_that_dies_in_the_middle_is_told_whole_by_the_next_try(real: Real, now: datetime) -> None:
    people = await looking(real, now, "daily")
    for number in range(2):
        await opened(real.pool, await posting(real.pool, now, title=f"Thợ may {number}"), now)
    later = now + timedelta(days=1)
    with pytest.raises(Killed):
        async with real.pool.acquire() as tx, tx.transaction():
            assert await store.take_digests(tx, later, 1_000)
            raise Killed

    await tasks.digest(real.pool, later)

    assert await notices(real) == dict.fromkeys(people, 1)
