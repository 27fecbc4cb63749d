"""`python -m bench.recommendations`: a first page for people of different wards and occupations, among 10,000 and among
1,000,000 postings (`bench/postings.py`), asked of the database as a request does, one after the other.

The candidates are the newest of the wards around, of the occupations in question and of all, so that both columns
should be about equal. With `--plan` the plan of the statement that reads the page.
"""

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from bench.search import fill
from longan.devkit import embedded
from longan.floor.database import db
from longan.floor.database.page import Cursors
from longan.floor.setup import keys
from longan.rooms.recommendations import domain, store

PEOPLE = 50
SEED = 20_251_122
SKILLS = ["may", "hàn", "kế toán", "lái xe nâng", "tiếng Trung"]

SEEKERS = """
with wards as (
    select distinct j.ward_version, j.ward_code from jobs.postings j limit 200),
account as (
    insert into identity.accounts (phone_index, phone_cipher)
    select uuid_send(uuidv7()), '' from generate_series(1, $1) returning id),
numbered as (
    select a.id, row_number() over () as n from account a),
placed as (
    select w.*, row_number() over (order by w.ward_code) as n from wards w),
profile as (
    insert into people.profiles (account_id, ward_version, ward_code, occupation_code, skills, experience_months,
                                 education, shifts, wanted_month_pay)
    select a.id, p.ward_version, p.ward_code, (array['75', '81', '82', '93', '4', '33', null])[a.n % 7 + 1], $2, 24,
           'upper_secondary', case when a.n % 3 = 0 then array['day'] else '{}' end, 7000000 + a.n * 100000
      from numbered a join placed p on p.n = a.n % (select count(*) from wards) + 1),
session as (
    insert into sessions.sessions (account_id, audience, acr, amr, signed_in_at, last_used_at, idle_expires_at,
                                   expires_at)
    select id, 'app', 0, '{otp}', $3::timestamptz, $3, $3 + interval '1 day', $3 + interval '1 day' from account
    returning id, account_id)
insert into privacy.consents (account_id, purpose, version, given, locale, session_id, at)
select s.account_id, 'job_recommendations', 1, true, 'vi', s.id, $3 from session s
returning account_id"""


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.recommendations", description=__doc__)
    parser.add_argument("--few", type=int, default=10_000, help="postings in the small database (10000)")
    parser.add_argument("--postings", type=int, default=1_000_000, help="postings in the large one (1000000)")
    parser.add_argument("--rounds", type=int, default=10, help="first pages of each person (10)")
    parser.add_argument("--plan", action="store_true", help="show the plan")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="longan-bench-") as name, embedded.temporary() as services:
        return asyncio.run(_measured(Path(name), services, (given.few, given.postings), given.rounds, given.plan))


async def _measured(folder: Path, services: embedded.Services, sizes: tuple[int, int], rounds: int, plan: bool) -> int:
    keys.ensure(folder / "keys")
    cursors = Cursors(keys.load(folder / "keys"))
    for size in sizes:
        url = await embedded.create_database(services.database_url, f"of_{size}")
        await fill(url, folder / "keys", size)
        async with db.create_pool(url, 1, "bench") as pool:
            now = datetime.now(UTC)
            people = [row[0] for row in await pool.fetch(SEEKERS, PEOPLE, SKILLS, now)]
            await pool.execute("analyze people.profiles, privacy.consents")
            async with pool.acquire() as connection:
                waits = await _asked(connection, cursors, people, rounds)
                ordered = sorted(waits)
                print(
                    f"{size:>10,} postings: median {statistics.median(waits):.1f} ms, "
                    f"p99 {ordered[len(ordered) * 99 // 100]:.1f} ms a first page of 20"
                )
                if plan:
                    await _plan(connection, people[0], now)
    return 0


async def _asked(connection: Any, cursors: Cursors, people: list[UUID], rounds: int) -> list[float]:
    chance, waits = random.Random(SEED), []
    for _ in range(rounds):
        for person in chance.sample(people, len(people)):
            begun = time.perf_counter()
            page = await domain.recommended(connection, cursors, person, "vi", None, 20, datetime.now(UTC))
            waits.append((time.perf_counter() - begun) * 1e3)
            if len(page.items) != 20:
                raise RuntimeError(f"only {len(page.items)} jobs are recommended")
    return waits[PEOPLE:]


async def _plan(connection: Any, person: UUID, now: datetime) -> None:
    seeker = await store.seeker(connection, person, now, now)
    given = (
        person, now, now, seeker.lat, seeker.lon, seeker.occupation_code, seeker.liked, ["may"], seeker.shifts,
        seeker.wanted_month_pay, seeker.experience_months, seeker.education, None, None, None, 21,
    )  # fmt: skip
    await connection.execute(f"prepare recommended as {store.PAGE}")
    asked = f"explain (analyze, buffers) execute recommended ({', '.join(map(_literal, given))})"
    for row in await connection.fetch(asked):
        print(row[0])


def _literal(value: object) -> str:
    if value is None:
        return "null"
    return f"'{{{','.join(map(str, value))}}}'" if isinstance(value, list) else f"'{value}'"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
