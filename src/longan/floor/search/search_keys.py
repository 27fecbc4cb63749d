"""Keys of saved searches: of all that a search demands the rarest, so that an index finds the few that may fit.

A key is something that whatever the search finds must have, or one of several: a word (`w:`), the beginning of one
(`p:`), a ward (`a:`), a square of the map (`c:`), an occupation (`o:`), a step of rents (`r:`)… A new thing looks up
its own keys, and only the searches found under them are compared with it. How rare a key is decides about speed only,
never about what fits.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from math import cos, floor, radians

EVERYTHING = "*"
MOST_KEYS = 200
PREFIX_LETTERS = 8  # as saved_searches.word_keys

# Fifths of a degree, some 22 km; a degree of the meridian is at least 110.5 km.
SQUARES_PER_DEGREE = 5
METRES_PER_DEGREE = 110_000
MOST_SQUARES = 64
SHARE_OF_A_SQUARE = 0.05

# What the statistics of PostgreSQL do not list is rarer than what they do.
RARE = 0.0005
SHARE_OF_A_WARD = 0.01
SHARE_OF_A_PARK = 0.02
SHARE_OF_AN_EMPLOYER = 0.0001
SHARE_OF_A_PROVINCE = 0.9

# Steps of 500,000 đồng; all rents from the last one on are in it. Most rooms lie in four or five of them.
RENT_STEP = 500_000
LAST_STEP = 20
SHARE_OF_A_STEP = 0.15

_TOKEN = re.compile(r"\s*(?:([a-z0-9]+)(?::([*A-D]+))?|(<->|<[0-9]+>|[&|!()]))")

Cover = dict[str, float]
"""Keys, each with the share of everything that has it."""


def rarest(covers: Sequence[Cover | None]) -> list[str]:
    """The keys of the rarest of them that is not too long; the key of everything where there is none."""
    usable = [cover for cover in covers if cover is not None and 0 < len(cover) <= MOST_KEYS]
    best = min(usable, key=lambda cover: sum(cover.values()), default=None)
    return [EVERYTHING] if best is None else sorted(best)


def words_of(tsquery: str) -> list[str]:
    """The words and beginnings of words in a query, each once."""
    return list(dict.fromkeys(found[1] for found in _TOKEN.finditer(tsquery) if found[1]))


def of_words(tsquery: str, shares: Mapping[str, float]) -> Cover | None:
    """What a text must have for the query (as queries.tsquery writes it) to find it; None where it may have nothing of
    it, as with `!may`. `shares` say how much of everything has a word."""
    tokens = [(found[1], found[2] or "", found[3]) for found in _TOKEN.finditer(tsquery)]
    return _Reader(tokens, shares).read() if tokens else None


class _Reader:
    """Reads a query by the precedence of PostgreSQL: `!`, `<->`, `&`, `|`."""

    def __init__(self, tokens: Sequence[tuple[str | None, str, str | None]], shares: Mapping[str, float]) -> None:
        self._tokens, self._place, self._shares = tokens, 0, shares

    def read(self) -> Cover | None:
        found = self._either()
        if self._place < len(self._tokens):
            raise ValueError("a query that ends before its end")
        return found

    def _next(self, *operators: str) -> bool:
        """Whether one of these comes next, which is passed then."""
        here = self._tokens[self._place][2] if self._place < len(self._tokens) else None
        met = here is not None and (here in operators or ("<" in operators and here[0] == "<"))
        self._place += met
        return met

    def _either(self) -> Cover | None:
        found = self._all()
        while self._next("|"):
            found = either(found, self._all())
        return found

    def _all(self) -> Cover | None:
        found = self._one()
        # Which of `&` and `<->` binds more closely makes no difference: both demand both sides.
        while self._next("&", "<"):
            found = both(found, self._one())
        return found

    def _one(self) -> Cover | None:
        if self._next("!"):
            self._one()
            return None
        if self._next("("):
            inside = self._either()
            if not self._next(")"):
                raise ValueError("a query with an open bracket")
            return inside
        if self._place >= len(self._tokens) or (word := self._tokens[self._place][0]) is None:
            raise ValueError("a query without a word where one belongs")
        is_beginning = "*" in self._tokens[self._place][1]
        self._place += 1
        if not is_beginning:
            return {f"w:{word}": self._shares.get(word, RARE)}
        share = sum(each for known, each in self._shares.items() if known.startswith(word))
        return {f"p:{word[:PREFIX_LETTERS]}": share or RARE}


def both(one: Cover | None, other: Cover | None) -> Cover | None:
    """Where both are demanded: the rarer."""
    if one is None or other is None:
        return one or other
    return min(one, other, key=lambda cover: sum(cover.values()))


def either(one: Cover | None, other: Cover | None) -> Cover | None:
    """Where one of them is enough."""
    return None if one is None or other is None else one | other


def of_places(places: Sequence[str] | None) -> Cover | None:
    return None if places is None else {f"a:{place}": SHARE_OF_A_WARD for place in places}


def of_province(code: str | None) -> Cover | None:
    return None if code is None else {f"v:{code}": SHARE_OF_A_PROVINCE}


def of_parks(codes: Sequence[str] | None) -> Cover | None:
    return None if codes is None else {f"k:{code}": SHARE_OF_A_PARK for code in codes}


def of_employer(employer: object | None) -> Cover | None:
    return None if employer is None else {f"e:{employer}": SHARE_OF_AN_EMPLOYER}


def of_occupations(codes: Sequence[str] | None) -> Cover | None:
    """A tenth for each digit is too strict: a province has its few trades."""
    return None if codes is None else {f"o:{code}": 0.3 / 2 ** (len(code) - 1) for code in codes}


def of_rents(least: int | None, most: int | None) -> Cover | None:
    """The steps in which such a rent may lie; None for any."""
    if least is None and most is None:
        return None
    last = LAST_STEP if most is None else _step(most)
    return {f"r:{step}": SHARE_OF_A_STEP for step in range(_step(least or 0), last + 1)}


def _step(rent: int) -> int:
    return min(rent // RENT_STEP, LAST_STEP)


def of_circle(lat: float | None, lon: float | None, metres: float | None) -> Cover | None:
    """The squares that a circle touches; None for one so large, or so near to a pole, that there are too many."""
    if lat is None or lon is None or metres is None or abs(lat) > 80:
        return None
    high = metres / METRES_PER_DEGREE
    wide = high / cos(radians(min(abs(lat) + high, 89)))
    if lon - wide < -180 or lon + wide > 180:
        return None
    rows, columns = _squares(lat, high), _squares(lon, wide)
    if len(rows) * len(columns) > MOST_SQUARES:
        return None
    return {f"c:{row}/{column}": SHARE_OF_A_SQUARE for row, column in _each(rows, columns)}


def _squares(middle: float, reach: float) -> range:
    return range(floor((middle - reach) * SQUARES_PER_DEGREE), floor((middle + reach) * SQUARES_PER_DEGREE) + 1)


def _each(rows: range, columns: range) -> Iterator[tuple[int, int]]:
    return ((row, column) for row in rows for column in columns)
