"""What differs between two versions of a procedure, part by part, and how to get from one to the other.

`applied(differences(a, b), a)` is `b` in every part that is compared; the code is what makes them one procedure.
"""

from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from typing import Any, Literal, TypeAlias

import msgspec

from longan.floor.procedures.procedures import Procedure

Kind = Literal["added", "removed", "changed", "moved"]
Part: TypeAlias = Literal[
    "name", "field", "agency", "levels", "online_level", "audience", "kind", "decision_number", "life_event",
    "worker_group", "service_groups", "executing_agencies", "authorities", "coordinating_agencies", "channels",
    "fee_min", "fee_max", "methods", "cases", "documents", "results", "legal_basis", "conditions", "steps",
    "source_url", "is_complete", "updated_on", "captured_on", "code_valid", "field_code", "agency_code", "level",
    "documents_total",
]  # fmt: skip

Key: TypeAlias = Callable[[Any], object]
# By what an element of before is known again among those of now; the first that finds one decides.
_KEYS: dict[str, tuple[Key, ...]] = {
    "methods": (lambda m: (m["channel"], m["note"]), lambda m: m["channel"]),
    "cases": (lambda c: c["name"],),
    "documents": (
        lambda d: (d["case"], d["code"], d["name"]),
        lambda d: (d["code"], d["name"]),
        lambda d: (d["case"], d["code"]) if d["code"] else None,
        lambda d: (d["case"], d["name"]),
        lambda d: d["name"],
    ),
    "results": (lambda r: r["code"], lambda r: r["name"]),
    "legal_basis": (lambda t: t["code"], lambda t: t["name"]),
}  # fmt: skip
_LISTS = frozenset((
    "levels", "audience", "service_groups", "executing_agencies", "authorities", "coordinating_agencies", "channels",
    "steps", *_KEYS,
))  # fmt: skip
# In the order in which people read them; the rest follows.
_ORDER: tuple[Part, ...] = (
    "name", "documents", "methods", "cases", "steps", "conditions", "results", "legal_basis", "levels", "online_level",
    "audience", "executing_agencies", "authorities", "coordinating_agencies", "agency", "field", "decision_number",
    "kind", "service_groups", "life_event", "worker_group", "source_url", "is_complete", "channels", "fee_min",
    "fee_max", "documents_total", "level", "field_code", "agency_code", "code_valid", "updated_on", "captured_on",
)  # fmt: skip
# They follow from others, or say when it was written down: of their own they are no change.
FOLLOWING = frozenset(
    ("channels", "fee_min", "fee_max", "documents_total", "level", "code_valid", "updated_on", "captured_on")
)


class Difference(msgspec.Struct, frozen=True):
    """One element of a list, or one value. `before_at` and `after_at` are its places in the lists of before and after,
    null of what was not in it, and of values that are no lists."""

    part: Part
    kind: Kind
    before: Any
    after: Any
    before_at: int | None = None
    after_at: int | None = None


def differences(before: Procedure, after: Procedure) -> list[Difference]:
    """Everything that differs, in the order in which people read it."""
    was, now = msgspec.to_builtins(before), msgspec.to_builtins(after)
    found: list[Difference] = []
    for part in _ORDER:
        if was[part] == now[part]:
            continue
        if part in _LISTS:
            found += _of_lists(part, was[part], now[part])
        else:
            found.append(Difference(part, "changed", was[part], now[part]))
    return found


def parts(found: Sequence[Difference]) -> list[str]:
    """Which parts changed, without those that only follow from others."""
    return list(dict.fromkeys(each.part for each in found if each.part not in FOLLOWING))


def applied(found: Sequence[Difference], before: Procedure) -> Procedure:
    """What `before` becomes. Raises `ValueError` for differences of another version."""
    made = msgspec.to_builtins(before)
    for part in dict.fromkeys(each.part for each in found):
        of_it = [each for each in found if each.part == part]
        if part in _LISTS:
            made[part] = _list_after(made[part], of_it)
        else:
            if made[part] != of_it[0].before:
                raise ValueError(part)
            made[part] = of_it[0].after
    return msgspec.convert(made, Procedure)


def _of_lists(part: Part, was: list[Any], now: list[Any]) -> list[Difference]:
    left: list[int] = []
    come: list[int] = []
    pairs: list[tuple[int, int]] = []
    matcher = SequenceMatcher(None, [_text(each) for each in was], [_text(each) for each in now], autojunk=False)
    for operation, a, b, c, d in matcher.get_opcodes():
        if operation != "equal":
            left += range(a, b)
            come += range(c, d)
            if part == "steps":
                pairs += zip(range(a, b), range(c, d), strict=False)
    pairs = _paired(part, was, now, left, come, pairs)
    found = [Difference(part, "moved" if was[a] == now[b] else "changed", was[a], now[b], a, b) for a, b in pairs]
    taken, given = {a for a, _ in pairs}, {b for _, b in pairs}
    found += [Difference(part, "removed", was[a], None, a) for a in left if a not in taken]
    found += [Difference(part, "added", None, now[b], None, b) for b in come if b not in given]
    return sorted(found, key=lambda each: (each.after_at is None, each.after_at or 0, each.before_at or 0))


def _paired(
    part: Part, was: list[Any], now: list[Any], left: Sequence[int], come: Sequence[int],
    beside: list[tuple[int, int]],
) -> list[tuple[int, int]]:  # fmt: skip
    """What stands elsewhere now, and what is still the same thing and says something else."""
    pairs = _met(_text, [(a, was[a]) for a in left], [(b, now[b]) for b in come])
    taken, given = {a for a, _ in pairs}, {b for _, b in pairs}
    pairs += [(a, b) for a, b in beside if a not in taken and b not in given]
    taken, given = {a for a, _ in pairs}, {b for _, b in pairs}
    for key in _KEYS.get(part, ()):
        more = _met(key, [(a, was[a]) for a in left if a not in taken], [(b, now[b]) for b in come if b not in given])
        taken |= {a for a, _ in more}
        given |= {b for _, b in more}
        pairs += more
    return pairs


def _met(key: Key, before: Sequence[tuple[int, Any]], after: Sequence[tuple[int, Any]]) -> list[tuple[int, int]]:
    """The places of those that have one key, each once, in their order."""
    waiting: dict[object, list[int]] = {}
    for place, element in before:
        if (known := key(element)) is not None:
            waiting.setdefault(known, []).append(place)
    pairs = []
    for place, element in after:
        known = key(element)
        if known is not None and waiting.get(known):
            pairs.append((waiting[known].pop(0), place))
    return pairs


def _list_after(was: list[Any], found: Sequence[Difference]) -> list[Any]:
    gone = {each.before_at for each in found if each.before_at is not None}
    if any(was[at : at + 1] != [each.before] for each in found if (at := each.before_at) is not None):
        raise ValueError(found[0].part)
    made = [element for place, element in enumerate(was) if place not in gone]
    for each in sorted((each for each in found if each.after_at is not None), key=lambda each: each.after_at or 0):
        made.insert(each.after_at or 0, each.after)
    return made


def _text(element: Any) -> bytes:
    return msgspec.json.encode(element)
