"""Placeholder."""

from longan.migrations.script import run

revision = "0045"
down_revision = "0044"


def upgrade() -> None:
    run("select 1")
