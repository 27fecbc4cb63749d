"""Rules of the room: what may be kept, and when somebody is told that it ends."""

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from longan.floor.base.errors import NotFound
from longan.floor.database import reminders
from longan.rooms.saved_jobs import store
from longan.rooms.saved_jobs.models import SavedJob, SavedJobsFull

TOLD_BEFORE = timedelta(days=2)


async def save(tx: asyncpg.Connection, account: UUID, job: UUID, now: datetime) -> SavedJob:
    """Raises `NotFound` for no public posting, `SavedJobsFull`."""
    saved = await store.save(tx, account, job, now)
    if saved is None:
        raise NotFound
    if not saved.made:
        raise SavedJobsFull
    await promise(tx, account, job, saved.expires_at, now)
    shown = await store.one(tx, account, job, now)
    if shown is None:
        raise RuntimeError("what was kept is not there")
    return shown


async def unsave(tx: asyncpg.Connection, account: UUID, job: UUID) -> None:
    """Raises `NotFound`."""
    if not await store.unsave(tx, account, job):
        raise NotFound
    await reminders.forget(tx, _ending_of(account, job))


async def promise(tx: reminders.Writing, account: UUID, job: UUID, expires_at: datetime, now: datetime) -> None:
    """Whoever keeps a posting hears that it is about to end; not who has just kept one whose end is near."""
    if (at := expires_at - TOLD_BEFORE) > now:
        await reminders.remind(
            tx, "saved_job_expiring", at, _ending_of(account, job), account_id=account, job_id=job
        )  # fmt: skip


def _ending_of(account: UUID, job: UUID) -> str:
    return f"saved_job_expiring {account} {job}"
