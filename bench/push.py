"""`python -m bench.push`: how many pushes a second one worker sends, and what one costs it.

One `longan worker`, as it runs in production, against the local FCM server with answers after 100 ms: everything from
the claim in the outbox to the settled row. The figures are those of the middle of the run, without the start of the
process; the ramp of the pace is over before it begins. The FCM server and PostgreSQL share the machine's cores; the
processor's time of the worker says what it would do alone.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import aiohttp
import asyncpg

from bench import machine
from bench.codes import _postgres
from longan.devkit import embedded
from longan.devkit.processes import end, last_lines, spawn
from longan.floor.base import clock
from longan.floor.messages.notices import Received
from longan.floor.messages.telling import tell
from longan.floor.setup import keys
from longan.migrations import schema

LEAST_PER_SECOND = 800.0
MOST_MILLISECONDS = 1.0
ANSWER_MS = 100
EARLY = 10_000
START_SECONDS = 30.0
STUCK_SECONDS = 120.0

PEOPLE = """
with account as (
    insert into identity.accounts (phone_index, phone_cipher)
    select uuid_send(uuidv7()), '' from generate_series(1, $1) returning id),
session as (
    insert into sessions.sessions (account_id, audience, acr, amr, signed_in_at, last_used_at, idle_expires_at,
                                   expires_at)
    select id, 'app', 0, '{otp}', now(), now(), now() + interval '30 days', now() + interval '90 days'
      from account returning id, account_id)
insert into push.devices (installation_id, account_id, session_id, target_kind, target, platform, locale, registered_at)
select 'installation-good-' || account_id, account_id, id, 'fid', 'good-' || account_id, 'android', 'vi', now()
  from session returning account_id"""

# An hour after its ramp began, and in use until now.
RAMPED = """
insert into push.pace (project, tokens, at, ramp_from) values ($1, 0, now(), now() - interval '1 hour')"""


class Reading(NamedTuple):
    at: float
    sent: int
    worker: float
    postgres: float
    fcm: float


def main(arguments: Sequence[str]) -> int:
    """0 when rate and cost are within the bounds."""
    parser = argparse.ArgumentParser(prog="python -m bench.push", description=__doc__)
    parser.add_argument("--messages", type=int, default=100_000, help="pushes to send (100000)")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="longan-bench-") as name, embedded.temporary() as services:
        return asyncio.run(_measured(Path(name), services, given.messages))


async def _measured(folder: Path, services: embedded.Services, messages: int) -> int:
    keys.ensure(folder / "keys")
    await schema.migrate(services.database_url)
    port, credentials = machine.free_port(), folder / "fcm.json"
    around = {name: value for name, value in os.environ.items() if not name.startswith("LONGAN_")} | {
        "LONGAN_ENV": "development", "LONGAN_DATABASE_URL": services.database_url,
        "LONGAN_REDIS_URL": services.redis_url, "LONGAN_KEYS_DIR": str(folder / "keys"), "LONGAN_PROVINCE_CODE": "80",
        "LONGAN_PUBLIC_URL": "http://127.0.0.1:8000", "LONGAN_FCM_BASE_URL": f"http://127.0.0.1:{port}",
        "LONGAN_FCM_CREDENTIALS": str(credentials),
    }  # fmt: skip
    stand_ins = ["-m", "longan.devkit.stand_ins", "--port", str(port), "--credentials", str(credentials)]
    fcm = spawn([sys.executable, *stand_ins], log=folder / "fcm.log", environment=around)
    database = await asyncpg.connect(services.database_url)
    worker = None
    try:
        await _latency(f"http://127.0.0.1:{port}/fcm/latency", folder / "fcm.log")
        await _promised(database, messages)
        await database.execute(RAMPED, json.loads(credentials.read_text())["project_id"])
        log = folder / "worker.log"
        worker = spawn([sys.executable, "-m", "longan", "worker"], log=log, environment=around)
        served = (worker.pid, await _postgres(database), fcm.pid)
        early = await _until(database, served, max(EARLY, messages // 10), log)
        megabytes = machine.resident_megabytes(worker.pid)
        late = await _until(database, served, messages * 19 // 20, log)
        print(f"one worker, answers after {ANSWER_MS} ms, {late.sent - early.sent:,} pushes measured")
        rate, cost = _said(early, late)
        print(f"memory: {megabytes:.1f} MB after {early.sent:,}, "
              f"{machine.resident_megabytes(worker.pid):.1f} MB after {late.sent:,}")  # fmt: skip
        return 0 if rate >= LEAST_PER_SECOND and cost <= MOST_MILLISECONDS else 1
    finally:
        if worker is not None:
            end(worker, signal.SIGTERM)
        end(fcm, signal.SIGTERM)
        await database.close()


def _said(early: Reading, late: Reading) -> tuple[float, float]:
    """Prints, and returns the rate and the worker's milliseconds for one."""
    sent, seconds = late.sent - early.sent, late.at - early.at
    each = [(after - before) / sent * 1e3 for before, after in zip(early[2:], late[2:], strict=True)]
    print(f"rate:   {sent / seconds:.0f} a second (at least {LEAST_PER_SECOND:.0f})")
    print(f"cost:   {each[0]:.2f} ms of the worker's CPU each (at most {MOST_MILLISECONDS:.1f}); "
          f"{each[1]:.2f} ms of PostgreSQL, {each[2]:.2f} ms of the FCM server")  # fmt: skip
    return sent / seconds, each[0]


async def _promised(database: asyncpg.Connection, messages: int) -> None:
    """A notice to so many people with a phone each, over the statistics of an empty database: the worst for plans."""
    await database.execute("analyze")
    said = Received("Công nhân may", "Công ty May Long An")
    for first in range(0, messages, 10_000):
        people = [row["account_id"] for row in await database.fetch(PEOPLE, min(10_000, messages - first))]
        for place in range(0, len(people), 1_000):
            await tell(
                database, people[place : place + 1_000], "application_received", uuid4(), said, uuid4(), clock.utc()
            )


async def _latency(url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    async with aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.post(url, json={"ms": ANSWER_MS}) as answer:
                    answer.raise_for_status()
                    return
            except aiohttp.ClientError as error:
                if time.monotonic() > deadline:
                    raise RuntimeError(f"the FCM server did not start:\n{last_lines(log, 0)}") from error
                await asyncio.sleep(0.1)


async def _until(database: asyncpg.Connection, served: Sequence[int], sent: int, log: Path) -> Reading:
    """The first reading at which so many were sent."""
    deadline, before = time.monotonic() + STUCK_SECONDS, -1
    while True:
        now = await database.fetchval("select count(*) from push.outbox where state = 'sent'")
        if now >= sent:
            spent = [machine.processor_seconds(pid, with_children=pid == served[1]) for pid in served]
            return Reading(time.monotonic(), now, *spent)
        if now > before:
            deadline, before = time.monotonic() + STUCK_SECONDS, now
        if time.monotonic() > deadline:
            raise RuntimeError(f"no push was sent for {STUCK_SECONDS:.0f} s:\n{last_lines(log, 0)}")
        await asyncio.sleep(0.5)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
