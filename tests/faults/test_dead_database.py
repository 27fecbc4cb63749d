"""A database that is dead, deaf, slow or busy: 503 and no hanging, and all is well again by itself (SECURITY R6)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID, uuid4

import aiohttp
import asyncpg
import pytest

from longan.devkit import supervisor
from tests.faults.world import Person, Seen, World, kill

Ask = Callable[[], Awaitable[Seen]]


@dataclass
class Cast:
    """Who asks for what."""

    world: World
    people: list[Person]
    owner: Person
    jobs: list[UUID]
    challenges: list[str]
    applications: list[str]

    def asks(self) -> list[Ask]:
        """One request of every kind that needs the database."""
        world, person = self.world, self.people[0]
        keyed = person.headers | {"Idempotency-Key": str(uuid4())}
        device = {"target": f"good-{uuid4()}", "target_kind": "fid", "platform": "android"}
        refresh = {"refresh_token": self.people[1].refresh_token}
        otp = {"challenge_id": self.challenges[0], "code": "000000"}
        moved, job = self.applications[0], self.jobs[0]
        return [
            lambda: world.ask("GET", f"/v1/jobs?q={uuid4().hex[:12]}"),
            lambda: world.ask("GET", f"/v1/jobs/{uuid4()}"),
            lambda: world.ask("GET", f"/v1/procedures?q={uuid4().hex[:12]}"),
            lambda: world.ask("GET", "/v1/me", headers=person.headers),
            lambda: world.ask("GET", "/v1/me/applications", headers=person.headers),
            lambda: world.ask("GET", "/v1/me/notifications", headers=person.headers),
            lambda: world.ask("PATCH", "/v1/me", headers=person.headers | {"If-Match": "*"}, json={"birth_year": 1990}),
            lambda: world.ask("POST", f"/v1/jobs/{job}/applications", headers=keyed, json={}),
            lambda: world.ask("PUT", f"/v1/me/devices/{uuid4()}", headers=person.headers, json=device),
            lambda: world.ask("POST", "/v1/auth/otp", json={"phone": "+84900000001"}),
            lambda: world.ask("POST", "/v1/auth/otp/verify", json=otp),
            lambda: world.ask("POST", "/v1/auth/refresh", json=refresh),
            lambda: world.ask("POST", f"/v1/applications/{moved}/transitions", headers=self.owner.headers,
                              json={"to": "viewed"}),
            lambda: world.ask("GET", "/readyz"),
        ]  # fmt: skip


@pytest.fixture(scope="module")
async def cast(world: World) -> Cast:
    *people, owner = await world.people(12)
    jobs = await world.jobs(40)
    await world.employ(owner, jobs)
    made = Cast(world, people, owner, jobs, [], [])
    for job in jobs[20:24]:
        headers = people[2].headers | {"Idempotency-Key": str(uuid4())}
        made.applications.append((await world.ask("POST", f"/v1/jobs/{job}/applications", headers=headers, json={})).json["id"])
    made.challenges = [(await world.ask("POST", "/v1/auth/otp", json={"phone": "+84900000002"})).json["challenge_id"]]
    return made


@asynccontextmanager
async def stopped(world: World) -> AsyncIterator[None]:
    world.stop_database()
    try:
        yield
    finally:
        world.continue_database()


@asynccontextmanager
async def killed(world: World) -> AsyncIterator[None]:
    """Dead, and started again only afterwards."""
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
    """Everything waits for one transaction, every connection of the pool included."""
    async with world.look() as connection, connection.transaction():
        await connection.execute(
            """lock table identity.accounts, identity.sessions, identity.challenges, identity.sms_breaker, people.profiles,
                          jobs.postings, applications.applications, notifications.devices, notifications.inbox,
                          services.procedures, floor.idempotency_keys in access exclusive mode"""
        )
        yield


FAULTS = {fault.__name__: fault for fault in (stopped, killed, refused, delayed, locked)}


@pytest.mark.parametrize("fault", FAULTS)
async def test_every_request_is_answered_503_and_then_all_is_well(world: World, cast: Cast, fault: str) -> None:
    async with FAULTS[fault](world):
        seen = await asyncio.gather(*(ask() for _ in range(3) for ask in cast.asks()))
    for s in sorted(seen, key=lambda s: s.seconds):
        print(f"{s.seconds:.2f} {s.status} {s.what} {s.headers.get('Retry-After')}")
    print(world.api.log.read_text()[-8000:])
