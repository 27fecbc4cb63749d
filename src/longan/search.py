"""Text as people type it: folded for finding, marked for ranking, turned into a query for PostgreSQL."""

import csv
import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import TypeAlias

WORDS_IN_A_QUERY = 12
LETTERS_IN_A_WORD = 64

# Both spellings of these whole syllables are in use (kí / ký, quí / quý, công ti / công ty). Other syllables in -i are
# other words than those in -y (tai / tay, mai / may), so they are left alone.
SAME_SYLLABLE = {"hi": "hy", "ki": "ky", "li": "ly", "mi": "my", "qui": "quy", "si": "sy", "ti": "ty"}

# Letters that no normalisation takes apart; eth stands in for đ in text typed with a foreign keyboard.
WHOLE_LETTERS = {"đ": "d", "ð": "d", "ø": "o", "ł": "l", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i"}

TONED = {"a": "àáảãạ", "e": "èéẻẽẹ", "y": "ỳýỷỹỵ", "o": "òóỏõọ", "u": "ùúủũụ"}
LATE_TONE = re.compile(f"o[{TONED['a']}{TONED['e']}](?!\\w)|(?<!q)u[{TONED['y']}](?!\\w)")
EARLY_TONE = {
    first + late: TONED[first][tone] + second
    for first, second in (("o", "a"), ("o", "e"), ("u", "y"))
    for tone, late in enumerate(TONED[second])
}

Phrase: TypeAlias = tuple[str, ...]


class Letters(dict[int, str | None]):
    """What `str.translate` does with each character after compatibility decomposition."""

    def __missing__(self, code: int) -> str | None:
        return None if unicodedata.category(chr(code)) in ("Mn", "Me", "Cf") else " "


LETTERS = Letters(
    {ord(letter): letter for letter in "abcdefghijklmnopqrstuvwxyz0123456789"}
    | {ord(letter): plain for letter, plain in WHOLE_LETTERS.items()}
    | dict.fromkeys(range(0x300, 0x370))
)


def _plain_words(text: str) -> list[str]:
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text)
    return text.lower().translate(LETTERS).split()


def words(text: str) -> list[str]:
    """The words of `text`, each of [a-z0-9] only."""
    return [SAME_SYLLABLE.get(word, word) for word in _plain_words(text)]


def fold(text: str) -> str:
    """`text` in lower case without marks or punctuation: the form that is stored and searched.

    Only [a-z0-9] and single spaces remain; letters of other scripts become spaces.
    """
    return " ".join(words(text))


def mark(text: str) -> str:
    """`text` in lower case NFC with its marks, tones placed in one way (hoà as hòa): ranks exact hits first."""
    lower = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).lower()).replace("ð", "đ")
    return " ".join(LATE_TONE.sub(lambda found: EARLY_TONE[found[0]], lower).split())


def _table(name: str) -> Iterator[dict[str, str]]:
    yield from csv.DictReader((files("longan.reference") / "data" / name).read_text(encoding="utf-8").splitlines())


@cache
def _other_words() -> Mapping[Phrase, tuple[Phrase, ...]]:
    """Each known phrase with the phrases that mean the same: abbreviations both ways, and citizens' own words."""
    others: dict[Phrase, list[Phrase]] = {}

    def add(phrase: Phrase, other: Phrase) -> None:
        known = others.setdefault(phrase, [])
        if other != phrase and other not in known:
            known.append(other)

    synonyms = [(tuple(words(row["phrase"])), tuple(words(row["means"]))) for row in _table("synonyms.csv")]
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
    return {phrase: tuple(known) for phrase, known in others.items() if known}


def _known_phrases(query: list[str]) -> Iterator[tuple[int, int, tuple[Phrase, ...]]]:
    """Cuts `query` into the longest known phrases from the left: start, end, other words for it."""
    known = _other_words()
    longest = max(map(len, known))
    start = 0
    while start < len(query):
        for end in range(min(len(query), start + longest), start, -1):
            if others := known.get(tuple(query[start:end])):
                break
        else:
            end, others = start + 1, ()
        yield start, end, others
        start = end


def tsquery(q: str) -> str:
    """A query for `to_tsquery('simple', …)` over folded text, '' when nothing is left of `q`.

    Every word must occur, the last one at least as a prefix; abbreviations and synonyms are alternatives. At most
    12 words of at most 64 letters are used.
    """
    typed = [word[:LETTERS_IN_A_WORD] for word in _plain_words(q)[:WORDS_IN_A_QUERY]]
    query = [SAME_SYLLABLE.get(word, word) for word in typed]
    terms = list(query)
    if terms:
        # Whoever has typed "ki" may be on the way to "kinh", which "ky" is no prefix of.
        terms[-1] = f"{query[-1]}:*" if typed[-1] == query[-1] else f"({query[-1]} | {typed[-1]}:*)"
    parts = []
    for start, end, others in _known_phrases(query):
        own = " & ".join(terms[start:end])
        if others:
            own = own if end - start == 1 else f"({own})"
            phrases = [phrase[0] if len(phrase) == 1 else f"({' <-> '.join(phrase)})" for phrase in others]
            own = f"({' | '.join([own, *phrases])})"
        parts.append(own)
    return " & ".join(parts)
