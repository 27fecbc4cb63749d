"""HTTP of the room."""

from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.params import FromQuery, QueryParameter

from longan import ward
from longan.deps import Conn, Home, Now, Pages
from longan.geo import Latitude, Longitude, RadiusKm, metres
from longan.job_search import store
from longan.job_search.models import JobPage, Search, Sort
from longan.page import Cursor, Limit
from longan.policy import decided

Words = Annotated[str | None, QueryParameter(max_length=200, description="Words, with or without marks")]
PayMin = Annotated[
    int | None,
    QueryParameter(
        ge=1,
        le=10**12,
        description="Đồng a month: jobs that pay up to this or more. Those paid by the hour, day or piece, in another "
        "currency or without a figure are left out",
    ),
]


@get("/v1/jobs", tags=["job_search"], opt=decided(auth="public", limit="lookup", cache="jobs", raises=ward.PROBLEMS))
async def list_jobs(
    conn: Conn,
    now: Now,
    pages: Pages,
    home: Home,
    q: Words = None,
    ward_code: ward.WardCode = None,
    old_ward_code: ward.OldWardCode = None,
    place: ward.PlaceName = None,
    province_code: ward.ProvinceCode = None,
    lat: Latitude = None,
    lon: Longitude = None,
    radius_km: RadiusKm = None,
    pay_min: PayMin = None,
    employer_id: FromQuery[UUID | None] = None,
    sort: FromQuery[Sort | None] = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> JobPage:
    """Open jobs: the nearest first when there is a point, else the best matches of `q`, else the newest

    `sort=distance` needs `lat` and `lon`, `sort=relevance` needs `q`. `sort=pay` puts the best paid by the month first.
    """
    asked = Search(
        q=(q or "").strip() or None,
        wards=await ward.codes(conn, home, now, ward_code, old_ward_code, place),
        province_code=province_code,
        lat=lat,
        lon=lon,
        metres=metres(lat, lon, radius_km),
        pay_min=pay_min,
        employer_id=employer_id,
        sort=sort,
        now=now,
    )
    return await store.search(conn, pages, asked, cursor, limit)


HANDLERS = [list_jobs]
