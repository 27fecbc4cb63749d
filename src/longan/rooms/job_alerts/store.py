"""SQL of the room, each statement above the function that runs it."""

from datetime import datetime
from uuid import UUID

import asyncpg

from longan.floor.database.db import many, maybe
from longan.floor.database.listing import Listing, listing, newest
from longan.floor.database.page import Cursors
from longan.floor.database.reminders import Writing
from longan.floor.messages.search_alerts import BETWEEN_DIGESTS, COMMITTED_WITHIN, NEWS, WANTED, WHY, Digest
from longan.floor.postings.postings import BRIEF
from longan.rooms.job_alerts.models import Announced, HitRows

# The same as `job_search.list` asks of its filters, seen from the other side: a saved search `s`, a posting `j`, and
# the wards `j.places` that its own came of; `j.in_force`: its own is one of the list in force.
FITS = """(s.whole is null or j.search @@ s.whole or s.named && j.places and (s.rest is null or j.search @@ s.rest))
       and (s.places is null or j.in_force and s.places && j.places)
       and (s.province_code is null or j.province_code = s.province_code)
       and (s.lat is null or s.area @> j.point and sec_to_gc(j.point <-> ll_to_earth(s.lat, s.lon)) <= s.metres)
       and (s.park_codes is null or j.park_code = any(s.park_codes))
       and (s.pay_min is null or j.effective_month >= s.pay_min)
       and (s.occupations is null or exists (
                select from unnest(s.occupations) o (code) where starts_with(j.occupation_code, o.code)))
       and (s.contracts is null or j.contract = any(s.contracts))
       and (s.shifts is null or j.shift = any(s.shifts))
       and (s.benefits is null or j.benefits @> s.benefits)
       and (s.educations is null or coalesce(j.education, 'none') = any(s.educations))
       and (s.experience_months is null or coalesce(j.experience_months, 0) <= s.experience_months)
       and (s.employer_id is null or j.employer_id = s.employer_id)
       and (s.within_days is null or j.published_at >= $2::timestamptz - make_interval(days => s.within_days))"""

# The posting with what it is looked up by: `keys` as longan.floor.search.search_keys makes them of searches.
POSTING = """select p.*, first.opened_at, l.places, p.ward_version = places.version_on($2::timestamptz) as in_force,
           array_remove(saved_searches.word_keys(tsvector_to_array(p.search))
               || (select array_agg('a:' || place) from unnest(l.places) place)
               || (select array_agg('o:' || left(p.occupation_code, n))
                     from generate_series(1, length(p.occupation_code)) n)
               || array['*', 'e:' || p.employer_id, 'k:' || p.park_code, 'v:' || p.province_code,
                        'c:' || floor(p.lat * 5) || '/' || floor(p.lon * 5)], null) as keys
      from jobs.postings p
     cross join lateral (select saved_searches.lineage(p.ward_version, p.ward_code) as places) l
     cross join lateral (
           select least(p.published_at, min(h.changed_at)) as opened_at
             from jobs.history h
            where h.posting_id = p.id and h.to_status = 'open') first
     where p.id = $1 and p.status = 'open' and p.expires_at > $2"""

# In the order of the accounts, so that two that match at the same time wait for each other and never both. Behind the
# fences each account is looked up by itself: nobody knows beforehand how many a posting fits.
MATCH = f"""-- job_alerts.match (worker)
with posting as materialized (
    {POSTING}),
found as (
    select s.account_id, array_agg(s.id order by s.created_at, s.id) as search_ids,
           bool_or(s.cadence = 'instant') as at_once, bool_and(s.cadence = 'weekly') as weekly
      from posting j
      join saved_searches.searches s on s.keys && j.keys
     where s.kind = 'jobs' and s.cadence <> 'none' and j.opened_at > $2::timestamptz - $3::interval
       and s.asked_at <= j.opened_at + $4::interval
       and {FITS}
     group by s.account_id),
people as materialized (
    select f.*, coalesce(c.digest_at, '18:00') as hour, coalesce(c.time_zone, 'Asia/Ho_Chi_Minh') as zone
      from found f
      left join lateral (select p.digest_at, p.time_zone from preferences.choices p
                          where p.account_id = f.account_id offset 0) c on true
     where exists (select from identity.accounts a where a.id = f.account_id and a.disabled_at is null offset 0)
       and not exists (select from privacy.blocks b
                        where b.account_id = f.account_id
                          and b.employer_id = (select j.employer_id from posting j) offset 0)),
hours as materialized (
    select h.*, job_alerts.due(h.weekly, h.hour, h.zone, $2) as due_at
      from (select distinct p.weekly, p.hour, p.zone from people p) h)
insert into job_alerts.hits (account_id, posting_id, search_ids, way, found_at, due_at)
select p.account_id, $1, p.search_ids, case when p.at_once then 'alert' else 'digest' end, $2, h.due_at
  from people p
  join hours h on h.weekly = p.weekly and h.hour = p.hour and h.zone = p.zone
 order by p.account_id
    on conflict on constraint hits_once do nothing"""


async def match(tx: Writing, posting: UUID, now: datetime) -> int:
    """Note whom a posting that has opened may interest; how many there are who were not noted before."""
    done = await tx.execute(MATCH, posting, now, NEWS, COMMITTED_WITHIN)
    return int(done.rpartition(" ")[2])


_STILL_WANTED = f"""{WANTED}
           and not exists (select from privacy.blocks b
                            where b.account_id = d.account_id and b.employer_id = d.employer_id)"""

# Who was told `most` times within the hour has it in the digest.
TAKE_ALERTS = f"""-- job_alerts.take_alerts (worker)
with due as materialized (
    select h.account_id, h.search_ids, j.employer_id
      from job_alerts.hits h
      join jobs.postings j on j.id = h.posting_id
     where h.posting_id = $1 and h.told_at is null and h.way = 'alert' and h.found_at > $2::timestamptz - $3::interval
       and j.status = 'open' and j.expires_at > $2
     order by h.account_id
     limit $4
       for update of h skip locked),
judged as (
    select d.account_id, {_STILL_WANTED} as wanted,
           exists (select from saved_searches.searches s where s.id = any(d.search_ids) and s.cadence = 'instant')
               as at_once
      from due d),
paced as (
    insert into job_alerts.paces as p (account_id, alerts)
    select g.account_id, array[$2::timestamptz] from judged g where g.wanted and g.at_once order by g.account_id
        on conflict (account_id) do update set alerts = (excluded.alerts || p.alerts)[1:$5::int]
     where p.alerts[$5::int] is null or p.alerts[$5::int] <= $2::timestamptz - interval '1 hour'
    returning account_id)
update job_alerts.hits h
   set told_at = case when p.account_id is not null or not g.wanted then $2 end,
       dropped = not g.wanted,
       way = case when p.account_id is null and g.wanted then 'digest' else 'alert' end
  from judged g
  left join paced p on p.account_id = g.account_id
 where h.posting_id = $1 and h.account_id = g.account_id
returning h.account_id, p.account_id is not null as told"""


async def take_alerts(tx: Writing, posting: UUID, now: datetime, most: int, an_hour: int) -> tuple[list[UUID], bool]:
    """Who is to be told of the posting now, in the transaction that tells them, and whether there are more."""
    rows = await tx.fetch(TAKE_ALERTS, posting, now, NEWS, most, an_hour)
    return [row["account_id"] for row in rows if row["told"]], len(rows) == most


ONE_DIGEST_AT_A_TIME = """-- job_alerts.one_digest_at_a_time
select pg_advisory_xact_lock(hashtextextended('job_alerts.digests', 0))"""

# What was taken down is left out; what is only paused comes a day later, while it is news.
TAKE_DIGESTS = f"""-- job_alerts.take_digests (worker)
with accounts as materialized (
    select distinct w.account_id
      from (select h.account_id from job_alerts.hits h
             where h.told_at is null and h.way = 'digest' and h.due_at <= $1
             order by h.due_at, h.account_id limit $2) w),
due as materialized (
    select h.account_id, h.posting_id, h.search_ids, h.found_at, j.employer_id, j.status, j.expires_at, p.digested_at
      from accounts w
      join job_alerts.hits h on h.account_id = w.account_id
      join jobs.postings j on j.id = h.posting_id
      left join job_alerts.paces p on p.account_id = h.account_id
     where h.told_at is null and h.way = 'digest' and h.due_at <= $1),
judged as materialized (
    select d.account_id, d.posting_id,
           case when not ({_STILL_WANTED}) or d.expires_at <= $1 then 'dropped'
                when d.status in ('paused', 'in_review') and d.found_at > $1::timestamptz - $3::interval then 'later'
                when d.status <> 'open' then 'dropped'
                when d.digested_at > $1::timestamptz - $4::interval then 'later'
                else 'told' end as fate
      from due d),
settled as (
    update job_alerts.hits h
       set told_at = case when g.fate <> 'later' then $1::timestamptz end, dropped = g.fate = 'dropped',
           due_at = case when g.fate = 'later' then job_alerts.due(
               false, coalesce(c.digest_at, '18:00'), coalesce(c.time_zone, 'Asia/Ho_Chi_Minh'), $1) else h.due_at end
      from judged g
      left join preferences.choices c on c.account_id = g.account_id
     where h.account_id = g.account_id and h.posting_id = g.posting_id),
paced as (
    insert into job_alerts.paces as p (account_id, digested_at)
    select distinct g.account_id, $1::timestamptz from judged g where g.fate = 'told' order by 1
        on conflict (account_id) do update set digested_at = excluded.digested_at)
select w.account_id, count(g.posting_id)::int as count
  from accounts w
  left join judged g on g.account_id = w.account_id and g.fate = 'told'
 group by w.account_id
 order by w.account_id"""


async def take_digests(tx: Writing, now: datetime, most: int) -> list[Digest]:
    """Whose digest is due and what it brings, in the transaction that tells them; of `most` hits at a time. A digest
    of nothing is none, but counts as looked at. Nobody else takes any meanwhile."""
    await tx.execute(ONE_DIGEST_AT_A_TIME)
    return many(await tx.fetch(TAKE_DIGESTS, now, most, NEWS, BETWEEN_DIGESTS), Digest)


ANNOUNCED = """-- job_alerts.announced (worker)
select j.title as job_title, e.name as employer_name, j.employer_id
  from jobs.postings j
  join employers.employers e on e.id = j.employer_id
 where j.id = $1 and j.status = 'open'"""


async def announced(tx: Writing, posting: UUID) -> Announced | None:
    return maybe(await tx.fetchrow(ANNOUNCED, posting), Announced)


PRUNE = """-- job_alerts.prune (worker)
delete from job_alerts.hits h where h.found_at < $1"""

PRUNE_PACES = """-- job_alerts.prune_paces (worker)
delete from job_alerts.paces p
 where coalesce(p.alerts[1], $1) <= $1 and coalesce(p.digested_at, $1) <= $1"""


async def prune(tx: Writing, before: datetime) -> None:
    """Forget what was found before, and how often those were told who were told nothing since."""
    await tx.execute(PRUNE, before)
    await tx.execute(PRUNE_PACES, before)


# What is not public any more, or not yet again, is left out.
HITS = listing(
    Listing(
        name="job_alerts.hits",
        select=f"""select j.id, j.title, {BRIEF}, j.published_at, j.expires_at,
       j.status = 'open' and j.expires_at > {{now}} as is_open, h.found_at,
       case when not h.dropped then h.told_at end as told_at,
       {WHY} as why
  from job_alerts.hits h
  join jobs.postings j on j.id = h.posting_id
  join employers.employers e on e.id = j.employer_id
 where h.account_id = {{account_id}} and j.published_at is not null
   and j.status in ('open', 'paused', 'closed', 'expired')""",
        where={"search_id": "{search_id} = any(h.search_ids)", "posting_id": "h.posting_id = {posting_id}"},
        orders={"newest": newest("h.found_at", "j.id")},
    )
)


async def hits(
    conn: asyncpg.Connection, cursors: Cursors, account: UUID, now: datetime, *, search: UUID | None = None,
    posting: UUID | None = None, cursor: str | None = None, limit: int = 1,
) -> HitRows:  # fmt: skip
    """What was found for the account, the last one first. Raises `InvalidRequest` for a cursor of another list."""
    asked = {"account_id": account, "now": now, "search_id": search, "posting_id": posting}
    values = {name: value for name, value in asked.items() if value is not None}
    return await HITS.page(conn, cursors, "newest", values, cursor, limit, HitRows)
