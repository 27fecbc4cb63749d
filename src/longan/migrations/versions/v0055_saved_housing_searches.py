"""Saved searches of places to live, and what they have found."""

from longan.migrations.script import run

revision = "0055"
down_revision = "0054"


def upgrade() -> None:
    run("""
alter table saved_searches.searches
    drop constraint searches_kind_check,
    add constraint searches_kind_check check (kind in ('jobs', 'housing')),
    add column rent_min       bigint,
    add column rent_max       bigint,
    add column cost_max       bigint,
    add column area_min       double precision,
    add column people         integer check (people between 1 and 20),
    add column kinds          text[],
    add column features       text[],
    add column curfew_after   time,
    add column available_by   date,
    add column verified_owner boolean;
comment on column saved_searches.searches.cost_max is 'what living there truly costs each of people, one where that is not said';

create schema housing_alerts;

create table housing_alerts.hits (
    account_id uuid        not null references identity.accounts,
    listing_id uuid        not null references housing.listings,
    search_ids uuid[]      not null,
    way        text        not null check (way in ('alert', 'digest')),
    found_at   timestamptz not null,
    due_at     timestamptz not null,
    told_at    timestamptz,
    dropped    boolean     not null default false,
    constraint hits_once primary key (account_id, listing_id)
);
comment on table housing_alerts.hits is 'a new listing that fits searches of a person: one row, however many fit and whatever becomes of the listing';
comment on column housing_alerts.hits.way is 'how it is to be told: an alert at once, or with others in a digest from due_at on';
comment on column housing_alerts.hits.told_at is 'when that was settled';
comment on column housing_alerts.hits.dropped is 'settled without a word: nobody to tell, or nothing to tell of any more';
create index hits_waiting on housing_alerts.hits (due_at, account_id) where told_at is null and way = 'digest';
create index hits_urgent on housing_alerts.hits (listing_id, account_id) where told_at is null and way = 'alert';
create index hits_newest on housing_alerts.hits (account_id, found_at desc, listing_id desc);
create index hits_by_age on housing_alerts.hits using brin (found_at);

create table housing_alerts.paces (
    account_id  uuid          primary key references identity.accounts,
    alerts      timestamptz[] not null default '{}',
    digested_at timestamptz
);
comment on table housing_alerts.paces is 'how often a person was told of late: the last alerts, newest first, and the last digest';
""")
