"""HTTP of the room. Each step takes If-Match where the caller sends one."""

from uuid import UUID

from litestar import post
from litestar.params import FromPath, JSONBody

from longan.floor.base.errors import IllegalTransition, NotFound
from longan.floor.guard.job_view import Job, changed, trace
from longan.floor.guard.standing import PUBLISHING
from longan.floor.postings.postings import JobFull
from longan.floor.requests.deps import Ex, Me, Now, OpensPhones, Tx
from longan.floor.requests.policy import decided
from longan.rooms.publishing import domain
from longan.rooms.publishing.models import CloseIn, RenewIn


@post(
    "/v1/jobs/{job_id:uuid}/publish",
    tags=["publishing"],
    status_code=200,
    opt=decided(auth="app", limit="write", may_match=True, raises=(*PUBLISHING, IllegalTransition, JobFull)),
)
async def publish_job(tx: Tx, phones: OpensPhones, me: Me, now: Now, exchange: Ex, job_id: FromPath[UUID]) -> Job:
    """Put a draft before the workers; only a verified employer can

    The pay must keep the minimum wage of the ward. Where the honesty guard holds the posting it is `in_review`, and
    open when an official has let it out: `review` says why. Publishing what is open or in review already changes
    nothing and answers 200.
    """
    await domain.publish(tx, phones, me.account_id, job_id, exchange.versions_if_given(), now)
    job = await changed(tx, job_id, me.account_id, now)
    return exchange.tagged(job, job.version, *trace(job))


@post(
    "/v1/jobs/{job_id:uuid}/pause",
    tags=["publishing"],
    status_code=200,
    opt=decided(auth="app", limit="write", may_match=True, raises=(NotFound, IllegalTransition)),
)
async def pause_job(tx: Tx, me: Me, now: Now, exchange: Ex, job_id: FromPath[UUID]) -> Job:
    """Take an open posting from the lists for a while; nobody can apply, and its time goes on

    Whoever has applied goes on. Pausing what is paused already changes nothing and answers 200.
    """
    await domain.pause(tx, me.account_id, job_id, exchange.versions_if_given(), now)
    job = await changed(tx, job_id, me.account_id, now)
    return exchange.tagged(job, job.version, *trace(job))


@post(
    "/v1/jobs/{job_id:uuid}/resume",
    tags=["publishing"],
    status_code=200,
    opt=decided(auth="app", limit="write", may_match=True, raises=(*PUBLISHING, IllegalTransition, JobFull)),
)
async def resume_job(tx: Tx, phones: OpensPhones, me: Me, now: Now, exchange: Ex, job_id: FromPath[UUID]) -> Job:
    """Open a paused posting again, where it stood in the lists

    The same is asked as when it was published. Resuming what is open or in review already changes nothing and answers
    200.
    """
    await domain.resume(tx, phones, me.account_id, job_id, exchange.versions_if_given(), now)
    job = await changed(tx, job_id, me.account_id, now)
    return exchange.tagged(job, job.version, *trace(job))


@post(
    "/v1/jobs/{job_id:uuid}/renew",
    tags=["publishing"],
    status_code=200,
    opt=decided(
        auth="app", limit="write", may_match=True, raises=(*PUBLISHING, IllegalTransition),
        request_example={"expires_at": "2027-03-31T17:00:00Z", "openings": 30},
    ),
)  # fmt: skip
async def renew_job(
    tx: Tx, phones: OpensPhones, me: Me, now: Now, exchange: Ex, job_id: FromPath[UUID], data: JSONBody[RenewIn]
) -> Job:
    """Give a posting a new end; what is paused, expired or closed is open again

    The same is asked as when it was published. It comes to the top of what is new when it was not there in the last
    seven days. Applications that ended with the posting stay `obsolete`, and who sent them may apply again. Renewing
    once more until the same end changes nothing and answers 200.
    """
    await domain.renew(tx, phones, me.account_id, job_id, data, exchange.versions_if_given(), now)
    job = await changed(tx, job_id, me.account_id, now)
    return exchange.tagged(job, job.version, *trace(job))


@post(
    "/v1/jobs/{job_id:uuid}/close",
    tags=["publishing"],
    status_code=200,
    opt=decided(auth="app", limit="write", may_match=True, raises=(NotFound, IllegalTransition)),
)
async def close_job(
    tx: Tx, me: Me, now: Now, exchange: Ex, job_id: FromPath[UUID], data: JSONBody[CloseIn | None] = None
) -> Job:
    """Take a posting down; nobody can apply any more

    Open applications become `obsolete`, and who has applied is told. Closing what is closed already changes nothing
    and answers 200.
    """
    await domain.close(tx, me.account_id, job_id, data.reason if data else None, exchange.versions_if_given(), now)
    job = await changed(tx, job_id, me.account_id, now)
    return exchange.tagged(job, job.version, *trace(job))


HANDLERS = [publish_job, pause_job, resume_job, renew_job, close_job]
