"""Placeholder."""

from longan.migrations.script import run

revision = "0047"
down_revision = "0046"


def upgrade() -> None:
    run("select 1")
