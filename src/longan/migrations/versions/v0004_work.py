"""Employers, their postings, and who applied."""

from longan.migrations.script import run

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    run("""
create schema employers;

create table employers.employers (
    id              uuid        primary key default uuidv7(),
    tax_code_index  bytea       not null constraint employers_one_per_tax_code unique,
    tax_code        text        check (tax_code ~ '^[0-9]{10}(-[0-9]{3})?$'),
    tax_code_cipher bytea,
    name            text        not null,
    ward_version    date        not null,
    ward_code       text        not null,
    status          text        not null default 'unverified' check (status in ('unverified', 'verified', 'rejected', 'suspended')),
    verified_at     timestamptz,
    version         integer     not null default 1,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    foreign key (ward_version, ward_code) references places.units (version, code),
    check (num_nonnulls(tax_code, tax_code_cipher) = 1)
);
comment on column employers.employers.tax_code_index is 'HMAC-SHA-256 of the code in its one spelling';
comment on column employers.employers.tax_code is 'of an organisation; a person''s is an identity number, sealed';

create schema members;

create table members.members (
    employer_id uuid        not null references employers.employers,
    account_id  uuid        not null references identity.accounts,
    role        text        not null check (role in ('owner', 'recruiter')),
    created_at  timestamptz not null default now(),
    primary key (employer_id, account_id)
);
create index members_by_account on members.members (account_id);
comment on table members.members is 'who acts for an employer';

create table employers.verifications (
    id          uuid        primary key default uuidv7(),
    employer_id uuid        not null references employers.employers,
    decision    text        not null check (decision in ('verified', 'rejected')),
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
    month_pay     bigint      not null generated always as (case when pay_currency = 'VND' and pay_period = 'month'
                  then coalesce(pay_max, pay_min, 0) else 0 end) stored,
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
    check (status in ('draft', 'in_review', 'closed') or published_at is not null)
);
comment on column jobs.postings.search_text is 'title and employer as search.fold writes them';
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

comment on column jobs.postings.month_pay is 'the most it pays in đồng a month; 0 when that is not said';
create index postings_newest on jobs.postings (published_at desc, id desc) where status = 'open';
create index postings_search on jobs.postings using gin (search) where status = 'open';
create index postings_by_ward on jobs.postings (ward_version, ward_code, published_at desc, id desc)
 where status = 'open';
create index postings_by_province on jobs.postings (province_code, published_at desc, id desc) where status = 'open';
create index postings_best_paid on jobs.postings (month_pay desc, id desc) where status = 'open';
create index postings_due on jobs.postings (expires_at) where status = 'open';
create index postings_by_employer on jobs.postings (employer_id, published_at desc, id desc);
create index postings_near on jobs.postings using gist (point) where status = 'open' and point is not null;

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
    version     integer     not null default 1,
    constraint applications_one_per_worker_and_job unique (worker_id, job_id)
);
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

create type applications.job as (id uuid, title text, ward_code text, employer employers.brief);
create type applications.move as (
    from_status text, to_status text, reason_code text, message text, moved_at timestamptz
);
""")
