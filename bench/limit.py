"""The limit of an answer from the database: pgbench with the very statements that our server was seen to execute."""

import os
import re
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from bench import machine
from bench.load import PATIENCE_SECONDS, Failed, Measured
from bench.pairs import JOB_PREFIX, JOBS, SPAN, WORKER_PREFIX, WORKERS

# As many connections as the pool of our server has (longan.floor.setup.settings), driven by one process.
CONNECTIONS = 10
LATENCIES_KEPT = 0.1
ENDING_SECONDS = 2.0

# Every transaction takes the next number of its connection's part of the span (bench/pairs.py).
NUMBERS = f"""\\set number :first + :client_id * {SPAN // CONNECTIONS} + :done
\\set done :done + 1
\\set job :number % {JOBS}
\\set worker (:number + :number / {JOBS}) % {WORKERS}
"""
JOB = f"('{JOB_PREFIX}' || lpad(to_hex(:job::bigint), 12, '0'))::uuid"
WORKER = f"('{WORKER_PREFIX}' || lpad(to_hex(:worker::bigint), 12, '0'))::uuid"
KEY = "sha256(convert_to(:number::bigint::text, 'UTF8'))"
NOW = ":now::timestamptz"
NOTE = "'Tôi có hai năm kinh nghiệm may chuyền.'"
BODY = f"convert_to(rpad('', 265, {NOTE}), 'UTF8')"

# The values of a statement's parameters, by its name; what a statement returns can be used by those after it.
VALUES: Mapping[str, Sequence[str]] = {
    "jobs.list": (NOW,),
    "services.one": ("'1.004194'",),
    "people.me": (WORKER, NOW),
    "idempotency.claim": (KEY, KEY, "hashint8extended(:number::bigint, 0)"),
    "applications.insert": (JOB, WORKER, NOTE, NOW),
    "queue.add": (
        "'application_received'",
        "convert_to('{\"application_id\":\"' || :id || '\"}', 'UTF8')",
        "interval '0'",
    ),
    "idempotency.keep": (KEY, "201", '\'{"Content-Type":"application/json"}\'', BODY),
}
RETURNS_ID = frozenset({"applications.insert"})
SESSION = "-c plan_cache_mode=force_generic_plan -c timezone=UTC"

NAME = re.compile(r"-- ([a-z_]+\.[a-z_]+)")
PLACE = re.compile(r"\$([0-9]+)")
RATE = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)
DONE = re.compile(r"^number of transactions actually processed: ([0-9]+)", re.MULTILINE)
LOST = re.compile(r"^number of failed transactions: ([0-9]+)", re.MULTILINE)


def script(statements: Sequence[str]) -> str:
    """The pgbench script that does what `statements` did, with values of its own in every transaction."""
    return NUMBERS + "".join(f"{_filled(statement)}\n" for statement in statements)


def _filled(statement: str) -> str:
    statement = statement.strip().rstrip(";")
    found = NAME.match(statement)
    if found is None and not PLACE.search(statement):
        return f"{statement};"
    name = found[1] if found else statement
    if name not in VALUES:
        raise Failed(f"bench/limit.py knows no values for {name}: our server executes a statement that is new.")
    values = VALUES[name]
    text = PLACE.sub(lambda place: values[int(place[1]) - 1], statement)
    return f"{text} \\gset" if name in RETURNS_ID else f"{text};"


def measure(
    pgbench: Path, database_url: str, file: Path, seconds: int, first: int, now: str, postgres: int
) -> Measured:
    """One run of a script."""
    address = urlsplit(database_url)
    log = file.with_suffix("")
    command = [
        str(pgbench), "--no-vacuum", "--protocol=prepared", f"--client={CONNECTIONS}", "--jobs=1", f"--time={seconds}",
        f"--file={file}", "--log", f"--log-prefix={log}", f"--sampling-rate={LATENCIES_KEPT}",
        f"--define=first={first}", "--define=done=0", f"--define=now={now}",
        f"--host={parse_qs(address.query)['host'][0]}", f"--username={address.username}", address.path.strip("/"),
    ]  # fmt: skip
    processes = len(machine.children(postgres))
    before = machine.processor_seconds(postgres, with_children=True)
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=seconds + PATIENCE_SECONDS,
        env=os.environ | {"PGOPTIONS": SESSION},
    )  # fmt: skip
    # A backend's time is counted with its parent's only when it has ended and was waited for.
    deadline = time.monotonic() + ENDING_SECONDS
    while len(machine.children(postgres)) > processes and time.monotonic() < deadline:
        time.sleep(0.01)
    spent = machine.processor_seconds(postgres, with_children=True) - before
    rate, count, lost = (found.search(done.stdout) for found in (RATE, DONE, LOST))
    if done.returncode or rate is None or count is None or lost is None or int(lost[1]):
        raise Failed(f"pgbench failed on {file.name}: {done.stderr.strip()[-500:] or done.stdout.strip()}")
    times = sorted(_latencies(log))
    return Measured(
        rate=float(rate[1]),
        p50=statistics.median(times) / 1_000,
        p99=times[int(len(times) * 0.99)] / 1_000,
        server_cost=None,
        database_cost=spent / int(count[1]) * 1e6,
        memory=None,
    )


def _latencies(log: Path) -> list[int]:
    """Microseconds of the transactions in pgbench's log files, which are read and removed."""
    times: list[int] = []
    for file in log.parent.glob(f"{log.name}.*[0-9]"):
        times += [int(line.split()[2]) for line in file.read_text().splitlines()]
        file.unlink()
    return times or [0]
