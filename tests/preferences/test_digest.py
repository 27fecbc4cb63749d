"""The push of the day on its way to the phone: how many are unread when it goes, nothing when none is."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from longan.devkit import embedded
from longan.floor.messages.notices import NOTICES
from longan.floor.messages.telling import tell
from tests.conftest import Copies
from tests.push.pushing import World, fresh_world

LOW = next(topic for topic, notice in NOTICES.items() if notice.urgency == "low")


@pytest.fixture
async def world(services: embedded.Services, copies: Copies, keys_dir: Path, tmp_path: Path) -> AsyncIterator[World]:
    async with fresh_world(services, copies, keys_dir, tmp_path) as made:
        yield made


async def told_yesterday(world: World, account: UUID, count: int) -> None:
    """So many notices that could wait until the hour that has just come."""
    params = NOTICES[LOW].params(*("x" for _ in NOTICES[LOW].params.__struct_fields__))
    then = world.context.clock() - timedelta(days=1)
    for _ in range(count):
        await tell(world.pool, [account], LOW, uuid4(), params, uuid4(), then)
    await world.pool.execute("update push.outbox set not_before = $1", world.context.clock())


async def read(world: World, count: int) -> None:
    await world.pool.execute(
        """update notifications.inbox set read_at = $1
            where id in (select id from notifications.inbox order by id limit $2)""",
        world.context.clock(), count,
    )  # fmt: skip


@pytest.mark.parametrize(("already_read", "words"), [(0, "3 tin mới"), (1, "2 tin mới"), (2, "1 tin mới")])
async def test_a_phone_is_told_once_how_many_notices_are_unread(world: World, already_read: int, words: str) -> None:
    await told_yesterday(world, await world.somebody("good-phone-1"), 3)
    await read(world, already_read)

    async with world.sending():
        await world.settled()

    [push] = world.accepted()
    assert words in push.message["notification"]["body"]
    assert push.message["data"]["topic"] == "digest"
    assert push.message["android"]["notification"]["tag"] == "digest"


async def test_nothing_comes_when_all_were_read_meanwhile(world: World) -> None:
    await told_yesterday(world, await world.somebody("good-phone-1"), 3)
    await read(world, 3)

    async with world.sending():
        await world.settled()

    assert world.accepted() == [] and await world.states() == {"obsolete": 1}


async def test_however_many_are_told_at_once_a_phone_has_one_push_of_the_day(world: World) -> None:
    account = await world.somebody("good-phone-1")

    await asyncio.gather(*(told_yesterday(world, account, 2) for _ in range(8)))

    assert await world.states() == {"queued": 1}
    assert await world.pool.fetchval("select count(*) from notifications.inbox") == 16
