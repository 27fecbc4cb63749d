"""Postings that come and go in bulk."""

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    pass
