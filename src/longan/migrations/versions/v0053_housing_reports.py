"""Reports on listings, appeals of their owners, pictures that stand under listings of several owners."""

from longan.migrations.script import run

revision = "0053"
down_revision = "0052"


def upgrade() -> None:
    run("""
create schema housing_reports;

create table housing_reports.reports (
    id            uuid        primary key default uuidv7(),
    listing_id    uuid        not null references housing.listings,
    account_id    uuid        not null references identity.accounts,
    reason_code   text        not null check (reason_code in ('fraud', 'wrong_price', 'gone', 'not_as_shown', 'unsafe',
                  'discrimination', 'copied', 'other')),
    note          text,
    created_at    timestamptz not null,
    state         text        not null default 'open' check (state in ('open', 'confirmed', 'dismissed')),
    claimed_by    uuid        references identity.accounts,
    claimed_until timestamptz,
    answer        text,
    decided_by    uuid        references identity.accounts,
    decided_at    timestamptz,
    constraint reports_one_per_account unique (account_id, listing_id),
    constraint reports_answered_by_another check (decided_by <> account_id),
    check ((claimed_by is null) = (claimed_until is null)),
    check ((state = 'open') = (decided_at is null))
);
comment on table housing_reports.reports is 'what people say of a listing; who said it, no owner is ever shown';
comment on column housing_reports.reports.note is 'forgotten a year after it was decided on';
comment on column housing_reports.reports.answer is 'what the official says to whoever reported';
create index reports_waiting on housing_reports.reports (created_at, id) where state = 'open';
create index reports_of_listing on housing_reports.reports (listing_id, decided_at);
create index reports_of_account on housing_reports.reports (account_id, created_at desc, id desc);
create index reports_with_notes on housing_reports.reports (decided_at) where note is not null;

-- Two accounts whose identity papers hold one number are one person (SECURITY Z6).
create function housing_reports.person(account uuid) returns text language sql stable parallel safe
    return coalesce((select encode(max(c.number_index), 'hex') from assurance.cases c
                      where c.account_id = account and c.number_index is not null), account::text);

create function housing_reports.owns(account uuid, owner uuid, employer uuid) returns boolean
    language sql stable parallel safe
    return case
        when employer is not null then members.belongs(account, employer)
        else coalesce(housing_reports.person(account) = housing_reports.person(owner), false) end;
comment on function housing_reports.owns is
    'whether the account, or another one of the same person, is the landlord or acts for the employer';

-- What was confirmed before an official let the listing out is settled; its owner cannot settle anything by closing it
-- and opening it again, nor does a dormitory that came back with its employer, at which nobody has looked.
create function housing_reports.counting(listing housing.listings) returns setof housing_reports.reports
    language sql stable parallel safe
begin atomic
    select r.* from housing_reports.reports r
     where r.listing_id = listing.id and r.state = 'confirmed'
       and not housing_reports.owns(r.account_id, listing.owner_id, listing.employer_id)
       and r.decided_at > coalesce((select max(h.changed_at) from housing.history h
             where h.listing_id = listing.id and h.side = 'official' and h.to_status = 'open'
               and h.reason is distinct from 'employer_reinstated'), '-infinity');
end;

create function housing_reports.confirmed(listing housing.listings) returns bigint language sql stable parallel safe
begin atomic
    select count(distinct housing_reports.person(c.account_id)) from housing_reports.counting(listing) c;
end;
comment on function housing_reports.confirmed is 'how many people''s reports count';

create function housing_reports.own(official uuid, listing housing.listings) returns boolean
    language sql stable parallel safe
    return housing_reports.owns(official, listing.owner_id, listing.employer_id)
        or exists (select from housing_reports.reports r
                    where r.listing_id = listing.id
                      and housing_reports.person(r.account_id) = housing_reports.person(official));
comment on function housing_reports.own is
    'nobody decides on a listing of theirs, nor on one that they have reported themself';

create schema housing_desk;

create table housing_desk.appeals (
    about      uuid        not null references housing.history,
    listing_id uuid        not null references housing.listings,
    account_id uuid        not null references identity.accounts,
    text       text        not null,
    created_at timestamptz not null,
    constraint appeals_one_per_step primary key (about)
);
comment on table housing_desk.appeals is 'what an owner says against the step that took their listing from the lists';
create index appeals_of_listing on housing_desk.appeals (listing_id, created_at desc);

create table housing_desk.same_pictures (
    id          uuid        primary key default uuidv7(),
    listing_id  uuid        not null references housing.listings,
    other_id    uuid        not null references housing.listings,
    is_exact    boolean     not null,
    found_at    timestamptz not null,
    outcome     text        check (outcome in ('copied', 'fine')),
    reason      text,
    decided_by  uuid        references identity.accounts,
    decided_at  timestamptz,
    constraint same_pictures_once unique (listing_id, other_id),
    check (listing_id < other_id),
    check ((decided_at is null) = (outcome is null))
);
comment on table housing_desk.same_pictures is 'listings of two owners that show one picture, for an official to look at';
comment on column housing_desk.same_pictures.is_exact is 'the same file; else one that looks the same';
create index same_pictures_waiting on housing_desk.same_pictures (found_at, id) where decided_at is null;
create index same_pictures_of_other on housing_desk.same_pictures (other_id);

create table housing_desk.looked_through (
    the_one   boolean     primary key default true check (the_one),
    until_at  timestamptz not null,
    until_id  uuid        not null
);
comment on table housing_desk.looked_through is 'up to which picture all have been compared with the others';
insert into housing_desk.looked_through (until_at, until_id)
values ('-infinity', '00000000-0000-0000-0000-000000000000');

create function housing_desk.pairs(hash bigint) returns bigint[] language sql immutable strict parallel safe
    return (select array_agg(((8 * a + b)::bigint << 16)
                             | ((hash >> (8 * a)) & 255) << 8 | ((hash >> (8 * b)) & 255))
              from generate_series(0, 7) a, generate_series(0, 7) b where a < b);
comment on function housing_desk.pairs is
    'each two of its eight bytes: hashes that differ in at most six bits have two bytes in common, and so one of these';
create index uploads_alike on photos.uploads using gin (housing_desk.pairs(difference_hash))
 where claimed_for = 'housing';
create index uploads_same on photos.uploads (sha256) where claimed_for = 'housing';
create index uploads_of_housing on photos.uploads (claimed_at, id) where claimed_for = 'housing';
""")
