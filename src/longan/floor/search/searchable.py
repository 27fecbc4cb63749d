"""What a posting is found by, as it is stored."""

from collections.abc import Iterable

import msgspec

from longan.floor.search.search import fold, mark
from longan.floor.search.synonyms import compounds_in


class Searchable(msgspec.Struct, frozen=True):
    """The search columns of a posting.

    `search_text` has four lines: the title, the employer's name and what else it is found by, each as `fold` writes it,
    and the compounds of these three as one word each, for the index. `title_marked` is the title as `mark` writes it.
    """

    search_text: str
    title_marked: str


def searchable(title: str, employer_name: str, also: Iterable[str] = ()) -> Searchable:
    """What a posting is found by; `also` are its skills.

    The description is not among it: in a language of some two thousand syllables, those of a long text answer every
    query.
    """
    lines = [fold(title), fold(employer_name), fold(" ".join(also))]
    compounds = dict.fromkeys(compound for line in lines for compound in compounds_in(line.split()))
    return Searchable("\n".join([*lines, " ".join(compounds)]), mark(title))
