"""Rules of the room: who may add a passkey to an account, who may take one away, and whom one lets in.

Whoever steals a one-time code (a SIM swapped, a number that went to somebody else) must not be able to stay, so a
passkey is bound to an account only by a proof as strong as what it will open (NIST SP 800-63B section 4.1; SECURITY
A12, A13). The session was always proved within the last five minutes, and the account does not cool off (both are
`policy.Proof`s of the routes). Then:

- Staff: only from an official's session at acr 3, or with a ticket of an administrator. Such passkeys are `for_staff`
  and no others open an official's session: one that was added as a worker, by a code, does not become an official's
  key with the role.
- An account with a passkey: only a session that was opened with one may add or remove.
- Its first passkey: any session while nobody's identity is confirmed, for then the code is all there is to the account;
  with a confirmed identity acr 1, which a code alone does not reach.
- After a recovery, of which its owner was told and which they could have stopped, the passkeys are lost or somebody
  else's: for a week from the end of the cooling-off any fresh session may add and remove, whatever passkeys there are.

The last passkey stays where it is the only way in: with staff, and without phone or provider.
"""

import logging
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec

from longan import accounts, db, queue
from longan.accounts import STAFF, AccountDisabled
from longan.crypto import Sealed, digest, new_secret
from longan.desk import network
from longan.entrance import Entering, Entrance, SignedIn, event
from longan.errors import InsufficientAuthentication, NotFound, Stale
from longan.exchange import Exchange
from longan.limits import Strict, Window
from longan.passkeys import outside, store
from longan.passkeys.models import (
    Challenge,
    CreationOptions,
    EnrolmentIn,
    EnrolmentOver,
    Held,
    LastPasskey,
    Passkey,
    PasskeyChallengeOver,
    PasskeyCounterBack,
    PasskeyEntry,
    PasskeyIn,
    PasskeyNotForStaff,
    PasskeyProofRequired,
    PasskeyRefused,
    PasskeyTaken,
    PasskeyUnknown,
    RequestOptions,
    Standing,
    TooManyPasskeys,
)
from longan.passkeys.outside import RelyingParty, written
from longan.policy import FRESH
from longan.tokens import Principal

MOST = 10
CHALLENGE_LIFE = timedelta(minutes=5)
MILLISECONDS = int(CHALLENGE_LIFE.total_seconds()) * 1_000
# Three days of cooling off, and a week.
AFTER_RECOVERY = timedelta(days=10)

# SECURITY section 3. Who calls with a session proves again what they proved before: class `sign_in` counts that alone,
# for one address may be a whole mobile network's.
ENTRIES_FROM_ADDRESS = Window(60, 3_600)
ENTRIES_WITH_PASSKEY = Window(10, 3_600)

log = logging.getLogger("longan.passkeys")


class Gate(msgspec.Struct, frozen=True):
    """What signing in needs of its process."""

    pool: asyncpg.Pool
    strict: Strict
    entrance: Entrance
    party: RelyingParty
    asking: Exchange

    def connection(self) -> AbstractAsyncContextManager[asyncpg.Connection]:
        return db.Acquired(self.pool, self.asking)

    async def admit(self, credential_id: bytes) -> None:
        """Raises `RateLimited`, or `Unavailable` without Valkey."""
        if self.asking.principal is None:
            passkey = digest(written(credential_id)).hex()
            await self.strict.take(
                [
                    (f"passkey:from:{network(self.asking.client)}", ENTRIES_FROM_ADDRESS),
                    (f"passkey:of:{passkey}", ENTRIES_WITH_PASSKEY),
                ]
            )


def check_may_change(me: Principal, standing: Standing, now: datetime) -> None:
    """Whether the session may add or remove passkeys, by the rules above. That it is fresh was seen at the edge.

    Raises `PasskeyProofRequired` or `InsufficientAuthentication` saying what would do.
    """
    if me.roles & STAFF:
        if me.acr < 3:
            raise PasskeyProofRequired(3, FRESH)
        return
    recovered = standing.recovered_at is not None and now < standing.recovered_at + AFTER_RECOVERY
    cooled = me.cooling_until is None or me.cooling_until <= now
    if standing.by_passkey or (recovered and cooled):
        return
    if standing.held:
        raise PasskeyProofRequired(2 if standing.confirmed else 1, FRESH)
    if standing.confirmed and me.acr < 1:
        raise InsufficientAuthentication(1, FRESH)


async def _standing(conn: asyncpg.Connection, account: UUID, session: UUID | None = None) -> Standing:
    found = await store.standing(conn, account, session)
    if found is None:
        raise NotFound
    return found


async def begin_registration(
    tx: asyncpg.Connection, party: RelyingParty, phones: Sealed, me: Principal, now: datetime
) -> CreationOptions:
    """Raises `TooManyPasskeys` and what `check_may_change` raises."""
    standing = await _standing(tx, me.account_id, me.session_id)
    check_may_change(me, standing, now)
    asked = Challenge(purpose="registration", account_id=me.account_id, session_id=me.session_id)
    return await _creation(tx, party, phones, me.account_id, asked, standing, now)


async def finish_registration(
    tx: asyncpg.Connection, party: RelyingParty, me: Principal, given: PasskeyIn, now: datetime
) -> Passkey:
    """The session is the one that began, so it was fresh then; everything else is looked at again. The challenge is
    used up with the passkey: whoever is refused may answer it once more.

    Raises `PasskeyChallengeOver`, `PasskeyRefused`, `PasskeyTaken`, `TooManyPasskeys`, what `check_may_change` raises,
    and `InvalidRequest` for what cannot be read.
    """
    said = outside.said(given.credential)
    await store.hold(tx, me.account_id)
    standing = await _standing(tx, me.account_id, me.session_id)
    check_may_change(me, standing, now)
    asked = Challenge(purpose="registration", account_id=me.account_id, session_id=me.session_id)
    await _use(tx, said, asked, now)
    for_staff = me.audience == "official"
    return await _add(tx, party, me.account_id, standing, given, said, now, for_staff=for_staff)


async def begin_enrolment(
    tx: asyncpg.Connection, party: RelyingParty, phones: Sealed, ticket: str, now: datetime
) -> CreationOptions:
    """Raises `EnrolmentOver`, `AccountDisabled`, `TooManyPasskeys`."""
    account = await _of_ticket(tx, ticket, now)
    asked = Challenge(purpose="enrolment", account_id=account, ticket=digest(ticket))
    return await _creation(tx, party, phones, account, asked, await _standing(tx, account), now)


async def finish_enrolment(
    tx: asyncpg.Connection, party: RelyingParty, given: EnrolmentIn, now: datetime
) -> Passkey:  # fmt: skip
    """A ticket is one passkey. Raises `EnrolmentOver`, `AccountDisabled`, and as `finish_registration`."""
    said = outside.said(given.credential)
    account = await _of_ticket(tx, given.ticket, now)
    await store.hold(tx, account)
    await _use(tx, said, Challenge(purpose="enrolment", account_id=account, ticket=digest(given.ticket)), now)
    made = await _add(tx, party, account, await _standing(tx, account), given, said, now, for_staff=True)
    if not await store.use_ticket(tx, digest(given.ticket), made.id, now):
        raise EnrolmentOver
    return made


async def begin_sign_in(tx: asyncpg.Connection, party: RelyingParty, now: datetime) -> RequestOptions:
    """For anybody: the authenticator offers those passkeys of ours that it holds."""
    challenge = new_secret()
    await store.insert_challenge(tx, digest(challenge), Challenge(purpose="sign_in"), now + CHALLENGE_LIFE)
    return outside.request(party, challenge, MILLISECONDS)


async def sign_in(gate: Gate, entry: PasskeyEntry, now: datetime) -> SignedIn:
    """A session for whoever holds the passkey. Not in the request's own transaction: a challenge that came is used up,
    and a counter that went back is written down, although the answer is a refusal.

    Raises `PasskeyChallengeOver`, `PasskeyUnknown`, `PasskeyRefused`, `PasskeyCounterBack`, `PasskeyNotForStaff`,
    `AccountDisabled`, `Forbidden` for somebody who is no official, `RateLimited`, `Unavailable` without Valkey, and
    `InvalidRequest` for what cannot be read.
    """
    said = outside.said(entry.credential)
    await gate.admit(said.credential_id)
    async with gate.connection() as connection:
        await _use(connection, said, Challenge(purpose="sign_in"), now)
        held = await store.by_credential(connection, said.credential_id)
        if held is None:
            raise PasskeyUnknown
        shown = outside.verify_shown(said, held.public_key, gate.party)
        if said.user_handle != held.account_id.bytes:
            raise PasskeyRefused("user_handle")
        async with connection.transaction():
            if await store.advance(connection, held, shown, now):
                return await _enter(gate, connection, held.account_id, entry, now, for_staff=held.for_staff)
        if not await _tell_of_copy(connection, held, now):
            raise PasskeyUnknown
    log.warning("the counter of passkey %s went back", held.id)
    raise PasskeyCounterBack


async def _enter(
    gate: Gate, tx: asyncpg.Connection, owner: UUID, entry: PasskeyEntry, now: datetime, *, for_staff: bool
) -> SignedIn:
    account = await accounts.by_id(tx, owner)
    if account is None:
        raise PasskeyUnknown
    audience = accounts.audience_of(account, entry.audience)
    if audience == "official" and not for_staff:
        raise PasskeyNotForStaff
    caller = gate.asking.principal
    again = caller is not None and caller.account_id == owner and caller.audience == audience
    entering = Entering(
        account_id=owner, audience=audience, amr=["hwk", "user"], device=entry.device,
        key_thumbprint=gate.asking.key_thumbprint, replaces=caller.session_id if caller and again else None,
    )  # fmt: skip
    return await gate.entrance.open(tx, entering, now)


async def _tell_of_copy(conn: asyncpg.Connection, held: Held, now: datetime) -> bool:
    """The owner is told once a day; False when there is no such passkey any more."""
    async with conn.transaction():
        if not await store.counter_back(conn, held, now):
            return False
        fact = event(held.id, f"passkey_counter_back {now.date()}")
        await queue.add(
            conn, "security_notice", account_id=held.account_id, what="passkey_counter_back", fact=fact
        )  # fmt: skip
        return True


async def rename(
    tx: asyncpg.Connection, me: Principal, passkey: UUID, name: str, versions: list[int] | None
) -> Passkey:
    """Raises `NotFound`, or `Stale` when it was changed since."""
    renamed = await store.rename(tx, passkey, me.account_id, name, versions)
    if renamed is None:
        raise Stale if await store.exists(tx, passkey, me.account_id) else NotFound
    return renamed


async def remove(tx: asyncpg.Connection, me: Principal, passkey: UUID, now: datetime) -> None:
    """Raises `NotFound`, `LastPasskey` where it is the only way in, and what `check_may_change` raises."""
    await store.hold(tx, me.account_id)
    standing = await _standing(tx, me.account_id, me.session_id)
    if not await store.exists(tx, passkey, me.account_id):
        raise NotFound
    check_may_change(me, standing, now)
    if standing.held == 1 and (me.roles & STAFF or not standing.has_other):
        raise LastPasskey
    await store.remove(tx, passkey, me.account_id)
    await queue.add(
        tx, "security_notice", account_id=me.account_id, what="passkey_removed", fact=event(passkey, "passkey_removed")
    )  # fmt: skip


async def _creation(
    tx: asyncpg.Connection, party: RelyingParty, phones: Sealed, account: UUID, asked: Challenge, standing: Standing,
    now: datetime,
) -> CreationOptions:  # fmt: skip
    """What to ask an authenticator for. Raises `TooManyPasskeys`."""
    if standing.held >= MOST:
        raise TooManyPasskeys
    challenge = new_secret()
    await store.insert_challenge(tx, digest(challenge), asked, now + CHALLENGE_LIFE)
    full_name, sealed = await store.label(tx, account)
    # Several in a family share a phone, and the authenticator's list is all that tells them apart.
    name = full_name or (f"•••• {phones.open(sealed, account)[-4:]}" if sealed else party.name)
    held = await store.described(tx, account)
    return outside.creation(party, account.bytes, name, challenge, held, MILLISECONDS)


async def _add(
    tx: asyncpg.Connection, party: RelyingParty, account: UUID, standing: Standing, given: PasskeyIn | EnrolmentIn,
    said: outside.Said, now: datetime, *, for_staff: bool,
) -> Passkey:  # fmt: skip
    made = outside.verify_made(said, party)
    if standing.held >= MOST:
        raise TooManyPasskeys
    transports = list(dict.fromkeys(given.credential.response.transports))
    passkey = await store.insert(tx, account, made, given.name, transports, now, for_staff=for_staff)
    if passkey is None:
        raise PasskeyTaken
    await queue.add(
        tx, "security_notice", account_id=account, what="passkey_added", fact=event(passkey.id, "passkey_added")
    )  # fmt: skip
    return passkey


async def _use(conn: asyncpg.Connection, said: outside.Said, asked: Challenge, now: datetime) -> None:
    """Raises `PasskeyChallengeOver` unless this is the one answer to a challenge of ours, by whom it was given to."""
    if not await store.use(conn, digest(written(said.challenge)), asked, now):
        raise PasskeyChallengeOver


async def _of_ticket(conn: asyncpg.Connection, ticket: str, now: datetime) -> UUID:
    owner = await store.ticket(conn, digest(ticket), now)
    account = None if owner is None else await accounts.by_id(conn, owner)
    if account is None:
        raise EnrolmentOver
    if account.disabled_at is not None:
        raise AccountDisabled
    return account.id
