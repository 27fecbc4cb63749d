"""Placeholder."""

from longan.migrations.script import run

revision = "0044"
down_revision = "0043"


def upgrade() -> None:
    run("select 1")
