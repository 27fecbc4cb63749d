"""HTTP of the room."""

from uuid import UUID

from litestar import delete, get, post, put
from litestar.params import FromPath, JSONBody

from longan.floor.base.errors import NotFound
from longan.floor.database.page import Cursor, Limit
from longan.floor.requests.deps import Conn, Me, Now, Pages, Tx
from longan.floor.requests.policy import decided
from longan.rooms.saved_jobs import domain, store
from longan.rooms.saved_jobs.models import JobViewsIn, JobViewsRecorded, SavedJob, SavedJobPage, SavedJobsFull

VIEW = {"job_id": "0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a11", "day": "2026-11-22", "times": 2}


@get("/v1/me/saved-jobs", tags=["saved_jobs"], opt=decided(auth="app", limit="lookup"))
async def list_saved_jobs(
    conn: Conn, me: Me, now: Now, pages: Pages, cursor: Cursor = None, limit: Limit = 20
) -> SavedJobPage:
    """The jobs you keep, the last one kept first, each as it stands now"""
    return await store.kept(conn, pages, me.account_id, cursor, limit, now)


@put(
    "/v1/me/saved-jobs/{job_id:uuid}",
    tags=["saved_jobs"],
    opt=decided(auth="app", limit="write", raises=(NotFound, SavedJobsFull)),
)
async def save_job(tx: Tx, me: Me, now: Now, job_id: FromPath[UUID]) -> SavedJob:
    """Keep a job to look at later; keeping it again changes nothing

    Two days before its end you are told, if it is still open and you have not applied.
    """
    return await domain.save(tx, me.account_id, job_id, now)


@delete(
    "/v1/me/saved-jobs/{job_id:uuid}",
    tags=["saved_jobs"],
    opt=decided(auth="app", limit="write", raises=(NotFound,)),
)
async def unsave_job(tx: Tx, me: Me, job_id: FromPath[UUID]) -> None:
    """Keep a job no longer"""
    await domain.unsave(tx, me.account_id, job_id)


@post(
    "/v1/me/job-views",
    tags=["saved_jobs"],
    status_code=200,
    opt=decided(auth="app", limit="write", example={"recorded": 1}, request_example={"views": [VIEW]}),
)
async def record_job_views(tx: Tx, me: Me, now: Now, data: JSONBody[JobViewsIn]) -> JobViewsRecorded:
    """Which jobs you have opened, a batch at a time: most answers come out of a cache and never reach us

    A day holds the most that was ever reported for a job, so that a batch sent again changes nothing. Employers see
    only how many people looked; we forget who after half a year.
    """
    return JobViewsRecorded(await store.record(tx, me.account_id, data.views, now))


HANDLERS = [list_saved_jobs, save_job, unsave_job, record_job_views]
