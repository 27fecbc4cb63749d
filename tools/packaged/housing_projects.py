"""Projects of social housing and houses for workers, as the press has them."""

import re
from collections.abc import Iterator

from longan.floor.search import search

from .files import Row, line

HEADER = (
    "code", "name", "kind", "state", "note", "place", "ward_code", "units", "people", "land_m2", "source",
    "source_year", "as_of",
)  # fmt: skip
AS_OF = "2026-11-22"
_STATE = re.compile(r"(planned|building|operating)(?: \((.+)\))?")
_SOURCE = re.compile(r"(\S+) (20[0-9]{2})")


def projects(rows: list[Row]) -> Iterator[tuple[str, ...]]:
    """The code is ours: the folded name; no list of the state numbers them."""
    for row in rows:
        name = line(row["name"])
        state, source = _STATE.fullmatch(row["state"]), _SOURCE.fullmatch(row["source"])
        if state is None or source is None:
            raise ValueError(f"{name}: a state or a source of another form")
        yield (
            search.fold(name).replace(" ", "-"), name, row["kind"], state[1], state[2] or "", line(row["place"]),
            row["new_commune_code"], row["units"], row["people"], row["land_m2"], source[1], source[2], AS_OF,
        )  # fmt: skip
