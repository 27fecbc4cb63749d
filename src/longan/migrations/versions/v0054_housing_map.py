"""How many open listings lie in each cell of the map, and the words by which they are found."""

from longan.migrations.script import run

revision = "0054"
down_revision = "0053"


def upgrade() -> None:
    run("""
create schema housing_map;

-- The cell of level 20 of the quadtree of web maps (x to the east, y to the south, their bits in turns, y first). The
-- cells of a tile are a range of numbers.
create function housing_map.cell(lat double precision, lon double precision) returns bigint
    language sql immutable parallel safe strict
    return feedback.spread(least(greatest(floor((lon + 180) / 360 * 1048576), 0), 1048575)::bigint)
         | (feedback.spread(least(greatest(floor(
               (1 - asinh(tand(least(greatest(lat, -85), 85))) / pi()) / 2 * 1048576), 0), 1048575)::bigint) << 1);

create function housing_map.band(rent bigint) returns integer language sql immutable parallel safe strict
    return width_bucket(rent, array[500000, 1000000, 1500000, 2000000, 2500000, 3000000, 4000000, 5000000, 7000000, 10000000]::bigint[])
         + width_bucket(rent - 1, array[500000, 1000000, 1500000, 2000000, 2500000, 3000000, 4000000, 5000000, 7000000, 10000000]::bigint[]);
comment on function housing_map.band is
    'where a rent lies among the edges: even between two of them, odd on one, so that bounds on an edge are exact';

create function housing_map.rounded(degrees double precision) returns integer language sql immutable parallel safe strict
    return round(degrees * 100000)::integer;

alter table housing.listings
    add column map_cell  bigint   not null generated always as (housing_map.cell(lat, lon)) stored,
    add column rent_band smallint not null generated always as (housing_map.band(rent)) stored;
comment on column housing.listings.map_cell is 'of level 20 of the map';
comment on column housing.listings.rent_band is 'as housing_map.band has it';
-- Every search leaves out the dormitories of these few.
create index employers_suspended on employers.employers (id) where status = 'suspended';
create index listings_in_cell on housing.listings (map_cell) where status = 'open';

-- As feedback.cells: lines of +1 and -1 that no two writers wait for, added up by the worker; their sum is exact at
-- every moment. `lats` and `lons` are sums of hundred-thousandths of a degree.
create table housing_map.cells (
    level    smallint not null,
    cell     bigint   not null,
    kind     text     not null,
    band     smallint not null,
    listings integer  not null,
    lats     bigint   not null,
    lons     bigint   not null,
    primary key (level, cell, kind, band) include (listings, lats, lons)
);
comment on table housing_map.cells is 'open listings, those among them that nobody has confirmed in time, too';

create table housing_map.cell_changes (
    id       bigint   primary key generated always as identity,
    level    smallint not null,
    cell     bigint   not null,
    kind     text     not null,
    band     smallint not null,
    listings smallint not null,
    lat      integer  not null,
    lon      integer  not null
);
create index cell_changes_in on housing_map.cell_changes (level, cell);

create function housing_map.count_in_cells() returns trigger language plpgsql as $$
begin
    if tg_op <> 'DELETE' and new.status = 'open'
       and (tg_op = 'INSERT' or old.status <> 'open'
            or (old.lat, old.lon, old.kind, old.rent_band) <> (new.lat, new.lon, new.kind, new.rent_band)) then
        insert into housing_map.cell_changes (level, cell, kind, band, listings, lat, lon)
        select l, new.map_cell >> 2 * (20 - l), new.kind, new.rent_band, 1, housing_map.rounded(new.lat),
               housing_map.rounded(new.lon)
          from generate_series(8, 16) as l;
    end if;
    if tg_op <> 'INSERT' and old.status = 'open'
       and (tg_op = 'DELETE' or new.status <> 'open'
            or (old.lat, old.lon, old.kind, old.rent_band) <> (new.lat, new.lon, new.kind, new.rent_band)) then
        insert into housing_map.cell_changes (level, cell, kind, band, listings, lat, lon)
        select l, old.map_cell >> 2 * (20 - l), old.kind, old.rent_band, -1, -housing_map.rounded(old.lat),
               -housing_map.rounded(old.lon)
          from generate_series(8, 16) as l;
    end if;
    return null;
end $$;
create trigger listings_are_counted_in_cells after insert or update or delete on housing.listings
    for each row execute function housing_map.count_in_cells();

insert into housing_map.cells (level, cell, kind, band, listings, lats, lons)
select v, l.map_cell >> 2 * (20 - v), l.kind, l.rent_band, count(*), sum(housing_map.rounded(l.lat)),
       sum(housing_map.rounded(l.lon))
  from housing.listings l, generate_series(8, 16) v
 where l.status = 'open'
 group by 1, 2, 3, 4;

create schema housing_search;

create table housing_search.words (
    word text primary key
);
comment on table housing_search.words is
    'every word by which a listing could once be found: the last one that somebody types, where it is one of these, is '
    'not the beginning of another';

create function housing_search.learn(texts text[]) returns void language sql
begin atomic
    insert into housing_search.words (word)
    select distinct w.word
      from unnest(texts) t (text), regexp_split_to_table(split_part(t.text, E'\\n', 1), ' +') w (word)
     where w.word <> '' and not exists (select from housing_search.words k where k.word = w.word)
     order by w.word
        on conflict do nothing;
end;

create function housing_search.learn_inserted() returns trigger language plpgsql as $$
begin
    perform housing_search.learn(array(select distinct i.search_text from inserted i where i.status = 'open'));
    return null;
end $$;

create function housing_search.learn_changed() returns trigger language plpgsql as $$
begin
    perform housing_search.learn(array[new.search_text]);
    return null;
end $$;

create trigger words_come after insert on housing.listings
    referencing new table as inserted for each statement execute function housing_search.learn_inserted();
create trigger words_change after update on housing.listings for each row
    when (new.status = 'open' and (old.status <> 'open' or old.search_text <> new.search_text))
    execute function housing_search.learn_changed();

select housing_search.learn(array(select distinct l.search_text from housing.listings l where l.status = 'open'));
""")
