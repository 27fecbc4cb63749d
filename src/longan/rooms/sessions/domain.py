"""Rules of the room: how a session goes on and how it ends.

Nothing that refuses runs in the request's own transaction: a refresh token that comes twice must be written down
although the answer is a refusal.

The successor of a refresh token is derived from it with a key of ours. So the same bytes can be answered again to a
phone whose answer was lost, and they are nowhere meanwhile: the database holds digests, and neither a spent token nor
the key alone leads on.
"""

import hashlib
import hmac
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from longan.floor.access.entrance import Entrance, SignedIn, end_all, event
from longan.floor.access.tokens import Principal
from longan.floor.base.errors import NotFound, Stale, Unauthenticated
from longan.floor.database import db, queue
from longan.floor.formats.compact import spelled
from longan.floor.setup.crypto import digest
from longan.floor.setup.keys import newest_id
from longan.rooms.sessions import store
from longan.rooms.sessions.models import OwnSession, RefreshTokenReused

# An answer that was lost is asked for again so soon (SECURITY T11).
RETRIED_WITHIN = timedelta(seconds=30)

log = logging.getLogger("longan.sessions")


def successor(key: bytes, token: str) -> str:
    """The refresh token after `token`: 256 bits that only the holder of `key` can derive."""
    return spelled(hmac.digest(key, token.encode(), hashlib.sha256))


async def refresh(
    pool: asyncpg.Pool, asking: db.Asking, entrance: Entrance, keys: Mapping[str, bytes], token: str,
    key_thumbprint: str | None, now: datetime,
) -> SignedIn:  # fmt: skip
    """The next access token, and the refresh token after this one; the session lives on for another idle span.

    A token that was spent a moment ago, and whose successor was not used, was asked for again by a phone that never saw
    the answer: it gets the same one. `key_thumbprint` is the key whose possession the request proved; a session that is
    bound to a key goes on with that key alone. Without a key the answer is given again once: who comes a third time
    with the token is not alone with it.

    Raises `Unauthenticated` when the session is over; `RefreshTokenReused` when the token was spent before, which ends
    the session: one of the two who hold it has stolen it (RFC 9700 section 4.14.2).
    """
    spent, following = digest(token), successor(keys[newest_id(keys)], token)
    async with db.Acquired(pool, asking) as connection:
        session = await store.rotate(connection, spent, digest(following), key_thumbprint, now)
        if session is not None:
            return entrance.signed(session, following, now)
        # Derived with the key of that moment, which another may have followed since.
        successors = {digest(each): each for each in (successor(key, token) for key in keys.values())}
        again = await store.repeat(connection, spent, now - RETRIED_WITHIN, successors, key_thumbprint, now)
        if again is not None:
            return entrance.signed(*again, now)
        async with connection.transaction():
            reused = await store.end_reused(connection, spent, now)
            if reused is not None:
                await queue.add(
                    connection, "security_notice", account_id=reused.account_id, what="refresh_token_reused",
                    fact=event(reused.id, "refresh_token_reused"),
                )  # fmt: skip
    if reused is None:
        raise Unauthenticated(error="invalid_token")
    entrance.forget(reused.id)
    log.warning("a refresh token came twice: session %s was ended", reused.id)
    raise RefreshTokenReused(error="invalid_token")


async def end(
    pool: asyncpg.Pool,
    asking: db.Asking,
    entrance: Entrance,
    principal: Principal | None,
    token: str | None,
    now: datetime,
) -> None:
    """End the sessions of the access token and the refresh token. Raises `Unauthenticated` when neither is good."""
    session, account = (principal.session_id, principal.account_id) if principal else (None, None)
    async with db.Acquired(pool, asking) as connection:
        ended = await store.end(connection, session, account, digest(token) if token else None, now)
    for each in ended:
        entrance.forget(each)
    if not ended and principal is None:
        raise Unauthenticated


async def own(conn: asyncpg.Connection, me: Principal, session: UUID, now: datetime) -> OwnSession:
    """One of the caller's sessions. Raises `NotFound`."""
    found = await store.own(conn, me.account_id, me.session_id, now, session)
    if not found:
        raise NotFound
    return found[0]


async def name(
    tx: asyncpg.Connection, me: Principal, session: UUID, versions: list[int] | None, device_name: str, now: datetime
) -> OwnSession:
    """The session with its name. Raises `NotFound`, or `Stale` when it was named since."""
    named = await store.name(tx, session, me.account_id, versions, device_name)
    found = await own(tx, me, session, now)
    if not named:
        raise Stale
    return found


async def revoke(
    pool: asyncpg.Pool, asking: db.Asking, entrance: Entrance, me: Principal, session: UUID, now: datetime
) -> None:
    """End one of the caller's sessions. No fresh proof is asked: whoever lost the phone has lost the codes with it.

    Raises `NotFound`.
    """
    async with db.Acquired(pool, asking) as connection:
        if not await store.end_one(connection, session, me.account_id, now):
            raise NotFound
    entrance.forget(session)


async def end_others(pool: asyncpg.Pool, asking: db.Asking, entrance: Entrance, me: Principal, now: datetime) -> None:
    """End every session of the caller but this one."""
    async with db.Acquired(pool, asking) as connection:
        ended = await end_all(connection, me.account_id, "ended_by_owner", now, but=me.session_id)
    for each in ended:
        entrance.forget(each)
