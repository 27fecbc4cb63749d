"""JWS in compact form (RFC 7515 section 7.1), in its one canonical spelling, before any library reads it.

Libraries accept padded segments and stray bits in the last character, and take the last of two equal keys (RFC 8725
section 3.11); here there is one spelling of everything.
"""

import base64
import json
import re
from typing import Any

_SEGMENTS = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)


def segments(text: str, most: int) -> tuple[str, str, str]:
    """Header, claims and signature as they were sent. Raises `ValueError` for what is longer than `most` characters or
    has another form."""
    if len(text) > most or _SEGMENTS.fullmatch(text) is None:
        raise ValueError("not a compact JWS")
    header, claims, signature = text.split(".")
    return header, claims, signature


def octets(segment: str) -> bytes:
    """What a segment spells. Raises `ValueError` for another spelling of the same."""
    decoded = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    if spelled(decoded) != segment:
        raise ValueError("not canonical base64url")
    return decoded


def spelled(value: bytes) -> str:
    """base64url without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def members(segment: str) -> dict[str, Any]:
    """The JSON object of a segment. Raises `ValueError` for what is no object, or names a member twice."""
    try:
        value = json.loads(octets(segment).decode("utf-8"), object_pairs_hook=_once, parse_constant=_finite)
    except RecursionError as error:
        raise ValueError("too deep") from error
    if not isinstance(value, dict):
        raise ValueError("not an object")  # noqa: TRY004  (one kind of refusal for the caller)
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(pairs)
    if len(unique) != len(pairs):
        raise ValueError("a member named twice")
    return unique


def _finite(constant: str) -> float:
    raise ValueError(f"{constant} is not JSON")
