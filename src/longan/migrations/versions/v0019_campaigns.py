"""Campaigns of officials."""

from longan.migrations.script import run

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    run("""
select 1;
""")
