"""How postings are found."""

from longan.migrations.script import run

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    run("""
create schema job_search;

create function job_search.pay_steps(month bigint) returns integer[] language sql immutable parallel safe
    return (array[4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 17, 20, 25, 30, 40, 50])
           [:width_bucket(month, array[4000000, 5000000, 6000000, 7000000, 8000000, 9000000, 10000000, 11000000, 12000000,
                                       13000000, 14000000, 15000000, 17000000, 20000000, 25000000, 30000000, 40000000,
                                       50000000]::bigint[])];
comment on function job_search.pay_steps is
    'the millions that a month''s pay reaches, of those people ask for: where words are asked for as well, it is by these '
    'that the index leaves out what pays less';

create index postings_newest on jobs.postings (published_at desc, id desc) where status = 'open';
create index postings_best_paid on jobs.postings ((coalesce(effective_month, 0)) desc, id desc) where status = 'open';
create index postings_near on jobs.postings using gist (point) where status = 'open';
-- One index for words and what narrows them: their row sets meet inside it, in any combination. One value is an array
-- of one, for an array is what GIN can look up several values in at once. Without a list of what is pending, which every
-- search would have to read.
create index postings_search on jobs.postings
    using gin (search, (array[ward_code]), (array[province_code]), (array[employer_id]), (array[occupation_code]),
               (array[park_code]), (array[shift]), (array[contract]), benefits,
               job_search.pay_steps(effective_month))
    with (fastupdate = off) where status = 'open';
create index postings_titles on jobs.postings (split_part(search_text, E'\\n', 1), id) where status = 'open';

create function job_search.called(search_text text) returns text language sql immutable parallel safe
    return regexp_replace(split_part(search_text, E'\\n', 2),
        '^((cong ty|cty|tong|trach nhiem huu han|tnhh|mot thanh vien|1 thanh vien|mtv|co phan|cp|tap doan|chi nhanh|'
        'doanh nghiep tu nhan|dntn|ho kinh doanh|hkd|thuong mai|dich vu|tm|dv|san xuat|sx|xuat nhap khau|xnk|va) )+', '');
comment on function job_search.called is 'what people call an employer: its folded name without the legal form before it';
create index postings_callers on jobs.postings (job_search.called(search_text), employer_id, id) where status = 'open';

create table job_search.words (
    word text primary key
);
comment on table job_search.words is 'every word by which a posting could once be found: what a mistyped one may have meant';
create index words_near on job_search.words using gist (word gist_trgm_ops (siglen = 64));

create function job_search.learn(texts text[]) returns void language sql
begin atomic
    insert into job_search.words (word)
    select distinct w.word
      from unnest(texts) t (text), regexp_split_to_table(t.text, '[ \\n]+') w (word)
     where w.word <> '' and not exists (select from job_search.words k where k.word = w.word)
     order by w.word
        on conflict do nothing;
end;

create function job_search.learn_inserted() returns trigger language plpgsql as $$
begin
    perform job_search.learn(array(select distinct i.search_text from inserted i where i.status = 'open'));
    return null;
end $$;

create function job_search.learn_changed() returns trigger language plpgsql as $$
begin
    perform job_search.learn(array[new.search_text]);
    return null;
end $$;

create trigger words_come after insert on jobs.postings
    referencing new table as inserted for each statement execute function job_search.learn_inserted();
create trigger words_change after update on jobs.postings for each row
    when (new.status = 'open' and (old.status <> 'open' or old.search_text <> new.search_text))
    execute function job_search.learn_changed();

create function job_search.places_named(names text[], home text, moment timestamptz)
returns table (name text, ward_codes text[]) language sql stable parallel safe
begin atomic
    with lists as (
        select l.present, (select max(v.version) from places.versions v where v.version < l.present) as past
          from (select places.version_on(moment) as present) l),
    wards as (
        select n.name, w.code, w.province_code
          from lists l
         cross join unnest(names) n (name)
          join places.units u on u.version in (l.present, l.past) and u.fold = split_part(n.name, '/', 2)
                             and split_part(n.name, '/', 1) in ('', u.type)
         cross join lateral (
            select c.code, c.province_code
              from places.units c
             where u.version = l.present and c.version = u.version and c.level = 'commune'
               and (c.code = u.code or c.parent_code = u.code)
             union
            select s.new_code, n.province_code
              from places.units c
              join places.successions s
                on s.old_version = c.version and s.old_code = c.code and s.new_version = l.present
              join places.units n on n.version = s.new_version and n.code = s.new_code
             where u.version = l.past and c.version = u.version
               and (c.code = u.code or c.parent_code = u.code
                    or c.province_code = u.code and c.level = 'commune')) w)
    select w.name, coalesce(array_agg(distinct w.code) filter (where w.province_code = home),
                            array_agg(distinct w.code))
      from wards w
     group by w.name;
end;
comment on function job_search.places_named is
    'the wards in force of each name ("type/fold", the type may be empty) of the list in force or the one before: '
    'those at home, else all';

create function job_search.near_words(words text[], unfinished text)
returns table (word text, near text[]) language sql stable parallel safe
begin atomic
    select t.word, array(select k.word from job_search.words k
                          where length(k.word) between length(t.word) - 2 and length(t.word) + 2
                          order by k.word <-> t.word limit 40)
      from unnest(words) t (word)
     where not exists (select from job_search.words k where k.word = t.word)
       and (t.word is distinct from unfinished
            or not exists (select from job_search.words k where k.word >= t.word and k.word < t.word || '~'));
end;
comment on function job_search.near_words is 'of those words that no posting has, the ones that look most like them';
""")
