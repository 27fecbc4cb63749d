"""HTTP of the room."""

from uuid import UUID

from litestar import get, patch, post
from litestar.params import FromPath, JSONBody

from longan.deps import Conn, Ex, Me, Now, Tx
from longan.errors import IllegalTransition, JobNotOpen, NotFound, WardUnknown
from longan.jobs import domain, store
from longan.jobs.models import EmployerNotVerified, Job, JobChange, JobIn
from longan.policy import decided

EXAMPLE_IN = {
    "employer_id": "0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a11",
    "title": "Công nhân may",
    "description": "May chuyền áo thun, có xe đưa rước, cơm trưa.",
    "ward_code": "27694",
    "pay": {"min": 8_000_000, "max": 12_000_000, "currency": "VND", "period": "month"},
    "openings": 20,
    "expires_at": "2027-01-31T17:00:00Z",
}


@get(
    "/v1/jobs/{job_id:uuid}",
    tags=["jobs"],
    opt=decided(auth="optional", limit="lookup", cache="jobs", raises=(NotFound,)),
)
async def get_job(conn: Conn, exchange: Ex, job_id: FromPath[UUID]) -> Job:
    """One job; a draft only to members of its employer"""
    viewer = exchange.principal.account_id if exchange.principal else None
    if (job := await store.shown(conn, job_id, viewer)) is None:
        raise NotFound
    if job.status != "open":
        exchange.kept_private()
    return exchange.tagged(job, job.version, job.employer)


@post(
    "/v1/jobs",
    tags=["jobs"],
    opt=decided(auth="app", limit="write", idempotent=True, raises=(NotFound, WardUnknown), request_example=EXAMPLE_IN),
)
async def create_job(tx: Tx, me: Me, now: Now, exchange: Ex, data: JSONBody[JobIn]) -> Job:
    """A draft of an employer you are a member of"""
    job = await domain.create(tx, me.account_id, data, now)
    return exchange.tagged(job, job.version, job.employer)


@patch(
    "/v1/jobs/{job_id:uuid}",
    tags=["jobs"],
    opt=decided(auth="app", limit="write", if_match=True, raises=(NotFound, JobNotOpen, WardUnknown),
                request_example={"openings": 10, "clear": ["pay"]}),
)  # fmt: skip
async def update_job(tx: Tx, me: Me, now: Now, exchange: Ex, job_id: FromPath[UUID], data: JSONBody[JobChange]) -> Job:
    """Change what is named; the rest stays"""
    job = await domain.update(tx, me.account_id, job_id, data, exchange.expected_versions(), now)
    return exchange.tagged(job, job.version, job.employer)


@post(
    "/v1/jobs/{job_id:uuid}/publish",
    tags=["jobs"],
    status_code=200,
    opt=decided(auth="app", limit="write", raises=(NotFound, EmployerNotVerified, IllegalTransition)),
)
async def publish_job(tx: Tx, me: Me, now: Now, exchange: Ex, job_id: FromPath[UUID]) -> Job:
    """Put a draft before the workers; only a verified employer can

    Publishing what is open already changes nothing and answers 200.
    """
    job = await domain.publish(tx, me.account_id, job_id, now)
    return exchange.tagged(job, job.version, job.employer)


@post(
    "/v1/jobs/{job_id:uuid}/close",
    tags=["jobs"],
    status_code=200,
    opt=decided(auth="app", limit="write", raises=(NotFound, IllegalTransition)),
)
async def close_job(tx: Tx, me: Me, now: Now, exchange: Ex, job_id: FromPath[UUID]) -> Job:
    """Take a posting down; nobody can apply any more

    Closing what is closed already changes nothing and answers 200.
    """
    job = await domain.close(tx, me.account_id, job_id, now)
    return exchange.tagged(job, job.version, job.employer)


HANDLERS = [get_job, create_job, update_job, publish_job, close_job]
