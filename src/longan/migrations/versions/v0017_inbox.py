"""The inbox: archived, searched, over."""

from longan.migrations.script import run

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    run("""
select 1;
""")
