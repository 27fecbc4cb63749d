"""HTTP of the room."""

from typing import Annotated

from litestar import get
from litestar.params import PathParameter, QueryParameter

from longan.floor.base.errors import FieldError, InvalidRequest, NotFound
from longan.floor.base.several import commas, several
from longan.floor.database.page import Cursor, Limit
from longan.floor.feedback.feedback_states import Status
from longan.floor.places import geo, ward
from longan.floor.requests.deps import Conn, Ex, Home, Locale, Me, Now, Pages
from longan.floor.requests.policy import decided
from longan.rooms.feedback_map import domain, store
from longan.rooms.feedback_map.models import (
    Asked,
    BoxInvalid,
    FeedbackCategories,
    FeedbackFacets,
    FeedbackPage,
    FeedbackTile,
    PublicFeedbackPage,
    SimilarFeedbackList,
)

CategoryOne = Annotated[str | None, QueryParameter(pattern="^[a-z0-9_]{2,40}$", description="One category's code")]
CategoryAsked = Annotated[str, QueryParameter(pattern="^[a-z0-9_]{2,40}$", description="The category's code")]
Categories = Annotated[
    str | None,
    QueryParameter(
        pattern="^[a-z0-9_]{2,40}(,[a-z0-9_]{2,40})*$", max_length=400, description="Codes, separated by commas"
    ),
]
StatusOne = Annotated[Status | None, QueryParameter(description="One status")]
Statuses = Annotated[str | None, QueryParameter(max_length=200, description=commas(Status))]
IsOpen = Annotated[bool | None, QueryParameter(description="Only those that are not over, or only those that are")]
Box = Annotated[
    str | None, QueryParameter(max_length=100, description="West, south, east, north in degrees: what a map shows")
]
Latitude = Annotated[float, QueryParameter(ge=-90, le=90, description="Degrees, with `lon`")]
Longitude = Annotated[float, QueryParameter(ge=-180, le=180, description="Degrees, with `lat`")]
Z = Annotated[str | None, QueryParameter(pattern="^[0-9]{1,2}$", max_length=2, description="Of one tile, with x and y")]
Column = Annotated[str | None, QueryParameter(pattern="^[0-9]{1,7}$", max_length=7, description="To the east")]
Row = Annotated[str | None, QueryParameter(pattern="^[0-9]{1,7}$", max_length=7, description="To the south")]

Zoom = Annotated[str, PathParameter(pattern="^[0-9]{1,2}$", description="From 0, the world, to 20")]
ColumnPath = Annotated[str, PathParameter(pattern="^[0-9]{1,7}$", description="To the east")]
RowPath = Annotated[str, PathParameter(pattern="^[0-9]{1,7}$", description="To the south")]
CodePath = Annotated[str, PathParameter(description="The report's code, however it is written")]

PHOTO = "/v1/photos/0192f0c1-7a44-7d15-8f3e-5b0d2c9e6f18"
REPORT = {
    "id": "7b0d6a52-8c5e-4f7e-9d2b-1c3f5a7e9b10", "code": "PA-7K3M-92QX", "category_code": "giao_thong",
    "description": "Ổ gà lớn ngay ngã tư.", "lat": 10.631, "lon": 106.489, "ward_code": "27694",
    "ward": "Phường Long An", "status": "dang_xu_ly", "supporters": 12, "due_at": "2026-11-27T10:00:00Z",
    "answered_at": None, "created_at": "2026-11-20T02:00:00Z", "distance_km": 0.4,
}  # fmt: skip
PAGE = {name: value for name, value in REPORT.items() if name != "distance_km"} | {
    "category": "Giao thông, an toàn giao thông", "answer": None, "is_urgent": True, "rating": None, "closed_at": None,
    "steps": [{"status": "moi_gui", "at": "2026-11-20T02:00:00Z"}],
    "photos": [{"id": PHOTO[11:], "width": 2048, "height": 1536, "url": PHOTO,
                "thumbnail_url": f"{PHOTO}?size=thumbnail"}],
}  # fmt: skip
SIMILAR = {
    "items": [{"id": REPORT["id"], "code": "PA-7K3M-92QX", "own": False, "description": "Ổ gà lớn ngay ngã tư.",
               "status": "dang_xu_ly", "supporters": 12, "supported": False, "distance_m": 40,
               "created_at": "2026-11-20T02:00:00Z"}],
    "within_m": 150, "within_days": 30,
}  # fmt: skip
CATEGORIES = {
    "items": [
        {"code": "giao_thong", "name": "Giao thông, an toàn giao thông", "is_handled": True,
         "questions": [{"code": "nguy_hiem", "datatype": "singlevaluelist", "required": False,
                        "text": "Có đang gây nguy hiểm cho người không?", "values": [{"key": "co", "name": "Có"}]}],
         "accept_hours": 8, "urgent_hours": 4, "working_days": 5, "elsewhere": None},
        {"code": "chay", "name": "Cháy, nổ, cứu nạn", "is_handled": False, "questions": [], "accept_hours": 0,
         "urgent_hours": 0, "working_days": 0,
         "elsewhere": {"law": "Luật Phòng cháy, chữa cháy và cứu nạn, cứu hộ 2024",
                       "where": "Gọi 114 ngay, ra khỏi nơi nguy hiểm.", "phone": "114"}},
    ]
}  # fmt: skip
FACETS = {
    "total": 8, "statuses": [{"status": "dang_xu_ly", "count": 8}],
    "categories": [{"category_code": "giao_thong", "name": "Giao thông, an toàn giao thông", "count": 8}],
}  # fmt: skip
TILE = {
    "z": 12, "x": 3259, "y": 1926, "total": 8,
    "clusters": [
        {"lat": 10.631, "lon": 106.489, "count": 7, "code": None, "category_code": None, "status": None},
        {"lat": 10.645, "lon": 106.472, "count": 1, "code": "PA-7K3M-92QX", "category_code": "giao_thong",
         "status": "dang_xu_ly"},
    ],
}  # fmt: skip


@get(
    "/v1/feedback/categories",
    tags=["feedback_map"],
    opt=decided(auth="public", limit="lookup", cache="feedback", example=CATEGORIES),
)
async def list_feedback_categories(conn: Conn, now: Now, home: Home, locale: Locale) -> FeedbackCategories:
    """What one can report, with the questions and the terms; and whom to turn to for what 1022 does not take"""
    return await domain.categories(conn, home, locale, now)


@get("/v1/feedback/similar", tags=["feedback_map"], opt=decided(auth="app", limit="lookup", example=SIMILAR))
async def find_similar_feedback(
    conn: Conn, me: Me, now: Now, home: Home, category_code: CategoryAsked, lat: Latitude, lon: Longitude
) -> SimilarFeedbackList:
    """Before sending: what may have been reported already, near, lately and in the same category

    Say "me too" of it (support_feedback) instead of sending it again. Your own reports are among them.
    """
    return await domain.similar(conn, me.account_id, category_code, lat, lon, home, now)


@get(
    "/v1/feedback-map/reports",
    tags=["feedback_map"],
    opt=decided(
        auth="public", limit="lookup", raises=(*ward.PROBLEMS, BoxInvalid),
        example={"items": [REPORT], "next_cursor": None},
    ),
)  # fmt: skip
async def list_public_feedback(
    conn: Conn, now: Now, pages: Pages, home: Home, lat: geo.Latitude = None, lon: geo.Longitude = None,
    radius_km: geo.RadiusKm = None, bbox: Box = None, ward_code: ward.WardCode = None,
    old_ward_code: ward.OldWardCode = None, place: ward.PlaceName = None, category_code: CategoryOne = None,
    status: StatusOne = None, is_open: IsOpen = None, cursor: Cursor = None, limit: Limit = 20,
) -> PublicFeedbackPage:  # fmt: skip
    """Public reports: around a point the nearest first, in a box those nearest to its middle, else the newest

    Nothing says who has sent them; places are rounded to about 55 m.
    """
    metres = geo.metres(lat, lon, radius_km)
    if bbox is not None and metres is not None:
        raise InvalidRequest(FieldError("?bbox", "one_of_them"))
    wards = await ward.codes(conn, home, now, ward_code, old_ward_code, place)
    asked = Asked(now, wards, category_code, status, is_open, lat, lon, metres, domain.box_of(bbox))
    return await store.page(conn, pages, asked, cursor, limit)


@get("/v1/feedback-map/reports/{code:str}", tags=["feedback_map"],
     opt=decided(auth="public", limit="lookup", raises=(NotFound,), example=PAGE))  # fmt: skip
async def get_public_feedback(
    conn: Conn, exchange: Ex, now: Now, home: Home, locale: Locale, code: CodePath
) -> FeedbackPage:
    """One public report by its code, with its steps, its answer and its pictures"""
    return await domain.page_of(conn, exchange, code, home, locale, now)


@get(
    "/v1/feedback-map/tiles/{z:str}/{x:str}/{y:str}",
    tags=["feedback_map"],
    opt=decided(auth="public", limit="lookup", cache="feedback", example=TILE),
)
async def get_feedback_tile(
    conn: Conn, z: Zoom, x: ColumnPath, y: RowPath, category_code: Categories = None,
    status: Statuses = None,
) -> FeedbackTile:  # fmt: skip
    """A tile of a web map (z from 0 to 20): how many public reports lie in each of its cells, and where

    Each report lies in exactly one cell of one tile of each z. Of a cell with one report there is its code.
    """
    chosen = category_code.split(",") if category_code else None
    return await domain.tile(conn, domain.tile_of(z, x, y), chosen, several("status", status, Status))


@get(
    "/v1/feedback-map/facets",
    tags=["feedback_map"],
    opt=decided(auth="public", limit="lookup", cache="feedback", example=FACETS),
)
async def count_public_feedback(
    conn: Conn, now: Now, home: Home, locale: Locale, z: Z = None, x: Column = None, y: Row = None,
    category_code: Categories = None, status: Statuses = None,
) -> FeedbackFacets:  # fmt: skip
    """How many public reports with a place there are of each category and status, on the whole map or in one tile"""
    if (z is None) != (x is None) or (z is None) != (y is None):
        raise InvalidRequest(FieldError("?z", "needs_both"))
    asked = domain.tile_of(z, x, y) if z is not None and x is not None and y is not None else domain.WORLD
    chosen = category_code.split(",") if category_code else None
    return await domain.facets(conn, asked, chosen, several("status", status, Status), home, locale, now)


HANDLERS = [
    list_feedback_categories, find_similar_feedback, list_public_feedback, get_public_feedback, get_feedback_tile,
    count_public_feedback,
]  # fmt: skip
