"""Assurance: cases of identity, what was confirmed, data keys of persons; and the officials' looks into cases."""

from longan.migrations.script import run

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    run("""
create schema assurance;

create table assurance.person_keys (
    account_id uuid        primary key references identity.accounts,
    wrap_key   text        not null,
    wrapped    bytea       not null,
    version    smallint    not null,
    created_at timestamptz not null
);
comment on table assurance.person_keys is 'the data key of each person; without its row all that it sealed is unreadable';
comment on column assurance.person_keys.wrapped is 'AES-256-GCM under the key named by wrap_key, which is in no database';
create index person_keys_by_wrap_key on assurance.person_keys (wrap_key, account_id);

create table assurance.cases (
    id            uuid        primary key default uuidv7(),
    account_id    uuid        not null references identity.accounts,
    state         text        not null check (state in ('submitted', 'in_review', 'confirmed', 'refused', 'withdrawn')),
    source        text        not null check (source in ('typed', 'card', 'federation')),
    number_index  bytea,
    number        bytea,
    full_name     bytea,
    birth_date    bytea,
    sex           bytea,
    address       bytea,
    provider_said text        check (provider_said in ('holder_confirmed', 'confirmed', 'not_matched', 'unknown',
                                                       'number_taken')),
    submitted_at  timestamptz not null,
    claimed_by    uuid        references identity.accounts,
    claimed_at    timestamptz,
    decided_how   text        check (decided_how in ('official', 'provider', 'federation')),
    decided_by    uuid        references identity.accounts,
    agency_code   text,
    decided_at    timestamptz,
    reason_code   text,
    reason        text,
    version       integer     not null default 1,
    constraint cases_claimed_whole check ((claimed_by is null) = (claimed_at is null)),
    constraint cases_in_review_claimed check (state <> 'in_review' or claimed_by is not null),
    constraint cases_decided_whole check ((state in ('confirmed', 'refused')) = (decided_at is not null)),
    constraint cases_over_emptied check (
        state not in ('refused', 'withdrawn')
        or num_nonnulls(number_index, number, full_name, birth_date, sex, address) = 0)
);
comment on column assurance.cases.number_index is 'HMAC-SHA-256 of the personal number, under a key of its own';
comment on column assurance.cases.number is 'this and the next four: AES-256-GCM with the data key of the person, bound to column and row';
create unique index cases_one_open on assurance.cases (account_id) where state in ('submitted', 'in_review');
create index cases_of_account on assurance.cases (account_id, submitted_at desc, id desc);
create index cases_waiting on assurance.cases (submitted_at, id) where state in ('submitted', 'in_review');

create table assurance.identities (
    account_id   uuid        primary key references identity.accounts,
    confirmed_at timestamptz,
    confirmed_by text        check (confirmed_by in ('official', 'provider', 'federation')),
    case_id      uuid        references assurance.cases,
    number_index bytea       constraint identities_one_per_number unique
);

create table assurance.breakers (
    provider   text        primary key,
    failures   integer     not null default 0,
    open_until timestamptz
);

create schema reviews;

create table reviews.looks (
    id          uuid        primary key default uuidv7(),
    case_id     uuid        not null references assurance.cases,
    account_id  uuid        not null references identity.accounts,
    official_id uuid        not null references identity.accounts,
    agency_code text,
    purpose     text        not null check (purpose in ('decide', 'answer_question')),
    looked_at   timestamptz not null
);
comment on table reviews.looks is 'each time an official has seen the data of a case: shown to whom they are about';
create index looks_of_official on reviews.looks (official_id, looked_at);
create index looks_of_account on reviews.looks (account_id, looked_at desc, id desc);
""")
