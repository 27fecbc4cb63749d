"""Rules of the room: what a template may hold, and the draft that is made of it."""

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
from msgspec import UNSET

from longan.floor.base.errors import FieldError, InvalidRequest, NotFound, Stale
from longan.floor.database.page import Cursors
from longan.floor.guard import standing
from longan.floor.guard.job_view import Job, changed
from longan.floor.postings import drafts
from longan.floor.postings.drafts import Draft, Work
from longan.rooms.job_templates import store
from longan.rooms.job_templates.models import Template, TemplateChange, TemplateIn, TemplatePage


async def create(tx: asyncpg.Connection, member: UUID, employer: UUID, given: TemplateIn, now: datetime) -> Template:
    """Raises `NotFound` when the account is no member or the posting none of the employer's, `InvalidRequest`,
    `TemplateExists`."""
    if (given.job is None) == (given.job_id is None):
        raise InvalidRequest(FieldError("/job", "required" if given.job is None else "one_of_them"))
    work = given.job
    if work is not None:
        _check(work)
    elif given.job_id is not None:
        source = await standing.held(tx, given.job_id, member)
        if source.employer_id != employer:
            raise NotFound(FieldError("/job_id", "not_found"))
        work = source.draft
    made = None if work is None else await store.insert(tx, employer, member, given.name, given.days, work, now)
    if made is None:
        raise NotFound
    return await shown(tx, member, made)


async def shown(conn: asyncpg.Connection, member: UUID, template: UUID) -> Template:
    """Raises `NotFound`."""
    found = await store.one(conn, template, member)
    if found is None:
        raise NotFound
    return found


async def own(
    conn: asyncpg.Connection, cursors: Cursors, member: UUID, employer: UUID, cursor: str | None, limit: int
) -> TemplatePage:
    """The templates of an employer for its members. Raises `NotFound` for anybody else."""
    page = await store.of_employer(conn, cursors, employer, member, cursor, limit)
    if not page.items and not await store.is_member(conn, employer, member):
        raise NotFound
    return page


async def update(
    tx: asyncpg.Connection, member: UUID, template: UUID, change: TemplateChange, versions: list[int] | None,
    now: datetime,
) -> Template:  # fmt: skip
    """Raises `NotFound`, `Stale`, `InvalidRequest`, `TemplateExists`."""
    kept = await store.held(tx, template, member)
    if kept is None:
        raise NotFound
    if versions is not None and kept.version not in versions:
        raise Stale
    work = None if change.job is UNSET else change.job
    if work is not None:
        _check(work)
    await store.update(
        tx, template, member, None if change.name is UNSET else change.name,
        None if change.days is UNSET else change.days, work, now,
    )  # fmt: skip
    return await shown(tx, member, template)


async def delete(tx: asyncpg.Connection, member: UUID, template: UUID) -> None:
    """Raises `NotFound`."""
    if not await store.delete(tx, template, member):
        raise NotFound


async def use(tx: asyncpg.Connection, member: UUID, template: UUID, expires_at: datetime | None, now: datetime) -> Job:
    """A draft of it; what it says was checked when it was kept.

    Raises `NotFound`, `InvalidRequest`, `WardUnknown`: what it names may be gone by now.
    """
    kept = await store.held(tx, template, member)
    if kept is None:
        raise NotFound
    said = {name: getattr(kept.work, name) for name in Work.__struct_fields__}
    draft = Draft(**said, expires_at=expires_at or now + timedelta(days=kept.days))
    if wrong := drafts.wrong_expiry(draft.expires_at, now):
        raise InvalidRequest(*wrong)
    return await changed(tx, await drafts.one(tx, member, kept.employer_id, draft, now), member, now)


def _check(work: Work) -> None:
    """Raises `InvalidRequest` naming what contradicts something else. What it names is asked for when it is used."""
    if wrong := drafts.wrong_work(work):
        raise InvalidRequest(*(FieldError(f"/job{field.pointer}", field.code) for field in wrong))
