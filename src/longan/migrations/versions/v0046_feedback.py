"""What citizens report to the province (1022), what becomes of it, and how many reports lie in each cell of the map."""

from longan.migrations.script import run

revision = "0046"
down_revision = "0045"


def upgrade() -> None:
    run("""
create extension if not exists btree_gist;

create table reference.feedback_categories (
    province_code text,
    code          text     not null check (code ~ '^[a-z0-9_]{2,40}$'),
    valid_from    date     not null,
    valid_to      date,
    place         smallint not null,
    name_vi       text     not null,
    name_en       text     not null,
    questions     jsonb    not null default '[]',
    accept_hours  smallint check (accept_hours > 0),
    urgent_hours  smallint check (urgent_hours > 0),
    working_days  smallint check (working_days > 0),
    is_handled    boolean  not null,
    elsewhere     jsonb,
    cues          text[]   not null default '{}',
    source        text     not null,
    unique nulls not distinct (province_code, code, valid_from),
    check (valid_to >= valid_from),
    check (is_handled = (elsewhere is null)),
    check (not is_handled or num_nonnulls(accept_hours, urgent_hours, working_days) = 3)
);
comment on table reference.feedback_categories is
    'a province''s own row of a code goes before the one of everywhere; of each, the newest that has come holds';
comment on column reference.feedback_categories.place is 'its place in a list';
comment on column reference.feedback_categories.elsewhere is
    'of what is not handled here: the law, whom to turn to, the telephone, in words';
comment on column reference.feedback_categories.cues is
    'of what is not handled here: words, with their marks, by which a text may speak of it, so that its sender is asked';

create table reference.feedback_terms (
    province_code text,
    code          text    not null,
    valid_from    date    not null,
    value         integer not null check (value >= 0),
    source        text    not null,
    unique nulls not distinct (province_code, code, valid_from)
);
comment on table reference.feedback_terms is 'the numbers of the rules: how often one may ask again, within how many days';

create schema feedback;

-- What is public of a place is a point of a grid of 0.0005 degrees, about 55 m: none within a home.
create function feedback.rounded(degrees double precision) returns integer
    language sql immutable parallel safe strict return round(degrees * 2000)::integer;

create function feedback.public_point(lat double precision, lon double precision) returns cube
    language sql immutable parallel safe strict
    return ll_to_earth(feedback.rounded(lat) / 2000::double precision, feedback.rounded(lon) / 2000::double precision);

create function feedback.spread(n bigint) returns bigint language sql immutable parallel safe strict
    return (select (d | (d << 1)) & x'5555555555'::bigint
              from (select (c | (c << 2)) & x'3333333333'::bigint as d
              from (select (b | (b << 4)) & x'0f0f0f0f0f'::bigint as c
              from (select (a | (a << 8)) & x'00ff00ff00ff'::bigint as b
              from (select (n | (n << 16)) & x'0000ffff0000ffff'::bigint as a) a) b) c) d);
comment on function feedback.spread is 'the 20 low bits of a number, a zero before each';

-- The cell of level 20 of the quadtree of web maps (x to the east, y to the south, their bits in turns, y first) in
-- which the public point lies. The cells of a tile are a range of numbers.
create function feedback.cell(lat double precision, lon double precision) returns bigint
    language sql immutable parallel safe strict
    return feedback.spread(least(greatest(floor(
               (feedback.rounded(lon) / 2000::double precision + 180) / 360 * 1048576), 0), 1048575)::bigint)
         | (feedback.spread(least(greatest(floor(
               (1 - asinh(tand(least(greatest(feedback.rounded(lat) / 2000::double precision, -85), 85))) / pi()) / 2
               * 1048576), 0), 1048575)::bigint) << 1);

create table feedback.reports (
    id             uuid        primary key default gen_random_uuid(),
    code           text        not null constraint reports_one_per_code unique
                   check (code ~ '^PA-[2-9A-HJKMNP-TV-Z]{4}-[2-9A-HJKMNP-TV-Z]{4}$'),
    account_id     uuid        references identity.accounts,
    client_id      uuid,
    sent_digest    bytea       check (length(sent_digest) = 32),
    category_code  text        not null,
    attributes     jsonb,
    description    text        not null,
    address        text,
    lat            double precision check (lat between -90 and 90),
    lon            double precision check (lon between -180 and 180),
    ward_version   date,
    ward_code      text,
    province_code  text        not null,
    is_urgent      boolean     not null default false,
    status         text        not null default 'moi_gui'
                   check (status in ('moi_gui', 'yeu_cau_bo_sung', 'da_tiep_nhan', 'da_chuyen', 'dang_xu_ly',
                                     'da_tra_loi', 'mo_lai', 'da_dong', 'tu_choi')),
    visibility     text        not null default 'waiting' check (visibility in ('waiting', 'public', 'hidden')),
    origin         text        not null default 'app' check (origin in ('app', 'open311')),
    merged_into    uuid        references feedback.reports,
    supporters     integer     not null default 0 check (supporters >= 0),
    accept_due_at  timestamptz not null,
    due_at         timestamptz,
    accepted_at    timestamptz,
    answered_at    timestamptz,
    closed_at      timestamptz,
    withdrawn_at   timestamptz,
    unit_id        uuid,
    rating         smallint    check (rating between 1 and 5),
    rating_words   text,
    rated_at       timestamptz,
    reopened       integer     not null default 0 check (reopened >= 0),
    version        integer     not null default 1,
    created_at     timestamptz not null,
    updated_at     timestamptz not null,
    is_shown       boolean     not null generated always as (visibility = 'public' and merged_into is null) stored,
    point          cube        generated always as (feedback.public_point(lat, lon)) stored,
    spot           point       generated always as (
                   point(feedback.rounded(lon) / 2000::double precision,
                         feedback.rounded(lat) / 2000::double precision)) stored,
    cell           bigint      generated always as (feedback.cell(lat, lon)) stored,
    constraint reports_once_per_draft unique (account_id, client_id),
    foreign key (ward_version, ward_code) references places.units (version, code),
    check (account_id is not null or origin = 'open311'),
    check ((client_id is null) = (sent_digest is null)),
    check ((lat is null) = (lon is null)),
    check ((ward_version is null) = (ward_code is null)),
    check (merged_into <> id),
    check ((rating is null) = (rated_at is null) and (rating_words is null or rating is not null))
);
comment on column feedback.reports.client_id is 'of the draft on the phone: sent again, it is the same report';
comment on column feedback.reports.sent_digest is 'of what was sent with it: a changed draft is told apart';
comment on column feedback.reports.attributes is 'answers to the questions of the category, by their codes';
comment on column feedback.reports.visibility is 'public only after an official has read it';
comment on column feedback.reports.withdrawn_at is 'when its sender took it back: closed then, and shown to nobody else';
comment on column feedback.reports.point is 'the public one, for distances';
comment on column feedback.reports.spot is 'the public one: longitude, latitude, for boxes';
comment on column feedback.reports.cell is 'of level 20 of the map, of the public point';
create index reports_of_account on feedback.reports (account_id, created_at desc, id desc);
create index reports_answered on feedback.reports (answered_at, id) where status = 'da_tra_loi';
create index reports_of_whole on feedback.reports (merged_into) where merged_into is not null;
create index reports_shown on feedback.reports (created_at desc, id desc) where is_shown;
create index reports_shown_of_ward on feedback.reports (ward_code, created_at desc, id desc) where is_shown;
create index reports_shown_of_category on feedback.reports (category_code, created_at desc, id desc) where is_shown;
create index reports_shown_of_status on feedback.reports (status, created_at desc, id desc) where is_shown;
create index reports_shown_near on feedback.reports using gist (category_code, status, point) where is_shown;
create index reports_shown_within on feedback.reports using gist (category_code, status, spot) where is_shown;
create index reports_shown_in_cell on feedback.reports (cell) include (category_code, status, spot, code)
 where is_shown and cell is not null;

create table feedback.moves (
    id          uuid        primary key default uuidv7(),
    report_id   uuid        not null references feedback.reports on delete cascade,
    from_status text,
    to_status   text        not null,
    side        text        not null check (side in ('citizen', 'official', 'system')),
    account_id  uuid        references identity.accounts,
    words       text,
    note        text,
    unit_id     uuid,
    created_at  timestamptz not null
);
comment on column feedback.moves.from_status is 'null: it was sent';
comment on column feedback.moves.words is 'what the citizen reads, or has written';
comment on column feedback.moves.note is 'for officials only';
create index moves_of_report on feedback.moves (report_id, created_at, id);

create table feedback.supporters (
    report_id  uuid        not null references feedback.reports on delete cascade,
    account_id uuid        not null references identity.accounts,
    created_at timestamptz not null,
    constraint supporters_once primary key (report_id, account_id)
);
comment on table feedback.supporters is 'who said "me too"; shown to nobody';
create index supporters_by_account on feedback.supporters (account_id, created_at desc, report_id desc);

-- Two at once wait for each other at the report's row, so that the count is that of the rows.
create function feedback.count_supporters() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        update feedback.reports set supporters = supporters + 1 where id = new.report_id;
    else
        update feedback.reports set supporters = supporters - 1 where id = old.report_id;
    end if;
    return null;
end $$;
create trigger supporters_are_counted after insert or delete on feedback.supporters
    for each row execute function feedback.count_supporters();

-- How many shown reports lie in each cell of the levels that tiles are made of, by category and status; `lats` and
-- `lons` are the sums of the rounded degrees, for the middle of a cluster. A report that appears, changes or goes adds
-- lines of +1 and -1 to `cell_changes`, so that no two writers ever wait for each other at a cell of the whole province;
-- the worker adds them up. What a reader sees is the sum of both, exact at every moment.
create table feedback.cells (
    level         smallint not null,
    cell          bigint   not null,
    category_code text     not null,
    status        text     not null,
    reports       integer  not null,
    lats          bigint   not null,
    lons          bigint   not null,
    primary key (level, cell, category_code, status) include (reports, lats, lons)
);

create table feedback.cell_changes (
    id            bigint   primary key generated always as identity,
    level         smallint not null,
    cell          bigint   not null,
    category_code text     not null,
    status        text     not null,
    reports       smallint not null,
    lat           integer  not null,
    lon           integer  not null
);
create index cell_changes_in on feedback.cell_changes (level, cell);

create function feedback.count_in_cells() returns trigger language plpgsql as $$
begin
    if tg_op <> 'DELETE' and new.is_shown and new.cell is not null
       and (tg_op = 'INSERT' or not old.is_shown or old.cell is null
            or (old.cell, old.spot[0], old.spot[1], old.category_code, old.status)
               <> (new.cell, new.spot[0], new.spot[1], new.category_code, new.status)) then
        insert into feedback.cell_changes (level, cell, category_code, status, reports, lat, lon)
        select l, new.cell >> 2 * (20 - l), new.category_code, new.status, 1,
               feedback.rounded(new.lat), feedback.rounded(new.lon)
          from generate_series(8, 16) as l;
    end if;
    if tg_op <> 'INSERT' and old.is_shown and old.cell is not null
       and (tg_op = 'DELETE' or not new.is_shown or new.cell is null
            or (old.cell, old.spot[0], old.spot[1], old.category_code, old.status)
               <> (new.cell, new.spot[0], new.spot[1], new.category_code, new.status)) then
        insert into feedback.cell_changes (level, cell, category_code, status, reports, lat, lon)
        select l, old.cell >> 2 * (20 - l), old.category_code, old.status, -1,
               -feedback.rounded(old.lat), -feedback.rounded(old.lon)
          from generate_series(8, 16) as l;
    end if;
    return null;
end $$;
create trigger reports_are_counted_in_cells after insert or update or delete on feedback.reports
    for each row execute function feedback.count_in_cells();
""")
