"""`python -m bench.campaigns`: how many people a second a campaign reaches, with all that is written for each.

Everybody has a phone in use, so that a person is a row on record, a notice in the inbox, an event and a push in the
outbox. The worker's own loop does it, in a process whose memory is watched; PostgreSQL has the other core.
"""

import argparse
import asyncio
import os
import resource
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import asyncpg

from bench import machine
from longan.devkit import embedded
from longan.floor.database import db
from longan.migrations import schema
from longan.rooms.campaigns import store, tasks

LEAST_PER_SECOND = 10_000.0
# What the process may grow by while it tells the second half.
MOST_GROWTH_MB = 5.0
PIECE = 10_000

PEOPLE = """
with account as (
    insert into identity.accounts (phone_index, phone_cipher)
    select uuid_send(uuidv7()), '' from generate_series(1, $1) returning id),
role as (
    insert into identity.roles (account_id, role) select id, 'worker' from account),
profile as (
    insert into people.profiles (account_id, locale) select id, 'vi' from account),
session as (
    insert into sessions.sessions (account_id, audience, acr, amr, signed_in_at, last_used_at, idle_expires_at,
                                   expires_at)
    select id, 'app', 0, '{otp}', now(), now(), now() + interval '30 days', now() + interval '90 days'
      from account returning id, account_id)
insert into push.devices (installation_id, account_id, session_id, target_kind, target, platform, locale, registered_at)
select 'installation-' || account_id, account_id, id, 'fid', 'good-' || account_id, 'android', 'vi', now()
  from session"""

CAMPAIGN = """
with writer as (
    insert into identity.accounts (phone_index, phone_cipher) select uuid_send(uuidv7()), '' from generate_series(1, 2)
    returning id)
insert into campaigns.campaigns (kind, state, title, body, drafted_by, drafted_at, approved_by, approved_at, next_at,
                                 updated_at)
select 'announcement', 'scheduled', 'Ngày hội việc làm', $1, min(id::text)::uuid, $2, max(id::text)::uuid, $2, $2, $2
  from writer
returning id"""

BODY = "Thứ bảy 28/11, 8 giờ, tại nhà văn hóa lao động tỉnh: hơn 40 doanh nghiệp, 3.000 việc làm. Vào cửa tự do."


def main(arguments: Sequence[str]) -> int:
    """0 when LEAST_PER_SECOND is reached and the memory stays flat."""
    parser = argparse.ArgumentParser(prog="python -m bench.campaigns", description=__doc__)
    parser.add_argument("--people", type=int, default=100_000, help="how many it is for (100000)")
    given = parser.parse_args(arguments)
    with embedded.temporary() as services:
        return asyncio.run(_measured(services.database_url, given.people))


async def _measured(database_url: str, people: int) -> int:
    await schema.migrate(database_url)
    connection = await asyncpg.connect(database_url)
    for first in range(0, people, PIECE):
        await connection.execute(PEOPLE, min(PIECE, people - first))
    await connection.execute("vacuum analyze")
    campaign: UUID = await connection.fetchval(CAMPAIGN, BODY, datetime.now(UTC))
    async with db.create_pool(database_url, 1, "bench") as pool:
        began = time.perf_counter()
        async with pool.acquire() as held, held.transaction():
            standing = await store.held(held, campaign)  # type: ignore[arg-type]
            assert standing is not None
            counted = await store.count(held, standing, datetime.now(UTC))  # type: ignore[arg-type]
        print(f"preview   {counted:,} people counted in {(time.perf_counter() - began) * 1e3:.0f} ms")
        backends = [
            row[0]
            for row in await connection.fetch("select pid from pg_stat_activity where application_name = 'bench'")
        ]
        before, half = [machine.processor_seconds(each) for each in (os.getpid(), *backends)], 0.0
        told, began = 0, time.perf_counter()
        while (turn := await tasks.step(pool, campaign, "80", datetime.now(UTC))).more or turn.told:
            told += len(turn.told)
            if not half and told >= people / 2:
                half = _megabytes()
        seconds = time.perf_counter() - began
        after, grown = [machine.processor_seconds(each) for each in (os.getpid(), *backends)], _megabytes() - half
        worker, *servers = [(now - was) / people * 1e6 for was, now in zip(before, after, strict=True)]
    rows = await connection.fetchrow(
        """select (select count(*) from campaigns.recipients), (select count(*) from notifications.inbox),
                  (select count(*) from notifications.events), (select count(*) from push.outbox)"""
    )
    began = time.perf_counter()
    async with connection.transaction():
        await store.tally(connection, campaign, datetime.now(UTC))  # type: ignore[arg-type]
    tallied = time.perf_counter() - began
    began = time.perf_counter()
    counts, _ = await store.counts(connection, campaign)
    shown = time.perf_counter() - began
    await connection.close()
    if tuple(rows) != (people,) * 4 or told != people or counts.told != people:
        raise RuntimeError(f"{told} were told, and there are {tuple(rows)} rows")
    rate = told / seconds
    print(
        f"telling   {rate:,.0f} people a second (at least {LEAST_PER_SECOND:,.0f}): {told:,} in {seconds:.1f} s,"
        f" {worker:.0f} µs of processor for each in the worker and {sum(servers):.0f} in PostgreSQL\n"
        f"memory    {_megabytes():.0f} MB at most, {grown:+.1f} MB in the second half"
        f" (at most {MOST_GROWTH_MB:.0f})\n"
        f"counting  {tallied:.1f} s to write down how far all notices came, {shown * 1e3:.0f} ms to show it"
    )
    return 0 if rate >= LEAST_PER_SECOND and grown <= MOST_GROWTH_MB else 1


def _megabytes() -> float:
    """The most this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
