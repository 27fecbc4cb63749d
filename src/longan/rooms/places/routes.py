"""HTTP of the room."""

from typing import Annotated

from litestar import get
from litestar.params import QueryParameter

from longan.floor.base.errors import FieldError, InvalidRequest, NotFound
from longan.floor.database.page import Cursor, Limit
from longan.floor.places import ward
from longan.floor.requests.deps import Conn, Home, Now, Pages
from longan.floor.requests.policy import decided
from longan.rooms.places import store
from longan.rooms.places.models import ParkPage, Resolution, WardPage

Words = Annotated[str | None, QueryParameter(max_length=120, description="A part of the name, with or without marks")]

VERSION = "2025-07-01"
WARDS_EXAMPLE = {
    "items": [
        {"ward_code": "27694", "name": "Phường Long An", "type": "Phường", "province_code": "80",
         "province": "Tỉnh Tây Ninh", "lat": 10.5476, "lon": 106.405, "version": VERSION},
    ],
    "next_cursor": None,
}  # fmt: skip
PARKS_EXAMPLE = {
    "items": [
        {"code": "kcn-long-hau", "name": "Long Hậu", "kind": "KCN", "ward_code": "28159", "ward": "Xã Cần Giuộc",
         "province_code": "80", "lat": 10.6154, "lon": 106.689, "area_ha": 324.0, "source": "web pages (sourced)"},
    ],
    "next_cursor": None,
}  # fmt: skip
RESOLUTION_EXAMPLE = {
    "divided": False,
    "items": [
        {"ward_code": "27694", "name": "Phường Long An", "province_code": "80", "kind": "whole", "detail": "whole",
         "from": {"version": "2024-12-01", "code": "27691", "level": "commune", "name": "Phường 4",
                  "district": "Thành phố Tân An", "province": "Tỉnh Long An", "province_code": "80"}},
    ],
}  # fmt: skip


@get(
    "/v1/places/wards",
    tags=["places"],
    opt=decided(auth="public", limit="lookup", cache="places", example=WARDS_EXAMPLE),
)
async def list_wards(
    conn: Conn,
    now: Now,
    pages: Pages,
    home: Home,
    province_code: ward.ProvinceCode = None,
    q: Words = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> WardPage:
    """Wards of a province in force now, in Vietnamese order; of our own province when none is named"""
    return await store.search(
        conn, pages, now, province_code=province_code or home, q=q or None, cursor=cursor, limit=limit
    )


@get(
    "/v1/places/resolve",
    tags=["places"],
    opt=decided(
        auth="public",
        limit="lookup",
        cache="places",
        raises=(NotFound, ward.PlaceAmbiguous),
        example=RESOLUTION_EXAMPLE,
    ),
)
async def resolve_place(
    conn: Conn, now: Now, home: Home, old_ward_code: ward.OldWardCode = None, q: ward.PlaceName = None
) -> Resolution:
    """The wards of now in which an old ward or district lies: all of them, for the person to choose"""
    if old_ward_code is not None and q is not None:
        raise InvalidRequest(FieldError("?old_ward_code", "one_of_them"), FieldError("?q", "one_of_them"))
    if old_ward_code is not None:
        found = await store.successors(conn, now, old_ward_code)
    elif q is not None:
        place = await ward.find(conn, home, now, q)
        found = await store.wards_of(conn, now, place) if place else None
    else:
        raise InvalidRequest(FieldError("?old_ward_code", "required"))
    if found is None:
        raise NotFound
    return found


@get(
    "/v1/places/parks",
    tags=["places"],
    opt=decided(auth="public", limit="lookup", cache="places", raises=ward.PROBLEMS, example=PARKS_EXAMPLE),
)
async def list_parks(
    conn: Conn,
    now: Now,
    pages: Pages,
    home: Home,
    q: Words = None,
    ward_code: ward.WardCode = None,
    old_ward_code: ward.OldWardCode = None,
    place: ward.PlaceName = None,
    province_code: ward.ProvinceCode = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> ParkPage:
    """Industrial parks and clusters; of our own province when neither a place nor a province is named"""
    wards = await ward.codes(conn, home, now, ward_code, old_ward_code, place)
    province = province_code or (home if wards is None else None)
    return await store.parks(
        conn, pages, now, q=q or None, wards=wards, province_code=province, cursor=cursor, limit=limit
    )


HANDLERS = [list_wards, resolve_place, list_parks]
