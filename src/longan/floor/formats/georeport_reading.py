"""What other endpoints of GeoReport v2 answer, read without belief: in JSON or XML, of bounded size and depth.

The parser is Python's own expat. A document type is refused as soon as it begins, and with it every entity of its own
and everything that lies elsewhere: there is nothing to expand and nothing to fetch.
"""

import re
from collections.abc import Iterator
from typing import Any, Literal
from xml.parsers import expat

import msgspec

from longan.floor.base.errors import Problem
from longan.floor.formats import strict_json
from longan.floor.formats.georeport import ITEMS, Format, RequestStatus, plain

MOST_BYTES = 1024 * 1024
MOST_DEPTH = 12
LONGEST_NOTES = 2_000
# In an address and in a column of ours.
REFERENCE = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._:~-]{0,63}", re.ASCII)
# What `Content-Type` may say of each format; the wild speaks application/xml for text/xml.
ACCEPTED: dict[Format, frozenset[str]] = {
    "json": frozenset({"application/json"}),
    "xml": frozenset({"text/xml", "application/xml"}),
}


class NotBelieved(Exception):
    """Not of the form that was agreed. Repeats nothing that came."""


class Given(msgspec.Struct, frozen=True):
    """The answer to a report or to the question for its token: one of them at least."""

    service_request_id: str | None
    token: str | None


class Seen(msgspec.Struct, frozen=True):
    """What is said of a report that somebody else has."""

    service_request_id: str
    status: RequestStatus
    status_notes: str | None
    description: str | None


class _Node:
    __slots__ = ("children", "name", "text")

    def __init__(self, name: str) -> None:
        self.name = name
        self.text: list[str] = []
        self.children: list[_Node] = []


def given(body: bytes, form: Format) -> Given:
    """What became of a report. Raises `NotBelieved`."""
    record = _the_one(body, form)
    request, token = _reference(record, "service_request_id"), _reference(record, "token")
    if request is None and token is None:
        raise NotBelieved("neither an id nor a token")
    return Given(request, token)


def seen(body: bytes, form: Format) -> list[Seen]:
    """The reports of a list. One that is not of the form spoils all: it would be believed in part only. Raises
    `NotBelieved`."""
    return [_seen(record) for record in _records(body, form, "service_requests")]


def faults(body: bytes, form: Format) -> int:
    """How many errors a refusal names; 0 for what is no refusal in the form of the specification."""
    try:
        return sum("description" in record for record in _records(body, form, "errors"))
    except NotBelieved:
        return 0


def _seen(record: dict[str, Any]) -> Seen:
    request = _reference(record, "service_request_id")
    status = (_text(record, "status") or "").lower()
    known: dict[str, Literal["open", "closed"]] = {"open": "open", "closed": "closed"}
    if request is None or status not in known:
        raise NotBelieved("a report without id or status")
    notes = " ".join(plain(_text(record, "status_notes") or "").split())
    if not strict_json.is_clean(notes):
        notes = ""
    return Seen(request, known[status], notes[:LONGEST_NOTES] or None, _text(record, "description"))


def _the_one(body: bytes, form: Format) -> dict[str, Any]:
    records = _records(body, form, "service_requests")
    if len(records) != 1:
        raise NotBelieved("not about one report")
    return records[0]


def _reference(record: dict[str, Any], name: str) -> str | None:
    text = _text(record, name)
    if text is not None and REFERENCE.fullmatch(text) is None:
        raise NotBelieved(f"{name} of another form")
    return text


def _text(record: dict[str, Any], name: str) -> str | None:
    """Numbers stand where texts should: the specification's own examples have them."""
    value = record.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if abs(value) < 10**18 else "?"
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise NotBelieved(f"{name} of another type")
    return value.strip() or None


def _records(body: bytes, form: Format, root: str) -> list[dict[str, Any]]:
    if len(body) > MOST_BYTES:
        raise NotBelieved("too long")
    if form == "xml":
        return list(_of_xml(body, root))
    try:
        value = strict_json.loads(body)
    except Problem:
        raise NotBelieved("no JSON") from None
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise NotBelieved("no array of objects")
    return value


def _of_xml(body: bytes, root: str) -> Iterator[dict[str, Any]]:
    tree = _tree(body)
    if tree.name != root:
        raise NotBelieved("another root")
    for item in tree.children:
        if item.name != ITEMS[root]:
            raise NotBelieved("another element")
        record: dict[str, Any] = {}
        for child in item.children:
            if child.name in record:
                raise NotBelieved("an element twice")
            record[child.name] = [] if child.children else "".join(child.text)
        yield record


def _tree(body: bytes) -> _Node:
    """Raises `NotBelieved` for whatever is no small document in UTF-8 without a document type."""
    top = _Node("")
    path = [top]

    def begin(name: str, attributes: object) -> None:
        if len(path) > MOST_DEPTH:
            raise NotBelieved("too deep")
        node = _Node(name)
        path[-1].children.append(node)
        path.append(node)

    def end(name: str) -> None:
        path.pop()

    def text(piece: str) -> None:
        path[-1].text.append(piece)

    def refuse(*_: object) -> int:
        raise NotBelieved("a document type")

    parser = expat.ParserCreate(encoding="utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = begin
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    parser.SkippedEntityHandler = refuse
    try:
        body.decode("utf-8", "strict")
        parser.Parse(body, True)
    except (expat.ExpatError, ValueError):
        raise NotBelieved("no XML") from None
    return top.children[0]
