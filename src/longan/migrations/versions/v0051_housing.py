"""Listings of rooms, dormitories and projects: what they say and cost, their states, and what became of them."""

from longan.migrations.script import run

revision = "0051"
down_revision = "0050"


def upgrade() -> None:
    run("""
create schema housing;

create table housing.listings (
    id                uuid        primary key default uuidv7(),
    owner_id          uuid        references identity.accounts,
    employer_id       uuid        references employers.employers,
    kind              text        not null check (kind in ('room', 'shared_room', 'dormitory', 'house', 'project')),
    status            text        not null default 'draft'
                      check (status in ('draft', 'in_review', 'open', 'stale', 'closed', 'hidden', 'suspended')),
    title             text        not null,
    description       text        not null default '',
    search_text       text        not null,
    search            tsvector    not null generated always as (to_tsvector('simple', search_text)) stored,
    title_marked      text        not null,
    ward_version      date        not null,
    ward_code         text        not null,
    province_code     text        not null,
    lat               double precision not null check (lat between -90 and 90),
    lon               double precision not null check (lon between -180 and 180),
    rough_point       boolean     not null default false,
    point             cube        generated always as (ll_to_earth(lat, lon)) stored,
    place_source      text        not null default 'owner' check (place_source in ('owner', 'official', 'sample')),
    park_code         text        references places.parks,
    near_park         boolean     not null default false,
    rent              bigint      not null check (rent > 0),
    deposit           bigint      check (deposit >= 0),
    area_m2           numeric(6, 1) check (area_m2 > 0),
    electricity_price bigint      check (electricity_price >= 0),
    electricity_unit  text        check (electricity_unit in ('kwh', 'state_tariff', 'person_month', 'room_month', 'included')),
    water_price       bigint      check (water_price >= 0),
    water_unit        text        check (water_unit in ('m3', 'person_month', 'room_month', 'included')),
    internet_fee      bigint      check (internet_fee >= 0),
    internet_unit     text        not null default 'room_month' check (internet_unit in ('room_month', 'person_month')),
    parking_fee       bigint      check (parking_fee >= 0),
    service_fee       bigint      check (service_fee >= 0),
    service_unit      text        not null default 'room_month' check (service_unit in ('room_month', 'person_month')),
    max_people        smallint    check (max_people between 1 and 20),
    units             integer     check (units > 0),
    available_from    date,
    curfew_from       time,
    curfew_to         time,
    free_hours        boolean,
    has_loft          boolean,
    private_bathroom  boolean,
    owner_lives_in    boolean,
    motorbike_parking boolean,
    wifi              boolean,
    air_conditioning  boolean,
    kitchen           boolean,
    cooking_allowed   boolean,
    pets_allowed      boolean,
    fire_safety       boolean,
    residence_support boolean,
    features          text[]      not null generated always as (array_remove(array[
        case when has_loft then 'loft' end, case when private_bathroom then 'private_bathroom' end,
        case when free_hours then 'free_hours' end, case when not owner_lives_in then 'owner_away' end,
        case when motorbike_parking then 'motorbike_parking' end, case when wifi then 'wifi' end,
        case when air_conditioning then 'air_conditioning' end, case when kitchen then 'kitchen' end,
        case when cooking_allowed then 'cooking_allowed' end, case when pets_allowed then 'pets_allowed' end,
        case when fire_safety then 'fire_safety' end, case when residence_support then 'residence_support' end], null)) stored,
    cost_month        bigint      not null check (cost_month >= 0),
    cost_share        bigint      not null check (cost_share >= 0),
    cost_two          bigint      not null check (cost_two >= 0),
    cost_three        bigint      not null check (cost_three >= 0),
    cost_four         bigint      not null check (cost_four >= 0),
    cost_complete     boolean     not null,
    cost_on           date        not null,
    price_flags       text[]      not null default '{}' check (price_flags <@ array['above_at_this_use', 'above_every_tier', 'above_frame']),
    sure_of           text[]      not null default '{}',
    published_at      timestamptz,
    confirmed_at      timestamptz,
    stale_at          timestamptz,
    closed_at         timestamptz,
    closed_for        text        check (closed_for in ('let', 'withdrawn', 'built', 'not_confirmed', 'official')),
    version           integer     not null default 1,
    created_at        timestamptz not null default now(),
    updated_at        timestamptz not null default now(),
    foreign key (ward_version, ward_code) references places.units (version, code),
    constraint listings_of_an_employer check (employer_id is null or kind = 'dormitory'),
    constraint listings_curfew check ((curfew_from is null) = (curfew_to is null) and (curfew_from is null or free_hours is not true)),
    constraint listings_price_of_electricity check ((electricity_price is not null) = coalesce(electricity_unit in ('kwh', 'person_month', 'room_month'), false)),
    constraint listings_price_of_water check ((water_price is not null) = coalesce(water_unit <> 'included', false)),
    constraint listings_dated_when_shown check (status not in ('open', 'stale') or (published_at is not null and confirmed_at is not null and stale_at is not null)),
    constraint listings_why_closed check ((status = 'closed') = (closed_for is not null) and (status = 'closed') = (closed_at is not null))
);
comment on column housing.listings.search_text is 'lines as searchable.searchable writes them: title, nothing, nothing, compounds of the title';
comment on column housing.listings.owner_id is 'the landlord, the member who wrote it for employer_id, or the official of a project; null for the sample';
comment on column housing.listings.rough_point is 'nobody said where it is: lat and lon are those of the ward';
comment on column housing.listings.park_code is 'a park it is near to, in whatever ward';
comment on column housing.listings.features is 'what is said to be there; a thing of which nothing is said is not among them';
comment on column housing.listings.cost_month is 'monthly_cost for one person, by the tariffs of cost_on: what is sorted and filtered by';
comment on column housing.listings.cost_share is 'one''s share of monthly_cost for max_people, two where that is not said';
comment on column housing.listings.cost_two is 'one''s share of monthly_cost for two people with a motorbike each; so cost_three, cost_four';
comment on column housing.listings.cost_complete is 'false: electricity or water is not said, and the true cost is higher';
comment on column housing.listings.price_flags is 'verdicts of utility_tariffs on the day cost_on that say that a price is too high';
comment on column housing.listings.sure_of is 'fields the owner has confirmed after they were asked back (room_ranges)';
comment on column housing.listings.confirmed_at is 'when the owner last said that it is still to be had';
comment on column housing.listings.stale_at is 'from then on it is shown to nobody until the owner confirms it';

create index listings_of_owner on housing.listings (owner_id, created_at desc, id desc) where owner_id is not null;
create index listings_of_employer on housing.listings (employer_id, created_at desc, id desc) where employer_id is not null;
create index listings_projects on housing.listings (created_at desc, id desc) where kind = 'project';
create index listings_newest on housing.listings (published_at desc, id desc) where status = 'open';
create index listings_by_ward on housing.listings (ward_version, ward_code, published_at desc, id desc) where status = 'open';
create index listings_cheapest on housing.listings (rent, id) where status = 'open';
create index listings_least_cost on housing.listings (cost_month, id) where status = 'open';
create index listings_cost_two on housing.listings (cost_two, id) where status = 'open';
create index listings_cost_three on housing.listings (cost_three, id) where status = 'open';
create index listings_cost_four on housing.listings (cost_four, id) where status = 'open';
create index listings_around on housing.listings using gist (point) where status = 'open';

create function housing.rent_steps(rent bigint) returns integer[] language sql immutable parallel safe
    return (array[5, 8, 10, 12, 15, 18, 20, 25, 30, 40, 50, 70, 100])
           [width_bucket(rent - 1, array[500000, 800000, 1000000, 1200000, 1500000, 1800000, 2000000, 2500000, 3000000,
                                         4000000, 5000000, 7000000, 10000000]::bigint[]) + 1:];
comment on function housing.rent_steps is
    'the hundreds of thousands that a rent does not pass, of those people ask for: where words are asked for as well, it '
    'is by these that the index leaves out what costs more';

-- As postings_search: words and what narrows them meet inside one index.
create index listings_found on housing.listings
    using gin (search, (array[ward_code]), (array[province_code]), (array[kind]), (array[park_code]), features,
               housing.rent_steps(rent))
    with (fastupdate = off) where status = 'open';
create index listings_due on housing.listings (stale_at) where status in ('open', 'stale');
create index listings_to_reckon on housing.listings (cost_on) where status not in ('draft', 'closed');

create table housing.history (
    id          uuid        primary key default uuidv7(),
    listing_id  uuid        not null references housing.listings,
    version     integer     not null,
    changed_by  uuid        references identity.accounts,
    side        text        not null check (side in ('owner', 'official', 'system')),
    from_status text        not null,
    to_status   text        not null,
    changes     jsonb       not null default '{}',
    reason      text,
    changed_at  timestamptz not null
);
comment on column housing.history.changes is 'each changed field with what it was and what it became';
comment on column housing.history.changed_by is 'null for the system';
create index history_of_listing on housing.history (listing_id, changed_at desc, id desc);

create function housing.changes(before housing.listings, after housing.listings) returns jsonb language sql stable
    return (
        select coalesce(jsonb_object_agg(b.key, jsonb_build_object('old', b.value, 'new', a.value)), '{}')
          from jsonb_each(to_jsonb(before)) b
          join jsonb_each(to_jsonb(after)) a on a.key = b.key
         where a.value is distinct from b.value
           and b.key in ('title', 'description', 'kind', 'ward_code', 'lat', 'lon', 'park_code', 'rent', 'deposit',
                         'area_m2', 'electricity_price', 'electricity_unit', 'water_price', 'water_unit',
                         'internet_fee', 'internet_unit', 'parking_fee', 'service_fee', 'service_unit', 'max_people',
                         'units', 'available_from', 'curfew_from', 'curfew_to', 'free_hours', 'has_loft',
                         'private_bathroom', 'owner_lives_in', 'motorbike_parking', 'wifi', 'air_conditioning',
                         'kitchen', 'cooking_allowed', 'pets_allowed', 'fire_safety', 'residence_support'));
comment on function housing.changes is 'what the owner and officials see of a change';

create function housing.may_write(listing housing.listings, account uuid, as_official boolean, moment timestamptz)
    returns boolean language sql stable
    return case
        when listing.kind = 'project'
            then as_official and staff.may(account, 'housing', listing.ward_version, listing.ward_code, moment)
        when as_official then false
        when listing.employer_id is not null
            then exists (select from members.members m where m.employer_id = listing.employer_id and m.account_id = account)
        else coalesce(listing.owner_id = account, false) end;
comment on function housing.may_write is
    'a landlord their own, members what is their employer''s, officials of housing the projects of their wards';

create table housing.job_dormitories (
    listing_id uuid not null references housing.listings,
    posting_id uuid not null references jobs.postings,
    primary key (listing_id, posting_id)
);
comment on table housing.job_dormitories is 'the postings of the employer that a dormitory belongs to';
create index dormitories_of_posting on housing.job_dormitories (posting_id);
""")
