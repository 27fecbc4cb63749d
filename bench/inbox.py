"""`python -m bench.inbox`: an inbox of 10,000 notices beside one of 100, over HTTP, in medians.

One API process; one caller, one request after the other, each inbox in turn. Half of each inbox is archived, a quarter
is unread, half is of one topic, and other people's notices lie around. A page that is read off an index costs the same
whatever lies behind it, so the two columns should be equal but for the search, which looks through one's own notices.
At the end, what it costs to tell: a thousand people in one call, with all that is written for each.
"""

import argparse
import asyncio
import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import asyncpg

from bench import machine
from longan.devkit import embedded
from longan.devkit.processes import end, last_lines, spawn
from longan.floor.access.tokens import Tokens
from longan.floor.database import db
from longan.floor.messages import telling
from longan.floor.messages.notices import Moved
from longan.floor.setup import keys
from longan.migrations import schema

MOST_RATIO = 1.25
START_SECONDS = 30.0
INBOX = "/v1/me/notifications"

FILL = """insert into notifications.inbox
    (account_id, topic, subject_id, params, created_at, dedupe_key, read_at, archived_at, search)
select a.id, case when n / 2 % 2 = 0 then 'application_received' else 'application_moved' end, uuidv7(), $2,
       $3::timestamptz - n * interval '1 minute', gen_random_uuid()::text, case when n % 4 <> 1 then $3 end,
       case when n % 2 = 0 then $3 end,
       setweight(to_tsvector('simple', 'moi phong van cong ty may moi ban phong van cho viec so ' || n), 'A')
       || setweight(to_tsvector('simple', 'interview cong ty may invites you to an interview for viec so ' || n), 'B')
  from generate_series(1, $4::int) n, unnest($1::uuid[]) a(id)
 order by n"""


def main(arguments: Sequence[str]) -> int:
    """0 when no page of the large inbox costs more than MOST_RATIO of the small one's."""
    parser = argparse.ArgumentParser(prog="python -m bench.inbox", description=__doc__)
    parser.add_argument("--rounds", type=int, default=300, help="requests of each kind (300)")
    parser.add_argument("--notices", type=int, default=10_000, help="in the large inbox (10000)")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="longan-bench-") as name, embedded.temporary() as services:
        return asyncio.run(_measured(Path(name), services, given.notices, given.rounds))


async def _measured(folder: Path, services: embedded.Services, notices: int, rounds: int) -> int:
    keys.ensure(folder / "keys")
    await schema.migrate(services.database_url)
    port = machine.free_port()
    url, log = f"http://127.0.0.1:{port}", folder / "api.log"
    around = {name: value for name, value in os.environ.items() if not name.startswith("LONGAN_")} | {
        "LONGAN_ENV": "development", "LONGAN_DATABASE_URL": services.database_url,
        "LONGAN_REDIS_URL": services.redis_url, "LONGAN_KEYS_DIR": str(folder / "keys"), "LONGAN_PORT": str(port),
        "LONGAN_METRICS_PORT": "0", "LONGAN_PUBLIC_URL": url, "LONGAN_PROVINCE_CODE": "80",
        "LONGAN_RATE_LIMIT_SCALE": "1000000",
    }  # fmt: skip
    process = spawn([sys.executable, "-m", "longan", "api"], log=log, environment=around)
    try:
        async with db.create_pool(services.database_url, 4, "bench") as pool, aiohttp.ClientSession(url) as session:
            await _answers(session, process, log)
            tokens = Tokens(keys.load(folder / "keys"), url)
            small, large = [await _somebody(pool, tokens) for _ in range(2)]
            others = [(await _somebody(pool, tokens))[0] for _ in range(100)]
            await _fill(pool, [small[0], large[0], *others], 100)
            await _fill(pool, [large[0]], notices - 100)
            await pool.execute("vacuum analyze notifications.inbox, notifications.boxes")
            well = await _pages(session, small[1], large[1], rounds)
            await _changes(session, small[1], large[1])
            await _told(pool)
    finally:
        end(process, signal.SIGTERM)
    return 0 if well else 1


async def _somebody(pool: asyncpg.Pool, tokens: Tokens) -> tuple[UUID, dict[str, str]]:
    now = datetime.now(UTC)
    account: UUID = await pool.fetchval(
        "insert into identity.accounts (phone_index, phone_cipher) values (uuid_send(uuidv7()), '') returning id"
    )
    session: UUID = await pool.fetchval(
        """insert into sessions.sessions
               (account_id, audience, acr, amr, signed_in_at, last_used_at, idle_expires_at, expires_at)
           values ($1, 'app', 0, '{otp}', $2::timestamptz, $2, $2 + interval '1 day', $2 + interval '1 day')
           returning id""",
        account, now,
    )  # fmt: skip
    return account, {"Authorization": f"Bearer {tokens.sign(account, session, 'app', 0, now, now)}"}


async def _fill(pool: asyncpg.Pool, accounts: list[UUID], notices: int) -> None:
    params = '{"status":"interview","job_title":"Công nhân may","employer_name":"Công ty May Long An"}'
    now = datetime.now(UTC) - timedelta(days=notices // 1_000)
    await pool.execute(FILL, accounts, params, now, notices, timeout=120)


async def _pages(session: aiohttp.ClientSession, small: dict[str, str], large: dict[str, str], rounds: int) -> bool:
    """Whether the inboxes' pages cost the same."""
    kinds: dict[str, dict[str, str]] = {
        "first page": {}, "unread": {"unread": "true"}, "archive": {"archived": "true"},
        "one topic": {"topic": "application_received"}, "not changed (304)": {}, "next page": {},
        "search, frequent": {"q": "phong van"}, "search, rare": {"q": "viec so 99"},
    }  # fmt: skip
    ratios = {}
    print(f"{'':20}{'100':>10}{'10,000':>10}   ms")
    for kind, asked in kinds.items():
        medians = []
        for who in (small, large):
            headers, given = dict(who), {"limit": "20", **asked}
            async with session.get(INBOX, params=given, headers=headers) as first:
                page = await first.json()
                if kind.endswith("(304)"):
                    headers["If-None-Match"] = first.headers["ETag"]
            if kind == "next page":
                given["cursor"] = page["next_cursor"]
            medians.append([session, given, headers])
        times = await _in_turn(medians, rounds)
        ratios[kind] = times[1] / times[0]
        print(f"{kind:20}{times[0]:10.2f}{times[1]:10.2f}")
    return max(ratio for kind, ratio in ratios.items() if not kind.startswith("search")) <= MOST_RATIO


async def _in_turn(asked: list[list[Any]], rounds: int) -> list[float]:
    """The median of each in ms; in turn, so that what else the machine does falls on both."""
    times: list[list[float]] = [[] for _ in asked]
    for _ in range(rounds):
        for (session, given, headers), took in zip(asked, times, strict=True):
            begun = time.perf_counter()
            async with session.get(INBOX, params=given, headers=headers) as answer:
                await answer.read()
                if answer.status not in (200, 304):
                    raise RuntimeError(f"{answer.status} {await answer.text()}")
            took.append((time.perf_counter() - begun) * 1e3)
    return [statistics.median(took) for took in times]


async def _changes(session: aiohttp.ClientSession, small: dict[str, str], large: dict[str, str]) -> None:
    """What it costs to read all and to archive all, once."""
    for action in ("read", "archive"):
        times = []
        for who in (small, large):
            wanted = {"action": action, "up_to": datetime.now(UTC).isoformat()}
            begun = time.perf_counter()
            async with session.post(f"{INBOX}/changes", json=wanted, headers=who) as answer:
                body = await answer.json()
                if answer.status != 200:
                    raise RuntimeError(f"{answer.status} {body}")
            times.append(((time.perf_counter() - begun) * 1e3, body["changed"]))
        (one, few), (other, many) = times
        print(f"{action + ' all':20}{one:10.2f}{other:10.2f}   ({few} and {many} changed)")


async def _told(pool: asyncpg.Pool, people: int = 1_000, calls: int = 5) -> None:
    accounts = [
        row["id"]
        for row in await pool.fetch(
            "insert into identity.accounts (phone_index, phone_cipher)"
            " select uuid_send(uuidv7()), '' from generate_series(1, $1) returning id",
            people,
        )
    ]
    said, took = Moved("interview", "Công nhân may", "Công ty May Long An"), []
    for _ in range(calls):
        begun = time.perf_counter()
        await telling.tell(pool, accounts, "application_moved", uuid4(), said, uuid4(), datetime.now(UTC))
        took.append(time.perf_counter() - begun)
    print(f"told {people / statistics.median(took):,.0f} people a second, without a phone, {people} in a call")


async def _answers(session: aiohttp.ClientSession, process: Any, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            async with session.get("/readyz") as answer:
                if answer.status == 200:
                    return
        except aiohttp.ClientError:
            pass
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the API did not start:\n{last_lines(log, 0)}")
        await asyncio.sleep(0.1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
