"""Zalo Notification Service, over HTTP: messages and questions to it, events from it (docs/wire-formats.md).

What its error codes mean: https://zalo.cloud/zns/guidelines/handle-error-code. Almost everything comes with status 200,
so only `error` in the body counts.
"""

import hashlib
import hmac
from datetime import datetime
from typing import Literal, Protocol

import aiohttp
import msgspec

from longan.rooms.fallback.models import Message

SECONDS = 10.0
TIMEOUT = aiohttp.ClientTimeout(total=SECONDS)
LONGEST_ANSWER = 65_536
LONGEST_RETRY_AFTER = 3600.0
# Zalo sends an event again for half a day, and the same event twice changes nothing.
TOLERANCE_SECONDS = 86_400

# accepted: Zalo has it. unsure: it may have it. refused: not to this person. misfit: our template or account is at
# fault, not the person. night: not at this hour. exhausted: no quota or money left for anybody. busy: not now, nobody.
# token: another one is needed. failed: Zalo does not have it.
Verdict = Literal["accepted", "unsure", "refused", "misfit", "night", "exhausted", "busy", "token", "failed"]

REFUSED = frozenset({-108, -110, -114, -118, -119, -134, -139, -141})
EXHAUSTED = frozenset({-115, -126, -137, -144})
TOKEN = frozenset({-124, -216, -220})
NIGHT = -133
UNKNOWN = -100


class Outcome(msgspec.Struct, frozen=True):
    """What became of one try. `error` is a code, never text from outside; `retry_after` in seconds."""

    verdict: Verdict
    message_id: str | None = None
    error: str | None = None
    retry_after: float | None = None


class GrantRefused(Exception):
    """Zalo does not take our refresh token: the operators must authorise us anew."""


class GrantFailed(Exception):
    """No new token just now; whether Zalo has used up the old one is not known."""


class Granted(msgspec.Struct, frozen=True):
    """A new pair of tokens; `seconds` the access token is good."""

    access: str
    refresh: str
    seconds: int

    def __repr__(self) -> str:
        return "Granted(…)"


class Zns(Protocol):
    """Whoever brings messages to Zalo accounts by phone number."""

    async def send(self, token: str, message: Message) -> Outcome:
        """One try, without a retry. The same `tracking_id` again may be a second message."""

    async def reached(self, token: str, message_id: str) -> bool:
        """Whether a message has reached the phone; False where that is not known."""

    async def refresh(self, refresh_token: str) -> Granted:
        """Exchange a refresh token, which is good once. Raises `GrantRefused`, `GrantFailed`."""


class _Sent(msgspec.Struct, frozen=True):
    msg_id: str = ""


class _Answer(msgspec.Struct, frozen=True):
    error: int
    data: _Sent | None = None


class _Status(msgspec.Struct, frozen=True):
    status: int


class _StatusAnswer(msgspec.Struct, frozen=True):
    error: int
    data: _Status | None = None


class _Tokens(msgspec.Struct, frozen=True):
    access_token: str = ""
    refresh_token: str = ""
    expires_in: int | str = 0
    error: int = 0


def outcome(status: int, retry_after: str | None, body: bytes) -> Outcome:
    """What an answer to a message means."""
    if status == 429:
        digits = retry_after is not None and retry_after.isascii() and retry_after.isdigit()
        wait = min(float(retry_after or 0), LONGEST_RETRY_AFTER) if digits else None
        return Outcome("busy", error="http_429", retry_after=wait)
    if status == 401:
        return Outcome("token", error="http_401")
    if status in (408, 502, 504):
        return Outcome("unsure", error=f"http_{status}")
    if status != 200:
        return Outcome("failed", error=f"http_{status}")
    try:
        answer = msgspec.json.decode(body, type=_Answer)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Outcome("unsure", error="unreadable_answer")
    if answer.error == 0:
        if answer.data is None or not 0 < len(answer.data.msg_id) <= 64:
            return Outcome("unsure", error="unreadable_answer")
        return Outcome("accepted", message_id=answer.data.msg_id)
    error = f"zalo_{abs(answer.error)}"
    for codes, verdict in _MEANINGS:
        if answer.error in codes:
            return Outcome(verdict, error=error)
    return Outcome("misfit", error=error)


_MEANINGS: tuple[tuple[frozenset[int], Verdict], ...] = (
    (REFUSED, "refused"), (EXHAUSTED, "exhausted"), (TOKEN, "token"), (frozenset({NIGHT}), "night"),
    (frozenset({UNKNOWN}), "failed"),
)  # fmt: skip


class HttpZns:
    """`POST {url}/message/template`, `GET {url}/message/status` and `POST {oauth_url}/v4/oa/access_token`."""

    def __init__(self, http: aiohttp.ClientSession, url: str, oauth_url: str, app_id: str, app_secret: str) -> None:
        self._http = http
        self._send_url = f"{url.rstrip('/')}/message/template"
        self._status_url = f"{url.rstrip('/')}/message/status"
        self._token_url = f"{oauth_url.rstrip('/')}/v4/oa/access_token"
        self._app_id = app_id
        self._app_secret = app_secret

    async def send(self, token: str, message: Message) -> Outcome:
        headers = {"access_token": token, "Content-Type": "application/json"}
        try:
            async with self._http.post(
                self._send_url, data=msgspec.json.encode(message), headers=headers, timeout=TIMEOUT,
                allow_redirects=False,
            ) as answer:  # fmt: skip
                return outcome(
                    answer.status, answer.headers.get("Retry-After"), await answer.content.read(LONGEST_ANSWER)
                )
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            return Outcome("failed", error=type(error).__name__)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return Outcome("unsure", error=type(error).__name__)

    async def reached(self, token: str, message_id: str) -> bool:
        try:
            async with self._http.get(
                self._status_url, params={"message_id": message_id}, headers={"access_token": token}, timeout=TIMEOUT,
                allow_redirects=False,
            ) as answer:  # fmt: skip
                said = msgspec.json.decode(await answer.content.read(LONGEST_ANSWER), type=_StatusAnswer)
        except (aiohttp.ClientError, TimeoutError, OSError, msgspec.DecodeError, UnicodeDecodeError):
            return False
        return answer.status == 200 and said.error == 0 and said.data is not None and said.data.status == 1

    async def refresh(self, refresh_token: str) -> Granted:
        form = {"refresh_token": refresh_token, "app_id": self._app_id, "grant_type": "refresh_token"}
        try:
            async with self._http.post(
                self._token_url, data=form, headers={"secret_key": self._app_secret}, timeout=TIMEOUT,
                allow_redirects=False,
            ) as answer:  # fmt: skip
                status, body = answer.status, await answer.content.read(LONGEST_ANSWER)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise GrantFailed(type(error).__name__) from error
        try:
            tokens = msgspec.json.decode(body, type=_Tokens)
            seconds = int(tokens.expires_in)
        except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
            raise GrantFailed("unreadable_answer" if status == 200 else f"http_{status}") from error
        if tokens.error:
            raise GrantRefused(f"zalo_{abs(tokens.error)}")
        if status != 200 or not tokens.access_token or not tokens.refresh_token or seconds <= 0:
            raise GrantFailed("unreadable_answer" if status == 200 else f"http_{status}")
        return Granted(tokens.access_token, tokens.refresh_token, seconds)


def is_signed(app_id: str, secret: str, signature: str, body: bytes, timestamp: str, now: datetime) -> bool:
    """Whether an event was made by Zalo for us within a day: `X-ZEvent-Signature: mac=` and SHA-256 of application id,
    body, timestamp and the Official Account's secret key, one after the other."""
    if not secret or not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 15):
        return False
    if abs(now.timestamp() - int(timestamp) / 1000) > TOLERANCE_SECONDS:
        return False
    expected = hashlib.sha256(app_id.encode() + body + timestamp.encode() + secret.encode()).hexdigest()
    return hmac.compare_digest(signature.removeprefix("mac=").lower().encode("latin-1", "replace"), expected.encode())
