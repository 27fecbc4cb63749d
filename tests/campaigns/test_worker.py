"""The worker and a campaign: killed in the middle of it, stopped while pushes wait, alerting everybody."""

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from longan import worker
from longan.devkit import embedded
from longan.floor.database import queue
from tests.campaigns.conftest import WARD, go_on, scheduled, told
from tests.conftest import Copies
from tests.push.pushing import World, fresh_world, until

PEOPLE = 400
WORK = """insert into identity.roles (account_id, role) select a, 'worker' from unnest($1::uuid[]) a"""


@pytest.fixture
async def world(services: embedded.Services, copies: Copies, keys_dir: Path, tmp_path: Path) -> AsyncIterator[World]:
    async with fresh_world(services, copies, keys_dir, tmp_path) as made:
        yield made


async def crowd(world: World, size: int) -> list[UUID]:
    """People who work, each with a phone."""
    people = await world.crowd(size)
    await world.pool.execute(WORK, people)
    return people


def tell(world: World, campaign: UUID) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.campaigns.teller", world.settings.database_url, str(campaign)]
    )


async def test_a_worker_that_is_killed_again_and_again_tells_everybody_once(world: World) -> None:
    people = await crowd(world, PEOPLE)
    campaign = await scheduled(world.pool, world.context.clock())
    number = "select told from campaigns.campaigns where id = $1"

    for _ in range(3):
        process = tell(world, campaign)
        begun: int = await world.pool.fetchval(number, campaign)

        async def goes_on(begun: int = begun) -> bool:
            return bool(await world.pool.fetchval(number, campaign) > begun + 20)

        await until(goes_on, 30)
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    assert await world.pool.fetchval("select state from campaigns.campaigns where id = $1", campaign) == "running"
    last = tell(world, campaign)
    assert await asyncio.to_thread(last.wait, 60) == 0

    found = Counter(await told(world.pool, campaign))
    inbox = await world.pool.fetch("select account_id from notifications.inbox where subject_id = $1", campaign)
    pushes = await world.pool.fetch("select account_id from push.outbox where account_id = any($1)", people)
    assert set(people) <= found.keys()
    assert set(found.values()) == {1}
    assert Counter(row[0] for row in inbox) == found
    assert Counter(row[0] for row in pushes) == Counter(people)
    assert await world.pool.fetchrow("select state, told from campaigns.campaigns where id = $1", campaign) == (
        "done", len(found)
    )  # fmt: skip


async def test_two_workers_at_once_tell_everybody_once(world: World) -> None:
    people = await crowd(world, PEOPLE)
    campaign = await scheduled(world.pool, world.context.clock())

    processes = [tell(world, campaign) for _ in range(2)]

    assert [await asyncio.to_thread(process.wait, 60) for process in processes] == [0, 0]
    found = Counter(await told(world.pool, campaign))
    assert set(people) <= found.keys()
    assert set(found.values()) == {1}
    assert await world.pool.fetchval("select told from campaigns.campaigns where id = $1", campaign) == len(found)


async def test_what_is_stopped_before_it_was_sent_is_not_sent(world: World) -> None:
    await crowd(world, 20)
    now = world.context.clock()
    stopped, goes_out = await scheduled(world.pool, now), await scheduled(world.pool, now)
    for campaign in (stopped, goes_out):
        await go_on(world.pool, campaign, now)
    # Not the night: what is quiet until the morning would wait for it.
    await world.pool.execute("update push.outbox set not_before = $1, collapse_key = null", now - timedelta(seconds=1))

    await world.pool.execute("update campaigns.campaigns set state = 'stopped' where id = $1", stopped)
    async with world.sending():
        await world.settled(20)

    rows = await world.pool.fetch(
        """select i.subject_id, o.state, count(*)
             from push.outbox o join notifications.inbox i on i.id = o.notification_id group by 1, 2"""
    )
    assert {(row[0], row[1]): row[2] for row in rows} == {(stopped, "obsolete"): 20, (goes_out, "sent"): 20}
    assert {push.message["data"]["subject_id"] for push in world.accepted()} == {str(goes_out)}


@pytest.fixture
async def at_work(world: World) -> AsyncIterator[None]:
    """The worker keeps what is promised."""
    stop = asyncio.Event()
    keeping = asyncio.create_task(worker.keep_promises(world.context, stop))
    yield
    stop.set()
    await keeping


ALERTS = "select message_name is not null as accepted, error from campaigns.alerts where campaign_id = $1"


async def test_an_alert_reaches_fcm_once_for_each_language_and_is_accounted_for(world: World, at_work: None) -> None:
    campaign = await scheduled(world.pool, world.context.clock(), kind="public_alert", wards=[WARD])
    await go_on(world.pool, campaign, world.context.clock())

    async def is_accounted_for() -> bool:
        rows = await world.pool.fetch(ALERTS, campaign)
        return len(rows) == 2 and all(row["accepted"] for row in rows)

    await until(is_accounted_for, 30)
    pushes = [push for push in world.accepted() if push.target_kind == "condition"]
    said = {push.target.rsplit(".", 1)[1].partition("'")[0]: push.message["notification"] for push in pushes}
    assert len(pushes) == 2
    assert said == {
        "vi": {"title": "Ngày hội việc làm", "body": "Thứ bảy"}, "en": {"title": "Job fair", "body": "Saturday"}
    }  # fmt: skip


async def test_an_alert_that_is_stopped_first_never_reaches_fcm(world: World) -> None:
    campaign = await scheduled(world.pool, world.context.clock(), kind="public_alert")
    await go_on(world.pool, campaign, world.context.clock())
    await world.pool.execute("update campaigns.campaigns set state = 'stopped' where id = $1", campaign)
    stop = asyncio.Event()
    keeping = asyncio.create_task(worker.keep_promises(world.context, stop))

    async def is_accounted_for() -> bool:
        return [row["error"] for row in await world.pool.fetch(ALERTS, campaign)] == ["stopped", "stopped"]

    await until(is_accounted_for, 30)
    stop.set()
    await keeping

    assert world.accepted() == []


async def test_a_campaign_that_was_approved_is_told_by_the_worker(world: World, at_work: None) -> None:
    people = await crowd(world, 30)
    campaign = await scheduled(world.pool, world.context.clock())
    async with world.pool.acquire() as connection:
        await queue.add(connection, "campaign_goes_on", campaign_id=campaign)

    async def is_done() -> bool:
        state = "select state from campaigns.campaigns where id = $1"
        return bool(await world.pool.fetchval(state, campaign) == "done")

    await until(is_done, 30)
    assert set(people) <= set(await told(world.pool, campaign))
