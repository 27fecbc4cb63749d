"""What a procedure is found by: its words, the words of workers for it, whom it is for, and where it holds."""

import csv
import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Literal, TypeAlias, get_args

import msgspec

from longan.floor.procedures.procedures import Audience, Level
from longan.floor.search.search import fold
from longan.floor.search.searchable import searchable

Who: TypeAlias = Literal[
    "worker", "tenant", "landlord", "household_business", "employer", "foreigner", "parent", "student", "elderly",
    "disabled", "merit", "poor", "land_user", "driver", "farmer", "overseas_vietnamese",
]  # fmt: skip

# The people's committee of a province, a city, or a centre of theirs.
_LOCAL = re.compile(r"^(?:ubnd|uy ban nhan dan|trung tam phuc vu hanh chinh cong) (?:tinh|thanh pho) (.+)$")


class Group(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """People by one of their names for themselves, and what procedures of theirs are known by: field codes, words of
    the name, groups of workers' procedures, who may file at which level, codes; `never` are words that rule them out.
    """

    vi: str
    en: str
    fields: frozenset[str] = frozenset()
    names: tuple[str, ...] = ()
    groups: frozenset[str] = frozenset()
    codes: frozenset[str] = frozenset()
    audiences: frozenset[str] = frozenset()
    audience_levels: frozenset[str] = frozenset()
    never: tuple[str, ...] = ()


class FoundBy(msgspec.Struct, frozen=True):
    """The columns of `services.procedures` that are made from others. `search_text` and `name_marked` are those of
    `searchable`: the name, the field with the agency, the words of workers with the code, the compounds."""

    search_text: str
    name_marked: str
    who: list[Who]
    local_to: str | None


def found_by(
    *, code: str, name: str, field_code: str, field: str, agency: str, audience: Sequence[Audience],
    levels: Sequence[Level], worker_group: str | None,
) -> FoundBy:  # fmt: skip
    """What a procedure with these columns is found by."""
    found = searchable(name, f"{field} {agency}", [spoken(code), code])
    local = _LOCAL.match(fold(agency))
    said = f" {fold(name)} "

    def holds(words: Sequence[str]) -> bool:
        return any(f" {fold(phrase)} " in said for phrase in words)

    def is_for(group: Group) -> bool:
        if code in group.codes:
            return True
        if holds(group.never):
            return False
        may_file = not (group.audiences.isdisjoint(audience) or group.audience_levels.isdisjoint(levels))
        return field_code in group.fields or worker_group in group.groups or holds(group.names) or may_file

    who = [key for key, group in groups().items() if is_for(group)]
    return FoundBy(found.search_text, found.title_marked, who, local[1] if local else None)


@cache
def groups() -> Mapping[Who, Group]:
    """All groups in their order."""
    read = tomllib.loads((files("longan.reference") / "data" / "who_am_i.toml").read_text("utf-8"))
    known = msgspec.convert(read, dict[str, Group])
    return {key: known[key] for key in get_args(Who)}


def spoken(code: str) -> str:
    """The words of workers for a procedure, "" for those they have none for."""
    return _spoken().get(code, "")


@cache
def _spoken() -> Mapping[str, str]:
    text = (files("longan.reference") / "data" / "worker_words.csv").read_text("utf-8")
    return {row["code"]: row["words"] for row in csv.DictReader(text.splitlines())}
