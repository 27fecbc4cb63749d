"""Placeholder."""

from longan.migrations.script import run

revision = "0048"
down_revision = "0047"


def upgrade() -> None:
    run("select 1")
