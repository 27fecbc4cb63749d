"""How procedures are found, and the checklists people keep of them."""

from longan.migrations.script import run

revision = "0044"
down_revision = "0043"


def upgrade() -> None:
    run("""
create extension if not exists fuzzystrmatch;

create function services.kinds_of(levels text[], online_level text, audience text[], who text[]) returns text
    language sql immutable parallel safe
    return concat_ws(';', array_to_string(levels, ','), online_level, array_to_string(audience, ','),
                     array_to_string(who, ','));
comment on function services.kinds_of is 'all that is counted of a procedure but its field, as one text to group by';

-- Made anew for the order of its columns: whatever a search looks at for every row it finds stands before what is only
-- shown, for PostgreSQL reads a row from its beginning.
alter table services.procedures rename to procedures_before;
alter table services.procedures_before rename constraint procedures_pkey to procedures_before_pkey;
create table services.procedures (
    weight       integer  not null generated always as
                 (case when worker_group is null then 0 else 100000 end - least(length(name_marked), 900)) stored,
    code         text     primary key,
    local_to     text,
    name_folded  text     not null generated always as (' ' || split_part(search_text, E'\n', 1)) stored,
    name_marked  text     not null,
    kinds        text     not null generated always as
                 (services.kinds_of(levels, online_level, audience, who)) stored,
    field_code   text     not null,
    field        text     not null,
    search_text  text     not null,
    levels       text[]   not null,
    online_level text     not null check (online_level in ('toan_trinh', 'mot_phan', 'khong')),
    audience     text[]   not null,
    who          text[]   not null default '{}',
    worker_group text,
    name         text     not null,
    agency_code  text     not null,
    agency       text     not null,
    code_valid   boolean  not null,
    updated_on   date,
    search       tsvector not null generated always as (to_tsvector('simple', search_text)) stored,
    detail       jsonb    not null
);
insert into services.procedures (code, name, search_text, name_marked, field_code, field, agency_code, agency, levels,
                                 online_level, audience, worker_group, code_valid, updated_on, detail)
select code, name, search_text, name_marked, field_code, field, agency_code, agency, levels, online_level, audience,
       worker_group, code_valid, updated_on, detail
  from services.procedures_before;
drop table services.procedures_before;
comment on column services.procedures.worker_group is 'the hand-picked procedures a worker needs; others null';
comment on column services.procedures.detail is
    'what get_procedure shows beyond the columns: documents, methods, cases, legal basis, steps, results';
comment on column services.procedures.who is 'whom it is for, by who_am_i.toml: "I am a landlord"';
comment on column services.procedures.local_to is 'folded name of the one province that issued it; null: all have it';
comment on column services.procedures.name_folded is 'with a blank before it: a word begins where a blank is';
comment on column services.procedures.weight is
    'which comes first of two that answer a search as well: what workers need, the shorter name';

-- Nobody searches in the detail: beside the columns that are searched it would make every search read more pages. These
-- stay where they are, for one that lies elsewhere, or has to be unpacked, costs more than the whole rest of its row.
alter table services.procedures set (toast_tuple_target = 1400);
alter table services.procedures
    alter column name set storage main,
    alter column search_text set storage main,
    alter column name_marked set storage main,
    alter column name_folded set storage main,
    alter column kinds set storage main,
    alter column field set storage main,
    alter column agency set storage main,
    alter column levels set storage main,
    alter column audience set storage main,
    alter column who set storage main;

create index procedures_in_order on services.procedures ((worker_group is null), code);
-- One index for words and what narrows them, as for postings; one value is an array of one.
create index procedures_search on services.procedures
    using gin (search, (array[field_code]), levels, (array[online_level]), audience, who) with (fastupdate = off);
create index procedures_names on services.procedures (name_folded, code);
create index procedures_fields on services.procedures (split_part(search_text, E'\n', 2));
create index procedures_counted on services.procedures (field_code) include (field, kinds);

create table services.words (
    word text primary key
);
comment on table services.words is 'every word by which a procedure could once be found: what a mistyped one may have meant';

create function services.learn() returns trigger language plpgsql as $$
begin
    insert into services.words (word)
    select distinct w.word
      from changed c, generate_series(1, 3) line,
           regexp_split_to_table(split_part(c.search_text, E'\n', line), ' +') w (word)
     where w.word <> '' and not exists (select from services.words k where k.word = w.word)
     order by w.word
        on conflict do nothing;
    return null;
end $$;
create trigger words_come after insert on services.procedures
    referencing new table as changed for each statement execute function services.learn();
create trigger words_change after update on services.procedures
    referencing new table as changed for each statement execute function services.learn();

create function services.near_words(words text[], unfinished text)
returns table (word text, near text[]) language sql stable parallel safe
begin atomic
    select t.word, array(select k.word from services.words k
                          where length(k.word) between length(t.word) - 2 and length(t.word) + 2
                            and levenshtein_less_equal(k.word, t.word, 3) <= 3
                          order by levenshtein_less_equal(k.word, t.word, 3), k.word limit 40)
      from unnest(words) t (word)
     where not exists (select from services.words k where k.word = t.word)
       and (t.word is distinct from unfinished
            or not exists (select from services.words k where k.word >= t.word and k.word < t.word || '~'));
end;
comment on function services.near_words is 'of those words that no procedure has, the ones at most three letters away';

create schema checklists;

create table checklists.checklists (
    account_id     uuid        not null references identity.accounts,
    id             uuid        not null,
    procedure_code text        not null,
    case_name      text,
    papers         jsonb       not null,
    ticks          jsonb       not null,
    version        integer     not null default 1,
    created_at     timestamptz not null,
    updated_at     timestamptz not null,
    dropped_at     timestamptz,
    primary key (account_id, id)
);
comment on column checklists.checklists.id is 'made by the phone: another account''s may be the same';
comment on column checklists.checklists.procedure_code is 'no foreign key: a checklist outlives its procedure';
comment on column checklists.checklists.papers is 'the papers as the person last saw them: key, case, name';
comment on column checklists.checklists.ticks is 'by the key of a paper: whether it is done, and when that was said';
comment on column checklists.checklists.dropped_at is
    'deleted: for 90 days a phone that was away must not bring it back; papers and ticks are empty';
create index checklists_newest on checklists.checklists (account_id, updated_at desc, id desc) where dropped_at is null;
create index checklists_by_age on checklists.checklists (dropped_at) where dropped_at is not null;
""")
