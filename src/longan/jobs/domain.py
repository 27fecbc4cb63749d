"""Rules of the room: who may change a posting, and from where to where."""

from datetime import datetime
from typing import TypeVar
from uuid import UUID

import asyncpg
import msgspec
from msgspec import UNSET

from longan import queue
from longan.errors import FieldError, InvalidRequest, NotFound, Stale
from longan.jobs import store
from longan.jobs.models import (
    EmployerNotVerified,
    IllegalJobStep,
    Job,
    JobChange,
    JobIn,
    JobNotOpen,
    Pay,
    PayIn,
)


V = TypeVar("V")


async def create(tx: asyncpg.Connection, member: UUID, job: JobIn, now: datetime) -> Job:
    """A draft. Raises `NotFound` when the account is no member of the employer, `WardUnknown`."""
    _check_pay(job.pay)
    _check_expiry(job.expires_at, now)
    made = await store.insert(tx, member, job, now)
    if made is None:
        raise NotFound
    return await _again(tx, made)


async def update(
    tx: asyncpg.Connection, member: UUID, job: UUID, change: JobChange, versions: list[int] | None, now: datetime
) -> Job:
    """Raises `NotFound`, `Stale` when it was changed since, `JobNotOpen` when it is over."""
    if isinstance(change.pay, PayIn):
        _check_pay(change.pay)
        if "pay" in change.clear:
            raise InvalidRequest(FieldError("/clear", "one_of_them"))
    if change.expires_at is not UNSET:
        _check_expiry(change.expires_at, now)
    changed = await store.update(
        tx, job, member, versions, title=_or_none(change.title), description=_or_none(change.description),
        ward_code=_or_none(change.ward_code), pay=_pay(change), openings=_or_none(change.openings),
        expires_at=_or_none(change.expires_at), now=now,
    )  # fmt: skip
    if not changed:
        standing = await store.standing(tx, job, member)
        if standing is None:
            raise NotFound
        if versions is not None and standing["version"] not in versions:
            raise Stale
        raise JobNotOpen
    await queue.add(tx, "jobs_changed", job_id=job)
    return await _again(tx, job)


async def publish(tx: asyncpg.Connection, member: UUID, job: UUID, now: datetime) -> Job:
    """draft -> open. Raises `NotFound`, `EmployerNotVerified`, `IllegalJobStep`."""
    standing = await store.standing(tx, job, member)
    if standing is None:
        raise NotFound
    if not standing["verified"]:
        raise EmployerNotVerified
    if standing["status"] != "draft" or standing["expires_at"] <= now:
        raise IllegalJobStep
    await store.publish(tx, job, member, now)
    await queue.add(tx, "jobs_changed", job_id=job)
    return await _again(tx, job)


async def close(tx: asyncpg.Connection, member: UUID, job: UUID, now: datetime) -> Job:
    """draft, in_review, open or paused -> closed. Raises `NotFound`, `IllegalJobStep`."""
    standing = await store.standing(tx, job, member)
    if standing is None:
        raise NotFound
    if standing["status"] not in ("draft", "in_review", "open", "paused"):
        raise IllegalJobStep
    await store.close(tx, job, member, now)
    await queue.add(tx, "jobs_changed", job_id=job)
    return await _again(tx, job)


def _check_pay(pay: PayIn) -> None:
    if pay.min is None and pay.max is None:
        raise InvalidRequest(FieldError("/pay/min", "required"))
    if pay.min is not None and pay.max is not None and pay.max < pay.min:
        raise InvalidRequest(FieldError("/pay/max", "too_small"))


def _check_expiry(expires_at: datetime, now: datetime) -> None:
    if expires_at <= now:
        raise InvalidRequest(FieldError("/expires_at", "in_past"))


def _pay(change: JobChange) -> Pay | None:
    if "pay" in change.clear:
        return Pay(None, None, "VND", "month")
    return msgspec.convert(change.pay, Pay, from_attributes=True) if isinstance(change.pay, PayIn) else None


def _or_none(value: V | msgspec.UnsetType) -> V | None:
    return None if isinstance(value, msgspec.UnsetType) else value


async def _again(tx: asyncpg.Connection, job: UUID) -> Job:
    found = await store.one(tx, job)
    if found is None:
        raise NotFound
    return found
