"""Rules of the room: who may ask to see what and how often, and which side may take which step."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from longan.floor.access.tokens import Principal
from longan.floor.base.errors import FieldError, IllegalTransition, InvalidRequest, NotFound, RateLimited, Stale
from longan.floor.base.phones import masked
from longan.floor.database import queue, reminders
from longan.floor.housing.housing_contact import HousingNotOpen, OwnHousing
from longan.floor.housing.viewing_limits import limits_on
from longan.floor.pay_and_days.wages import day_of
from longan.floor.setup.crypto import Sealed
from longan.rooms.viewings import store
from longan.rooms.viewings.models import (
    AcceptIn,
    Kept,
    Sent,
    Side,
    Standing,
    Status,
    TimesIn,
    Viewing,
    ViewingIdTaken,
    ViewingIn,
    ViewingRequestedAlready,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SOONEST = timedelta(minutes=30)
LATEST = timedelta(days=60)
REMINDED_BEFORE = timedelta(hours=2)

# Which side may bring a request from where to where. Times are accepted or answered by others only by whoever did not
# offer them; what is agreed on either side may call off.
STEPS: Mapping[Side, Mapping[Status, frozenset[Status]]] = {
    "worker": {
        "requested": frozenset({"withdrawn"}),
        "moved": frozenset({"accepted", "moved", "withdrawn"}),
        "accepted": frozenset({"withdrawn"}),
    },
    "owner": {
        "requested": frozenset({"accepted", "moved", "refused"}),
        "moved": frozenset({"accepted", "moved", "refused"}),
        "accepted": frozenset({"refused"}),
    },
}
ANSWERS: frozenset[Status] = frozenset({"accepted", "moved"})

Versions = list[int] | None


def may(side: Side, status: Status, times_of: Side, to: Status) -> bool:
    """Whether that side may bring a request there from where it is."""
    return to in STEPS[side].get(status, frozenset()) and (to not in ANSWERS or times_of != side)


async def request(
    tx: asyncpg.Connection, phones: Sealed, me: Principal, listing: UUID, given: ViewingIn, now: datetime
) -> Viewing:
    """Ask to see a listing; the same `id` again is the request that it made.

    Raises `NotFound` for what is not shown, or of an employer that the account has blocked, `OwnHousing`,
    `HousingNotOpen`, `InvalidRequest`, `ViewingRequestedAlready`, `ViewingIdTaken`, `RateLimited` with Retry-After.
    """
    await store.alone(tx, me.account_id)
    if given.id is not None and await store.listing_of(tx, given.id, me.account_id) == listing:
        return await shown(tx, phones, me, given.id, now)
    if wrong := [*_wrong_times(given.times, now), *_wrong_id(given.id, now)]:
        raise InvalidRequest(*wrong)
    found = await store.wanted(tx, listing, me.account_id, now)
    if found is None:
        raise NotFound
    if found.own:
        raise OwnHousing
    if not found.taken or found.owner_id is None:
        raise HousingNotOpen
    if (there := await store.open_one(tx, listing, me.account_id)) is not None:
        raise ViewingRequestedAlready(members={"viewing_id": there})
    sent = await store.sent(tx, me.account_id, now - DAY, found.owner_id, found.employer_id)
    wait = waits(sent, now)
    if wait > timedelta():
        raise RateLimited(headers={"Retry-After": str(int(wait.total_seconds()) + 1)})
    try:
        made = await store.request(tx, listing, found, me.account_id, given, now)
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name == "requests_one_open":
            raise ViewingRequestedAlready from error
        if error.constraint_name == "requests_pkey":
            raise ViewingIdTaken from error
        raise
    await queue.add(tx, "viewing_stepped", viewing_id=made, version=1)
    return await shown(tx, phones, me, made, now)


def waits(sent: Sequence[Sent], now: datetime) -> timedelta:
    """How long an account that sent these, the latest first, has to wait before the next one; none for zero."""
    limits = limits_on(day_of(now))
    windows = (
        (limits.an_hour, HOUR, [each.created_at for each in sent]),
        (limits.a_day, DAY, [each.created_at for each in sent]),
        (limits.of_one_owner_a_day, DAY, [each.created_at for each in sent if each.same_owner]),
    )
    # The next one fits when the one that fills the window has left it.
    free = [times[quota - 1] + window for quota, window, times in windows if len(times) >= quota]
    return max([each - now for each in free], default=timedelta())


async def accept(
    tx: asyncpg.Connection, phones: Sealed, me: Principal, viewing: UUID, given: AcceptIn, versions: Versions,
    now: datetime,
) -> Viewing:  # fmt: skip
    """requested, moved -> accepted, by whoever did not offer the times.

    Raises `NotFound`, `Stale`, `IllegalTransition`, `HousingNotOpen`, `InvalidRequest` for a time that was not offered
    or is over.
    """
    held = await _held(tx, me, viewing)
    if held.status != "accepted" or held.agreed_for != given.time:
        _check(held, "accepted", versions)
        if not held.is_open:
            raise HousingNotOpen
        if given.time not in held.times:
            raise InvalidRequest(FieldError("/time", "not_one_of"))
        if given.time <= now:
            raise InvalidRequest(FieldError("/time", "in_past"))
        await _step(tx, me, held, "accepted", now, agreed_for=given.time)
        if given.time - REMINDED_BEFORE > now:
            at = given.time - REMINDED_BEFORE
            await reminders.remind(tx, "viewing_soon", at, once(viewing), viewing_id=viewing, agreed_for=given.time)
    return await shown(tx, phones, me, viewing, now)


async def move(
    tx: asyncpg.Connection, phones: Sealed, me: Principal, viewing: UUID, given: TimesIn, versions: Versions,
    now: datetime,
) -> Viewing:  # fmt: skip
    """requested, moved -> moved, by whoever did not offer the times. Sending the same times again changes nothing.

    Raises `NotFound`, `Stale`, `IllegalTransition`, `HousingNotOpen`, `InvalidRequest`.
    """
    held = await _held(tx, me, viewing)
    if (held.status, held.times_of, held.times) != ("moved", held.side, sorted(given.times)):
        _check(held, "moved", versions)
        if wrong := _wrong_times(given.times, now):
            raise InvalidRequest(*wrong)
        if not held.is_open:
            raise HousingNotOpen
        await _step(tx, me, held, "moved", now, times=given.times, note=given.note)
    return await shown(tx, phones, me, viewing, now)


async def call_off(
    tx: asyncpg.Connection, phones: Sealed, me: Principal, viewing: UUID, to: Status, reason: str | None,
    versions: Versions, now: datetime,
) -> Viewing:  # fmt: skip
    """The owner refuses, the worker withdraws; again changes nothing. Raises `NotFound`, `Stale`,
    `IllegalTransition`."""
    held = await _held(tx, me, viewing)
    if held.status != to or held.side != ("owner" if to == "refused" else "worker"):
        _check(held, to, versions)
        await _step(tx, me, held, to, now, reason=reason)
        await reminders.forget(tx, once(viewing))
    return await shown(tx, phones, me, viewing, now)


async def shown(conn: asyncpg.Connection, phones: Sealed, me: Principal, viewing: UUID, now: datetime) -> Viewing:
    """Raises `NotFound` for whoever is on neither side."""
    kept = await store.one(conn, viewing, me.account_id, now)
    if kept is None:
        raise NotFound
    phone = None if kept.other_cipher is None else phones.open(kept.other_cipher, kept.other_id)
    same = {name: getattr(kept, name) for name in Kept.__struct_fields__ if not name.startswith("other_")}
    return Viewing(
        **same, your_turn=kept.status in ("requested", "moved") and kept.times_of != kept.side,
        phone_masked=None if phone is None else masked(phone),
    )  # fmt: skip


async def _held(tx: asyncpg.Connection, me: Principal, viewing: UUID) -> Standing:
    held = await store.standing(tx, viewing, me.account_id)
    if held is None:
        raise NotFound
    return held


def _check(held: Standing, to: Status, versions: Versions) -> None:
    if versions is not None and held.version not in versions:
        raise Stale
    if not may(held.side, held.status, held.times_of, to):
        raise IllegalTransition(held.status, to)


async def _step(tx: asyncpg.Connection, me: Principal, held: Standing, to: Status, now: datetime, **said: Any) -> None:
    version = await store.step(tx, held.id, me.account_id, to, held.side, now, **said)
    await queue.add(tx, "viewing_stepped", viewing_id=held.id, version=version)


def once(viewing: UUID) -> str:
    """The key of the reminder of what was agreed on."""
    return f"viewing_soon {viewing}"


def _wrong_times(times: Sequence[datetime], now: datetime) -> list[FieldError]:
    wrong = []
    for place, each in enumerate(times):
        if each < now + SOONEST:
            wrong.append(FieldError(f"/times/{place}", "in_past" if each <= now else "too_small"))
        elif each > now + LATEST:
            wrong.append(FieldError(f"/times/{place}", "too_large"))
        elif each in times[:place]:
            wrong.append(FieldError(f"/times/{place}", "repeated"))
    return wrong


def _wrong_id(made: UUID | None, now: datetime) -> list[FieldError]:
    """A phone's own id is a UUIDv7 (RFC 9562 section 5.7) of the time it was made: not of tomorrow, and of no longer
    ago than a phone may lie without a net."""
    if made is None:
        return []
    if made.version != 7:
        return [FieldError("/id", "bad_form")]
    age = now.timestamp() * 1000 - (made.int >> 80)
    return (
        []
        if -DAY / timedelta(milliseconds=1) <= age <= LATEST / timedelta(milliseconds=1)
        else [FieldError("/id", "bad_time")]
    )
