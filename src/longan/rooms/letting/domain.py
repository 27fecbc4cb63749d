"""Rules of the room: which way a listing goes, and what is asked of it before it stands before the workers.

A step that was taken already changes nothing, so that a retry is safe, whatever version it names.
"""

from datetime import datetime
from typing import TypeAlias
from uuid import UUID

import asyncpg

from longan.floor.access.tokens import Principal
from longan.floor.base.errors import IllegalTransition, InsufficientAuthentication
from longan.floor.guard.standing import EmployerNotVerified, EmployerSuspended
from longan.floor.housing import housing_costs, housing_drafts, housing_listings
from longan.floor.housing.housing_costs import reckoned
from longan.floor.housing.housing_drafts import Standing
from longan.floor.housing.housing_limits import limits_on
from longan.floor.housing.housing_listings import STEPS, Status
from longan.floor.housing.housing_view import MyHousing, is_official, shown
from longan.floor.pay_and_days.wages import day_of
from longan.rooms.letting import store
from longan.rooms.letting.models import PublishIn

IDENTIFIED = 2
# Where a wish to be open ends.
WANTED: frozenset[Status] = frozenset({"open", "in_review"})
# Whoever closes what an official has, or what waits for one, opens it past nobody.
HELD_BACK: frozenset[Status] = frozenset({"in_review", "hidden", "suspended"})

Versions: TypeAlias = list[int] | None
"""Those the caller may have seen; None for any."""


async def publish(
    tx: asyncpg.Connection, me: Principal, listing: UUID, given: PublishIn, versions: Versions, now: datetime
) -> MyHousing:
    """draft -> open. Raises as `_open`."""
    return await _open(tx, me, listing, given, "draft", versions, now)


async def reopen(
    tx: asyncpg.Connection, me: Principal, listing: UUID, given: PublishIn, versions: Versions, now: datetime
) -> MyHousing:
    """closed -> open, or in_review where it was closed while an official had it, or as many reports of it were
    confirmed as hide one. Raises as `_open`."""
    return await _open(tx, me, listing, given, "closed", versions, now)


async def _open(
    tx: asyncpg.Connection, me: Principal, listing: UUID, given: PublishIn, source: Status, versions: Versions,
    now: datetime,
) -> MyHousing:  # fmt: skip
    """Raises `NotFound`, `Stale`, `IllegalTransition`, `InvalidRequest`, `AmountsDoubted`, `PriceFlagsUnseen`,
    `InsufficientAuthentication`, `EmployerNotVerified`, `EmployerSuspended`, `WardUnknown`."""
    held = await housing_drafts.held(tx, listing, me.account_id, is_official(me), now)
    if held.status not in WANTED:
        housing_drafts.unchanged(held, versions)
        if held.status != source:
            raise IllegalTransition(held.status, "open")
        sure = {*held.sure_of, *given.sure}
        asked, cost = housing_drafts.asked(held.said), reckoned(housing_drafts.asked(held.said), day_of(now))
        housing_costs.check(asked, sure)
        housing_costs.demand_seen(cost, given.seen_flags)
        await _demand_owner(tx, me, held, now)
        # The day's tariffs and wards, which a draft of last month does not know.
        placed = await housing_drafts.place(tx, held.said, None, now)
        assert placed.version is not None
        row = housing_drafts.row_of(held.said, placed, cost, sorted(sure))
        await housing_drafts.update(tx, listing, me.account_id, is_official(me), row, placed.version, now)
        reported = await store.confirmed_reports(tx, listing) >= limits_on(day_of(now)).hidden_at
        to: Status = "in_review" if held.closed_from in HELD_BACK or reported else "open"
        await housing_listings.move(tx, listing, to, "owner", me.account_id, None, now)
    return await shown(tx, me, listing, now)


async def _demand_owner(tx: asyncpg.Connection, me: Principal, held: Standing, now: datetime) -> None:
    """Whether whoever writes it may have it before the workers."""
    if held.employer_id is not None:
        status = await store.employer_status(tx, held.employer_id)
        if status == "suspended":
            raise EmployerSuspended
        if status != "verified":
            raise EmployerNotVerified
    elif not is_official(me) and me.acr < IDENTIFIED:
        few = limits_on(day_of(now)).without_identity
        if await store.published(tx, me.account_id, held.id) >= few:
            raise InsufficientAuthentication(IDENTIFIED, None)


async def confirm(tx: asyncpg.Connection, me: Principal, listing: UUID, now: datetime) -> MyHousing:
    """It is still to be had, at these prices: open stays open, stale -> open.

    Raises `NotFound`, `IllegalTransition`, `EmployerNotVerified`, `EmployerSuspended`.
    """
    held = await housing_drafts.held(tx, listing, me.account_id, is_official(me), now)
    if held.status == "open":
        await housing_listings.confirm(tx, listing, me.account_id, now)
    elif held.status == "stale":
        if held.employer_id is not None:
            await _demand_owner(tx, me, held, now)
        await housing_listings.move(tx, listing, "open", "owner", me.account_id, "confirmed", now)
    else:
        raise IllegalTransition(held.status, "open")
    return await shown(tx, me, listing, now)


async def close(
    tx: asyncpg.Connection, me: Principal, listing: UUID, reason: housing_listings.CloseReason, versions: Versions,
    now: datetime,
) -> MyHousing:  # fmt: skip
    """To closed, from wherever the owner can. Raises `NotFound`, `Stale`, `IllegalTransition`."""
    held = await housing_drafts.held(tx, listing, me.account_id, is_official(me), now)
    if held.status != "closed":
        housing_drafts.unchanged(held, versions)
        if "closed" not in STEPS["owner"].get(held.status, frozenset()):
            raise IllegalTransition(held.status, "closed")
        await housing_listings.move(tx, listing, "closed", "owner", me.account_id, reason, now)
    return await shown(tx, me, listing, now)
