"""The command line: what an operator and a developer type."""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import asyncpg

from longan.floor.accounts import openid
from longan.floor.base import clock
from longan.floor.messages import texting
from longan.floor.setup import keys, rewrapping
from longan.floor.setup.settings import BadSettings, Settings, read
from longan.migrations import schema

COMMANDS: dict[str, tuple[str, Callable[[argparse.Namespace], int]]] = {}


def command(text: str) -> Callable[[Callable[[argparse.Namespace], int]], Callable[[argparse.Namespace], int]]:
    """Register a command under its function's name."""

    def register(function: Callable[[argparse.Namespace], int]) -> Callable[[argparse.Namespace], int]:
        COMMANDS[function.__name__.replace("_", "-")] = (text, function)
        return function

    return register


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; a setting that is missing or weak ends in one sentence and code 2."""
    parser = argparse.ArgumentParser(prog="longan", description="Long An ID")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (text, _) in COMMANDS.items():
        added = commands.add_parser(name, help=text, description=text)
        if name == "seed":
            added.add_argument(
                "--sample", action="store_true", help="also the sample data and personas (development only)"
            )
            own = "also a province's own parks.csv and wage_regions.csv, with the columns of those in the package"
            added.add_argument("--lists", type=Path, metavar="DIRECTORY", help=own)
        if name == "create-admin":
            added.add_argument("phone", help="the mobile number of the administrator")
        if name == "push":
            added.add_argument("words", nargs="*", metavar="ERROR | replay ERROR|ID ...", help=PUSH_HELP)
        if name == "keys":
            forms = "DIRECTORY | rotate [PURPOSE ...] | rewrap | retire"
            added.add_argument("words", nargs="*", metavar=forms, help=KEYS_HELP)
            added.add_argument("--directory", type=Path, help="where the keys are (LONGAN_KEYS_DIR)")
            added.add_argument("--after", type=float, metavar="MINUTES", help="when a new key begins (10)")
    words = sys.argv[1:] if arguments is None else arguments
    if not words:
        parser.print_help()
        return 0
    given = parser.parse_args(words)
    try:
        return COMMANDS[given.command][1](given)
    except BadSettings as error:
        said = str(error)
    except AWAY as error:
        said = f"PostgreSQL does not answer at LONGAN_DATABASE_URL: {error or 'no answer in time'}."
    print(f"longan {given.command}: {said}", file=sys.stderr)
    return 2


def tell(label: str, done: int, total: int) -> None:
    """Progress, in one line."""
    print(f"\r  {label}: {done:,} of {total:,}", end="\n" if done >= total else "", flush=True)


CONNECT_SECONDS = 5.0
# It may be there soon, and the API and the worker wait for it as they do when it goes away later.
AWAY = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
)


@asynccontextmanager
async def _database(settings: Settings) -> AsyncGenerator[asyncpg.Connection, None]:
    """A connection for a while. Raises `BadSettings` where PostgreSQL refuses it, one of `AWAY` where it is away."""
    try:
        connection = await asyncpg.connect(settings.database_url, timeout=CONNECT_SECONDS)
    except AWAY:
        raise
    except (ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise BadSettings(f"PostgreSQL refuses what LONGAN_DATABASE_URL says: {error}.") from error
    try:
        yield connection
    finally:
        await connection.close()


async def _checked(settings: Settings) -> None:
    async with _database(settings) as connection:
        await schema.check(connection)


def _ready(process: str) -> Settings:
    """Settings, keys and database of a process that is to serve. Raises `BadSettings` for what would not serve well."""
    settings = read()
    keys.load(settings.keys_dir)
    texting.read(settings)
    try:
        asyncio.run(_checked(settings))
    except AWAY:
        print(f"longan {process}: PostgreSQL does not answer yet at LONGAN_DATABASE_URL.", file=sys.stderr)
    return settings


@command("everything on this machine: PostgreSQL, Valkey, object storage, sample data, API, worker, local SMS and push")
def dev(_: argparse.Namespace) -> int:
    try:
        from longan.devkit.greeting import greet
        from longan.devkit.supervisor import Development, run
    except ModuleNotFoundError as error:
        raise BadSettings(f"{error.name} is missing: the extra `dev` of longan-id brings it.") from error

    def number(name: str, standard: int) -> int:
        try:
            return int(os.environ.get(name) or standard)
        except ValueError as error:
            raise BadSettings(f"{name} must be a whole number.") from error

    return run(
        Development(
            data_dir=Path(os.environ.get("LONGAN_DATA_DIR") or ".longan"),
            port=number("LONGAN_PORT", 8000),
            metrics_port=number("LONGAN_METRICS_PORT", 8001),
            devkit_port=number("LONGAN_DEVKIT_PORT", 8002),
            s3_port=number("LONGAN_S3_PORT", 8003),
            workers=number("LONGAN_WORKERS", 1),
            database_url=os.environ.get("LONGAN_DATABASE_URL") or None,
            redis_url=os.environ.get("LONGAN_REDIS_URL") or None,
            s3_url=os.environ.get("LONGAN_S3_URL") or None,
        ),
        greet=greet,
    )


@command("the API, on LONGAN_PORT")
def api(_: argparse.Namespace) -> int:
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces, Loops

    settings = _ready("api")
    openid.read(settings)
    Granian(
        "longan.api.app:serve",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=settings.workers,
        loop=Loops.uvloop,
        http=HTTPModes.auto,
        factory=True,
        log_access=False,
        respawn_failed_workers=True,
        workers_kill_timeout=5,
        backlog=2048,
        # So many connections does a process serve at once, and every stream holds one.
        backpressure=settings.event_streams + 1024,
    ).serve()
    return 0


@command("the worker: keeps what the API promised")
def worker(_: argparse.Namespace) -> int:
    from longan.worker import run

    return run(_ready("worker"))


@command("bring the database to the newest migration")
def migrate(_: argparse.Namespace) -> int:
    settings = read()

    async def run() -> None:
        async with _database(settings) as connection:
            await schema.check_made(connection)
        await schema.migrate(settings.database_url)

    asyncio.run(run())
    print("The database is at migration", schema.head())
    return 0


@command("make one of the first two administrators and print the ticket for their passkey")
def create_admin(given: argparse.Namespace) -> int:
    from longan.floor.base.errors import InvalidRequest
    from longan.floor.setup.crypto import Sealed
    from longan.rooms.staff import domain

    settings = read()

    async def run() -> str | None:
        async with _database(settings) as connection:
            await schema.check(connection)
            phones = Sealed(keys.load(settings.keys_dir), "phone")
            async with connection.transaction():
                return await domain.first_administrator(connection, phones, given.phone, clock.utc())

    try:
        ticket = asyncio.run(run())
    except InvalidRequest:
        print(f"longan create-admin: {given.phone} is no Vietnamese mobile number.", file=sys.stderr)
        return 2
    if ticket is None:
        print(
            "longan create-admin: two administrators can sign in already, and they propose and approve others.",
            file=sys.stderr,
        )
        return 1
    print(f"The ticket for the administrator's passkey, good once within 24 hours:\n\n  {ticket}\n")
    return 0


@command("load the dated government data: units, lists, procedures")
def seed(given: argparse.Namespace) -> int:
    from longan.floor.setup.crypto import Sealed
    from longan.reference import load

    settings = read()
    if given.sample and not settings.development:
        raise BadSettings("--sample brings personas that anybody can be: it exists in development only.")

    async def run() -> None:
        async with _database(settings) as connection:
            await schema.check(connection)
            await load.load(connection, tell)
            if given.lists:
                try:
                    await load.load_own(connection, tell, given.lists)
                except load.NO_LISTS as error:
                    raise BadSettings(f"The lists of {given.lists} cannot be loaded: {error}.") from error
            if given.sample:
                from longan.devkit.sample import load as sample

                ring = keys.load(settings.keys_dir)
                await sample.load(connection, tell, clock.utc(), Sealed(ring, "phone"), Sealed(ring, "number"))
            # Until PostgreSQL has looked at what came in, its plans are bad enough to miss a request's deadline.
            await connection.execute("analyze")

    asyncio.run(run())
    return 0


KEYS_HELP = (
    "make what is missing in a directory; or a new key for each purpose (access-app and access-official when none is "
    "named), known at once and used after some minutes; or seal with the newest keys what older ones sealed; or remove "
    "the signing keys that are of no use any more"
)


@command("the keys: make what is missing, rotate, retire")
def make_keys(given: argparse.Namespace) -> int:
    what, *purposes = given.words or [""]
    verb = what in ("", "rotate", "rewrap", "retire")
    named = (given.directory or os.environ.get("LONGAN_KEYS_DIR")) if verb else what
    if not named:
        raise BadSettings("LONGAN_KEYS_DIR is not set, and no directory is named.")
    directory, now = Path(named), clock.utc()
    match what, purposes:
        case "rotate", _:
            after = keys.KNOWN_BEFORE if given.after is None else timedelta(minutes=given.after)
            made = keys.rotate(directory, purposes or [f"access-{audience}" for audience in keys.AUDIENCES], now, after)
            print(*made, f"begin at {now + after:%H:%M:%S} UTC; bring them to every machine before.", sep="\n")
        case "rewrap", []:
            return rewrapping.run(read(), tell)
        case "retire", []:
            print(*keys.retire(directory, now), sep="\n")
        case _, []:
            keys.ensure(directory)
            print(*sorted(directory.iterdir()), sep="\n")
        case _:
            raise BadSettings(f"{' '.join(given.words)!r} is neither a directory nor rotate, rewrap or retire.")
    return 0


COMMANDS["keys"] = COMMANDS.pop("make-keys")


PUSH_HELP = (
    "without a word, how much waits and what was given up, by error; with an error, the ids of what was given up for "
    "it; `replay` tries again what was given up for these errors or has these ids, unless its time is over"
)


@command("the outbox of pushes: what waits, what was given up, and trying that again")
def push(given: argparse.Namespace) -> int:
    from longan.rooms.push import store

    settings, now = read(), clock.utc()
    replay = given.words[:1] == ["replay"]
    named = given.words[1:] if replay else given.words
    if (replay and not named) or (not replay and len(named) > 1):
        raise BadSettings("say `longan push`, `longan push ERROR` or `longan push replay ERROR|ID ...`.")

    async def run() -> int:
        async with _database(settings) as connection:
            await schema.check(connection)
            if replay:
                done = await store.replay(connection, named, now)
                print(f"{done:,} will be tried again")
                return 0 if done else 1
            if named:
                ids = await store.dead_for(connection, named[0], now)
                print(*(f"{each.id}  {'expired' if each.expired else 'can be replayed'}" for each in ids), sep="\n")
                return 0 if ids else 1
            depth = await store.depth(connection, now)
            since = f", the oldest since {depth.oldest_due:%Y-%m-%d %H:%M:%S} UTC" if depth.oldest_due else ""
            print(f"{depth.queued:,} wait, {depth.due:,} of them are due{since}; {depth.leased:,} are on their way")
            for each in await store.dead(connection, now):
                print(f"{each.count:,} given up: {each.error}; {each.count - each.expired:,} can be replayed")
        return 0

    return asyncio.run(run())


@command("print the OpenAPI document")
def openapi(_: argparse.Namespace) -> int:
    from longan.api.openapi import whole

    sys.stdout.buffer.write(whole().body)
    return 0


@command("check settings, keys, database and cache, and say what is wrong")
def check(_: argparse.Namespace) -> int:
    import redis.asyncio

    settings = read()
    keys.load(settings.keys_dir)
    openid.read(settings)
    texting.read(settings)

    async def run() -> None:
        await _checked(settings)
        valkey = redis.asyncio.from_url(settings.redis_url, socket_connect_timeout=CONNECT_SECONDS)
        try:
            await valkey.execute_command("PING")  # type: ignore[no-untyped-call]
        except (redis.RedisError, OSError) as error:
            raise BadSettings(f"Valkey does not answer at LONGAN_REDIS_URL: {error}.") from error
        finally:
            await valkey.aclose()

    asyncio.run(run())
    print(json.dumps({"settings": "ok", "keys": "ok", "database": "ok", "cache": "ok"}))
    return 0
