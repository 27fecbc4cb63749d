"""What a person wants to hear, when and how; whom they do not want to hear of; asked again at the moment of sending."""

from longan.migrations.script import run

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    run("""
create schema preferences;

create table preferences.topics (
    topic     text    primary key,
    urgency   text    not null check (urgency in ('urgent', 'normal', 'low')),
    mandatory boolean not null,
    consent   text,
    full_text boolean not null,
    at_first  text[]  not null,
    carriers  text[]  not null
);
comment on table preferences.topics is 'what notices.py says of each topic, written by longan.wanting after the migrations';

create table preferences.choices (
    account_id  uuid           primary key references identity.accounts,
    said        jsonb          not null default '{}',
    lock_screen text           not null default 'discreet' check (lock_screen in ('discreet', 'full')),
    time_zone   text           not null default 'Asia/Ho_Chi_Minh'
                constraint choices_known_time_zone check (timestamptz 'epoch' at time zone time_zone is not null),
    quiet_hours jsonb          not null default '[]',
    quiet       int4multirange not null default '{}' constraint choices_some_time_is_loud
                check (not quiet @> int4range(0, 10080)),
    digest_at   time           not null default '18:00',
    version     integer        not null default 1,
    updated_at  timestamptz    not null
);
comment on column preferences.choices.said is 'topic -> channel -> on; what is not said is as the topic has it at first';
comment on column preferences.choices.quiet is 'quiet_hours as minutes of the week in the time zone, from Monday 00:00';

create function preferences.quiet_once(quiet int4multirange, zone text, moment timestamptz) returns timestamptz
    language sql stable parallel safe as $$
    select case
               when found.until is null then moment
               when quiet @> int4range(0, 10080) then null
               else moment + make_interval(secs => extract(epoch from
                        week.monday + make_interval(mins => found.until) - week.local)::double precision) end
      from (select moment at time zone zone as local, date_trunc('week', moment at time zone zone) as monday) as week
      left join lateral (
           select upper(r) + case when upper(r) < 10080 then 0
                                  else coalesce((select upper(f) from unnest(quiet) as f where lower(f) = 0), 0) end
                  as until
             from unnest(quiet) as r
            where r @> floor(extract(epoch from week.local - week.monday) / 60)::integer) as found on true $$;

create function preferences.quiet_until(quiet int4multirange, zone text, moment timestamptz) returns timestamptz
    language sql stable parallel safe as $$
    select preferences.quiet_once(quiet, zone, preferences.quiet_once(quiet, zone, moment)) $$;
comment on function preferences.quiet_until is
    'the first moment from this one on that is not quiet; null: there is none. Twice, for a clock that was put back on the way';

create function preferences.digest_after(hour time, zone text, moment timestamptz) returns timestamptz
    language sql stable parallel safe as $$
    select moment + make_interval(secs => extract(epoch from
               local::date + hour + case when local::time < hour then interval '0' else interval '1 day' end - local
           )::double precision)
      from (select moment at time zone zone as local) as here $$;
comment on function preferences.digest_after is 'the first time after this moment that a clock of the zone shows the hour';

create table privacy.blocks (
    account_id  uuid        not null references identity.accounts,
    employer_id uuid        not null references employers.employers,
    blocked_at  timestamptz not null,
    primary key (account_id, employer_id)
);
create index blocks_newest on privacy.blocks (account_id, blocked_at desc, employer_id desc);

create function privacy.blocked(account uuid, employer uuid) returns boolean
    language sql stable parallel safe
    return exists (select from privacy.blocks b where b.account_id = account and b.employer_id = employer);
comment on function privacy.blocked is 'whether the person wants to hear nothing of the employer';

alter table notifications.inbox add column employer_id uuid;
comment on column notifications.inbox.employer_id is 'of whom it tells, so that a person who blocks them hears no more of it';

alter table push.outbox add column digest_at timestamptz;
comment on column push.outbox.digest_at is 'a push of the day that stands for all that can wait; null: for its own notice';
create unique index outbox_one_digest on push.outbox (account_id, installation_id, digest_at)
 where digest_at is not null;

-- Their bodies come with the code (longan.wanting): what is declared for a topic stands in them.
create function notifications.not_before(account uuid, topic text, moment timestamptz) returns timestamptz
    language sql stable parallel safe as 'select moment';
comment on function notifications.not_before is 'when a push of the topic may go out to the account; null: not wanted as a push';

create function notifications.still_wanted(notification uuid, channel text, moment timestamptz) returns boolean
    language sql stable parallel safe as 'select true';
comment on function notifications.still_wanted is 'asked again at the moment of sending, for push, zns, sms or digest';

create function notifications.loud_at(account uuid, topic text, moment timestamptz) returns timestamptz
    language sql stable parallel safe as 'select moment';
comment on function notifications.loud_at is 'the first moment from this one on when quiet hours let a push of the topic out';

create function notifications.full_text(account uuid, topic text) returns boolean
    language sql stable parallel safe as 'select false';
comment on function notifications.full_text is 'whether the words of the inbox may stand on the lock screen';

create function notifications.gathered(notification uuid, moment timestamptz) returns integer
    language sql stable parallel safe as 'select 0';
comment on function notifications.gathered is 'for how many notices the digest that began with this one stands by now';
""")
