"""The officials' side of 1022: units that handle reports, routing to them, what is public, looks, alarms, figures."""

from longan.migrations.script import run

revision = "0047"
down_revision = "0046"


def upgrade() -> None:
    run(r"""
create extension if not exists btree_gist;

create schema feedback_units;

create table feedback_units.units (
    id             uuid        primary key default uuidv7(),
    name           text        not null,
    province_code  text        not null,
    agency_code    text,
    ward_version   date,
    ward_codes     text[]      check (cardinality(ward_codes) > 0),
    category_codes text[]      check (cardinality(category_codes) > 0),
    valid_from     date        not null,
    ended_on       date,
    version        integer     not null default 1,
    created_at     timestamptz not null,
    updated_at     timestamptz not null,
    check ((ward_version is null) = (ward_codes is null)),
    check (ended_on >= valid_from)
);
comment on column feedback_units.units.agency_code is
    'officials of this agency are the unit''s own, and hear of its terms; null: whoever sits at the desk of the ward';
comment on column feedback_units.units.ward_codes is 'of the list ward_version; null is the whole province';
comment on column feedback_units.units.category_codes is 'null is all of them';
comment on column feedback_units.units.ended_on is 'the first day on which it handles nothing new';
create unique index units_one_of_a_name on feedback_units.units (province_code, lower(name)) where ended_on is null;

create table feedback_units.rules (
    id            uuid        primary key default uuidv7(),
    unit_id       uuid        not null references feedback_units.units,
    province_code text        not null,
    category_code text,
    ward_version  date,
    ward_code     text,
    valid_from    date        not null,
    ended_on      date,
    created_at    timestamptz not null,
    check ((ward_version is null) = (ward_code is null)),
    foreign key (ward_version, ward_code) references places.units (version, code),
    constraint rules_one_at_a_time exclude using gist (
        province_code with =, (coalesce(category_code, '')) with =,
        (coalesce(ward_version, '-infinity')) with =, (coalesce(ward_code, '')) with =,
        daterange(valid_from, ended_on) with &&)
);
comment on column feedback_units.rules.category_code is 'null is all of them';
comment on column feedback_units.rules.ward_code is 'null is the whole province';
comment on column feedback_units.rules.ended_on is 'the first day on which it holds no more';
create index rules_of_unit on feedback_units.rules (unit_id);

create table feedback_units.changes (
    id          uuid        primary key default uuidv7(),
    action      text        not null
                check (action in ('unit_added', 'unit_changed', 'unit_ended', 'rule_added', 'rule_ended')),
    unit_id     uuid        not null references feedback_units.units,
    rule_id     uuid        references feedback_units.rules,
    before      jsonb,
    after       jsonb,
    account_id  uuid        not null references identity.accounts,
    agency_code text,
    at          timestamptz not null
);
comment on table feedback_units.changes is 'who changed the routing, and from what to what; only ever added to';
create index changes_of_unit on feedback_units.changes (unit_id, id desc);

-- How well what holds in a ward fits a report of another: 2 it is the same ward, 1 the report's whole ward lies in it
-- by now, 0 the one became a part of the other, so that nobody knows; null: they have nothing to do with each other.
create function feedback_units.fits(version date, ward text, report_version date, report_ward text) returns integer
    language sql stable parallel safe
    return case
        when (version, ward) = (report_version, report_ward) then 2
        when version = report_version then null
        else (select case when max(s.old_version) = report_version and bool_and(s.kind = 'whole')
                               and (select count(*) from places.successions o
                                     where (o.old_version, o.new_version) = (report_version, fits.version)
                                       and o.old_code = report_ward) = 1
                          then 1 when count(*) > 0 then 0 end
                from places.successions s
               where (s.old_version, s.old_code, s.new_version, s.new_code)
                     in ((report_version, report_ward, fits.version, ward), (fits.version, ward, report_version, report_ward)))
    end;

create schema feedback_desk;

-- As staff.may says of one ward, of all of them: a list asks it once, not for each of its rows. Who was appointed for
-- everywhere has a line without a ward.
create function feedback_desk.reach(official uuid, moment timestamptz)
    returns table (version date, code text) language sql stable parallel safe
begin atomic
    with appointed as materialized (
        select a.ward_version, a.ward_codes from staff.appointments(official, 'feedback', moment) a)
    select null::date, null::text from appointed a where a.ward_codes is null
     union
    select a.ward_version, w from appointed a cross join unnest(a.ward_codes) w
     union
    select s.new_version, s.new_code
      from appointed a
      join places.successions s on s.old_version = a.ward_version and s.old_code = any(a.ward_codes)
     union
    select s.old_version, s.old_code
      from appointed a
      join places.successions s on s.new_version = a.ward_version and s.new_code = any(a.ward_codes);
end;

create table feedback_desk.public_copies (
    report_id   uuid        primary key references feedback.reports on delete cascade,
    words       text        not null,
    answer      text,
    with_photos boolean     not null,
    approved_by uuid        not null references identity.accounts,
    approved_at timestamptz not null
);
comment on table feedback_desk.public_copies is
    'what everybody reads of a report, approved by an official: never the words of its sender as they came';

create table feedback_desk.acts (
    id          uuid        primary key default uuidv7(),
    report_id   uuid        not null references feedback.reports on delete cascade,
    action      text        not null
                check (action in ('made_urgent', 'made_ordinary', 'published', 'hidden', 'merged', 'routed', 'refused')),
    said        jsonb       not null default '{}',
    account_id  uuid        not null references identity.accounts,
    agency_code text,
    at          timestamptz not null
);
comment on table feedback_desk.acts is 'what officials did that is no step; only ever added to';
create index acts_of_report on feedback_desk.acts (report_id, at, id);

create table feedback_desk.looks (
    id          uuid        primary key default uuidv7(),
    report_id   uuid        not null references feedback.reports on delete cascade,
    account_id  uuid        not null references identity.accounts,
    official_id uuid        not null references identity.accounts,
    agency_code text,
    purpose     text        not null check (purpose in ('call_back', 'verify')),
    looked_at   timestamptz not null
);
comment on table feedback_desk.looks is
    'each time an official has seen who sent a report: shown to whom it is about';
create index looks_of_official on feedback_desk.looks (official_id, looked_at);
create index looks_of_account on feedback_desk.looks (account_id, looked_at desc, id desc);

create table feedback_desk.alarms (
    report_id uuid        not null references feedback.reports on delete cascade,
    kind      text        not null check (kind in ('accept_soon', 'accept_late', 'answer_soon', 'answer_late')),
    round     integer     not null,
    due_at    timestamptz not null,
    raised_at timestamptz not null,
    primary key (report_id, kind, round)
);
comment on column feedback_desk.alarms.round is 'how often the report had been reopened: each time its term begins anew';

-- What comes next in an official's queue. A report that nobody has accepted waits for that, any other for its answer.
create function feedback_desk.due(accepted_at timestamptz, accept_due_at timestamptz, due_at timestamptz)
    returns timestamptz language sql immutable parallel safe
    return coalesce(case when accepted_at is null then accept_due_at else due_at end, 'infinity');
create index reports_by_term on feedback.reports (feedback_desk.due(accepted_at, accept_due_at, due_at), id)
 where merged_into is null and withdrawn_at is null and status not in ('da_tra_loi', 'da_dong', 'tu_choi');
create index reports_handled on feedback.reports (created_at desc, id desc)
 where merged_into is null and withdrawn_at is null;
create index reports_under_way on feedback.reports (status)
 where merged_into is null and withdrawn_at is null and status not in ('da_dong', 'tu_choi');

-- As search.plain_words has them, so that what is typed without marks finds what was written with them.
create function feedback_desk.plain(words text) returns text language sql immutable parallel safe strict
    return regexp_replace(
        translate(
            regexp_replace(lower(normalize(words, nfkd)), '[\u0300-\u036f\u00ad\u200b-\u200f\u2060\ufeff]', '', 'g'),
            'đðøłı', 'ddoli'),
        '[^a-z0-9]+', ' ', 'g');
create index reports_by_words on feedback.reports using gin (feedback_desk.plain(description) gin_trgm_ops)
 where merged_into is null and withdrawn_at is null;

create schema feedback_results;

create table feedback_results.figures (
    month           date        not null,
    province_code   text        not null,
    ward_version    date,
    ward_code       text,
    unit_id         uuid,
    category_code   text        not null,
    received        integer     not null,
    refused         integer     not null,
    accept_judged   integer     not null,
    accepted_in_time integer    not null,
    answer_judged   integer     not null,
    answered_in_time integer    not null,
    answered        integer     not null,
    reopened        integer     not null,
    rated           integer     not null,
    stars           integer     not null,
    counted_at      timestamptz not null,
    unique nulls not distinct (month, province_code, category_code, unit_id, ward_version, ward_code)
);
comment on table feedback_results.figures is 'counted anew by the worker; by the month (in Viet Nam) of the sending';
comment on column feedback_results.figures.accept_judged is 'accepted, or over their time without';
""")
