"""Employers, their postings, and who applied."""

from longan.migrations.script import run

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    run("""
create schema employers;

create table employers.employers (
    id              uuid        primary key default uuidv7(),
    tax_code_index  bytea       not null,
    tax_code        text        check (tax_code ~ '^[0-9]{10}(-[0-9]{3})?$'),
    tax_code_cipher bytea,
    name            text        not null,
    wanted_name     text,
    description     text,
    search_text     text        not null default '',
    search          tsvector    not null generated always as (to_tsvector('simple', search_text)) stored,
    ward_version    date        not null,
    ward_code       text        not null,
    status          text        not null default 'unverified' check (status in ('unverified', 'verified', 'rejected', 'suspended')),
    verified_at     timestamptz,
    asked_at        timestamptz not null default now(),
    version         integer     not null default 1,
    seen_version    integer     not null default 1,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    foreign key (ward_version, ward_code) references places.units (version, code),
    check (num_nonnulls(tax_code, tax_code_cipher) = 1),
    check (wanted_name is null or status in ('verified', 'suspended'))
);
comment on column employers.employers.wanted_name is 'what a verified one wants to be called, until an official agrees';
comment on column employers.employers.seen_version is 'as it registered, or as the last decision left it';
comment on column employers.employers.search_text is 'name as search.fold writes it';
comment on column employers.employers.asked_at is 'since when an official is asked: registration, correction, wanted name';
create unique index employers_one_per_tax_code on employers.employers (tax_code_index) where status <> 'rejected';
comment on index employers.employers_one_per_tax_code is 'who was refused keeps nobody out whose code it is';
create index employers_waiting on employers.employers (asked_at, id) where status = 'unverified' or wanted_name is not null;
create index employers_search on employers.employers using gin (search) where status = 'verified';
create index employers_by_name on employers.employers (search_text, id) where status = 'verified';
comment on column employers.employers.tax_code_index is 'HMAC-SHA-256 of the code in its one spelling';
comment on column employers.employers.tax_code is 'of an organisation; a person''s is an identity number, sealed';

create schema members;

create table members.members (
    employer_id uuid        not null references employers.employers,
    account_id  uuid        not null references identity.accounts,
    role        text        not null check (role in ('owner', 'recruiter')),
    created_at  timestamptz not null default now(),
    id          uuid        not null default uuidv7() constraint members_once unique,
    primary key (employer_id, account_id)
);
create index members_by_account on members.members (account_id);
comment on table members.members is 'who acts for an employer';
comment on column members.members.id is 'what addresses show, instead of the account';

create table employers.verifications (
    id          uuid        primary key default uuidv7(),
    employer_id uuid        not null references employers.employers,
    decision    text        not null check (decision in ('verified', 'rejected', 'suspended', 'reinstated',
                'name_accepted', 'name_refused')),
    reason      text        not null,
    decided_by  uuid        not null references identity.accounts,
    agency_code text,
    decided_at  timestamptz not null
);
comment on column employers.verifications.agency_code is 'for which the official decided; an administrator has none';
create index verifications_of_employer on employers.verifications (employer_id, decided_at);

create type employers.brief as (id uuid, name text, verified boolean);

create schema jobs;

create table jobs.postings (
    id            uuid        primary key default uuidv7(),
    employer_id   uuid        not null references employers.employers,
    status        text        not null default 'draft'
                  check (status in ('draft', 'in_review', 'open', 'paused', 'closed', 'expired', 'suspended')),
    title         text        not null,
    description   text        not null,
    search_text   text        not null,
    search        tsvector    not null generated always as (to_tsvector('simple', search_text)) stored,
    title_marked  text        not null,
    ward_version  date        not null,
    ward_code     text        not null,
    province_code text        not null,
    lat           double precision,
    lon           double precision,
    point         cube        generated always as (ll_to_earth(lat, lon)) stored,
    pay_min       bigint      check (pay_min > 0),
    pay_max       bigint      check (pay_max >= pay_min),
    pay_currency  text        not null default 'VND' check (pay_currency in ('VND', 'USD')),
    pay_period    text        not null default 'month' check (pay_period in ('hour', 'day', 'week', 'month', 'piece')),
    pay_base       bigint     check (pay_base > 0),
    pay_allowances bigint     check (pay_allowances >= 0),
    pay_attendance bigint     check (pay_attendance >= 0),
    pay_overtime   bigint     check (pay_overtime >= 0),
    pay_overtime_hours smallint check (pay_overtime_hours between 1 and 100),
    pay_deductions bigint     check (pay_deductions >= 0),
    effective_month bigint    check (effective_month > 0),
    effective_hour  bigint    check (effective_hour > 0),
    occupation_code text      references reference.occupations,
    contract      text        check (contract in ('indefinite', 'fixed_term', 'probation', 'apprenticeship', 'casual')),
    shift         text        check (shift in ('day', 'night', 'two_shifts', 'three_shifts', 'twelve_hours', 'flexible')),
    week_hours    smallint    check (week_hours between 1 and 72),
    week_days     smallint    check (week_days between 1 and 7),
    benefits      text[]      not null default '{}' check (benefits <@ array['meals', 'bus', 'dormitory',
                  'social_insurance', 'health_insurance', 'unemployment_insurance', 'accident_insurance', 'uniform',
                  'childcare', 'thirteenth_month']),
    experience_months smallint check (experience_months between 0 and 600),
    education     text        check (education in ('none', 'primary', 'lower_secondary', 'upper_secondary',
                  'vocational', 'college', 'university')),
    skills        text[]      not null default '{}',
    park_code     text        references places.parks,
    openings      integer     not null check (openings > 0),
    filled        integer     not null default 0 check (filled between 0 and openings),
    source        text        not null default 'app' check (source in ('app', 'csv', 'json_ld', 'sample')),
    source_key    text,
    extra         jsonb,
    changed_in    xid8        not null default pg_current_xact_id(),
    place_source  text        not null default 'employer' check (place_source in ('employer', 'sample')),
    published_at  timestamptz,
    expires_at    timestamptz not null,
    closed_at     timestamptz,
    version       integer     not null default 1,
    created_at    timestamptz not null default now(),
    updated_at    timestamptz not null default now(),
    foreign key (ward_version, ward_code) references places.units (version, code),
    constraint postings_once_per_source unique (employer_id, source_key),
    check (status in ('draft', 'in_review', 'closed', 'suspended') or published_at is not null)
);
comment on column jobs.postings.search_text is 'lines as searchable.searchable writes them: title, employer, skills';
comment on column jobs.postings.title_marked is 'title in lower case NFC with its marks, for exact hits first';
comment on column jobs.postings.pay_base is 'đồng for one pay_period at normal hours; the parts after it are đồng a month';
comment on column jobs.postings.effective_month is 'what pay.comparable makes of it: đồng a month that one can rely on';
comment on column jobs.postings.source_key is 'the employer''s own name for it: an import that is run again finds it';
comment on column jobs.postings.extra is 'what the import had and we do not understand, kept as it came';
comment on column jobs.postings.changed_in is 'the transaction of the last change, for the feed';

create table jobs.history (
    id          uuid        primary key default uuidv7(),
    posting_id  uuid        not null references jobs.postings,
    version     integer     not null,
    changed_by  uuid        references identity.accounts,
    side        text        not null check (side in ('employer', 'official', 'system')),
    from_status text        not null,
    to_status   text        not null,
    changes     jsonb       not null default '{}',
    reason      text,
    changed_at  timestamptz not null
);
comment on column jobs.history.changes is 'each changed field with what it was and what it became';
create index history_of_posting on jobs.history (posting_id, changed_at desc, id desc);

create type jobs.named as (code text, name text);
create type jobs.field_change as (field text, old text, new text);

create function jobs.said(value jsonb) returns text language sql immutable
    return case jsonb_typeof(value)
           when 'array' then (select string_agg(v, ', ' order by n) from jsonb_array_elements_text(value) with ordinality t (v, n))
           else value #>> '{}' end;
comment on function jobs.said is 'the value of a field in words: a list with commas, an empty one and null are null';

create function jobs.changes(before jobs.postings, after jobs.postings) returns jsonb language sql stable
    return (
        select coalesce(jsonb_object_agg(case when starts_with(b.key, 'pay_') then 'pay/' || substr(b.key, 5) else b.key end,
                                         jsonb_build_object('old', b.value, 'new', a.value)), '{}')
          from jsonb_each(to_jsonb(before)) b
          join jsonb_each(to_jsonb(after)) a on a.key = b.key
         where a.value is distinct from b.value
           and b.key in ('title', 'description', 'ward_code', 'pay_min', 'pay_max', 'pay_currency', 'pay_period',
                         'pay_base', 'pay_allowances', 'pay_attendance', 'pay_overtime', 'pay_overtime_hours',
                         'pay_deductions', 'openings', 'expires_at', 'occupation_code', 'contract', 'shift',
                         'week_hours', 'week_days', 'benefits', 'experience_months', 'education', 'skills',
                         'park_code'));
comment on function jobs.changes is 'what an employer sees of a change, each field by its path in a Job';

create function jobs.title_at(posting uuid, moment timestamptz) returns text language sql stable parallel safe
    return coalesce((select h.changes -> 'title' ->> 'old'
                       from jobs.history h
                      where h.posting_id = posting and h.changed_at > moment and h.changes -> 'title' is not null
                      order by h.changed_at, h.id
                      limit 1),
                    (select j.title from jobs.postings j where j.id = posting));
comment on function jobs.title_at is 'what a posting was called at that moment; later words may wait for an official';

create index postings_due on jobs.postings (expires_at) where status in ('open', 'paused');
create index postings_of_employer on jobs.postings (employer_id, created_at desc, id desc);
create index postings_by_employer on jobs.postings (employer_id, published_at desc, id desc);

create schema applications;

create table applications.applications (
    id          uuid        primary key default uuidv7(),
    job_id      uuid        not null references jobs.postings,
    employer_id uuid        not null references employers.employers,
    worker_id   uuid        not null references identity.accounts,
    status      text        not null default 'submitted'
                check (status in ('submitted', 'viewed', 'shortlisted', 'interview', 'offer', 'hired', 'rejected',
                                  'withdrawn', 'expired', 'obsolete')),
    note        text,
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    version     integer     not null default 1
);
-- What ended with its posting bars nobody from asking again when that is renewed.
create unique index applications_one_per_worker_and_job on applications.applications (worker_id, job_id)
    where status <> 'obsolete';
create index applications_of_job on applications.applications (job_id, created_at desc, id desc);
create index applications_of_worker on applications.applications (worker_id, created_at desc, id desc);

create table applications.moves (
    id             uuid        primary key default uuidv7(),
    application_id uuid        not null references applications.applications,
    moved_by       uuid        references identity.accounts,
    from_status    text        not null,
    to_status      text        not null,
    reason_code    text,
    message        text,
    moved_at       timestamptz not null
);
create index moves_of_application on applications.moves (application_id, moved_at desc, id desc);

create index applications_of_employer on applications.applications (employer_id, created_at);

-- Of the applications received from 90 to 7 days before the moment, but for those withdrawn before an answer: the share
-- that the employer answered within 7 days, and the median of the hours until its first answer, which to have looked
-- (viewed) is not. Fewer than 10 say nothing.
create function employers.response(employer uuid, moment timestamptz)
    returns table (counted integer, rate double precision, median_hours double precision)
    language sql stable parallel safe
begin atomic
    select count(*)::integer,
           case when count(*) >= 10
                then round(avg((f.first_at <= a.created_at + interval '7 days' and f.first_at is not null)::integer), 2)
           end::double precision,
           case when count(f.first_at) >= 10
                then round((percentile_cont(0.5) within group (order by extract(epoch from f.first_at - a.created_at))
                            filter (where f.first_at is not null) / 3600)::numeric, 1)
           end::double precision
      from applications.applications a
      left join lateral (
          select min(m.moved_at) as first_at
            from applications.moves m
           where m.application_id = a.id and m.moved_by <> a.worker_id and m.to_status <> 'viewed'
             and m.moved_at <= moment) f on true
     where a.employer_id = employer
       and a.created_at > moment - interval '90 days' and a.created_at <= moment - interval '7 days'
       and not (a.status = 'withdrawn' and f.first_at is null);
end;

create type applications.job as (id uuid, title text, ward_code text, employer employers.brief);
create type applications.move as (
    from_status text, to_status text, reason_code text, message text, moved_at timestamptz
);
""")
