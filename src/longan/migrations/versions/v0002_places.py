"""Places: the administrative units of every list, and the way from one list to the next; occupations and wages."""

from longan.migrations.script import run

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    run("""
create schema places;

create table places.versions (
    version  date primary key,
    name     text not null,
    ended_on date
);
comment on column places.versions.version is 'the day the list of units came into force';

create table places.units (
    version       date not null references places.versions,
    code          text not null,
    level         text not null check (level in ('province', 'district', 'commune')),
    name          text not null,
    type          text not null,
    short_name    text not null,
    fold          text not null,
    parent_code   text,
    province_code text not null,
    lat           double precision,
    lon           double precision,
    area_km2      double precision,
    primary key (version, code)
);
comment on column places.units.fold is 'short_name as search.fold writes it';
create index units_by_fold on places.units (fold, version);
create index units_by_parent on places.units (version, parent_code);
create index units_by_province on places.units (version, province_code, code) where level = 'commune';

create table places.successions (
    old_version date not null,
    old_code    text not null,
    new_version date not null,
    new_code    text not null,
    kind        text not null check (kind in ('whole', 'partial')),
    detail      text not null,
    primary key (old_version, old_code, new_version, new_code),
    foreign key (old_version, old_code) references places.units (version, code),
    foreign key (new_version, new_code) references places.units (version, code)
);
comment on column places.successions.detail is 'whole, partial, partial_area or partial_area_all_people, as the source says';
create index successions_by_new on places.successions (new_version, new_code);

create function places.version_on(moment timestamptz) returns date language sql stable
    return (select max(v.version) from places.versions v
             where v.version <= (moment at time zone 'Asia/Ho_Chi_Minh')::date);
create table places.parks (
    code         text primary key,
    name         text not null,
    fold         text not null,
    kind         text not null,
    ward_version date not null,
    ward_code    text not null,
    lat          double precision not null,
    lon          double precision not null,
    area_ha      double precision,
    source       text not null,
    foreign key (ward_version, ward_code) references places.units (version, code)
);
comment on table places.parks is 'industrial parks and clusters; a point is the middle of the commune, for sorting only';

create schema reference;

create table reference.occupations (
    code   text     primary key,
    level  smallint not null check (level = length(code)),
    name   text     not null,
    fold   text     not null,
    parent text     references reference.occupations
);
comment on table reference.occupations is 'VSCO, QĐ 34/2020/QĐ-TTg: the length of a code is its level';

create table reference.minimum_wages (
    valid_from date     not null,
    valid_to   date,
    region     smallint not null check (region between 1 and 4),
    month_vnd  bigint   not null check (month_vnd > 0),
    hour_vnd   bigint   not null check (hour_vnd > 0),
    decree     text     not null,
    primary key (valid_from, region),
    check (valid_to >= valid_from)
);
comment on column reference.minimum_wages.valid_to is 'its last day; null: in force until another is';

create table reference.wage_regions (
    ward_version date     not null,
    ward_code    text     not null,
    valid_from   date     not null,
    region       smallint not null check (region between 1 and 4),
    decree       text     not null,
    primary key (ward_version, ward_code, valid_from),
    foreign key (ward_version, ward_code) references places.units (version, code)
);
comment on table reference.wage_regions is 'of the list of units to which the annex of the decree speaks';

comment on function places.version_on is 'the list of units in force at a moment: on its day in Viet Nam';
""")
