"""Zalo and text messages where no push arrives."""

from longan.migrations.script import run

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    run("""
select 1;
""")
