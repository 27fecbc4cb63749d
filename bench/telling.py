"""`python -m bench.telling`: how many people a second are told, and what it costs to ask whether they want it.

People have one phone each, every tenth has quiet hours, in calls of a thousand as campaigns make them: inbox, event,
push and all, in one statement. Beside it the questions that are asked for each push, as processor time a row.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg

from bench import machine
from longan.devkit import embedded
from longan.floor.messages.notices import Moved
from longan.floor.messages.telling import tell
from longan.migrations import schema

LEAST_PER_SECOND = 10_000.0
MOST_MICROSECONDS = 20.0
AT_ONCE = 1_000
ROUNDS = 3
# As its pool says (longan.floor.database.db).
AS_THE_WORKER = {"jit": "off", "plan_cache_mode": "force_generic_plan"}

CROWD = """with account as (
    insert into identity.accounts (phone_index, phone_cipher)
    select uuid_send(uuidv7()), '' from generate_series(1, $1) returning id),
session as (
    insert into sessions.sessions
        (account_id, audience, acr, amr, signed_in_at, last_used_at, idle_expires_at, expires_at)
    select id, 'app', 0, '{otp}', now(), now(), now() + interval '30 days', now() + interval '90 days' from account
    returning id, account_id),
choice as (
    insert into preferences.choices (account_id, quiet, lock_screen, updated_at)
    select id, '{[0,330),[1320,1770),[2760,3210)}', 'full', now() from account where get_byte(uuid_send(id), 15) < 26)
insert into push.devices
    (installation_id, account_id, session_id, target_kind, target, platform, locale, registered_at)
select 'installation-' || account_id, account_id, id, 'fid', 'phone-' || account_id, 'android', 'vi', now() from session
returning account_id"""

QUESTIONS = {
    "not_before": "select count(notifications.not_before(i.account_id, i.topic, $1)) from notifications.inbox i",
    "still_wanted": "select count(*) from notifications.inbox i where notifications.still_wanted(i.id, 'push', $1)",
    "full_text": "select count(*) from notifications.inbox i where notifications.full_text(i.account_id, i.topic)",
    "loud_at": "select count(notifications.loud_at(i.account_id, i.topic, $1)) from notifications.inbox i",
}


def main(arguments: Sequence[str]) -> int:
    """0 when people are told at LEAST_PER_SECOND and no question costs more than MOST_MICROSECONDS."""
    parser = argparse.ArgumentParser(prog="python -m bench.telling", description=__doc__)
    parser.add_argument("--people", type=int, default=10_000, help="people with a phone (10000)")
    given = parser.parse_args(arguments)
    with embedded.temporary() as services:
        return asyncio.run(_measured(services, given.people))


async def _measured(services: embedded.Services, people: int) -> int:
    await schema.migrate(services.database_url)
    database = await asyncpg.connect(services.database_url, server_settings=AS_THE_WORKER)
    try:
        accounts: list[UUID] = [row[0] for row in await database.fetch(CROWD, people)]
        await database.execute("analyze")
        backend = await database.fetchval("select pg_backend_pid()")
        rates = []
        for number in range(ROUNDS):
            before = machine.processor_seconds(backend)
            seconds = await _told(database, accounts)
            each = (machine.processor_seconds(backend) - before) / people * 1e6
            rates.append(people / seconds)
            print(
                f"round {number + 1}: {rates[-1]:8.0f} people a second, {each:.0f} µs of PostgreSQL's processor each"
                f" ({people * (number + 1):,} notices by then)"
            )
        notices = people * ROUNDS
        dearest = 0.0
        now = datetime.now(UTC)
        for name, question in QUESTIONS.items():
            arguments = [now] if "$1" in question else []
            spent = []
            for _ in range(ROUNDS):
                before = machine.processor_seconds(backend)
                await database.fetchval(question, *arguments)
                spent.append(machine.processor_seconds(backend) - before)
            each = min(spent) / notices * 1e6
            dearest = max(dearest, each)
            print(f"{name:13} {each:6.1f} µs of the processor a row (at most {MOST_MICROSECONDS:.0f})")
        return 0 if max(rates) >= LEAST_PER_SECOND and dearest <= MOST_MICROSECONDS else 1
    finally:
        await database.close()


async def _told(database: asyncpg.Connection, accounts: Sequence[UUID]) -> float:
    """Seconds until everybody is told."""
    subject, fact, now = uuid4(), uuid4(), datetime.now(UTC)
    params = Moved("viewed", "Công nhân may", "Công ty May Long An")  # as a campaign, it is worth no text
    begun = time.perf_counter()
    for first in range(0, len(accounts), AT_ONCE):
        await tell(database, accounts[first : first + AT_ONCE], "application_moved", subject, params, fact, now)
    return time.perf_counter() - begun


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
