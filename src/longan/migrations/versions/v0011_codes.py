"""One-time codes for more than signing in; a second gateway; another phone and the way back to an account."""

from longan.migrations.script import run

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    run("""
alter table identity.challenges
    drop constraint challenges_purpose_check,
    add constraint challenges_purpose_check check (purpose in ('sign_in', 'change_phone', 'recover', 'enrol_passkey')),
    add column account_id     uuid references identity.accounts,
    add column about_index    bytea,
    add column key_thumbprint text,
    add column gateway        text,
    add column delivered_at   timestamptz,
    add column failed_at      timestamptz,
    add column failed_by      text,
    add column failure        text,
    add constraint challenges_of_account check ((purpose in ('change_phone', 'enrol_passkey')) = (account_id is not null)),
    add constraint challenges_about check ((purpose = 'recover') = (about_index is not null));
comment on column identity.challenges.about_index is 'HMAC-SHA-256 of the lost phone of a recovery';
comment on column identity.challenges.key_thumbprint is 'RFC 7638, of the device that asked: no other may answer';
comment on column identity.challenges.gateway is 'who took the message last; sent_at is when';
comment on column identity.challenges.failed_by is 'the gateway whose delivery failed first: the other one gets its chance';

create table identity.code_failures (
    phone_index  bytea       not null,
    holder       text        not null,
    failures     integer     not null,
    failed_at    timestamptz not null,
    paused_until timestamptz,
    primary key (phone_index, holder)
);
comment on table identity.code_failures is 'wrong codes in a row for a phone, whatever challenges they were for';
comment on column identity.code_failures.holder is 'empty for anybody; the key of a known device, or the account itself';
create index code_failures_age on identity.code_failures (failed_at);

create table identity.wrong_codes (
    minute timestamptz primary key,
    codes  integer     not null
);
comment on table identity.wrong_codes is 'wrong codes of the whole service, minute by minute';

update identity.sms_breaker set gateway = 'first' where gateway = 'sms';

create schema recovery;

create table recovery.cases (
    id           uuid        primary key default uuidv7(),
    account_id   uuid        references identity.accounts,
    lost_index   bytea       not null,
    number_index bytea,
    phone_index  bytea       not null,
    phone_cipher bytea       not null,
    locale       text        not null check (locale in ('vi', 'en')),
    number_matched boolean   not null default false,
    state        text        not null default 'opened'
                 check (state in ('opened', 'waiting', 'review', 'approved', 'blind',
                                  'done', 'refused', 'cancelled', 'replaced', 'lapsed')),
    review_for   text        check (review_for in ('identity_confirmed', 'other_way_in', 'in_use', 'several_claims', 'objection')),
    objected_at  timestamptz,
    opened_at    timestamptz not null,
    due_at       timestamptz not null,
    closed_at    timestamptz,
    decided_by   uuid        references identity.accounts,
    decided_at   timestamptz,
    agency_code  text,
    reason       text,
    constraint cases_of_account check (account_id is not null or state not in ('waiting', 'review', 'approved', 'done')),
    constraint cases_closed check ((state in ('done', 'refused', 'cancelled', 'replaced', 'lapsed')) = (closed_at is not null)),
    constraint cases_decided check ((decided_by is null) = (decided_at is null)),
    constraint cases_reviewed check (state <> 'review' or review_for is not null)
);
comment on column recovery.cases.account_id is 'found by the worker; null when there is none';
comment on column recovery.cases.lost_index is 'HMAC-SHA-256 of the lost phone';
comment on column recovery.cases.number_index is 'keyed index of the identity number that was named, until it was compared';
comment on column recovery.cases.phone_cipher is 'AES-256-GCM of the new phone, bound to this row';
comment on column recovery.cases.review_for is 'why a person has to decide';
comment on column recovery.cases.objected_at is 'when a session that proves less than the account can first said no';
create unique index cases_one_open_per_phone on recovery.cases (phone_index) where closed_at is null;
create index cases_of_account on recovery.cases (account_id, opened_at desc, id desc);
create index cases_due on recovery.cases (due_at) where closed_at is null;
create index cases_to_review on recovery.cases (opened_at, id) where state = 'review';
create index cases_of_lost on recovery.cases (lost_index, opened_at);

create table recovery.looks (
    id          uuid        primary key default uuidv7(),
    case_id     uuid        not null references recovery.cases on delete cascade,
    account_id  uuid        not null references identity.accounts,
    official_id uuid        not null references identity.accounts,
    agency_code text,
    purpose     text        not null check (purpose in ('decide', 'answer_question')),
    looked_at   timestamptz not null
);
comment on table recovery.looks is 'each time an official has seen whose account a case is about: shown to its owner';
create index looks_of_official on recovery.looks (official_id, looked_at);
create index looks_of_account on recovery.looks (account_id, looked_at desc, id desc);
create index on recovery.looks (case_id);
""")
