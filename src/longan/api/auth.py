"""Who is calling: the token, the proof of its key where it is bound to one, then the session row behind it, kept for at
most a few seconds."""

import time
from collections import OrderedDict
from collections.abc import Collection
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

import asyncpg
import msgspec

from longan.api.asgi import Scope
from longan.api.incoming import path_of
from longan.floor.access.dpop import Proofs, bound_token
from longan.floor.access.tokens import Claims, InvalidToken, Principal, Tokens
from longan.floor.base.clock import Clock
from longan.floor.base.errors import Unauthenticated
from longan.floor.database import db
from longan.floor.requests.exchange import Exchange

# Logout, disabling and role change must hold within 5 s (SECURITY S1).
SESSION_SECONDS = 3.0
MAX_KEPT = 20_000

# The roles are the account's in either audience: by them rooms refuse what staff must not do from an app. What staff
# may do takes the audience `official`. The agency is an official's, or else an administrator's.
PRINCIPAL = """select s.account_id, s.id as session_id, s.audience, s.acr, s.signed_in_at, s.key_thumbprint,
       a.cooling_until,
       array(select r.role from identity.roles r
              where r.account_id = s.account_id and (r.ends_at is null or r.ends_at > $3)) as roles,
       (select r.agency_code from identity.roles r
         where r.account_id = s.account_id and r.role in ('official', 'administrator')
           and (r.ends_at is null or r.ends_at > $3) and r.agency_code is not null
         order by r.role = 'official' desc limit 1) as agency_code
  from sessions.sessions s
  join identity.accounts a on a.id = s.account_id
 where s.ended_at is null and s.expires_at > $3 and a.disabled_at is null"""
SESSION = f"-- auth.session\n{PRINCIPAL} and s.id = $1 and s.account_id = $2"
STANDING = f"-- auth.standing\n{PRINCIPAL.replace('$3', '$2')} and s.id = any($1::uuid[])"

V = TypeVar("V")


class Kept(OrderedDict[Any, V], Generic[V]):
    """A dictionary that forgets its oldest entry beyond MAX_KEPT."""

    def keep(self, key: Any, value: V) -> V:
        self[key] = value
        if len(self) > MAX_KEPT:
            self.popitem(last=False)
        return value


class Authenticator:
    """One per process: remembers which tokens verified, and which sessions stood a moment ago."""

    def __init__(self, pool: asyncpg.Pool, tokens: Tokens, proofs: Proofs, clock: Clock) -> None:
        self._pool = pool
        self._tokens = tokens
        self.proofs = proofs
        self.clock = clock
        self._claims: Kept[Claims] = Kept()
        self._sessions: Kept[tuple[float, Principal | None]] = Kept()

    def claims(self, token: str, now: datetime) -> Claims:
        """The claims of an access token. Raises `Unauthenticated`."""
        kept = self._claims.get(token)
        if kept is None:
            try:
                kept = self._claims.keep(token, self._tokens.read(token, now))
            except InvalidToken as error:
                raise Unauthenticated(error="invalid_token") from error
        elif kept.expires_at <= now.timestamp() or not self._tokens.knows(kept.key_id, now):
            raise Unauthenticated(error="invalid_token")
        return kept

    async def principal(
        self, scope: Scope, authorization: str, exchange: Exchange, *, entering: bool = False
    ) -> Principal:
        """Who is behind a token; `entering` when they are about to sign in once more. Raises `Unauthenticated` for a
        token or session that is no longer good, or a token without the proof of the key it is bound to (RFC 9449
        section 7)."""
        now = self.clock()
        scheme, _, token = authorization.partition(" ")
        bound = scheme.lower() == "dpop"
        if not bound and scheme.lower() != "bearer":
            raise Unauthenticated
        claims = self.claims(token, now)
        if bound or claims.key_thumbprint is not None:
            if not bound or claims.key_thumbprint is None:
                raise bound_token()
            exchange.key_thumbprint = await self.proofs.check(
                proofs_in(scope), scope["method"], path_of(scope).decode("latin-1"), now,
                token=token, ath=True, key=claims.key_thumbprint, nonce=entering or claims.audience == "official",
            )  # fmt: skip
        kept = self._sessions.get(claims.session_id)
        if kept is None or kept[0] < time.monotonic():
            async with db.Acquired(self._pool, exchange) as connection:
                row = await connection.fetchrow(SESSION, claims.session_id, claims.account_id, now)
            found = None if row is None else msgspec.convert(row, Principal)
            kept = self._sessions.keep(claims.session_id, (time.monotonic() + SESSION_SECONDS, found))
        if kept[1] is None or kept[1].key_thumbprint != claims.key_thumbprint:
            raise Unauthenticated(error="invalid_token")
        return kept[1]

    async def key(self, scope: Scope, authorization: str | None) -> str:
        """The thumbprint of the key that whoever signs in brings; always with a nonce, so that no proof can have been
        made ahead of its time. Raises `InvalidDpopProof`, `UseDpopNonce`."""
        scheme, _, token = (authorization or "").partition(" ")
        return await self.proofs.check(
            proofs_in(scope), scope["method"], path_of(scope).decode("latin-1"), self.clock(),
            token=token if authorization else None, ath=scheme.lower() == "dpop", key=None, nonce=True,
        )  # fmt: skip

    async def standing(self, sessions: Collection[UUID]) -> dict[UUID, Principal]:
        """Those of the sessions that are still good, with who is behind them now. Raises `Unavailable`."""
        async with db.Acquired(self._pool, db.Alone()) as connection:
            rows = await connection.fetch(STANDING, sessions, self.clock())
        return {row["session_id"]: msgspec.convert(row, Principal) for row in rows}

    def forget(self, session: UUID) -> None:
        """After a logout in this process nobody waits for the few seconds to pass."""
        self._sessions.pop(session, None)


def proofs_in(scope: Scope) -> list[bytes]:
    """The values of the DPoP header, which may come once."""
    return [value for name, value in scope["headers"] if name == b"dpop"]
