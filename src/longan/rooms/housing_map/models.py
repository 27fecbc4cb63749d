"""Nouns of the room."""

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from longan.floor.base.fields import Count, Identifier
from longan.floor.housing.housing_listings import Kind
from longan.floor.pay_and_days.pay import Amount

Degrees = Annotated[float, Meta(description="Degrees")]


class HousingCluster(msgspec.Struct, frozen=True):
    """So many places in one cell of the map, with their middle. Of a single one `housing_id`, kind and rent."""

    lat: Degrees
    lon: Degrees
    count: Count
    housing_id: Identifier | None
    kind: Kind | None
    rent: Amount | None


class HousingClusters(msgspec.Struct, frozen=True):
    """Every cell of `level` that the box touches and in which there is a place: a cell is 64 pixels wide at the zoom
    that was asked for. With `at_least` there are more matches than the 5,000 that were counted."""

    level: Count
    total: Count
    at_least: bool
    clusters: list[HousingCluster]


class Shown(msgspec.Struct, frozen=True):
    """A cluster as it is counted; `matches` in all, more than were counted by one where there are too many."""

    lat: float
    lon: float
    count: int
    housing_id: UUID | None
    kind: Kind | None
    rent: int | None
    matches: int
