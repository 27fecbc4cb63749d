"""Sessions in a schema of their own, and the keys of devices."""

from longan.migrations.script import run

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    run("""
create schema sessions;
alter table identity.sessions set schema sessions;
alter table identity.refresh_tokens set schema sessions;

create table sessions.device_keys (
    account_id  uuid        not null references identity.accounts,
    thumbprint  text        not null,
    enrolled_at timestamptz not null,
    ended_at    timestamptz,
    primary key (account_id, thumbprint)
);
comment on column sessions.device_keys.thumbprint is 'RFC 7638, of the DPoP key of a device';
""")
