"""An endpoint of GeoReport v2 as its client (docs/wire-formats.md): reports to it, questions about them.

A report must not arrive twice, and GeoReport has no idempotency key: so what an answer means is one of `accepted`,
`refused`, `failed` (it is not there) and `unsure` (it may be), and after `unsure` it is asked for before it is sent
again.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Literal, Protocol, TypeVar

import aiohttp
import msgspec

from longan.floor.feedback.receivers import Receiver
from longan.floor.formats import georeport_reading
from longan.floor.formats.georeport import Format
from longan.floor.formats.georeport_reading import ACCEPTED, MOST_BYTES, Given, NotBelieved, Seen

SECONDS = 15.0
LONGEST_RETRY_AFTER = 3_600
# Of a list in which one of ours is looked for; an endpoint may know nothing of pages.
PAGE_SIZE = "50"
MOST_PAGES = 20

T = TypeVar("T")
Verdict = Literal["accepted", "refused", "failed", "unsure"]


class ReceiverDown(Exception):
    """No answer, or none that can be believed. What it says repeats nothing that came."""


class Unknown(Exception):
    """The receiver says that there is no such thing."""


class Outcome(msgspec.Struct, frozen=True):
    """What became of one try. `error` is a code, never text from outside; `retry_after` in seconds."""

    verdict: Verdict
    given: Given | None = None
    error: str | None = None
    retry_after: int | None = None


class GeoReport(Protocol):
    """Whoever takes reports by GeoReport v2."""

    async def post(self, fields: Mapping[str, str | list[str]]) -> Outcome:
        """One try; of a list each value is a field of its name. The same again may be a second report."""

    async def token(self, token: str) -> Given:
        """Raises `ReceiverDown`, `Unknown`."""

    async def one(self, foreign_id: str) -> Seen:
        """Raises `ReceiverDown`, `Unknown`."""

    async def find(self, service_code: str, since: datetime, until: datetime, reference: str) -> str | None:
        """The id of the report whose description holds `reference`; None where there is none to be seen. Raises
        `ReceiverDown`."""


class HttpGeoReport:
    """Over HTTP. Redirects are not followed, answers are not unpacked, and no more than MOST_BYTES of one is read."""

    def __init__(self, http: aiohttp.ClientSession, receiver: Receiver, seconds: float = SECONDS) -> None:
        self._http = http
        self._receiver = receiver
        self._url = receiver.url.rstrip("/")
        self._timeout = aiohttp.ClientTimeout(total=seconds)
        # Compressed, a small answer could become a large one.
        self._headers = {"Accept-Encoding": "identity"}
        self._where = {"jurisdiction_id": receiver.jurisdiction_id} if receiver.jurisdiction_id else {}
        self._key = {"api_key": receiver.api_key}

    async def post(self, fields: Mapping[str, str | list[str]]) -> Outcome:
        form = [
            (name, value)
            for name, said in {**self._key, **self._where, **fields}.items()
            for value in (said if isinstance(said, list) else [said])
        ]
        try:
            async with self._http.post(
                self._address("requests"), data=form, headers=self._headers, timeout=self._timeout,
                allow_redirects=False,
            ) as answer:  # fmt: skip
                body = await self._body(answer)
                return self._outcome(answer.status, answer.headers.get("Retry-After"), body)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            return Outcome("failed", error=type(error).__name__)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            return Outcome("unsure", error=type(error).__name__)

    async def token(self, token: str) -> Given:
        given = self._read(georeport_reading.given, await self._get(f"tokens/{token}", {}))
        if given.token not in (None, token):
            raise ReceiverDown("the answer is about something else")
        return given

    async def one(self, foreign_id: str) -> Seen:
        found = self._read(georeport_reading.seen, await self._get(f"requests/{foreign_id}", {}))
        if [each.service_request_id for each in found] != [foreign_id]:
            raise ReceiverDown("the answer is about something else")
        return found[0]

    async def find(self, service_code: str, since: datetime, until: datetime, reference: str) -> str | None:
        asked = {
            "service_code": service_code, "start_date": _moment(since), "end_date": _moment(until),
            "page_size": PAGE_SIZE,
        }  # fmt: skip
        known: set[str | None] = set()
        for page in range(1, MOST_PAGES + 1):
            found = self._read(georeport_reading.seen, await self._get("requests", {**asked, "page": str(page)}))
            for each in found:
                if each.description is not None and reference in each.description:
                    return each.service_request_id
            if known.issuperset(each.service_request_id for each in found):
                return None  # the end, or an endpoint without pages, which says the same again
            known.update(each.service_request_id for each in found)
        raise ReceiverDown("too many to look through")

    def _outcome(self, status: int, retry_after: str | None, body: bytes | None) -> Outcome:
        form = self._receiver.format
        if status in (200, 201, 202) and body is not None:
            try:
                return Outcome("accepted", georeport_reading.given(body, form))
            except NotBelieved:
                return Outcome("unsure", error="unreadable_answer")
        if status in (429, 503):
            digits = retry_after is not None and retry_after.isascii() and retry_after.isdigit()
            wait = min(int((retry_after or "0")[:9]), LONGEST_RETRY_AFTER) if digits else None
            return Outcome("failed", error=f"http_{status}", retry_after=wait)
        if 400 <= status < 500 and status != 408:
            # Without the errors of the specification somebody else has answered, a proxy say: it is to come again.
            told = body is not None and georeport_reading.faults(body, form) > 0
            return Outcome("refused" if told else "failed", error=f"http_{status}")
        return Outcome("unsure", error="unreadable_answer" if status < 300 else f"http_{status}")

    async def _get(self, path: str, asked: Mapping[str, str]) -> bytes:
        key = self._key if self._receiver.reads_with_key else {}
        try:
            async with self._http.get(
                self._address(path), params={**self._where, **key, **asked}, headers=self._headers,
                timeout=self._timeout, allow_redirects=False,
            ) as answer:  # fmt: skip
                body = await self._body(answer)
                if answer.status == 404 and body and georeport_reading.faults(body, self._receiver.format):
                    raise Unknown
                if answer.status != 200 or body is None:
                    raise ReceiverDown(f"status {answer.status}" if answer.status != 200 else "another kind of answer")
                return body
        except TimeoutError:
            raise ReceiverDown("no answer in time") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise ReceiverDown(type(error).__name__) from None

    async def _body(self, answer: aiohttp.ClientResponse) -> bytes | None:
        """None for what is not of the kind that was asked for, or too long."""
        if answer.content_type not in ACCEPTED[self._receiver.format] or "Content-Encoding" in answer.headers:
            answer.close()
            return None
        body = bytearray()
        async for chunk in answer.content.iter_chunked(16_384):
            body += chunk
            if len(body) > MOST_BYTES:
                # What else is under way is not read.
                answer.close()
                return None
        return bytes(body)

    def _read(self, reading: Callable[[bytes, Format], T], body: bytes) -> T:
        try:
            return reading(body, self._receiver.format)
        except NotBelieved as error:
            raise ReceiverDown(str(error)) from None

    def _address(self, path: str) -> str:
        return f"{self._url}/{path}.{self._receiver.format}"


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
