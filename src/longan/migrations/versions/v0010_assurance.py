"""Assurance: confirmed identities, reviews, data keys of persons."""

from longan.migrations.script import run

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    run("""
create schema assurance;

create table assurance.identities (
    account_id   uuid primary key references identity.accounts,
    confirmed_at timestamptz
);
""")
