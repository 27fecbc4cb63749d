"""Placeholder."""

from longan.migrations.script import run

revision = "0046"
down_revision = "0045"


def upgrade() -> None:
    run("select 1")
