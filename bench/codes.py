"""`python -m bench.codes`: how many people a second sign in by a code, with all that is checked on the way.

A sign-in is two requests, `request_otp` and `verify_otp`, over HTTP, each with its windows in Valkey and its commits in
PostgreSQL. First everybody is new, then everybody comes back. Between the two requests the codes are derived from the
database, which no clock counts; nothing is sent, as sending is the worker's. The callers share the machine's cores.
The processor's time of API, PostgreSQL and Valkey for one sign-in says what two cores of their own would carry, also
when the machine is busy with something else.
"""

import argparse
import asyncio
import os
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import aiohttp
import asyncpg
import httpx
import msgspec
import redis.asyncio

from bench import machine
from longan.devkit import embedded
from longan.devkit.processes import end, last_lines, spawn
from longan.floor.accounts.codes import Challenge, code_of
from longan.floor.setup import keys
from longan.migrations import schema

LEAST_PER_SECOND = 150.0
CALLERS = 16
START_SECONDS = 30.0

COLUMNS = ", ".join(field.name for field in msgspec.structs.fields(Challenge))


def main(arguments: Sequence[str]) -> int:
    """0 when both rounds reach LEAST_PER_SECOND."""
    parser = argparse.ArgumentParser(prog="python -m bench.codes", description=__doc__)
    parser.add_argument("--people", type=int, default=2_000, help="sign-ins of each round (2000)")
    parser.add_argument("--workers", type=int, default=2, help="API processes (2)")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="longan-bench-") as name, embedded.temporary() as services:
        return asyncio.run(_measured(Path(name), services, given.people, given.workers))


async def _measured(folder: Path, services: embedded.Services, people: int, workers: int) -> int:
    keys.ensure(folder / "keys")
    await schema.migrate(services.database_url)
    port = machine.free_port()
    around = {name: value for name, value in os.environ.items() if not name.startswith("LONGAN_")} | {
        "LONGAN_ENV": "development", "LONGAN_DATABASE_URL": services.database_url,
        "LONGAN_REDIS_URL": services.redis_url, "LONGAN_KEYS_DIR": str(folder / "keys"), "LONGAN_PORT": str(port),
        "LONGAN_METRICS_PORT": "0", "LONGAN_PUBLIC_URL": f"http://127.0.0.1:{port}", "LONGAN_PROVINCE_CODE": "80",
        "LONGAN_WORKERS": str(workers), "LONGAN_RATE_LIMIT_SCALE": "1000000",
    }  # fmt: skip
    url, log = f"http://127.0.0.1:{port}", folder / "api.log"
    process = spawn([sys.executable, "-m", "longan", "api"], log=log, environment=around)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _answers(url):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the API did not start:\n{last_lines(log, 0)}")
            await asyncio.sleep(0.1)
        ring = keys.load(folder / "keys").secrets["one-time-code"]
        database = await asyncpg.connect(services.database_url)
        served = [process.pid, await _postgres(database), await _valkey(services.redis_url)]
        phones = [f"+8491{number:07d}" for number in range(people)]
        rates = []
        for who in ("new", "known"):
            before = _spent(served)
            asked, entered = await _round(url, database, ring, phones)
            cost = [(after - was) / people for was, after in zip(before, _spent(served), strict=True)]
            rates.append(people / (asked + entered))
            print(
                f"{who:6} {rates[-1]:6.0f} sign-ins a second"
                f" (asking {people / asked:.0f}/s, entering {people / entered:.0f}/s); a sign-in costs"
                f" {' + '.join(f'{each * 1e3:.2f}' for each in cost)} ms of API, PostgreSQL and Valkey:"
                f" {2 / sum(cost):.0f} a second on two cores"
            )
        await database.close()
    finally:
        end(process, signal.SIGTERM)
    return 0 if min(rates) >= LEAST_PER_SECOND else 1


async def _round(
    url: str, database: asyncpg.Connection, ring: dict[str, bytes], phones: list[str]
) -> tuple[float, float]:
    """Seconds in which everybody has asked, and in which everybody has entered."""
    await database.execute("truncate identity.challenges")
    async with aiohttp.ClientSession(url, connector=aiohttp.TCPConnector(limit=CALLERS)) as session:
        asked = await _all(session, "/v1/auth/otp", [{"phone": phone} for phone in phones], 202)
        rows = await database.fetch(f"select {COLUMNS} from identity.challenges")
        made = [msgspec.convert(dict(row), Challenge) for row in rows]
        entries = [{"challenge_id": str(each.id), "code": code_of(ring, each)} for each in made]
        entered = await _all(session, "/v1/auth/otp/verify", entries, 200)
    return asked, entered


async def _all(session: aiohttp.ClientSession, path: str, bodies: list[dict[str, str]], status: int) -> float:
    waiting = iter(bodies)

    async def call() -> None:
        for body in waiting:
            async with session.post(path, json=body) as answer:
                if answer.status != status:
                    raise RuntimeError(f"{path}: {answer.status} {await answer.text()}")

    began = time.perf_counter()
    await asyncio.gather(*(call() for _ in range(CALLERS)))
    return time.perf_counter() - began


def _spent(processes: Sequence[int]) -> list[float]:
    return [machine.processor_seconds(each, with_children=True) for each in processes]


async def _postgres(database: asyncpg.Connection) -> int:
    """The process from which every connection's own has come."""
    backend: int = await database.fetchval("select pg_backend_pid()")
    return int(Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()[1])


async def _valkey(url: str) -> int:
    client = redis.asyncio.from_url(url)
    try:
        return int((await client.info("server"))["process_id"])
    finally:
        await client.aclose()


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=2, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
