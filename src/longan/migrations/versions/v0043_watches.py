"""Dossiers that people watch: each asked about once for all who do, and what of it they were told."""

from longan.migrations.script import run

revision = "0043"
down_revision = "0042"


def upgrade() -> None:
    run("""
create schema dossier_watches;

create table dossier_watches.followed (
    id            uuid        primary key,
    source        text        not null,
    code_index    bytea       not null,
    code_sealed   bytea       not null,
    sealed        bytea       not null,
    as_of         timestamptz not null,
    followed_at   timestamptz not null,
    changed_at    timestamptz,
    answers       bigint      not null default 0,
    revision      integer     not null default 0,
    due_at        timestamptz,
    rings         integer     not null default 0,
    lease         uuid,
    leased_until  timestamptz,
    failures      integer     not null default 0,
    missing_since timestamptz,
    ended_at      timestamptz,
    ended_by      text        check (ended_by in ('done', 'missing', 'silent')),
    constraint followed_once unique (source, code_index),
    constraint followed_until_it_ends check ((due_at is null) = (ended_at is not null)),
    constraint followed_ends_for_a_reason check ((ended_at is null) = (ended_by is null)),
    constraint followed_leased_until check ((lease is null) = (leased_until is null))
);
comment on table dossier_watches.followed is 'a dossier that somebody watches: asked about once for all of them';
comment on column dossier_watches.followed.code_index is 'HMAC-SHA-256 of the code';
comment on column dossier_watches.followed.code_sealed is 'AES-256-GCM of the code, bound to this row';
comment on column dossier_watches.followed.sealed is
    'AES-256-GCM of what the source said last, the applicant masked and without numbers, bound to this row';
comment on column dossier_watches.followed.answers is 'how often an answer of the source was taken in: who asked before the last one was is too late';
comment on column dossier_watches.followed.revision is 'how many differences the watchers were told';
comment on column dossier_watches.followed.rings is 'how often the source said that something has changed: who asked before that asks again';
comment on column dossier_watches.followed.failures is 'times in a row that the source did not answer, or not so that it can be believed';
comment on column dossier_watches.followed.missing_since is 'since when the source says that it knows no such dossier';
create index followed_due on dossier_watches.followed (source, due_at) where due_at is not null;
create index followed_ended on dossier_watches.followed (ended_at) where ended_at is not null;

create table dossier_watches.watches (
    id         uuid        primary key default gen_random_uuid(),
    account_id uuid        not null references identity.accounts,
    dossier_id uuid        not null constraint watches_of_followed references dossier_watches.followed,
    created_at timestamptz not null,
    constraint watches_once unique (account_id, dossier_id)
);
comment on column dossier_watches.watches.id is 'v4: when somebody began to watch is nobody else''s business';
create index watches_of_dossier on dossier_watches.watches (dossier_id, account_id);
create index watches_newest on dossier_watches.watches (account_id, created_at desc, id desc);

create table dossier_watches.heard (
    source   text        not null,
    message  bytea       not null,
    heard_at timestamptz not null,
    constraint heard_once primary key (source, message)
);
comment on table dossier_watches.heard is 'webhooks that were taken: the same one again is refused';
comment on column dossier_watches.heard.message is 'HMAC-SHA-256 of its id';
create index heard_by_age on dossier_watches.heard (heard_at);
""")
