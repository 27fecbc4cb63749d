"""Places inside a query: "công nhân may đức hòa" also means the wards of now in which the old Đức Hòa lies."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from longan.floor.places.ward import readings

LONGEST = 6
"""Words of a name, its type among them."""


class InPlace(msgspec.Struct, frozen=True):
    """The wards that a query names, and at which of its words it does."""

    wards: list[str]
    positions: frozenset[int]


def candidates(said: Sequence[str | None]) -> list[str]:
    """What might name a place, as `job_search.places_named` is asked: "type/fold", the type empty when any will do.
    None stands for a word that names none."""
    return list(dict.fromkeys(name for _, _, name in _names(said)))


def read(said: Sequence[str | None], found: Mapping[str, list[str]]) -> InPlace | None:
    """Which words name the places that were `found`, with their wards: the longest names first. Where one place is
    named beside another ("phường 3 tân an"), the wards are those of both."""
    positions: set[int] = set()
    wards: set[str] | None = None
    every: set[str] = set()
    spans: dict[tuple[int, int], set[str]] = {}
    for start, end, name in _names(said):
        if name in found:
            spans.setdefault((start, end), set()).update(found[name])
    for (start, end), named in sorted(spans.items(), key=lambda each: (each[0][0] - each[0][1], each[0][0])):
        if not positions & set(range(start, end)):
            positions |= set(range(start, end))
            every |= named
            wards = named if wards is None else wards & named
    return InPlace(sorted(wards or every), frozenset(positions)) if positions else None


def _names(said: Sequence[str | None]) -> Iterator[tuple[int, int, str]]:
    for start in range(len(said)):
        for end in range(start + 1, min(len(said), start + LONGEST) + 1):
            name = said[start:end]
            if None in name:
                break
            for reading in readings(" ".join(word for word in name if word)):
                # A syllable or a number alone is too many other things.
                if reading.type is not None or " " in reading.fold:
                    yield start, end, f"{reading.type or ''}/{reading.fold}"
