"""SQL of the room, each statement above the function that runs it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg

from longan.floor.access.tokens import Principal
from longan.floor.base.errors import FieldError
from longan.floor.database.db import many, maybe
from longan.floor.database.listing import Listing, Order, listing
from longan.floor.database.page import Cursors
from longan.rooms.campaigns.models import (
    Alerts,
    AudienceIn,
    AudienceUnknown,
    Batch,
    CampaignPage,
    Counts,
    RecipientPage,
    Standing,
    StepPage,
)

COLUMNS = """c.id, c.kind, c.state, c.title, c.body, c.title_en, c.body_en, c.ward_version, c.ward_codes,
       c.old_ward_codes, c.role, c.locale, c.occupation_code, c.starts_at, c.spread_seconds, c.version, c.proposed_by,
       c.proposed_at, c.begun_at, c.spread_from, c.paused_at, c.planned, c.told, c.reached, c.next_at"""

# Whose wards a campaign lies in. Nobody's wards reach everywhere but theirs who are appointed for everywhere.
WITHIN = """case when c.ward_codes is null then staff.may({who}, 'campaigns', null, null, {now})
            else not exists (select from unnest(c.ward_codes) w
                              where not staff.may({who}, 'campaigns', c.ward_version, w, {now})) end"""

# Whom a campaign is for: the one predicate, for the preview and for those who are told. A profile's ward may be of an
# older or a newer list than the campaign's: then it counts by what became of it.
PLACES = """places as materialized (
    select $1::date as version, w.code from unnest($2::text[]) as w (code)
     union
    select s.old_version, s.old_code from places.successions s where s.new_version = $1 and s.new_code = any($2)
     union
    select s.new_version, s.new_code from places.successions s where s.old_version = $1 and s.old_code = any($2))"""
BELONGS = """a.disabled_at is null and a.created_at <= $6
       and ($2 is null or (p.ward_version, p.ward_code) in (select h.version, h.code from places h))
       and ($4::text is null or coalesce(p.locale, 'vi') = $4)
       and ($5::text is null or starts_with(p.occupation_code, $5))
       and ($3::text is distinct from 'employer_member'
            and exists (select from identity.roles r
                         where r.account_id = a.id and r.role = 'worker' and (r.ends_at is null or r.ends_at > $7)
                        {fence})
            or $3::text is distinct from 'worker'
            and exists (select from members.members m where m.account_id = a.id {fence}))"""

NAMED = """-- campaigns.named
with lists as (
    select l.present, (select max(v.version) from places.versions v where v.version < l.present) as past
      from (select places.version_on($3::timestamptz) as present) l),
named as (
    select 'ward_codes' as field, n.place - 1 as place, u.code
      from lists l
     cross join unnest($1::text[]) with ordinality as n (named, place)
      left join places.units u on u.version = l.present and u.level = 'commune' and u.code = n.named
     union all
    select 'old_ward_codes', n.place - 1, s.new_code
      from lists l
     cross join unnest($2::text[]) with ordinality as n (named, place)
      left join places.successions s
        on s.old_version = l.past and s.new_version = l.present and s.old_code = n.named)
select n.field, n.place, n.code, l.present as version, staff.may($4, 'campaigns', l.present, n.code, $3) as mine
  from named n
 cross join lists l
 order by n.field desc, n.place, n.code"""


async def named(conn: asyncpg.Connection, audience: AudienceIn, official: UUID, now: datetime) -> list[asyncpg.Record]:
    """The wards of the list in force that an audience names, each with where it was named (`field`, `place`), whether
    the official's role reaches it (`mine`), and `code` null where there is no such ward."""
    return await conn.fetch(NAMED, audience.ward_codes, audience.old_ward_codes, now, official)


COUNT = f"""-- campaigns.count
with {PLACES}
select count(*)
  from identity.accounts a
  left join people.profiles p on p.account_id = a.id
 where {BELONGS.format(fence="")}"""


async def count(conn: asyncpg.Connection, campaign: Standing, now: datetime) -> int:
    """How many belong to the audience now."""
    return await conn.fetchval(COUNT, *_audience(campaign), now, now) or 0


# A batch looks at a bounded piece of the accounts, however few of them belong, and then goes on from there. Behind the
# fences each of them is looked up by itself, in order, until there are enough; without, every batch would read all
# roles and profiles there are.
TAKE = f"""-- campaigns.take (worker)
with {PLACES},
chosen as (
    select a.id
      from (select k.id, k.created_at, k.disabled_at from identity.accounts k
             where k.id > $9 order by k.id limit $11::int) a
      left join lateral (select f.ward_version, f.ward_code, f.locale, f.occupation_code from people.profiles f
                          where f.account_id = a.id offset 0) p on true
     where {BELONGS.format(fence="offset 0")}
     order by a.id
     limit $10::int),
told as (
    insert into campaigns.recipients (campaign_id, account_id, told_at)
    select $8, c.id, $7 from chosen c),
edge as materialized (
    select k.id from identity.accounts k where k.id > $9 order by k.id offset $11::int - 1 limit 1),
given as (
    select coalesce(array_agg(c.id order by c.id), '{{}}') as accounts from chosen c)
select g.accounts,
       case when cardinality(g.accounts) = $10::int then g.accounts[$10::int]
            else coalesce((select e.id from edge e), $9) end as reached,
       cardinality(g.accounts) < $10::int and not exists (select from edge) as last
  from given g"""


async def take(tx: asyncpg.Connection, campaign: Standing, limit: int, window: int, now: datetime) -> Batch:
    """The next people of the audience, put on record as told; `limit` of them at most, out of `window` accounts."""
    row = await tx.fetchrow(
        TAKE, *_audience(campaign), campaign.begun_at, now, campaign.id, campaign.reached, limit, window
    )
    if row is None:
        raise RuntimeError("an aggregate returned nothing")
    return Batch(row["accounts"], row["reached"], row["last"])


def _audience(campaign: Standing) -> tuple[date | None, list[str] | None, str | None, str | None, str | None]:
    return campaign.ward_version, campaign.ward_codes, campaign.role, campaign.locale, campaign.occupation_code


INSERT = """-- campaigns.insert
insert into campaigns.campaigns (kind, title, body, title_en, body_en, ward_version, ward_codes, old_ward_codes, role,
                                 locale, occupation_code, starts_at, spread_seconds, drafted_by, drafted_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15)
returning id"""


async def insert(tx: asyncpg.Connection, kind: str, content: tuple[Any, ...], official: UUID, now: datetime) -> UUID:
    """A draft; `content` as UPDATE takes it. Raises `AudienceUnknown` for an occupation that is none."""
    with _occupation_known():
        made: UUID = await tx.fetchval(INSERT, kind, *content, official, now)
    return made


UPDATE = """-- campaigns.update
update campaigns.campaigns
   set title = $2, body = $3, title_en = $4, body_en = $5, ward_version = $6, ward_codes = $7, old_ward_codes = $8,
       role = $9, locale = $10, occupation_code = $11, starts_at = $12, spread_seconds = $13, version = version + 1,
       updated_at = $14
 where id = $1 and state = 'draft'"""


async def update(tx: asyncpg.Connection, campaign: UUID, content: tuple[Any, ...], now: datetime) -> None:
    """Raises `AudienceUnknown` for an occupation that is none."""
    with _occupation_known():
        await tx.execute(UPDATE, campaign, *content, now)


@contextmanager
def _occupation_known() -> Iterator[None]:
    try:
        yield
    except asyncpg.ForeignKeyViolationError as error:
        if error.constraint_name == "campaigns_occupation_code_fkey":
            raise AudienceUnknown(FieldError("/audience/occupation_code", "not_found")) from error
        raise


STANDING = f"""-- campaigns.standing
select {COLUMNS}
  from campaigns.campaigns c
 where c.id = $1 and ($2::boolean or {WITHIN})
   for update of c""".format(who="$3", now="$4")


async def standing(
    tx: asyncpg.Connection, campaign: UUID, me: Principal, now: datetime, *, everywhere: bool
) -> Standing | None:
    """A campaign, which nobody else changes until this transaction ends; None beyond the caller's wards unless they
    reach `everywhere`."""
    return maybe(await tx.fetchrow(STANDING, campaign, everywhere, me.account_id, now), Standing)


READ = STANDING.replace("-- campaigns.standing", "-- campaigns.read").replace("\n   for update of c", "")


async def read(
    conn: asyncpg.Connection, campaign: UUID, me: Principal, now: datetime, *, everywhere: bool
) -> Standing | None:
    """As `standing`, without holding it."""
    return maybe(await conn.fetchrow(READ, campaign, everywhere, me.account_id, now), Standing)


SHOWN = f"""-- campaigns.shown
select {COLUMNS}, c.drafted_by, c.drafted_at, c.approved_by, c.approved_at, c.ended_at, c.updated_at
  from campaigns.campaigns c
 where c.id = $1 and ($2::boolean or {WITHIN})""".format(who="$3", now="$4")


async def shown(
    conn: asyncpg.Connection, campaign: UUID, me: Principal, now: datetime, *, everywhere: bool
) -> asyncpg.Record | None:
    return await conn.fetchrow(SHOWN, campaign, everywhere, me.account_id, now)


COUNTS = """-- campaigns.counts
select count(*) as told, count(*) filter (where r.status = 'inbox_only') as inbox_only,
       count(*) filter (where r.status = 'queued') as queued, count(*) filter (where r.status = 'sent') as sent,
       count(*) filter (where r.status = 'delivered') as delivered,
       count(*) filter (where r.status = 'opened') as opened, count(*) filter (where r.status = 'failed') as failed,
       count(*) filter (where r.status = 'obsolete') as obsolete
  from campaigns.recipients r
 where r.campaign_id = $1"""
ALERTED = """-- campaigns.alerted
select count(*) as promised, count(*) filter (where a.message_name is not null) as accepted,
       count(*) filter (where a.error is not null) as refused
  from campaigns.alerts a
 where a.campaign_id = $1"""


async def counts(conn: asyncpg.Connection, campaign: UUID) -> tuple[Counts, Alerts]:
    people, topics = await conn.fetch(COUNTS, campaign), await conn.fetch(ALERTED, campaign)
    return many(people, Counts)[0], many(topics, Alerts)[0]


LIST = listing(
    Listing(
        name="campaigns.list",
        select=f"""select c.id, c.kind, c.state, c.title, c.starts_at, c.drafted_by, c.updated_at
  from campaigns.campaigns c
 where ({{everywhere}}::boolean or {WITHIN.format(who="{official_id}", now="{now}")})""",
        where={"state": "c.state = {state}"},
        orders={
            "newest": Order(by="c.id desc", after="c.id < {after_0}", position=("id",), kind=tuple[UUID])
        },
    )
)  # fmt: skip


async def campaigns(
    conn: asyncpg.Connection, cursors: Cursors, me: Principal, now: datetime, *, everywhere: bool, state: str | None,
    cursor: str | None, limit: int,
) -> CampaignPage:  # fmt: skip
    """Raises `InvalidRequest` for a cursor of another list."""
    values: dict[str, Any] = {"everywhere": everywhere, "official_id": me.account_id, "now": now}
    return await LIST.page(
        conn, cursors, "newest", values | ({"state": state} if state else {}), cursor, limit, CampaignPage
    )


MOVE = """-- campaigns.move
update campaigns.campaigns
   set state = $2, version = version + 1, updated_at = $3,
       proposed_by = case $4 when 'proposed' then $5 when 'approved' then proposed_by when 'withdrawn' then null
                             when 'refused' then null else proposed_by end,
       proposed_at = case $4 when 'proposed' then $3 when 'withdrawn' then null when 'refused' then null
                             else proposed_at end,
       approved_by = case $4 when 'approved' then $5 else approved_by end,
       approved_at = case $4 when 'approved' then $3 else approved_at end,
       paused_at = case $4 when 'paused' then $3 end,
       spread_from = case $4 when 'resumed' then spread_from + ($3 - paused_at) else spread_from end,
       next_at = case when $2 = 'scheduled' then greatest(starts_at, $3) when $4 = 'resumed' then $3
                      when $2 = 'running' then next_at end,
       ended_at = case when $2 in ('stopped', 'done') then $3 end
 where id = $1"""
KEEP = """-- campaigns.keep
insert into campaigns.history (campaign_id, action, account_id, session_id, key_thumbprint, version, reason, at)
select c.id, $2, $3, $4, $5, c.version, $6, $7 from campaigns.campaigns c where c.id = $1"""


async def move(
    tx: asyncpg.Connection, campaign: UUID, state: str, action: str, me: Principal | None, now: datetime,
    reason: str | None = None,
) -> None:  # fmt: skip
    """To a state, with who did it; None: its time had come."""
    await tx.execute(MOVE, campaign, state, now, action, me.account_id if me else None)
    await keep(tx, campaign, action, me, now, reason)


async def keep(
    tx: asyncpg.Connection, campaign: UUID, action: str, me: Principal | None, now: datetime, reason: str | None = None
) -> None:
    """What happened, for the history."""
    who = (me.account_id, me.session_id, me.key_thumbprint) if me else (None, None, None)
    await tx.execute(KEEP, campaign, action, *who, reason, now)


HAD_A_HAND = """-- campaigns.had_a_hand
select exists (select from campaigns.history h
                where h.campaign_id = $1 and h.action in ('drafted', 'changed', 'proposed')
                  and (h.account_id = $2 or h.session_id = $3 or h.key_thumbprint = $4))"""


async def had_a_hand(conn: asyncpg.Connection, campaign: UUID, me: Principal) -> bool:
    """Whether this person, session or device has written or proposed it at any time."""
    return bool(await conn.fetchval(HAD_A_HAND, campaign, me.account_id, me.session_id, me.key_thumbprint))


PROPOSER_MAY = f"""-- campaigns.proposer_may
select {WITHIN} from campaigns.campaigns c where c.id = $1""".format(who="c.proposed_by", now="$2")


async def proposer_may(conn: asyncpg.Connection, campaign: UUID, now: datetime) -> bool:
    """Whether whoever proposed it is still appointed for all of its wards."""
    return bool(await conn.fetchval(PROPOSER_MAY, campaign, now))


HISTORY = listing(
    Listing(
        name="campaigns.history",
        select="""select h.id, h.action, h.account_id, h.version, h.reason, h.at
  from campaigns.history h
 where h.campaign_id = {campaign_id}""",
        where={},
        orders={"newest": Order(by="h.id desc", after="h.id < {after_0}", position=("id",), kind=tuple[UUID])},
    )
)


async def history(
    conn: asyncpg.Connection, cursors: Cursors, campaign: UUID, cursor: str | None, limit: int
) -> StepPage:
    """Raises `InvalidRequest` for a cursor of another list."""
    return await HISTORY.page(conn, cursors, "newest", {"campaign_id": campaign}, cursor, limit, StepPage)


RECIPIENTS = listing(
    Listing(
        name="campaigns.recipients",
        select="""select r.account_id, r.told_at, r.status
  from campaigns.recipients r
 where r.campaign_id = {campaign_id}""",
        where={"status": "r.status = {status}"},
        orders={
            "account": Order(
                by="r.account_id", after="r.account_id > {after_0}", position=("account_id",), kind=tuple[UUID]
            )
        },
    )
)


async def recipients(
    conn: asyncpg.Connection, cursors: Cursors, campaign: UUID, status: str | None, cursor: str | None, limit: int
) -> RecipientPage:
    """Raises `InvalidRequest` for a cursor of another list."""
    values: dict[str, Any] = {"campaign_id": campaign} | ({"status": status} if status else {})
    return await RECIPIENTS.page(conn, cursors, "account", values, cursor, limit, RecipientPage)


HELD = f"""-- campaigns.held (worker)
select {COLUMNS} from campaigns.campaigns c where c.id = $1 for update"""


async def held(tx: asyncpg.Connection, campaign: UUID) -> Standing | None:
    """A campaign, which nobody else changes until this transaction ends."""
    return maybe(await tx.fetchrow(HELD, campaign), Standing)


BEGIN = """-- campaigns.begin (worker)
update campaigns.campaigns
   set state = 'running', begun_at = $2, spread_from = $2, next_at = $2, planned = $3, version = version + 1,
       updated_at = $2
 where id = $1"""


async def begin(tx: asyncpg.Connection, campaign: UUID, planned: int, now: datetime) -> None:
    await tx.execute(BEGIN, campaign, now, planned)
    await keep(tx, campaign, "begun", None, now)


PROGRESS = """-- campaigns.progress (worker)
update campaigns.campaigns set told = told + $2, reached = $3, next_at = $4 where id = $1"""


async def progress(tx: asyncpg.Connection, campaign: UUID, batch: Batch, next_at: datetime) -> None:
    await tx.execute(PROGRESS, campaign, len(batch.accounts), batch.reached, next_at)


WAIT = """-- campaigns.wait (worker)
update campaigns.campaigns set next_at = $2 where id = $1"""


async def wait(tx: asyncpg.Connection, campaign: UUID, until: datetime) -> None:
    await tx.execute(WAIT, campaign, until)


LEFT = """-- campaigns.left (worker)
select c.id
  from campaigns.campaigns c
 where c.state in ('scheduled', 'running') and c.next_at < $1
 order by c.next_at"""


async def left(pool: asyncpg.Pool, before: datetime) -> list[UUID]:
    """Campaigns that were to go on before a moment, and did not."""
    return [row["id"] for row in await pool.fetch(LEFT, before)]


ALERT = """-- campaigns.alert (worker)
insert into campaigns.alerts (campaign_id, condition, promised_at) values ($1, $2, $3)"""


async def alert(tx: asyncpg.Connection, campaign: UUID, condition: str, now: datetime) -> None:
    await tx.execute(ALERT, campaign, condition, now)


VERSION_ON = """-- campaigns.version_on
select places.version_on($1)"""


async def version_on(conn: asyncpg.Connection, now: datetime) -> date:
    """The list of wards in force."""
    version: date = await conn.fetchval(VERSION_ON, now)
    return version


ALERT_SETTLED = """-- campaigns.alert_settled (worker)
update campaigns.alerts set message_name = $3, error = $4, settled_at = $5 where campaign_id = $1 and condition = $2"""


async def alert_settled(
    pool: asyncpg.Pool, campaign: UUID, condition: str, message_name: str | None, error: str | None, now: datetime
) -> None:
    await pool.execute(ALERT_SETTLED, campaign, condition, message_name, error, now)


# Often while something happens, then by the hour, until all pushes are over; they are forgotten after 30 days.
TO_TALLY = """-- campaigns.to_tally (worker)
select c.id
  from campaigns.campaigns c
 where c.begun_at > $1::timestamptz - interval '8 days'
   and (c.tallied_at is null
        or c.tallied_at < $1 - case when coalesce(c.ended_at, $1) > $1 - interval '1 hour' then interval '50 seconds'
                                    else interval '1 hour' end)
 order by c.begun_at"""


async def to_tally(pool: asyncpg.Pool, now: datetime) -> list[UUID]:
    """Campaigns whose notices are to be counted again."""
    return [row["id"] for row in await pool.fetch(TO_TALLY, now)]


# The furthest that any phone of theirs came. Whoever read the notice has opened it, by whatever way.
TALLY = """-- campaigns.tally (worker)
with far as (
    select r.account_id,
           case when i.read_at is not null then 'opened'
                else coalesce((array['obsolete', 'failed', 'queued', 'sent', 'delivered', 'opened'])[f.most],
                              'inbox_only') end as status
      from campaigns.recipients r
      join campaigns.campaigns c on c.id = r.campaign_id
      left join notifications.inbox i on i.dedupe_key = c.kind || ':' || c.id || ':' || r.account_id
      left join lateral (
        select max(case o.status when 'obsolete' then 1 when 'waiting' then 3 when 'accepted' then 4
                                 when 'delivered' then 5 when 'opened' then 6 else 2 end) as most
          from push.outbox o
         where o.notification_id = i.id and o.kind = 'notice') f on true
     where r.campaign_id = $1 and r.status <> 'opened'),
counted as (
    update campaigns.recipients r set status = f.status
      from far f
     where r.campaign_id = $1 and r.account_id = f.account_id and r.status <> f.status)
update campaigns.campaigns set tallied_at = $2 where id = $1"""


async def tally(tx: asyncpg.pool.PoolConnectionProxy, campaign: UUID, now: datetime) -> None:
    """Write down how far the notices of a campaign came."""
    await tx.execute(TALLY, campaign, now)
