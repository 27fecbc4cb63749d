"""Rules of the room: what a search demands, how it is run again, and why somebody was told."""

from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec
from msgspec import UNSET, UnsetType

from longan.floor.base.errors import FieldError, InvalidRequest, NotFound
from longan.floor.database.page import Cursors
from longan.floor.housing import housing_filters
from longan.floor.messages import search_alerts
from longan.floor.search import saved_searches
from longan.floor.search.saved_searches import Criteria, Saved
from longan.rooms.housing_alerts import store
from longan.rooms.housing_alerts.models import (
    Brief,
    HitRow,
    HousingAlertReason,
    HousingFilters,
    HousingFiltersIn,
    HousingHit,
    HousingHitPage,
    SavedHousingSearch,
    SavedHousingSearchChange,
    SavedHousingSearchIn,
    SavedHousingSearchList,
)


async def criteria(conn: asyncpg.Connection, home: str, now: datetime, filters: HousingFiltersIn) -> Criteria:
    """What the filters demand: a job or a workplace stands for the point where it is now. Raises `InvalidRequest`,
    `PlaceUnknown` and `PlaceAmbiguous` as `list_housing` does, and `InvalidRequest` where nothing is demanded."""
    given = {name: getattr(filters, name) for name in filters.__struct_fields__}
    if all(value is None or value is False for value in given.values()):
        raise InvalidRequest(FieldError("/filters", "empty"))
    with search_alerts.in_body():
        asked = housing_filters.filters(now, **given)
        meaning = await housing_filters.meaning_of(conn, home, asked)
        whole = None if meaning.query is None else meaning.query.written()
        if whole == "":
            raise InvalidRequest(FieldError("?q", "empty"))
    version = await search_alerts.version_on(conn, now)
    rest = None if meaning.rest is None else meaning.rest.written()
    lat, lon = (asked.lat, asked.lon) if asked.lat is not None else (meaning.lat, meaning.lon)
    return Criteria(
        whole=whole,
        named=None if meaning.rest is None else search_alerts.on_list(version, meaning.named),
        rest=rest or None,
        ward_version=version,
        places=search_alerts.on_list(version, meaning.wards),
        province_code=asked.province_code,
        lat=lat,
        lon=lon,
        metres=None if lat is None else asked.metres,
        park_codes=asked.parks,
        rent_min=asked.rent_min,
        rent_max=asked.rent_max,
        cost_max=asked.cost_max,
        area_min=asked.area_min,
        people=asked.people,
        kinds=None if asked.kinds is None else [*asked.kinds],
        features=None if asked.features is None else [*asked.features],
        curfew_after=asked.curfew_after,
        available_by=asked.available_by,
        verified_owner=asked.verified_owner,
    )


async def create(
    tx: asyncpg.Connection, account: UUID, home: str, wanted: SavedHousingSearchIn, now: datetime
) -> SavedHousingSearch:
    """Raises what `criteria` does, `SavedSearchesFull`, `SavedSearchExists`."""
    demanded = await criteria(tx, home, now, wanted.filters)
    asked = search_alerts.written(wanted.filters)
    return shown(await saved_searches.save(tx, account, "housing", wanted.name, wanted.cadence, asked, demanded, now))


async def change(
    tx: asyncpg.Connection, account: UUID, search: UUID, home: str, wanted: SavedHousingSearchChange,
    versions: list[int] | None, now: datetime,
) -> SavedHousingSearch:  # fmt: skip
    """Raises `NotFound`, `Stale`, what `criteria` does, `SavedSearchExists`."""
    filters = None if isinstance(wanted.filters, UnsetType) else wanted.filters
    demanded = None if filters is None else await criteria(tx, home, now, filters)
    return shown(
        await saved_searches.change(
            tx, account, "housing", search, versions,
            name=None if wanted.name is UNSET else wanted.name,
            cadence=None if wanted.cadence is UNSET else wanted.cadence,
            asked=None if filters is None else search_alerts.written(filters), criteria=demanded, now=now,
        )
    )  # fmt: skip


async def one(conn: asyncpg.Connection, account: UUID, search: UUID) -> SavedHousingSearch:
    """Raises `NotFound`."""
    return shown(await saved_searches.one(conn, account, "housing", search))


async def every(conn: asyncpg.Connection, account: UUID) -> SavedHousingSearchList:
    found = await saved_searches.of(conn, account, "housing")
    return SavedHousingSearchList([shown(each) for each in found], None)


async def hits_of(
    conn: asyncpg.Connection, pages: Cursors, account: UUID, search: UUID, now: datetime, cursor: str | None, limit: int
) -> HousingHitPage:
    """Raises `NotFound`, `InvalidRequest` for a cursor of another list."""
    await one(conn, account, search)
    return await hits(conn, pages, account, now, search=search, cursor=cursor, limit=limit)


async def hits(
    conn: asyncpg.Connection, pages: Cursors, account: UUID, now: datetime, *, search: UUID | None = None,
    cursor: str | None, limit: int,
) -> HousingHitPage:  # fmt: skip
    rows = await store.hits(conn, pages, account, now, search=search, cursor=cursor, limit=limit)
    return HousingHitPage([_hit(row) for row in rows.items], rows.next_cursor)


async def hit(conn: asyncpg.Connection, pages: Cursors, account: UUID, listing: UUID, now: datetime) -> HousingHit:
    """Raises `NotFound`."""
    rows = await store.hits(conn, pages, account, now, listing=listing)
    if not rows.items:
        raise NotFound
    return _hit(rows.items[0])


def shown(saved: Saved) -> SavedHousingSearch:
    filters = msgspec.json.decode(saved.asked, type=HousingFilters)
    return SavedHousingSearch(
        saved.id, saved.name, saved.cadence, filters, search_alerts.query(filters), saved.asked_at, saved.created_at,
        saved.updated_at, saved.version,
    )  # fmt: skip


def _hit(row: HitRow) -> HousingHit:
    why = msgspec.json.decode(row.why, type=list[HousingAlertReason])
    brief = Brief(**{name: getattr(row, name) for name in Brief.__struct_fields__})
    return HousingHit(brief, row.is_open, row.found_at, row.told_at, why)
