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
    refreshing: Person
    jobs: list[UUID]
    challenges: list[str]
    applications: list[str]

    def asks(self) -> list[Ask]:
        """One request of every kind that needs the database."""
        world, person = self.world, self.people[0]
        keyed = person.headers | {"Idempotency-Key": str(uuid4())}
        device = {"target": f"good-{uuid4()}", "target_kind": "fid", "platform": "android"}
        refresh = {"refresh_token": self.refreshing.refresh_token}
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
    *people, owner, refreshing = await world.people(13)
    jobs = await world.jobs(40)
    await world.employ(owner, jobs)
    made = Cast(world, people, owner, refreshing, jobs, [], [])
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


def refused_as_it_should_be(seen: Seen) -> None:
    assert seen.status == 503, (seen.what, seen.status, seen.body)
    if not seen.what.endswith("/readyz"):
        assert seen.headers["Content-Type"] == "application/problem+json", seen.what
        assert int(seen.headers["Retry-After"]) > 0, seen.what
        assert seen.json["code"] == "unavailable", seen.what


async def all_is_well(world: World, cast: Cast) -> None:
    """Twice as many at once as the pool has connections, and nobody left behind in PostgreSQL."""
    await world.ready()
    asked = (lambda: world.ask("GET", "/v1/me/applications", headers=p.headers) for p in cast.people for _ in range(2))
    for seen in await asyncio.gather(*(ask() for ask in asked)):
        assert seen.status == 200, (seen.what, seen.status, seen.body)
    async with world.look() as connection:
        left = await connection.fetch(
            """select state, wait_event_type, query from pg_stat_activity
                where application_name = 'longan-api' and (state <> 'idle' or wait_event_type = 'Lock')"""
        )
        assert not left
        assert await connection.fetchval("select count(*) from pg_stat_activity where application_name = 'longan-api'") <= 10


@pytest.mark.parametrize("fault", FAULTS)
async def test_every_request_is_answered_503_and_then_all_is_well(world: World, cast: Cast, fault: str) -> None:
    await all_is_well(world, cast)

    async with FAULTS[fault](world):
        seen = await asyncio.gather(*(ask() for _ in range(3) for ask in cast.asks()))
        # The connections of before are gone now; these must be made anew.
        seen += await asyncio.gather(*(ask() for ask in cast.asks()))

    for each in sorted(seen,key=lambda s:s.seconds):
        print(f"{each.seconds:.2f} {each.status} {each.what}")
    for each in seen:
        if not (fault == "locked" and each.what.endswith("/readyz")):  # a pool that is not exhausted just then is ready
            refused_as_it_should_be(each)
    await all_is_well(world, cast)
    good = await asyncio.gather(*(ask() for ask in cast.asks()))
    print([(each.status,each.what) for each in good])
    (__import__("pathlib").Path("/tmp/api.log")).write_text(world.api.log.read_text())
