"""Federation: providers' subjects linked to accounts, sign-ins under way, claims to confirm. Firebase's spent tokens."""

from longan.migrations.script import run

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    run("""
create schema federation;

create table federation.links (
    id            uuid        primary key default uuidv7(),
    account_id    uuid        not null references identity.accounts,
    issuer        text        not null,
    subject_index bytea       not null,
    linked_at     timestamptz not null,
    constraint links_one_account unique (issuer, subject_index),
    constraint links_one_per_provider unique (account_id, issuer)
);
comment on column federation.links.subject_index is
    'HMAC-SHA-256 of issuer and subject: some providers take a personal number for the subject';

create table federation.sign_ins (
    state_digest        bytea       primary key,
    continuation_digest bytea       not null,
    issuer              text        not null,
    audience            text        not null check (audience in ('app', 'official')),
    nonce               text        not null,
    verifier            text        not null,
    account_id          uuid        references identity.accounts,
    key_thumbprint      text,
    created_at          timestamptz not null,
    expires_at          timestamptz not null
);
comment on table federation.sign_ins is 'somebody sent to a provider; the row goes when they come back';
comment on column federation.sign_ins.verifier is 'RFC 7636; worth nothing without the code and our own key';
comment on column federation.sign_ins.account_id is 'whose way in this will be; null for a sign-in';
create index sign_ins_age on federation.sign_ins (expires_at);

create table federation.claims (
    id         uuid        primary key,
    account_id uuid        not null references identity.accounts,
    issuer     text        not null,
    acr        smallint    not null check (acr between 0 and 2),
    sealed     bytea       not null,
    created_at timestamptz not null
);
comment on table federation.claims is
    'what a provider said of a person, until the task confirm_from_claims has read it; a day at most';
comment on column federation.claims.sealed is
    'crypto.Sealed "number", bound to id, of the JSON {"personal_number", "full_name", "birth_date"}';
create index claims_age on federation.claims (created_at);

create schema firebase;

create table firebase.spent_tokens (
    digest   bytea       primary key,
    spent_at timestamptz not null
);
comment on column firebase.spent_tokens.digest is 'SHA-256 of the signed part of an ID token that opened a session';
create index spent_tokens_age on firebase.spent_tokens (spent_at);
""")
