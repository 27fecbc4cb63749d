"""HTTP of the room."""

from typing import Annotated
from uuid import UUID

from litestar import get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter

from longan.floor.base.errors import Forbidden, NotFound
from longan.floor.database.page import Cursor, Limit
from longan.floor.places import ward
from longan.floor.postings.rulings import OwnPosting
from longan.floor.requests.deps import Conn, Me, Now, Pages, Tx
from longan.floor.requests.policy import Proof, decided
from longan.rooms.job_reports import domain, store
from longan.rooms.job_reports.models import (
    JobReport,
    JobReportIn,
    JobReportPage,
    ReasonCode,
    ReportAnswered,
    ReportDecided,
    ReportDecisionIn,
    WaitingReportPage,
)

WITH_PASSKEY = Proof(acr=3, max_age=None)

REPORT_ID = "0192f0c1-9d10-7a55-8c31-6f0e1b2a3c4e"
JOB_ID = "0192f0c1-7a44-7d15-8f3e-5b0d2c9e6f18"
SAID = {"reason_code": "deposit", "note": "Đến nơi bị đòi cọc 500k."}
REPORT = {
    "id": REPORT_ID, "job_id": JOB_ID, "job_title": "Công nhân may", **SAID, "state": "open", "answer": None,
    "created_at": "2026-11-22T01:00:00Z", "decided_at": None,
}  # fmt: skip
WAITING = {
    "id": REPORT_ID, **SAID, "created_at": "2026-11-22T01:00:00Z", "job_id": JOB_ID, "job_status": "open",
    "job_title": "Công nhân may", "job_description": "May áo thun, có xe đưa rước.",
    "employer": {"id": "0192f0c1-5a10-7b02-9a61-0b5c2d8e7f31", "name": "Công ty TNHH May Bến Lức", "verified": True},
    "ward_code": "27694", "confirmed": 2,
}  # fmt: skip

OfReason = Annotated[ReasonCode | None, QueryParameter(name="reason_code", description="Only of this reason")]
OfJob = Annotated[UUID | None, QueryParameter(name="job", description="Only of this posting")]


@put(
    "/v1/jobs/{job_id:uuid}/report",
    tags=["job_reports"],
    opt=decided(auth="app", limit="write", raises=(NotFound, OwnPosting), request_example=SAID, example=REPORT),
)
async def report_job(tx: Tx, me: Me, now: Now, job_id: FromPath[UUID], data: JSONBody[JobReportIn]) -> JobReport:
    """Say that a posting is not what it should be: an official reads it, and you hear what they found

    One report a posting: another one takes its place as long as nobody has answered. The employer is never shown who
    reported, nor the note. 429 beyond ten postings a day.
    """
    return await domain.report(tx, me, job_id, data, now)


@get(
    "/v1/me/job-reports",
    tags=["job_reports"],
    opt=decided(auth="app", limit="lookup", example={"items": [REPORT], "next_cursor": None}),
)
async def list_own_job_reports(
    conn: Conn, me: Me, pages: Pages, cursor: Cursor = None, limit: Limit = 20
) -> JobReportPage:
    """What you have reported, newest first, and what officials answered"""
    return await store.own(conn, pages, me.account_id, cursor, limit)


@get(
    "/v1/job-reports",
    tags=["job_reports"],
    opt=decided(auth="official", limit="lookup", proof=WITH_PASSKEY, raises=(Forbidden,),
                example={"items": [WAITING], "next_cursor": None}),
)  # fmt: skip
async def list_job_reports(
    conn: Conn, me: Me, now: Now, pages: Pages, reason: OfReason = None, ward_code: ward.WardCode = None,
    job: OfJob = None, cursor: Cursor = None, limit: Limit = 20,
) -> WaitingReportPage:  # fmt: skip
    """Reports that wait for your answer, oldest first; nothing says who reported

    It is what the wards of your role reach, and nothing of your own employer or that you have reported yourself.
    """
    filters: dict[str, object] = {"reason_code": reason, "ward_code": ward_code, "job": job}
    return await domain.waiting(conn, pages, me, filters, cursor, limit, now)


@post(
    "/v1/job-reports/{report_id:uuid}/decision",
    tags=["job_reports"],
    status_code=200,
    opt=decided(
        auth="official", limit="write", proof=WITH_PASSKEY, raises=(Forbidden, NotFound, OwnPosting, ReportAnswered),
        request_example={"outcome": "confirmed", "answer": "Đúng như bạn nói. Cảm ơn bạn."},
        example={"report_id": REPORT_ID, "outcome": "confirmed", "confirmed": 3, "job_status": "paused"},
    ),
)  # fmt: skip
async def decide_job_report(
    tx: Tx, me: Me, now: Now, report_id: FromPath[UUID], data: JSONBody[ReportDecisionIn]
) -> ReportDecided:
    """Confirm a report or dismiss it; whoever reported hears of it, and reads your answer

    With the third that is confirmed since an official last published the posting it is paused by itself, and an
    official looks at it before it is open again. `suspend_because` takes it down at once; its employer reads that
    reason. The same decision again changes nothing.
    """
    return await domain.decide(tx, me, report_id, data, now)


HANDLERS = [report_job, list_own_job_reports, list_job_reports, decide_job_report]
