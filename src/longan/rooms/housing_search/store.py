"""SQL of the room, each statement above the function that runs it; the list itself is `housing_found.LIST`."""

from uuid import UUID

import asyncpg

from longan.floor.database import facets as counting
from longan.floor.database.page import Cursors
from longan.floor.housing.housing_filters import Filters, Meaning
from longan.floor.housing.housing_found import FEW, LIST, cost_order, values_of
from longan.rooms.housing_search.models import HousingFacetCount, HousingFacets, HousingPage, Sort


async def page(
    conn: asyncpg.Connection, cursors: Cursors, asked: Filters, meaning: Meaning, sort: Sort | None,
    cursor: str | None, limit: int,
) -> HousingPage:  # fmt: skip
    """One page of open places, without why each is on it.

    Raises `InvalidRequest` for a cursor of another search, or an order that needs `q` or a point and has none.
    """
    values, order = values_of(asked, meaning), order_of(asked, sort)
    # The cheapest for very many people are looked for from the cheapest rents on, step by step.
    values |= {"frequent": True} if order == "cost_each" and not values.keys() & FEW else {}
    if order == "rent" and asked.rent_min is not None:
        # The walk begins where the first of them can be, as a later page's does.
        values |= {"after_0": asked.rent_min, "after_1": UUID(int=0)}
    return await LIST.page(conn, cursors, order, values, cursor, limit, HousingPage, asked.asked())


def order_of(asked: Filters, sort: Sort | None) -> str:
    """The order's name in the list."""
    chosen = sort or ("distance" if asked.metres is not None else "relevance" if asked.q else "newest")
    return cost_order(asked) if chosen == "cost" else chosen


DIMENSIONS = (
    ("kind", "array[l.kind]"),
    ("ward", "array[l.ward_code]"),
    ("park", "array[l.park_code]"),
    ("feature", "l.features"),
    ("people", "array[l.max_people::text]"),
    ("rent", "array[(l.rent / 500000 * 500000)::text]"),
    ("cost", "array[(l.cost_month / 500000 * 500000)::text]"),
)


async def facets(conn: asyncpg.Connection, asked: Filters, meaning: Meaning) -> HousingFacets:
    """Counted over at most 10,000 of the matches."""
    matches, rows = await counting.count(conn, LIST, DIMENSIONS, values_of(asked, meaning))
    counts: dict[str, list[HousingFacetCount]] = {dimension: [] for dimension, _ in DIMENSIONS}
    for row in rows:
        counts[row["facet"]].append(HousingFacetCount(row["value"], row["count"]))
    most = counting.MOST_COUNTED
    return HousingFacets(min(matches, most), matches > most, counts)  # type: ignore[arg-type]
