"""What the edge knows of one request, for the handler and for the log."""

from typing import Any, Protocol, TypeVar
from uuid import UUID
from zlib import crc32

import msgspec

from longan.floor.access.tokens import Principal
from longan.floor.base.errors import FieldError, InvalidRequest, Unauthenticated
from longan.floor.base.fields import Locale
from longan.floor.requests.policy import Policy

T = TypeVar("T")


class Answer(msgspec.Struct, frozen=True):
    """An answer as it was sent: status, the headers worth repeating, the bytes."""

    status: int
    headers: dict[str, str]
    body: bytes


class Stream(Protocol):
    """An answer that goes on after it has begun; of the kind that its operation `produces`."""

    async def piece(self) -> bytes | None:
        """What is to be sent next, as soon as there is something; None at the end."""

    def end(self) -> None:
        """Nobody reads on, or nothing more shall be said: `piece` gives None. A second time does nothing."""


class Exchange(msgspec.Struct):
    """Lives in `scope["longan"]` from the first byte of a request to its line in the log.

    `client` is the network the request came from (limits.network); `until` (loop time) is when the database must have
    answered, set by the first question; `queries` are round trips.
    `key_thumbprint` (RFC 7638) is the key whose possession the request proved with a `DPoP` header. `happened` names
    the account in whose event log the request wrote, for its streams to look there once that is committed. `content` is
    what the operation's policy `reads` in a body that is no JSON.
    """

    request_id: str
    client: str
    locale: Locale = "vi"
    route: str = "unrouted"
    policy: Policy | None = None
    principal: Principal | None = None
    key_thumbprint: str | None = None
    body: bytes = b""
    content_type: str = ""
    content: Any = None
    idempotency_key: str | None = None
    if_match: str | None = None
    if_none_match: bytes | None = None
    queries: int = 0
    until: float | None = None
    etag: str | None = None
    code: str | None = None
    private: bool = False
    keeps_answer: bool = False
    answer: Answer | None = None
    happened: UUID | None = None

    def count(self, round_trips: int) -> None:
        self.queries += round_trips

    def me(self) -> Principal:
        """Who is calling. Raises `Unauthenticated`."""
        if self.principal is None:
            raise Unauthenticated
        return self.principal

    def kept_private(self) -> None:
        """The answer is for this caller only: it must not enter the cache of public answers."""
        self.private = True

    def tagged(self, answer: T, version: int, *others: object) -> T:
        """`answer`, with a strong ETag (RFC 9110 section 8.8.3): its row version, and a trace of `others`, the parts of
        the answer that change without the row."""
        trace = f"-{crc32(msgspec.msgpack.encode(others)):08x}" if others else ""
        self.etag = f'"v{version}{trace}"'
        return answer

    def is_held(self) -> bool:
        """Whether the client holds the answer that `tagged` has named: it is sent 304 then, so whatever the handler
        returns may be empty."""
        return self.etag is not None and matches(self.if_none_match, self.etag)

    def versions_if_given(self) -> list[int] | None:
        """As `expected_versions`, for an operation that `may_match`: None too where no If-Match was sent."""
        return None if self.if_match is None else self.expected_versions()

    def expected_versions(self) -> list[int] | None:
        """The row versions If-Match allows; None for `*`. Weak tags never match (RFC 9110 section 13.1.1).

        Raises `InvalidRequest` for what is no list of entity tags.
        """
        sent = (self.if_match or "").strip()
        if sent == "*":
            return None
        versions: list[int] = []
        for part in sent.split(","):
            tag = part.strip()
            weak = tag.startswith("W/")
            tag = tag.removeprefix("W/")
            if len(tag) < 2 or tag[0] != '"' or tag[-1] != '"' or '"' in tag[1:-1]:
                raise InvalidRequest(FieldError("If-Match:", "bad_form"))
            number = tag[2:-1].partition("-")[0]
            if not weak and tag[1] == "v" and number.isascii() and number.isdigit() and len(number) < 10:
                versions.append(int(number))
        return versions


def matches(sent: bytes | None, etag: str) -> bool:
    """If-None-Match compares weakly (RFC 9110 section 13.1.2)."""
    if sent is None:
        return False
    if sent.strip() == b"*":
        return True
    return etag in [tag.strip().removeprefix("W/") for tag in sent.decode("latin-1").split(",")]
