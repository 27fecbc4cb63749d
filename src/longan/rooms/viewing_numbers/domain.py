"""Rules of the room: a number is shown as long as a time is agreed on, and never without a trace."""

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from longan.floor.access.tokens import Principal
from longan.floor.base.errors import NotFound
from longan.floor.housing.viewing_limits import limits_on
from longan.floor.pay_and_days.wages import day_of
from longan.floor.setup.crypto import Sealed
from longan.rooms.viewing_numbers import store
from longan.rooms.viewing_numbers.models import NumberNotShown, OwnerResponse, ViewingPhone

SINCE, UNTIL = timedelta(days=90), timedelta(days=2)


async def look(tx: asyncpg.Connection, phones: Sealed, me: Principal, viewing: UUID, now: datetime) -> ViewingPhone:
    """The other side's number; the look is written down for them. Raises `NotFound`, `NumberNotShown`."""
    number = await store.look(tx, viewing, me.account_id, now)
    if number is None:
        if await store.is_of(tx, viewing, me.account_id):
            raise NumberNotShown
        raise NotFound
    return ViewingPhone(viewing, None if number.cipher is None else phones.open(number.cipher, number.account_id))


async def response(conn: asyncpg.Connection, listing: UUID, now: datetime) -> OwnerResponse:
    """How the owner of a listing answers. Raises `NotFound` for what is not shown."""
    fewest = limits_on(day_of(now)).answered_from
    found = await store.response(conn, listing, now - SINCE, now - UNTIL, fewest, now)
    if found is None:
        raise NotFound
    return found
