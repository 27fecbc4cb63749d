"""Events as they happen."""

from longan.migrations.script import run

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    run("""
select 1;
""")
