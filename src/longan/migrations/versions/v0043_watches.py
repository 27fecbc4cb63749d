"""Placeholder."""

from longan.migrations.script import run

revision = "0043"
down_revision = "0042"


def upgrade() -> None:
    run("select 1")
