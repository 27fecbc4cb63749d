"""What the honesty guard knows again: phone numbers, kept as a keyed hash only, and passages of text."""

import re
from collections.abc import Iterator
from contextlib import suppress
from hashlib import blake2b
from unicodedata import normalize

import msgspec

from longan.floor.base.errors import InvalidRequest
from longan.floor.base.phones import canonical
from longan.floor.guard.guard_rules import Limits
from longan.floor.guard.guard_text import Folded, folded
from longan.floor.setup.crypto import Sealed

PASSAGE_WORDS = 8
# Of two texts that share half of their passages the twelve smallest hashes of the one hold some of the other's, but for
# one pair in thousands; whether they do share them is then read.
SKETCH = 12
LONGEST_QUOTE = 40

_PHONE = re.compile(r"(?<!\w)(?:\+?84|[0oO])(?:[ .()\-_]{0,2}[0-9oO]){8,10}(?![0-9])")
_LETTER_O = str.maketrans("oO_", "00 ")


class Phone(msgspec.Struct, frozen=True):
    """A number as it is spelt in a field, and the keyed hash by which it is known again."""

    index: bytes
    field: str
    quote: str


def phones_in(fields: dict[str, str], sealed: Sealed) -> list[Phone]:
    """The mobile numbers of a posting, each once. The hash is another than that by which an account is found, so that
    a posting leads to nobody."""
    found: dict[bytes, Phone] = {}
    for field, text in fields.items():
        # Digits of another width are the same digits, and stand at the same place.
        plain = "".join(normalize("NFKC", char) if len(normalize("NFKC", char)) == 1 else char for char in text)
        for spelt in _PHONE.finditer(plain):
            with suppress(InvalidRequest):
                index = sealed.index("posting|" + canonical(spelt[0].translate(_LETTER_O)))
                found.setdefault(index, Phone(index, field, text[spelt.start() : spelt.end()]))
    return list(found.values())


def passages(text: Folded) -> list[int]:
    """A hash of each eight words in a row, in their order: 64 bits with a sign, as PostgreSQL has them."""
    words = [word.fold for word in text.words]
    rows = (" ".join(words[start : start + PASSAGE_WORDS]) for start in range(len(words) - PASSAGE_WORDS + 1))
    return [int.from_bytes(blake2b(row.encode(), digest_size=8).digest(), signed=True) for row in rows]


def sketch(text: str, limits: Limits) -> list[int]:
    """By what a text is known again; nothing for one that is too short to say whose it is."""
    found = set(passages(plain(text)))
    return sorted(found)[:SKETCH] if len(found) >= limits.copied_passages else []


def plain(text: str) -> Folded:
    """A text as it is compared with others: nothing in it is taken for a word of the rules."""
    return folded(text, frozenset())


def copied(text: str, other: str, limits: Limits) -> str | None:
    """The longest part of `text` that stands in `other`, as it is spelt, when enough of it does."""
    mine, theirs = plain(text), set(passages(plain(other)))
    own = passages(mine)
    shared = len(set(own) & theirs)
    if shared < limits.copied_passages or shared < limits.copied_share * len(set(own)):
        return None
    start, length = max(_runs([passage in theirs for passage in own]), key=lambda run: run[1])
    return mine.original(start, start + min(length + PASSAGE_WORDS - 1, LONGEST_QUOTE) - 1)


def same(text: str, other: str, limits: Limits) -> bool:
    """Whether `text` says what `other` does: word for word where it is short, in large part where it is long."""
    return plain(text).line == plain(other).line or copied(text, other, limits) is not None


def _runs(shared: list[bool]) -> Iterator[tuple[int, int]]:
    """Where each run of passages begins that are all shared, and how long it is."""
    start = 0
    while start < len(shared):
        end = start
        while end < len(shared) and shared[end]:
            end += 1
        if end > start:
            yield start, end - start
        start = end + 1
