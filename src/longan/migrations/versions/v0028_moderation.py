"""Postings that wait for an official, reports and appeals."""

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    pass
