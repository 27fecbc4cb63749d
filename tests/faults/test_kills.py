"""kill -9 of API, worker, PostgreSQL under load: what was answered stays, and happens once (SECURITY R2, R4, R8)."""

import asyncio
import dataclasses
import random
import time
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import pytest

from longan.devkit import supervisor
from longan.floor.database import queue
from tests.faults.processes import kill
from tests.faults.promises import Load, all_kept, kept
from tests.faults.world import Person, Seen, World
from tests.push.pushing import until

STUCK_SECONDS = 60.0


async def kill_one(world: World, name: str) -> None:
    """Kill it as it works, and start it again at once."""
    if name == "postgres":
        await kill(world.postgres)
        await supervisor.up(world.postgres)
    elif name == "api":
        await asyncio.to_thread(world.api.kill)
        world.api.start()
    else:
        await asyncio.to_thread(world.worker.kill)
        world.worker.start()


@pytest.fixture(scope="module")
async def working(world: World) -> AsyncIterator[World]:
    world.worker.start()
    yield world
    await asyncio.to_thread(world.worker.stop)


async def cast(world: World, workers: int, jobs: int) -> tuple[list[Person], Person, list[UUID]]:
    """Workers with a phone each, an owner of all the jobs, and the jobs."""
    *people, owner = await world.people(workers + 1)
    chosen = await world.jobs(jobs)
    await world.employ(owner, chosen)
    for person in people:
        device = {"target": f"good-{uuid4()}", "target_kind": "fid", "platform": "android"}
        seen = await world.ask("PUT", f"/v1/me/devices/{uuid4()}", headers=person.headers, json=device)
        assert seen.status == 200
    return people, owner, chosen


async def survive(
    world: World, victims: list[str], *, jobs: int, pause: float, say: Callable[[str], None] = lambda line: None
) -> Load:
    """A load during which one victim after the other is killed while promises are being made."""
    load = Load(world, *await cast(world, 8, jobs))
    running = asyncio.create_task(load.run(pause=pause))

    async def going_on() -> None:
        """Until twenty more promises were made."""
        before = load.kept
        async with asyncio.timeout(STUCK_SECONDS):
            while load.kept < before + 20:
                if running.done():
                    await running
                    raise AssertionError("the load came to its end before the last kill")
                await asyncio.sleep(0.01)

    try:
        for number, victim in enumerate(victims, 1):
            await going_on()
            await asyncio.sleep(random.random() * 0.3)
            await kill_one(world, victim)
            lost = load.promises.unanswered
            say(f"kill {number} of {len(victims)}: {victim}; {load.kept} promises made, {lost} requests cut off")
        dead_since = time.time()
        await going_on()
    finally:
        load.stop()
    await running
    await all_kept(world, dead_since)
    return load


async def test_what_was_answered_survives_the_kill_of_each_of_them(working: World) -> None:
    load = await survive(working, ["worker", "postgres", "api"], jobs=60, pause=0.02)

    assert await kept(working, load.promises) == []
    assert await load.asked_again() == []
    assert load.promises.unanswered + load.promises.refused
    assert working.complaints() == []


async def test_a_killed_postgresql_heals_without_a_new_worker(working: World) -> None:
    before = len(working.worker.log.read_text())

    async def has_noticed() -> bool:
        said = working.worker.log.read_text()[before:]
        return "the queue is out of reach" in said and "the outbox is out of reach" in said

    await kill(working.postgres)
    await until(has_noticed, 20)
    await supervisor.up(working.postgres)
    dead_since = time.time()
    await working.ready()
    load = Load(working, *await cast(working, 1, 2))
    await load.run()
    async with working.look() as connection:
        await queue.add(connection, "jobs_changed")
    await all_kept(working, dead_since)

    assert len(load.promises.moved) == 4
    assert await kept(working, load.promises) == []
    assert working.worker.alive


@dataclasses.dataclass
class Forgetful(World):
    """The first answer of every address that is written to is lost on its way."""

    lost: set[str] = dataclasses.field(default_factory=set)

    async def ask(self, method: str, path: str, what: str = "", **given: Any) -> Seen:
        seen = await super().ask(method, path, what, **given)
        if method == "POST" and path not in self.lost:
            self.lost.add(path)
            raise aiohttp.ClientConnectionError
        return seen


def forgetful(world: World) -> World:
    return Forgetful(**{field.name: getattr(world, field.name) for field in dataclasses.fields(world)})


async def test_whoever_keeps_to_one_key_is_never_told_of_a_double(working: World) -> None:
    load = Load(forgetful(working), *await cast(working, 2, 4))

    await load.run()

    await all_kept(working, 0)
    assert load.promises.unanswered
    assert await kept(working, load.promises) == []


async def test_the_check_sees_a_client_who_takes_a_new_key_for_each_try(world: World) -> None:
    load = Load(forgetful(world), *await cast(world, 2, 4), key_of=lambda _: str(uuid4()))

    await load.run()

    assert load.promises.unanswered
    assert any("already_applied" in line for line in await kept(world, load.promises))


async def test_the_check_sees_promises_that_are_written_down_after_the_answer(working: World) -> None:
    working.late_api.start()
    late = dataclasses.replace(working, url=working.late_url)
    await late.ready()
    load = Load(late, *await cast(working, 1, 3))

    await load.run()
    await asyncio.to_thread(working.late_api.kill)

    await all_kept(working, 0)
    assert len(load.promises.moved) == 6
    assert [line for line in await kept(working, load.promises) if "0 notices say so" in line]


@pytest.mark.long
async def test_what_was_answered_survives_sixty_kills(working: World, say: Callable[[str], None]) -> None:
    victims = ["api", "worker", "postgres"] * 20
    random.shuffle(victims)

    load = await survive(working, victims, jobs=400, pause=0.1, say=say)

    said = load.promises
    say(f"{len(said.applied)} applications and {len(said.moved)} steps were answered")
    say(f"{said.unanswered} requests were cut off, {said.refused} found nobody")
    assert await kept(working, load.promises) == []
    assert await load.asked_again() == []
    assert working.complaints() == []
