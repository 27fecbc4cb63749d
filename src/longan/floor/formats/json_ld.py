"""JSON-LD (W3C Recommendation, 2020) as far as its syntax goes: a document's nodes, and each node's members as they
were written. No context is ever fetched.

The text of a member is a slice of what came: numbers keep their digits, objects their order, and nothing has to be
written again to be handed on.
"""

import json
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from longan.floor.base.errors import InvalidBody
from longan.floor.formats import strict_json
from longan.floor.formats.sheets import FileEmpty, FileTooLarge, demand_utf8

MOST_NODES = 1_000
MOST_MEMBERS = 250_000
"""Commas and brackets of a document, those in texts too."""
MOST_NODE = 32 * 1024
"""Characters of a node."""
MOST_TYPES = 10
CONTEXTS = frozenset({"https://schema.org", "https://schema.org/", "http://schema.org", "http://schema.org/"})

_SPACE = " \t\r\n"


class Member(msgspec.Struct, frozen=True):
    """`text` is the value as it was written; in `value` a number that is not whole is a `Decimal`."""

    name: str
    text: str
    value: Any


def _no_number(constant: str) -> Any:
    raise ValueError(constant)


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:  # its exponent has too many digits
        return None


_DECODER = json.JSONDecoder(parse_float=_number, parse_constant=_no_number)


def nodes(body: bytes) -> list[str]:
    """The text of each node: of one object, of an array, or of a `@graph`, whose `@context` is written into them.

    Raises `NotUtf8`, `InvalidBody`, `FileTooLarge`, `FileEmpty`.
    """
    demand_utf8(body)
    if sum(map(body.count, (b",", b"{", b"["))) > MOST_MEMBERS:
        raise FileTooLarge("members", MOST_MEMBERS)
    body = body.removeprefix(b"\xef\xbb\xbf")
    value = strict_json.loads(body)
    text = body.decode()
    found = _elements(text) if isinstance(value, list) else [text.strip(_SPACE)]
    if isinstance(value, dict) and isinstance(value.get("@graph"), list):
        envelope = {member.name: member for member in members(text)}
        found, context = _elements(envelope["@graph"].text), envelope.get("@context")
        if context is not None and len(context.text) > MOST_NODE:
            raise FileTooLarge("context_characters", MOST_NODE)
    elif isinstance(value, dict | list):
        context = None
    else:
        raise InvalidBody
    if not found:
        raise FileEmpty
    if len(found) > MOST_NODES:
        raise FileTooLarge("postings", MOST_NODES)
    # Written into each of them only now: a long one and many nodes would be as much as both multiplied.
    return found if context is None else [_with_context(node, context.text) for node in found]


def members(node: str) -> list[Member]:
    """Of the text of an object that `strict_json.loads` has read, in their order."""
    return [Member(name, node[begin:end], value) for name, begin, end, value in _walk(node)]


def _walk(node: str) -> Iterator[tuple[str, int, int, Any]]:
    at = _skip(node, 0) + 1
    while node[at := _skip(node, at)] != "}":
        if node[at] == ",":
            at = _skip(node, at + 1)
        name, at = _DECODER.raw_decode(node, at)
        begin = _skip(node, _skip(node, at) + 1)
        value, at = _DECODER.raw_decode(node, begin)
        yield name, begin, at, value


def _elements(array: str) -> list[str]:
    found: list[str] = []
    at = _skip(array, 0) + 1
    while array[at := _skip(array, at)] != "]":
        if array[at] == ",":
            at = _skip(array, at + 1)
        _, end = _DECODER.raw_decode(array, at)
        found.append(array[at:end])
        at = end
    return found


def _skip(text: str, at: int) -> int:
    while text[at] in _SPACE:
        at += 1
    return at


def _with_context(node: str, context: str) -> str:
    if not node.startswith("{") or any(name == "@context" for name, *_ in _walk(node)):
        return node
    rest = node[1:].lstrip(_SPACE)
    return f'{{"@context": {context}{"" if rest == "}" else ", "}{rest}'


def is_of(value: Any, kind: str) -> bool:
    """Whether a `@type` names a type of schema.org, alone or among others."""
    names = value if isinstance(value, list) else [value]
    accepted = {kind, f"schema:{kind}", f"https://schema.org/{kind}", f"http://schema.org/{kind}"}
    return any(isinstance(name, str) and name in accepted for name in names)


def speaks_schema_org(context: Any, terms: frozenset[str]) -> bool:
    """Whether `terms` mean in a `@context` what they mean in schema.org: it is named first, and nothing beside it says
    otherwise."""
    first, *others = context if isinstance(context, list) and context else [context]
    if not _is_schema_org(first.get("@vocab") if isinstance(first, dict) else first):
        return False
    besides = [*others, first] if isinstance(first, dict) else others
    return all(
        isinstance(each, dict) and not terms & each.keys() and ("@vocab" not in each or _is_schema_org(each["@vocab"]))
        for each in besides
    )


def _is_schema_org(name: Any) -> bool:
    return isinstance(name, str) and name in CONTEXTS
