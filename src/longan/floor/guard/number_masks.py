"""Numbers of persons in free words: phones, identity papers, accounts and dossiers become dots.

Whoever writes of an office writes their phone beside it, in whatever way keeps a form from refusing it: in groups, in
digits of another script, in words. What has eight digits in a row is taken for such a number, whatever but words stands
between them; amounts of money are left, for they may be what was asked outside the rules, and so are days and times.
"""

import re
import unicodedata
from collections.abc import Iterator

from longan.floor.guard.guard_text import letters

MASK = "••••"
# A landline has ten digits, an old identity number nine, an account as few as eight.
FEWEST_DIGITS = 8

SPOKEN = frozenset((
    "khong", "mot", "hai", "ba", "bon", "tu", "nam", "lam", "sau", "bay", "tam", "chin",
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
))  # fmt: skip
# Said between two digits: không chín mươi hai.
BETWEEN = frozenset({"muoi", "linh", "le"})

_WORD = re.compile(r"[^\W_]+")
_LEFT = re.compile(
    # 1.500.000, 15 000 000, 15000000: whole thousands, and the word for money behind.
    r"(?<![\w.,])[1-9](?:[0-9]{0,2}(?:[., ][0-9]{3}){0,2}[., ]000|[0-9]{0,4}000)(?=\s*(?:đồng|dong|đ|vnđ|vnd|₫)(?!\w))"
    r"|(?<![\w/.:-])[0-3]?[0-9]([/.-])[01]?[0-9]\1(?:19|20)[0-9]{2}(?![\w/.:-]?[0-9])"
    r"|(?<![\w/.:-])[0-2]?[0-9][:hg][0-5][0-9](?![\w/.:-]?[0-9])",
    re.IGNORECASE,
)


def masked(text: str) -> str:
    """The text in NFC, without what is not seen, and with `MASK` in the place of whatever may be a person's number."""
    seen = "".join(char for char in unicodedata.normalize("NFC", text) if letters(char) != "")
    plain = "".join(map(_digit, seen))
    made, told = "", 0
    for start, end in _runs(plain):
        made, told = made + seen[told:start] + MASK, end
    return made + seen[told:]


def _digit(char: str) -> str:
    """A digit of any script as ours."""
    digit = unicodedata.digit(char, None)
    return char if digit is None else str(digit)


def _runs(plain: str) -> Iterator[tuple[int, int]]:
    """Where enough digits stand in a row."""
    left = [found.span() for found in _LEFT.finditer(plain)]
    begun, ended, digits = 0, 0, 0
    for word in _WORD.finditer(plain):
        start, end = word.span()
        many = 0 if any(since <= start < until for since, until in left) else _digits(word[0])
        if many is None:
            continue
        if many:
            begun, ended, digits = (begun if digits else start), end, digits + many
            continue
        if digits >= FEWEST_DIGITS:
            yield begun, ended
        digits = 0
    if digits >= FEWEST_DIGITS:
        yield begun, ended


def _digits(word: str) -> int | None:
    """How many digits a word is; None for one that is said between them."""
    if any(char.isdigit() for char in word):
        # In a number the letter o is a nought.
        return sum(char.isdigit() or char in "oO" for char in word)
    fold = "".join(letters(char) for char in word)
    if fold in BETWEEN:
        return None
    return 1 if fold in SPOKEN or word in "oO" else 0
