"""Occupations by the words of titles: which group of VSCO a title speaks of, as far as its words say so.

A title is folded, and what stands in front of its first dash or bracket is looked at before the whole of it: places,
conditions and pay come later in titles. The rules are tried in the order of the file; a phrase fits in whole words, one
with `^` only at the beginning.
"""

import csv
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from longan.floor.search.search import fold

IN_FRONT = re.compile(r"^(?:\s*[(\[][^)\]]*[)\]])*[\s\-–|:]*")
REST = re.compile(r"\s[-–|]\s|[(\[|]")


@cache
def rules() -> tuple[tuple[str, str], ...]:
    """Folded phrases with the code each speaks for, in the order in which they are tried."""
    return tuple(_rules())


def _rules() -> Iterator[tuple[str, str]]:
    content = (files("longan.reference") / "data" / "occupation_words.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(content.splitlines()):
        for phrase in row["words"].split("|"):
            yield f"{'^' if phrase.startswith('^') else ''} {fold(phrase)} ", row["code"]


def of_title(title: str) -> str | None:
    """The code that the first fitting rule gives, None where no rule fits."""
    head = REST.split(IN_FRONT.sub("", title, count=1), maxsplit=1)[0]
    return _first(head) or _first(title)


def _first(text: str) -> str | None:
    padded = f"^ {fold(text)} "
    return next((code for phrase, code in rules() if phrase in padded), None)


def spoken(q: str) -> list[str]:
    """Codes of the groups for which people say `q`, begun or whole."""
    padded = f" {fold(q)}"
    if not padded.strip():
        return []
    return sorted({code for phrase, code in rules() if padded in phrase or phrase.lstrip("^") in f"{padded} "})
