"""HTTP of the room."""

from typing import Annotated, get_args
from uuid import UUID

from litestar import get, patch, post
from litestar.params import FromPath, JSONBody, QueryParameter

from longan.floor.base.errors import FieldError, InvalidRequest, JobNotOpen, NotFound, WardUnknown
from longan.floor.database.page import Cursor, Limit
from longan.floor.guard.job_view import Job, shown, trace
from longan.floor.guard.standing import PUBLISHING
from longan.floor.postings.postings import Status
from longan.floor.requests.deps import Conn, Ex, Me, Now, OpensPhones, Pages, Tx
from longan.floor.requests.policy import decided
from longan.rooms.jobs import domain
from longan.rooms.jobs.models import CopyIn, EmployerJobPage, JobChange, JobEventPage, JobIn

EXAMPLE_IN = {
    "employer_id": "0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a11",
    "title": "Công nhân may",
    "description": "May chuyền áo thun, có xe đưa rước, cơm trưa.",
    "ward_code": "27694",
    "pay": {"base": 6_500_000, "allowances": 700_000, "attendance": 500_000, "max": 12_000_000},
    "openings": 20,
    "expires_at": "2027-01-31T17:00:00Z",
    "occupation_code": "75",
    "contract": "fixed_term",
    "shift": "day",
    "week_hours": 48,
    "week_days": 6,
    "benefits": ["meals", "bus", "social_insurance"],
    "experience_months": 0,
    "education": "none",
    "skills": ["máy một kim"],
}

Statuses = Annotated[
    str | None,
    QueryParameter(max_length=100, description=f"One or more of {', '.join(get_args(Status))}, comma-separated"),
]


@get(
    "/v1/jobs/{job_id:uuid}",
    tags=["jobs"],
    opt=decided(auth="optional", limit="lookup", cache="jobs", raises=(NotFound,)),
)
async def get_job(conn: Conn, exchange: Ex, now: Now, job_id: FromPath[UUID]) -> Job:
    """One job; a draft only to members of its employer"""
    viewer = exchange.principal.account_id if exchange.principal else None
    if (seen := await shown(conn, job_id, viewer, now)) is None:
        raise NotFound
    if seen.is_member or seen.job.status != "open":
        exchange.kept_private()
    return exchange.tagged(seen.job, seen.job.version, *trace(seen.job))


@post(
    "/v1/jobs",
    tags=["jobs"],
    opt=decided(auth="app", limit="write", idempotent=True, raises=(NotFound, WardUnknown), request_example=EXAMPLE_IN),
)
async def create_job(tx: Tx, me: Me, now: Now, exchange: Ex, data: JSONBody[JobIn]) -> Job:
    """A draft of an employer you are a member of

    A park must lie in the ward. Whether the pay keeps the minimum wage is asked when it is published;
    `minimum_wage.is_kept` says it before.
    """
    job = await domain.create(tx, me.account_id, data, now)
    return exchange.tagged(job, job.version, *trace(job))


@post(
    "/v1/jobs/{job_id:uuid}/copy",
    tags=["jobs"],
    opt=decided(auth="app", limit="write", idempotent=True, raises=(NotFound, WardUnknown)),
)
async def copy_job(
    tx: Tx, me: Me, now: Now, exchange: Ex, job_id: FromPath[UUID], data: JSONBody[CopyIn | None] = None
) -> Job:
    """A new draft that says what a posting of your employer says

    Whatever became of that posting. Its applications, its history and the places that are taken stay where they are.
    """
    job = await domain.copy(tx, me.account_id, job_id, data.expires_at if data else None, now)
    return exchange.tagged(job, job.version, *trace(job))


@patch(
    "/v1/jobs/{job_id:uuid}",
    tags=["jobs"],
    opt=decided(auth="app", limit="write", if_match=True, raises=(JobNotOpen, WardUnknown, *PUBLISHING),
                request_example={"openings": 10, "clear": ["pay"]}),
)  # fmt: skip
async def update_job(
    tx: Tx, phones: OpensPhones, me: Me, now: Now, exchange: Ex, job_id: FromPath[UUID], data: JSONBody[JobChange]
) -> Job:
    """Change what is named; the rest stays

    What is no draft must keep the minimum wage, and is read again by the honesty guard, which may take it to
    `in_review` until an official has looked. `openings` are more than `filled`. What differs stands in the history.
    """
    job = await domain.update(tx, phones, me.account_id, job_id, data, exchange.expected_versions(), now)
    return exchange.tagged(job, job.version, *trace(job))


@get(
    "/v1/employers/{employer_id:uuid}/jobs",
    tags=["jobs"],
    opt=decided(auth="app", limit="lookup", raises=(NotFound,)),
)
async def list_employer_jobs(
    conn: Conn,
    me: Me,
    pages: Pages,
    employer_id: FromPath[UUID],
    status: Statuses = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> EmployerJobPage:
    """All postings of your employer, drafts too, newest first, with how many have applied"""
    return await domain.own(conn, pages, me.account_id, employer_id, _statuses(status), cursor, limit)


@get(
    "/v1/jobs/{job_id:uuid}/history",
    tags=["jobs"],
    opt=decided(auth="app", limit="lookup", raises=(NotFound,)),
)
async def list_job_history(
    conn: Conn, me: Me, pages: Pages, job_id: FromPath[UUID], cursor: Cursor = None, limit: Limit = 20
) -> JobEventPage:
    """What happened to a posting of your employer, and what was changed in it, newest first"""
    return await domain.history(conn, pages, me.account_id, job_id, cursor, limit)


def _statuses(text: str | None) -> list[Status] | None:
    if text is None:
        return None
    named = set(text.split(","))
    known: tuple[Status, ...] = get_args(Status)
    if not named <= set(known):
        raise InvalidRequest(FieldError("?status", "not_one_of"))
    return [status for status in known if status in named]


HANDLERS = [get_job, create_job, copy_job, update_job, list_employer_jobs, list_job_history]
