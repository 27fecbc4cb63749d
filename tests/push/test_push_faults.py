"""Pushes through faults, outages and kill -9 of two workers: none is lost, none overtakes, doubles are accounted for.

`make faults` runs it with 20,000 pushes and the workers as they are; the suite runs a small one.
"""

import asyncio
import os
import random
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from longan.devkit import embedded
from longan.devkit.processes import Keeper
from longan.rooms.push import domain
from tests.conftest import Copies
from tests.faults.processes import Running
from tests.push.pushing import World, environment, fresh_world, until

# What happens to the first try of every fourth of the phones whose name says so.
PASSING = ("unavailable-1", "internal-1", "badgateway-1", "reset-before-1")
ANSWER_LOST = ("reset-after-1", "garbled-1")
LASTING = ("unregistered", "sender-mismatch", "invalid")
NOTICES = 2
SHARE = 0.2


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Tells whoever waits for minutes how far it is."""

    def said(line: str) -> None:
        with capsys.disabled():
            print(line, flush=True)

    return said


@pytest.fixture
async def world(services: embedded.Services, copies: Copies, keys_dir: Path, tmp_path: Path) -> AsyncIterator[World]:
    async with fresh_world(services, copies, keys_dir, tmp_path) as made:
        yield made


@dataclass
class Heard:
    """What FCM accepted, in its order: the notices by phone. `in_flight` counts, by phone, the pushes that somebody was
    sending when a worker was killed."""

    by_phone: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    in_flight: Counter[str] = field(default_factory=Counter)
    count: int = 0


@contextmanager
def listening(world: World) -> Iterator[Heard]:
    """Everything that the local FCM accepts, which forgets some of it itself."""
    heard, accept = Heard(), world.server.accept

    def listen(project: str, request: bytes, target_kind: str, target: str) -> str:
        heard.count += 1
        heard.by_phone[target].append(msgspec.json.decode(request)["message"]["data"]["notification_id"])
        return accept(project, request, target_kind, target)

    world.server.accept = listen  # type: ignore[method-assign]
    yield heard
    world.server.accept = accept  # type: ignore[method-assign]


async def cast(world: World, phones: int) -> None:
    """People with a phone each; as many phones misbehave once as makes `SHARE` of all pushes fail."""
    people = await world.crowd(phones)
    bad = random.sample(people, int(phones * NOTICES * SHARE))
    names = [*PASSING, *ANSWER_LOST] * 8 + list(LASTING)
    await world.pool.execute(
        """update push.devices d set target = n.name || '-' || d.account_id
             from unnest($1::uuid[], $2::text[]) as n (account_id, name) where d.account_id = n.account_id""",
        bad, [names[place % len(names)] for place in range(len(bad))],
    )  # fmt: skip
    for _ in range(NOTICES):
        for first in range(0, phones, 1_000):
            await world.tell(*people[first : first + 1_000])
    await world.pool.execute("analyze push.outbox, notifications.inbox")


LEASED = """
select d.target, count(*) from push.outbox o join push.devices d on d.installation_id = o.installation_id
 where o.state = 'leased' group by d.target"""


async def survive(
    world: World, command: tuple[str, ...], *, phones: int, kills: int, outage: float, say: Callable[[str], None],
    patience: float,
) -> Heard:  # fmt: skip
    """Send everything with two workers, of which one is killed again and again, through an outage."""
    await cast(world, phones)
    total = phones * NOTICES
    around = {name: value for name, value in os.environ.items() if not name.startswith("LONGAN_")}
    folder = world.settings.keys_dir.parent
    with listening(world) as heard, closing(Keeper()) as keeper:
        workers = [
            Running(f"push-{number}", command, folder, around | environment(world.settings), keeper)
            for number in range(2)
        ]

        async def heard_of(share: float) -> None:
            async def so_many() -> bool:
                return heard.count >= total * share

            await until(so_many, patience)

        try:
            for worker in workers:
                worker.start()
            for number in range(kills):
                await heard_of(0.15 + 0.5 * number / kills)
                victim = workers[number % 2]
                await asyncio.to_thread(victim.kill)
                for target, count in await world.pool.fetch(LEASED):
                    heard.in_flight[target] += count
                victim.start()
                say(f"kill {number + 1} of {kills} after {heard.count:,} pushes were accepted")
            await heard_of(0.7)
            world.server.outage.on = True
            say(f"FCM is away for {outage} s after {heard.count:,}")
            await asyncio.sleep(outage)
            world.server.outage.on = False
            await world.settled(patience)
        finally:
            for worker in workers:
                await asyncio.to_thread(worker.stop)
    return heard


PROMISED = """
select d.target, o.state, o.notification_id, d.out_of_use_at is not null as out_of_use
  from push.outbox o join push.devices d on d.installation_id = o.installation_id
 order by o.not_before, o.id"""


async def wrong(world: World, heard: Heard) -> list[str]:
    """What was lost, doubled without a reason, or came out of order; empty when all is well."""
    promised: dict[str, list[str]] = defaultdict(list)
    found = []
    for row in await world.pool.fetch(PROMISED):
        target, notice = row["target"], str(row["notification_id"])
        promised[target].append(notice)
        if target.startswith(LASTING):
            if (row["state"], row["out_of_use"], target in heard.by_phone) != ("gone", True, False):
                found.append(f"{target} is {row['state']} and should be gone")
        elif row["state"] != "sent" or notice not in heard.by_phone[target]:
            found.append(f"lost: {notice} to {target} is {row['state']}")
    for target, notices in heard.by_phone.items():
        places = [promised[target].index(notice) for notice in notices]
        if places != sorted(places):
            found.append(f"overtaken: {target} heard {places}")
        reasons = target.startswith(ANSWER_LOST) + heard.in_flight[target]
        if len(notices) - len(set(notices)) > reasons:
            found.append(f"doubled: {target} heard {places} with {reasons} reasons")
    return found


def doubled(heard: Heard) -> tuple[int, int]:
    """How many came twice because an answer was lost, and how many for another reason, which is a kill."""
    lost, killed = 0, 0
    for target, notices in heard.by_phone.items():
        more = len(notices) - len(set(notices))
        planned = min(more, int(target.startswith(ANSWER_LOST)))
        lost, killed = lost + planned, killed + more - planned
    return lost, killed


def nobody(line: str) -> None:
    """Nobody waits for it."""


async def test_a_few_hundred_pushes_survive_kills_and_an_outage(world: World) -> None:
    world.server.latency.ms = 50
    heard = await survive(
        world, ("-m", "tests.push.quick_worker"), phones=300, kills=3, outage=0.5, say=nobody, patience=30
    )

    assert await wrong(world, heard) == []
    assert doubled(heard)[1] <= 3 * domain.WINDOW


@pytest.mark.long
async def test_twenty_thousand_pushes_survive_kills_and_an_outage(world: World, say: Callable[[str], None]) -> None:
    world.server.latency.ms = 100

    heard = await survive(world, ("-m", "longan", "worker"), phones=10_000, kills=3, outage=5.0, say=say, patience=240)

    found, (unheard, killed) = await wrong(world, heard), doubled(heard)
    say(f"{heard.count:,} were accepted; {len(found)} lost or overtaken; {unheard:,} doubled whose answer was lost, "
        f"{killed} by the kills, at which {3 * domain.WINDOW} requests were in flight at most")  # fmt: skip
    assert found == []
    assert killed <= 3 * domain.WINDOW


def one(notices: list[str], *, in_flight: int = 0, target: str = "good-1") -> Heard:
    heard = Heard()
    heard.by_phone[target] = notices
    heard.in_flight[target] = in_flight
    return heard


async def test_the_check_sees_what_is_lost_doubled_and_overtaken(world: World) -> None:
    account = await world.somebody("good-1")
    await world.tell(account)
    await world.tell(account)
    await world.pool.execute("update push.outbox set state = 'sent'")
    rows = await world.pool.fetch("select notification_id from push.outbox order by not_before, id")
    first, second = (str(row["notification_id"]) for row in rows)

    seen = [
        [line.split(":")[0] for line in await wrong(world, one(notices, in_flight=in_flight))]
        for notices, in_flight in (
            ([first, second], 0), ([first], 0), ([first, first, second], 0), ([first, first, second], 1),
            ([second, first], 0), ([first, second, first], 1),
        )
    ]  # fmt: skip

    assert seen == [[], ["lost"], ["doubled"], [], ["overtaken"], ["overtaken"]]
