"""Rules of the room: who may change a posting, and from where to where."""

from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

import asyncpg
import msgspec
from msgspec import UNSET, UnsetType

from longan import queue, reminders
from longan.errors import FieldError, IllegalTransition, InvalidRequest, JobNotOpen, NotFound, Stale, WardUnknown
from longan.jobs import store
from longan.jobs.models import EmployerNotVerified, Job, JobChange, JobIn, Standing
from longan.pay import Pay, PayIn

# Far enough for any posting, and near enough that no offset carries it past the last year of a calendar.
LAST_EXPIRY = datetime(2100, 1, 1, tzinfo=UTC)
WARNED_BEFORE = timedelta(days=3)

V = TypeVar("V")


async def create(tx: asyncpg.Connection, member: UUID, job: JobIn, now: datetime) -> Job:
    """A draft. Raises `NotFound` when the account is no member of the employer, `WardUnknown`."""
    _check_pay(job.pay)
    _check_expiry(job.expires_at, now)
    employer_name = await store.employer_of(tx, job.employer_id, member)
    if employer_name is None:
        raise NotFound(FieldError("/employer_id", "not_found"))
    made = await store.insert(tx, member, job, employer_name, now)
    if made is None:
        raise WardUnknown
    return await _shown(tx, made)


async def update(
    tx: asyncpg.Connection, member: UUID, job: UUID, change: JobChange, versions: list[int] | None, now: datetime
) -> Job:
    """`versions` are those the caller may have seen, None for any.

    Raises `NotFound`, `Stale` when it was changed since, `JobNotOpen` when it is over, `WardUnknown`.
    """
    if isinstance(change.pay, PayIn):
        _check_pay(change.pay)
        if change.clear:
            raise InvalidRequest(FieldError("/clear", "one_of_them"))
    if change.expires_at is not UNSET:
        _check_expiry(change.expires_at, now)
    standing = await _standing(tx, job, member)
    if versions is not None and standing.version not in versions:
        raise Stale
    if standing.status not in ("draft", "in_review", "open", "paused"):
        raise JobNotOpen
    ward_code = _given(change.ward_code)
    if ward_code is not None and not await store.relocate(tx, job, member, ward_code, now):
        raise WardUnknown
    await store.update(
        tx, job, member, standing.employer_name, title=_given(change.title), description=_given(change.description),
        pay=_pay(change), openings=_given(change.openings), expires_at=_given(change.expires_at), now=now,
    )  # fmt: skip
    if standing.status == "open" and change.expires_at is not UNSET:
        await _promise_warning(tx, job, change.expires_at, now)
    return await _changed(tx, job, public=standing.was_published)


async def publish(tx: asyncpg.Connection, member: UUID, job: UUID, now: datetime) -> Job:
    """draft -> open; one that is open stays as it is, so that a retry is safe.

    Raises `NotFound`, `EmployerNotVerified`, `IllegalTransition`.
    """
    standing = await _standing(tx, job, member)
    if not standing.employer_verified:
        raise EmployerNotVerified
    if standing.status == "open":
        return await _shown(tx, job)
    if standing.status != "draft":
        raise IllegalTransition(standing.status, "open")
    if standing.expires_at <= now:
        raise IllegalTransition(standing.status, "open", FieldError("/expires_at", "in_past"))
    await store.publish(tx, job, member, now)
    await _promise_warning(tx, job, standing.expires_at, now)
    return await _changed(tx, job, public=True)


async def close(tx: asyncpg.Connection, member: UUID, job: UUID, now: datetime) -> Job:
    """draft, in_review, open or paused -> closed; one that is closed stays as it is.

    Raises `NotFound`, `IllegalTransition`.
    """
    standing = await _standing(tx, job, member)
    if standing.status == "closed":
        return await _shown(tx, job)
    if standing.status not in ("draft", "in_review", "open", "paused"):
        raise IllegalTransition(standing.status, "closed")
    await store.close(tx, job, member, now)
    await reminders.forget(tx, _warning_of(job))
    return await _changed(tx, job, public=standing.was_published)


async def _promise_warning(tx: asyncpg.Connection, job: UUID, expires_at: datetime, now: datetime) -> None:
    """The employer hears that an open posting is about to expire; not who has just chosen an end that is near."""
    at = expires_at - WARNED_BEFORE
    if at > now:
        await reminders.remind(tx, "job_expiring", at, _warning_of(job), job_id=job, expires_at=expires_at)
    else:
        await reminders.forget(tx, _warning_of(job))


def _warning_of(job: UUID) -> str:
    return f"job_expiring {job}"


def _check_pay(pay: PayIn) -> None:
    if pay.min is None and pay.max is None:
        raise InvalidRequest(FieldError("/pay/min", "required"))
    if pay.min is not None and pay.max is not None and pay.max < pay.min:
        raise InvalidRequest(FieldError("/pay/max", "too_small"))


def _check_expiry(expires_at: datetime, now: datetime) -> None:
    if expires_at <= now:
        raise InvalidRequest(FieldError("/expires_at", "in_past"))
    if expires_at >= LAST_EXPIRY:
        raise InvalidRequest(FieldError("/expires_at", "too_large"))


def _pay(change: JobChange) -> Pay | None:
    if change.clear:
        return Pay(None, None, "VND", "month")
    return msgspec.convert(change.pay, Pay, from_attributes=True) if isinstance(change.pay, PayIn) else None


def _given(value: V | UnsetType) -> V | None:
    return None if isinstance(value, UnsetType) else value


async def _standing(tx: asyncpg.Connection, job: UUID, member: UUID) -> Standing:
    standing = await store.standing(tx, job, member)
    if standing is None:
        raise NotFound
    return standing


async def _changed(tx: asyncpg.Connection, job: UUID, *, public: bool) -> Job:
    if public:
        await queue.add(tx, "jobs_changed")
    return await _shown(tx, job)


async def _shown(tx: asyncpg.Connection, job: UUID) -> Job:
    found = await store.one(tx, job)
    if found is None:
        raise NotFound
    return found
