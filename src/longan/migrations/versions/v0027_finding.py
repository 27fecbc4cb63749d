"""Postings a worker keeps, sees and does not want."""

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    pass
