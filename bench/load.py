"""Drives a server with wrk and measures what it did and what that cost."""

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

import msgspec

from bench import machine

CONNECTIONS = 32
WARM_UP_SECONDS = 1
PATIENCE_SECONDS = 30
# A server that has no connection to the database left for half a second says 503; more than a few, and the speed of
# refusing is what is measured.
MOST_REFUSED = 0.01

SUMMARY = re.compile(r"^SUMMARY (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)$", re.MULTILINE)


class Failed(Exception):
    """The figures would be worthless: one sentence that says why."""


class Measured(msgspec.Struct, frozen=True):
    """One run. Latencies are milliseconds, costs microseconds of processor time per request, memory 10^6 bytes;
    `refused` is the share of requests that were not answered 2xx."""

    rate: float
    p50: float
    p99: float
    server_cost: float | None
    database_cost: float
    memory: float | None
    refused: float = 0.0


class Summary(msgspec.Struct, frozen=True):
    """What wrk saw; times in microseconds."""

    requests: int
    duration: int
    p50: int
    p99: int
    refused: int


class Script(msgspec.Struct, frozen=True):
    """A file of `bench/*.lua` with its arguments."""

    name: str
    arguments: Sequence[str] = ()


def drive(url: str, script: Script, seconds: int, connections: int = CONNECTIONS) -> Summary:
    """Run wrk for some seconds. Raises `Failed` when much was refused or connections broke."""
    command = [
        "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "5s", "-s", f"bench/{script.name}.lua", url,
        "--", *script.arguments,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds + PATIENCE_SECONDS)
    found = SUMMARY.search(done.stdout)
    if done.returncode or found is None:
        raise Failed(f"wrk failed on {url}: {done.stderr.strip() or done.stdout.strip()}")
    requests, duration, p50, p99, refused, broken = map(int, found.groups())
    if broken or not requests or refused / requests > MOST_REFUSED:
        raise Failed(f"{url}: of {requests} requests {refused} were refused and {broken} broke.")
    return Summary(requests, duration, p50, p99, refused)


def measure(url: str, script: Script, seconds: int, worker: int, postgres: int) -> Measured:
    """One run against the server whose worker process is `worker`, over the PostgreSQL whose first process is given."""
    server_before = machine.processor_seconds(worker)
    database_before = machine.processor_seconds(postgres, with_children=True)
    summary = drive(url, script, seconds)
    server = machine.processor_seconds(worker) - server_before
    database = machine.processor_seconds(postgres, with_children=True) - database_before
    return Measured(
        rate=summary.requests / summary.duration * 1e6,
        p50=summary.p50 / 1_000,
        p99=summary.p99 / 1_000,
        server_cost=server / summary.requests * 1e6,
        database_cost=database / summary.requests * 1e6,
        memory=machine.resident_megabytes(worker),
        refused=summary.refused / summary.requests,
    )


def write_tokens(file: Path, tokens: Sequence[str]) -> str:
    """A file of tokens for wrk, one a line; its path."""
    file.write_text("\n".join(tokens) + "\n")
    return str(file)
