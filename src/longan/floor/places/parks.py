"""Industrial parks by the names that people write: KCN Đức Hòa III, khu công nghiệp Đức Hoà 3."""

from collections.abc import Iterable

from longan.floor.search.search import words

ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6"}
KINDS = {("khu", "cong", "nghiep"): "kcn", ("cum", "cong", "nghiep"): "ccn"}


def fold(name: str) -> str:
    """As `search.fold`, with the kind abbreviated and a Roman number after the first word in figures."""
    found = words(name)
    for long, short in KINDS.items():
        for start in range(len(found) - len(long), -1, -1):
            if tuple(found[start : start + len(long)]) == long:
                found[start : start + len(long)] = [short]
    return " ".join(ROMAN.get(word, word) if place else word for place, word in enumerate(found))


def named_in(text: str, folds: Iterable[tuple[str, str]]) -> str | None:
    """The code of the one park that `text` names with its kind, None for none. Of names that hold each other the
    longest is meant. `folds` are codes with folded names, which begin with the kind."""
    padded = f" {fold(text)} "
    found = [(len(name), code) for code, name in folds if f" {name} " in padded]
    return max(found)[1] if found else None
