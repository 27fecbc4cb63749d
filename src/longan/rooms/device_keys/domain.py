"""Rules of the room: which device may speak for another."""

from datetime import datetime

import asyncpg

from longan.floor.access import enrolment
from longan.floor.access.entrance import Entrance
from longan.floor.access.tokens import Principal
from longan.floor.base.errors import NotFound
from longan.rooms.device_keys import store
from longan.rooms.device_keys.models import DeviceKey, DeviceNotEnrolled


async def enrol(tx: asyncpg.Connection, me: Principal, thumbprint: str, now: datetime) -> DeviceKey:
    """The device of that key is trusted from its next sign-in on. The key was proved when its device signed in.

    Raises `DeviceNotEnrolled` when the caller's own device is not trusted, `NotFound` for a key that none of their
    devices brought.
    """
    if me.key_thumbprint is None or not await store.enrolled(tx, me.account_id, me.key_thumbprint):
        raise DeviceNotEnrolled
    if await store.enrol(tx, me.account_id, thumbprint, now):
        await enrolment.tell(tx, me.account_id, "device_key_enrolled")
    found = await store.key(tx, me.account_id, me.key_thumbprint, thumbprint)
    if found is None:
        raise NotFound
    return found


async def remove(tx: asyncpg.Connection, entrance: Entrance, me: Principal, thumbprint: str, now: datetime) -> None:
    """The device of that key is trusted no more, and its sessions end. Raises `NotFound`."""
    if not await store.end(tx, me.account_id, thumbprint, now):
        raise NotFound
    for session in await enrolment.end_bound(tx, me.account_id, thumbprint, now):
        entrance.forget(session)
    await enrolment.tell(tx, me.account_id, "device_key_removed")
