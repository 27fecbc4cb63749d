"""Zalo and text messages where no push arrives."""

from longan.migrations.script import run

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    run("""
create schema fallback;

create table fallback.texts (
    id              uuid        primary key default uuidv7(),
    notification_id uuid        not null references notifications.inbox on delete cascade,
    account_id      uuid        not null references identity.accounts,
    carrier         text        not null check (carrier in ('zns', 'sms')),
    state           text        not null default 'queued'
                    check (state in ('queued', 'leased', 'promised', 'sent',
                                     'delivered', 'failed', 'withheld', 'obsolete', 'expired', 'dead')),
    attempts        smallint    not null default 0,
    doubted         smallint    not null default 0,
    not_before      timestamptz not null,
    give_up_at      timestamptz,
    report_by       timestamptz,
    expires_at      timestamptz not null,
    lease_by        uuid,
    lease_until     timestamptz,
    price           integer     check (price > 0),
    charged_at      timestamptz,
    message_id      text,
    last_error      text,
    created_at      timestamptz not null,
    settled_at      timestamptz,
    delivered_at    timestamptz,
    constraint texts_once unique (notification_id, carrier),
    constraint texts_charged check ((price is null) = (charged_at is null)),
    constraint texts_leased check ((state = 'leased') = (lease_by is not null) and (lease_by is null) = (lease_until is null))
) with (autovacuum_vacuum_scale_factor = 0.02);
comment on table fallback.texts is 'one message of one carrier to the holder of an account; the number stays in identity.accounts';
comment on column fallback.texts.id is 'our name of the message: tracking_id to Zalo, reference to an SMS gateway';
comment on column fallback.texts.state is 'promised: the SMS room has it in its queue. sent: the carrier has it, or may have it';
comment on column fallback.texts.doubted is 'how often it was sent again because nobody knew whether it had been';
comment on column fallback.texts.give_up_at is 'until then the carrier may be tried; set at the first try';
comment on column fallback.texts.report_by is 'when the next carrier takes over for want of a report';
comment on column fallback.texts.price is 'dong that are reserved or spent for it; null when nothing was sent';
create index texts_due on fallback.texts (not_before) where state = 'queued';
create index texts_leased_until on fallback.texts (lease_until) where state = 'leased';
create index texts_unreported on fallback.texts (report_by) where state = 'sent' and report_by is not null;
create index texts_promised on fallback.texts (charged_at) where state = 'promised';
create index texts_of_account on fallback.texts (account_id, charged_at) where charged_at is not null;
create index texts_age on fallback.texts (settled_at) where settled_at is not null;

create table fallback.spending (
    carrier text        not null check (carrier in ('zns', 'sms')),
    month   date        not null check (extract(day from month) = 1),
    budget  bigint      not null check (budget >= 0),
    spent   bigint      not null default 0 check (spent >= 0),
    told_at timestamptz,
    constraint spending_once primary key (carrier, month),
    constraint spending_within_budget check (spent <= budget)
);
comment on table fallback.spending is 'dong, by month of Vietnam; whoever spends holds the rows of the month';
comment on column fallback.spending.told_at is 'when the operators were told that there is no more';

create table fallback.breakers (
    carrier    text        primary key check (carrier in ('zns')),
    failures   integer     not null default 0,
    open_until timestamptz
);

create table fallback.zalo_grants (
    id               uuid        primary key default uuidv7(),
    single           boolean     not null default true constraint zalo_grants_one unique check (single),
    seed             bytea       not null,
    refresh_sealed   bytea       not null,
    access_sealed    bytea,
    expires_at       timestamptz,
    version          integer     not null default 0,
    refreshing_by    uuid,
    refreshing_until timestamptz,
    failed_until     timestamptz
);
comment on table fallback.zalo_grants is 'the Official Account''s tokens; a refresh token is good once, so whoever uses it holds the row''s lease';
comment on column fallback.zalo_grants.seed is 'SHA-256 of the refresh token the operators gave: another one starts anew';
""")
