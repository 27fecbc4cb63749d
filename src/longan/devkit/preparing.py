"""Keys, migrations and data of the development environment."""

from hashlib import sha256
from importlib.resources import as_file, files
from pathlib import Path

import asyncpg

from longan import clock, keys, schema
from longan.crypto import Phones
from longan.devkit.sample import load as sample
from longan.devkit.terminal import Terminal
from longan.reference import load as reference

PACKAGES = ("longan.reference", "longan.devkit.sample")

LOADED = """-- devkit.loaded
select shobj_description(oid, 'pg_database') from pg_database where datname = current_database()"""

# The database's own comment: it goes where the data goes, which a file beside it would not.
MARK = """-- devkit.mark
comment on database longan is '{digest}'"""


async def prepare(database_url: str, keys_dir: Path, embedded: bool, terminal: Terminal) -> None:
    """Make what is missing. Data that an embedded database already has in this version is not loaded again."""
    keys.ensure(keys_dir)
    with terminal.step("Migrations"):
        await schema.migrate(database_url)
    connection = await asyncpg.connect(database_url)
    try:
        digest = packaged()
        if embedded and await connection.fetchval(LOADED) == digest:
            terminal.line("✓", "Data of the last start")
            return
        with terminal.step("Reference data") as tell:
            await reference.load(connection, tell)
        with terminal.step("Sample data") as tell:
            await sample.load(connection, tell, clock.utc(), Phones(keys.load(keys_dir)))
        if embedded:
            await connection.execute(MARK.format(digest=digest))
    finally:
        await connection.close()


def packaged() -> str:
    """A digest of the packages that hold the data and its loaders: it changes with every file of theirs."""
    digest = sha256()
    for package in PACKAGES:
        with as_file(files(package)) as folder:
            for file in sorted(each for each in folder.rglob("*") if each.is_file() and each.suffix != ".pyc"):
                digest.update(f"{file.relative_to(folder)}\0{file.stat().st_size}\0".encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()
