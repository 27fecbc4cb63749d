"""What means the same: abbreviations, and the words of workers and citizens beside those of employers and the law."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import pairwise

from longan.floor.search.search import Phrase, words


def _table(name: str) -> Iterator[dict[str, str]]:
    yield from csv.DictReader((files("longan.reference") / "data" / name).read_text(encoding="utf-8").splitlines())


@cache
def others() -> Mapping[Phrase, tuple[Phrase, ...]]:
    """Each known phrase with the phrases that mean the same: abbreviations both ways, synonyms as their table says."""
    known: dict[Phrase, list[Phrase]] = {}

    def add(phrase: Phrase, other: Phrase) -> None:
        found = known.setdefault(phrase, [])
        if other != phrase and other not in found:
            found.append(other)

    synonyms = []
    for row in _table("synonyms.csv"):
        phrase, means = tuple(words(row["phrase"])), tuple(words(row["means"]))
        synonyms.append((phrase, means))
        if row["both"] == "1":
            synonyms.append((means, phrase))
    for phrase, means in synonyms:
        add(phrase, means)
    for row in _table("abbreviations.csv"):
        short, full = tuple(words(row["abbreviation"])), tuple(words(row["expansion"]))
        add(short, full)
        for phrase, means in synonyms:
            if phrase == full:
                add(short, means)
        # A word alone (xã, quận) or one of several readings would bring more noise than hits.
        if row["ambiguous"] == "0" and len(full) > 1:
            add(full, short)
    return {phrase: tuple(found) for phrase, found in known.items() if found}


@cache
def compounds() -> frozenset[Phrase]:
    """Words of two syllables that the tables know. They are written as two, but neither is meant alone: "công nhân" is
    not "công ty" with "nhân viên"."""
    columns = (("synonyms.csv", "phrase"), ("synonyms.csv", "means"), ("abbreviations.csv", "expansion"))
    phrases = (tuple(words(row[column])) for table, column in columns for row in _table(table))
    return frozenset(phrase for phrase in phrases if len(phrase) == 2)


def compounds_in(said: Sequence[str]) -> Iterator[str]:
    """The compounds among the words, each written as one: "congnhan". PostgreSQL finds that at once; two words side by
    side it finds by reading every text that has both."""
    return (one + other for one, other in pairwise(said) if (one, other) in compounds())


def known_phrases(said: Sequence[str], longest: int = 99) -> Iterator[tuple[int, int, tuple[Phrase, ...]]]:
    """Cuts the words into the longest known phrases of at most so many words, from the left: start, end, other words
    for it."""
    known = others()
    longest = min(longest, max(map(len, known)))
    start = 0
    while start < len(said):
        for end in range(min(len(said), start + longest), start, -1):
            phrase = tuple(said[start:end])
            if (found := known.get(phrase, ())) or phrase in compounds():
                break
        else:
            end, found = start + 1, ()
        yield start, end, found
        start = end
