"""An OpenID provider over HTTP: what it says of itself, its keys, and a code exchanged for tokens.

Nothing it answers is believed beyond its size, form and address; what its ID tokens are worth is decided elsewhere.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import datetime
from typing import Any, Protocol, TypeVar

import aiohttp
import msgspec

from longan.floor.accounts import id_tokens
from longan.floor.accounts.id_tokens import Key, Untrusted
from longan.floor.accounts.openid import Party, Provider, is_address

TIMEOUT = aiohttp.ClientTimeout(total=6.0, connect=3.0)
MAX_BYTES = 256 * 1024
KEPT_SECONDS = 3600.0
# A key that we do not know is asked for, but not as often as somebody makes one up.
KEYS_AGAIN_SECONDS = 30.0
FAILURES = 5
PAUSE_SECONDS = 30.0
AT_ONCE = 32

T = TypeVar("T")

log = logging.getLogger("longan.federation")


class ProviderAway(Exception):
    """The provider does not answer as a provider does; `retry_after` in seconds."""

    def __init__(self, reason: str, retry_after: int = int(PAUSE_SECONDS)) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class CodeRefused(Exception):
    """The provider does not take the code."""


# RFC 6749 section 5.2: what may be said of a code, which anybody can make up; the rest would be said of us.
OF_THE_CODE = frozenset({"invalid_grant", "invalid_request"})


NO_ANSWER = (
    ProviderAway, Untrusted, aiohttp.ClientError, TimeoutError, OSError, ValueError, msgspec.DecodeError, RecursionError
)  # fmt: skip


class Metadata(msgspec.Struct, frozen=True):
    """OpenID Connect Discovery 1.0 section 3, as far as we read it."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    authorization_response_iss_parameter_supported: bool = False


class Granted(msgspec.Struct, frozen=True):
    """What a code was exchanged for."""

    access_token: str
    token_type: str
    id_token: str


class OAuthError(msgspec.Struct, frozen=True):
    error: str = ""


class OpenIdProvider(Protocol):
    """Who vouches for people. Everything raises `ProviderAway`."""

    provider: Provider

    async def metadata(self) -> Metadata:
        """What it says of itself."""

    async def keys(self, *, newer: bool = False) -> list[Key]:
        """Its keys; `newer` when those we know were not enough."""

    async def exchange(self, code: str, verifier: str, now: datetime) -> Granted:
        """Tokens for a code. Raises `CodeRefused`."""

    async def userinfo(self, access_token: str) -> dict[str, Any]:
        """What it says of the person. Raises `Untrusted` for what is no object."""


class HttpProvider:
    """One per provider and process: it remembers metadata and keys for an hour, and leaves a provider alone for a
    while that failed again and again."""

    def __init__(self, party: Party, *, development: bool) -> None:
        self.provider = party.provider
        self._party = party
        self._development = development
        self._metadata: tuple[float, Metadata] | None = None
        self._keys: tuple[float, list[Key]] | None = None
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._busy = 0
        self._failures = 0
        self._away_until = 0.0

    async def metadata(self) -> Metadata:
        if self._metadata is None or self._metadata[0] + KEPT_SECONDS < time.monotonic():
            await self._together("metadata", self._discover)
        return _got(self._metadata)

    async def _discover(self) -> None:
        address = f"{self.provider.issuer.rstrip('/')}/.well-known/openid-configuration"
        async with self._asked("metadata") as session, session.get(address, allow_redirects=False) as answer:
            found = msgspec.json.decode(await _json(answer), type=Metadata)
            addresses = [found.authorization_endpoint, found.token_endpoint, found.jwks_uri]
            addresses += [found.userinfo_endpoint] if found.userinfo_endpoint else []
            if found.issuer != self.provider.issuer:
                raise ProviderAway("metadata of another issuer")
            if not all(is_address(each, self._development) for each in addresses):
                raise ProviderAway("metadata with an address that is not safe")
            self._metadata = time.monotonic(), found

    async def keys(self, *, newer: bool = False) -> list[Key]:
        await self.metadata()
        age = KEPT_SECONDS if self._keys is None else time.monotonic() - self._keys[0]
        if age >= (KEYS_AGAIN_SECONDS if newer else KEPT_SECONDS):
            await self._together("keys", self._fetch_keys)
        return _got(self._keys)

    async def _fetch_keys(self) -> None:
        address = _got(self._metadata).jwks_uri
        async with self._asked("keys") as session, session.get(address, allow_redirects=False) as answer:
            self._keys = time.monotonic(), id_tokens.keys_of(msgspec.json.decode(await _json(answer)))

    async def _together(self, what: str, ask: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Ask once for all who want to know it now; one who goes away does not end it for the others."""
        if (asking := self._asking.get(what)) is None:
            asking = self._asking[what] = asyncio.create_task(ask())
            asking.add_done_callback(lambda _: self._asking.pop(what))
        await asyncio.shield(asking)

    async def exchange(self, code: str, verifier: str, now: datetime) -> Granted:
        proof, headers = self._party.proof(now)
        form = proof | {"grant_type": "authorization_code", "code": code, "code_verifier": verifier,
                        "redirect_uri": self.provider.redirect_uri}  # fmt: skip
        address = (await self.metadata()).token_endpoint
        async with (
            self._asked("exchange") as session,
            session.post(address, data=form, headers=headers, allow_redirects=False) as answer,
        ):
            if 400 <= answer.status < 500:
                error = msgspec.json.decode(await _json(answer, answer.status), type=OAuthError).error
                if error in OF_THE_CODE:
                    raise CodeRefused(error)
                log.error("provider %s does not take us: %s", self.provider.id, _word(error))
                raise ProviderAway("it does not take us")
            granted = msgspec.json.decode(await _json(answer), type=Granted)
            if granted.token_type.lower() != "bearer":
                raise ProviderAway("a token of another type")
            return granted

    async def userinfo(self, access_token: str) -> dict[str, Any]:
        address = (await self.metadata()).userinfo_endpoint
        if address is None:
            raise ProviderAway("no userinfo")
        headers = {"Authorization": f"Bearer {access_token}"}
        async with (
            self._asked("userinfo") as session,
            session.get(address, headers=headers, allow_redirects=False) as answer,
        ):
            return msgspec.json.decode(await _json(answer), type=dict[str, Any])

    @contextlib.asynccontextmanager
    async def _asked(self, what: str) -> AsyncIterator[aiohttp.ClientSession]:
        """A session for one question. Raises `ProviderAway` for whatever is no answer, and counts it."""
        if (left := self._away_until - time.monotonic()) > 0:
            raise ProviderAway("left alone for a while", int(left) + 1)
        if self._busy >= AT_ONCE:
            raise ProviderAway("too many wait for it", 2)
        self._busy += 1
        try:
            # Compressed, a small answer could become a large one.
            async with aiohttp.ClientSession(
                timeout=TIMEOUT, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False,
                headers={"Accept-Encoding": "identity"},
            ) as session:  # fmt: skip
                yield session
        except CodeRefused:
            self._failures = 0
            raise
        except NO_ANSWER as error:
            self._failures += 1
            if self._failures >= FAILURES:
                self._away_until, self._failures = time.monotonic() + PAUSE_SECONDS, 0
            log.warning("provider %s: no %s (%s)", self.provider.id, what, type(error).__name__)
            raise error if isinstance(error, ProviderAway) else ProviderAway(type(error).__name__) from error
        else:
            self._failures = 0
        finally:
            self._busy -= 1


def _got(kept: tuple[float, T] | None) -> T:
    if kept is None:
        raise ProviderAway("it was forgotten meanwhile", 1)
    return kept[1]


async def _json(answer: aiohttp.ClientResponse, status: int = 200) -> bytes:
    """The body, if it is JSON of a decent size with that status. Raises `ProviderAway`."""
    if answer.status != status:
        raise ProviderAway(f"status {answer.status}")
    if answer.content_type != "application/json" and not answer.content_type.endswith("+json"):
        raise ProviderAway("no JSON")
    body = bytearray()
    async for part in answer.content.iter_chunked(16_384):
        body += part
        if len(body) > MAX_BYTES:
            raise ProviderAway("too large")
    return bytes(body)


def _word(error: str) -> str:
    """An OAuth error code, which is ours to log only if it looks like one."""
    return error if error.isascii() and error.replace("_", "").isalpha() and len(error) < 40 else "unreadable"
