"""Who was asked to act for an employer."""

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    pass
