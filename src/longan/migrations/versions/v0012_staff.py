"""Staff: roles granted and ended by two people."""

from longan.migrations.script import run

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    run("""
select 1;
""")
