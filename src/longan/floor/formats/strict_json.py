"""The one way in for JSON: strict UTF-8, bounded depth, no duplicate keys, clean text, then msgspec without coercion.

What a naive stack gets wrong here is SECURITY.md table I (I1, I2, I5, I6, I7, I15).
"""

import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec

from longan.floor.base.errors import FieldError, InvalidBody, InvalidRequest

MAX_DEPTH = 64
MAX_COMBINING_MARKS = 4

# Controls (but tab and line breaks), surrogates, zero-width and bidirectional marks, tags, non-characters. A zero-width
# joiner makes two names look the same; only inside an emoji does it mean something.
FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200c\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ud800-\udfff\ufeff\uffa0\ufff9-\uffff\U000e0000-\U000e0fff]"
    "|(?<![\u2600-\u27bf\ufe0f\U0001f000-\U0001faff])\u200d"
)
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"?', re.DOTALL)
_COMBINING = re.compile(
    rf"[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{{{MAX_COMBINING_MARKS + 1}}}"
)
_PATH = re.compile(r"\$(.*?)`?$", re.DOTALL)

T = TypeVar("T")


def decode(body: bytes, kind: type[T]) -> T:
    """`body` as a `kind`. Raises `InvalidBody` when it is not JSON as we take it, `InvalidRequest` naming the field."""
    return convert(parse(body), kind)


def parse(body: bytes) -> Any:
    """The JSON value, its strings in NFC. Raises `InvalidBody`, or `InvalidRequest` for a forbidden character."""
    return clean(loads(body))


def loads(body: bytes) -> Any:
    """The JSON value with its texts as they came: for who cleans piece by piece. Raises `InvalidBody`."""
    try:
        text = body.decode("utf-8", "strict")
        if _depth(body) > MAX_DEPTH:
            raise InvalidBody
        return json.loads(text, object_pairs_hook=_object, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise InvalidBody from error


def convert(value: Any, kind: type[T]) -> T:
    """A parsed value as a `kind`, without coercion ("1", 1.0 and true are no integers)."""
    try:
        return msgspec.convert(value, kind, strict=True, str_keys=True)
    except msgspec.ValidationError as error:
        raise InvalidRequest(field_error(str(error))) from error


def is_clean(text: str) -> bool:
    """Whether `text` holds only characters that a person can see, and no towers of marks."""
    return FORBIDDEN.search(text) is None and (text.isascii() or _COMBINING.search(text) is None)


def field_error(message: str, prefix: str = "") -> FieldError:
    """msgspec's sentence as a pointer and a code."""
    sentence, _, place = message.partition(" - at `")
    found = _PATH.search(place)
    pointer = prefix + (_pointer(found.group(1)) if found else "")
    if missing := re.search(r"missing required field `([^`]*)`", sentence):
        return FieldError(f"{pointer}/{missing.group(1)}", "required")
    if unknown := re.search(r"contains unknown field `([^`]*)`", sentence):
        return FieldError(f"{pointer}/{unknown.group(1)[:64]}", "unknown")
    return FieldError(pointer, _code(sentence))


def _code(sentence: str) -> str:
    if "of length >=" in sentence:
        return "too_short"
    if "of length <=" in sentence:
        return "too_long"
    if "matching regex" in sentence or "Invalid UUID" in sentence or "multiple of" in sentence:
        return "bad_form"
    if ">=" in sentence or "> " in sentence:
        return "too_small"
    if "<=" in sentence or "< " in sentence or "out of range" in sentence:
        return "too_large"
    if "Invalid enum value" in sentence:
        return "not_one_of"
    if "RFC3339" in sentence or "ISO8601" in sentence or "timezone" in sentence:
        return "bad_time"
    return "wrong_type"


def _pointer(path: str) -> str:
    return re.sub(r"\[(\d+|\.\.\.)\]", r"/\1", path).replace(".", "/") if path else ""


def _depth(body: bytes) -> int:
    opened = body.count(b"[") + body.count(b"{")
    if opened <= MAX_DEPTH:
        return opened
    depth = deepest = 0
    for byte in _STRINGS.sub(b"", body).translate(None, _NO_BRACKETS):
        if byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(pairs)
    if len(unique) != len(pairs):
        raise InvalidBody
    return unique


def _refuse(constant: str) -> Any:
    raise InvalidBody


def clean(value: Any, pointer: str = "") -> Any:
    """The value with its texts in NFC. Raises `InvalidRequest` for a forbidden character."""
    if isinstance(value, str):
        normal = value if value.isascii() else unicodedata.normalize("NFC", value)
        if not is_clean(normal):
            raise InvalidRequest(FieldError(pointer, "bad_text"))
        return normal
    if isinstance(value, dict):
        return dict(_cleaned(value, pointer))
    if isinstance(value, list):
        return [clean(item, f"{pointer}/{index}") for index, item in enumerate(value)]
    return value


def _cleaned(value: dict[str, Any], pointer: str) -> Iterator[tuple[str, Any]]:
    for name, item in value.items():
        if not is_clean(name):
            raise InvalidRequest(FieldError(pointer, "bad_text"))
        yield name, clean(item, f"{pointer}/{name}")
