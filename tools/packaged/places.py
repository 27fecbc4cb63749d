"""Units of the old and the new list, and the way between them."""

from collections.abc import Iterator

from longan.floor.search import search

from .files import Row, line

OLD_VERSION = "2024-12-01"
OLD_ENDED_ON = "2025-06-30"
NEW_VERSION = "2025-07-01"

VERSIONS_HEADER = ("version", "name", "ended_on")
VERSIONS = (
    (OLD_VERSION, "Danh mục 63 tỉnh, thành phố với cấp huyện", OLD_ENDED_ON),
    (NEW_VERSION, "Danh mục 34 tỉnh, thành phố, hai cấp", None),
)

UNITS_HEADER = ("version", "code", "level", "name", "type", "short_name", "fold", "parent_code", "province_code",
                "lat", "lon", "area_km2")  # fmt: skip
SUCCESSIONS_HEADER = ("old_version", "old_code", "new_version", "new_code", "kind", "detail")


def units(version: str, rows: list[Row]) -> Iterator[tuple[str, ...]]:
    for row in rows:
        short = line(row["short_name"])
        yield (
            version, row["code"], row["level"], line(row["name"]), line(row["type"]), short, search.fold(short),
            row["parent_code"], row["province_code"], row.get("lat", ""), row.get("lon", ""), row.get("area_km2", ""),
        )  # fmt: skip


def successions(pairs: list[Row], island_districts: list[Row]) -> Iterator[tuple[str, ...]]:
    """Old unit to new unit; `partial` whenever an old commune was divided in any way."""
    for pair in pairs:
        kind = "whole" if pair["kind"] == "whole" else "partial"
        yield OLD_VERSION, pair["old_code"], NEW_VERSION, pair["new_code"], kind, pair["kind"]
    for district in island_districts:
        yield OLD_VERSION, district["old_district_code"], NEW_VERSION, district["new_code"], "whole", "whole"
