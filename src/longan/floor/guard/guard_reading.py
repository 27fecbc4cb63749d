"""What the rules of the honesty guard find in a text: pure, and the same for the same text and day."""

import re
from collections.abc import Iterator, Mapping
from datetime import date

import msgspec

from longan.floor.guard.guard_rules import MONEY, Book, Compiled
from longan.floor.guard.guard_text import Folded, folded
from longan.floor.search.search import fold

# A quote is a sentence, or so many words of it around what was found: whoever decides reads what it is about, and a
# change nearby is a new quote.
AROUND = 12
MOST_QUOTES = 3
# As far back as a denial can stand.
REACH = 200

_MONEY_SOON = re.compile(rf"(?: [a-z]+){{0,3}} {MONEY}(?![a-z0-9])", re.ASCII)


class Read(msgspec.Struct, frozen=True):
    """`quote` stands in `field` exactly so; both null for what was found by other means, of which `fact` says enough
    to tell it from another."""

    rule: str
    weight: int
    field: str | None = None
    quote: str | None = None
    fact: str = ""

    @property
    def known_as(self) -> str:
        """By what an official's acceptance knows it again."""
        return self.fact if self.quote is None else fold(self.quote)


def read(fields: Mapping[str, str], book: Book, day: date) -> list[Read]:
    """What stands in the fields, in the order of the rules, at most three quotes of each."""
    texts = {name: folded(text, book.known) for name, text in fields.items()}
    found = []
    for compiled in book.on(day):
        quotes = dict.fromkeys(
            (name, quote) for name, text in texts.items() for quote in _quotes(text, compiled, book.denials)
        )
        rule = compiled.rule
        found += [Read(rule.id, rule.weight, name, quote) for name, quote in list(quotes)[:MOST_QUOTES]]
    return found


def _quotes(text: Folded, compiled: Compiled, denials: re.Pattern[str]) -> Iterator[str]:
    excused = [found.span() for exception in compiled.exceptions for found in _each(exception, text.line)]
    for pattern in compiled.patterns:
        for found in _each(pattern, text.line):
            start, end = found.span()
            if any(start < until and since < end for since, until in excused):
                continue
            if not _denied(text.line, start, end, denials):
                yield sentence(text, text.word_at(start), text.word_at(end - 1))


def _each(pattern: re.Pattern[str], line: str) -> Iterator[re.Match[str]]:
    """Every occurrence, those that overlap too: what is excused must not hide what is not."""
    place = 0
    while (found := pattern.search(line, place)) is not None:
        yield found
        place = found.start() + 1


def _denied(line: str, start: int, end: int, denials: re.Pattern[str]) -> bool:
    found = denials.search(line, max(0, start - REACH), start)
    if found is None or found["yet"] is not None:
        return False
    # "Không phí hồ sơ, đặt cọc 500k" denies the one and not the other.
    return "," not in found[0] or _MONEY_SOON.match(line, end) is None


def sentence(text: Folded, first: int, last: int) -> str:
    """The sentence around the words from `first` to `last`, or the part of it around them, as it is spelt."""
    words = text.words
    begin, close = first, last
    while begin > max(0, first - AROUND) and words[begin].before != ".":
        begin -= 1
    while close < min(len(words) - 1, last + AROUND) and words[close + 1].before != ".":
        close += 1
    return text.original(begin, close)
