"""The migrations: run them to the head, or say where the database stands."""

import asyncio
from importlib.resources import files

import asyncpg

from longan.floor.messages import wanting
from longan.floor.setup.settings import BadSettings

SCRIPTS = files("longan.migrations")

MADE = """-- schema.made
select concat_ws(' ', datlocprovider, datlocale, pg_encoding_to_char(encoding))
  from pg_database where datname = current_database()"""


def sqlalchemy_url(database_url: str) -> str:
    """The same address for SQLAlchemy's asyncpg dialect."""
    scheme, _, rest = database_url.partition("://")
    return f"postgresql+asyncpg://{rest}" if scheme in ("postgresql", "postgres") else database_url


async def migrate(database_url: str) -> None:
    """Bring the database to the head, over the scripts in the wheel, and then the functions that belong to the code."""
    # Not at the top: Alembic takes a second and 40 MB, and whoever only asks where a database stands needs neither.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    # Alembic's file is a ConfigParser, to which a percent sign is syntax.
    config.set_main_option("sqlalchemy.url", sqlalchemy_url(database_url).replace("%", "%%"))
    # Alembic runs a loop of its own, hence the thread.
    await asyncio.to_thread(command.upgrade, config, "head")
    connection = await asyncpg.connect(database_url)
    try:
        await wanting.install(connection)
    finally:
        await connection.close()


def head() -> str:
    """The newest revision of the code: the number in the name of its file, which a test compares with Alembic's."""
    return max(file.name[1:5] for file in (SCRIPTS / "versions").iterdir() if file.name.startswith("v0"))


async def check_made(connection: asyncpg.Connection) -> None:
    """Refuse a database that would fold or sort differently from shell to shell."""
    if await connection.fetchval(MADE) != "b C.UTF-8 UTF8":
        raise BadSettings(
            "The database must be made with: create database longan template template0 encoding 'UTF8' "
            "locale_provider builtin builtin_locale 'C.UTF-8'."
        )


async def check(connection: asyncpg.Connection) -> None:
    """Refuse a database that was made badly, or that is behind the code; one that is ahead serves older code too."""
    await check_made(connection)
    if await connection.fetchval("select to_regclass('alembic_version')") is None:
        raise BadSettings("The database is empty: run `longan migrate`.")
    if (await connection.fetchval("select version_num from alembic_version") or "") < head():
        raise BadSettings("The database is not at the newest migration: run `longan migrate`.")
    await wanting.check(connection)
