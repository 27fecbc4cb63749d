"""The migrations: run them to the head, or say where the database stands."""

import asyncio
from importlib.resources import files

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from longan.settings import BadSettings


def config(database_url: str) -> Config:
    """Alembic's configuration over the scripts in the wheel."""
    made = Config()
    made.set_main_option("script_location", str(files("longan.migrations")))
    # Alembic's file is a ConfigParser, to which a percent sign is syntax.
    made.set_main_option("sqlalchemy.url", sqlalchemy_url(database_url).replace("%", "%%"))
    return made


def sqlalchemy_url(database_url: str) -> str:
    """The same address for SQLAlchemy's asyncpg dialect."""
    scheme, _, rest = database_url.partition("://")
    return f"postgresql+asyncpg://{rest}" if scheme in ("postgresql", "postgres") else database_url


async def migrate(database_url: str) -> None:
    """Bring the database to the head. Alembic runs a loop of its own, hence the thread."""
    await asyncio.to_thread(command.upgrade, config(database_url), "head")


def head() -> str:
    """The newest revision of the code."""
    found = ScriptDirectory(str(files("longan.migrations"))).get_current_head()
    if found is None:
        raise RuntimeError("the wheel holds no migrations")
    return found


async def check(connection: asyncpg.Connection) -> None:
    """Refuse a database that would fold or sort differently from shell to shell, or that is behind the code."""
    provider, locale, encoding = await connection.fetchrow(
        "select datlocprovider::text, datlocale, pg_encoding_to_char(encoding) from pg_database "
        "where datname = current_database()"
    )
    if (provider, locale, encoding) != ("b", "C.UTF-8", "UTF8"):
        raise BadSettings(
            "The database must be made with: create database longan template template0 encoding 'UTF8' "
            "locale_provider builtin builtin_locale 'C.UTF-8'."
        )
    if await connection.fetchval("select to_regclass('alembic_version')") is None:
        raise BadSettings("The database is empty: run `longan migrate`.")
    if await connection.fetchval("select version_num from alembic_version") != head():
        raise BadSettings("The database is not at the newest migration: run `longan migrate`.")
