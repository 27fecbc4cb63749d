"""Rules of the room: a place as it is shown, with what it costs in a month, and the ways from it to work."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import asyncpg
from msgspec.structs import replace

from longan.floor.base.errors import NotFound
from longan.floor.database.page import Cursors
from longan.floor.housing import housing_drafts
from longan.floor.housing.housing_drafts import Said
from longan.floor.housing.housing_ways import ways
from longan.floor.living_costs.monthly_cost import Living, reckon
from longan.floor.pay_and_days.wages import day_of
from longan.floor.pictures.uploads import Photo, public_link
from longan.rooms.housing import store
from longan.rooms.housing.models import Advertised, Housing, NearJobPage


def shown(place: Advertised, pictures: Sequence[Photo], living: Living, day: date) -> Housing:
    """The place with its public pictures, and its monthly cost for whoever would live there."""
    said = {name: getattr(place.said, name) for name in Said.__struct_fields__}
    beside = {name: getattr(place, name) for name in place.__struct_fields__ if name != "said"}
    return Housing(
        **said | beside,
        photos=[public_link(each) for each in pictures if each.is_public],
        monthly_cost=reckon(housing_drafts.asked(place.said), living, day),
    )


async def jobs_near(
    conn: asyncpg.Connection, cursors: Cursors, housing: UUID, metres: float, pay_min: int | None, now: datetime,
    cursor: str | None, limit: int,
) -> NearJobPage:  # fmt: skip
    """Open jobs around an open place, each with the way there. Raises `NotFound`."""
    if (at := await store.spot(conn, housing, now)) is None:
        raise NotFound
    page = await store.jobs_near(conn, cursors, housing, at, metres, pay_min, now, cursor, limit)
    known = ways(day_of(now), rough=at.rough or any(item.rough for item in page.items))
    items = [
        replace(item, road_km=known.road_km(item.distance_km), minutes=known.minutes(item.distance_km))
        for item in page.items
    ]
    return replace(page, items=items, method_vi=known.method_vi, method_en=known.method_en)
