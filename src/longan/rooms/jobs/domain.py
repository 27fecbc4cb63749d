"""Rules of the room: what an employer may write, and what of it may be changed when."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec
from msgspec import UNSET

from longan.floor.base.errors import FieldError, InvalidRequest, JobNotOpen, NotFound
from longan.floor.database import queue
from longan.floor.database.page import Cursors
from longan.floor.guard import standing
from longan.floor.guard.job_view import Job, changed
from longan.floor.guard.standing import Standing
from longan.floor.pay_and_days.pay import PayIn
from longan.floor.postings import drafts, postings
from longan.floor.postings.drafts import Draft
from longan.floor.postings.postings import Status
from longan.floor.setup.crypto import Sealed
from longan.rooms.jobs import store
from longan.rooms.jobs.models import CLEARED, EmployerJobPage, JobChange, JobEventPage, JobIn

COPIED_FOR = timedelta(days=30)
CHANGEABLE: frozenset[Status] = frozenset({"draft", "in_review", "open", "paused"})
# What names something that only the database knows.
NAMING = frozenset({"ward_code", "occupation_code", "park_code"})
PAYING = frozenset({"pay", "week_hours", "week_days"})


async def create(tx: asyncpg.Connection, member: UUID, job: JobIn, now: datetime) -> Job:
    """A draft. Raises `NotFound` when the account is no member of the employer, `InvalidRequest`, `WardUnknown`."""
    drafts.check(job, now)
    return await changed(tx, await drafts.one(tx, member, job.employer_id, job, now), member, now)


async def copy(tx: asyncpg.Connection, member: UUID, job: UUID, expires_at: datetime | None, now: datetime) -> Job:
    """A draft that says what the posting says, whatever became of that. Raises as `create` does: a ward may be gone."""
    source = await standing.held(tx, job, member)
    end = expires_at or (source.draft.expires_at if source.draft.expires_at > now else now + COPIED_FOR)
    if wrong := drafts.wrong_expiry(end, now):
        raise InvalidRequest(*wrong)
    draft = msgspec.structs.replace(source.draft, expires_at=end)
    return await changed(tx, await drafts.one(tx, member, source.employer_id, draft, now), member, now)


async def update(
    tx: asyncpg.Connection, phones: Sealed, member: UUID, job: UUID, change: JobChange, versions: list[int] | None,
    now: datetime,
) -> Job:  # fmt: skip
    """`versions` are those the caller may have seen, None for any. All but a draft is looked at again: by the minimum
    wage, and by the honesty guard, which may take it to `in_review`. What is paused too: an official may let it out.

    Raises `NotFound`, `Stale`, `JobNotOpen` when it is over, `InvalidRequest`, `WardUnknown`, and what
    `standing.demand` does.
    """
    given = _given(change)
    held = await standing.held(tx, job, member)
    standing.unchanged(held, versions)
    if held.status not in CHANGEABLE:
        raise JobNotOpen
    draft = msgspec.structs.replace(held.draft, **given)
    _check(held, draft, given, now)
    ward_version = held.ward_version
    if NAMING & given.keys():
        list_of_ward = None if "ward_code" in given else held.ward_version
        found, wrong = await store.place(
            tx, draft.ward_code, draft.occupation_code, draft.park_code, list_of_ward, now
        )  # fmt: skip
        if wrong or found is None:
            raise drafts.refusal(wrong)
        ward_version = found
    if held.status != "draft":
        await standing.demand(tx, held, draft, ward_version, now)
    row = drafts.row_of(draft) | drafts.searched(draft, held.employer_name)
    if await store.update(tx, job, member, row, ward_version, placed="ward_code" in given, now=now):
        await _follow(tx, phones, member, held, draft, now)
    return await changed(tx, job, member, now)


async def _follow(
    tx: asyncpg.Connection, phones: Sealed, member: UUID, held: Standing, draft: Draft, now: datetime
) -> None:
    """What comes of a change of what is public, or may become so."""
    if held.status == "draft":
        return
    if held.status == "open" and draft.expires_at != held.draft.expires_at:
        await postings.warn(tx, held.id, draft.expires_at, now)
    review = await standing.where_it_may_stand(tx, held.id, now, phones) == "in_review"
    if review and held.status in ("open", "paused"):
        await postings.move(tx, held.id, "in_review", "employer", member, "guard", now)
    elif held.was_published:
        await queue.add(tx, "jobs_changed")


def _given(change: JobChange) -> dict[str, object]:
    """The fields that change, and what they become."""
    named = {name: getattr(change, name) for name in change.__struct_fields__ if name != "clear"}
    given = {name: value for name, value in named.items() if value is not UNSET}
    if given.keys() & set(change.clear):
        raise InvalidRequest(FieldError("/clear", "one_of_them"))
    return given | {name: CLEARED.get(name) for name in change.clear}


def _check(held: Standing, draft: Draft, given: Mapping[str, object], now: datetime) -> None:
    """Whether what is given fits what stays. Raises `InvalidRequest` naming each field that does not."""
    wrong = drafts.wrong_work(draft)
    if not PAYING & given.keys():
        wrong = [field for field in wrong if not field.pointer.startswith(("/pay/", "/week_"))]
    elif draft.pay == PayIn():
        wrong = [field for field in wrong if not field.pointer.startswith("/pay/")]
    if "expires_at" in given:
        wrong += drafts.wrong_expiry(draft.expires_at, now)
    if draft.openings <= held.filled:
        wrong.append(FieldError("/openings", "too_small"))
    if wrong:
        raise InvalidRequest(*wrong)


async def own(
    conn: asyncpg.Connection, cursors: Cursors, member: UUID, employer: UUID, status: list[Status] | None,
    cursor: str | None, limit: int,
) -> EmployerJobPage:  # fmt: skip
    """The postings of an employer for its members. Raises `NotFound` for anybody else."""
    page = await store.of_employer(conn, cursors, employer, member, status, cursor, limit)
    if not page.items and not await store.is_member(conn, employer, member):
        raise NotFound
    return page


async def history(
    conn: asyncpg.Connection, cursors: Cursors, member: UUID, job: UUID, cursor: str | None, limit: int
) -> JobEventPage:
    """What happened to a posting, for members of its employer. Raises `NotFound` for anybody else."""
    page = await store.history(conn, cursors, job, member, cursor, limit)
    if not page.items and not await store.is_own(conn, job, member):
        raise NotFound
    return page
