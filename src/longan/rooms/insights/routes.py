"""HTTP of the room."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.params import FromPath, QueryParameter

from longan.floor.base.errors import NotFound
from longan.floor.database.page import Cursor, Limit
from longan.floor.pay_and_days import wages
from longan.floor.requests.deps import Conn, Me, Now, Pages
from longan.floor.requests.policy import decided
from longan.rooms.insights import domain, store
from longan.rooms.insights.models import Dimension, EmployerFigures, JobFigures, JobMarket, JobSummaryPage

Days = Annotated[int, QueryParameter(ge=1, le=180, description="Views of so many days, today among them")]

By = Annotated[Dimension, QueryParameter(description="By what the postings are grouped")]

MARKET_EXAMPLE = {
    "dimension": "occupation",
    "counted_at": "2026-11-22T02:15:00Z",
    "total": {"postings": 1219, "openings": 9120, "median_month": 10_000_000},
    "items": [
        {"key": "81", "name": "Thợ vận hành máy móc và thiết bị", "postings": 109, "openings": 2310,
         "median_month": 9_500_000},
    ],
    "rest": {"postings": 31, "openings": 188, "median_month": None},
}  # fmt: skip


@get("/v1/jobs/{job_id:uuid}/figures", tags=["insights"], opt=decided(auth="app", limit="lookup", raises=(NotFound,)))
async def get_job_figures(conn: Conn, me: Me, now: Now, job_id: FromPath[UUID], days: Days = 30) -> JobFigures:
    """How a posting of yours does: views by day, saves, applications, time to the first answer"""
    since = wages.day_of(now) - timedelta(days=days - 1)
    if (found := await store.of_job(conn, job_id, me.account_id, since)) is None:
        raise NotFound
    return found


@get(
    "/v1/employers/{employer_id:uuid}/figures",
    tags=["insights"],
    opt=decided(auth="app", limit="lookup", raises=(NotFound,)),
)
async def get_employer_figures(
    conn: Conn, me: Me, now: Now, employer_id: FromPath[UUID], days: Days = 30
) -> EmployerFigures:
    """How all postings of an employer of yours do, together"""
    since = wages.day_of(now) - timedelta(days=days - 1)
    if (found := await store.of_employer(conn, employer_id, me.account_id, since, now)) is None:
        raise NotFound
    return found


@get(
    "/v1/employers/{employer_id:uuid}/figures/jobs",
    tags=["insights"],
    opt=decided(auth="app", limit="lookup", raises=(NotFound,)),
)
async def list_job_figures(
    conn: Conn, me: Me, pages: Pages, employer_id: FromPath[UUID], cursor: Cursor = None, limit: Limit = 20
) -> JobSummaryPage:
    """The postings of an employer of yours with their figures, the newest first"""
    page = await store.of_jobs(conn, pages, employer_id, me.account_id, cursor, limit)
    if not page.items and not await store.is_member(conn, employer_id, me.account_id):
        raise NotFound
    return page


@get("/v1/job-market", tags=["insights"], opt=decided(auth="public", limit="lookup", cache="places",
                                                       example=MARKET_EXAMPLE))  # fmt: skip
async def get_job_market(conn: Conn, dimension: By = "occupation") -> JobMarket:
    """Open postings, openings and the median pay, by occupation, ward or shift; by month what was published

    Counted every quarter of an hour for this province. A group is told when it has at least 10 postings of at least 3
    employers. The others are told together, and with them as many more, the smallest first, as it takes until they too
    are that many.
    """
    return domain.market(dimension, await store.told(conn, dimension))


HANDLERS = [get_job_figures, get_employer_figures, list_job_figures, get_job_market]
