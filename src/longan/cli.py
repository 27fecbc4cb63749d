"""The command line: what an operator and a developer type."""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from longan import keys, schema
from longan.settings import BadSettings, read

COMMANDS: dict[str, tuple[str, Callable[[argparse.Namespace], int]]] = {}


def command(text: str) -> Callable[[Callable[[argparse.Namespace], int]], Callable[[argparse.Namespace], int]]:
    """Register a command under its function's name."""

    def register(function: Callable[[argparse.Namespace], int]) -> Callable[[argparse.Namespace], int]:
        COMMANDS[function.__name__] = (text, function)
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
        if name == "keys":
            added.add_argument("directory", type=Path, help="where the keys are, or will be")
    given = parser.parse_args(arguments)
    try:
        return COMMANDS[given.command][1](given)
    except BadSettings as error:
        print(f"longan {given.command}: {error}", file=sys.stderr)
        return 2


@command("everything on this machine: PostgreSQL, Valkey, sample data, API, worker, local SMS and push")
def dev(_: argparse.Namespace) -> int:
    from longan.devkit.greeting import greet
    from longan.devkit.supervisor import Development, run

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
            workers=number("LONGAN_WORKERS", 1),
            database_url=os.environ.get("LONGAN_DATABASE_URL") or None,
            redis_url=os.environ.get("LONGAN_REDIS_URL") or None,
        ),
        greet=greet,
    )


@command("the API, on LONGAN_PORT")
def api(_: argparse.Namespace) -> int:
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces, Loops

    settings = read()
    keys.load(settings.keys_dir)
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
        process_name="longan-api",
    ).serve()
    return 0


@command("the worker: keeps what the API promised")
def worker(_: argparse.Namespace) -> int:
    from longan.worker import run

    return run(read())


@command("bring the database to the newest migration")
def migrate(_: argparse.Namespace) -> int:
    asyncio.run(schema.migrate(read().database_url))
    print("The database is at migration", schema.head())
    return 0


@command("load the dated government data: units, procedures")
def seed(given: argparse.Namespace) -> int:
    import asyncpg

    from longan import clock
    from longan.crypto import Phones
    from longan.reference import load

    settings = read()
    if given.sample and not settings.development:
        raise BadSettings("--sample brings personas that anybody can be: it exists in development only.")

    def tell(label: str, done: int, total: int) -> None:
        print(f"\r  {label}: {done:,} of {total:,}", end="\n" if done >= total else "", flush=True)

    async def run() -> None:
        connection = await asyncpg.connect(settings.database_url)
        try:
            await schema.check(connection)
            await load.load(connection, tell)
            if given.sample:
                from longan.devkit.sample import load as sample

                await sample.load(connection, tell, clock.utc(), Phones(keys.load(settings.keys_dir)))
        finally:
            await connection.close()

    asyncio.run(run())
    return 0


@command("make the keys that are missing in a directory")
def make_keys(given: argparse.Namespace) -> int:
    keys.ensure(given.directory)
    for file in sorted(given.directory.iterdir()):
        print(file)
    return 0


COMMANDS["keys"] = COMMANDS.pop("make_keys")


@command("print the OpenAPI document")
def openapi(_: argparse.Namespace) -> int:
    from longan.api.openapi import render

    sys.stdout.buffer.write(render())
    return 0


@command("check settings, keys, database and cache, and say what is wrong")
def check(_: argparse.Namespace) -> int:
    import asyncpg
    import redis.asyncio

    settings = read()
    keys.load(settings.keys_dir)

    async def run() -> None:
        try:
            connection = await asyncpg.connect(settings.database_url, timeout=5)
        except (OSError, asyncpg.PostgresError, TimeoutError) as error:
            raise BadSettings(f"PostgreSQL does not answer at LONGAN_DATABASE_URL: {error}.") from error
        try:
            await schema.check(connection)
        finally:
            await connection.close()
        valkey = redis.asyncio.from_url(settings.redis_url, socket_connect_timeout=5)
        try:
            await valkey.execute_command("PING")
        except (redis.RedisError, OSError) as error:
            raise BadSettings(f"Valkey does not answer at LONGAN_REDIS_URL: {error}.") from error
        finally:
            await valkey.aclose()

    asyncio.run(run())
    print(json.dumps({"settings": "ok", "keys": "ok", "database": "ok", "cache": "ok"}))
    return 0
