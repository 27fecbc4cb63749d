"""Rules of the room: what a search demands, how it is run again, and why somebody was told."""

from datetime import datetime
from typing import get_args
from uuid import UUID

import asyncpg
import msgspec
from msgspec import UNSET, UnsetType

from longan.floor.base.errors import FieldError, InvalidRequest, NotFound
from longan.floor.base.several import several
from longan.floor.database.page import Cursors
from longan.floor.messages import search_alerts
from longan.floor.places import ward
from longan.floor.places.geo import metres
from longan.floor.postings import words_meant
from longan.floor.postings.postings import Benefit, Contract, Education, Shift
from longan.floor.postings.words_meant import Meant
from longan.floor.search import saved_searches
from longan.floor.search.saved_searches import Criteria, Saved
from longan.rooms.job_alerts import store
from longan.rooms.job_alerts.models import (
    AlertReason,
    HitRow,
    JobFilters,
    JobFiltersIn,
    JobHit,
    JobHitPage,
    SavedSearch,
    SavedSearchChange,
    SavedSearchIn,
    SavedSearchList,
)


async def criteria(conn: asyncpg.Connection, home: str, now: datetime, filters: JobFiltersIn) -> Criteria:
    """What the filters demand. Raises `InvalidRequest`, `PlaceUnknown` and `PlaceAmbiguous` as `list_jobs` does, and
    `InvalidRequest` where nothing is demanded."""
    if filters == JobFiltersIn():
        raise InvalidRequest(FieldError("/filters", "empty"))
    with search_alerts.in_body():
        wards = await ward.codes(conn, home, now, filters.ward_code, filters.old_ward_code, filters.place)
        version = await search_alerts.version_on(conn, now)
        words = Meant(None) if filters.q is None else await words_meant.meant(conn, home, filters.q, now)
        if words.whole == "":
            raise InvalidRequest(FieldError("?q", "empty"))
        return Criteria(
            whole=words.whole,
            named=search_alerts.on_list(version, words.wards),
            rest=words.rest,
            ward_version=version,
            places=search_alerts.on_list(version, wards),
            province_code=filters.province_code,
            lat=filters.lat,
            lon=filters.lon,
            metres=metres(filters.lat, filters.lon, filters.radius_km),
            park_codes=several("park", filters.park, str),
            pay_min=filters.pay_min,
            occupations=several("occupation", filters.occupation, str),
            contracts=several("contract", filters.contract, Contract),
            shifts=several("shift", filters.shift, Shift),
            benefits=several("benefits", filters.benefits, Benefit),
            educations=None if filters.education is None else up_to(filters.education),
            experience_months=filters.experience_months_max,
            employer_id=filters.employer_id,
            within_days=filters.published_within_days,
        )


def up_to(education: Education) -> list[str]:
    """From the least to what somebody has."""
    degrees = get_args(Education)
    return list(degrees[: degrees.index(education) + 1])


async def create(tx: asyncpg.Connection, account: UUID, home: str, wanted: SavedSearchIn, now: datetime) -> SavedSearch:
    """Raises what `criteria` does, `SavedSearchesFull`, `SavedSearchExists`."""
    demanded = await criteria(tx, home, now, wanted.filters)
    asked = search_alerts.written(wanted.filters)
    return shown(await saved_searches.save(tx, account, "jobs", wanted.name, wanted.cadence, asked, demanded, now))


async def change(
    tx: asyncpg.Connection, account: UUID, search: UUID, home: str, wanted: SavedSearchChange,
    versions: list[int] | None, now: datetime,
) -> SavedSearch:  # fmt: skip
    """Raises `NotFound`, `Stale`, what `criteria` does, `SavedSearchExists`."""
    filters = None if isinstance(wanted.filters, UnsetType) else wanted.filters
    demanded = None if filters is None else await criteria(tx, home, now, filters)
    return shown(
        await saved_searches.change(
            tx, account, "jobs", search, versions,
            name=None if wanted.name is UNSET else wanted.name,
            cadence=None if wanted.cadence is UNSET else wanted.cadence,
            asked=None if filters is None else search_alerts.written(filters), criteria=demanded, now=now,
        )
    )  # fmt: skip


async def one(conn: asyncpg.Connection, account: UUID, search: UUID) -> SavedSearch:
    """Raises `NotFound`."""
    return shown(await saved_searches.one(conn, account, "jobs", search))


async def every(conn: asyncpg.Connection, account: UUID) -> SavedSearchList:
    return SavedSearchList([shown(each) for each in await saved_searches.of(conn, account, "jobs")], None)


async def hits_of(
    conn: asyncpg.Connection, pages: Cursors, account: UUID, search: UUID, now: datetime, cursor: str | None, limit: int
) -> JobHitPage:
    """Raises `NotFound`, `InvalidRequest` for a cursor of another list."""
    await one(conn, account, search)
    return await hits(conn, pages, account, now, search=search, cursor=cursor, limit=limit)


async def hits(
    conn: asyncpg.Connection, pages: Cursors, account: UUID, now: datetime, *, search: UUID | None = None,
    cursor: str | None, limit: int,
) -> JobHitPage:  # fmt: skip
    rows = await store.hits(conn, pages, account, now, search=search, cursor=cursor, limit=limit)
    return JobHitPage([_hit(row) for row in rows.items], rows.next_cursor)


async def hit(conn: asyncpg.Connection, pages: Cursors, account: UUID, posting: UUID, now: datetime) -> JobHit:
    """Raises `NotFound`."""
    rows = await store.hits(conn, pages, account, now, posting=posting)
    if not rows.items:
        raise NotFound
    return _hit(rows.items[0])


def shown(saved: Saved) -> SavedSearch:
    filters = msgspec.json.decode(saved.asked, type=JobFilters)
    return SavedSearch(
        saved.id, saved.name, saved.cadence, filters, search_alerts.query(filters), saved.asked_at, saved.created_at,
        saved.updated_at, saved.version,
    )  # fmt: skip


def _hit(row: HitRow) -> JobHit:
    why = msgspec.json.decode(row.why, type=list[AlertReason])
    return JobHit(**msgspec.structs.asdict(row) | {"why": why})
