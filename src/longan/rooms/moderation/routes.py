"""HTTP of the room."""

from typing import Annotated
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from longan.floor.base.errors import Forbidden, IllegalTransition, NotFound, Stale
from longan.floor.database.page import Cursor, Limit
from longan.floor.guard.standing import EmployerNotVerified
from longan.floor.places import ward
from longan.floor.postings.rulings import OwnPosting
from longan.floor.requests.deps import Conn, Locale, Me, Now, Pages, Tx
from longan.floor.requests.policy import Proof, decided
from longan.rooms.moderation import domain
from longan.rooms.moderation.models import (
    AlreadyDecided,
    Appeal,
    AppealIn,
    CaseDecided,
    CaseDecisionIn,
    DecidedByYou,
    JobReview,
    Kind,
    ModerationCasePage,
    ModerationCaseView,
    NotAppealable,
)

WITH_PASSKEY = Proof(acr=3, max_age=None)

CASE_ID = "0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a11"
JOB_ID = "0192f0c1-7a44-7d15-8f3e-5b0d2c9e6f18"
DECISION_ID = "0192f0c1-9d10-7a55-8c31-6f0e1b2a3c4d"
EMPLOYER = {"id": "0192f0c1-5a10-7b02-9a61-0b5c2d8e7f31", "name": "Công ty TNHH May Bến Lức", "verified": True}
CASE = {
    "id": CASE_ID, "kind": "held", "job_id": JOB_ID, "job_title": "Công nhân may", "employer": EMPLOYER,
    "ward_code": "27694", "score": 60, "rules": ["deposit"], "opened_at": "2026-11-22T02:00:00Z",
}  # fmt: skip
FINDING = {
    "rule": "deposit", "title": "Đặt cọc, thế chân",
    "law": "Bộ luật Lao động 2019, Điều 17 khoản 2: không được bắt bảo đảm bằng tiền hoặc tài sản",
    "explanation": "Bỏ yêu cầu đặt cọc, thế chân, ký quỹ dưới mọi hình thức, kể cả khi hứa hoàn lại.",
    "field": "description", "quote": "Đặt cọc 500k, làm đủ 3 tháng trả lại", "weight": 60, "accepted": False,
}  # fmt: skip
RETURNED = {
    "id": DECISION_ID, "decision": "returned", "reason": "Tin đòi đặt cọc.", "changes": "Bỏ câu về tiền cọc.",
    "decided_at": "2026-11-22T03:00:00Z",
}  # fmt: skip
REPORT = {
    "id": "0192f0c1-9d10-7a55-8c31-6f0e1b2a3c4e", "reason_code": "deposit", "note": "Đến nơi bị đòi 500k.",
    "state": "open", "created_at": "2026-11-22T01:00:00Z",
}  # fmt: skip
VIEW = {
    "id": CASE_ID, "kind": "held", "closed_at": None, "job_id": JOB_ID, "status": "in_review", "version": 3,
    "title": "Công nhân may", "description": "May áo thun. Đặt cọc 500k, làm đủ 3 tháng trả lại", "skills": [],
    "employer": EMPLOYER, "ward_code": "27694", "score": 60, "findings": [FINDING], "appeal": None, "decisions": [],
    "reports": [REPORT],
}  # fmt: skip
REVIEW = {
    "job_id": JOB_ID, "status": "draft", "score": 60, "held": True, "findings": [FINDING],
    "decisions": [RETURNED | {"appeal": None, "can_appeal": True}], "confirmed_reports": [],
}  # fmt: skip

OfKind = Annotated[Kind | None, QueryParameter(name="kind", description="Only of this kind")]
OfRule = Annotated[
    str | None,
    QueryParameter(name="rule", description="Only where this rule found something", max_length=40,
                   pattern="^[a-z_]+$"),
]  # fmt: skip
OfEmployer = Annotated[UUID | None, QueryParameter(name="employer_id", description="Only of this employer")]


@get(
    "/v1/moderation-cases",
    tags=["moderation"],
    opt=decided(auth="official", limit="lookup", proof=WITH_PASSKEY, raises=(Forbidden,),
                example={"items": [CASE], "next_cursor": None}),
)  # fmt: skip
async def list_moderation_cases(
    conn: Conn, me: Me, now: Now, pages: Pages, of_kind: OfKind = None, ward_code: ward.WardCode = None,
    employer: OfEmployer = None, rule: OfRule = None, cursor: Cursor = None, limit: Limit = 20,
) -> ModerationCasePage:  # fmt: skip
    """Postings and appeals that wait for you to decide, oldest first

    It is what the wards of your role reach; not what your own employer has posted, what you have reported, or appeals
    against your own decisions.
    """
    filters = {"kind": of_kind, "ward_code": ward_code, "employer_id": employer, "rule": rule}
    return await domain.queue_of(conn, pages, me, filters, cursor, limit, now)


@get(
    "/v1/moderation-cases/{case_id:uuid}",
    tags=["moderation"],
    opt=decided(auth="official", limit="lookup", proof=WITH_PASSKEY, raises=(Forbidden, NotFound), example=VIEW),
)
async def get_moderation_case(
    conn: Conn, me: Me, now: Now, locale: Locale, case_id: FromPath[UUID]
) -> ModerationCaseView:
    """The posting as it stands, what was found with the words it was found in, what was decided and reported before"""
    return await domain.shown(conn, me, case_id, locale, now)


@post(
    "/v1/moderation-cases/{case_id:uuid}/decision",
    tags=["moderation"],
    status_code=200,
    opt=decided(
        auth="official", limit="write", proof=WITH_PASSKEY,
        raises=(Forbidden, NotFound, OwnPosting, DecidedByYou, AlreadyDecided, Stale, EmployerNotVerified,
                IllegalTransition),
        request_example={"decision": "returned", "reason": "Tin đòi đặt cọc.", "changes": "Bỏ câu về tiền cọc.",
                         "version": 3},
        example={"case_id": CASE_ID, "decision": "returned", "status": "draft", "decided_at": "2026-11-22T03:00:00Z"},
    ),
)  # fmt: skip
async def decide_moderation_case(
    tx: Tx, me: Me, now: Now, case_id: FromPath[UUID], data: JSONBody[CaseDecisionIn]
) -> CaseDecided:
    """Decide on a posting that is held (`published`, `returned`, `suspended`) or on an appeal (`upheld`, `granted`)

    Its employer is told, with the reason. What was read and published does not hold the posting again as long as it
    stays as it is. An appeal is decided by another official than who decided first. 412 `stale`: the posting was
    changed since you read it. The same decision again changes nothing.
    """
    return await domain.decide(tx, me, case_id, data, now)


@get(
    "/v1/jobs/{job_id:uuid}/review",
    tags=["moderation"],
    opt=decided(auth="app", limit="lookup", raises=(NotFound,), example=REVIEW),
)
async def get_job_review(conn: Conn, me: Me, now: Now, locale: Locale, job_id: FromPath[UUID]) -> JobReview:
    """Why a posting of your employer waits or was taken down: the words, the rule, the law, what to change"""
    return await domain.review(conn, me, job_id, locale, now)


@post(
    "/v1/jobs/{job_id:uuid}/appeals",
    tags=["moderation"],
    opt=decided(
        auth="app", limit="write", idempotent=True, raises=(NotFound, NotAppealable),
        request_example={"decision_id": DECISION_ID, "text": "Câu đó nói về cọc của khách hàng, không phải công nhân."},
        example={"decision_id": DECISION_ID, "case_id": CASE_ID, "created_at": "2026-11-22T04:00:00Z",
                 "text": "Câu đó nói về cọc của khách hàng, không phải công nhân."},
    ),
)  # fmt: skip
async def appeal_job_decision(tx: Tx, me: Me, now: Now, job_id: FromPath[UUID], data: JSONBody[AppealIn]) -> Appeal:
    """Appeal against the last decision on a posting of your employer, once; another official reads it"""
    return await domain.appeal(tx, me, job_id, data, now)


HANDLERS = [
    list_moderation_cases, get_moderation_case, decide_moderation_case, get_job_review, appeal_job_decision,
]  # fmt: skip
