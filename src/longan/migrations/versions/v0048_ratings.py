"""Offices with their kiosks, and what people say of them after a dossier or a visit; who said it is written nowhere."""

from longan.migrations.script import run

revision = "0048"
down_revision = "0047"


def upgrade() -> None:
    run("""
create schema offices;

create table offices.offices (
    id           uuid        primary key default uuidv7(),
    agency_code  text        not null check (agency_code ~ '^[GHKT][0-9]{2}([.][0-9]{1,4}){0,3}$'),
    unit         text,
    name         text,
    ward_version date,
    ward_code    text,
    valid_from   date        not null,
    valid_to     date,
    version      integer     not null default 1,
    created_at   timestamptz not null,
    constraint offices_ward foreign key (ward_version, ward_code) references places.units (version, code),
    constraint offices_listed_whole check ((name is null) = (ward_code is null)
                                           and (ward_version is null) = (ward_code is null)),
    check (valid_to >= valid_from)
);
comment on table offices.offices is 'an agency, or a unit of it, in a ward, from a day to a day';
comment on column offices.offices.agency_code is 'from above downwards (H53.16), whatever order a dossier has it in';
comment on column offices.offices.unit is 'null: the agency itself, which answers for its dossiers';
comment on column offices.offices.name is
    'null, like the ward: known by a dossier only, until an official lists it; shown to nobody else until then';
comment on column offices.offices.valid_to is 'the last day';
create unique index offices_once on offices.offices (agency_code, unit) nulls not distinct where valid_to is null;
create index offices_in_ward on offices.offices (ward_code, id) where ward_code is not null;

-- Whose office it is: of officials of its agency, or of one above it, in their wards; and of those who are appointed for
-- everywhere. The ward alone would open what people say of a department to whoever works in the same ward.
create function offices.own(office offices.offices, official uuid, agency text, moment timestamptz) returns boolean
    language sql stable parallel safe
    return staff.may(official, 'public_services', null, null, moment)
        or ((office).agency_code = agency or starts_with((office).agency_code, agency || '.'))
       and staff.may(official, 'public_services', (office).ward_version, (office).ward_code, moment);

create table offices.kiosks (
    id         uuid        primary key default uuidv7(),
    office_id  uuid        not null references offices.offices,
    counter    text        not null,
    created_at timestamptz not null,
    revoked_at timestamptz
);
create unique index kiosks_one_of_a_counter on offices.kiosks (office_id, counter) where revoked_at is null;
create index kiosks_of_office on offices.kiosks (office_id, id);

create table offices.kiosk_keys (
    id          uuid        primary key default gen_random_uuid(),
    kiosk_id    uuid        not null references offices.kiosks,
    public_key  bytea       not null,
    issued_at   timestamptz not null,
    replaced_at timestamptz
);
comment on column offices.kiosk_keys.public_key is 'P-256, DER; the private key was shown once and is nowhere here';
create unique index kiosk_keys_one_current on offices.kiosk_keys (kiosk_id) where replaced_at is null;

create table offices.history (
    id         uuid        primary key default uuidv7(),
    office_id  uuid        not null references offices.offices,
    kiosk_id   uuid        references offices.kiosks,
    key_id     uuid        references offices.kiosk_keys,
    action     text        not null check (action in
               ('office_created', 'office_changed', 'office_ended', 'kiosk_created', 'key_issued', 'kiosk_revoked')),
    account_id uuid        not null references identity.accounts,
    at         timestamptz not null
);
comment on table offices.history is 'which official did what to an office, its kiosks and their keys';
create index history_of_office on offices.history (office_id, at desc, id desc);

create schema ratings;

create table ratings.ratings (
    id          uuid    primary key default gen_random_uuid(),
    office_id   uuid    not null references offices.offices,
    subject     bytea   constraint ratings_one_per_dossier unique,
    rater       bytea,
    rated_on    date    not null,
    answers     jsonb   not null,
    words       text,
    released_in date    check (extract(day from released_in) = 1)
);
comment on column ratings.ratings.id is 'v4: of a rating no moment is kept, its day alone';
comment on column ratings.ratings.subject is
    'HMAC-SHA-256 of the dossier''s code, as no other table has it: it is rated once; forgotten when nobody could rate it any more';
comment on column ratings.ratings.rater is
    'HMAC-SHA-256 of the account with this id: the same person has another one in each row; forgotten after a week';
comment on column ratings.ratings.words is 'personal numbers masked before it was written; for officials only';
comment on column ratings.ratings.released_in is
    'the month in which officials were shown it, together with others of its office';
create index ratings_by_day on ratings.ratings (rated_on);
create index ratings_released on ratings.ratings (office_id, released_in desc, id) where released_in is not null;
create index ratings_unreleased on ratings.ratings (office_id) where released_in is null;

create table ratings.visits (
    token      bytea       not null,
    expires_at timestamptz not null,
    constraint visits_rated_once primary key (token)
);
comment on table ratings.visits is 'tokens that were used; nothing leads from here to a rating';
comment on column ratings.visits.token is 'SHA-256 of the key''s id and the token''s 128 random bits';
create index visits_by_end on ratings.visits (expires_at);

create table ratings.kiosk_days (
    kiosk_id uuid    not null references offices.kiosks,
    day      date    not null,
    visits   integer not null check (visits > 0),
    primary key (kiosk_id, day)
);
comment on table ratings.kiosk_days is 'how many visits were rated, so that no counter rates itself a thousand times';

create table ratings.invitations (
    holder      bytea not null,
    finished_on date  not null,
    constraint invitations_once primary key (holder)
);
comment on column ratings.invitations.holder is
    'HMAC-SHA-256 of an account with a code: it watched the dossier to its end; kept whether it has rated or not';
create index invitations_by_end on ratings.invitations (finished_on);

create table ratings.months (
    month   date        not null check (extract(day from month) = 1),
    told_at timestamptz not null,
    constraint months_told_once primary key (month)
);
comment on table ratings.months is 'what was told of a month is never told anew: two answers could be subtracted';

create table ratings.results (
    month     date     not null references ratings.months,
    part      text     not null check (part in ('total', 'office', 'rest')),
    office_id uuid     references offices.offices,
    question  text     not null,
    ratings   integer  not null check (ratings >= 10),
    average   double precision,
    scores    integer[] check (10 <= all (scores)),
    constraint results_once unique nulls not distinct (month, part, office_id, question),
    check ((part = 'office') = (office_id is not null))
);
comment on column ratings.results.scores is
    'how many gave 1 to 5, or said no and yes; null where one of them could be worked out to be under 10';
comment on table ratings.results is
    'only what may be told: no number in it, no sum and no difference of such, speaks of fewer than 10 ratings';
create index results_of_office on ratings.results (office_id, month desc) where part = 'office';

create type ratings.figures as (question text, average double precision, scores integer[]);
create type ratings.answered as (question text, score integer, people integer);
""")
