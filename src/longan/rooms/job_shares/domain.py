"""Rules of the room: what can be passed on, and until when."""

import secrets
from datetime import datetime
from uuid import UUID

import asyncpg

from longan.floor.base.errors import JobNotOpen, NotFound
from longan.floor.guard import job_view
from longan.floor.setup.apps import OPENED
from longan.rooms.job_shares import store
from longan.rooms.job_shares.models import ALPHABET, LENGTH, JobShare, JobShareFigures, SharedJob, ShareOver

TRIES = 5


def new_code() -> str:
    """Nobody guesses one of 2^49, a few hundred tries a minute."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def address(public_url: str, code: str) -> str:
    """Our own address, never one that a request has named; our apps open it."""
    return f"{public_url.rstrip('/')}{OPENED}shares/{code}"


async def share(tx: asyncpg.Connection, public_url: str, job: UUID, now: datetime) -> JobShare:
    """The link of an open posting, made by whoever is first. Raises `NotFound`, `JobNotOpen`."""
    standing = await store.standing(tx, job, now)
    if standing is None:
        raise NotFound
    if not standing["is_open"]:
        raise JobNotOpen
    for _ in range(TRIES):
        if code := await store.share(tx, job, new_code(), now):
            return JobShare(code, address(public_url, code), standing["expires_at"])
    raise RuntimeError("every new code is taken")


async def opened(conn: asyncpg.Connection, public_url: str, code: str, now: datetime) -> SharedJob:
    """What the link leads to. Raises `NotFound`, also while an official looks at the posting, `ShareOver`."""
    job = await store.job(conn, code)
    seen = await job_view.shown(conn, job, None, now) if job is not None else None
    if seen is None:
        raise NotFound
    if seen.job.status in ("closed", "expired") or seen.job.expires_at <= now:
        raise ShareOver
    return SharedJob(code, address(public_url, code), seen.job)


async def figures(conn: asyncpg.Connection, public_url: str, job: UUID, member: UUID, now: datetime) -> JobShareFigures:
    """Raises `NotFound` for strangers, and while nobody has passed the posting on."""
    row = await store.figures(conn, job, member, now)
    if row is None:
        raise NotFound
    return JobShareFigures(row["code"], address(public_url, row["code"]), row["opens"], row["lately"])
