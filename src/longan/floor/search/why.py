"""Why something was found: the words of a text, as they are spelled there, that answer a query."""

import re
import unicodedata
from collections.abc import Iterator, Sequence

from longan.floor.search.queries import Query, Term
from longan.floor.search.search import words

_WORD = re.compile(r"\w+")


def matched(query: Query, text: str) -> list[str]:
    """Each run of words that answer the query, once, in the order of the text."""
    text = unicodedata.normalize("NFC", text)
    spelled = [(found.start(), found.end(), folded) for found in _WORD.finditer(text) for folded in words(found[0])]
    folded = [each[2] for each in spelled]
    hits = {number for terms in query.alternatives for term in terms for number in _hits(term, folded)}
    runs: list[tuple[int, int]] = []
    for number in sorted(hits):
        start, end, _ = spelled[number]
        if number - 1 in hits:
            runs[-1] = (runs[-1][0], end)
        else:
            runs.append((start, end))
    return list(dict.fromkeys(text[start:end] for start, end in runs))


def _hits(term: Term, folded: Sequence[str]) -> Iterator[int]:
    for phrase in term.phrases():
        for start in range(len(folded) - len(phrase) + 1):
            if tuple(folded[start : start + len(phrase)]) == phrase:
                yield from range(start, start + len(phrase))
    if term.begun is not None:
        for number, word in enumerate(folded):
            if len(term.words) == 1 and word.startswith((term.begun, term.words[-1])):
                yield number
