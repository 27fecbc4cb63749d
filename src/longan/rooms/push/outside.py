"""Firebase Cloud Messaging: firebase-admin builds and checks a message, aiohttp carries it, google-auth gets the token.

Loading this module's client loads firebase-admin, 20 MB: only the worker makes one. Its own sending is not used: it
hangs after a hundred refusals, stops the event loop for each token and retries sooner than Google asks. Codes and what
to do about them: https://firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode and docs/cloud-messaging/scale-fcm.
"""

import asyncio
import logging
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Literal, Protocol

import aiohttp
import msgspec
from yarl import URL

from longan.floor.base.clock import Clock
from longan.floor.messages.notices import NOTICES, Notice, lock_screen
from longan.floor.setup.apps import SCHEME
from longan.floor.setup.settings import BadSettings
from longan.rooms.push.models import Push

TIMEOUT = aiohttp.ClientTimeout(total=15.0)
TOKEN_SECONDS = 5.0
TOKEN_EARLY_SECONDS = 300.0
TOKEN_FAILURE_SECONDS = 10.0
LONGEST_RETRY_AFTER = 3600.0
ALERT = "public_alert"
# What is kept of an answer goes into logs and dead letters.
CODE = re.compile(r"[A-Z][A-Z_]{2,39}")
SCOPE = "https://www.googleapis.com/auth/firebase.messaging"

log = logging.getLogger("longan.push")

# accepted: FCM has it. unregistered: this phone is gone for good. refused: it will never be taken. busy: too many, the
# whole lane waits. failed: try again; it may have been accepted. credentials: ours are broken. carrier: APNs or web
# push does not take our project's key.
Verdict = Literal["accepted", "unregistered", "refused", "busy", "failed", "credentials", "carrier"]


class Outcome(msgspec.Struct, frozen=True):
    """What became of one try. `error` is a code, never text from outside; `retry_after` in seconds."""

    verdict: Verdict
    message_name: str | None = None
    error: str | None = None
    retry_after: float | None = None


class PushService(Protocol):
    """What carries the pushes of a Firebase project to phones."""

    project: str

    async def ready(self) -> bool:
        """Whether a push can be tried now. Quick: what has to be fetched for it is fetched beside."""

    async def send(self, push: Push, now: datetime) -> Outcome:
        """One try, without a retry. Raises ValueError for a push that makes no valid message."""


class Detail(msgspec.Struct, frozen=True):
    """One of Google's error details, as far as we read them."""

    type: str = msgspec.field(default="", name="@type")
    error_code: str = msgspec.field(default="", name="errorCode")
    violations: list[dict[str, Any]] = msgspec.field(default_factory=list, name="fieldViolations")


class ErrorStatus(msgspec.Struct, frozen=True):
    details: list[Detail] = []


class ErrorBody(msgspec.Struct, frozen=True):
    error: ErrorStatus


class Accepted(msgspec.Struct, frozen=True):
    name: str


def message(push: Push, now: datetime) -> bytes:
    """The request body: an id and, unless the person chose otherwise, words that are the same for everybody, for it
    passes through foreign hands; the app fetches the rest from the inbox.

    Doubles are harmless: on the phone a notification of the same tag or collapse id replaces the other. What gathers
    notices replaces that of the day before, and an alert to everybody and its copy to this person each other. Collapse
    keys are few, because FCM keeps only four of them for a phone. Raises `ValueError` for what is no valid message.
    """
    from firebase_admin import messaging

    notice = NOTICES[push.topic]
    same = push.subject_id if push.topic == ALERT and push.subject_id else push.notification_id
    tag = "digest" if push.gathered is not None else str(same)
    seconds_left = max(0, int((push.expires_at - now).total_seconds()))
    ends = str(int(push.expires_at.timestamp()))  # for APNs a UNIX time, not a duration
    if push.kind == "removal":
        made = messaging.Message(
            data={"action": "remove", "notification_id": str(push.notification_id), "tag": tag},
            android=messaging.AndroidConfig(priority="normal", ttl=seconds_left),
            apns=messaging.APNSConfig(
                headers={"apns-expiration": ends, "apns-priority": "5", "apns-push-type": "background"},
                payload=messaging.APNSPayload(messaging.Aps(content_available=True)),
            ),
            webpush=messaging.WebpushConfig(headers={"TTL": str(seconds_left), "Urgency": "normal"}),
        )
    else:
        title, body = lock_screen(push.topic, push.locale, push.params, push.gathered)
        patient = notice.urgency == "low"
        made = messaging.Message(
            notification=messaging.Notification(title=title, body=body),
            data=_data(push, notice),
            android=messaging.AndroidConfig(
                collapse_key=push.collapse_key or notice.channel,
                priority="normal" if patient else "high",
                ttl=seconds_left,
                notification=messaging.AndroidNotification(channel_id=notice.channel, tag=tag),
            ),
            apns=messaging.APNSConfig(
                headers={"apns-collapse-id": tag, "apns-expiration": ends, "apns-priority": "5" if patient else "10"},
                payload=messaging.APNSPayload(messaging.Aps(sound="default", thread_id=notice.channel)),
            ),
            webpush=messaging.WebpushConfig(
                headers={"TTL": str(seconds_left), "Urgency": "normal" if patient else "high"},
                notification=messaging.WebpushNotification(tag=tag),
            ),
        )
    # Given to the constructor, a token warns that it is deprecated; phones that only have one are still there.
    if push.target_kind == "fid":
        made.fid = push.target
    else:
        made.token = push.target
    return b'{"message":' + str(made).encode() + b"}"


def _data(push: Push, notice: Notice) -> dict[str, str]:
    """What the app needs to know of a push before it has asked the inbox."""
    data = {"notification_id": str(push.notification_id), "topic": push.topic, "subject_kind": notice.subject}
    if push.gathered is not None:
        return data | {"topic": "digest", "count": str(push.gathered)}
    if push.subject_id is not None:
        data["subject_id"] = str(push.subject_id)
    if notice.link:
        data["link"] = SCHEME + notice.link.format(subject_id=push.subject_id)
    return data


def outcome(status: int, retry_after: float | None, body: bytes) -> Outcome:
    """What an answer means."""
    if status == 200:
        try:
            return Outcome("accepted", message_name=msgspec.json.decode(body, type=Accepted).name)
        except msgspec.DecodeError:
            return Outcome("failed", error="unreadable_answer")
    try:
        details = msgspec.json.decode(body, type=ErrorBody).error.details
    except (msgspec.DecodeError, UnicodeDecodeError):
        details = []
    code = next((d.error_code for d in details if d.type.endswith("fcm.v1.FcmError")), "")
    code = code if CODE.fullmatch(code) else ""
    error = code.lower() or f"http_{status}"
    if status == 429:
        return Outcome("busy", error=error, retry_after=retry_after)
    if status >= 500 or status == 408:
        return Outcome("failed", error=error, retry_after=retry_after)
    match code:
        case "UNREGISTERED" | "SENDER_ID_MISMATCH":
            return Outcome("unregistered", error=error)
        case "THIRD_PARTY_AUTH_ERROR" | "APNS_AUTH_ERROR":
            return Outcome("carrier", error=error)
        case "INVALID_ARGUMENT":
            fields = {violation.get("field") for detail in details for violation in detail.violations}
            # Our messages differ in nothing else, so what is wrong is the phone's address.
            return Outcome("unregistered" if fields & {"message.token", "message.fid"} else "refused", error=error)
    if status == 400:
        return Outcome("refused", error=error)
    # 401 and 403 without FCM's own code are our credentials, 404 is our project or address; redirects lead nowhere.
    return Outcome("credentials", error=error)


def seconds_of(retry_after: str | None, now: datetime) -> float | None:
    """The Retry-After header in seconds (RFC 9110 section 10.2.3), None when it says nothing."""
    if retry_after is None:
        return None
    try:
        wait = float(retry_after) if retry_after.isascii() and retry_after.isdigit() else (
            parsedate_to_datetime(retry_after).replace(tzinfo=UTC) - now
        ).total_seconds()  # fmt: skip
    except ValueError:
        return None
    return min(max(wait, 0.0), LONGEST_RETRY_AFTER)


class AccessToken:
    """The OAuth token of the service account: fetched in a thread, once at a time, early; a failure is remembered."""

    def __init__(self, credentials_file: Path, clock: Clock, failure_seconds: float) -> None:
        """Raises `BadSettings` when the file is no service account."""
        from firebase_admin import credentials

        try:
            certificate = credentials.Certificate(str(credentials_file))
        except (OSError, ValueError) as error:
            raise BadSettings("LONGAN_FCM_CREDENTIALS must name the service-account file from Firebase.") from error
        self.project: str = certificate.project_id
        self._credentials = certificate.get_credential().with_scopes([SCOPE])
        self._clock = clock
        self._failure_seconds = failure_seconds
        self._again_at = 0.0
        self._fetching: asyncio.Task[None] | None = None
        self._ends_at = clock()
        self.value = ""

    def distrust(self, value: str) -> None:
        """FCM did not take this token: get another, unless that was done already."""
        if value == self.value:
            self.value = ""

    def _left(self) -> float:
        return (self._ends_at - self._clock()).total_seconds() if self.value else 0.0

    async def ready(self) -> bool:
        if self._left() < TOKEN_EARLY_SECONDS and self._fetching is None and time.monotonic() >= self._again_at:
            self._fetching = asyncio.create_task(self._fetch())
        if self._left() <= 0 and self._fetching is not None:
            await asyncio.wait({self._fetching}, timeout=0.5)
        return self._left() > 0

    async def _fetch(self) -> None:
        from google.auth.exceptions import GoogleAuthError

        try:
            await asyncio.to_thread(self._credentials.refresh, _asked_once())
            self.value = self._credentials.token
            self._ends_at = self._credentials.expiry.replace(tzinfo=UTC)
        except GoogleAuthError:
            self._again_at = time.monotonic() + self._failure_seconds
            log.exception("no access token for FCM")
        finally:
            self._fetching = None


def _asked_once() -> Callable[..., Any]:
    """google-auth's transport with our timeout; a server error is raised, not slept over and asked again."""
    from google.auth.exceptions import TransportError
    from google.auth.transport.requests import Request

    def ask(*args: Any, **named: Any) -> Any:
        answer = Request()(*args, **{**named, "timeout": TOKEN_SECONDS})
        if answer.status >= 500:
            raise TransportError(f"HTTP {answer.status}")  # type: ignore[no-untyped-call]
        return answer

    return ask


class Fcm:
    """FCM over HTTP v1 at `base_url`. `pace` below 1 shortens our own pauses, for tests."""

    def __init__(
        self, http: aiohttp.ClientSession, base_url: str, credentials_file: Path, clock: Clock, *, pace: float = 1.0
    ) -> None:
        """Raises `BadSettings` when the credentials are no service account."""
        self._http = http
        self._token = AccessToken(credentials_file, clock, TOKEN_FAILURE_SECONDS * pace)
        self.project = self._token.project
        self._url = URL(f"{base_url.rstrip('/')}/v1/projects/{self.project}/messages:send")

    async def ready(self) -> bool:
        return await self._token.ready()

    async def send(self, push: Push, now: datetime) -> Outcome:
        return await self.post(message(push, now), now)

    async def post(self, body: bytes, now: datetime) -> Outcome:
        """One try of a request that is built already."""
        token = self._token.value
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        try:
            async with self._http.post(
                self._url, data=body, headers=headers, timeout=TIMEOUT, allow_redirects=False
            ) as answer:
                made = outcome(answer.status, seconds_of(answer.headers.get("Retry-After"), now), await answer.read())
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return Outcome("failed", error=type(error).__name__)
        if made.verdict == "credentials":
            self._token.distrust(token)
        return made
