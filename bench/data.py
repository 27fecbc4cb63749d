"""Fills the benchmark's database: reference data, the sample, generated postings, workers who are signed in."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg

from bench.pairs import SESSION_PREFIX, SPARE, WORKER_PREFIX, WORKERS, numbered
from bench.postings import EMPLOYER_COLUMNS, POSTING_COLUMNS, make, progress
from longan.devkit.sample import load as sample
from longan.devkit.terminal import Tell, Terminal
from longan.floor.access.tokens import Tokens
from longan.floor.setup import keys
from longan.floor.setup.crypto import Sealed
from longan.migrations import schema
from longan.reference import load as reference

POSTINGS = 200_000
PIECE = 5_000
WARD = "27937"

# Made anew afterwards, which takes a third of the time of keeping them up to date row by row.
INDEXES = """-- bench.indexes
select indexname, indexdef from pg_indexes
 where schemaname = 'jobs' and tablename = 'postings' and indexname <> 'postings_pkey'"""

WORKER = """-- bench.worker
with account as (insert into identity.accounts (id, phone_index, phone_cipher) values ($1, $2, $3)),
     role as (insert into identity.roles (account_id, role) values ($1, 'worker')),
     profile as (insert into people.profiles (account_id, full_name, birth_year, ward_version, ward_code)
                 select $1, $4, $5, u.version, u.code from places.units u
                  where u.code = $6 and u.level = 'commune' order by u.version desc limit 1)
insert into sessions.sessions (id, account_id, audience, acr, amr, signed_in_at, last_used_at, idle_expires_at,
                               expires_at)
values ($7, $1, 'app', 0, '{otp,sms}', $8, $8, $9, $9)"""


async def fill(database_url: str, keys_dir: Path, terminal: Terminal) -> None:
    """Everything the rows of the benchmark need, and fresh statistics."""
    keys.ensure(keys_dir)
    ring = keys.load(keys_dir)
    phones, numbers = Sealed(ring, "phone"), Sealed(ring, "number")
    now = datetime.now(UTC)
    with terminal.step("Migrations"):
        await schema.migrate(database_url)
    connection = await asyncpg.connect(database_url)
    try:
        with terminal.step("Reference data") as tell:
            await reference.load(connection, tell)
        with terminal.step("Sample data") as tell:
            await sample.load(connection, tell, now, phones, numbers)
        with terminal.step(f"{POSTINGS:,} postings") as tell:
            await _postings(connection, numbers, now, tell)
        with terminal.step(f"{WORKERS:,} workers") as tell:
            await _workers(connection, phones, now, tell)
        with terminal.step("Statistics"):
            await connection.execute("vacuum analyze")
            await connection.execute("checkpoint")
    finally:
        await connection.close()


async def _postings(connection: asyncpg.Connection, numbers: Sealed, now: datetime, tell: Tell) -> None:
    tell("drawing", 0, POSTINGS)
    parks = {fold: (code, ward) for fold, code, ward in await connection.fetch(sample.PARKS)}
    made = make(POSTINGS, now, numbers, parks)
    await connection.copy_records_to_table(
        "employers", schema_name="employers", columns=EMPLOYER_COLUMNS, records=made.employers
    )
    indexes = await connection.fetch(INDEXES)
    for index in indexes:
        await connection.execute(f"drop index jobs.{index['indexname']}")
    for done, rows in progress(made.postings, PIECE):
        await connection.copy_records_to_table(
            "postings", schema_name="jobs", columns=POSTING_COLUMNS, records=rows, timeout=60
        )
        tell("copied", done, POSTINGS)
    for done, index in enumerate(indexes, 1):
        await connection.execute(index["indexdef"], timeout=120)
        tell("indexes", done, len(indexes))


async def _workers(connection: asyncpg.Connection, phones: Sealed, now: datetime, tell: Tell) -> None:
    async with connection.transaction():
        for number in range(WORKERS + len(SPARE)):
            account, phone = numbered(WORKER_PREFIX, number), f"+8498{number:07d}"
            await connection.execute(
                WORKER, account, phones.index(phone), phones.seal(phone, account), f"Công nhân {number + 1}",
                1970 + number % 35, WARD, numbered(SESSION_PREFIX, number), now,
                now + timedelta(days=1),
            )  # fmt: skip
            tell("signed in", number + 1, WORKERS)


def our_token(tokens: Tokens, worker: int, now: datetime) -> str:
    """An access token of a worker, good for five minutes."""
    return tokens.sign(numbered(WORKER_PREFIX, worker), numbered(SESSION_PREFIX, worker), "app", 0, now, now)
