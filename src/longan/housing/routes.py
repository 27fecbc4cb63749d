"""HTTP of the room."""

from datetime import timedelta, timezone
from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.params import FromPath, FromQuery, QueryParameter

from longan import ward
from longan.deps import Conn, Ex, Home, Now, Pages
from longan.errors import NotFound
from longan.geo import Latitude, Longitude, RadiusKm, metres
from longan.housing import domain, store
from longan.housing.models import Housing, HousingPage, Kind, Search
from longan.page import Cursor, Limit
from longan.policy import decided

VIETNAM = timezone(timedelta(hours=7))

Words = Annotated[str | None, QueryParameter(max_length=200, description="Words, with or without marks")]
RentMax = Annotated[int | None, QueryParameter(ge=0, le=10**12, description="Đồng a month, at most")]
Persons = Annotated[int, QueryParameter(ge=1, le=20, description="Who will live there, for the monthly cost")]


@get("/v1/housing", tags=["housing"], opt=decided(auth="public", limit="lookup", raises=ward.PROBLEMS))
async def list_housing(
    conn: Conn,
    now: Now,
    pages: Pages,
    home: Home,
    q: Words = None,
    ward_code: ward.WardCode = None,
    old_ward_code: ward.OldWardCode = None,
    place: ward.PlaceName = None,
    lat: Latitude = None,
    lon: Longitude = None,
    radius_km: RadiusKm = None,
    rent_max: RentMax = None,
    kind: FromQuery[Kind | None] = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> HousingPage:
    """Places to rent: the nearest first around a point, else the best matches for `q`, else the newest"""
    asked = Search(
        q=q or None,
        lat=lat,
        lon=lon,
        metres=metres(lat, lon, radius_km),
        rent_max=rent_max,
        kind=kind,
        wards=await ward.codes(conn, home, now, ward_code, old_ward_code, place),
        now=now,
    )
    return await store.search(conn, pages, asked, cursor, limit)


@get(
    "/v1/housing/{housing_id:uuid}",
    tags=["housing"],
    opt=decided(auth="public", limit="lookup", raises=(NotFound,)),
)
async def get_housing(conn: Conn, now: Now, exchange: Ex, housing_id: FromPath[UUID], persons: Persons = 2) -> Housing:
    """One place that is open, with what it costs in a month"""
    if (place := await store.one(conn, housing_id)) is None:
        raise NotFound
    return exchange.tagged(domain.shown(place, persons, now.astimezone(VIETNAM).date()), place.version)


HANDLERS = [list_housing, get_housing]
