"""Lists of the state that postings speak by: occupations, industrial parks, minimum wages and their regions."""

import re
from collections.abc import Iterator

from longan.floor.places import parks as park_names
from longan.floor.search import search

from .files import Row, line
from .places import NEW_VERSION

OCCUPATIONS_HEADER = ("code", "level", "name", "fold", "parent")
PARKS_HEADER = ("code", "name", "fold", "kind", "ward_version", "ward_code", "lat", "lon", "area_ha", "source")
MINIMUM_WAGES_HEADER = ("valid_from", "valid_to", "region", "month_vnd", "hour_vnd", "decree")
WAGE_REGIONS_HEADER = ("ward_version", "ward_code", "valid_from", "region", "decree")

# NĐ 128/2025/NĐ-CP wrote the regions by the wards that came into force with it; NĐ 293/2025/NĐ-CP repeats its list.
REGIONS_VALID_FROM = "2025-07-01"
SAME_LIST = re.compile(r"(NĐ \S+) \(same list as (NĐ [\d/]+)\)")


def occupations(rows: list[Row]) -> Iterator[tuple[str, ...]]:
    for row in rows:
        name = line(row["name"])
        yield row["code"], row["level"], name, search.fold(name), row["parent"]


def parks(rows: list[Row]) -> Iterator[tuple[str, ...]]:
    """The code is ours: kind and folded name; the lists of the state number no parks."""
    for row in rows:
        name = line(row["name"])
        fold = park_names.fold(f"{row['kind']} {name}")
        yield (
            fold.replace(" ", "-"), name, fold, row["kind"], NEW_VERSION, row["new_commune_code"],
            row["lat"], row["lon"], row["area_ha"], f"{line(row['source'])} ({row['status'].replace('_', ' ')})",
        )  # fmt: skip


def minimum_wages(rows: list[Row]) -> Iterator[tuple[str, ...]]:
    for row in rows:
        yield tuple(row[column] for column in MINIMUM_WAGES_HEADER)


def wage_regions(rows: list[Row]) -> Iterator[tuple[str, ...]]:
    for row in rows:
        decree = SAME_LIST.sub(r"\2/NĐ-CP, \1", row["decree"])
        yield NEW_VERSION, row["code"], REGIONS_VALID_FROM, row["region"], decree
