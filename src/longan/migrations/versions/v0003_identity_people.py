"""Identity: accounts, roles, one-time codes, sessions. People: what a person says of themself."""

from longan.migrations.script import run

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    run("""
create schema identity;

create table identity.accounts (
    id           uuid        primary key default uuidv7(),
    phone_index  bytea       not null constraint accounts_one_per_phone unique,
    phone_cipher bytea       not null,
    disabled_at  timestamptz,
    created_at   timestamptz not null default now()
);
comment on column identity.accounts.phone_index is 'HMAC-SHA-256 of the E.164 number';
comment on column identity.accounts.phone_cipher is 'AES-256-GCM of the E.164 number, bound to this row';

create table identity.roles (
    account_id  uuid        not null references identity.accounts,
    role        text        not null check (role in ('worker', 'official', 'administrator')),
    agency_code text,
    created_at  timestamptz not null default now(),
    primary key (account_id, role)
);

create table identity.challenges (
    id           uuid        primary key default uuidv7(),
    purpose      text        not null check (purpose in ('sign_in')),
    audience     text        not null check (audience in ('app', 'official')),
    phone_index  bytea       not null,
    phone_cipher bytea       not null,
    nonce        bytea       not null,
    code_key     text        not null,
    locale       text        not null check (locale in ('vi', 'en')),
    tries        smallint    not null default 0,
    created_at   timestamptz not null,
    expires_at   timestamptz not null,
    used_at      timestamptz,
    sent_at      timestamptz
);
comment on column identity.challenges.phone_cipher is 'AES-256-GCM of the E.164 number, bound to this row';
comment on column identity.challenges.code_key is 'id of the key from which the code is derived; the code is nowhere';
create index challenges_age on identity.challenges (expires_at);

create table identity.sessions (
    id              uuid        primary key default uuidv7(),
    account_id      uuid        not null references identity.accounts,
    audience        text        not null check (audience in ('app', 'official')),
    acr             smallint    not null check (acr between 0 and 3),
    amr             text[]      not null,
    device_name     text,
    platform        text,
    signed_in_at    timestamptz not null,
    last_used_at    timestamptz not null,
    idle_expires_at timestamptz not null,
    expires_at      timestamptz not null,
    ended_at        timestamptz,
    end_reason      text
);
create index sessions_of_account on identity.sessions (account_id) where ended_at is null;

create table identity.refresh_tokens (
    digest     bytea       primary key,
    session_id uuid        not null references identity.sessions,
    created_at timestamptz not null,
    used_at    timestamptz
);
comment on column identity.refresh_tokens.digest is 'SHA-256 of a 256-bit random token';
create index refresh_tokens_of_session on identity.refresh_tokens (session_id);

create table identity.sms_breaker (
    gateway    text        primary key,
    failures   integer     not null default 0,
    open_until timestamptz
);

create schema people;

create type people.held_role as (role text, employer_id uuid, agency_code text);

create table people.profiles (
    account_id uuid        primary key references identity.accounts,
    full_name  text,
    birth_year smallint    check (birth_year between 1900 and 2100),
    locale     text        not null default 'vi' check (locale in ('vi', 'en')),
    ward_version date,
    ward_code  text,
    occupation_code   text     references reference.occupations,
    skills            text[]   not null default '{}',
    experience_months smallint check (experience_months between 0 and 600),
    education         text     check (education in ('none', 'primary', 'lower_secondary', 'upper_secondary',
                      'vocational', 'college', 'university')),
    shifts            text[]   not null default '{}' check (shifts <@ array['day', 'night', 'two_shifts',
                      'three_shifts', 'twelve_hours', 'flexible']),
    wanted_month_pay  bigint   check (wanted_month_pay > 0),
    version    integer     not null default 1,
    updated_at timestamptz not null default now(),
    foreign key (ward_version, ward_code) references places.units (version, code)
);
comment on column people.profiles.shifts is 'those the person would work; none named: any';
""")
