"""Rules of the room: who is sent to a provider, what their coming back proves, and whose way in it becomes.

No connection is held while a provider is asked. A subject belongs to one account for good: nothing here moves one.
"""

import logging
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.access.entrance import Entering, Entrance, SignedIn
from longan.floor.access.tokens import Audience, Principal
from longan.floor.accounts import accounts, id_tokens
from longan.floor.accounts.accounts import LastWayIn, PasskeyRequired
from longan.floor.accounts.id_tokens import Asked, UnknownKey, Untrusted
from longan.floor.base import phones
from longan.floor.base.errors import NotFound, Unavailable
from longan.floor.base.fields import Locale
from longan.floor.database import db, queue
from longan.floor.setup.crypto import PersonKeys, Sealed, digest, new_secret
from longan.rooms.federation import store
from longan.rooms.federation.models import (
    AlreadyLinked,
    Begun,
    Identified,
    IdentityProvider,
    IdentityProviders,
    LinkedProvider,
    PersonDiffers,
    ProviderRefused,
    ProviderUntrusted,
    Returned,
    SignInOver,
    SignInReturned,
    UnderWay,
    WaysIn,
    person_of,
)
from longan.rooms.federation.outside import CodeRefused, OpenIdProvider, ProviderAway

SIGN_IN_LIFE = timedelta(minutes=10)
# Level 2 is a confirmed identity: only then is what the provider says of a person worth reading.
CONFIRMS_FROM = 2

log = logging.getLogger("longan.federation")


class Desk(msgspec.Struct, frozen=True):
    """What the way in needs of its process. `asking` is the request, which may have shown the key `key_thumbprint`."""

    pool: asyncpg.Pool
    providers: Mapping[str, OpenIdProvider]
    numbers: Sealed
    persons: PersonKeys
    entrance: Entrance
    asking: db.Asking
    key_thumbprint: str | None

    def connection(self) -> AbstractAsyncContextManager[asyncpg.Connection]:
        # What somebody else took to answer is no time that the database took.
        self.asking.until = None
        return db.Acquired(self.pool, self.asking)

    def provider(self, provider_id: str) -> OpenIdProvider:
        """Raises `NotFound`."""
        if (found := self.providers.get(provider_id)) is None:
            raise NotFound
        return found

    def of_issuer(self, issuer: str) -> OpenIdProvider | None:
        return next((each for each in self.providers.values() if each.provider.issuer == issuer), None)

    def is_another(self, identified: Identified, confirmed: bytes | None) -> bool:
        """Whether the account is confirmed to be somebody, and the provider does not say that it is they."""
        person = identified.person
        return confirmed is not None and (person is None or self.persons.index(person.personal_number) != confirmed)

    def subject(self, identified: Identified) -> bytes:
        """Under what a subject is filed: some providers take a personal number for it."""
        return self.numbers.index(f"{identified.issuer} {identified.subject}")


def offered(providers: Mapping[str, OpenIdProvider], locale: Locale) -> IdentityProviders:
    return IdentityProviders(
        [IdentityProvider(each, getattr(found.provider.name, locale)) for each, found in providers.items()]
    )


async def begin(desk: Desk, provider_id: str, audience: Audience, account: UUID | None, now: datetime) -> Begun:
    """Where to send the person. `account` is the one that gets a way in; None is for signing in.

    Raises `NotFound`, and `Unavailable` while the provider is.
    """
    peer = desk.provider(provider_id)
    try:
        metadata = await peer.metadata()
    except ProviderAway as error:
        raise Unavailable(error.retry_after) from error
    state, continuation, nonce, verifier = (new_secret() for _ in range(4))
    under_way = UnderWay(peer.provider.issuer, audience, nonce, verifier, account, desk.key_thumbprint, now)
    async with desk.connection() as connection:
        await store.begin(connection, digest(state), digest(continuation), under_way, now + SIGN_IN_LIFE)
    asked = {"state": state, "nonce": nonce}
    address = peer.provider.authorization_address(metadata.authorization_endpoint, asked, verifier)
    return Begun(address, state, continuation, int(SIGN_IN_LIFE.total_seconds()))


async def sign_in(desk: Desk, returned: SignInReturned, me: Principal | None, now: datetime) -> SignedIn:
    """A session for whomever the provider vouches for, in a new account if it never did before.

    Raises `SignInOver`, `ProviderRefused`, `ProviderUntrusted`, `Unavailable`, `AccountDisabled`, `Forbidden` for
    somebody who is no official, `PasskeyRequired` for somebody who is.
    """
    under_way, identified = await _returned(desk, returned, None, now)
    subject = desk.subject(identified)
    async with desk.connection() as connection:
        new = False
        while (account := await store.account_of(connection, identified.issuer, subject)) is None:
            new = await _open_account(connection, identified.issuer, subject, now)
        async with connection.transaction():
            found = await accounts.by_id(connection, account, now)
            if found is None:
                raise RuntimeError("an account that exists was not found")
            audience = accounts.audience_of(found, under_way.audience)
            if audience == "official":
                raise PasskeyRequired
            confirmed = await store.confirmed(connection, account)
            if confirmed is None:
                await _keep_claims(desk, connection, identified, account, now)
            # A provider's word for somebody else is no word for the person whom this account belongs to.
            worth = min(identified.acr, CONFIRMS_FROM - 1) if desk.is_another(identified, confirmed) else identified.acr
            entering = Entering(
                account_id=account, audience=audience, amr=["fed"], provider_acr=worth,
                device=returned.device, key_thumbprint=desk.key_thumbprint, new_account=new,
                replaces=me.session_id if me is not None and me.account_id == account else None,
            )  # fmt: skip
            return await desk.entrance.open(connection, entering, now)


async def begin_link(desk: Desk, provider_id: str, me: Principal, now: datetime) -> Begun:
    """What stays in an account takes the strongest proof it has: raises as `begin`, `InsufficientAuthentication`."""
    async with desk.connection() as connection:
        await accounts.demand_strongest(connection, me)
    return await begin(desk, provider_id, "app", me.account_id, now)


async def link(desk: Desk, returned: Returned, me: Principal, now: datetime) -> None:
    """One more way into the account that began this. Raises as `sign_in`, and `AlreadyLinked`, `PersonDiffers` for an
    identity that is not the account's confirmed one, `InsufficientAuthentication`."""
    account = me.account_id
    _, identified = await _returned(desk, returned, account, now)
    subject = desk.subject(identified)
    async with desk.connection() as connection, connection.transaction():
        await accounts.demand_strongest(connection, me)
        confirmed = await store.confirmed(connection, account)
        if identified.person is not None and desk.is_another(identified, confirmed):
            raise PersonDiffers
        made = await store.link(connection, account, identified.issuer, subject, now)
        if made is None:
            if await store.account_of(connection, identified.issuer, subject) != account:
                raise AlreadyLinked
            return
        await queue.add(connection, "security_notice", account_id=account, what="way_in_added", fact=made)
        if confirmed is None:
            await _keep_claims(desk, connection, identified, account, now)


async def unlink(desk: Desk, tx: asyncpg.Connection, provider_id: str, me: Principal) -> None:
    """Raises `NotFound` for what is not linked, `LastWayIn`, `InsufficientAuthentication`."""
    account = me.account_id
    await accounts.demand_strongest(tx, me)
    issuer = desk.provider(provider_id).provider.issuer
    await accounts.lock(tx, account)
    linked = {each.issuer for each in await store.links(tx, account)}
    if issuer not in linked:
        raise NotFound
    standing = await store.standing(tx, account)
    others = [each for each in linked if each != issuer and desk.of_issuer(each) is not None]
    if standing is None or not (standing.phone_cipher or standing.passkeys or others):
        raise LastWayIn
    await store.unlink(tx, account, issuer)
    await queue.add(
        tx, "security_notice", account_id=account, what="way_in_removed", fact=await accounts.draw(tx)
    )  # fmt: skip


async def ways_in(
    desk: Desk, conn: asyncpg.Connection, opens_phones: Sealed, account: UUID, locale: Locale
) -> WaysIn:  # fmt: skip
    """What of them works: a provider that is offered no longer leads nowhere."""
    standing = await store.standing(conn, account)
    if standing is None:
        raise NotFound
    linked = [(desk.of_issuer(each.issuer), each.linked_at) for each in await store.links(conn, account)]
    cipher = standing.phone_cipher
    return WaysIn(
        phone=None if cipher is None else phones.masked(opens_phones.open(cipher, account)),
        passkeys=standing.passkeys,
        providers=[
            LinkedProvider(peer.provider.id, getattr(peer.provider.name, locale), linked_at)
            for peer, linked_at in linked
            if peer is not None
        ],
    )


async def _open_account(connection: asyncpg.Connection, issuer: str, subject: bytes, now: datetime) -> bool:
    """Whether it was this request that opened it: of several that come at once with one subject, one does."""
    transaction = connection.transaction()
    await transaction.start()
    made = await accounts.draw(connection)
    await accounts.open_account(connection, made, None, None, now)
    if await store.link(connection, made, issuer, subject, now) is None:
        await transaction.rollback()
        return False
    await transaction.commit()
    return True


async def _returned(
    desk: Desk, returned: Returned, account: UUID | None, now: datetime
) -> tuple[UnderWay, Identified]:  # fmt: skip
    """What was begun, which is over now whatever comes of it, and whom the provider vouches for."""
    async with desk.connection() as connection:
        under_way = await store.take(
            connection, digest(returned.state), digest(returned.continuation), account, desk.key_thumbprint, now
        )
    peer = None if under_way is None else desk.of_issuer(under_way.issuer)
    if under_way is None or peer is None:
        raise SignInOver
    try:
        return under_way, await identify(peer, returned, under_way, now)
    except CodeRefused as error:
        raise ProviderRefused from error
    except ProviderAway as error:
        raise Unavailable(error.retry_after) from error
    except Untrusted as error:
        log.warning("provider %s proved nothing: %s", peer.provider.id, error)
        raise ProviderUntrusted from error


async def identify(peer: OpenIdProvider, returned: Returned, under_way: UnderWay, now: datetime) -> Identified:
    """Whom the provider vouches for. Raises `CodeRefused`, `ProviderAway`, `Untrusted`."""
    provider, metadata = peer.provider, await peer.metadata()
    # Before the code goes anywhere: it may be another provider's, led astray to this one (RFC 9207).
    named = returned.iss is not None or metadata.authorization_response_iss_parameter_supported
    if named and returned.iss != provider.issuer:
        raise Untrusted("iss of the answer")
    granted = await peer.exchange(returned.code, under_way.verifier, now)
    asked = Asked(
        provider=provider, nonce=under_way.nonce, begun_at=under_way.created_at, now=now,
        access_token=granted.access_token,
    )  # fmt: skip
    try:
        claims = id_tokens.verified(granted.id_token, await peer.keys(), asked)
    except UnknownKey:
        claims = id_tokens.verified(granted.id_token, await peer.keys(newer=True), asked)
    said = claims
    if provider.claims_from == "userinfo":
        said = await peer.userinfo(granted.access_token)
        if said.get("sub") != claims["sub"]:
            raise Untrusted("sub of userinfo")
    subject = said.get(provider.claims.subject)
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        raise Untrusted("subject")
    acr = provider.level(claims.get("acr"))
    person = person_of(said, provider.claims) if acr >= CONFIRMS_FROM else None
    return Identified(provider.issuer, subject, acr, person)


async def _keep_claims(
    desk: Desk, tx: asyncpg.Connection, identified: Identified, account: UUID, now: datetime
) -> None:  # fmt: skip
    """Have the identity confirmed by what the provider said. The number lies nowhere in clear."""
    if identified.person is None:
        return
    claims = await accounts.draw(tx)
    sealed = desk.numbers.seal(msgspec.json.encode(identified.person).decode(), claims)
    await store.keep_claims(tx, claims, account, identified.issuer, identified.acr, sealed, now)
    await queue.add(tx, "confirm_from_claims", account_id=account, claims_id=claims)
