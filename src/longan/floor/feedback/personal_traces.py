"""Traces of persons in words that are to be public: telephones, numbers of persons and accounts, addresses of mail,
plates of vehicles, and what may be a name.

What has the form of a number is certain enough to be refused. A name is not: it is taken out of a proposal, and whoever
approves the words decides.
"""

import re
from collections.abc import Iterator
from typing import Literal
from unicodedata import normalize

import msgspec

from longan.floor.base.fields import Count

Kind = Literal["email", "plate", "number", "name"]

HIDDEN = "•••"
# Shorter ones are house numbers, amounts and hotlines (1022, 113).
FEWEST_DIGITS = 8
# Some are written as the letter O.
FEWEST_PLAIN = 6

# Each begins where a run of its letters begins: looked for from every letter, a long run would be read again and again.
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+\s?@\s?[\w-]+(?:\s?\.\s?[\w-]+)+")
# 62-A1 123.45, 51F-123.45, 62A 1234
_PLATE = re.compile(
    r"(?<!\w)[1-9][0-9](?:"
    r"\s?-?\s?[A-ZĐ]{1,2}[0-9]?\s?[-. ]?\s?[0-9]{3}\.?[0-9]{1,2}"
    r"|-?[a-zđ]{1,2}[0-9]?[-. ]?[0-9]{3}\.[0-9]{2}|-[a-zđ][a-zđ0-9]?[-. ]?[0-9]{4,5}|[a-zđ][0-9]?-[0-9]{4,5})(?!\w)"
)
# Also behind a word that it is stuck to: sđt0901234567.
_NUMBER = re.compile(r"(?:(?<!\w)|(?<![0-9])(?=[0-9]))\+?[0-9oO](?:[ .()\-_–]{0,3}[0-9oO]){6,}(?![0-9])")
_DATE = re.compile(r"(?:0?[1-9]|[12][0-9]|3[01])([.\-])(?:0?[1-9]|1[0-2])\1(?:19|20)[0-9]{2}")
_GROUPED = re.compile(r"[1-9][0-9]{0,2}(?:\.[0-9]{3})+")
_AMOUNT_AFTER = re.compile(r"\s?(?:đ|đồng|vnd|vnđ|usd|m2|m²|m3|m³|kg|km|tấn)(?!\w)", re.IGNORECASE)
_BEFORE_A_NAME = re.compile(
    r"(?<!\w)(?:ông|bà|anh|chị|em|cô|chú|bác|cậu|dì|cháu|thầy|tên|tôi tên là|tên là)\s+", re.IGNORECASE
)
_CAPITALISED = re.compile(r"\s?([^\W\d_]+)")


class Trace(msgspec.Struct, frozen=True):
    """Where in a text it stands, in characters: from `start` up to `end`."""

    kind: Kind
    start: Count
    end: Count


def found(text: str) -> list[Trace]:
    """Everything in a text that leads to a person, in its order, none within another."""
    # Digits and letters of another width are the same ones, and stand at the same place.
    plain = "".join(folded if len(folded := normalize("NFKC", char)) == 1 else char for char in text)
    ordered = sorted(_every(plain), key=lambda trace: (trace.start, -trace.end))
    kept: list[Trace] = []
    for trace in ordered:
        if not kept or trace.start >= kept[-1].end:
            kept.append(trace)
    return kept


def certain(text: str) -> list[Trace]:
    """Those which nobody may publish."""
    return [trace for trace in found(text) if trace.kind != "name"]


def redacted(text: str) -> str:
    """The text with HIDDEN in the place of every trace."""
    shown, last = "", 0
    for trace in found(text):
        shown += text[last : trace.start] + HIDDEN
        last = trace.end
    return shown + text[last:]


def _every(text: str) -> Iterator[Trace]:
    for kind, pattern in (("email", _EMAIL), ("plate", _PLATE)):
        for match in pattern.finditer(text):
            yield Trace(kind, match.start(), match.end())  # type: ignore[arg-type]
    for match in _NUMBER.finditer(text):
        if _leads_to_somebody(match[0], text[match.end() :]):
            yield Trace("number", match.start(), match.end())
    for match in _BEFORE_A_NAME.finditer(text):
        end, words = match.end(), 0
        while (word := _CAPITALISED.match(text, end)) and word[1].istitle():
            end, words = word.end(), words + 1
        if words >= 1:
            yield Trace("name", match.end(), end)


def _leads_to_somebody(number: str, after: str) -> bool:
    plain = sum(char in "0123456789" for char in number)
    digits = re.sub(r"[^0-9]", "", number.translate(str.maketrans("oO", "00")))
    if len(digits) < FEWEST_DIGITS or plain < FEWEST_PLAIN or _DATE.fullmatch(number):
        return False
    is_amount = digits[0] != "0" and (_GROUPED.fullmatch(number) or _AMOUNT_AFTER.match(after))
    return not is_amount
