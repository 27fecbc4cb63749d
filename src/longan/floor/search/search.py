"""Text as people type it: folded for finding, marked for ranking."""

import re
import unicodedata
from typing import TypeAlias

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


def plain_words(text: str) -> list[str]:
    """The words of `text` as they were spelled, each of [a-z0-9] only."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text)
    return text.lower().translate(LETTERS).split()


def words(text: str) -> list[str]:
    """The words of `text`, each of [a-z0-9] only, its syllables in one spelling (kí as ký)."""
    return [SAME_SYLLABLE.get(word, word) for word in plain_words(text)]


def fold(text: str) -> str:
    """`text` in lower case without marks or punctuation: the form that is stored and searched.

    Only [a-z0-9] and single spaces remain; letters of other scripts become spaces.
    """
    return " ".join(words(text))


def mark(text: str) -> str:
    """`text` in lower case NFC with its marks, tones placed in one way (hoà as hòa): ranks exact hits first."""
    lower = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).lower()).replace("ð", "đ")
    return " ".join(LATE_TONE.sub(lambda found: EARLY_TONE[found[0]], lower).split())


def rank(title_marked: str, title_folded: str, text: str) -> str:
    """SQL: how well a row answers `{marked}` and `{folded}`, what was typed with marks and without. 3 where its title
    has it with the same marks, 2 without them, 1 where the rest of its text has it, 0 where the words stand apart."""
    return f"""(case when strpos(' ' || {title_marked}, ' ' || {{marked}}) > 0 then 3
             when strpos(' ' || {title_folded}, ' ' || {{folded}}) > 0 then 2
             when strpos({text}, {{folded}}) > 0 then 1 else 0 end)"""
