"""Passkeys: credentials, challenges of the ceremonies."""

from longan.migrations.script import run

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    run("""
create schema passkeys;

create table passkeys.credentials (
    id              uuid        primary key default uuidv7(),
    account_id      uuid        not null references identity.accounts,
    credential_id   bytea       not null constraint credentials_one_owner unique
                                check (octet_length(credential_id) between 16 and 1023),
    public_key      bytea       not null,
    sign_count      bigint      not null check (sign_count >= 0),
    name            text        not null,
    transports      text[]      not null,
    backed_up       boolean     not null,
    for_staff       boolean     not null,
    created_at      timestamptz not null,
    last_used_at    timestamptz,
    counter_back_at timestamptz,
    version         integer     not null default 1
);
comment on column passkeys.credentials.public_key is 'COSE_Key (RFC 9052), as the authenticator gave it';
comment on column passkeys.credentials.for_staff is 'bound by a ticket or from an official''s session: opens those alone';
comment on column passkeys.credentials.counter_back_at is 'when its counter last went back: there may be a copy';
create index credentials_of_account on passkeys.credentials (account_id);

create table passkeys.challenges (
    digest     bytea       primary key,
    purpose    text        not null check (purpose in ('registration', 'enrolment', 'sign_in')),
    given_to   bytea,
    expires_at timestamptz not null,
    used_at    timestamptz,
    constraint challenges_given check ((purpose = 'sign_in') = (given_to is null))
);
comment on column passkeys.challenges.digest is 'SHA-256 of 256 random bits';
comment on column passkeys.challenges.given_to is 'the session that registers, or SHA-256 of the ticket';
create index challenges_age on passkeys.challenges (expires_at);
""")
