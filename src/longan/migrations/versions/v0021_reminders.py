"""Reminders, and phones that went quiet."""

from longan.migrations.script import run

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    run("""
select 1;
""")
