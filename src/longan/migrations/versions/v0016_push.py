"""Receipts, dead letters, pace: what becomes of a push, and how many may go out."""

from longan.migrations.script import run

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    run("""
alter table push.outbox
    drop constraint outbox_once,
    drop constraint outbox_state_check,
    drop constraint outbox_notification_id_fkey,
    drop constraint outbox_account_id_fkey,
    add column kind         text not null default 'notice' check (kind in ('notice', 'removal')),
    add column collapse_key text,
    add column retry_at     timestamptz,
    add column delivered_at timestamptz,
    add column opened_at    timestamptz,
    add constraint outbox_state_check
        check (state in ('queued', 'leased', 'sent', 'gone', 'expired', 'dead', 'obsolete')),
    add constraint outbox_once unique (notification_id, installation_id, kind),
    add constraint outbox_notification_id_fkey
        foreign key (notification_id) references notifications.inbox on delete cascade;
alter table push.outbox
    add column status text generated always as (
        case when opened_at is not null then 'opened'
             when delivered_at is not null then 'delivered'
             when state in ('queued', 'leased') then 'waiting'
             when state = 'sent' then 'accepted'
             else state end) virtual;
comment on column push.outbox.account_id is 'that of the notice, so it needs no key of its own';
comment on column push.outbox.kind is 'a removal takes a notice off a phone again, without a sound';
comment on column push.outbox.collapse_key is 'pushes of one key go to a phone in the order in which they were due';
comment on column push.outbox.not_before is 'as it was promised; when a later try is due says retry_at';
comment on column push.outbox.delivered_at is 'as the app reports it, like opened_at';
comment on column push.outbox.status is 'what became of it, for whoever counts recipients';

drop index push.outbox_due;
create index outbox_due on push.outbox (greatest(not_before, retry_at)) where state = 'queued';
create index outbox_in_line on push.outbox (installation_id, collapse_key, not_before, id)
 where state in ('queued', 'leased') and collapse_key is not null;
create index outbox_dead on push.outbox (last_error, id) where state = 'dead';

create table push.pace (
    project   text             primary key,
    tokens    double precision not null,
    at        timestamptz      not null,
    ramp_from timestamptz      not null
);
comment on table push.pace is 'how many pushes a Firebase project takes from all workers together (longan.pace)';
""")
