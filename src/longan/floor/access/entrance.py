"""The entrance: where every way in ends. Here sessions are opened, and their tokens are made."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID, uuid5

import asyncpg
import msgspec
from msgspec import Meta

from longan.floor.access import enrolment, tokens
from longan.floor.access.dpop import DpopRequired
from longan.floor.access.tokens import Audience, Tokens
from longan.floor.base.fields import Count, Identifier, Name
from longan.floor.database import queue
from longan.floor.database.db import maybe
from longan.floor.setup.crypto import digest, new_secret

Platform = Literal["android", "ios", "web"]
Seconds = Annotated[Count, Meta(description="Seconds from now")]

# From the last refresh, and from signing in (ASVS 7.3; SECURITY section 3).
IDLE: dict[Audience, timedelta] = {"app": timedelta(days=30), "official": timedelta(minutes=15)}
IDLE_ADMINISTRATOR = timedelta(minutes=5)
ABSOLUTE: dict[Audience, timedelta] = {"app": timedelta(days=180), "official": timedelta(hours=12)}
# One more ends the oldest (SECURITY S6).
MOST: dict[Audience, int] = {"app": 5, "official": 1}


SIGNED_IN = {
    "access_token": "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6ImFwcC0xIn0.e30.c2ln",
    "token_type": "Bearer",
    "expires_in": 300,
    "refresh_token": "vkGkq1ufw3nYI4C8eB2Q1g8y0Vqk0b7m0Yf3n1Zc5aE",
    "account_id": "0192f0c1-7a44-7d15-8f3e-5b0d2c9e6f18",
    "new_account": False,
}


class SignInDevice(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What a person sees in their list of sessions."""

    name: Name
    platform: Platform


class SignedIn(msgspec.Struct, frozen=True):
    """The access token goes with every request; the refresh token is good for one refresh, which brings the next."""

    access_token: str
    token_type: Literal["Bearer", "DPoP"]
    expires_in: Seconds
    refresh_token: str
    account_id: Identifier
    new_account: bool


class Session(msgspec.Struct, frozen=True):
    """What an access token is made of. `key_thumbprint` (RFC 7638) is that of the DPoP key it is bound to."""

    id: UUID
    account_id: UUID
    audience: Audience
    acr: int
    amr: list[str]
    signed_in_at: datetime
    key_thumbprint: str | None


class Entering(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who has proved who they are. `amr` says how (RFC 8176): `otp` and `sms`, `hwk` and `user` for a passkey
    with user verification, `fed` for a provider, whose word is worth `provider_acr`; `persona` in development.

    `replaces` is the session of theirs for which this is a fresh proof: a new proof is a new session (SECURITY S3).
    """

    account_id: UUID
    audience: Audience
    amr: list[str]
    provider_acr: int = 0
    device: SignInDevice | None = None
    key_thumbprint: str | None = None
    replaces: UUID | None = None
    new_account: bool = False


# Whoever enters twice at the same time does so one after the other, so that the second sees the first.
STANDING = """-- entrance.standing
select exists (select from assurance.identities i where i.account_id = $1 and i.confirmed_at is not null) as confirmed,
       exists (select from sessions.sessions s where s.account_id = $1 and s.key_thumbprint = $2) as known,
       exists (select from identity.roles r where r.account_id = $1 and r.role = 'administrator'
                  and (r.ends_at is null or r.ends_at > $3)) as administrator
  from identity.accounts a
 where a.id = $1
   for no key update of a"""


class Standing(msgspec.Struct, frozen=True):
    """What is known of somebody who enters: the identity is confirmed, the device's key was seen before."""

    confirmed: bool
    known: bool
    administrator: bool


def level(entering: Entering, *, confirmed: bool, enrolled: bool) -> int:
    """How sure of somebody we are (SECURITY levels): 3 an official with a passkey, 2 a passkey and a confirmed identity
    or a provider's word for both, 1 a passkey or an enrolled device key, 0 a code alone."""
    passkey = _passkey(entering)
    if entering.audience == "official":
        return 3 if passkey or "persona" in entering.amr else 0
    own = 2 if passkey and confirmed else 1 if passkey or enrolled else 0
    return max(own, min(entering.provider_acr, 2))


def _passkey(entering: Entering) -> bool:
    return "hwk" in entering.amr and "user" in entering.amr


async def _enrolled(tx: asyncpg.Connection, entering: Entering, now: datetime) -> bool:
    if entering.key_thumbprint is None:
        return False
    device = (entering.device.name, entering.device.platform) if entering.device else None
    by: Literal["first_sign_in", "passkey"] | None = (
        "first_sign_in" if entering.new_account else "passkey" if _passkey(entering) else None
    )
    return await enrolment.seen(tx, entering.account_id, entering.key_thumbprint, device, now, by)


# The eldest beyond MOST make room.
OPEN = """-- entrance.open
with replaced as (
    update sessions.sessions s set ended_at = $7, end_reason = 'replaced'
     where s.id = $11 and s.account_id = $1 and s.ended_at is null
    returning s.id),
others as (
    select from sessions.sessions s
     where s.account_id = $1 and s.ended_at is null and s.expires_at > $7 and s.idle_expires_at > $7
       and s.id is distinct from $11),
alive as (
    select s.id, row_number() over (order by s.last_used_at desc, s.id desc) as place
      from sessions.sessions s
     where s.account_id = $1 and s.audience = $2 and s.ended_at is null and s.expires_at > $7
       and s.idle_expires_at > $7 and s.id is distinct from $11),
evicted as (
    update sessions.sessions s set ended_at = $7, end_reason = 'too_many'
      from alive
     where s.id = alive.id and alive.place >= $12 and s.ended_at is null
    returning s.id),
made as (
    insert into sessions.sessions (account_id, audience, acr, amr, device_name, platform, signed_in_at, last_used_at,
                                   idle_expires_at, expires_at, key_thumbprint)
    values ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9, $13)
    returning id, account_id, audience, acr, amr, signed_in_at, key_thumbprint),
first as (
    insert into sessions.refresh_tokens (digest, session_id, created_at) select $10, m.id, $7 from made m)
select m.id, m.account_id, m.audience, m.acr, m.amr, m.signed_in_at, m.key_thumbprint,
       array(select e.id from evicted e) as evicted, exists (select from others) as others
  from made m"""


def event(session: UUID, what: str) -> UUID:
    """The id of something that happened to a session once, for the notice of it."""
    return uuid5(session, what)


END_ALL = """-- entrance.end_all
update sessions.sessions s set ended_at = $3, end_reason = $2
 where s.account_id = $1 and s.ended_at is null and s.id is distinct from $4 and s.amr @> $5
returning s.id"""


async def end_all(
    tx: asyncpg.Connection, account: UUID, reason: str, now: datetime, but: UUID | None = None, amr: Sequence[str] = ()
) -> list[UUID]:
    """End every session of an account, or every one `but` that, or those alone that were opened by `amr`; which ones
    were still going on. The caller hands them to `Entrance.forget`."""
    return [row["id"] for row in await tx.fetch(END_ALL, account, reason, now, but, list(amr))]


class Entrance:
    """One per process. `forget` drops a session from its memory, so that nobody waits there for it to end."""

    def __init__(self, signer: Tokens, forget: Callable[[UUID], None]) -> None:
        self._tokens = signer
        self.forget = forget

    async def open(self, tx: asyncpg.Connection, entering: Entering, now: datetime) -> SignedIn:
        """A new session; the one it replaces ends with it, and the eldest if there are too many. Its owner is told of
        that, and, where they are signed in elsewhere, of a device that was never seen before: without a key, nothing
        shows that it was. Raises `DpopRequired` for an official without a key."""
        secret = new_secret()
        audience, device = entering.audience, entering.device
        if audience == "official" and entering.key_thumbprint is None and "persona" not in entering.amr:
            raise DpopRequired
        standing = maybe(await tx.fetchrow(STANDING, entering.account_id, entering.key_thumbprint, now), Standing)
        if standing is None:
            raise RuntimeError("somebody without an account enters")
        acr = level(entering, confirmed=standing.confirmed, enrolled=await _enrolled(tx, entering, now))
        idle = IDLE_ADMINISTRATOR if audience == "official" and standing.administrator else IDLE[audience]
        row = await tx.fetchrow(
            OPEN, entering.account_id, audience, acr, entering.amr,
            device.name if device else None, device.platform if device else None,
            now, now + idle, now + ABSOLUTE[audience], digest(secret), entering.replaces, MOST[audience],
            entering.key_thumbprint,
        )  # fmt: skip
        session = maybe(row, Session)
        if row is None or session is None:
            raise RuntimeError("an insert returned nothing")
        told = [("session_evicted", evicted) for evicted in row["evicted"]]
        if row["others"] and entering.replaces is None and not standing.known:
            told.append(("new_sign_in", session.id))
        for what, of in told:
            await queue.add(
                tx, "security_notice", account_id=entering.account_id, what=what, fact=event(of, what)
            )  # fmt: skip
        for ended in (*row["evicted"], *([entering.replaces] if entering.replaces else [])):
            self.forget(ended)
        return self.signed(session, secret, now, new_account=entering.new_account)

    def signed(self, session: Session, secret: str, now: datetime, *, new_account: bool = False) -> SignedIn:
        """The tokens of a session that stands; `secret` is its refresh token."""
        access = self._tokens.sign(
            session.account_id, session.id, session.audience, session.acr, session.signed_in_at, now,
            session.key_thumbprint, session.amr,
        )  # fmt: skip
        kind: Literal["Bearer", "DPoP"] = "DPoP" if session.key_thumbprint else "Bearer"
        seconds = int(tokens.LIFETIME.total_seconds())
        return SignedIn(access, kind, seconds, secret, session.account_id, new_account)
