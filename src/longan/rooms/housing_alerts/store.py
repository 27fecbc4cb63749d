"""SQL of the room, each statement above the function that runs it."""

from datetime import date, datetime, timedelta
from uuid import UUID

import asyncpg

from longan.floor.database.db import many, maybe
from longan.floor.database.listing import Listing, newest
from longan.floor.database.listing import listing as declared
from longan.floor.database.page import Cursors
from longan.floor.database.reminders import Writing
from longan.floor.housing.housing_costs import SEVERAL
from longan.floor.housing.housing_filters import MOST_PEOPLE
from longan.floor.housing.housing_found import ALWAYS, EACH, LATE, VERIFIED
from longan.floor.housing.housing_listings import BRIEF
from longan.floor.living_costs.monthly_cost import KWH_A_PERSON
from longan.floor.living_costs.utility_tariffs import electricity_on
from longan.floor.messages.search_alerts import BETWEEN_DIGESTS, COMMITTED_WITHIN, NEWS, WANTED, WHY, Digest
from longan.floor.pay_and_days.wages import day_of
from longan.rooms.housing_alerts.models import Announced, HitRows

# What is changed while it is open may come to fit for longer than it is news: who was noted for it is remembered for
# longer still.
NEWS_BY_CHANGE = timedelta(days=60)

_EACH = EACH.format(people="s.people", bill="($5::bigint[])[s.people]")
_STORED = " ".join(f"when {people} then l.{column}" for people, column in SEVERAL.items())
_LATE = LATE.format(curfew_after="s.curfew_after")

# The same as `housing_found.LIST` asks of its filters, seen from the other side: a saved search `s`, a listing `l`, and
# the wards `l.places` that its own came of; `l.in_force`: its own is one of the list in force.
FITS = f"""(s.whole is null or l.search @@ s.whole or s.named && l.places and (s.rest is null or l.search @@ s.rest))
       and (s.places is null or l.in_force and s.places && l.places)
       and (s.province_code is null or l.province_code = s.province_code)
       and (s.lat is null or s.area @> l.point and sec_to_gc(l.point <-> ll_to_earth(s.lat, s.lon)) <= s.metres)
       and (s.park_codes is null or l.park_code = any(s.park_codes))
       and (s.rent_min is null or l.rent >= s.rent_min)
       and (s.rent_max is null or l.rent <= s.rent_max)
       and (s.area_min is null or l.area_m2 >= s.area_min::numeric)
       and (s.people is null or (l.max_people < s.people) is not true)
       and (s.kinds is null or l.kind = any(s.kinds))
       and (s.features is null or l.features @> s.features)
       and (s.available_by is null or (l.available_from > s.available_by) is not true)
       and (s.verified_owner is not true or l.verified)
       and (s.curfew_after is null or l.free_hours or {_LATE})
       and (s.cost_max is null or case coalesce(s.people, 1) when 1 then l.cost_month {_STORED}
                                       else {_EACH} end <= s.cost_max)"""

# The listing with what it is looked up by: `keys` as longan.floor.search.search_keys makes them of searches.
LISTING = f"""select l.*, first.opened_at, w.places, l.ward_version = places.version_on($2::timestamptz) as in_force,
           {VERIFIED} as verified,
           array_remove(saved_searches.word_keys(tsvector_to_array(l.search))
               || (select array_agg('a:' || place) from unnest(w.places) place)
               || array['*', 'k:' || l.park_code, 'v:' || l.province_code, 'r:' || least(l.rent / 500000, 20),
                        'c:' || floor(l.lat * 5) || '/' || floor(l.lon * 5)], null) as keys
      from housing.listings l
     cross join lateral (select saved_searches.lineage(l.ward_version, l.ward_code) as places) w
     cross join lateral (
           select least(l.published_at, min(h.changed_at)) as opened_at
             from housing.history h
            where h.listing_id = l.id and h.to_status = 'open' and h.from_status <> 'open') first
     where l.id = $1 and {ALWAYS.replace("{now}", "$2")}"""

# Theirs or their employer's; or of an employer of whom they want to hear nothing.
_THEIRS = """({listing}.owner_id = {account} or {listing}.employer_id is not null
            and (members.belongs({account}, {listing}.employer_id)
                 or privacy.blocked({account}, {listing}.employer_id)))"""

# In the order of the accounts, so that two that match at the same time wait for each other and never both. Behind the
# fences each account is looked up by itself: nobody knows beforehand how many a listing fits.
MATCH = f"""-- housing_alerts.match (worker)
with place as materialized (
    {LISTING}),
found as (
    select s.account_id, array_agg(s.id order by s.created_at, s.id) as search_ids,
           bool_or(s.cadence = 'instant') as at_once, bool_and(s.cadence = 'weekly') as weekly
      from place l
      join saved_searches.searches s on s.keys && l.keys
     where s.kind = 'housing' and s.cadence <> 'none' and l.opened_at > $2::timestamptz - $3::interval
       and s.asked_at <= l.opened_at + $4::interval
       and {FITS}
     group by s.account_id),
people as materialized (
    select f.*, coalesce(c.digest_at, '18:00') as hour, coalesce(c.time_zone, 'Asia/Ho_Chi_Minh') as zone
      from found f
     cross join (select l.owner_id, l.employer_id from place l) o
      left join lateral (select p.digest_at, p.time_zone from preferences.choices p
                          where p.account_id = f.account_id offset 0) c on true
     where exists (select from identity.accounts a where a.id = f.account_id and a.disabled_at is null offset 0)
       and {_THEIRS.format(listing="o", account="f.account_id")} is not true),
hours as materialized (
    select h.*, job_alerts.due(h.weekly, h.hour, h.zone, $2) as due_at
      from (select distinct p.weekly, p.hour, p.zone from people p) h)
insert into housing_alerts.hits (account_id, listing_id, search_ids, way, found_at, due_at)
select p.account_id, $1, p.search_ids, case when p.at_once then 'alert' else 'digest' end, $2, h.due_at
  from people p
  join hours h on h.weekly = p.weekly and h.hour = p.hour and h.zone = p.zone
 order by p.account_id
    on conflict on constraint hits_once do nothing"""


async def match(tx: Writing, listing_id: UUID, now: datetime, news: timedelta = NEWS) -> int:
    """Note whom a listing may interest that opened within `news`; how many there are who were not noted before."""
    done = await tx.execute(MATCH, listing_id, now, news, COMMITTED_WITHIN, bills_on(day_of(now)))
    return int(done.rpartition(" ")[2])


def bills_on(day: date) -> list[int]:
    """What electricity by the state's tariff costs one person, two, and so on; nothing where that is not known."""
    law = electricity_on(day)
    people = range(1, MOST_PEOPLE + 1)
    return [0 if law is None else law.shared_bill(each * KWH_A_PERSON, each) for each in people]


_SHOWN = f"({ALWAYS})"

_STILL_WANTED = f"""{WANTED}
           and {_THEIRS.format(listing="d", account="d.account_id")} is not true"""

# Who was told `most` times within the hour has it in the digest.
TAKE_ALERTS = f"""-- housing_alerts.take_alerts (worker)
with due as materialized (
    select h.account_id, h.search_ids, l.owner_id, l.employer_id
      from housing_alerts.hits h
      join housing.listings l on l.id = h.listing_id
     where h.listing_id = $1 and h.told_at is null and h.way = 'alert' and h.found_at > $2::timestamptz - $3::interval
       and {_SHOWN.format(now="$2")}
     order by h.account_id
     limit $4
       for update of h skip locked),
judged as (
    select d.account_id, {_STILL_WANTED} as wanted,
           exists (select from saved_searches.searches s where s.id = any(d.search_ids) and s.cadence = 'instant')
               as at_once
      from due d),
paced as (
    insert into housing_alerts.paces as p (account_id, alerts)
    select g.account_id, array[$2::timestamptz] from judged g where g.wanted and g.at_once order by g.account_id
        on conflict (account_id) do update set alerts = (excluded.alerts || p.alerts)[1:$5::int]
     where p.alerts[$5::int] is null or p.alerts[$5::int] <= $2::timestamptz - interval '1 hour'
    returning account_id)
update housing_alerts.hits h
   set told_at = case when p.account_id is not null or not g.wanted then $2 end,
       dropped = not g.wanted,
       way = case when p.account_id is null and g.wanted then 'digest' else 'alert' end
  from judged g
  left join paced p on p.account_id = g.account_id
 where h.listing_id = $1 and h.account_id = g.account_id
returning h.account_id, p.account_id is not null as told"""


async def take_alerts(tx: Writing, listing_id: UUID, now: datetime, most: int, an_hour: int) -> tuple[list[UUID], bool]:
    """Who is to be told of the listing now, in the transaction that tells them, and whether there are more."""
    rows = await tx.fetch(TAKE_ALERTS, listing_id, now, NEWS, most, an_hour)
    return [row["account_id"] for row in rows if row["told"]], len(rows) == most


ONE_DIGEST_AT_A_TIME = """-- housing_alerts.one_digest_at_a_time
select pg_advisory_xact_lock(hashtextextended('housing_alerts.digests', 0))"""

# What was taken down is left out; what is only not shown for a while comes a day later, while it is news.
TAKE_DIGESTS = f"""-- housing_alerts.take_digests (worker)
with accounts as materialized (
    select distinct w.account_id
      from (select h.account_id from housing_alerts.hits h
             where h.told_at is null and h.way = 'digest' and h.due_at <= $1
             order by h.due_at, h.account_id limit $2) w),
due as materialized (
    select h.account_id, h.listing_id, h.search_ids, h.found_at, l.owner_id, l.employer_id, l.status,
           {_SHOWN.format(now="$1")} as shown, p.digested_at
      from accounts w
      join housing_alerts.hits h on h.account_id = w.account_id
      join housing.listings l on l.id = h.listing_id
      left join housing_alerts.paces p on p.account_id = h.account_id
     where h.told_at is null and h.way = 'digest' and h.due_at <= $1),
judged as materialized (
    select d.account_id, d.listing_id,
           case when not ({_STILL_WANTED}) or d.status in ('draft', 'closed', 'suspended') then 'dropped'
                when not d.shown and d.found_at > $1::timestamptz - $3::interval then 'later'
                when not d.shown then 'dropped'
                when d.digested_at > $1::timestamptz - $4::interval then 'later'
                else 'told' end as fate
      from due d),
settled as (
    update housing_alerts.hits h
       set told_at = case when g.fate <> 'later' then $1::timestamptz end, dropped = g.fate = 'dropped',
           due_at = case when g.fate = 'later' then job_alerts.due(
               false, coalesce(c.digest_at, '18:00'), coalesce(c.time_zone, 'Asia/Ho_Chi_Minh'), $1) else h.due_at end
      from judged g
      left join preferences.choices c on c.account_id = g.account_id
     where h.account_id = g.account_id and h.listing_id = g.listing_id),
paced as (
    insert into housing_alerts.paces as p (account_id, digested_at)
    select distinct g.account_id, $1::timestamptz from judged g where g.fate = 'told' order by 1
        on conflict (account_id) do update set digested_at = excluded.digested_at)
select w.account_id, count(g.listing_id)::int as count
  from accounts w
  left join judged g on g.account_id = w.account_id and g.fate = 'told'
 group by w.account_id
 order by w.account_id"""


async def take_digests(tx: Writing, now: datetime, most: int) -> list[Digest]:
    """Whose digest is due and what it brings, in the transaction that tells them; of `most` hits at a time. A digest
    of nothing is none, but counts as looked at. Nobody else takes any meanwhile."""
    await tx.execute(ONE_DIGEST_AT_A_TIME)
    return many(await tx.fetch(TAKE_DIGESTS, now, most, NEWS, BETWEEN_DIGESTS), Digest)


ANNOUNCED = """-- housing_alerts.announced (worker)
select l.title, l.employer_id
  from housing.listings l
 where l.id = $1 and l.status = 'open'"""


async def announced(tx: Writing, listing_id: UUID) -> Announced | None:
    return maybe(await tx.fetchrow(ANNOUNCED, listing_id), Announced)


PRUNE = """-- housing_alerts.prune (worker)
delete from housing_alerts.hits h where h.found_at < $1"""

PRUNE_PACES = """-- housing_alerts.prune_paces (worker)
delete from housing_alerts.paces p
 where coalesce(p.alerts[1], $1) <= $1 and coalesce(p.digested_at, $1) <= $1"""


async def prune(tx: Writing, before: datetime) -> None:
    """Forget what was found before, and how often those were told who were told nothing since."""
    await tx.execute(PRUNE, before)
    await tx.execute(PRUNE_PACES, before)


# What is not public any more, or not yet again, is left out.
HITS = declared(
    Listing(
        name="housing_alerts.hits",
        select=f"""select {BRIEF}, {_SHOWN} as is_open, h.found_at,
       case when not h.dropped then h.told_at end as told_at,
       {WHY} as why
  from housing_alerts.hits h
  join housing.listings l on l.id = h.listing_id
 where h.account_id = {{account_id}} and l.published_at is not null and l.status in ('open', 'stale', 'closed')""",
        where={"search_id": "{search_id} = any(h.search_ids)", "listing_id": "h.listing_id = {listing_id}"},
        orders={"newest": newest("h.found_at", "l.id")},
    )
)


async def hits(
    conn: asyncpg.Connection, cursors: Cursors, account: UUID, now: datetime, *, search: UUID | None = None,
    listing: UUID | None = None, cursor: str | None = None, limit: int = 1,
) -> HitRows:  # fmt: skip
    """What was found for the account, the last one first. Raises `InvalidRequest` for a cursor of another list."""
    asked = {"account_id": account, "now": now, "search_id": search, "listing_id": listing}
    values = {name: value for name, value in asked.items() if value is not None}
    return await HITS.page(conn, cursors, "newest", values, cursor, limit, HitRows)
