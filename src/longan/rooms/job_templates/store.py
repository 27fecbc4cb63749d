"""SQL of the room, each statement above the function that runs it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.database.listing import Listing, listing, newest
from longan.floor.database.page import Cursors
from longan.floor.pay_and_days.pay import Pay, comparable
from longan.floor.postings.drafts import Work
from longan.rooms.job_templates.models import Kept, Template, TemplateExists, TemplateJob, TemplatePage


@contextmanager
def named() -> Iterator[None]:
    """A second template of a name is refused as `TemplateExists`."""
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name == "templates_one_per_name":
            raise TemplateExists from error
        raise


INSERT = """-- job_templates.insert
insert into job_templates.templates (employer_id, name, days, content, created_at, updated_at)
select m.employer_id, $3, $4, $5::text::jsonb, $6, $6
  from members.members m
 where m.employer_id = $1 and m.account_id = $2
returning id"""


async def insert(
    tx: asyncpg.Connection, employer: UUID, member: UUID, name: str, days: int, work: Work, now: datetime
) -> UUID | None:
    """A template of the member's employer, None for anybody else. Raises `TemplateExists`."""
    with named():
        made: UUID | None = await tx.fetchval(INSERT, employer, member, name, days, _written(work), now)
    return made


ONE = """-- job_templates.one
select t.id, t.employer_id, t.name, t.days, t.content::text as content, t.created_at, t.updated_at, t.version
  from job_templates.templates t
 where t.id = $1 and exists (select from members.members m where m.employer_id = t.employer_id and m.account_id = $2)"""


async def one(conn: asyncpg.Connection, template: UUID, member: UUID) -> Template | None:
    row = await conn.fetchrow(ONE, template, member)
    return None if row is None else msgspec.convert(dict(row) | {"job": _shown(_read(row))}, Template)


HELD = f"{ONE.replace('job_templates.one', 'job_templates.held')}\n   for no key update of t"


async def held(tx: asyncpg.Connection, template: UUID, member: UUID) -> Kept | None:
    """The member's template, held until the transaction ends."""
    row = await tx.fetchrow(HELD, template, member)
    return None if row is None else Kept(row["employer_id"], row["version"], row["days"], _read(row))


UPDATE = """-- job_templates.update
update job_templates.templates t
   set name = coalesce($3, t.name), days = coalesce($4, t.days), content = coalesce($5::text::jsonb, t.content),
       version = t.version + 1, updated_at = $6
 where t.id = $1 and exists (select from members.members m where m.employer_id = t.employer_id and m.account_id = $2)"""


async def update(
    tx: asyncpg.Connection, template: UUID, member: UUID, name: str | None, days: int | None, work: Work | None,
    now: datetime,
) -> None:  # fmt: skip
    """Change the member's template; None leaves a column as it is. Raises `TemplateExists`."""
    with named():
        await tx.execute(UPDATE, template, member, name, days, work and _written(work), now)


DELETE = """-- job_templates.delete
delete from job_templates.templates t
 where t.id = $1 and exists (select from members.members m where m.employer_id = t.employer_id and m.account_id = $2)
returning true"""


async def delete(tx: asyncpg.Connection, template: UUID, member: UUID) -> bool:
    """Whether the member had such a template."""
    return bool(await tx.fetchval(DELETE, template, member))


OF_EMPLOYER = listing(
    Listing(
        name="job_templates.of_employer",
        select="""select t.id, t.name, t.days, t.content ->> 'title' as title, t.created_at, t.updated_at, t.version
  from job_templates.templates t
 where t.employer_id = {employer_id}
   and exists (select from members.members m where m.employer_id = t.employer_id and m.account_id = {member_id})""",
        where={},
        orders={"newest": newest("t.created_at", "t.id")},
    )
)


async def of_employer(
    conn: asyncpg.Connection, cursors: Cursors, employer: UUID, member: UUID, cursor: str | None, limit: int
) -> TemplatePage:
    """The templates of the member's employer, nothing for anybody else. Raises `InvalidRequest` for a foreign
    cursor."""
    values: dict[str, object] = {"employer_id": employer, "member_id": member}
    return await OF_EMPLOYER.page(conn, cursors, "newest", values, cursor, limit, TemplatePage)


IS_MEMBER = """-- job_templates.is_member
select exists (select from members.members m where m.employer_id = $1 and m.account_id = $2)"""


async def is_member(conn: asyncpg.Connection, employer: UUID, account: UUID) -> bool:
    return bool(await conn.fetchval(IS_MEMBER, employer, account))


def _written(work: Work) -> str:
    """Without what only a draft has."""
    said = {name: getattr(work, name) for name in Work.__struct_fields__}
    return msgspec.json.encode(said).decode()


def _read(row: asyncpg.Record) -> Work:
    return msgspec.json.decode(row["content"], type=Work)


def _shown(work: Work) -> TemplateJob:
    found = comparable(work.pay, work.week_hours, work.week_days)
    pay = Pay(**msgspec.structs.asdict(work.pay), effective_month=found.month, effective_hour=found.hour)
    said = {name: getattr(work, name) for name in Work.__struct_fields__ if name != "pay"}
    return TemplateJob(pay=pay, **said)
