"""Rules of the room: what a search means, why a place answers it, and how far the way to work is."""

import asyncpg
from msgspec.structs import replace

from longan.floor.base.errors import InvalidRequest, NotFound
from longan.floor.database.page import Cursors
from longan.floor.housing.housing_filters import Filters, Meaning, meaning_of
from longan.floor.housing.housing_ways import ways
from longan.floor.pay_and_days.wages import day_of
from longan.floor.search.queries import Query
from longan.floor.search.why import matched
from longan.rooms.housing_search import store
from longan.rooms.housing_search.models import (
    HousingFacets,
    HousingItem,
    HousingMatch,
    HousingNearJob,
    HousingNearJobPage,
    HousingPage,
    Sort,
)


async def find(
    conn: asyncpg.Connection, cursors: Cursors, home: str, asked: Filters, sort: Sort | None, cursor: str | None,
    limit: int,
) -> HousingPage:  # fmt: skip
    """One page of open places.

    Raises `InvalidRequest` for a cursor of another search, an order that needs `q` or a point and has none, more than
    one place; `PlaceUnknown`, `PlaceAmbiguous`.
    """
    meaning = await meaning_of(conn, home, asked)
    page = await store.page(conn, cursors, asked, meaning, sort, cursor, limit)
    query = meaning.query
    return page if query is None else replace(page, items=[_explained(item, query, meaning) for item in page.items])


async def facets(conn: asyncpg.Connection, home: str, asked: Filters) -> HousingFacets:
    """What the places that `find` lists have in common. Raises as it does."""
    return await store.facets(conn, asked, await meaning_of(conn, home, asked))


async def near_job(
    conn: asyncpg.Connection, cursors: Cursors, home: str, asked: Filters, cursor: str | None, limit: int
) -> HousingNearJobPage:
    """Places around the job, each with its way there. Raises `NotFound` for a job that is not open."""
    try:
        meaning = await meaning_of(conn, home, asked)
    except InvalidRequest as error:
        raise NotFound from error
    page = await store.page(conn, cursors, asked, meaning, "distance", cursor, limit)
    known = ways(day_of(asked.now), rough=meaning.rough)
    items = []
    for item in page.items:
        straight = item.distance_km or 0.0
        items.append(HousingNearJob(item, known.road_km(straight), known.minutes(straight)))
    return HousingNearJobPage(items, known.method_vi, known.method_en, meaning.rough, page.next_cursor)


def _explained(item: HousingItem, query: Query, meaning: Meaning) -> HousingItem:
    found = [
        HousingMatch("title", matched(query, item.title)),
        HousingMatch("place", meaning.place_words if item.ward_code in (meaning.named or ()) else []),
    ]
    return replace(item, matched=[match for match in found if match.words])
