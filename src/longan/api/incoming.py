"""What is read of a request before any handler sees it, and what is refused in it."""

import asyncio
import re
from typing import Any
from urllib.parse import parse_qsl

from longan.api.asgi import Receive, Scope
from longan.api.routing import Operation
from longan.floor.base.errors import (
    FieldError,
    HeadersTooLarge,
    InvalidRequest,
    PayloadTooLarge,
    RequestTimeout,
    UnsupportedMediaType,
    UriTooLong,
)
from longan.floor.formats.strict_json import is_clean

MAX_URL = 8 * 1024
MAX_HEADERS = 16 * 1024
MAX_HEADER_COUNT = 100
MAX_BODY = 256 * 1024
MAX_PARAMETERS = 40
BODY_SECONDS = 15.0
# A file over a slow line.
FILE_SECONDS = 60.0

JSON = re.compile(r'application/(?:[a-z0-9.+-]+\+)?json\s*(?:;\s*charset="?utf-8"?\s*)?', re.IGNORECASE | re.ASCII)


def path_of(scope: Scope) -> bytes:
    """The path as it was sent; decoded, many spellings look alike."""
    return scope.get("raw_path") or scope["path"].encode("utf-8", "replace")  # type: ignore[no-any-return]


def locale_of(sent: bytes | None) -> Any:
    """`vi` unless English is preferred (RFC 9110 section 12.5.4)."""
    if not sent or sent.startswith(b"vi"):
        return "vi"
    best: dict[str, float] = {}
    for part in sent[:200].decode("latin-1").lower().split(","):
        name, _, weight = part.strip().partition(";q=")
        try:
            best[name.split("-")[0]] = float(weight or 1)
        except ValueError:
            continue
    return "en" if best.get("en", 0) > best.get("vi", 0) else "vi"


def allow(found: dict[str, Operation]) -> str:
    return ", ".join(sorted({*found, "OPTIONS", *(["HEAD"] if "GET" in found else [])}))


def accepts(headers: dict[bytes, bytes], produces: str) -> bool:
    """Whether Accept allows one of the kinds in `produces` (RFC 9110 section 12.5.1)."""
    sent = headers.get(b"accept")
    if not sent or sent == b"*/*":
        return True
    kinds = produces.split(", ")
    wanted = {"*/*", *kinds, *(kind.split("/")[0] + "/*" for kind in kinds)}
    for part in sent.decode("latin-1").lower().split(","):
        kind, *rest = (piece.strip() for piece in part.split(";"))
        if kind in wanted and not any(re.fullmatch(r"q=0(\.0*)?", piece) for piece in rest):
            return True
    return False


def check_size(scope: Scope, raw_path: bytes) -> None:
    if len(raw_path) + len(scope["query_string"]) > MAX_URL:
        raise UriTooLong
    if len(scope["headers"]) > MAX_HEADER_COUNT or sum(len(n) + len(v) for n, v in scope["headers"]) > MAX_HEADERS:
        raise HeadersTooLarge


def read_query(query: bytes, operation: Operation) -> dict[str, str]:
    """The parameters by name. Unknown and repeated ones are refused, and so are characters nobody can see."""
    if not query:
        return {}
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS)
    except ValueError as error:
        raise InvalidRequest(FieldError("?", "bad_text")) from error
    seen: set[str] = set()
    wrong: list[FieldError] = []
    for name, value in pairs:
        if name not in operation.parameters:
            wrong.append(FieldError(f"?{name[:64]}" if is_clean(name) else "?", "unknown"))
        elif name in seen:
            wrong.append(FieldError(f"?{name}", "repeated"))
        elif not is_clean(value) or any(character in value for character in "\r\n\t"):
            wrong.append(FieldError(f"?{name}", "bad_text"))
        seen.add(name)
    if wrong:
        raise InvalidRequest(*wrong)
    return dict(pairs)


async def read_body(receive: Receive, headers: dict[bytes, bytes], operation: Operation) -> bytes:
    """The whole body, bounded in size and time, before anything else is started for it."""
    policy = operation.policy
    if policy.takes:
        # Before it is read: nobody should send ten megabytes to hear that.
        kind = headers.get(b"content-type", b"").decode("latin-1").partition(";")[0].strip().lower()
        if kind not in policy.takes or b"content-encoding" in headers:
            raise UnsupportedMediaType(headers={"Accept": ", ".join(policy.takes)})
        return await _received(receive, headers.get(b"content-length"), policy.largest or MAX_BODY, FILE_SECONDS)
    body = await _received(receive, headers.get(b"content-length"), MAX_BODY, BODY_SECONDS)
    if body.strip() not in (b"", b"{}") or operation.needs_body:
        kind = headers.get(b"content-type", b"").decode("latin-1").strip()
        if JSON.fullmatch(kind) is None or b"content-encoding" in headers:
            raise UnsupportedMediaType
        if not operation.takes_body:
            raise InvalidRequest(FieldError("", "unknown"))
    return body


async def _received(receive: Receive, announced: bytes | None, most: int, seconds: float) -> bytes:
    if announced is not None and announced.isdigit() and int(announced[:12]) > most:
        raise PayloadTooLarge
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise RequestTimeout
                body += message.get("body", b"")
                if len(body) > most:
                    raise PayloadTooLarge
                if not message.get("more_body", False):
                    return bytes(body)
    except TimeoutError as error:
        raise RequestTimeout from error
