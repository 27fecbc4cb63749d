"""SQL of the room, each statement above the function that runs it."""

from datetime import datetime
from uuid import UUID

import asyncpg

from longan.db import maybe
from longan.jobs.models import Job, JobIn, JobPage, Pay, Search, WardUnknown
from longan.listing import Listing, Order, listing
from longan.page import Cursors
from longan.search import fold, mark, tsquery

LIST = listing(
    Listing(
        name="jobs.list",
        select="""select j.id, j.title, (e.id, e.name, e.status = 'verified')::employers.brief as employer,
       (j.pay_min, j.pay_max, j.pay_currency, j.pay_period)::jobs.pay as pay,
       j.ward_code, j.province_code, j.published_at, j.expires_at,
       {distance_km} as distance_km, {rank} as rank, coalesce(j.pay_max, j.pay_min, 0) as best_pay
  from jobs.postings j
  join employers.employers e on e.id = j.employer_id
 where j.status = 'open' and j.expires_at > {now}""",
        columns={
            "distance_km": (
                "lat",
                "null::float8",
                "round((earth_distance(ll_to_earth({lat}, {lon}), ll_to_earth(j.lat, j.lon)) / 1000)::numeric, 3)::float8",
            ),
            "rank": (
                "marked",
                "0",
                "(case when strpos(j.title_marked, {marked}) > 0 then 2 when strpos(j.search_text, {folded}) > 0 then 1 else 0 end)",
            ),
        },
        where={
            "q": "j.search @@ {tsquery}::text::tsquery",
            "wards": "j.ward_version = places.version_on({now}::timestamptz::date) and j.ward_code = any({wards})",
            "province_code": "j.province_code = {province_code}",
            "near": "earth_box(ll_to_earth({lat}, {lon}), {metres}) @> ll_to_earth(j.lat, j.lon) and j.lat is not null "
            "and earth_distance(ll_to_earth({lat}, {lon}), ll_to_earth(j.lat, j.lon)) <= {metres}",
            "pay_min": "coalesce(j.pay_max, j.pay_min) >= {pay_min} and j.pay_currency = 'VND' and j.pay_period = 'month'",
            "employer_id": "j.employer_id = {employer_id}",
        },
        orders={
            "newest": Order(
                by="j.published_at desc, j.id desc",
                after="(j.published_at, j.id) < ({after_0}, {after_1})",
                position=("published_at", "id"),
                kind=tuple[datetime, UUID],
            ),
            "relevance": Order(
                by="{rank} desc, j.published_at desc, j.id desc",
                after="({rank}, j.published_at, j.id) < ({after_0}::int, {after_1}::timestamptz, {after_2}::uuid)",
                position=("rank", "published_at", "id"),
                kind=tuple[int, datetime, UUID],
                needs="marked",
            ),
            "pay": Order(
                by="coalesce(j.pay_max, j.pay_min, 0) desc, j.id desc",
                after="(coalesce(j.pay_max, j.pay_min, 0), j.id) < ({after_0}::bigint, {after_1}::uuid)",
                position=("best_pay", "id"),
                kind=tuple[int, UUID],
            ),
            "distance": Order(
                by="{distance_km}, j.id",
                after="({distance_km}, j.id) > ({after_0}::float8, {after_1}::uuid)",
                position=("distance_km", "id"),
                kind=tuple[float, UUID],
                needs="lat",
            ),
        },
    )
)


async def search(conn: asyncpg.Connection, cursors: Cursors, asked: Search, cursor: str | None, limit: int) -> JobPage:
    """One page of open postings. Raises `InvalidRequest` for a cursor of another search."""
    return await LIST.page(conn, cursors, asked.sort, _values(asked), cursor, limit, JobPage)


def _values(asked: Search) -> dict[str, object]:
    values: dict[str, object] = {
        name: value
        for name in ("now", "wards", "province_code", "lat", "lon", "metres", "pay_min", "employer_id")
        if (value := getattr(asked, name)) is not None
    }
    if asked.q:
        values |= {"tsquery": tsquery(asked.q), "marked": mark(asked.q), "folded": fold(asked.q)}
    return values


ONE = """-- jobs.one
select j.id, j.status, j.title, j.description,
       (e.id, e.name, e.status = 'verified')::employers.brief as employer,
       (j.pay_min, j.pay_max, j.pay_currency, j.pay_period)::jobs.pay as pay,
       j.openings, j.ward_code, j.province_code, j.place_source, j.published_at, j.expires_at, j.closed_at,
       j.created_at, j.updated_at, j.version
  from jobs.postings j
  join employers.employers e on e.id = j.employer_id
 where j.id = $1"""

SHOWN = ONE.replace("jobs.one", "jobs.shown") + """
   and (j.status in ('open', 'paused', 'closed', 'expired')
        or exists (select from employers.members m where m.employer_id = j.employer_id and m.account_id = $2))"""


async def shown(conn: asyncpg.Connection, job: UUID, viewer: UUID | None) -> Job | None:
    """A posting that was published, or any of an employer whose member is asking."""
    return maybe(await conn.fetchrow(SHOWN, job, viewer), Job)


async def one(conn: asyncpg.Connection, job: UUID) -> Job | None:
    return maybe(await conn.fetchrow(ONE, job), Job)


INSERT = """-- jobs.insert
insert into jobs.postings (employer_id, title, description, search_text, title_marked, ward_version, ward_code,
                           province_code, pay_min, pay_max, pay_currency, pay_period, openings, expires_at,
                           created_at, updated_at)
select m.employer_id, $3, $4, $5, $6, places.version_on($14::timestamptz::date), $7,
       (select u.province_code from places.units u
         where u.version = places.version_on($14::timestamptz::date) and u.code = $7 and u.level = 'commune'),
       $8, $9, $10, $11, $12, $13, $14, $14
  from employers.members m
 where m.employer_id = $1 and m.account_id = $2
returning id"""


async def insert(tx: asyncpg.Connection, member: UUID, job: JobIn, now: datetime) -> UUID | None:
    """A draft of the member's employer, or None when the account is no member. Raises `WardUnknown`."""
    try:
        made: UUID | None = await tx.fetchval(
            INSERT, job.employer_id, member, job.title, job.description, fold(job.title), mark(job.title),
            job.ward_code, job.pay.min, job.pay.max, job.pay.currency, job.pay.period, job.openings, job.expires_at, now,
        )  # fmt: skip
    except asyncpg.NotNullViolationError as error:
        if error.column_name == "province_code":
            raise WardUnknown from error
        raise
    return made


UPDATE = """-- jobs.update
update jobs.postings j
   set title = coalesce($4, title), search_text = coalesce($5, search_text), title_marked = coalesce($6, title_marked),
       description = coalesce($7, description),
       ward_version = case when $8::text is null then ward_version else places.version_on($15::timestamptz::date) end,
       ward_code = coalesce($8, ward_code),
       province_code = case when $8::text is null then province_code else
           (select u.province_code from places.units u
             where u.version = places.version_on($15::timestamptz::date) and u.code = $8 and u.level = 'commune') end,
       lat = case when $8::text is null then lat end, lon = case when $8::text is null then lon end,
       place_source = case when $8::text is null then place_source else 'employer' end,
       pay_min = case when $9 then $10 else pay_min end, pay_max = case when $9 then $11 else pay_max end,
       pay_currency = coalesce($12, pay_currency), pay_period = coalesce($13, pay_period),
       openings = coalesce($14, openings), expires_at = coalesce($16, expires_at),
       version = version + 1, updated_at = $15
 where j.id = $1 and j.status in ('draft', 'in_review', 'open', 'paused')
   and exists (select from employers.members m where m.employer_id = j.employer_id and m.account_id = $2)
   and ($3::int[] is null or j.version = any($3))
returning j.id"""


async def update(
    tx: asyncpg.Connection, job: UUID, member: UUID, versions: list[int] | None, *, title: str | None,
    description: str | None, ward_code: str | None, pay: Pay | None, openings: int | None, expires_at: datetime | None,
    now: datetime,
) -> bool:  # fmt: skip
    """Whether the member's posting was changed; None leaves a column as it is. Raises `WardUnknown`."""
    try:
        return await tx.fetchval(
            UPDATE, job, member, versions, title, title and fold(title), title and mark(title), description, ward_code,
            pay is not None, pay and pay.min, pay and pay.max, pay and pay.currency, pay and pay.period, openings, now,
            expires_at,
        ) is not None  # fmt: skip
    except asyncpg.NotNullViolationError as error:
        if error.column_name == "province_code":
            raise WardUnknown from error
        raise


STANDING = """-- jobs.standing
select j.status, j.version, e.status = 'verified' as verified, j.expires_at
  from jobs.postings j
  join employers.employers e on e.id = j.employer_id
 where j.id = $1 and exists (select from employers.members m where m.employer_id = j.employer_id and m.account_id = $2)
   for update of j"""


async def standing(tx: asyncpg.Connection, job: UUID, member: UUID) -> asyncpg.Record | None:
    """Where the member's posting stands, held until the transaction ends."""
    return await tx.fetchrow(STANDING, job, member)


PUBLISH = """-- jobs.publish
update jobs.postings j set status = 'open', published_at = $3, version = version + 1, updated_at = $3
 where j.id = $1 and exists (select from employers.members m where m.employer_id = j.employer_id and m.account_id = $2)"""


async def publish(tx: asyncpg.Connection, job: UUID, member: UUID, now: datetime) -> None:
    await tx.execute(PUBLISH, job, member, now)


CLOSE = """-- jobs.close
update jobs.postings j set status = 'closed', closed_at = $3, version = version + 1, updated_at = $3
 where j.id = $1 and exists (select from employers.members m where m.employer_id = j.employer_id and m.account_id = $2)"""


async def close(tx: asyncpg.Connection, job: UUID, member: UUID, now: datetime) -> None:
    await tx.execute(CLOSE, job, member, now)
