"""Reports that are handed over to another system by Open311, and what is heard of them there."""

from longan.migrations.script import run

revision = "0050"
down_revision = "0049"


def upgrade() -> None:
    run("""
create schema handover;

create table handover.handovers (
    id             uuid        primary key default uuidv7(),
    report_id      uuid        not null references feedback.reports on delete cascade,
    receiver       text        not null,
    service_code   text        not null,
    state          text        not null default 'waiting'
                   check (state in ('waiting', 'unsure', 'token', 'handed', 'closed', 'refused', 'given_up')),
    token          text,
    foreign_id     text,
    tries          integer     not null default 0,
    asked          integer     not null default 0,
    tried_at       timestamptz,
    next_at        timestamptz,
    leased_until   timestamptz,
    failure        text,
    handed_by      uuid        references identity.accounts,
    decided_by     uuid        references identity.accounts,
    decided_at     timestamptz,
    created_at     timestamptz not null,
    updated_at     timestamptz not null,
    constraint handovers_once unique (report_id, receiver),
    check (state <> 'token' or token is not null),
    check (state not in ('handed', 'closed') or foreign_id is not null)
);
comment on table handover.handovers is 'one for a report and a receiver, whatever becomes of it';
comment on column handover.handovers.state is
    'unsure: it was sent, or was about to be, and nobody knows whether it arrived; it is asked for before it is sent again';
comment on column handover.handovers.asked is 'how often the receiver was looked through for it in vain since it was sent last';
comment on column handover.handovers.next_at is 'when the worker goes on with it; null: only an official does';
comment on column handover.handovers.handed_by is 'null: a rule has handed it over';
create index handovers_due on handover.handovers (next_at) where next_at is not null;
create index handovers_of_state on handover.handovers (created_at desc, id desc);

create table handover.breakers (
    receiver   text        primary key,
    failures   integer     not null,
    open_until timestamptz
);
comment on table handover.breakers is 'receivers that failed lately, and until when they are left alone';

-- What a rule hands over as soon as it is accepted.
create index reports_accepted on feedback.reports (category_code, created_at)
 where status = 'da_tiep_nhan' and merged_into is null;
""")
