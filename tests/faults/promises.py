"""What was answered 2xx, told to clients who ask until they are answered, and whether all of it is still true."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import aiohttp

from tests.faults.world import Person, Seen, World

PAUSE_SECONDS = 0.05
# Whoever is not answered for so long never will be: kills take seconds.
MOST_SECONDS = 60.0
STEPS = ("viewed", "shortlisted")
# What means: ask again.
NOT_NOW = (503, 429)


@dataclass
class Promises:
    """The answers by what they were for. `broken` is what no client may ever be told; `unanswered` are requests that
    were sent and lost, `refused` those that nobody was there for."""

    applied: dict[tuple[UUID, UUID], bytes] = field(default_factory=dict)
    keys: dict[tuple[UUID, UUID], str] = field(default_factory=dict)
    moved: set[tuple[str, str]] = field(default_factory=set)
    broken: list[str] = field(default_factory=list)
    unanswered: int = 0
    refused: int = 0


class Load:
    """Workers who apply for every job, and the employer who takes each application two steps on.

    `key_of` gives the Idempotency-Key of a try from that of the first one; whoever takes another for each try is a
    client that does not know what the key is for.
    """

    def __init__(
        self, world: World, workers: list[Person], owner: Person, jobs: list[UUID], key_of: Callable[[str], str] = str
    ) -> None:
        self.promises = Promises()
        self.kept = 0
        self._world = world
        self._workers = {worker.account: worker for worker in workers}
        self._owner = owner
        self._key_of = key_of
        self._pairs: Iterator[tuple[Person, UUID]] = itertools.product(workers, jobs)
        self._over = asyncio.Event()

    async def run(self, clients: int = 8, pause: float = 0.0) -> None:
        """Until `stop`, or every worker has applied for every job."""
        await asyncio.gather(*(self._client(pause) for _ in range(clients)))

    def stop(self) -> None:
        self._over.set()

    async def _client(self, pause: float) -> None:
        for worker, job in self._pairs:
            if self._over.is_set():
                return
            application = await self.apply(worker, job)
            for step in STEPS if application else ():
                await self.move(application, step)
            await asyncio.sleep(pause)

    async def apply(self, worker: Person, job: UUID) -> str:
        key = self.promises.keys[worker.account, job] = str(uuid4())
        seen = await self._until_answered(
            lambda: self._world.ask("POST", f"/v1/jobs/{job}/applications", json={},
                                    headers=worker.headers | {"Idempotency-Key": self._key_of(key)})
        )  # fmt: skip
        if seen.status != 201:
            self.promises.broken.append(f"the application was answered {seen.status} {seen.body.decode()}")
            return ""
        self.promises.applied[worker.account, job] = seen.body
        self.kept += 1
        return str(seen.json["id"])

    async def move(self, application: str, to: str) -> None:
        seen = await self._until_answered(
            lambda: self._world.ask("POST", f"/v1/applications/{application}/transitions", headers=self._owner.headers,
                                    json={"to": to})
        )  # fmt: skip
        if seen.status != 200:
            self.promises.broken.append(f"the step to {to} was answered {seen.status} {seen.body.decode()}")
            return
        self.promises.moved.add((application, to))
        self.kept += 1

    async def _until_answered(self, ask: Callable[[], Any]) -> Seen:
        deadline = asyncio.get_running_loop().time() + MOST_SECONDS
        while asyncio.get_running_loop().time() < deadline:
            try:
                seen: Seen = await ask()
            except aiohttp.ClientConnectorError:
                self.promises.refused += 1
            except (aiohttp.ClientError, OSError, TimeoutError):
                self.promises.unanswered += 1
            else:
                if seen.status not in NOT_NOW and seen.json.get("code") != "idempotency_in_progress":
                    return seen
            await asyncio.sleep(PAUSE_SECONDS)
        raise AssertionError(f"nobody answers for {MOST_SECONDS:.0f} s")

    async def asked_again(self) -> list[str]:
        """What is wrong with the answers to the same requests once more: each must be as it was."""
        wrong = []
        for (account, job), body in self.promises.applied.items():
            headers = self._workers[account].headers | {"Idempotency-Key": self.promises.keys[account, job]}
            seen = await self._world.ask("POST", f"/v1/jobs/{job}/applications", headers=headers, json={})
            if (seen.status, seen.body, seen.headers.get("Idempotent-Replayed")) != (201, body, "true"):
                wrong.append(f"asked again, {account} is answered {seen.status} for {job}")
        return wrong


APPLICATIONS = """
select worker_id, job_id, array_agg(id::text) as ids from applications.applications group by worker_id, job_id"""
MOVES = """
select m.application_id::text as application, m.to_status, count(distinct m.id) as times,
       array_remove(array_agg(i.id::text), null) as notices
  from applications.moves m
  join applications.applications a on a.id = m.application_id
  left join notifications.inbox i on i.dedupe_key = 'application_moved:' || m.id || ':' || a.worker_id
 group by m.application_id, m.to_status"""
OUTBOX = """
select o.notification_id::text as notice, o.state, o.attempts from push.outbox o"""


async def kept(world: World, promises: Promises) -> list[str]:
    """What of the promises does not stand in the database, or never reached the phone; empty when all is well."""
    async with world.look() as connection:
        applications = {(row["worker_id"], row["job_id"]): row["ids"] for row in await connection.fetch(APPLICATIONS)}
        moves = {(row["application"], row["to_status"]): row for row in await connection.fetch(MOVES)}
        outbox = {row["notice"]: row for row in await connection.fetch(OUTBOX)}
    pushed = Counter(push.message["data"]["notification_id"] for push in world.fcm.pushes.since(0))
    wrong = [*promises.broken]
    for pair, body in promises.applied.items():
        ids = applications.get(pair, [])
        if len(ids) != 1 or ids[0].encode() not in body:
            wrong.append(f"{pair} was answered {body.decode()}, and there are {ids}")
    for application, to in promises.moved:
        row = moves.get((application, to))
        if row is None or row["times"] != 1:
            wrong.append(f"{application} went {row['times'] if row else 0} times to {to}")
            continue
        if len(row["notices"]) != 1:
            wrong.append(f"{application} went to {to}, and {len(row['notices'])} notices say so")
            continue
        (notice,) = row["notices"]
        promised = outbox.get(notice)
        if promised and promised["state"] == "obsolete" and to != STEPS[-1] and (application, STEPS[-1]) in moves:
            continue  # it had moved on before the phone could hear of it
        if promised is None or promised["state"] != "sent":
            wrong.append(f"the push of {notice} is {promised and promised['state']}")
        elif not 1 <= pushed[notice] <= promised["attempts"]:
            wrong.append(f"{notice} was pushed {pushed[notice]} times in {promised['attempts']} tries")
    return wrong


WAITING = """
select (select count(*) from pgqueuer)
     + (select count(*) from push.outbox where state in ('queued', 'leased'))"""


async def all_kept(world: World, dead_since: float) -> None:
    """Until the worker has nothing left to do. What a dead one held is taken over in half a minute, and what it was
    sending after a minute; that time is let pass here. `dead_since` (UNIX time): when the last of them died."""
    deadline = asyncio.get_running_loop().time() + 60
    while True:
        async with world.look() as connection:
            await connection.execute(
                """update pgqueuer set heartbeat = heartbeat - interval '1 minute'
                    where status = 'picked' and heartbeat < to_timestamp($1)""",
                dead_since,
            )
            await connection.execute(
                """update push.outbox set lease_until = now()
                    where state = 'leased' and lease_until < to_timestamp($1) + interval '1 minute'""",
                dead_since,
            )
            waiting = await connection.fetchval(WAITING)
        if not waiting:
            return
        assert asyncio.get_running_loop().time() < deadline, (
            f"{waiting} still wait: {world.worker.log.read_text()[-2000:]}"
        )
        await asyncio.sleep(0.1)
