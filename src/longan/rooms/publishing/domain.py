"""Rules of the room: which way a posting goes, and what is asked of it before it stands before the workers.

A step that was taken already changes nothing, so that a retry is safe, whatever version it names.
"""

from datetime import datetime
from typing import TypeAlias
from uuid import UUID

import asyncpg

from longan.floor.base.errors import FieldError, IllegalTransition, InvalidRequest
from longan.floor.guard import standing
from longan.floor.guard.standing import Standing
from longan.floor.postings import drafts, postings
from longan.floor.postings.postings import PUBLIC, STEPS, JobFull, Status
from longan.floor.setup.crypto import Sealed
from longan.rooms.publishing.models import CloseReason, RenewIn

# Where a wish to be open ends.
WANTED: frozenset[Status] = frozenset({"open", "in_review"})

Versions: TypeAlias = list[int] | None
"""Those the caller may have seen; None for any."""


async def publish(
    tx: asyncpg.Connection, phones: Sealed, member: UUID, job: UUID, versions: Versions, now: datetime
) -> None:
    """draft -> open, or in_review where the honesty guard holds it. What came back as a draft is lifted to the top.

    Raises `NotFound`, `Stale`, `IllegalTransition`, `JobFull`, and what `standing.demand` does.
    """
    held = await standing.held(tx, job, member)
    if held.status not in WANTED:
        await _open(tx, phones, member, held, frozenset({"draft"}), versions, now, lift=True)


async def resume(
    tx: asyncpg.Connection, phones: Sealed, member: UUID, job: UUID, versions: Versions, now: datetime
) -> None:
    """paused -> open, or in_review. Raises as `publish`."""
    held = await standing.held(tx, job, member)
    if held.status not in WANTED:
        await _open(tx, phones, member, held, frozenset({"paused"}), versions, now, lift=False)


async def _open(
    tx: asyncpg.Connection, phones: Sealed, member: UUID, held: Standing, sources: frozenset[Status],
    versions: Versions, now: datetime, *, lift: bool,
) -> None:  # fmt: skip
    standing.unchanged(held, versions)
    if held.status not in sources:
        raise IllegalTransition(held.status, "open")
    if held.draft.expires_at <= now:
        raise IllegalTransition(held.status, "open", FieldError("/expires_at", "in_past"))
    if held.filled >= held.draft.openings:
        raise JobFull
    await standing.demand(tx, held, held.draft, held.ward_version, now)
    to = await standing.where_it_may_stand(tx, held.id, now, phones)
    await postings.move(tx, held.id, to, "employer", member, None, now, lift=lift)


async def renew(
    tx: asyncpg.Connection,
    phones: Sealed,
    member: UUID,
    job: UUID,
    given: RenewIn,
    versions: Versions,
    now: datetime,
) -> None:
    """open, paused, expired or closed -> open until the new end, or in_review.

    Raises `NotFound`, `Stale`, `IllegalTransition`, `InvalidRequest` for an end or openings that cannot be, and what
    `standing.demand` does.
    """
    wrong = drafts.wrong_expiry(given.expires_at, now)
    held = await standing.held(tx, job, member)
    if held.status in WANTED and is_renewed(held, given):
        return
    standing.unchanged(held, versions)
    if held.status not in PUBLIC or not held.was_published:
        raise IllegalTransition(held.status, "open")
    if (given.openings or held.draft.openings) <= held.filled:
        wrong.append(FieldError("/openings", "too_small"))
    if wrong:
        raise InvalidRequest(*wrong)
    await standing.demand(tx, held, held.draft, held.ward_version, now)
    to = await standing.where_it_may_stand(tx, held.id, now, phones)
    await postings.renew(tx, held.id, to, member, now, expires_at=given.expires_at, openings=given.openings)


def is_renewed(held: Standing, given: RenewIn) -> bool:
    """Whether it ends then already, with as many places."""
    return held.draft.expires_at == given.expires_at and given.openings in (None, held.draft.openings)


async def pause(tx: asyncpg.Connection, member: UUID, job: UUID, versions: Versions, now: datetime) -> None:
    """open -> paused: nobody can apply, and no list shows it. Raises `NotFound`, `Stale`, `IllegalTransition`."""
    await _step(tx, member, job, "paused", None, versions, now)


async def close(
    tx: asyncpg.Connection,
    member: UUID,
    job: UUID,
    reason: CloseReason | None,
    versions: Versions,
    now: datetime,
) -> None:
    """To closed, from wherever the employer can. Raises `NotFound`, `Stale`, `IllegalTransition`."""
    await _step(tx, member, job, "closed", reason, versions, now)


async def _step(
    tx: asyncpg.Connection,
    member: UUID,
    job: UUID,
    to: Status,
    reason: str | None,
    versions: Versions,
    now: datetime,
) -> None:
    held = await standing.held(tx, job, member)
    if held.status == to:
        return
    standing.unchanged(held, versions)
    if to not in STEPS["employer"].get(held.status, frozenset()):
        raise IllegalTransition(held.status, to)
    await postings.move(tx, job, to, "employer", member, reason, now)
