"""A database that is dead, deaf, slow or busy: 503 and no hanging, and all is well again by itself (SECURITY R6)."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from longan.devkit import supervisor
from longan.floor.base.errors import Unavailable
from longan.floor.database import db
from longan.floor.requests.exchange import Exchange
from tests.faults.gate import Gate
from tests.faults.processes import kill
from tests.faults.world import Person, Seen, World, socket_folder

Ask = Callable[[], Coroutine[Any, Any, Seen]]
SOCKET = ".s.PGSQL.5432"


@dataclass
class Cast:
    """Who asks for what. Repeated after a refusal, every one of these requests must succeed."""

    world: World
    worker: Person
    owner: Person
    refreshing: Person
    job: UUID
    key: str
    challenge: str
    application: str

    def asks(self) -> list[Ask]:
        """One request of every kind that needs the database."""
        ask, mine = self.world.ask, self.worker.headers
        device = {"target": f"good-{uuid4()}", "target_kind": "fid", "platform": "android"}
        return [
            lambda: ask("GET", f"/v1/jobs?q={uuid4().hex[:12]}"),
            lambda: ask("GET", f"/v1/jobs/{self.job}?"),
            lambda: ask("GET", f"/v1/procedures?q={uuid4().hex[:12]}"),
            lambda: ask("GET", "/v1/me", headers=mine),
            lambda: ask("GET", "/v1/me/applications", headers=mine),
            lambda: ask("GET", "/v1/me/notifications", headers=mine),
            lambda: ask("PATCH", "/v1/me", headers=mine | {"If-Match": "*"}, json={"birth_year": 1990}),
            lambda: ask("POST", f"/v1/jobs/{self.job}/applications", json={},
                        headers=mine | {"Idempotency-Key": self.key}),
            lambda: ask("PUT", f"/v1/me/devices/{uuid4()}", headers=mine, json=device),
            lambda: ask("POST", "/v1/auth/otp", json={"phone": "+84900000001"}),
            lambda: ask("POST", "/v1/auth/otp/verify", json={"challenge_id": self.challenge, "code": "000000"}),
            lambda: ask("POST", "/v1/auth/refresh", json={"refresh_token": self.refreshing.refresh_token}),
            lambda: ask("POST", f"/v1/applications/{self.application}/transitions", headers=self.owner.headers,
                        json={"to": "viewed"}),
            lambda: ask("GET", "/readyz"),
        ]  # fmt: skip


@pytest.fixture
async def cast(world: World) -> Cast:
    worker, applicant, owner, refreshing = await world.people(4)
    job, other = await world.jobs(2)
    await world.employ(owner, [job, other])
    headers = applicant.headers | {"Idempotency-Key": str(uuid4())}
    applied = await world.ask("POST", f"/v1/jobs/{other}/applications", headers=headers, json={})
    asked = await world.ask("POST", "/v1/auth/otp", json={"phone": "+84900000002"})
    return Cast(
        world, worker, owner, refreshing, job, str(uuid4()), asked.json["challenge_id"], applied.json["id"]
    )  # fmt: skip


@asynccontextmanager
async def stopped(world: World) -> AsyncIterator[None]:
    """It takes what it is sent, and never answers."""
    world.stop_database()
    try:
        yield
    finally:
        world.continue_database()


@asynccontextmanager
async def killed(world: World) -> AsyncIterator[None]:
    await kill(world.postgres)
    try:
        yield
    finally:
        await supervisor.up(world.postgres)


@asynccontextmanager
async def refused(world: World) -> AsyncIterator[None]:
    await world.gate.shut()
    try:
        yield
    finally:
        await world.gate.open()


@asynccontextmanager
async def delayed(world: World) -> AsyncIterator[None]:
    world.gate.delay = 2.0
    try:
        yield
    finally:
        world.gate.delay = 0.0


@asynccontextmanager
async def locked(world: World) -> AsyncIterator[None]:
    """Everything waits for one transaction, with every connection of the pool."""
    async with world.look() as connection, connection.transaction():
        await connection.execute(
            """lock table identity.accounts, sessions.sessions, identity.challenges, identity.sms_breaker,
                          people.profiles, jobs.postings, applications.applications, push.devices,
                          notifications.inbox, services.procedures, floor.idempotency_keys in access exclusive mode"""
        )
        yield


FAULTS = {fault.__name__: fault for fault in (stopped, killed, refused, delayed, locked)}


def is_refused(seen: Seen) -> None:
    assert seen.status == 503, (seen.what, seen.status, seen.body)
    assert seen.seconds < 2.0, (seen.what, seen.seconds)
    if not seen.what.endswith("/readyz"):
        assert seen.headers["Content-Type"] == "application/problem+json", seen.what
        assert int(seen.headers["Retry-After"]) > 0, seen.what
        assert seen.json["code"] == "unavailable", seen.what


async def all_is_well(world: World) -> None:
    """Twice as many at once as the pool has connections, and nobody left behind in PostgreSQL. On a machine that is
    busy with other things a connection may come too late once or twice; it must not go on."""
    await world.ready()
    until = asyncio.get_running_loop().time() + 15
    while True:
        seen = await asyncio.gather(*(world.ask("GET", f"/v1/jobs?q={uuid4().hex[:12]}") for _ in range(20)))
        if {each.status for each in seen} == {200}:
            break
        assert {each.status for each in seen} <= {200, 503}
        assert asyncio.get_running_loop().time() < until
    async with world.look() as connection:
        ours = await connection.fetch(
            "select state, wait_event_type, query from pg_stat_activity where application_name = 'longan-api'"
        )
    assert len(ours) <= 10
    assert [row for row in ours if row["state"] != "idle" or row["wait_event_type"] == "Lock"] == []


@pytest.mark.parametrize("fault", FAULTS)
async def test_every_request_is_answered_503_and_then_all_is_well(world: World, cast: Cast, fault: str) -> None:
    await all_is_well(world)
    public = f"/v1/jobs?limit=1&q={uuid4().hex[:8]}"
    await world.ask("GET", public)

    async with FAULTS[fault](world):
        assert (await world.ask("GET", public)).status == 200
        seen = await asyncio.gather(*(ask() for _ in range(3) for ask in cast.asks()))
        if fault in ("stopped", "killed"):  # the connections of before are gone by now
            seen += await asyncio.gather(*(ask() for ask in cast.asks()))

    for each in seen:
        if fault != "locked" or not each.what.endswith("/readyz"):  # which locks nothing: it is ready or not
            is_refused(each)
    await all_is_well(world)
    again = [await ask() for ask in cast.asks()]
    assert [(each.what, each.status) for each in again if each.status not in (200, 201, 202)] == []
    assert world.complaints() == []


async def test_a_thousand_requests_after_all_that_are_answered_as_ever(world: World) -> None:
    people = await world.people(20)

    async def ask_for_themselves(person: Person) -> None:
        for _ in range(50):
            seen = await world.ask("GET", "/v1/me", headers=person.headers)
            assert (seen.status, seen.json["full_name"]) == (200, person.name)

    await asyncio.gather(*(ask_for_themselves(person) for person in people))

    await all_is_well(world)


@asynccontextmanager
async def pool_behind(gate: Gate, world: World, size: int) -> AsyncIterator[asyncpg.Pool]:
    await gate.open()
    dsn = f"postgresql://longan@/{world.database}?host={gate.path.parent}&port=5432"
    async with db.create_pool(dsn, size, "longan-pool-test") as pool:
        yield pool
    await gate.shut()


async def answer(pool: asyncpg.Pool) -> int:
    async with db.Acquired(pool, Exchange("request-1", "127.0.0.1")) as connection:
        found: int = await connection.fetchval("select pg_backend_pid()")
        return found


@pytest.mark.usefixtures("hurried")
async def test_a_farewell_that_nobody_asked_for_is_the_end_of_that_connection_only(world: World) -> None:
    folder = world.folder / "farewell"
    folder.mkdir(exist_ok=True)
    gate = Gate(folder / SOCKET, socket_folder(world.postgres.dsn) / SOCKET)
    gate.linger = 5.0
    async with pool_behind(gate, world, 1) as pool:
        backend = await answer(pool)
        async with world.look() as connection:
            await connection.execute("select pg_terminate_backend($1)", backend)
        await asyncio.sleep(0.2)  # what it said has arrived, but not yet that it has gone

        with pytest.raises(Unavailable):
            await answer(pool)

        assert await answer(pool) != backend
        gate.linger = 0.0


@pytest.mark.usefixtures("hurried")
async def test_a_request_has_one_deadline_for_all_its_questions(world: World) -> None:
    folder = world.folder / "deadline"
    folder.mkdir(exist_ok=True)
    gate = Gate(folder / SOCKET, socket_folder(world.postgres.dsn) / SOCKET)
    async with pool_behind(gate, world, 2) as pool:
        await answer(pool)
        gate.delay = 0.3
        asking, answered = Exchange("request-1", "127.0.0.1"), 0

        with pytest.raises(Unavailable):
            for _ in range(20):
                async with db.Acquired(pool, asking) as connection:
                    await connection.fetchval("select 1")
                answered += 1

    assert 1 <= answered <= 4


async def test_a_mistake_of_ours_is_not_taken_for_an_absent_database(world: World) -> None:
    async with db.create_pool(world.postgres.dsn, 1, "longan-pool-test") as pool:
        with pytest.raises(asyncpg.InterfaceError):
            async with db.Acquired(pool, Exchange("request-1", "127.0.0.1")) as connection:
                await connection.fetchval("select $1::int")


async def test_whoever_waits_for_a_request_that_finds_no_database_is_told_at_once(world: World, cast: Cast) -> None:
    """One after the other they would find it out themselves, and the last only after five seconds."""
    headers = cast.worker.headers | {"Idempotency-Key": cast.key}
    await all_is_well(world)
    await world.ask("GET", "/v1/me", headers=headers)  # the session is known for a moment

    async with stopped(world):
        asked = (world.ask("POST", f"/v1/jobs/{cast.job}/applications", headers=headers, json={}) for _ in range(20))
        seen = await asyncio.gather(*asked)

    for each in seen:
        is_refused(each)
