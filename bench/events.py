"""`python -m bench.events`: what streams of events cost, and how long an event is on its way.

People follow `/v1/events` of one API process over HTTP, each over a connection of their own. First nothing happens, and
the process's memory is compared with that before they came. Then events happen to one at a time, committed by a
connection of its own and called out as the worker does, and the time from before the commit until the client has read
the event is measured. Then they happen to many at once, as fast as they are read. The clients, PostgreSQL and Valkey
share the machine's cores.
"""

import argparse
import asyncio
import os
import random
import resource
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import httpx
import redis.asyncio

from bench import machine
from longan.devkit import embedded
from longan.devkit.processes import end, last_lines, spawn
from longan.floor.access.tokens import Tokens
from longan.floor.database import calls
from longan.floor.setup import keys
from longan.migrations import schema

START_SECONDS = 30.0
WRITE = """insert into notifications.events (account_id, kind, subject_id, created_at)
           select a, 'notification', $2, now() from unnest($1::uuid[]) as e(a)"""


def main(arguments: Sequence[str]) -> int:
    """0 when no event was lost."""
    parser = argparse.ArgumentParser(prog="python -m bench.events", description=__doc__)
    parser.add_argument("--streams", type=int, default=1_000, help="people who follow (1000)")
    parser.add_argument("--single", type=int, default=1_000, help="events of which each is timed (1000)")
    parser.add_argument("--rounds", type=int, default=50, help="rounds in which something happens to everybody (50)")
    given = parser.parse_args(arguments)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory(prefix="longan-bench-") as name, embedded.temporary() as services:
        return asyncio.run(_measured(Path(name), services, given.streams, given.single, given.rounds))


class Person:
    """Somebody who follows: what they read, and when they read what is waited for."""

    def __init__(self, account: UUID, token: str) -> None:
        self.account = account
        self.read = 0
        self.awaited: tuple[bytes, asyncio.Future[float]] | None = None
        self._token = token
        self._writer: asyncio.StreamWriter | None = None

    async def follow(self, port: int, begun: asyncio.Semaphore, ready: asyncio.Queue[None]) -> None:
        async with begun:
            reader, self._writer = await asyncio.open_connection("127.0.0.1", port)
            self._writer.write(
                f"GET /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self._token}\r\n\r\n".encode()
            )
            first = await reader.readuntil(b"event: reset")
        if not first.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(first.decode())
        ready.put_nowait(None)
        while piece := await reader.read(65_536):
            self.read += piece.count(b"event: notification\n")
            if self.awaited is not None and self.awaited[0] in piece:
                self.awaited[1].set_result(time.perf_counter())
                self.awaited = None

    def hang_up(self) -> None:
        if self._writer is not None:
            self._writer.close()


async def _measured(folder: Path, services: embedded.Services, streams: int, single: int, rounds: int) -> int:
    keys.ensure(folder / "keys")
    await schema.migrate(services.database_url)
    port = machine.free_port()
    url, log = f"http://127.0.0.1:{port}", folder / "api.log"
    around = {name: value for name, value in os.environ.items() if not name.startswith("LONGAN_")} | {
        "LONGAN_ENV": "development", "LONGAN_DATABASE_URL": services.database_url,
        "LONGAN_REDIS_URL": services.redis_url, "LONGAN_KEYS_DIR": str(folder / "keys"), "LONGAN_PORT": str(port),
        "LONGAN_METRICS_PORT": "0", "LONGAN_PUBLIC_URL": url, "LONGAN_PROVINCE_CODE": "80",
        "LONGAN_EVENT_STREAMS": str(streams),
    }  # fmt: skip
    database = await asyncpg.connect(services.database_url)
    valkey = redis.asyncio.from_url(services.redis_url)
    process = spawn([sys.executable, "-m", "longan", "api"], log=log, environment=around)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _answers(url):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the API did not start:\n{last_lines(log, 0)}")
            await asyncio.sleep(0.1)
        (server,) = [each for each in machine.children(process.pid) if _is_server(each)]
        tokens = Tokens(keys.load(folder / "keys"), url)
        warm = await _people(database, tokens, 20)
        await _followed(warm, port)
        for person in warm:
            person.hang_up()
        await asyncio.sleep(1.0)
        before = machine.resident_megabytes(server)
        people = await _people(database, tokens, streams)
        following = await _followed(people, port)
        await asyncio.sleep(2.0)
        idle = machine.resident_megabytes(server) - before
        spent = machine.processor_seconds(server)
        await asyncio.sleep(10.0)
        print(
            f"{streams} streams that wait: {idle * 1e3 / streams:.1f} kB each, "
            f"{(machine.processor_seconds(server) - spent) * 10:.1f} % of a core together"
        )
        ways = [await _one(database, valkey, random.choice(people)) * 1e3 for _ in range(single)]
        cuts = statistics.quantiles(ways, n=100)
        print(f"from before the commit to the client: p50 {cuts[49]:.1f} ms, p99 {cuts[98]:.1f} ms")
        began, spent, already = time.perf_counter(), machine.processor_seconds(server), sum(p.read for p in people)
        for _ in range(rounds):
            await database.execute(WRITE, [each.account for each in people], uuid4())
            await calls.happened(valkey, [each.account for each in people])
        wanted, deadline = already + rounds * streams, time.perf_counter() + 60
        while sum(each.read for each in people) < wanted and time.perf_counter() < deadline:
            await asyncio.sleep(0.01)
        seconds, told = time.perf_counter() - began, sum(each.read for each in people) - already
        cost = (machine.processor_seconds(server) - spent) / max(told, 1)
        print(f"{told:,} of {rounds * streams:,} events told in {seconds:.1f} s: {told / seconds:,.0f}/s,"
              f" {cost * 1e6:.0f} µs of the API's processor each")  # fmt: skip
        await _left(people, following)
        after = [machine.resident_megabytes(server) - before]
        for _ in range(3):
            await _left(people, await _followed(people, port))
            after.append(machine.resident_megabytes(server) - before)
        print(f"memory when all have left, once and again: {', '.join(f'{each:+.1f}' for each in after)} MB")
    finally:
        end(process, signal.SIGTERM)
        await valkey.aclose()
        await database.close()
    return 0 if told == rounds * streams else 1


async def _people(database: asyncpg.Connection, tokens: Tokens, number: int) -> list[Person]:
    now = datetime.now(UTC)
    rows = await database.fetch(
        """with account as (
               insert into identity.accounts (phone_index, phone_cipher)
               select uuid_send(uuidv7()), '' from generate_series(1, $1) returning id)
           insert into sessions.sessions (account_id, audience, acr, amr, signed_in_at, last_used_at, idle_expires_at,
                                          expires_at)
           select id, 'app', 0, '{otp}', $2::timestamptz, $2, $2 + interval '30 days', $2 + interval '90 days'
             from account returning id, account_id""",
        number, now,
    )  # fmt: skip
    await database.execute("analyze identity.accounts, sessions.sessions, notifications.events")
    return [Person(row["account_id"], tokens.sign(row["account_id"], row["id"], "app", 0, now, now)) for row in rows]


async def _followed(people: Sequence[Person], port: int) -> list[asyncio.Task[None]]:
    """Until everybody's stream has begun."""
    begun, ready = asyncio.Semaphore(50), asyncio.Queue[None]()
    following = [asyncio.create_task(each.follow(port, begun, ready)) for each in people]
    for _ in people:
        await asyncio.wait_for(ready.get(), 30)
    return following


async def _left(people: Sequence[Person], following: Sequence[asyncio.Task[None]]) -> None:
    for each in following:
        each.cancel()
    await asyncio.gather(*following, return_exceptions=True)
    for person in people:
        person.hang_up()
    await asyncio.sleep(2.0)


async def _one(database: asyncpg.Connection, valkey: redis.asyncio.Redis, person: Person) -> float:
    """Seconds until the person has read of something."""
    subject, read = uuid4(), asyncio.get_running_loop().create_future()
    person.awaited = (str(subject).encode(), read)
    began = time.perf_counter()
    await database.execute(WRITE, [person.account], subject)
    await calls.happened(valkey, [person.account])
    until: float = await asyncio.wait_for(read, 10)
    return until - began


def _is_server(pid: int) -> bool:
    return b"resource_tracker" not in Path(f"/proc/{pid}/cmdline").read_bytes()


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=2, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
