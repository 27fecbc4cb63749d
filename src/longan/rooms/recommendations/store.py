"""SQL of the room, each statement above the function that runs it.

The score is a sum of small whole numbers, each of which is a reason that the reader is told. The parts are written once
here, over values in braces, and the tests ask the database itself what they come to.
"""

from datetime import datetime
from uuid import UUID

import asyncpg

from longan.floor.database.db import many, maybe
from longan.floor.database.listing import Listing, listing, newest
from longan.floor.database.page import Cursors
from longan.floor.postings.postings import BRIEF
from longan.floor.search.search import fold
from longan.rooms.recommendations.models import MOST_HIDDEN, Hidden, HiddenIn, HiddenPage, Place, Scored, Seeker

# 30 at the door, a point less for each kilometre.
NEAR_HOME = "coalesce(greatest(0, 30 - floor({km})::int), 0)"
# One names the other, or they lie in one group of VSCO, or in one of its ten parts.
SAME = 25
OCCUPATION = f"""case when starts_with({{theirs}}, {{own}}) or starts_with({{own}}, {{theirs}}) then {SAME}
            when left({{theirs}}, 2) = left({{own}}, 2) then 15 when left({{theirs}}, 1) = left({{own}}, 1) then 5
            else 0 end"""
LIKE_YOUR_JOBS = """case when exists (select from unnest({liked}) l (code)
                          where starts_with({theirs}, l.code) or starts_with(l.code, {theirs})) then 10 else 0 end"""
# What one can rely on, in the month: nothing below seven tenths of what is wanted, 20 from all of it on.
ENOUGH = 20
PAY = f"""case when {{effective}} >= {{wanted}} then {ENOUGH}
            else coalesce(greatest(0, ({{effective}} * 100 / {{wanted}} - 70) * 2 / 3), 0)::int end"""
SHIFT = "case when {shift} = any({shifts}) or {shift} = 'flexible' and {shifts} <> '{{}}' then 10 else 0 end"
SKILLS = "least(15, 5 * cardinality({skilled}))"
# Who said nothing has none; a posting that says nothing asks for nothing and gives no reason.
EXPERIENCE = "case when coalesce({own}, 0) >= {asked} then 5 else 0 end"
LADDER = "array['none', 'primary', 'lower_secondary', 'upper_secondary', 'vocational', 'college', 'university']"
EDUCATION = f"""case when array_position({LADDER}, coalesce({{own}}, 'none')) >= array_position({LADDER}, {{asked}})
            then 5 else 0 end"""
NEW = "greatest(0, 6 - floor(extract(epoch from {began} - {at}) / 172800)::int)"

SEEKER = """-- recommendations.seeker
select c.consented, coalesce(p.version, 0) as version,
       h.lat, h.lon, p.occupation_code, coalesce(p.skills, '{}') as skills, p.experience_months, p.education,
       coalesce(p.shifts, '{}') as shifts, p.wanted_month_pay,
       array(select l.code
               from (select j.occupation_code as code, t.at
                       from (select s.posting_id, s.saved_at as at from saved_jobs.saves s where s.account_id = $1
                              union all
                             select a.job_id, a.created_at from applications.applications a where a.worker_id = $1
                              union all
                             select v.posting_id, v.day from saved_jobs.views v
                              where v.account_id = $1 and v.day > ($2::timestamptz - interval '30 days')::date) t
                       join jobs.postings j on j.id = t.posting_id and j.occupation_code is not null
                      where c.consented and t.at <= $2) l
              group by l.code order by max(l.at) desc, l.code limit 10) as liked
  from (select privacy.consented($1, 'job_recommendations', $3) as consented) c
  left join people.profiles p on p.account_id = $1 and c.consented
  left join lateral (
    select n.lat, n.lon
      from (select u.lat, u.lon, 0 as part, u.code from places.units u
             where u.version = p.ward_version and u.code = p.ward_code
             union all
            select u.lat, u.lon, case s.kind when 'whole' then 1 else 2 end, u.code
              from places.successions s
              join places.units u on u.version = s.new_version and u.code = s.new_code
             where s.old_version = p.ward_version and s.old_code = p.ward_code) n
     where n.lat is not null
     order by n.part, n.code
     limit 1) h on true"""


async def seeker(conn: asyncpg.Connection, account: UUID, began: datetime, now: datetime) -> Seeker:
    """What jobs are compared with, and whether the person has consented to that; else nothing of them is read."""
    return many(await conn.fetch(SEEKER, account, began, now), Seeker)[0]


# What is left out whatever it scores. `mine` is read once; the lists in it are short.
WANTED = """j.status = 'open' and j.published_at <= $2 and (j.expires_at <= $3) is not true
       and ($9::text[] = '{}' or j.shift is null or j.shift = 'flexible' or j.shift = any($9))
       and j.id <> all ((select m.postings from mine m)::uuid[])
       and j.employer_id <> all ((select m.employers from mine m)::uuid[])
       and not coalesce(j.occupation_code ^@ any ((select m.occupations from mine m)::text[]), false)"""
# All that the comparison reads, so that no candidate is looked up a second time.
FACTS = """j.id, j.published_at, j.point, j.occupation_code, j.effective_month, j.shift, j.experience_months,
       j.education, j.search_text"""
# The newest of the wards around, of the occupations in question, and of all: so that a page costs about the same
# however many postings there are. Materialized is what would else be worked out again for the order and the sum.
PAGE = f"""-- recommendations.page
with mine as materialized (
    select array(select h.posting_id from recommendations.hidden h where h.account_id = $1 and h.posting_id is not null
                  union all
                 select a.job_id from applications.applications a
                  where a.worker_id = $1 and a.status <> 'obsolete') as postings,
           array(select h.employer_id from recommendations.hidden h
                  where h.account_id = $1 and h.employer_id is not null
                  union all
                 select b.employer_id from privacy.blocks b where b.account_id = $1
                  union all
                 select m.employer_id from members.members m where m.account_id = $1) as employers,
           array(select h.occupation_code from recommendations.hidden h
                  where h.account_id = $1 and h.occupation_code is not null) as occupations),
home as materialized (select ll_to_earth($4, $5) as point),
around as materialized (
    select u.version, u.code
      from places.units u
     where u.version = places.version_on($3) and u.level = 'commune'
       and u.lat between $4::float8 - 0.3 and $4 + 0.3 and u.lon between $5::float8 - 0.3 and $5 + 0.3
     order by (u.lat - $4) ^ 2 + ((u.lon - $5) * cos(radians($4))) ^ 2, u.code
     limit 20),
trades as materialized (
    select o.code from reference.occupations o
     where starts_with(o.code, $6::text) or starts_with($6, o.code) or o.code = any($7::text[])),
found as materialized (
    select distinct on (c.id) c.*
      from (select c.* from around w cross join lateral (
                select {FACTS} from jobs.postings j
                 where j.ward_version = w.version and j.ward_code = w.code and {WANTED}
                 order by j.published_at desc, j.id desc limit 80) c
             union all
            select c.* from trades t cross join lateral (
                select {FACTS} from jobs.postings j where j.occupation_code = t.code and {WANTED}
                 order by j.published_at desc, j.id desc limit 150) c
             union all
            select c.* from (
                select {FACTS} from jobs.postings j where {WANTED}
                 order by j.published_at desc, j.id desc limit 200) c) c
     order by c.id),
read as materialized (
    select j.*, sec_to_gc(cube_distance(h.point, j.point)) / 1000 as km,
           array(select k.number::int from unnest($8::text[]) with ordinality k (skill, number)
                  where strpos(w.text, concat(' ', k.skill, ' ')) > 0 order by k.number) as skilled
      from found j
     cross join home h
     cross join lateral (
        select concat(' ', split_part(j.search_text, E'\\n', 1), ' ', split_part(j.search_text, E'\\n', 3), ' ')
                   as text) w),
compared as materialized (
    select j.id, j.published_at, j.km, j.skilled,
           {NEAR_HOME.format(km="j.km")} as near_home,
           {OCCUPATION.format(theirs="j.occupation_code", own="$6")} as occupation,
           {LIKE_YOUR_JOBS.format(theirs="j.occupation_code", liked="$7")} as like_your_jobs,
           {PAY.format(effective="j.effective_month", wanted="$10::bigint")} as pay_points,
           {SHIFT.format(shift="j.shift", shifts="$9")} as shift,
           {SKILLS.format(skilled="j.skilled")} as skills,
           {EXPERIENCE.format(asked="j.experience_months", own="$11::int")} as experience,
           coalesce(j.experience_months, 0) > 0 as asks_experience,
           {EDUCATION.format(asked="j.education", own="$12::text")} as education,
           coalesce(j.education, 'none') <> 'none' as asks_education,
           {NEW.format(began="$2", at="j.published_at")} as new
      from read j),
summed as (
    select c.*, near_home + occupation + like_your_jobs + pay_points + shift + skills + experience + education + new
                as score
      from compared c),
paged as (
    select s.*
      from summed s
     where $13::int is null or (s.score, s.published_at, s.id) < ($13, $14::timestamptz, $15::uuid)
     order by s.score desc, s.published_at desc, s.id desc
     limit $16)
select j.id, j.title, {BRIEF}, j.published_at, j.expires_at, round(p.km::numeric, 1)::float8 as distance_km,
       p.score, p.near_home, p.occupation, p.like_your_jobs, p.pay_points, p.shift, p.skilled, p.skills, p.experience,
       p.asks_experience, p.education, p.asks_education, p.new
  from paged p
  join jobs.postings j on j.id = p.id
  join employers.employers e on e.id = j.employer_id
 order by p.score desc, p.published_at desc, p.id desc"""


async def page(
    conn: asyncpg.Connection, account: UUID, seeker: Seeker, liked: list[str], began: datetime, after: Place | None,
    limit: int, now: datetime,
) -> list[Scored]:  # fmt: skip
    """The best of them after a place, at most `limit`."""
    position = (None, None, None) if after is None else (after.score, after.published_at, after.id)
    rows = await conn.fetch(
        PAGE, account, began, now, seeker.lat, seeker.lon, seeker.occupation_code, liked,
        [fold(skill) for skill in seeker.skills], seeker.shifts, seeker.wanted_month_pay, seeker.experience_months,
        seeker.education, *position, limit,
    )  # fmt: skip
    return many(rows, Scored)


SHOWN = """select h.id, h.posting_id as job_id, h.employer_id, h.occupation_code, h.hidden_at,
       case when h.posting_id is not null then 'job' when h.employer_id is not null then 'employer'
            else 'occupation' end as kind,
       coalesce(case when j.published_at is not null and j.status in ('open', 'paused', 'closed', 'expired')
                     then j.title end, e.name, o.name) as name
  from recommendations.hidden h
  left join jobs.postings j on j.id = h.posting_id
  left join employers.employers e on e.id = h.employer_id
  left join reference.occupations o on o.code = h.occupation_code
 where h.account_id = {account_id}"""

HIDDEN = listing(
    Listing(name="recommendations.hidden", select=SHOWN, where={}, orders={"newest": newest("h.hidden_at", "h.id")})
)


async def hidden(
    conn: asyncpg.Connection, cursors: Cursors, account: UUID, cursor: str | None, limit: int
) -> HiddenPage:
    """What the account does not want, the last first. Raises `InvalidRequest` for a cursor of another list."""
    return await HIDDEN.page(conn, cursors, "newest", {"account_id": account}, cursor, limit, HiddenPage)


ONE = "-- recommendations.one\n" + SHOWN.format(account_id="$1") + "\n   and h.id = $2"


async def one(conn: asyncpg.Connection, account: UUID, hidden_id: UUID) -> Hidden | None:
    return maybe(await conn.fetchrow(ONE, account, hidden_id), Hidden)


ONE_AT_A_TIME = """-- recommendations.one_at_a_time
select pg_advisory_xact_lock(hashtextextended('recommendations:' || $1::text, 0))"""

HIDE = """-- recommendations.hide
with known as (
    select exists (select from jobs.postings j
                    where j.id = $2 and j.published_at is not null
                      and j.status in ('open', 'paused', 'closed', 'expired'))
           or exists (select from employers.employers e where e.id = $3)
           or exists (select from reference.occupations o where o.code = $4) as there),
made as (
    insert into recommendations.hidden as h (account_id, posting_id, employer_id, occupation_code, hidden_at)
    select $1, $2, $3, $4, $5
      from known
     where known.there
       and (select count(*) from recommendations.hidden k
             where k.account_id = $1
               and (k.posting_id, k.employer_id, k.occupation_code) is distinct from ($2, $3, $4)) < $6
    on conflict on constraint hidden_once do update set hidden_at = h.hidden_at
    returning h.id)
select known.there, (select made.id from made) as id from known"""


async def hide(tx: asyncpg.Connection, account: UUID, what: HiddenIn, now: datetime) -> tuple[bool, UUID | None]:
    """Hide it for the account; what is hidden stays as it is. Whether there is such a thing, and the id; None where
    there is no room for more."""
    await tx.execute(ONE_AT_A_TIME, str(account))
    rows = await tx.fetch(HIDE, account, what.job_id, what.employer_id, what.occupation_code, now, MOST_HIDDEN)
    return rows[0]["there"], rows[0]["id"]


UNHIDE = """-- recommendations.unhide
delete from recommendations.hidden where account_id = $1 and id = $2 returning true"""


async def unhide(tx: asyncpg.Connection, account: UUID, hidden_id: UUID) -> bool:
    return bool(await tx.fetchval(UNHIDE, account, hidden_id))
