"""Where procedures come from: imports, what they would change, and every version there was."""

from longan.migrations.script import run

revision = "0045"
down_revision = "0044"


def upgrade() -> None:
    run("""
create schema catalogue;

create table catalogue.imports (
    id           uuid        primary key default uuidv7(),
    origin       text        not null check (origin in ('upload', 'source')),
    is_whole     boolean     not null,
    codes        text[]      not null default '{}',
    state        text        not null default 'running'
                 check (state in ('running', 'drafted', 'publishing', 'closed', 'failed')),
    is_read      boolean     not null,
    position     text        not null default '',
    failures     integer     not null default 0,
    failure      text,
    total        integer     not null default 0,
    new          integer     not null default 0,
    changed      integer     not null default 0,
    withdrawn    integer     not null default 0,
    unchanged    integer     not null default 0,
    refused      integer     not null default 0,
    doubtful     integer     not null default 0,
    published    integer     not null default 0,
    outdated     integer     not null default 0,
    imported_by  uuid        not null references identity.accounts,
    imported_at  timestamptz not null,
    published_by uuid        references identity.accounts,
    valid_from   date,
    reason       text,
    updated_at   timestamptz not null,
    ended_at     timestamptz,
    pruned_at    timestamptz,
    version      integer     not null default 1,
    constraint imports_by_two check (published_by <> imported_by),
    check (not is_whole or origin = 'source'),
    check ((state in ('closed', 'failed')) = (ended_at is not null)),
    check ((state = 'failed') = (failure is not null)),
    check (state <> 'publishing' or (published_by is not null and valid_from is not null))
);
comment on table catalogue.imports is 'procedures on their way into the catalogue: read, compared, looked at, published';
comment on column catalogue.imports.is_whole is 'everything the source has: what is not in it is withdrawn';
comment on column catalogue.imports.codes is 'of a source: only these; empty for all';
comment on column catalogue.imports.is_read is 'the source has nothing more to tell; from then on it is compared';
comment on column catalogue.imports.position is 'the last id that the source gave out: it is asked for what comes after it';
comment on column catalogue.imports.failures is 'how often in a row the source did not answer';
comment on column catalogue.imports.published_by is 'whoever decided last; not the one who imported it';
create unique index imports_one_at_a_time on catalogue.imports ((true)) where state = 'running';
create index imports_newest on catalogue.imports (imported_at desc, id desc);
create index imports_to_go_on on catalogue.imports (updated_at) where state in ('running', 'publishing');
create index imports_to_prune on catalogue.imports (ended_at) where pruned_at is null and ended_at is not null;

create table catalogue.items (
    import_id    uuid    not null references catalogue.imports,
    place        integer not null check (place > 0),
    code         text    not null,
    name         text,
    content      jsonb,
    problems     jsonb   not null default '[]',
    kind         text    not null default 'waiting'
                 check (kind in ('waiting', 'new', 'changed', 'withdrawn', 'unchanged', 'refused')),
    is_doubtful  boolean not null default false,
    fields       text[]  not null default '{}',
    base_version integer not null default 0,
    state        text    not null default 'open' check (state in ('open', 'approved', 'published', 'outdated')),
    primary key (import_id, place),
    check (kind in ('refused', 'withdrawn') or content is not null),
    check (state = 'open' or kind in ('new', 'changed', 'withdrawn'))
) with (fillfactor = 80);
comment on table catalogue.items is 'each procedure of an import, and what it would change; kept 90 days';
comment on column catalogue.items.code is 'as it came: of a refused one it may be anything';
comment on column catalogue.items.content is 'the procedure as it would be published; null where there is none';
comment on column catalogue.items.problems is 'what the adapter names: code, pointer, and what stood there';
comment on column catalogue.items.is_doubtful is 'published only when it is named';
comment on column catalogue.items.base_version is 'the version it was compared with; 0 for none';
create unique index items_by_code on catalogue.items (import_id, code) where kind <> 'refused';
create index items_waiting on catalogue.items (import_id, place) where kind = 'waiting';
create index items_approved on catalogue.items (import_id, place) where state = 'approved';

-- jsonb writes itself in one way only, so equal contents have equal fingerprints.
create function catalogue.fingerprint(content jsonb) returns text language sql immutable strict parallel safe
    return encode(sha256(convert_to(content::text, 'UTF8')), 'hex');

create table catalogue.versions (
    code         text        not null,
    version      integer     not null check (version > 0),
    kind         text        not null check (kind in ('seeded', 'published', 'withdrawn')),
    valid_from   date        not null,
    content      jsonb       not null check (content ->> 'code' = code),
    fingerprint  text        not null generated always as (catalogue.fingerprint(content)) stored,
    import_id    uuid        references catalogue.imports,
    published_by uuid        references identity.accounts,
    published_at timestamptz not null default now(),
    constraint versions_one_each primary key (code, version),
    constraint versions_by_whom check ((kind = 'seeded') = (published_by is null and import_id is null))
);
comment on table catalogue.versions is 'every version of every procedure; nothing here is ever changed';
comment on column catalogue.versions.content is 'of a withdrawn one, what it was last';
create index versions_of_import on catalogue.versions (import_id) where import_id is not null;

create function catalogue.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'a version is never changed';
end $$;
create trigger versions_stay before update or delete on catalogue.versions
    for each row execute function catalogue.refuse_change();

create function catalogue.latest(wanted text) returns catalogue.versions language sql stable parallel safe
    return (select v from catalogue.versions v where v.code = wanted order by v.version desc limit 1);

create function catalogue.whole(p services.procedures) returns jsonb language sql immutable parallel safe
    return jsonb_build_object(
        'code', p.code, 'code_valid', p.code_valid, 'name', p.name, 'field_code', p.field_code, 'field', p.field,
        'agency_code', p.agency_code, 'agency', p.agency, 'levels', p.levels, 'online_level', p.online_level,
        'level', case when 'xa' = any(p.levels) then 'xa' when 'tinh' = any(p.levels) then 'tinh'
                      when 'nganh_doc' = any(p.levels) then 'nganh_doc' when 'bo' = any(p.levels) then 'bo'
                      else 'khac' end,
        'audience', p.audience, 'worker_group', p.worker_group, 'updated_on', p.updated_on) || p.detail;

-- Ids of HSDS are UUIDs that last: of the name, version 3 (RFC 9562), as hsds_nouns.py makes them.
create function catalogue.lasting_id(name text) returns uuid language sql immutable strict parallel safe
    return (select encode(set_byte(set_byte(m.digest, 6, get_byte(m.digest, 6) & 15 | 48),
                                   8, get_byte(m.digest, 8) & 63 | 128), 'hex')::uuid
              from (select decode(md5('\\x6ba7b8119dad11d180b400c04fd430c8'::bytea
                                      || convert_to('longan:' || lasting_id.name, 'UTF8')), 'hex') as digest) m);
create index procedures_by_lasting_id on services.procedures (catalogue.lasting_id('service:' || code));
create index procedures_at_portal on services.procedures (catalogue.lasting_id('service_at_location:' || code));

create function catalogue.seed() returns integer language sql volatile
begin atomic
    with made as (
        insert into catalogue.versions (code, version, kind, valid_from, content)
        select p.code, coalesce(l.version, 0) + 1, 'seeded',
               coalesce((p.detail ->> 'captured_on')::date, p.updated_on, current_date), catalogue.whole(p)
          from services.procedures p
          left join lateral (select v.version, v.kind, v.content from catalogue.versions v
                              where v.code = p.code order by v.version desc limit 1) l on true
         where l.version is null or (l.kind = 'seeded' and l.content <> catalogue.whole(p))
        returning 1)
    select count(*)::integer from made;
end;
comment on function catalogue.seed is
    'what came with the software is a version too: the first, or one more as long as no official has published any';
""")
