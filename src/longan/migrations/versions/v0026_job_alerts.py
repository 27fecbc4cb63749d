"""Saved searches, of jobs for now, and what they have found."""

from longan.migrations.script import run

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    run("""
create schema saved_searches;

create table saved_searches.searches (
    id          uuid        primary key default uuidv7(),
    account_id  uuid        not null references identity.accounts,
    kind        text        not null check (kind in ('jobs')),
    name        text        not null,
    cadence     text        not null check (cadence in ('instant', 'daily', 'weekly', 'none')),
    asked       jsonb       not null,
    alike       bytea       not null,
    keys        text[]      not null check (cardinality(keys) > 0),
    whole       tsquery,
    named       text[],
    rest        tsquery,
    ward_version date       references places.versions,
    places      text[],
    province_code text,
    lat         double precision,
    lon         double precision,
    metres      double precision,
    area        cube        generated always as (earth_box(ll_to_earth(lat, lon), metres)) stored,
    park_codes  text[],
    pay_min     bigint,
    occupations text[],
    contracts   text[],
    shifts      text[],
    benefits    text[],
    educations  text[],
    experience_months integer,
    employer_id uuid,
    within_days integer,
    asked_at    timestamptz not null,
    used_at     timestamptz not null,
    doubted_at  timestamptz,
    version     integer     not null default 1,
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    constraint searches_once unique (account_id, kind, alike)
);
comment on table saved_searches.searches is
    'A search somebody saved: how it was asked, and its criteria as columns, so that one new thing is matched against all of them';
comment on column saved_searches.searches.alike is 'SHA-256 of the criteria: the same search in other words';
comment on column saved_searches.searches.keys is
    'whatever it finds has at least one of them; the rarest that its criteria give, for the index';
comment on column saved_searches.searches.whole is 'its words; or it lies where they name a place (named), and answers the rest';
comment on column saved_searches.searches.places is
    'as named, ward_version/code; of a list that was left behind it means whatever came of those wards (places.successions)';
comment on column saved_searches.searches.asked_at is 'since when it has these criteria: older things are no news';
comment on column saved_searches.searches.used_at is 'when its owner last showed that it is wanted';
comment on column saved_searches.searches.doubted_at is 'when its owner was asked whether it still is';
create index searches_by_key on saved_searches.searches using gin (keys) with (fastupdate = off)
 where cadence <> 'none';
create index searches_newest on saved_searches.searches (account_id, kind, created_at desc, id desc);
create index searches_unused on saved_searches.searches (used_at) where cadence <> 'none';

create function saved_searches.lineage(version date, code text) returns text[] language sql stable parallel safe as $$
    with recursive line (version, code) as (
        select lineage.version, lineage.code
         union
        select s.old_version, s.old_code
          from line l
          join places.successions s on s.new_version = l.version and s.new_code = l.code)
    select array_agg(l.version || '/' || l.code) from line l $$;
comment on function saved_searches.lineage is 'a ward and all wards it came of, as the column places spells them';

create function saved_searches.word_keys(words text[]) returns text[] language sql immutable parallel safe as $$
    select array_agg(distinct k.key)
      from unnest(words) w (word)
     cross join lateral (
           select 'w:' || w.word as key
            union all
           select 'p:' || left(w.word, n) from generate_series(1, least(length(w.word), 8)) n) k $$;
comment on function saved_searches.word_keys is
    'the keys (longan.search_keys) under which searches wait for a text of these words; beginnings of up to 8 letters';

create schema job_alerts;

create table job_alerts.hits (
    account_id uuid        not null references identity.accounts,
    posting_id uuid        not null references jobs.postings,
    search_ids uuid[]      not null,
    way        text        not null check (way in ('alert', 'digest')),
    found_at   timestamptz not null,
    due_at     timestamptz not null,
    told_at    timestamptz,
    dropped    boolean     not null default false,
    constraint hits_once primary key (account_id, posting_id)
);
comment on table job_alerts.hits is 'a new posting that fits searches of a person: one row, however many fit and whatever becomes of the posting';
comment on column job_alerts.hits.way is 'how it is to be told: an alert at once, or with others in a digest from due_at on';
comment on column job_alerts.hits.told_at is 'when that was settled';
comment on column job_alerts.hits.dropped is 'settled without a word: nobody to tell, or nothing to tell of any more';
create index hits_waiting on job_alerts.hits (due_at, account_id) where told_at is null and way = 'digest';
create index hits_urgent on job_alerts.hits (posting_id, account_id) where told_at is null and way = 'alert';
create index hits_newest on job_alerts.hits (account_id, found_at desc, posting_id desc);
create index hits_by_age on job_alerts.hits using brin (found_at);

create table job_alerts.paces (
    account_id  uuid          primary key references identity.accounts,
    alerts      timestamptz[] not null default '{}',
    digested_at timestamptz
);
comment on table job_alerts.paces is 'how often a person was told of late: the last alerts, newest first, and the last digest';

create function job_alerts.due(weekly boolean, hour time, zone text, moment timestamptz) returns timestamptz
    language sql stable parallel safe as $$
    select case
               when not weekly then preferences.digest_after(hour, zone, moment)
               when this_monday.at > moment then this_monday.at
               else preferences.digest_after(hour, zone, week.ends) end
      from (select date_trunc('week', moment at time zone zone) as monday) as local
     cross join lateral (
           select (local.monday at time zone zone) - interval '1 us' as begins,
                  ((local.monday + interval '7 days') at time zone zone) - interval '1 us' as ends) as week
     cross join lateral (select preferences.digest_after(hour, zone, week.begins) as at) as this_monday $$;
comment on function job_alerts.due is 'the first digest hour after the moment, for a week''s digest that of a Monday';
""")
