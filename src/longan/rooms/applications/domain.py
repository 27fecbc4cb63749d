"""Rules of the room: who may apply, and which way an application goes (DECISIONS 32)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg

from longan.floor.base.errors import Forbidden, IllegalTransition, JobNotOpen, NotFound
from longan.floor.database import queue
from longan.floor.database.page import Cursors
from longan.floor.postings import postings
from longan.rooms.applications import store
from longan.rooms.applications.models import (
    OPEN,
    PIPELINE,
    Application,
    ApplicationIn,
    JobApplicationPage,
    MoveIn,
    OwnJob,
    Side,
    Status,
)

STEPS: Mapping[Side, frozenset[Status]] = {
    "employer": frozenset({*PIPELINE[1:], "rejected"}),
    "worker": frozenset({"withdrawn"}),
}
OTHER: Mapping[Side, Side] = {"employer": "worker", "worker": "employer"}

Verdict = Literal["take", "taken", "not_yours", "illegal"]


def verdict(side: Side, current: Status, to: Status) -> Verdict:
    """What becomes of the wish of `side` to move an application from `current` to `to`.

    `taken`: the side has brought it there already, so that a retry is safe. `not_yours`: a step of the other side.
    """
    if to in STEPS[OTHER[side]]:
        return "not_yours"
    if to not in STEPS[side]:
        return "illegal"
    if to == current:
        return "taken"
    if current not in OPEN:
        return "illegal"
    forward = to not in PIPELINE or PIPELINE.index(to) > PIPELINE.index(current)
    return "take" if forward else "illegal"


async def apply(tx: asyncpg.Connection, worker: UUID, job: UUID, given: ApplicationIn, now: datetime) -> Application:
    """Raises `NotFound` for a job the worker may not see, `JobNotOpen`, `OwnJob`, `AlreadyApplied`."""
    made = await store.insert(tx, job, worker, given.note, now)
    if made is None:
        own = await store.own_job(tx, job, worker)
        if own is None:
            raise NotFound
        raise OwnJob if own else JobNotOpen
    await queue.add(tx, "application_received", application_id=made.id)
    return made


async def received(
    conn: asyncpg.Connection, cursors: Cursors, member: UUID, job: UUID, status: list[Status] | None,
    cursor: str | None, limit: int,
) -> JobApplicationPage:  # fmt: skip
    """What came in for a job. Raises `NotFound` when the account is no member of its employer."""
    page = await store.of_job(conn, cursors, job, member, status, cursor, limit)
    if not page.items and not await store.own_job(conn, job, member):
        raise NotFound
    return page


async def move(tx: asyncpg.Connection, account: UUID, application: UUID, step: MoveIn, now: datetime) -> Application:
    """Take a step; who is hired takes a place of the posting.

    Raises `NotFound` for a stranger, `Forbidden` for a step of the other side, `IllegalTransition`, `JobFull`.
    """
    standing = await store.standing(tx, application, account)
    if standing is None:
        raise NotFound
    said = verdict(standing.side, standing.status, step.to)
    if said == "not_yours":
        raise Forbidden
    if said == "illegal":
        raise IllegalTransition(standing.status, step.to)
    if said == "taken":
        found = await store.one(tx, application, account)
        if found is None:
            raise NotFound
        return found
    moved = await store.move(tx, application, account, standing.status, step, now)
    if moved is None:
        raise NotFound
    after, move_id = moved
    if step.to == "hired":
        await postings.hire(tx, after.job_id, now)
    await queue.add(tx, "application_moved", application_id=application, move_id=move_id)
    return after
