"""Sessions in a schema of their own, with names, and the keys of devices."""

from longan.migrations.script import run

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    run("""
create schema sessions;
alter table identity.sessions set schema sessions;
alter table identity.refresh_tokens set schema sessions;

alter table sessions.sessions
    add column version         integer     not null default 1,
    add column expiry_told     timestamptz;
comment on column sessions.sessions.expiry_told is 'the end that its owner was warned of';
create index sessions_over on sessions.sessions (least(idle_expires_at, expires_at)) where ended_at is null;
create index sessions_of_key on sessions.sessions (account_id, key_thumbprint) where key_thumbprint is not null;

alter table sessions.refresh_tokens
    add column successor   bytea,
    add column repeated_at timestamptz;
comment on column sessions.refresh_tokens.successor is 'digest of the token that was given for this one';
comment on column sessions.refresh_tokens.repeated_at is 'when the answer, lost on the way, was last given again';

create table sessions.device_keys (
    account_id  uuid        not null references identity.accounts,
    thumbprint  text        not null,
    enrolled_at timestamptz not null,
    ended_at    timestamptz,
    primary key (account_id, thumbprint)
);
comment on column sessions.device_keys.thumbprint is 'RFC 7638, of the DPoP key of a device';
""")
