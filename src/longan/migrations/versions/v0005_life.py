"""Public services, notifications and the way to the phone."""

from longan.migrations.script import run

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    run("""
create schema services;

create table services.procedures (
    code         text     primary key,
    name         text     not null,
    search_text  text     not null,
    search       tsvector not null generated always as (to_tsvector('simple', search_text)) stored,
    name_marked  text     not null,
    field_code   text     not null,
    field        text     not null,
    agency_code  text     not null,
    agency       text     not null,
    levels       text[]   not null,
    online_level text     not null check (online_level in ('toan_trinh', 'mot_phan', 'khong')),
    audience     text[]   not null,
    worker_group text,
    code_valid   boolean  not null,
    updated_on   date,
    detail       jsonb    not null
);
comment on column services.procedures.worker_group is 'the hand-picked procedures a worker needs; others null';
comment on column services.procedures.detail is 'what get_procedure shows beyond the columns: documents, methods, cases, legal basis, steps, results';
create index procedures_search on services.procedures using gin (search);
create index procedures_by_field on services.procedures (field_code, code);
create index procedures_in_order on services.procedures ((worker_group is null), code);

create schema notifications;

create table notifications.inbox (
    id         uuid        primary key default uuidv7(),
    account_id uuid        not null references identity.accounts,
    topic      text        not null,
    subject_id uuid,
    params     jsonb       not null default '{}',
    created_at timestamptz not null,
    read_at    timestamptz,
    dedupe_key text        not null constraint inbox_once unique
);
create index inbox_of_account on notifications.inbox (account_id, created_at desc, id desc);
create index inbox_unread on notifications.inbox (account_id) where read_at is null;

create table notifications.events (
    sequence   bigint      generated always as identity primary key,
    account_id uuid        not null references identity.accounts,
    kind       text        not null,
    subject_id uuid,
    created_at timestamptz not null
);
create index events_of_account on notifications.events (account_id, sequence);
create index events_age on notifications.events (created_at);

create schema push;

create table push.devices (
    installation_id text        primary key,
    account_id      uuid        not null references identity.accounts,
    session_id      uuid        not null references identity.sessions,
    target_kind     text        not null check (target_kind in ('fid', 'token')),
    target          text        not null,
    platform        text        not null check (platform in ('android', 'ios', 'web')),
    locale          text        not null check (locale in ('vi', 'en')),
    out_of_use_at   timestamptz,
    out_of_use_for  text,
    registered_at   timestamptz not null,
    constraint devices_one_per_target unique (target_kind, target)
);
create index devices_of_account on push.devices (account_id) where out_of_use_at is null;

create table push.outbox (
    id              uuid        primary key default uuidv7(),
    notification_id uuid        not null references notifications.inbox,
    account_id      uuid        not null references identity.accounts,
    installation_id text        not null,
    target_kind     text,
    target          text,
    state           text        not null default 'queued' check (state in ('queued', 'leased', 'sent', 'gone', 'expired', 'dead')),
    attempts        smallint    not null default 0,
    not_before      timestamptz not null,
    expires_at      timestamptz not null,
    lease_by        uuid,
    lease_until     timestamptz,
    message_name    text,
    last_error      text,
    created_at      timestamptz not null,
    settled_at      timestamptz,
    constraint outbox_once unique (notification_id, installation_id)
) with (autovacuum_vacuum_scale_factor = 0.02);
comment on column push.outbox.target is 'where the last try went: a device may have a new target by then';
comment on column push.outbox.lease_by is 'one claim, not one worker: a late result must not settle a later lease';
comment on column push.outbox.message_name is 'the receipt: what FCM answered on accepting it';
create index outbox_due on push.outbox (not_before) where state = 'queued';
create index outbox_leased on push.outbox (lease_until) where state = 'leased';
create index outbox_age on push.outbox (settled_at) where settled_at is not null;
""")
