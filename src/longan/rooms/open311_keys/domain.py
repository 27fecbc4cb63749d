"""Rules of the room: administrators give keys and take them back; a key is shown once."""

from datetime import datetime
from uuid import UUID

import asyncpg

from longan.floor.access.tokens import Principal
from longan.floor.base.errors import FieldError, Forbidden, NotFound
from longan.floor.database.page import Cursors
from longan.floor.formats import georeport
from longan.floor.setup.crypto import digest, new_secret
from longan.floor.setup.settings import Settings
from longan.rooms.open311_keys import store
from longan.rooms.open311_keys.models import JurisdictionNotServed, Open311KeyGiven, Open311KeyIn, Open311KeyPage

HINT = 4


def administrator(me: Principal) -> None:
    """Raises `Forbidden` for everybody else."""
    if "administrator" not in me.roles:
        raise Forbidden


async def listed(
    conn: asyncpg.Connection, cursors: Cursors, me: Principal, cursor: str | None, limit: int
) -> Open311KeyPage:
    """Raises `Forbidden`."""
    administrator(me)
    return await store.keys(conn, cursors, cursor, limit)


async def give(
    tx: asyncpg.Connection, settings: Settings, me: Principal, given: Open311KeyIn, now: datetime
) -> Open311KeyGiven:
    """Raises `Forbidden`, `JurisdictionNotServed`."""
    administrator(me)
    served = georeport.jurisdictions(settings.open311_jurisdictions, settings.province_code)
    wrong = [
        FieldError(f"/jurisdictions/{place}", "not_found")
        for place, each in enumerate(given.jurisdictions or [])
        if each not in served
    ]
    if wrong:
        raise JurisdictionNotServed(*wrong)
    secret = new_secret()
    return Open311KeyGiven(await store.give(tx, digest(secret), secret[-HINT:], given, me.account_id, now), secret)


async def revoke(tx: asyncpg.Connection, me: Principal, key: UUID, reason: str, now: datetime) -> None:
    """Raises `Forbidden`, `NotFound` also for one that is revoked already."""
    administrator(me)
    if not await store.revoke(tx, key, me.account_id, reason, now):
        raise NotFound
