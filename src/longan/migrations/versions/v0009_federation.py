"""Federation: providers' subjects linked to accounts, sign-ins under way."""

from longan.migrations.script import run

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    run("""
select 1;
""")
