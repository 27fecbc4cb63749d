"""Employers as the tax register knows them."""

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    pass
