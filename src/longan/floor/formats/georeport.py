"""The nouns of Open311 GeoReport v2, field by field, and how they are written in JSON and in XML.

http://wiki.open311.org/GeoReport_v2 and http://wiki.open311.org/Service_Discovery. XML has no namespace; JSON is XML by
the Spark convention: the outermost container falls away, a container of like elements is an array, what is empty is
null. Both are written from the same values, so that they say the same: characters that XML 1.0 cannot hold are in
neither, and line breaks are line feeds.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal
from xml.sax.saxutils import escape

import msgspec

from longan.floor.base.errors import MESSAGES, Problem

Format = Literal["json", "xml"]
ServiceType = Literal["realtime", "batch", "blackbox"]
Datatype = Literal["string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"]
RequestStatus = Literal["open", "closed"]

SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
KINDS: dict[Format, str] = {"json": "application/json; charset=utf-8", "xml": "text/xml; charset=utf-8"}
LONGEST_DESCRIPTION = 4_000
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
# What an element of a container is called.
ITEMS = {
    "services": "service", "attributes": "attribute", "values": "value", "service_requests": "request",
    "errors": "error", "endpoints": "endpoint", "formats": "format",
}  # fmt: skip

_JURISDICTION = re.compile(r"([a-z0-9][a-z0-9.-]{0,63})=([0-9]{2})", re.ASCII)
# XML 1.0, production 2 (Char), without the carriage return, which readers turn into a line feed.
_UNWRITABLE = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Open311Service(msgspec.Struct, frozen=True):
    """GET services. `metadata`: it has a service definition."""

    service_code: str
    service_name: str
    description: str | None
    metadata: bool
    type: ServiceType
    keywords: str | None
    group: str | None


class AttributeValue(msgspec.Struct, frozen=True):
    key: str
    name: str


class ServiceAttribute(msgspec.Struct, frozen=True):
    """A question of a service. `variable` is false for words that are only shown; `order` begins with 1."""

    variable: bool
    code: str
    datatype: Datatype
    required: bool
    datatype_description: str | None
    order: int
    description: str | None
    values: list[AttributeValue]


class ServiceDefinition(msgspec.Struct, frozen=True):
    """GET services/{service_code}."""

    service_code: str
    attributes: list[ServiceAttribute]


class CreatedRequest(msgspec.Struct, frozen=True):
    """The answer to POST requests where there is an id at once."""

    service_request_id: str
    service_notice: str | None
    account_id: str | None


class CreatedToken(msgspec.Struct, frozen=True):
    """The answer to POST requests where somebody looks at it first."""

    token: str
    service_notice: str | None
    account_id: str | None


class RedeemedToken(msgspec.Struct, frozen=True):
    """GET tokens/{token}; without an id as long as there is none."""

    service_request_id: str | None
    token: str


class ServiceRequest(msgspec.Struct, frozen=True):
    """GET requests. Coordinates are WGS 84, in degrees."""

    service_request_id: str
    status: RequestStatus
    status_notes: str | None
    service_name: str
    service_code: str
    description: str | None
    agency_responsible: str | None
    service_notice: str | None
    requested_datetime: datetime
    updated_datetime: datetime
    expected_datetime: datetime | None
    address: str | None
    address_id: str | None
    zipcode: str | None
    lat: float | None
    long: float | None
    media_url: str | None


class Open311Error(msgspec.Struct, frozen=True):
    """One of the errors of a refusal."""

    code: int
    description: str


class DiscoveryEndpoint(msgspec.Struct, frozen=True):
    specification: str
    url: str
    changeset: str
    type: Literal["production", "test"]
    formats: list[str]


class Discovery(msgspec.Struct, frozen=True):
    """The document of service discovery."""

    changeset: str
    contact: str
    key_service: str
    endpoints: list[DiscoveryEndpoint]


Written = (
    Open311Service | ServiceDefinition | CreatedRequest | CreatedToken | RedeemedToken | ServiceRequest | Open311Error
    | Discovery
)  # fmt: skip


def plain(text: str) -> str:
    """The text as both formats can hold it."""
    return _UNWRITABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def written(root: str, content: Written | Sequence[Written], form: Format) -> bytes:
    """`content` as a document; `root` is the outermost element, which JSON does not have."""
    value = _plain(msgspec.to_builtins(content))
    if form == "json":
        return msgspec.json.encode(value)
    return (DECLARATION + _element(root, value)).encode()


def format_of(path: str) -> Format:
    """By the ending of a path; XML is the one that everybody must speak."""
    return "json" if path.endswith(".json") else "xml"


def jurisdictions(text: str, home: str) -> dict[str, str]:
    """Province codes by jurisdiction_id, of `tayninh.gov.vn=80, angiang.gov.vn=91`; without any, the province `home`
    under its code. Raises `ValueError` for another form."""
    found: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        known = _JURISDICTION.fullmatch(part)
        if known is None or known[1] in found:
            raise ValueError(part)
        found[known[1]] = known[2]
    return found or {home: home}


def moment(at: datetime) -> datetime:
    """To the second, in UTC: W3C-DTF with `Z`."""
    return at.astimezone(UTC).replace(microsecond=0)


def refused(problem: Problem, locale: str, path: str) -> tuple[int, str, bytes]:
    """A refusal as the specification has it: status, content type and the array of errors, in the format of `path`.

    404 is for what does not exist, 403 for a key, 400 for anything else that a client did. Whoever is too fast, or
    comes while we are away, is told so by the status of HTTP: 400 would mean that the same must not be tried again.
    """
    status = problem.status if problem.status in (403, 404, 429) or problem.status >= 500 else 400
    english = locale == "en"
    words = problem.en if english else problem.vi
    told = [f"{words} ({each.pointer.lstrip('?/')}: {MESSAGES[each.code][english]})" for each in problem.errors]
    form = format_of(path)
    return status, KINDS[form], written("errors", [Open311Error(status, each) for each in told or [words]], form)


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return plain(value) or None
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value


def _element(name: str, value: Any) -> str:
    if value is None or value == []:
        return f"<{name}/>"
    if isinstance(value, dict):
        content = "".join(_element(each, inner) for each, inner in value.items())
    elif isinstance(value, list):
        content = "".join(_element(ITEMS[name], each) for each in value)
    elif isinstance(value, str):
        content = escape(value)
    else:
        # As JSON has it: true, 1, 10.5438.
        content = msgspec.json.encode(value).decode()
    return f"<{name}>{content}</{name}>"
