"""HTTP of the room."""

from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.params import FromPath, PathParameter

from longan.floor.base.errors import Forbidden, NotFound
from longan.floor.database.page import Cursor, Limit
from longan.floor.requests.deps import Conn, Me, Now, Pages
from longan.floor.requests.policy import decided
from longan.rooms.rating_results import domain, store
from longan.rooms.rating_results.models import MonthRatings, OfficeRatingsPage, OwnResultsPage, RatingWordsPage

# Years that are in the calendar of everybody.
MonthOf = Annotated[
    str, PathParameter(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])(?![\r\n])$", max_length=7, description="YYYY-MM")
]

OFFICE_ID = "0192f0c1-9d10-7a55-8c31-6f0e1b2a3c4d"
QUESTIONS = [
    {"question": "extra_fees", "average": None, "scores": None},
    {"question": "overall", "average": 4.2, "scores": [11, 10, 40, 41, 139]},
]
OFFICE = {
    "office": {"id": OFFICE_ID, "agency_code": "H53.16", "unit": None, "name": "Sở Xây dựng tỉnh Tây Ninh",
               "ward_code": "27694"},
    "month": "2026-10", "ratings": 241, "questions": QUESTIONS,
}  # fmt: skip
MONTH = {
    "month": "2026-10", "told_at": "2026-11-07T18:10:00Z", "total": {"ratings": 1_204, "questions": QUESTIONS},
    "rest": {"ratings": 63, "questions": QUESTIONS[:1]},
}  # fmt: skip
OWN = {
    "month": "2026-11", "ratings": 38,
    "answers": [{"question": "overall", "score": 4, "people": 12}, {"question": "overall", "score": 5, "people": 26}],
}  # fmt: skip
WORDS = {
    "id": "4c0f2a6e-8f0d-4f0f-9d53-2c1f6f0b7a10", "month": "2026-11", "overall": 2,
    "words": "Phải đi lại ba lần vì mỗi lần thiếu một giấy.",
}  # fmt: skip


@get(
    "/v1/rating-months/{month:str}",
    tags=["rating_results"],
    opt=decided(auth="public", limit="lookup", cache="places", example=MONTH),
)
async def get_month_ratings(conn: Conn, month: MonthOf) -> MonthRatings:
    """How a month was rated over all offices, and over those that are not told by themselves

    An office is told when at least ten people have rated it. The others are told together, and with them as many more,
    the smallest first, as it takes until they too are ten.
    """
    return await domain.of_month(conn, month)


@get(
    "/v1/rating-months/{month:str}/offices",
    tags=["rating_results"],
    opt=decided(auth="public", limit="lookup", cache="places", example={"items": [OFFICE], "next_cursor": None}),
)
async def list_month_ratings(
    conn: Conn, pages: Pages, month: MonthOf, cursor: Cursor = None, limit: Limit = 20
) -> OfficeRatingsPage:
    """Offices as they were rated in a month, those with the most ratings first"""
    return await store.offices(conn, pages, domain.first_of(month), cursor, limit)


@get(
    "/v1/offices/{office_id:uuid}/ratings",
    tags=["rating_results"],
    opt=decided(
        auth="public", limit="lookup", cache="places", raises=(NotFound,),
        example={"items": [OFFICE], "next_cursor": None},
    ),
)  # fmt: skip
async def list_office_ratings(
    conn: Conn, pages: Pages, office_id: FromPath[UUID], cursor: Cursor = None, limit: Limit = 20
) -> OfficeRatingsPage:
    """How an office was rated month by month, the last first; a month is missing while fewer than ten have rated it"""
    return await domain.of_office(conn, pages, office_id, cursor, limit)


@get(
    "/v1/managed-offices/{office_id:uuid}/results",
    tags=["rating_results"],
    opt=decided(auth="official", limit="lookup", raises=(Forbidden, NotFound),
                example={"items": [OWN], "next_cursor": None}),
)  # fmt: skip
async def list_own_results(
    conn: Conn, pages: Pages, me: Me, now: Now, office_id: FromPath[UUID], cursor: Cursor = None, limit: Limit = 20
) -> OwnResultsPage:
    """What was answered about your office, the last month first; never by whom or on which day"""
    return await domain.own(conn, pages, office_id, me, cursor, limit, now)


@get(
    "/v1/managed-offices/{office_id:uuid}/words",
    tags=["rating_results"],
    opt=decided(auth="official", limit="lookup", raises=(Forbidden, NotFound),
                example={"items": [WORDS], "next_cursor": None}),
)  # fmt: skip
async def list_rating_words(
    conn: Conn, pages: Pages, me: Me, now: Now, office_id: FromPath[UUID], cursor: Cursor = None, limit: Limit = 20
) -> RatingWordsPage:
    """What was written about your office, the last month first, and within it in an order that says nothing"""
    return await domain.words(conn, pages, office_id, me, cursor, limit, now)


HANDLERS = [get_month_ratings, list_month_ratings, list_office_ratings, list_own_results, list_rating_words]
