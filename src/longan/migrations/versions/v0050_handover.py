"""Placeholder."""

from longan.migrations.script import run

revision = "0050"
down_revision = "0049"


def upgrade() -> None:
    run("select 1")
