"""Whoever hangs up leaves nothing for the next: no answer ever holds what belongs to somebody else (SECURITY R7)."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import uuid4

import pytest

from tests.conftest import Real
from tests.faults.world import Person, World

Ask = Callable[[Person], Awaitable[tuple[int, bytes]]]

PEOPLE = 20
LONGEST_PATIENCE_SECONDS = 0.02
HANGS_SECONDS = 10.0


async def crossings(people: list[Person], ask: Ask, times: int) -> tuple[list[bytes], int]:
    """Every person asks `times` times, mostly without the patience to wait for the answer: the answers that were not
    theirs, and how many they did not wait for."""
    wrong: list[bytes] = []
    impatient = 0

    async def live(person: Person) -> None:
        nonlocal impatient
        for number in range(times):
            patient = number % 4 == 3
            try:
                async with asyncio.timeout(HANGS_SECONDS if patient else random.random() * LONGEST_PATIENCE_SECONDS):
                    status, answer = await ask(person)
            except TimeoutError:
                assert not patient, "the request hangs"
                impatient += 1
                continue
            # Whoever hangs up makes room for the next before it is free: 503 is an honest answer to too many at once.
            if status != 503 and person.name.encode() not in answer:
                wrong.append(answer)

    await asyncio.gather(*(live(person) for person in people))
    return wrong, impatient


def over_http(world: World) -> Ask:
    """A connection for each request, reset when patience ends. A body comes in two pieces."""
    host, port = world.url.removeprefix("http://").split(":")

    async def ask(person: Person) -> tuple[int, bytes]:
        reader, writer = await asyncio.open_connection(host, port)
        body = random.choice((b"", b'{"full_name":"%b"}' % person.name.encode()))
        head = (
            f"{'PATCH' if body else 'GET'} /v1/me HTTP/1.1\r\nHost: x\r\nConnection: close\r\nIf-Match: *\r\n"
            f"Authorization: {person.headers['Authorization']}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode()
        try:
            writer.write(head + body[:9])
            await asyncio.sleep(0.002)
            writer.write(body[9:])
            answer = await reader.read()
            return int(answer.split()[1]), answer
        finally:
            writer.transport.abort()

    return ask


@pytest.fixture
async def slow(world: World) -> AsyncIterator[World]:
    """With a database as far away as most, so that requests are cut in the middle of their questions."""
    world.gate.delay = 0.003
    yield world
    world.gate.delay = 0.0


async def test_hanging_up_leaves_no_answer_to_anybody_else(slow: World) -> None:
    wrong, impatient = await crossings(await slow.people(PEOPLE), over_http(slow), 25)

    assert wrong == []
    assert impatient > 50
    assert slow.complaints() == []


@pytest.mark.long
async def test_ten_thousand_hang_ups_leave_no_answer_to_anybody_else(slow: World, say: Callable[[str], None]) -> None:
    people, hung_up = await slow.people(PEOPLE), 0
    async with asyncio.timeout(600):
        while hung_up < 10_000:
            wrong, impatient = await crossings(people, over_http(slow), 100)
            hung_up += impatient

            say(f"{hung_up:,} of 10,000 hung up, {len(wrong)} answers for somebody else")
            assert wrong == []
    assert slow.complaints() == []


async def test_a_request_cut_anywhere_leaves_no_answer_to_anybody_else(real: Real) -> None:
    people = []
    for _ in range(PEOPLE):
        account, name = await real.account(), f"Người {uuid4().hex}"
        await real.pool.execute("insert into people.profiles (account_id, full_name) values ($1, $2)", account, name)
        people.append(Person(account, account, name, await real.bearer(account), ""))

    async def ask(person: Person) -> tuple[int, bytes]:
        seen = await real.client.get("/v1/me", headers=person.headers)
        return seen.status_code, seen.content

    wrong, impatient = await crossings(people, ask, 25)

    assert wrong == []
    assert impatient > 50
    async with contextlib.AsyncExitStack() as held:
        async with asyncio.timeout(10):
            pids = [await (await held.enter_async_context(real.pool.acquire())).fetchval("select pg_backend_pid()")
                    for _ in range(10)]  # fmt: skip
    assert len(set(pids)) == 10


async def test_the_check_sees_answers_that_go_to_whoever_asks_next(world: World) -> None:
    """The fault of CVE-2023-28858, planted: answers come in the order of the questions, also those nobody waits for."""
    people, right = await world.people(PEOPLE), over_http(world)
    answers: asyncio.Queue[tuple[int, bytes]] = asyncio.Queue()
    asked: set[asyncio.Task[None]] = set()

    async def answered(person: Person) -> None:
        answers.put_nowait(await right(person))

    async def ask(person: Person) -> tuple[int, bytes]:
        asked.add(asyncio.create_task(answered(person)))
        return await answers.get()

    wrong, _ = await crossings(people, ask, 4)

    await asyncio.gather(*asked)
    assert wrong
