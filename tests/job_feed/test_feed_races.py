"""A law: however transactions overlap and end, a reader of the feed ends with what there is."""

import asyncio
import random
from typing import Any
from uuid import UUID

import pytest

from tests.conftest import Real
from tests.job_feed.test_job_feed import followed

WRITERS = 4
# A reader without a token is let in 240 times a minute, and writers on a busy machine take long.
LOOKS = 60
STATUSES = ("open", "open", "paused", "closed")


async def write(real: Real, chance: random.Random, postings: list[UUID]) -> None:
    """Each posting is changed once, in a transaction that lasts and is committed or taken back: what is stepped over
    then, no later change makes good."""
    for posting in postings:
        async with real.pool.acquire() as connection:
            transaction = connection.transaction()
            await transaction.start()
            await connection.execute(
                "update jobs.postings set status = $2, title = $3 where id = $1",
                posting, chance.choice(STATUSES), f"Lần {chance.randrange(10**6)}",
            )  # fmt: skip
            await asyncio.sleep(chance.choice([0, 0, 0.02, 0.1]))
            await (transaction.rollback() if chance.random() < 0.2 else transaction.commit())


@pytest.mark.parametrize("seed", range(3))
async def test_a_reader_ends_with_what_there_is(real: Real, seed: int) -> None:
    chance = random.Random(seed)
    found = await real.pool.fetch("select id from jobs.postings where status = 'open' order by id limit 60")
    postings = [row["id"] for row in found]
    known: dict[str, Any] = {}

    async def follow(since: str | None, limit: int) -> str:
        items, after = await followed(real.client, since, limit)
        known.update({item["id"]: item["posting"] for item in items})
        return after

    since = await follow(None, 100)
    writers = [
        asyncio.create_task(write(real, random.Random(seed * 10 + number), postings[number::WRITERS]))
        for number in range(WRITERS)
    ]
    for _ in range(LOOKS):
        since = await follow(since, chance.choice([1, 3, 100]))
        if not (await asyncio.wait(writers, timeout=0.02))[1]:
            break
    await asyncio.gather(*writers)
    await follow(since, 7)

    there = await real.pool.fetch(
        "select id::text, title from jobs.postings where status = 'open' and expires_at > now()"
    )
    shown = {posting: said["title"] for posting, said in known.items() if said}
    assert shown == {row["id"]: row["title"] for row in there}
