"""One-time codes for more than signing in; another phone; a second gateway."""

from longan.migrations.script import run

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    run("""
select 1;
""")
