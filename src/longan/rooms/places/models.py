"""Nouns of the room: a ward of today, and where an older place went."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from longan.floor.base.fields import Day, ProvinceCode, WardCode
from longan.floor.postings.drafts import ParkCode

Version = Annotated[Day, Meta(description="The day on which the list of units came into force")]


class Ward(msgspec.Struct, frozen=True):
    """A ward of the list in force now. `lat` and `lon` are its centroid, degrees."""

    ward_code: WardCode
    name: str
    type: str
    province_code: ProvinceCode
    province: str
    lat: float | None
    lon: float | None
    version: Version


class WardPage(msgspec.Struct, frozen=True):
    items: list[Ward]
    next_cursor: str | None


class Park(msgspec.Struct, frozen=True):
    """An industrial park (`kind` KCN) or cluster (CCN). `lat` and `lon` are the middle of its ward, degrees: good for
    sorting, not for driving there. `area_ha` is null where nobody says it; `source` tells how sure the entry is."""

    code: ParkCode
    name: str
    kind: str
    ward_code: WardCode
    ward: str
    province_code: ProvinceCode
    lat: float
    lon: float
    area_ha: float | None
    source: str


class ParkPage(msgspec.Struct, frozen=True):
    items: list[Park]
    next_cursor: str | None


class Origin(msgspec.Struct, frozen=True):
    """The place that was asked for; `district` is null where there is none above it."""

    version: Version
    code: str
    level: str
    name: str
    district: str | None
    province: str
    province_code: ProvinceCode


class Successor(msgspec.Struct, frozen=True, rename={"origin": "from"}):
    """A ward of now in which the place lies, wholly or in part. `detail` is the finer kind as the source has it:
    `whole`, `partial`, `partial_area` (a part of its land), `partial_area_all_people` (that, and all its people)."""

    ward_code: WardCode
    name: str
    province_code: ProvinceCode
    kind: Literal["whole", "partial"]
    detail: str
    origin: Origin


class Resolution(msgspec.Struct, frozen=True):
    """`divided`: the place lies in several wards, and only the person knows in which; never take the first."""

    divided: bool
    items: list[Successor]
