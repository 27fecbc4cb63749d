"""SQL of the room, each statement above the function that runs it."""

from datetime import datetime

import asyncpg

from longan.floor.database.db import many
from longan.rooms.job_suggestions.models import Suggestion, SuggestionList

# From one title to the next other one, and so past the thousands of postings that have the same. Beside those that
# begin with the words, those of the newest postings in which they stand further on.
SUGGEST = """-- job_suggestions.suggest
with recursive begun as (
    (select split_part(j.search_text, E'\\n', 1) as folded
       from jobs.postings j
      where j.status = 'open' and split_part(j.search_text, E'\\n', 1) >= $1
        and split_part(j.search_text, E'\\n', 1) < $1 || '~'
      order by 1 limit 1)
     union all
    select (select split_part(j.search_text, E'\\n', 1)
              from jobs.postings j
             where j.status = 'open' and split_part(j.search_text, E'\\n', 1) > b.folded
               and split_part(j.search_text, E'\\n', 1) < $1 || '~'
             order by split_part(j.search_text, E'\\n', 1) limit 1)
      from begun b
     where b.folded is not null),
inside as (
    select distinct split_part(n.search_text, E'\\n', 1) as folded
      from (select j.search_text from jobs.postings j where j.status = 'open'
             order by j.published_at desc, j.id desc limit 300) n
     where strpos(split_part(n.search_text, E'\\n', 1), ' ' || $1) > 0),
titles as (
    select b.folded, true as at_once from (select * from begun limit 30) b where b.folded is not null
     union all
    (select i.folded, false from inside i limit 30)),
titled as (
    select t.at_once, f.title, f.folded, f.postings
      from titles t
     cross join lateral (
        select min(p.title) as title, t.folded, count(*) as postings
          from (select j.title from jobs.postings j
                 where j.status = 'open' and j.expires_at > $2 and split_part(j.search_text, E'\\n', 1) = t.folded
                 limit 20) p) f
     where f.postings > 0
     order by t.at_once desc, f.postings desc, f.folded
     limit 6),
callers as (
    (select job_search.called(j.search_text) as called, j.employer_id
       from jobs.postings j
      where j.status = 'open' and job_search.called(j.search_text) >= $1
        and job_search.called(j.search_text) < $1 || '~'
      order by 1, 2 limit 1)
     union all
    select n.called, n.employer_id
      from (select * from callers c where c.employer_id is not null) c
     cross join lateral (
        select job_search.called(j.search_text) as called, j.employer_id
          from jobs.postings j
         where j.status = 'open' and (job_search.called(j.search_text), j.employer_id) > (c.called, c.employer_id)
           and job_search.called(j.search_text) < $1 || '~'
         order by job_search.called(j.search_text), j.employer_id limit 1) n),
lists as (
    select l.present, (select max(v.version) from places.versions v where v.version < l.present) as past
      from (select places.version_on($2::timestamptz) as present) l)
(select 'title' as kind, t.title as text, t.title as value from titled t)
 union all
(select 'occupation', o.name, o.code
   from reference.occupations o
  where starts_with(o.fold, $1) or strpos(o.fold, ' ' || $1) > 0
  order by starts_with(o.fold, $1) desc, o.level, o.code
  limit 4)
 union all
(select 'employer', e.name, e.id::text
   from (select * from callers limit 5) c
   join employers.employers e on e.id = c.employer_id)
 union all
(select 'place', p.name, p.name
   from (select distinct u.name
           from lists l
           join places.units u on u.version in (l.present, l.past) and u.fold >= $1 and u.fold < $1 || '~'
          where u.province_code in (
                select c.province_code from places.units n
                  join places.successions s on s.new_version = n.version and s.new_code = n.code
                  join places.units c on c.version = s.old_version and c.code = s.old_code
                 where n.version = l.present and n.province_code = $3 and n.level = 'commune')
             or u.province_code = $3) p
  order by p.name
  limit 5)"""


async def suggest(conn: asyncpg.Connection, beginning: str, home: str, now: datetime) -> SuggestionList:
    """What begins with the folded text, at most 20."""
    return SuggestionList(many(await conn.fetch(SUGGEST, beginning, now, home), Suggestion))
