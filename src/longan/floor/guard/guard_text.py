"""Text as the honesty guard reads it: folded words, each with where it stands in the original, whatever its writer has
put between the letters."""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Set
from functools import lru_cache
from typing import NamedTuple

import msgspec

from longan.floor.search.search import LETTERS, SAME_SYLLABLE

LATIN = "abcdefghijklmnopqrstuvwxyz"
# Letters of other scripts that look like ours; small capitals; letters in boxes and discs, and those of flags.
LOOKALIKES = str.maketrans(
    {
        **dict(zip("аеорсхуіѕһкмтнԁɡαοιρν", "aeopcxyishkmthdgaoipv", strict=True)),
        **dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnopqrstuvwyz", strict=True)),
        **{chr(first + place): letter for first in (0x1F150, 0x1F170, 0x1F1E6) for place, letter in enumerate(LATIN)},
    }
)
# What stands for a letter inside a word, and how people write on a phone: fí, phj, zay.
DISGUISES = (
    str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "@": "a", "$": "s", "!": "i"}),
    str.maketrans({"0": "o", "1": "l", "j": "i", "f": "ph", "z": "d", "w": "qu"}),
)
INSIDE_A_WORD = frozenset("@$!")
STOPS = frozenset(".!?;…•|\n\r")

# What a syllable of Vietnamese looks like without its marks; "datcoc" and "ph" are none.
SYLLABLE = re.compile(
    r"(?:ngh|ng|nh|gh|gi|kh|ph|th|tr|ch|qu|[bcdghklmnpqrstvx])?[aeiouy]{1,3}(?:ng|nh|ch|[cmnpt])?", re.ASCII
)
LONGEST_FRAGMENT = 3
MOST_FRAGMENTS = 12
SHORTEST_GLUED = 5


class Word(NamedTuple):
    """`starts` and `ends` of each folded letter in the original; `before`: what separates it from the word before, a
    space, a comma for all that may stand inside a sentence, a full stop, or ~ for one that stands where none ends a
    sentence (t.me, đặt . cọc); `glued`: no space is in between."""

    fold: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    before: str
    glued: bool


class Folded(msgspec.Struct, frozen=True):
    """`line` is what patterns are matched against: the words with a space before each, a comma or a full stop as a word
    of its own; `places` says where in it each word begins."""

    source: str
    words: list[Word]
    line: str
    places: list[int]

    def word_at(self, place: int) -> int:
        """The number of the word that holds a place of the line."""
        return bisect_right(self.places, place) - 1

    def original(self, first: int, last: int) -> str:
        """The words from `first` to `last` as they are spelt in the source, exactly."""
        return self.source[self.words[first].starts[0] : self.words[last].ends[-1]]


@lru_cache(4096)
def letters(char: str) -> str:
    """What a character is folded to: letters, a space for what separates, nothing for what is not seen."""
    return unicodedata.normalize("NFKD", char.lower().translate(LOOKALIKES)).lower().translate(LETTERS)


def folded(text: str, known: Set[str]) -> Folded:
    """`text` as the guard reads it; `known` are the words of the rules, which disguised ones are taken for."""
    words = list(_split(_joined(_told_apart(text), known), known))
    line, places = "", []
    for word in words:
        line += f" {word.before} " if word.before != " " else " "
        places.append(len(line))
        line += word.fold
    return Folded(text, words, line, places)


def _told_apart(text: str) -> Iterator[Word]:
    """The words of a text, where they stand, what lies between them."""
    fold, starts, ends = "", list[int](), list[int]()
    before, glued = " ", False
    for place, char in enumerate(text):
        found = letters(char)
        if found == "":
            if ends and unicodedata.combining(char):  # a mark written by itself belongs to its letter
                ends[-1] = place + 1
            continue
        if char in INSIDE_A_WORD and fold and _beside(text, place, 1).isalpha():
            found = char
        for letter in found:
            if letter != " ":
                fold += letter
                starts.append(place)
                ends.append(place + 1)
                continue
            if fold:
                yield Word(fold, tuple(starts), tuple(ends), before, glued)
                fold, starts, ends, before, glued = "", [], [], " ", True
            before = _stronger(before, _separator(text, place))
            glued = glued and not char.isspace()
    if fold:
        yield Word(fold, tuple(starts), tuple(ends), before, glued)


def _separator(text: str, place: int) -> str:
    char = text[place]
    before, after = _beside(text, place, -1), _beside(text, place, 1)
    if char in ".," and before.isdigit() and after.isdigit():  # 1.500.000 is one number
        return " "
    if char not in STOPS:
        return " " if char.isspace() else ","
    inside = before.isspace() or (before.isalnum() and after.isalnum())
    return "~" if inside and char not in "\n\r" else "."


def _beside(text: str, place: int, step: int) -> str:
    """The next character that is seen, '' at an end."""
    place += step
    while 0 <= place < len(text) and letters(text[place]) == "":
        place += step
    return text[place] if 0 <= place < len(text) else ""


def _stronger(one: str, other: str) -> str:
    return max(one, other, key=" ,~.".index)


def _joined(words: Iterator[Word], known: Set[str]) -> Iterator[Word]:
    """Words that were pulled apart (p h í, c.ọ.c, ph í) are put together where that makes words of the rules."""
    waiting = [part for word in words for part in _plain(word, known)]
    if not known:
        yield from waiting
        return
    broken = [_fragment(word) for word in waiting]
    start = 0
    while start < len(waiting):
        end = start + 1
        if _short(waiting[start]):
            most = min(len(waiting), start + MOST_FRAGMENTS)
            while end < most and _short(waiting[end]) and waiting[end].before != ".":
                end += 1
        first_broken = next((place for place in range(start, end) if broken[place]), end)
        for last in range(end, max(first_broken, start + 1), -1):
            whole = "".join(word.fold for word in waiting[start:last])
            if _is_word(whole, known) or _pieces(whole, known):
                yield _one(waiting[start:last])
                start = last
                break
        else:
            yield waiting[start]
            start += 1


def _short(word: Word) -> bool:
    return len(word.fold) <= LONGEST_FRAGMENT


def _fragment(word: Word) -> bool:
    """Whether it is no word by itself: consonants, or a letter alone."""
    return word.fold.isalpha() and (len(word.fold) == 1 or SYLLABLE.fullmatch(word.fold) is None)


def _is_word(fold: str, known: Set[str]) -> bool:
    return fold in known and SYLLABLE.fullmatch(fold) is not None


def _one(parts: list[Word]) -> Word:
    return Word(
        "".join(part.fold for part in parts),
        tuple(start for part in parts for start in part.starts),
        tuple(end for part in parts for end in part.ends),
        parts[0].before,
        parts[0].glued,
    )


def _plain(word: Word, known: Set[str]) -> Iterator[Word]:
    """A word without its disguise (c0c, fí, phíííí) where it is one of the rules then; as it stands otherwise."""
    for undone in _undone(word.fold):
        if undone in known and word.fold[0].isalpha():
            # Where one letter became two, or several one, the word stands where all of it did.
            whole = (word.starts[0],) * len(undone), (word.ends[-1],) * len(undone)
            yield Word(undone, *whole, word.before, word.glued)
            return
    if INSIDE_A_WORD.isdisjoint(word.fold):
        yield word._replace(fold=SAME_SYLLABLE.get(word.fold, word.fold))
        return
    before, glued, first = word.before, word.glued, 0
    for piece in re.finditer(r"[^@$!]+", word.fold):
        if piece.start() > first:
            before, glued = ",", True
        first = piece.end()
        yield Word(
            SAME_SYLLABLE.get(piece[0], piece[0]), word.starts[piece.start() : first], word.ends[piece.start() : first],
            before, glued,
        )  # fmt: skip


def _undone(fold: str) -> Iterator[str]:
    if (shorter := re.sub(r"(.)\1+$", r"\1", fold)) != fold:
        yield shorter
    if fold.isascii() and fold.isalpha() and SYLLABLE.fullmatch(fold) is not None:
        return
    for disguise in DISGUISES:
        yield shorter.translate(disguise)


def _split(words: Iterator[Word], known: Set[str]) -> Iterator[Word]:
    """Words that were written as one (datcoc, datcoc500k) are taken apart."""
    for word in words:
        amount = word.fold.lstrip(LATIN)
        spelt = word.fold.removesuffix(amount)
        pieces = _pieces(spelt, known) if word.fold not in known else None
        if pieces is None:
            yield word
            continue
        start = 0
        for piece in (*pieces, amount) if amount else pieces:
            end = start + len(piece)
            before, glued = (word.before, word.glued) if start == 0 else (" ", True)
            yield Word(piece, word.starts[start:end], word.ends[start:end], before, glued)
            start = end


@lru_cache(4096)
def _cut(fold: str, known: Set[str]) -> tuple[str, ...] | None:
    for end in range(min(7, len(fold)), 1, -1):
        if _is_word(fold[:end], known):
            rest = _cut(fold[end:], known) if end < len(fold) else ()
            if rest is not None:
                return (fold[:end], *rest)
    return None


def _pieces(fold: str, known: Set[str]) -> tuple[str, ...] | None:
    """The words of the rules of which a long word that is no syllable is made, None when it is not."""
    if not SHORTEST_GLUED <= len(fold) <= 40 or not fold.isalpha() or SYLLABLE.fullmatch(fold):
        return None
    return _cut(fold, known)
