"""Rules of the room: how a session goes on and how it ends.

Nothing here runs in the request's own transaction: a refresh token that comes twice must be written down although the
answer is a refusal.
"""

import logging
from datetime import datetime

import asyncpg

from longan import db
from longan.crypto import digest, new_secret
from longan.entrance import IDLE, Entrance, SignedIn
from longan.errors import Unauthenticated
from longan.sessions import store
from longan.sessions.models import RefreshTokenReused
from longan.tokens import Principal

log = logging.getLogger("longan.sessions")


async def refresh(pool: asyncpg.Pool, asking: db.Asking, entrance: Entrance, token: str, now: datetime) -> SignedIn:
    """The next access token, and the refresh token after this one; the session lives on for another idle span.

    Raises `Unauthenticated` when the session is over; `RefreshTokenReused` when the token was spent before, which ends
    the session: one of the two who hold it has stolen it (RFC 9700 section 4.14.2).
    """
    spent, secret = digest(token), new_secret()
    reused = None
    async with db.Acquired(pool, asking) as connection:
        session = await store.rotate(connection, spent, digest(secret), now, IDLE["app"], IDLE["official"])
        if session is None:
            reused = await store.end_reused(connection, spent, now)
    if session is not None:
        return entrance.signed(session, secret, now)
    if reused is None:
        raise Unauthenticated(error="invalid_token")
    entrance.forget(reused)
    log.warning("a refresh token came twice: session %s was ended", reused)
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
