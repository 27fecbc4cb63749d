"""Rules of the room: what part of the map is asked for, and whether its cells are counted already."""

import re

import asyncpg

from longan.floor.base.errors import FieldError, InvalidRequest
from longan.floor.housing.housing_cells import COARSEST_COUNTED, DEEPER, FINEST, FINEST_COUNTED, Box, bands, cells_of
from longan.floor.housing.housing_cells import columns_and_rows as touched
from longan.floor.housing.housing_filters import Filters, meaning_of
from longan.floor.housing.housing_found import values_of
from longan.rooms.housing_map import store
from longan.rooms.housing_map.models import HousingCluster, HousingClusters

LEAST_ZOOM, MOST_ZOOM = 6, 18
MOST_ACROSS = 34
"""Cells of one side of a box: a screen of eight tiles, and the cells at its edges."""

NEAR_FROM = 13
"""From this zoom on a screen is a small part of the province."""

COUNTED = {"kinds", "rent_min", "rent_max", "now"}
"""What the cells are counted by."""

_NUMBER = re.compile(r"-?[0-9]{1,3}([.][0-9]{1,12})?")


def box_of(text: str) -> Box:
    """Raises `InvalidRequest` for what is no box, or one with nothing in it."""
    parts = text.split(",")
    if len(parts) != 4 or not all(_NUMBER.fullmatch(part) for part in parts):
        raise InvalidRequest(FieldError("?bbox", "bad_form"))
    west, south, east, north = (float(part) for part in parts)
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise InvalidRequest(FieldError("?bbox", "not_one_of"))
    return west, south, east, north


async def clusters(conn: asyncpg.Connection, home: str, box: Box, zoom: int, asked: Filters) -> HousingClusters:
    """Raises `InvalidRequest` for a box that is wider than a screen of that zoom."""
    level = min(max(zoom + DEEPER, COARSEST_COUNTED), FINEST)
    columns, rows = touched(box, level)
    if len(columns) > MOST_ACROSS or len(rows) > MOST_ACROSS:
        raise InvalidRequest(FieldError("?bbox", "too_large"))
    cells = cells_of(columns, rows)
    rents = bands(asked.rent_min, asked.rent_max)
    if (
        level <= FINEST_COUNTED
        and rents is not None
        and asked.asked().keys() <= {"kinds", "rent_min", "rent_max", "now"}
    ):
        kinds: list[str] | None = None if asked.kinds is None else [*asked.kinds]
        found = await store.counted(conn, level, cells, kinds, rents, asked.now)
    else:
        values = values_of(asked, await meaning_of(conn, home, asked))
        found = await store.looked_up(conn, level, cells, values, near=zoom >= NEAR_FROM)
    shown = [HousingCluster(each.lat, each.lon, each.count, each.housing_id, each.kind, each.rent) for each in found]
    too_many = bool(found) and found[0].matches > store.MOST_LOOKED_UP
    return HousingClusters(level, sum(each.count for each in shown), too_many, shown)
