"""`python -m bench.watches`: whether 100,000 watched dossiers are asked about in time at 50 calls a second.

Three questions. By the law of longan.floor.dossiers.dossier_following: how late do 100,000 dossiers become in six
hours, an hour of them without the source (a simulation: no network, its clock is a number). In the database: 100,000
followed dossiers of 1,000 people, every one about to be due, so that as many as can be are due each second; one `longan
worker` as it runs in production asks the stand-in about those that come, every twentieth of which has changed, and the
local FCM takes the pushes. And without the source's limit: how many a worker could ask about, and what one costs.

The stand-ins, PostgreSQL and the worker share the machine's cores.
"""

import argparse
import asyncio
import heapq
import json
import os
import random
import signal
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import aiohttp
import asyncpg
import msgspec

from bench import machine
from bench.codes import _postgres
from bench.telling import CROWD
from longan.devkit import embedded, lgsp
from longan.devkit.processes import end, spawn
from longan.floor.dossiers.dossier_following import SOON, spread
from longan.floor.dossiers.dossier_proofs import without_person
from longan.floor.dossiers.lgsp_answers import Answer, WireDossier, dossier_in
from longan.floor.setup import keys
from longan.floor.setup.crypto import Sealed
from longan.migrations import schema

WATCHED, PEOPLE, LIMIT = 100_000, 1_000, 50
EVERY = 20  # of those that come one has changed
UNLIMITED = 1_000
START_SECONDS = 15
MOST_LATE_SECONDS = 60.0
MOST_DELAY_SECONDS = 60.0
HOUR = 3_600.0

FOLLOW = ("id", "source", "code_index", "code_sealed", "sealed", "as_of", "followed_at", "due_at")
DELAYS = """
select w.id, f.changed_at
  from dossier_watches.watches w
  join dossier_watches.followed f on f.id = w.dossier_id
 where f.changed_at is not null"""


class Row(NamedTuple):
    id: UUID
    code: str
    fields: dict[str, Any]
    due_at: datetime


def main(arguments: Sequence[str]) -> int:
    """0 when nothing was asked about, and no change pushed, later than within the bounds."""
    parser = argparse.ArgumentParser(prog="python -m bench.watches", description=__doc__)
    parser.add_argument("--seconds", type=int, default=120, help="how long the worker asks at the limit (120)")
    given = parser.parse_args(arguments)
    worst = _simulated(0)
    back = _simulated(int(HOUR))
    needed = WATCHED / SOON.total_seconds()
    print(
        f"law:    {WATCHED:,} dossiers, all of them near their day: {needed:.1f} calls a second of {LIMIT}; "
        f"the latest in six hours is {worst[0]:.1f} s late"
    )
    print(
        f"        an hour without the source: all are asked again within their times {back[1] / 60:.0f} minutes after"
    )
    with tempfile.TemporaryDirectory(prefix="longan-bench-") as name, embedded.temporary() as services:
        return max(int(worst[0] > MOST_LATE_SECONDS), asyncio.run(_measured(Path(name), services, given.seconds)))


def _simulated(away: int) -> tuple[float, float]:
    """The most seconds that one was late outside an outage of so many seconds an hour after the begin, and how long
    after it the last one was that was later than a minute."""
    chance = random.Random(7)
    pause = SOON.total_seconds()
    due = [chance.uniform(0, pause) for _ in range(WATCHED)]
    heapq.heapify(due)
    now, most, caught_up = 0.0, 0.0, 0.0
    while now < 6 * HOUR:
        if away and HOUR <= now < HOUR + away:
            now = HOUR + away
        next_due = heapq.heappop(due)
        now = max(now + 1 / LIMIT, next_due)
        late = now - next_due
        if late > MOST_LATE_SECONDS:
            caught_up = now - HOUR - away
        most = max(most, late)
        heapq.heappush(due, now + spread(SOON, chance.random()).total_seconds())
    return most, caught_up


async def _measured(folder: Path, services: embedded.Services, seconds: int) -> int:
    keys.ensure(folder / "keys")
    await schema.migrate(services.database_url)
    port, credentials = machine.free_port(), folder / "fcm.json"
    local = f"http://127.0.0.1:{port}"
    around = {name: value for name, value in os.environ.items() if not name.startswith("LONGAN_")} | {
        "LONGAN_ENV": "development", "LONGAN_DATABASE_URL": services.database_url,
        "LONGAN_REDIS_URL": services.redis_url, "LONGAN_KEYS_DIR": str(folder / "keys"), "LONGAN_PROVINCE_CODE": "80",
        "LONGAN_PUBLIC_URL": "http://127.0.0.1:8000", "LONGAN_FCM_BASE_URL": local, "LONGAN_LGSP_URL": local,
        "LONGAN_FCM_CREDENTIALS": str(credentials), "LONGAN_LGSP_USER": lgsp.USER, "LONGAN_LGSP_UNIT": lgsp.UNIT,
        "LONGAN_LGSP_PASSWORD": lgsp.DEVELOPMENT_PASSWORD, "LONGAN_LGSP_CALLS_PER_SECOND": str(LIMIT),
    }  # fmt: skip
    command = ["-m", "longan.devkit.stand_ins", "--port", str(port), "--credentials", str(credentials)]
    stand_ins = spawn([sys.executable, *command], log=folder / "stand-ins.log", environment=around)
    database = await asyncpg.connect(services.database_url)
    running = []
    try:
        numbers = Sealed(keys.load(folder / "keys"), "number")
        come = await _watched(database, numbers, local, seconds)
        async with aiohttp.ClientSession() as http:
            for row in come[::EVERY]:
                changed = {"TrangThaiHoSo": "9", "NgayKetThucXuLy": lgsp.moment(datetime.now(UTC))}
                await _enter(http, local, row.code, changed)
            begun = datetime.now(UTC)
            # What came due while everything was made ready is not the worker's fault.
            await database.execute(
                "update dossier_watches.followed set due_at = due_at + ($1::timestamptz - as_of)", begun
            )
            ready = {row.id: row.due_at - come[0].due_at + begun for row in come}
            running.append(spawn([sys.executable, "-m", "longan", "worker"], log=folder / "w1.log", environment=around))
            await asyncio.sleep(START_SECONDS + seconds)
            asked = await database.fetch("select id, as_of from dossier_watches.followed where answers > 0")
            held = [(row["as_of"] - ready[row["id"]]).total_seconds() for row in asked if row["id"] in ready
                    if (ready[row["id"]] - begun).total_seconds() > START_SECONDS]  # fmt: skip
            delays = await _delays(database, http, local)
            end(running.pop(), signal.SIGTERM)
            rate = len(asked) / (START_SECONDS + seconds)
            print(f"worker: {len(asked):,} asked about in {START_SECONDS + seconds} s ({rate:.1f} a second came due); "
                  f"late p50 {_at(held, 50):.2f} s, p99 {_at(held, 99):.2f} s, most {max(held):.2f} s "
                  f"(at most {MOST_LATE_SECONDS:.0f})")  # fmt: skip
            print(
                f"push:   {len(delays)} changes, from the answer to FCM: p50 {_at(delays, 50):.2f} s, "
                f"p99 {_at(delays, 99):.2f} s, most {max(delays):.2f} s (at most {MOST_DELAY_SECONDS:.0f})"
            )
            await _capacity(database, folder, around, come)
        return int(max(held) > MOST_LATE_SECONDS or max(delays) > MOST_DELAY_SECONDS)
    finally:
        for each in running:
            end(each, signal.SIGTERM)
        end(stand_ins, signal.SIGTERM)
        await database.close()


async def _watched(database: asyncpg.Connection, numbers: Sealed, local: str, seconds: int) -> list[Row]:
    """100,000 watched dossiers, due one after the other within their pause; those that come first are the stand-in's
    too. Which those are, the first one first."""
    people = [row["account_id"] for row in await database.fetch(CROWD, PEOPLE)]
    # Nobody has quiet hours: this is about delays of ours.
    await database.execute("delete from preferences.choices")
    now, pause = datetime.now(UTC), SOON.total_seconds()
    rows = []
    for number in range(WATCHED):
        code = f"H53.16-{261101 + number // 10_000:06d}-{number % 10_000:04d}"
        fields = {
            "MaHoSo": code, "TrangThaiHoSo": "4", "NgayTiepNhan": lgsp.moment(now - timedelta(days=3)),
            "NgayHenTra": lgsp.moment(now + timedelta(days=1)), "ChuHoSo": "Nguyễn Văn Thử", "MaTTHC": "1.004194",
        }  # fmt: skip
        rows.append(Row(uuid4(), code, fields, now + timedelta(seconds=number * pause / WATCHED)))

    def record(row: Row) -> tuple[Any, ...]:
        found = dossier_in(Answer("0", [msgspec.convert(row.fields, WireDossier)]), row.code)
        assert found is not None
        state = numbers.seal(msgspec.json.encode(without_person(found)).decode(), row.id)
        code = numbers.seal(row.code, row.id)
        return row.id, "lgsp", numbers.index(f"dossier {row.code}"), code, state, now, now, row.due_at

    await database.copy_records_to_table(
        "followed", schema_name="dossier_watches", columns=FOLLOW, records=map(record, rows)
    )
    await database.copy_records_to_table(
        "watches", schema_name="dossier_watches", columns=("account_id", "dossier_id", "created_at"),
        records=((people[number % PEOPLE], row.id, now) for number, row in enumerate(rows)),
    )  # fmt: skip
    await database.execute("analyze")
    come = rows[: int((seconds + 4 * START_SECONDS) * WATCHED / pause)]
    async with aiohttp.ClientSession() as http:
        for row in come:
            await _enter(http, local, row.code, row.fields)
    return come


async def _enter(http: aiohttp.ClientSession, local: str, code: str, fields: dict[str, Any]) -> None:
    async with http.post(f"{local}/lgsp/dossiers", json={"code": code, "fields": fields}) as answer:
        answer.raise_for_status()


async def _delays(database: asyncpg.Connection, http: aiohttp.ClientSession, local: str) -> list[float]:
    """Of each change, the seconds from the answer that brought it to the push that FCM took."""
    changed = {str(row["id"]): row["changed_at"] for row in await database.fetch(DELAYS)}
    watches = {str(row["id"]): str(row["subject_id"]) for row in await database.fetch(
        "select id, subject_id from notifications.inbox where topic = 'dossier_changed'")}  # fmt: skip
    async with http.get(f"{local}/fcm/messages?since=0") as answer:
        pushed = (await answer.json())["items"]
    found = [
        (datetime.fromisoformat(each["accepted_at"]) - changed[watch]).total_seconds()
        for each in pushed
        # What has changed since then is not among those that are counted.
        if (watch := watches.get(each["message"]["data"]["notification_id"])) in changed
    ]
    if len(found) < len(changed):
        print(f"        {len(changed) - len(found)} of {len(changed)} changes had no push yet")
    return found


async def _capacity(database: asyncpg.Connection, folder: Path, around: dict[str, str], come: list[Row]) -> None:
    """All that the stand-in knows is due at once, and may be asked as fast as a worker can."""
    await database.execute(
        "update dossier_watches.followed set due_at = '2000-01-01', answers = 0 where id = any($1)",
        [row.id for row in come],
    )
    unlimited = around | {"LONGAN_LGSP_CALLS_PER_SECOND": str(UNLIMITED)}
    worker = spawn([sys.executable, "-m", "longan", "worker"], log=folder / "w2.log", environment=unlimited)
    try:
        postgres = await _postgres(database)
        first = await _reading(database, worker.pid, postgres, len(come) // 5)
        last = await _reading(database, worker.pid, postgres, len(come) * 4 // 5)
    finally:
        end(worker, signal.SIGTERM)
    asked = last[1] - first[1]
    print(f"alone:  {asked / (last[0] - first[0]):.0f} a second without the limit; "
          f"{(last[2] - first[2]) / asked * 1e3:.2f} ms of the worker's CPU each, "
          f"{(last[3] - first[3]) / asked * 1e3:.2f} ms of PostgreSQL's")  # fmt: skip


async def _reading(
    database: asyncpg.Connection, worker: int, postgres: int, at_least: int
) -> tuple[float, int, float, float]:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + 120
    while loop.time() < deadline:
        asked = await database.fetchval("select count(*) from dossier_watches.followed where answers > 0")
        if asked >= at_least:
            spent = machine.processor_seconds(postgres, with_children=True)
            return loop.time(), asked, machine.processor_seconds(worker), spent
        await asyncio.sleep(0.2)
    sys.exit(f"the worker does not get on: {json.dumps(at_least)}")


def _at(values: list[float], percent: int) -> float:
    return sorted(values)[min(len(values) * percent // 100, len(values) - 1)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
