"""SQL of the room, each statement above the function that runs it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.database.db import many, maybe
from longan.floor.database.listing import Listing, listing, newest
from longan.floor.database.page import Cursors
from longan.rooms.feedback.models import (
    Answered,
    Feedback,
    FeedbackMove,
    FeedbackSupport,
    OwnFeedbackPage,
    SupportedFeedbackPage,
    Target,
    Told,
)

# The reports of one account are counted one after the other: two at once would both be the last that is allowed.
ONE_AT_A_TIME = """-- feedback.one_at_a_time
select pg_advisory_xact_lock(hashtextextended('feedback:' || $1::text, 0))"""

LATELY = """-- feedback.lately
select count(*) from feedback.reports r where r.account_id = $1 and r.created_at > $2"""


async def sent_since(tx: asyncpg.Connection, account: UUID, since: datetime) -> int:
    """How many reports the account has sent; nobody else counts or sends them until the transaction ends."""
    await tx.execute(ONE_AT_A_TIME, str(account))
    found: int = await tx.fetchval(LATELY, account, since)
    return found


# Whose report it is sees all of it; everybody else what is shown, in the words that an official has approved.
ONE = """-- feedback.one
select r.id, r.code, o.own, r.category_code, case when o.own then r.description else c.words end as description,
       case when o.own then r.attributes::text end as attributes, case when o.own then r.address end as address,
       case when o.own then r.lat else r.spot[1] end as lat, case when o.own then r.lon else r.spot[0] end as lon,
       r.ward_code, u.name as ward, r.is_urgent, coalesce(m.status, r.status) as status,
       coalesce(m.status, r.status) = 'yeu_cau_bo_sung' as clock_stands,
       coalesce(m.accept_due_at, r.accept_due_at) as accept_due_at,
       case when m.id is null then r.due_at else m.due_at end as due_at, r.visibility, m.code as merged_into,
       coalesce(m.supporters, r.supporters) as supporters,
       exists (select from feedback.supporters s
                where s.report_id = coalesce(m.id, r.id) and s.account_id = $2) as supported,
       case when not o.own then c.answer when m.is_shown then mc.answer
            when m.id is null then (select v.words from feedback.moves v
                                     where v.report_id = r.id and v.to_status = 'da_tra_loi'
                                     order by v.created_at desc, v.id desc limit 1) end as answer,
       r.reopened, case when o.own then r.rating end as rating, case when o.own then r.rating_words end as rating_words,
       (select count(*) from photos.uploads p
         where p.claimed_for = 'feedback' and p.subject = r.id and (o.own or p.is_public)) as photos,
       r.created_at, greatest(r.updated_at, m.updated_at) as updated_at, r.province_code, r.version,
       coalesce(m.accepted_at, r.accepted_at) as accepted_at, coalesce(m.answered_at, r.answered_at) as answered_at,
       coalesce(m.closed_at, r.closed_at) as closed_at, r.withdrawn_at
  from feedback.reports r
 cross join lateral (select coalesce(r.account_id = $2, false) as own) o
  left join feedback.reports m on m.id = r.merged_into
  left join feedback_desk.public_copies c on c.report_id = r.id
  left join feedback_desk.public_copies mc on mc.report_id = m.id
  left join places.units u on u.version = r.ward_version and u.code = r.ward_code
 where r.id = $1 and (o.own or r.is_shown and c.report_id is not null)"""

MOVES = """-- feedback.moves
select v.id, v.from_status, v.to_status, v.side, case when r.account_id = $2 then v.words end as words,
       (select count(*) from photos.uploads p
         where p.claimed_for = 'feedback' and p.subject = v.id and (r.account_id = $2 or p.is_public)) as photos,
       v.created_at
  from feedback.moves v
  join feedback.reports r on r.id = v.report_id
 where v.report_id = $1
 order by v.created_at, v.id"""


async def one(conn: asyncpg.Connection, report: UUID, account: UUID) -> asyncpg.Record | None:
    """A report of the account's or one that is public; a row of `Feedback`'s columns and the version."""
    return await conn.fetchrow(ONE, report, account)


async def shown(
    conn: asyncpg.Connection, row: asyncpg.Record, account: UUID, until: datetime | None, left: int
) -> Feedback:
    """The row of `one` with the steps, and until when and how often its sender may ask again."""
    moves = many(await conn.fetch(MOVES, row["id"], account), FeedbackMove)
    given = {name: value for name, value in row.items() if name in Feedback.__struct_fields__}
    given |= {
        "attributes": None if row["attributes"] is None else msgspec.json.decode(row["attributes"]),
        "moves": moves, "reopen_until": until, "reopens_left": left,
        "photos": row["photos"] + sum(move.photos for move in moves),
    }  # fmt: skip
    return Feedback(**given)


VISIBLE_MOVES = """-- feedback.visible_moves
select v.id, r.account_id = $2 is true as own
  from feedback.reports r
  left join feedback.moves v on v.report_id = r.id
 where r.id = $1 and (r.account_id = $2 or r.is_shown)
 order by v.created_at, v.id"""


async def subjects(conn: asyncpg.Connection, report: UUID, account: UUID) -> tuple[list[UUID], bool] | None:
    """The steps of a report that the account may see, and whether it is its own."""
    rows = await conn.fetch(VISIBLE_MOVES, report, account)
    return ([row["id"] for row in rows], rows[0]["own"]) if rows else None


STATUS = "coalesce(m.status, r.status)"

OWN = listing(
    Listing(
        name="feedback.own",
        select=f"""select r.id, r.code, r.category_code, r.description, r.ward_code, {STATUS} as status, r.visibility,
       coalesce(m.supporters, r.supporters) as supporters,
       (select count(*) from photos.uploads p
         where p.claimed_for = 'feedback' and p.subject = r.id and p.account_id = r.account_id) as photos,
       r.rating, case when m.id is null then r.due_at else m.due_at end as due_at, r.created_at,
       greatest(r.updated_at, m.updated_at) as updated_at
  from feedback.reports r
  left join feedback.reports m on m.id = r.merged_into
 where r.account_id = {{account_id}}""",
        where={
            "status": f"{STATUS} = any({{statuses}}::text[])",
            "category_code": "r.category_code = any({categories}::text[])",
            "is_open": f"({STATUS} not in ('da_dong', 'tu_choi')) = {{is_open}}::boolean",
        },
        orders={"newest": newest("r.created_at", "r.id")},
    )
)


async def own(
    conn: asyncpg.Connection, cursors: Cursors, account: UUID, filters: dict[str, object], cursor: str | None,
    limit: int,
) -> OwnFeedbackPage:  # fmt: skip
    """What the account has sent, newest first. Raises `InvalidRequest` for a cursor of another list."""
    return await OWN.page(conn, cursors, "newest", {"account_id": account, **filters}, cursor, limit, OwnFeedbackPage)


SUPPORTED = listing(
    Listing(
        name="feedback.supported",
        select="""select r.id, r.code, r.category_code, c.words as description, r.ward_code, r.status, r.supporters,
       s.created_at as supported_at, s.created_at, s.report_id
  from feedback.supporters s
  join feedback.reports r on r.id = s.report_id
  join feedback_desk.public_copies c on c.report_id = r.id
 where s.account_id = {account_id} and r.is_shown""",
        where={},
        orders={"newest": newest("s.created_at", "s.report_id")},
    )
)


async def supported(
    conn: asyncpg.Connection, cursors: Cursors, account: UUID, cursor: str | None, limit: int
) -> SupportedFeedbackPage:
    """What the account supports and is shown, the last first. Raises `InvalidRequest` for a foreign cursor."""
    return await SUPPORTED.page(conn, cursors, "newest", {"account_id": account}, cursor, limit, SupportedFeedbackPage)


# Held before it is read: whoever waited for a merge sees what was merged.
HOLD = """-- feedback.hold
select from feedback.reports r where r.id = $1 and r.account_id = $2 for no key update"""

ANSWERED = """-- feedback.answered
select r.status, r.province_code, r.answered_at, r.reopened, r.rating, r.rating_words,
       (select m.code from feedback.reports m where m.id = r.merged_into) as merged_into,
       r.withdrawn_at is not null as is_withdrawn,
       r.supporters + (select count(*) from feedback.reports m
                        where m.merged_into = r.id and m.account_id is distinct from r.account_id)::integer
           as supporters
  from feedback.reports r
 where r.id = $1 and r.account_id = $2"""


async def answered(tx: asyncpg.Connection, report: UUID, account: UUID) -> Answered | None:
    """How a report of the account's was answered; it stays so until the transaction ends."""
    await tx.execute(HOLD, report, account)
    return maybe(await tx.fetchrow(ANSWERED, report, account), Answered)


RATE = """-- feedback.rate
update feedback.reports r
   set rating = $3, rating_words = $4, rated_at = $5, updated_at = $5, version = r.version + 1
 where r.id = $1 and r.account_id = $2 and r.rating is null"""


async def rate(
    tx: asyncpg.Connection, report: UUID, account: UUID, stars: int, words: str | None, now: datetime
) -> None:
    """Once; whoever holds the row knows that there is none yet."""
    await tx.execute(RATE, report, account, stars, words, now)


LAST_SAID = """-- feedback.last_said
select v.to_status = $2 and v.words is not distinct from $3
  from feedback.moves v
 where v.report_id = $1
 order by v.created_at desc, v.id desc
 limit 1"""


async def said_already(tx: asyncpg.Connection, report: UUID, to: str, words: str | None) -> bool:
    """Whether the last step was this one, in these words."""
    return bool(await tx.fetchval(LAST_SAID, report, to, words))


WHOLE = """-- feedback.whole
select coalesce(r.merged_into, r.id) from feedback.reports r where r.id = $1"""

TARGET = """-- feedback.target
select r.id, r.merged_into, r.is_shown, coalesce(r.account_id = $2, false) as is_own, r.status
  from feedback.reports r
 where r.id = $1
   for no key update"""


async def target(tx: asyncpg.Connection, report: UUID, account: UUID) -> Target | None:
    """The report that is supported when somebody supports this one, held: what was merged hands on."""
    whole = await tx.fetchval(WHOLE, report)
    found = maybe(await tx.fetchrow(TARGET, whole, account), Target)
    if found is not None and found.merged_into is not None:  # merged a moment ago
        found = maybe(await tx.fetchrow(TARGET, found.merged_into, account), Target)
    return found


SUPPORT = """-- feedback.support
insert into feedback.supporters (report_id, account_id, created_at) values ($1, $2, $3)
    on conflict on constraint supporters_once do nothing"""

UNSUPPORT = """-- feedback.unsupport
delete from feedback.supporters s where s.report_id = $1 and s.account_id = $2 returning true"""

SUPPORTERS = """-- feedback.supporters
select r.id as report_id, r.supporters from feedback.reports r where r.id = $1"""


async def support(tx: asyncpg.Connection, report: UUID, account: UUID, now: datetime) -> FeedbackSupport:
    """Say "me too"; a second time changes nothing."""
    await tx.execute(SUPPORT, report, account, now)
    found = maybe(await tx.fetchrow(SUPPORTERS, report), FeedbackSupport)
    if found is None:
        raise LookupError("a report that is held is there")
    return found


async def unsupport(tx: asyncpg.Connection, report: UUID, account: UUID) -> bool:
    return bool(await tx.fetchval(UNSUPPORT, report, account))


# Whose report it is hears what others did; whoever supports it hears what everybody may see, and that it was refused,
# which hides it. What was merged into it has made its sender a supporter.
TOLD = """-- feedback.told (worker)
select v.report_id, r.code, v.side, v.to_status as status, r.account_id, r.is_shown as is_public,
       array(select s.account_id from feedback.supporters s
              where s.report_id = r.id and (r.is_shown or v.to_status = 'tu_choi')
                and not exists (select from feedback.reports m
                                 where m.merged_into = r.id and m.account_id = s.account_id)
              order by s.account_id) as supporters,
       (select coalesce(jsonb_agg(jsonb_build_object('report_id', m.id, 'code', m.code, 'account_id', m.account_id)
                                  order by m.id), '[]')::text
          from feedback.reports m
         where m.merged_into = r.id and m.account_id is not null and m.withdrawn_at is null) as merged
  from feedback.moves v
  join feedback.reports r on r.id = v.report_id
 where v.id = $1"""


async def told(pool: asyncpg.Pool, move: UUID) -> Told | None:
    return maybe(await pool.fetchrow(TOLD, move), Told)


OVER = """-- feedback.over (worker)
select r.id from feedback.reports r
 where r.status = 'da_tra_loi' and r.answered_at <= $1 and r.province_code = $2 and r.merged_into is null
 order by r.answered_at, r.id
 limit $3"""


async def over(pool: asyncpg.Pool, answered_before: datetime, province: str, most: int) -> Sequence[UUID]:
    """Reports whose answers nobody has called in question in time."""
    return [row["id"] for row in await pool.fetch(OVER, answered_before, province, most)]
