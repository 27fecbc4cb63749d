"""Keys, migrations and data of the development environment."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from importlib.resources import as_file, files
from pathlib import Path

import asyncpg

from longan.devkit.processes import CannotStart
from longan.devkit.sample import load as sample
from longan.devkit.terminal import Terminal
from longan.floor.base import clock
from longan.floor.setup import keys
from longan.floor.setup.crypto import Sealed
from longan.reference import load as reference

CONNECT_SECONDS = 5.0
PACKAGES = ("longan.migrations", "longan.reference", "longan.devkit.sample")

LOADED = """-- devkit.loaded
select shobj_description(oid, 'pg_database') from pg_database where datname = current_database()"""

# The database's own comment: it goes where the data goes, which a file beside it would not.
MARK = """-- devkit.mark
comment on database longan is '{digest}'"""


async def prepare(database_url: str, keys_dir: Path, embedded: bool, terminal: Terminal) -> None:
    """Make what is missing. An embedded database that has all of it in this version is only brought up to today."""
    keys.ensure(keys_dir)
    digest = packaged()
    async with _connected(database_url) as connection:
        if embedded and await connection.fetchval(LOADED) == digest:
            with terminal.step("Data of the last start, brought up to today"):
                await sample.freshen(connection, clock.utc())
            return
    with terminal.step("Migrations"):
        # Not at the top: Alembic takes a second to import, and is not needed above.
        from longan.migrations import schema

        await schema.migrate(database_url)
    async with _connected(database_url) as connection:
        with terminal.step("Reference data") as tell:
            await reference.load(connection, tell)
        with terminal.step("Sample data") as tell:
            ring = keys.load(keys_dir)
            await sample.load(connection, tell, clock.utc(), Sealed(ring, "phone"), Sealed(ring, "number"))
        # Until PostgreSQL has looked at what came in, its plans are bad enough to miss a request's deadline.
        await connection.execute("analyze")
        if embedded:
            await connection.execute(MARK.format(digest=digest))


@asynccontextmanager
async def _connected(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    try:
        connection = await asyncpg.connect(database_url, timeout=CONNECT_SECONDS)
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise CannotStart(
            f"PostgreSQL does not let us in: {error or 'no answer'}. Look at LONGAN_DATABASE_URL."
        ) from error
    try:
        yield connection
    finally:
        await connection.close()


def packaged() -> str:
    """A digest of the migrations, the data and what loads them: it changes with every file of theirs."""
    digest = sha256()
    for package in PACKAGES:
        with as_file(files(package)) as folder:
            for file in sorted(each for each in folder.rglob("*") if each.is_file() and each.suffix != ".pyc"):
                digest.update(f"{file.relative_to(folder)}\0{file.stat().st_size}\0".encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()
