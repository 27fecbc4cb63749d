"""A JobPosting node as others write it: what we understand becomes the values of a draft, and what not is named."""

from collections.abc import Sequence

import msgspec

from longan.floor.base.errors import FieldError, InvalidRequest
from longan.floor.formats import json_ld, strict_json
from longan.floor.formats.json_ld import Member
from longan.floor.postings.job_sheets import hashed
from longan.floor.postings.job_terms import OWN, TERMS, Unread, Values, Wrong, says


class Node(msgspec.Struct):
    """What a node says: `values` as `drafts.Draft` has them, `place` in words where no ward is named; `unread` are the
    members that became no field; `organisation` the name of who hires."""

    source_key: str
    values: Values
    place: str | None
    wrong: list[FieldError]
    unread: list[str]
    organisation: str | None


def read(text: str) -> Node:
    """A node as `json_ld.nodes` gives it."""
    node = Node("", {}, None, [], [], None)
    if len(text) > json_ld.MOST_NODE or not text.startswith("{"):
        node.source_key = hashed(text)
        node.wrong.append(FieldError("", "too_long" if text.startswith("{") else "wrong_type"))
        return node
    found = json_ld.members(text)
    node.source_key = hashed({member.name: member.text for member in found})
    node.wrong.extend(_strange(found))
    if node.wrong:
        return node
    for member in found:
        _take(node, member)
    # Few who write JobPosting say how many they seek; who offers a job seeks one at least.
    if not any(error.pointer.startswith("/totalJobOpenings") for error in node.wrong):
        node.values.setdefault("openings", 1)
    if node.values.keys() & {"contract", "week_hours"}:  # these say more than FULL_TIME does
        node.unread = [name for name in node.unread if name != "employmentType"]
    return node


def _strange(found: Sequence[Member]) -> list[FieldError]:
    """What keeps a node from being read at all."""
    named = {member.name: member.value for member in found}
    try:
        strict_json.clean(named)
    except InvalidRequest as error:
        return list(error.errors)
    kinds = named.get("@type")
    if isinstance(kinds, list) and len(kinds) > json_ld.MOST_TYPES:
        return [FieldError("/@type", "too_long")]
    if not json_ld.is_of(kinds, "JobPosting"):
        return [FieldError("/@type", "not_one_of" if "@type" in named else "required")]
    if not json_ld.speaks_schema_org(named.get("@context"), TERMS):
        return [FieldError("/@context", "not_one_of" if "@context" in named else "required")]
    return []


def _take(node: Node, member: Member) -> None:
    try:
        said = says(member)
    except Unread:
        node.unread.append(member.name)
        return
    except Wrong as wrong:
        node.wrong.append(FieldError(f"/{member.name}{wrong.error.pointer}", wrong.error.code))
        return
    node.unread.extend(said.pop("unread", []))
    node.organisation = said.pop("organisation", node.organisation)
    node.source_key = said.pop("source_key", node.source_key)
    node.place = said.pop("place", node.place)
    # Our own terms say exactly what schema.org's say nearly.
    own = member.name.startswith(OWN)
    if "pay" in said:
        known, told = node.values.get("pay", {}), said.pop("pay")
        node.values["pay"] = {**known, **told} if own else {**told, **known}
    node.values = {**node.values, **said} if own else {**said, **node.values}
