"""HTTP of the room."""

from typing import Annotated, get_args
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from longan.floor.base.errors import FieldError, Forbidden, IllegalTransition, InvalidRequest, JobNotOpen, NotFound
from longan.floor.database.page import Cursor, Limit
from longan.floor.postings.postings import JobFull
from longan.floor.requests.deps import Conn, Me, Now, Pages, Tx
from longan.floor.requests.policy import decided
from longan.rooms.applications import domain, store
from longan.rooms.applications.models import (
    AlreadyApplied,
    Application,
    ApplicationIn,
    JobApplicationPage,
    MoveIn,
    MyApplicationPage,
    OwnJob,
    Status,
)

Statuses = Annotated[
    str | None,
    QueryParameter(max_length=200, description=f"One or more of {', '.join(get_args(Status))}, comma-separated"),
]


@post(
    "/v1/jobs/{job_id:uuid}/applications",
    tags=["applications"],
    opt=decided(
        auth="app", limit="write", idempotent=True, raises=(AlreadyApplied, JobNotOpen, NotFound, OwnJob),
        request_example={"note": "Tôi có hai năm kinh nghiệm may chuyền."},
    ),
)  # fmt: skip
async def apply_to_job(tx: Tx, me: Me, now: Now, job_id: FromPath[UUID], data: JSONBody[ApplicationIn]) -> Application:
    """Apply for an open job, once

    Who has withdrawn or was rejected cannot apply for the same job again. Whose application became `obsolete` with the
    posting can, as soon as it is open again.
    """
    return await domain.apply(tx, me.account_id, job_id, data, now)


@get("/v1/me/applications", tags=["applications"], opt=decided(auth="app", limit="lookup"))
async def list_my_applications(
    conn: Conn, me: Me, pages: Pages, cursor: Cursor = None, limit: Limit = 20
) -> MyApplicationPage:
    """What you have applied for, newest first"""
    return await store.mine(conn, pages, me.account_id, cursor, limit)


@get(
    "/v1/jobs/{job_id:uuid}/applications",
    tags=["applications"],
    opt=decided(auth="app", limit="lookup", raises=(NotFound,)),
)
async def list_job_applications(
    conn: Conn,
    me: Me,
    pages: Pages,
    job_id: FromPath[UUID],
    status: Statuses = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> JobApplicationPage:
    """Who has applied for a job of your employer, newest first"""
    return await domain.received(conn, pages, me.account_id, job_id, _statuses(status), cursor, limit)


@post(
    "/v1/applications/{application_id:uuid}/transitions",
    tags=["applications"],
    status_code=200,
    opt=decided(
        auth="app", limit="write", raises=(Forbidden, IllegalTransition, JobFull, NotFound),
        request_example={"to": "interview", "message": "Mời bạn đến phỏng vấn lúc 8 giờ sáng thứ Hai."},
    ),
)  # fmt: skip
async def transition_application(
    tx: Tx, me: Me, now: Now, application_id: FromPath[UUID], data: JSONBody[MoveIn]
) -> Application:
    """Move an application on

    The employer moves it forward, steps may be skipped: submitted, viewed, shortlisted, interview, offer, hired; or to
    rejected. The worker moves it to withdrawn. It stays where it ends: hired, rejected, withdrawn, expired, obsolete.
    Asking again for the state that you have brought it to changes nothing, keeps nothing of the second request and
    answers 200, so a retry is safe.

    Who is hired takes one of the openings; with the last one the posting closes. When a posting is closed or suspended
    its open applications become obsolete.
    """
    return await domain.move(tx, me.account_id, application_id, data, now)


def _statuses(text: str | None) -> list[Status] | None:
    if text is None:
        return None
    named = set(text.split(","))
    known: tuple[Status, ...] = get_args(Status)
    if not named <= set(known):
        raise InvalidRequest(FieldError("?status", "not_one_of"))
    return [status for status in known if status in named]


HANDLERS = [apply_to_job, list_my_applications, list_job_applications, transition_application]
