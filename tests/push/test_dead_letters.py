"""`longan push`: what was given up can be seen and tried again, and says nothing of anybody."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from longan.devkit import embedded, wire
from longan.devkit.fcm_faults import Faults
from longan.rooms.push import domain
from longan.rooms.push.domain import MOST_TRIES
from tests.conftest import Copies
from tests.push.pushing import CANARIES, World, environment, fresh_world, until


@pytest.fixture(scope="module")
async def world(
    services: embedded.Services, copies: Copies, keys_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    async with fresh_world(services, copies, keys_dir, tmp_path_factory.mktemp("letters")) as made:
        yield made


@pytest.fixture(autouse=True)
async def empty(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    monkeypatch.setattr(domain, "POLL_SECONDS", 0.02)
    world.server.faults, world.server.pushes = Faults(), wire.Log(1_000)
    yield
    await world.pool.execute("truncate push.outbox, push.pace, notifications.inbox, push.devices cascade")


async def longan(world: World, *words: str) -> tuple[int, str]:
    """What the command line answers, and all it says."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("LONGAN_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "longan", "push", *words, env=ours | environment(world.settings),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode()


async def give_up(world: World, *targets: str) -> None:
    """Pushes to these phones, with one try each."""
    for target in targets:
        await world.tell(await world.somebody(target))
    await world.pool.execute("update push.outbox set attempts = $1 where state = 'queued'", MOST_TRIES - 1)
    async with world.sending():
        await world.settled()
    assert set(await world.states()) == {"dead"}


async def test_what_was_given_up_is_listed_by_error_with_counts_and_ids(world: World) -> None:
    await give_up(world, "unavailable-1-a", "unavailable-1-b", "internal-1-a")
    ids = {target: (await world.row(target))["id"] for target in ("unavailable-1-a", "unavailable-1-b", "internal-1-a")}

    code, listed = await longan(world)
    code_of_one, ids_of_one = await longan(world, "unavailable")

    assert code == code_of_one == 0
    assert "0 wait, 0 of them are due; 0 are on their way" in listed
    assert "2 given up: unavailable; 2 can be replayed" in listed
    assert "1 given up: internal; 1 can be replayed" in listed
    assert {line.split()[0] for line in ids_of_one.splitlines()} == {
        str(ids["unavailable-1-a"]), str(ids["unavailable-1-b"])
    }  # fmt: skip


async def test_nothing_it_says_is_about_anybody(world: World) -> None:
    await give_up(world, "unavailable-1-a", "badgateway-1-a")
    accounts = [str(row["account_id"]) for row in await world.pool.fetch("select account_id from push.outbox")]

    said = "".join([(await longan(world, *words))[1] for words in ((), ("unavailable",), ("replay", "http_502"))])

    assert not any(secret in said for secret in (*CANARIES, *accounts, "unavailable-1-a", "badgateway-1-a"))


async def test_what_was_given_up_for_an_error_is_sent_when_it_is_replayed(world: World) -> None:
    await give_up(world, "unavailable-1-a", "unavailable-1-b", "internal-1-a")

    code, said = await longan(world, "replay", "unavailable")
    async with world.sending():
        await until(lambda: two_are_sent(world))

    assert (code, said) == (0, "2 will be tried again\n")
    assert world.targets() == ["unavailable-1-a", "unavailable-1-b"]
    assert (await world.row("internal-1-a"))["state"] == "dead"
    assert (await world.row("unavailable-1-a"))["attempts"] == 1


async def two_are_sent(world: World) -> bool:
    return (await world.states()).get("sent") == 2


async def test_one_is_replayed_by_its_id(world: World) -> None:
    await give_up(world, "unavailable-1-a", "unavailable-1-b")
    one = (await world.row("unavailable-1-b"))["id"]

    code, said = await longan(world, "replay", str(one))

    assert (code, said) == (0, "1 will be tried again\n")
    assert await world.pool.fetchval("select id from push.outbox where state = 'queued'") == one


async def test_what_is_expired_is_not_replayed(world: World) -> None:
    await give_up(world, "unavailable-1-a")
    await world.pool.execute("update push.outbox set expires_at = now()")

    _, listed = await longan(world)
    code, said = await longan(world, "replay", "unavailable")

    assert "1 given up: unavailable; 0 can be replayed" in listed
    assert (code, said) == (1, "0 will be tried again\n")
    assert await world.states() == {"dead": 1}


async def test_what_was_sent_is_never_replayed(world: World) -> None:
    await world.tell(await world.somebody("good-phone-1"))
    async with world.sending():
        await world.settled()

    code, _ = await longan(world, "replay", str((await world.row("good-phone-1"))["id"]))

    assert code == 1
    assert await world.states() == {"sent": 1}


async def test_how_much_waits_is_said_first(world: World) -> None:
    await world.tell(await world.somebody("good-phone-1"))
    await world.tell(await world.somebody("good-phone-2"))
    await world.pool.execute(
        "update push.outbox set not_before = now() + interval '1 hour' where installation_id like '%2'"
    )

    code, said = await longan(world)

    assert code == 0
    assert said.startswith("2 wait, 1 of them are due, the oldest since 20")


@pytest.mark.parametrize("words", [["replay"], ["unavailable", "internal"]])
async def test_what_it_does_not_understand_changes_nothing(world: World, words: list[str]) -> None:
    code, said = await longan(world, *words)

    assert code == 2
    assert said.startswith("longan push: say ")
