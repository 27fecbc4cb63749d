"""Receipts, dead letters, pace."""

from longan.migrations.script import run

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    run("""
select 1;
""")
