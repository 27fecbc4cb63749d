"""Rules of the room: who may add a passkey to an account, who may take one away, and whom one lets in.

Whoever steals a one-time code (a SIM swapped, a number that went to somebody else) must not be able to stay, so a
passkey is bound to an account only by a proof as strong as what it will open (NIST SP 800-63B section 4.1; SECURITY
A12, A13). That the proof is of the last five minutes and the account does not cool off is seen at the edge.

The account of somebody of the staff has two sides, the duty's and their own (SECURITY T16). A passkey opens one of them
(`for_staff`), and a session sees, adds and removes those of its own side:

- The duty's: from an official's session at acr 3, or with a ticket and a code to the account's own phone, for whoever
  approves a role sees its ticket (Z7). With a ticket the passkeys from before, lost or stolen, go.
- One's own, where there is one: only from a session that was opened with one. The first: from any session while
  nobody's identity is confirmed, for then the code is all there is to the account; with a confirmed one at acr 1.
- A recovery, of which its owner was told and which they could have stopped, takes every passkey away: for a week from
  the end of the cooling-off any session may add the first one again.

The last passkey stays where it is the only way in: to the duty, and without phone or provider.
"""

import logging
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from longan.floor.access.entrance import Entering, Entrance, SignedIn, end_all, event
from longan.floor.access.tokens import Principal
from longan.floor.accounts import accounts, codes, tickets
from longan.floor.accounts.desk import Desk
from longan.floor.base.errors import InsufficientAuthentication, NotFound, Stale, Unauthenticated
from longan.floor.database import queue
from longan.floor.formats.compact import spelled
from longan.floor.requests.limits import Window
from longan.floor.requests.policy import FRESH
from longan.floor.setup.crypto import Sealed, digest
from longan.rooms.passkeys import outside, store
from longan.rooms.passkeys.models import (
    CreationOptions,
    EnrolmentBegun,
    EnrolmentIn,
    Held,
    LastPasskey,
    Passkey,
    PasskeyCounterBack,
    PasskeyEntry,
    PasskeyIn,
    PasskeyOfOtherSide,
    PasskeyProofRequired,
    PasskeyUnknown,
    RequestOptions,
    Standing,
    TooManyPasskeys,
)
from longan.rooms.passkeys.outside import RelyingParty

MOST = 10
# Three days of cooling off, and a week.
AFTER_RECOVERY = timedelta(days=10)
BY_PASSKEY = ["hwk", "user"]

# SECURITY section 3. Who calls with a session proves again what they proved before: class `sign_in` counts that alone,
# for one address may be a whole mobile network's. An app asks for a challenge whenever it offers to sign in.
CHALLENGES_FROM_ADDRESS = (Window(240, 3_600),)
ENTRIES_FROM_ADDRESS = (Window(60, 3_600),)
ENTRIES_WITH_PASSKEY = (Window(10, 3_600),)

log = logging.getLogger("longan.passkeys")


async def check_may_change(conn: asyncpg.Connection, me: Principal, now: datetime) -> Standing:
    """Where the account stands, if the session may add or remove passkeys by the rules above. Raises
    `PasskeyProofRequired` or `InsufficientAuthentication` saying what would do, and `Unauthenticated`."""
    standing = await store.standing(conn, me)
    if standing is None:
        raise Unauthenticated(error="invalid_token")
    recovered = standing.recovered_at is not None and now < standing.recovered_at + AFTER_RECOVERY
    if me.audience == "official":
        if me.acr < 3:
            raise PasskeyProofRequired(3, FRESH)
    elif standing.held and not standing.by_passkey:
        raise PasskeyProofRequired(2 if standing.confirmed else 1, FRESH)
    elif standing.confirmed and me.acr < 1 and not recovered:
        raise InsufficientAuthentication(1, FRESH)
    return standing


async def begin_registration(
    tx: asyncpg.Connection, party: RelyingParty, phones: Sealed, me: Principal, now: datetime
) -> CreationOptions:
    """Raises `TooManyPasskeys` and what `check_may_change` raises."""
    if (await check_may_change(tx, me, now)).held >= MOST:
        raise TooManyPasskeys
    challenge = await store.ask(tx, "registration", me.session_id.bytes, now)
    name, held = await _name(tx, party, phones, me.account_id), await store.described(tx, me)
    return outside.creation(party, me.account_id, name, challenge, held, for_staff=me.audience == "official")


async def finish_registration(
    tx: asyncpg.Connection, party: RelyingParty, me: Principal, given: PasskeyIn, now: datetime
) -> Passkey:
    """The session is the one that began, so it was fresh then; everything else is looked at again. The challenge is
    used up with the passkey: whoever is refused may answer it once more.

    Raises `PasskeyChallengeOver`, `PasskeyRefused`, `PasskeyTaken`, `TooManyPasskeys`, what `check_may_change` raises,
    and `InvalidRequest` for what cannot be read.
    """
    said = outside.said(given.credential)
    await accounts.lock(tx, me.account_id)
    if (await check_may_change(tx, me, now)).held >= MOST:
        raise TooManyPasskeys
    await store.use(tx, said.challenge, "registration", me.session_id.bytes, now)
    made, for_staff = outside.verify_made(said, party), me.audience == "official"
    passkey = await store.insert(tx, me.account_id, made, given.name, now, for_staff=for_staff)
    await _tell(tx, me.account_id, "passkey_added", passkey.id, now)
    return passkey


async def begin_enrolment(desk: Desk, party: RelyingParty, ticket: str, now: datetime) -> EnrolmentBegun:
    """Raises what `tickets.holder` and `Desk.ask` raise."""
    async with desk.connection() as connection:
        holder = await tickets.holder(connection, ticket, now)
        challenge = await store.ask(connection, "enrolment", digest(ticket), now)
        name = await _name(connection, party, desk.phones, holder.account_id)
    options = outside.creation(party, holder.account_id, name, challenge, [], for_staff=True)
    phone = desk.phones.open(holder.phone_cipher, holder.account_id)
    return EnrolmentBegun(await desk.ask(phone, "enrol_passkey", now, owner=holder.account_id), options)


async def finish_enrolment(
    desk: Desk, entrance: Entrance, party: RelyingParty, given: EnrolmentIn, now: datetime
) -> Passkey:
    """A ticket is one passkey, from then on the only one of the duty: whoever holds another is out.

    Raises what `tickets.holder` and `Desk.answer` raise, and as `finish_registration`.
    """
    said = outside.said(given.credential)
    made = outside.verify_made(said, party)
    async with desk.connection() as connection:
        account = (await tickets.holder(connection, given.ticket, now)).account_id

    async def keep(tx: asyncpg.Connection, asked: codes.Challenge, phone: str) -> Passkey:
        await accounts.lock(tx, account)
        await tickets.use(tx, given.ticket, now)
        await store.use(tx, said.challenge, "enrolment", digest(given.ticket), now)
        await store.remove_of_staff(tx, account)
        for session in await end_all(tx, account, "passkey_removed", now, amr=BY_PASSKEY):
            entrance.forget(session)
        passkey = await store.insert(tx, account, made, given.name, now, for_staff=True)
        await _tell(tx, account, "passkey_added", passkey.id, now)
        return passkey

    return await desk.answer(given.challenge_id, given.code, "enrol_passkey", now, keep, owner=account)


async def begin_sign_in(desk: Desk, party: RelyingParty, now: datetime) -> RequestOptions:
    """For anybody: the authenticator offers those passkeys of ours that it holds. Raises what `Desk.take` raises."""
    if desk.asking.principal is None:
        await desk.take(("passkey-asked-from", desk.asking.client, CHALLENGES_FROM_ADDRESS))
    async with desk.connection() as connection:
        return outside.request(party, await store.ask(connection, "sign_in", None, now))


async def sign_in(
    desk: Desk, entrance: Entrance, party: RelyingParty, entry: PasskeyEntry, now: datetime
) -> SignedIn:  # fmt: skip
    """A session for whoever holds the passkey. Not in the request's own transaction: a challenge that came is used up,
    and a counter that went back is written down and told, once a day, although the answer is a refusal.

    Raises `PasskeyChallengeOver`, `PasskeyUnknown`, `PasskeyRefused`, `PasskeyCounterBack`, `PasskeyOfOtherSide`,
    `AccountDisabled`, `Forbidden` for somebody who is no official, `InvalidRequest` for what cannot be read, and what
    `Desk.take` raises.
    """
    said = outside.said(entry.credential)
    if desk.asking.principal is None:
        await desk.take(
            ("passkey-from", desk.asking.client, ENTRIES_FROM_ADDRESS),
            ("passkey-of", digest(spelled(said.credential_id)).hex(), ENTRIES_WITH_PASSKEY),
        )
    async with desk.connection() as connection:
        await store.use(connection, said.challenge, "sign_in", None, now)
        held = await store.by_credential(connection, said.credential_id)
        if held is None:
            raise PasskeyUnknown
        shown = outside.verify_shown(said, held, party)
        async with connection.transaction():
            if await store.advance(connection, held, shown, now):
                return await _enter(desk, entrance, connection, held, entry, now)
        async with connection.transaction():
            if not await store.counter_back(connection, held, now):
                raise PasskeyUnknown
            await _tell(connection, held.account_id, "passkey_counter_back", held.id, now)
    log.warning("the counter of passkey %s went back", held.id)
    raise PasskeyCounterBack


async def _enter(
    desk: Desk, entrance: Entrance, tx: asyncpg.Connection, held: Held, entry: PasskeyEntry, now: datetime
) -> SignedIn:
    account = await accounts.by_id(tx, held.account_id, now)
    if account is None:
        raise PasskeyUnknown
    audience = accounts.audience_of(account, entry.audience)
    if held.for_staff != (audience == "official"):
        raise PasskeyOfOtherSide
    caller = desk.asking.principal
    again = caller is not None and caller.account_id == account.id and caller.audience == audience
    entering = Entering(
        account_id=account.id, audience=audience, amr=BY_PASSKEY, device=entry.device,
        key_thumbprint=desk.asking.key_thumbprint, replaces=caller.session_id if caller and again else None,
    )  # fmt: skip
    return await entrance.open(tx, entering, now)


async def rename(
    tx: asyncpg.Connection, me: Principal, passkey: UUID, name: str, versions: list[int] | None
) -> Passkey:
    """Raises `NotFound`, or `Stale` when it was changed since."""
    renamed = await store.rename(tx, passkey, me, name, versions)
    if renamed is None:
        raise Stale if await store.exists(tx, passkey, me) else NotFound
    return renamed


async def remove(tx: asyncpg.Connection, entrance: Entrance, me: Principal, passkey: UUID, now: datetime) -> None:
    """Every other session that a passkey opened ends: by which one is not kept.

    Raises `NotFound`, `LastPasskey` where it is the only way in, and what `check_may_change` raises.
    """
    await accounts.lock(tx, me.account_id)
    if not await store.exists(tx, passkey, me):
        raise NotFound
    standing = await check_may_change(tx, me, now)
    if standing.held == 1 and (me.audience == "official" or not standing.has_other):
        raise LastPasskey
    await store.remove(tx, passkey, me)
    for session in await end_all(tx, me.account_id, "passkey_removed", now, me.session_id, BY_PASSKEY):
        entrance.forget(session)
    await _tell(tx, me.account_id, "passkey_removed", passkey, now)


async def _name(conn: asyncpg.Connection, party: RelyingParty, phones: Sealed, account: UUID) -> str:
    """Several in a family share a phone, and the authenticator's list is all that tells their passkeys apart."""
    full_name, sealed = await store.label(conn, account)
    return full_name or (f"•••• {phones.open(sealed, account)[-4:]}" if sealed else party.name)


async def _tell(tx: asyncpg.Connection, account: UUID, what: str, passkey: UUID, now: datetime) -> None:
    """Once a day of the same."""
    fact = event(passkey, f"{what} {now.date()}")
    await queue.add(tx, "security_notice", account_id=account, what=what, fact=fact)
