"""Hand-written SQL for a migration.

SQLAlchemy's asyncpg dialect prepares each statement, and PostgreSQL prepares one statement at a time; the raw
connection runs a whole script.
"""

from alembic import op


def run(sql: str) -> None:
    """Run `sql`, any number of statements, inside the migration's transaction."""
    op.get_bind().connection.dbapi_connection.run_async(lambda connection: connection.execute(sql))  # type: ignore[union-attr]
