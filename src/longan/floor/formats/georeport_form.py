"""What a partner posts as a GeoReport v2 service request: a form, in UTF-8, each field at most once."""

import re
import unicodedata
from urllib.parse import parse_qsl

import msgspec

from longan.floor.base.errors import FieldError, InvalidRequest, UnsupportedMediaType
from longan.floor.formats.strict_json import is_clean

TAKES = "application/x-www-form-urlencoded"
# 4,000 characters of four bytes, each written as %XX, and the other fields.
MOST_BYTES = 128 * 1024
MOST_FIELDS = 100
FIELDS = frozenset({
    "api_key", "jurisdiction_id", "service_code", "lat", "long", "address_string", "address_id", "email", "device_id",
    "account_id", "first_name", "last_name", "phone", "description", "media_url",
})  # fmt: skip
LONGEST: dict[str, int] = {"description": 4_000, "media_url": 2_000, "address_string": 500}
LONGEST_OTHER = 200
_ATTRIBUTE = re.compile(r"attribute\[([A-Za-z0-9_.-]{1,64})\](\[\])?", re.ASCII)
_CHARSET = re.compile(r';\s*charset\s*=\s*"?([^";]*)"?', re.IGNORECASE)
# Plain text, says the specification: neither HTML nor code.
_MARKUP = re.compile(r"</?[a-z][a-z0-9]*(?:[\s/][^<>]*)?>|<!--|<[?!][a-z]", re.IGNORECASE | re.ASCII)


class Form(msgspec.Struct, frozen=True):
    """What was given, in NFC; what is empty was not given. `attributes` has the answers by the question's code."""

    fields: dict[str, str]
    attributes: dict[str, list[str]]

    def __repr__(self) -> str:
        return "Form(…)"  # it holds a key, and people's names


def read(body: bytes, content_type: str) -> Form:
    """Raises `InvalidRequest` naming each field that is unknown, repeated, too long or not plain text, and
    `UnsupportedMediaType` for another encoding than UTF-8."""
    charset = _CHARSET.search(content_type)
    if charset is not None and charset[1].strip().lower() not in ("", "utf-8", "utf8"):
        raise UnsupportedMediaType
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, strict_parsing=bool(body), errors="strict",
            max_num_fields=MOST_FIELDS,
        )  # fmt: skip
    except ValueError as error:
        raise InvalidRequest(FieldError("", "bad_form")) from error
    fields: dict[str, str] = {}
    attributes: dict[str, list[str]] = {}
    seen: set[str] = set()
    wrong: list[FieldError] = []
    for name, sent in pairs:
        value = unicodedata.normalize("NFC", sent).replace("\r\n", "\n").replace("\r", "\n").strip()
        asked = _ATTRIBUTE.fullmatch(name)
        if code := _fault(name, value, known=asked is not None, repeated=name in seen and not (asked and asked[2])):
            wrong.append(FieldError(f"/{name[:64]}" if is_clean(name) else "", code))
        elif value and asked is not None:
            attributes.setdefault(asked[1], []).append(value)
        elif value:
            fields[name] = value
        seen.add(name)
    if wrong:
        raise InvalidRequest(*wrong[:20])
    return Form(fields, attributes)


def _fault(name: str, value: str, *, known: bool, repeated: bool) -> str | None:
    """What is wrong with a field, as a code of `errors.MESSAGES`."""
    if not known and name not in FIELDS:
        return "unknown"
    if repeated:
        return "repeated"
    if not is_clean(value) or ("\n" in value and name != "description" and not known):
        return "bad_text"
    longest = LONGEST["description"] if known else LONGEST.get(name, LONGEST_OTHER)
    if len(value) > longest:
        return "too_long"
    return "markup" if (known or name == "description") and _MARKUP.search(value) else None
