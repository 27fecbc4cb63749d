"""Projects of social housing and houses for workers, as the press has them: facts with their source and its year."""

import csv
from datetime import date
from functools import cache
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from longan.floor.base.fields import Count, Day, WardCode
from longan.floor.pay_and_days.dated_rules import packaged

ProjectKind = Literal["social_housing", "worker_housing", "worker_dorm"]
ProjectState = Literal["planned", "building", "operating"]


class HousingProject(msgspec.Struct, frozen=True):
    """`units` are flats or rooms, `people` those it is built for, `land_m2` its land; null is what the source does not
    say. `state` is that of the `source`'s day, not of today; `note` what the source adds to it. `as_of` is when it was
    gathered."""

    code: str
    name: str
    kind: ProjectKind
    state: ProjectState
    note: str | None
    place: str | None
    ward_code: WardCode | None
    units: Count | None
    people: Count | None
    land_m2: Annotated[float, Meta(ge=0)] | None
    source: str
    source_year: Annotated[int, Meta(ge=2000, le=2100, extra_json_schema={"format": "int32"})]
    as_of: Day


@cache
def projects() -> list[HousingProject]:
    """Those in the package, in the order of the list. Raises `msgspec.ValidationError` for a row that is none."""
    rows = csv.DictReader(packaged("housing_projects.csv").decode().splitlines())
    return [read(row) for row in rows]


def read(row: dict[str, str]) -> HousingProject:
    known = {name: value or None for name, value in row.items()}
    return msgspec.convert(known | {"as_of": date.fromisoformat(row["as_of"])}, HousingProject, strict=False)
