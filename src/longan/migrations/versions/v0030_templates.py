"""Templates of postings."""

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    pass
