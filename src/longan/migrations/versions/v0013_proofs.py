"""Proofs of possession: keys of devices, proofs seen."""

from longan.migrations.script import run

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    run("""
select 1;
""")
