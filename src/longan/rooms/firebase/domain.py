"""Rules of the room: what Firebase's word opens is what a code of ours would, once, and only while it is fresh."""

from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta

import asyncpg
import msgspec

from longan.floor.access.entrance import Entering, Entrance, SignedIn
from longan.floor.access.tokens import Principal
from longan.floor.accounts import accounts
from longan.floor.accounts.accounts import Account, PasskeyRequired
from longan.floor.base import phones
from longan.floor.base.errors import Unavailable
from longan.floor.database import db
from longan.floor.requests.policy import FRESH
from longan.floor.setup.crypto import Sealed, digest
from longan.rooms.firebase import store
from longan.rooms.firebase.models import FirebaseEntry, IdTokenRefused, WayInNotOffered
from longan.rooms.firebase.outside import FirebaseAway, PhoneVerifier, TokenRefused

CLOCK_SKEW = timedelta(seconds=60)


class Desk(msgspec.Struct, frozen=True):
    """What the way in needs of its process. `asking` is the request, which may have shown the key `key_thumbprint`."""

    pool: asyncpg.Pool
    verifier: PhoneVerifier | None
    phones: Sealed
    entrance: Entrance
    asking: db.Asking
    key_thumbprint: str | None

    def connection(self) -> AbstractAsyncContextManager[asyncpg.Connection]:
        # What somebody else took to answer is no time that the database took.
        self.asking.until = None
        return db.Acquired(self.pool, self.asking)


async def sign_in(desk: Desk, entry: FirebaseEntry, me: Principal | None, now: datetime) -> SignedIn:
    """A session for whoever has just shown Firebase that they hold the phone.

    An app that is signed in to Firebase has a new ID token whenever it likes, for years: the token says when the phone
    was really shown. Raises `WayInNotOffered`, `IdTokenRefused`, `InvalidRequest` for a phone that is no Vietnamese
    mobile, `Unavailable`, `AccountDisabled`, `Forbidden` for somebody who is no official, `PasskeyRequired` for
    somebody who is.
    """
    if desk.verifier is None:
        raise WayInNotOffered
    try:
        verified = await desk.verifier.verify(entry.id_token)
    except TokenRefused as error:
        raise IdTokenRefused from error
    except FirebaseAway as error:
        raise Unavailable(error.retry_after) from error
    if not now - timedelta(seconds=FRESH) - CLOCK_SKEW <= verified.at <= now + CLOCK_SKEW:
        raise IdTokenRefused
    phone = phones.canonical(verified.phone, "/id_token")
    async with desk.connection() as connection, connection.transaction():
        # The signature can be spelt in several ways, what it signs in one.
        if not await store.spend(connection, digest(entry.id_token.rpartition(".")[0]), now):
            raise IdTokenRefused
        account, new = await _account(desk, connection, phone, now)
        audience = accounts.audience_of(account, entry.audience)
        if audience == "official":
            raise PasskeyRequired
        entering = Entering(
            account_id=account.id, audience=audience, amr=["otp", "sms"], device=entry.device, new_account=new,
            key_thumbprint=desk.key_thumbprint,
            replaces=me.session_id if me is not None and me.account_id == account.id else None,
        )  # fmt: skip
        return await desk.entrance.open(connection, entering, now)


async def _account(desk: Desk, tx: asyncpg.Connection, phone: str, now: datetime) -> tuple[Account, bool]:
    """The account of a phone, and whether it is new; another way in may have been quicker to open it."""
    index = desk.phones.index(phone)
    account, new = await accounts.by_phone(tx, index, now), False
    if account is None:
        made = await accounts.draw(tx)
        new = await accounts.open_account(tx, made, index, desk.phones.seal(phone, made), now)
        account = await accounts.by_phone(tx, index, now)
    if account is None:
        raise RuntimeError("an account that exists was not found")
    return account, new
