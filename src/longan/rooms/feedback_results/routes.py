"""HTTP of the room."""

from datetime import date
from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.params import QueryParameter

from longan.floor.base.errors import Forbidden
from longan.floor.requests.deps import Conn, Home, Me, Now
from longan.floor.requests.policy import Proof, decided
from longan.rooms.feedback_results import domain
from longan.rooms.feedback_results.models import FeedbackFiguresPage, PublicFiguresPage

WITH_PASSKEY = Proof(acr=3, max_age=None)

PUBLIC = {
    "month": "2026-10-01", "category_code": "giao_thong", "received": 214, "answered": 171,
    "accepted_in_time_percent": 96, "answered_in_time_percent": 88, "rating_tenths": 41,
}  # fmt: skip
FIGURES = PUBLIC | {
    "unit_id": "0192f0c1-5a10-7b02-9a61-0b5c2d8e7f31", "unit_name": "Hạt quản lý đường bộ", "refused": None,
    "reopened": 14,
}  # fmt: skip

Since = Annotated[
    date | None, QueryParameter(description="A day of the first month; eleven months before the last when absent")
]
Until = Annotated[date | None, QueryParameter(description="A day of the last month; the present one when absent")]
OfUnit = Annotated[UUID | None, QueryParameter(description="Only of this unit")]
OfCategory = Annotated[
    str | None, QueryParameter(pattern="^[a-z0-9_]{2,40}$", max_length=40, description="Only of this category")
]


@get(
    "/v1/feedback-statistics",
    tags=["feedback_results"],
    opt=decided(auth="official", limit="lookup", proof=WITH_PASSKEY, raises=(Forbidden,),
                example={"items": [FIGURES], "counted_at": "2026-11-22T02:50:00Z"}),
)  # fmt: skip
async def list_feedback_statistics(
    conn: Conn, me: Me, now: Now, home: Home, since: Since = None, until: Until = None, unit_id: OfUnit = None,
    category_code: OfCategory = None,
) -> FeedbackFiguresPage:  # fmt: skip
    """How well the terms are kept in the wards of your role, by month, category and unit; 36 months at most

    Counted every hour. A number behind which less than ten reports stand is null.
    """
    return await domain.by_unit(conn, me, home, since, until, unit_id, category_code, now)


@get(
    "/v1/feedback-results",
    tags=["feedback_results"],
    opt=decided(auth="public", limit="lookup", example={"items": [PUBLIC], "counted_at": "2026-11-22T02:50:00Z"}),
)
async def list_feedback_results(
    conn: Conn, now: Now, home: Home, since: Since = None, until: Until = None
) -> PublicFiguresPage:
    """How well the province keeps its terms, by month and category; 36 months at most

    Counted every hour. A number behind which less than ten reports stand is null.
    """
    return await domain.by_category(conn, home, since, until, now)


HANDLERS = [list_feedback_statistics, list_feedback_results]
