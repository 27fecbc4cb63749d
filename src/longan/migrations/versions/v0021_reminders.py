"""Reminders, and phones that went quiet."""

from longan.migrations.script import run

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    run("""
create table floor.reminders (
    once    text        primary key,
    topic   text        not null,
    due_at  timestamptz not null,
    payload bytea       not null
);
comment on column floor.reminders.once is 'a later promise of the same key replaces the earlier one';
create index reminders_due on floor.reminders (due_at);

alter table push.devices
    add column seen_at   timestamptz not null default now(),
    add column time_zone text        not null default 'Asia/Ho_Chi_Minh'
               constraint devices_zone_is_known check (timezone(time_zone, timestamptz '2000-01-01 00:00Z') is not null);
update push.devices set seen_at = registered_at;
comment on column push.devices.registered_at is 'since when the target is its owner''s';
comment on column push.devices.seen_at is 'when the app last said that it is there: at every start';
create index devices_unheard_of on push.devices (seen_at) where out_of_use_at is null;
create index devices_by_account on push.devices (account_id, seen_at desc);
drop index push.devices_of_account;

create function push.reachable(account uuid, moment timestamptz) returns boolean
    language sql stable parallel safe
    return exists (
        select from push.devices d
          join sessions.sessions s on s.id = d.session_id
         where d.account_id = account and d.out_of_use_at is null and d.seen_at > moment - interval '30 days'
           and s.ended_at is null and s.expires_at > moment and s.idle_expires_at > moment);
comment on function push.reachable is 'whether a push may be expected to arrive: a phone in use was heard of within a month';
""")
