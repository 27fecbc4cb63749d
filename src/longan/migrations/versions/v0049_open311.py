"""Placeholder."""

from longan.migrations.script import run

revision = "0049"
down_revision = "0048"


def upgrade() -> None:
    run("select 1")
