"""Typing errors: which of the words that look alike was meant."""

from collections.abc import Iterable

SHORTEST = 3
MOST = 4


def nearest(typed: str, words: Iterable[str]) -> list[str]:
    """Those that are at most one slip of the finger away, of a long word two; the nearest first, at most 4."""
    if len(typed) < SHORTEST or any(letter.isdigit() for letter in typed):
        return []
    allowed = 1 if len(typed) < 6 else 2
    near = ((slips(typed, word), number, word) for number, word in enumerate(words) if len(word) >= SHORTEST)
    return [word for _, _, word in sorted(each for each in near if each[0] <= allowed)[:MOST]]


def slips(one: str, other: str) -> int:
    """How many letters are missing, too many, wrong, or have changed places with the next one (Damerau, each letter
    touched once)."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, left in enumerate(one, 1):
        row = [i]
        for j, right in enumerate(other, 1):
            least = min(last[j] + 1, row[-1] + 1, last[j - 1] + (left != right))
            if i > 1 and j > 1 and left == other[j - 2] and one[i - 2] == right:
                least = min(least, before[j - 2] + 1)
            row.append(least)
        before, last = last, row
    return last[-1]
