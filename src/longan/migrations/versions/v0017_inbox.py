"""The inbox: archived, searched, over; and for each person how many are unread and which state of it this is."""

from longan.migrations.script import run

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    run("""
alter table notifications.inbox
    add column if not exists archived_at timestamptz,
    add column if not exists expires_at  timestamptz,
    add column search  tsvector not null default '',
    add column version integer  not null default 1;
update notifications.inbox set expires_at = created_at + interval '400 days' where expires_at is null;
alter table notifications.inbox
    alter column expires_at set default now() + interval '400 days',
    alter column expires_at set not null;
comment on column notifications.inbox.search is
    'the words as they were told, folded: weight A Vietnamese, B English. No index: a reader searches their own inbox only, and an index over everybody''s words would cost each notice more than all else that is written for it';
comment on column notifications.inbox.version is 'the ETag of the notice';

-- Each list of the inbox is read off its own index, so that a page costs the same however much else there is.
drop index notifications.inbox_of_account;
drop index notifications.inbox_unread;
create index inbox_shown on notifications.inbox (account_id, created_at desc, id desc) where archived_at is null;
create index inbox_unread on notifications.inbox (account_id, created_at desc, id desc)
    where archived_at is null and read_at is null;
create index inbox_archived on notifications.inbox (account_id, created_at desc, id desc) where archived_at is not null;
create index inbox_of_topic on notifications.inbox (account_id, topic, created_at desc, id desc)
    where archived_at is null;
create index inbox_archived_of_topic on notifications.inbox (account_id, topic, created_at desc, id desc)
    where archived_at is not null;
create index inbox_ends on notifications.inbox (account_id, expires_at);
create index inbox_over on notifications.inbox (expires_at);

create table notifications.boxes (
    account_id uuid    primary key references identity.accounts,
    version    bigint  not null,
    unread     integer not null
) with (fillfactor = 70);
comment on table notifications.boxes is
    'One row a person, kept by the triggers of the inbox and never written by hand. Whoever changes notices that are there locks it first, so that two never wait for each other';
comment on column notifications.boxes.version is 'goes up with every change of any of their notices: the ETag of the lists';
comment on column notifications.boxes.unread is 'neither read nor archived; those that are over count until they are pruned';

insert into notifications.boxes (account_id, version, unread)
select account_id, 1, count(*) filter (where read_at is null and archived_at is null)
  from notifications.inbox group by account_id;

-- For each statement, not for each row: a thousand people are told in one. In the order of the accounts, so that two
-- statements over the same people wait for each other and never both.
create function notifications.keep_boxes() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        insert into notifications.boxes as b (account_id, version, unread)
        select n.account_id, 1, count(*) filter (where n.read_at is null and n.archived_at is null)
          from newer n group by n.account_id order by n.account_id
            on conflict (account_id) do update set version = b.version + 1, unread = b.unread + excluded.unread;
    elsif tg_op = 'UPDATE' then
        insert into notifications.boxes as b (account_id, version, unread)
        select c.account_id, 1, sum(c.unread)
          from (select n.account_id, (n.read_at is null and n.archived_at is null)::int as unread from newer n
                union all
                select o.account_id, -(o.read_at is null and o.archived_at is null)::int from older o) as c
         group by c.account_id order by c.account_id
            on conflict (account_id) do update set version = b.version + 1, unread = b.unread + excluded.unread;
    else
        insert into notifications.boxes as b (account_id, version, unread)
        select o.account_id, 1, -count(*) filter (where o.read_at is null and o.archived_at is null)
          from older o group by o.account_id order by o.account_id
            on conflict (account_id) do update set version = b.version + 1, unread = b.unread + excluded.unread;
    end if;
    return null;
end $$;
create trigger inbox_grows after insert on notifications.inbox
    referencing new table as newer for each statement execute function notifications.keep_boxes();
create trigger inbox_changes after update on notifications.inbox
    referencing old table as older new table as newer for each statement execute function notifications.keep_boxes();
create trigger inbox_shrinks after delete on notifications.inbox
    referencing old table as older for each statement execute function notifications.keep_boxes();
""")
