"""HTTP of the room."""

from typing import Annotated
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from longan.floor.base import several
from longan.floor.base.errors import Forbidden, NotFound
from longan.floor.database.page import Cursor, Limit
from longan.floor.feedback.feedback_handling import OwnReport
from longan.floor.feedback.feedback_states import Status, Visibility
from longan.floor.pictures.object_storage import StorageUnavailable
from longan.floor.places import ward
from longan.floor.requests.deps import Conn, Ex, Me, Now, OpensPhones, Pages, Stored, Tx
from longan.floor.requests.policy import Proof, decided
from longan.rooms.feedback_desk import domain, store
from longan.rooms.feedback_desk.models import (
    DeskPhotos,
    DeskReport,
    FeedbackLookPage,
    FeedbackSender,
    QueueCounts,
    QueuedFeedbackPage,
    SenderLookIn,
    Sort,
)

WITH_PASSKEY = Proof(acr=3, max_age=None)

REPORT_ID = "3f0e9c1d-5a77-4c11-9b57-0d4a6f3f8a10"
UNIT_ID = "0192f0c1-5a10-7b02-9a61-0b5c2d8e7f31"
OFFICIAL_ID = "0192f0c1-9d10-7a55-8c31-6f0e1b2a3c4d"
QUEUED = {
    "id": REPORT_ID, "code": "PA-7K3M-92QX", "category_code": "giao_thong",
    "begins": "Ổ gà sâu ở ngã tư Bình Tâm, xe máy té liên tục", "ward_code": "27694", "is_urgent": False,
    "status": "da_chuyen", "visibility": "public", "origin": "app", "supporters": 12, "unit_id": UNIT_ID,
    "unit_name": "Hạt quản lý đường bộ", "next_due_at": "2026-11-30T10:00:00Z", "is_late": False, "reopened": 0,
    "created_at": "2026-11-16T01:00:00Z", "version": 4,
}  # fmt: skip
ON_TIME = {"is_late": False, "working_days": 0, "working_hours": 0}
STEP = {
    "id": "0192f0c1-9d10-7a55-8c31-6f0e1b2a3c4e", "from_status": "moi_gui", "to_status": "da_tiep_nhan",
    "side": "official", "words": "Đã tiếp nhận, cảm ơn bạn.", "note": None, "unit_id": None, "unit_name": None,
    "by": OFFICIAL_ID, "at": "2026-11-16T02:00:00Z",
}  # fmt: skip
REPORT = {
    **{name: value for name, value in QUEUED.items() if name not in ("begins", "next_due_at", "is_late")},
    "attributes": None, "description": "Ổ gà sâu ở ngã tư Bình Tâm, xe máy té liên tục. Gọi tôi 0901 234 567.",
    "address": "Ngã tư Bình Tâm", "lat": 10.5401, "lon": 106.4105, "province_code": "80", "merged_into": None,
    "merged": [], "accept_due_at": "2026-11-17T01:00:00Z", "accept_late": ON_TIME, "due_at": "2026-11-30T10:00:00Z",
    "late": ON_TIME, "clock_runs": True, "accepted_at": "2026-11-16T02:00:00Z", "answered_at": None,
    "closed_at": None,
    "suggestion": {"unit_id": UNIT_ID, "unit_name": "Hạt quản lý đường bộ",
                   "rule_id": "0192f0c1-7a44-7d15-8f3e-5b0d2c9e6f18", "because": "category_and_ward"},
    "suggested_words": "Ổ gà sâu ở ngã tư Bình Tâm, xe máy té liên tục. Gọi tôi •••.",
    "public_copy": {"words": "Ổ gà sâu ở ngã tư Bình Tâm, xe máy té liên tục.", "answer": None, "with_photos": True,
                    "approved_by": OFFICIAL_ID, "approved_at": "2026-11-16T02:05:00Z"},
    "rating": None, "rating_words": None, "own": False, "steps": [STEP],
    "acts": [{"id": "0192f0c1-9d10-7a55-8c31-6f0e1b2a3c4f", "action": "published", "report_id": None, "unit_id": None,
              "because": None, "by": OFFICIAL_ID, "agency_code": "H53.903", "at": "2026-11-16T02:05:00Z"}],
}  # fmt: skip
PHOTO = {
    "id": "9b2d5b7e-0f4e-4c83-9d1a-52d0a3a4c111", "width": 1600, "height": 1200,
    "url": "https://files.example.vn/pictures/1.jpg", "thumbnail_url": "https://files.example.vn/thumbnails/1.jpg",
}  # fmt: skip
LOOK = {
    "id": "0192f0c1-9d10-7a55-8c31-6f0e1b2a3c50", "report_id": REPORT_ID, "report_code": "PA-7K3M-92QX",
    "agency_code": "H53.903", "purpose": "call_back", "looked_at": "2026-11-16T02:10:00Z",
}  # fmt: skip
COUNTS = {
    "open": 41, "late": 3, "urgent": 2, "without_unit": 9, "unpublished": 17,
    "by_status": [{"status": "moi_gui", "reports": 9}, {"status": "da_chuyen", "reports": 32}],
}  # fmt: skip

OfStatus = Annotated[
    str | None,
    QueryParameter(max_length=200,
                   description=several.commas(Status) + ". When absent, what is neither answered nor ended"),
]  # fmt: skip
OfCategory = Annotated[
    str | None,
    QueryParameter(pattern="^[a-z0-9_]{2,40}$", max_length=40,
                   description="Only of this category"),
]  # fmt: skip
OfUnit = Annotated[UUID | None, QueryParameter(description="Only what this unit handles")]
OnlyLate = Annotated[bool | None, QueryParameter(description="Only what is late, or only what is not")]
OnlyUrgent = Annotated[bool | None, QueryParameter(description="Only what is urgent, or is not")]
OfVisibility = Annotated[
    Visibility | None,
    QueryParameter(description="`waiting` is what nobody has decided to show or to hide"),
]
Words = Annotated[
    str | None,
    QueryParameter(min_length=3, max_length=80,
                   description="Words of the description in a row, with marks or without; or a code"),
]  # fmt: skip
InOrder = Annotated[
    Sort | None,
    QueryParameter(
        description="`due`: what is due first comes first, of what waits for an answer; `newest`: what was sent last. "
        "`due` when absent, `newest` where `status` names what was answered or has ended"
    ),
]


@get(
    "/v1/feedback-queue",
    tags=["feedback_desk"],
    opt=decided(auth="official", limit="lookup", proof=WITH_PASSKEY, raises=(Forbidden,),
                example={"items": [QUEUED], "next_cursor": None}),
)  # fmt: skip
async def list_feedback_queue(
    conn: Conn, me: Me, now: Now, pages: Pages, status: OfStatus = None, category_code: OfCategory = None,
    ward_code: ward.WardCode = None, unit_id: OfUnit = None, late: OnlyLate = None, urgent: OnlyUrgent = None,
    visibility: OfVisibility = None, q: Words = None, sort: InOrder = None, cursor: Cursor = None, limit: Limit = 20,
) -> QueuedFeedbackPage:  # fmt: skip
    """Reports in the wards of your role, what is due first at the top; nothing says who sent them

    What was merged into another report, and what its sender took back, is not among them.
    """
    filters = {
        "statuses": several.several("status", status, Status), "category_code": category_code, "ward_code": ward_code,
        "unit_id": unit_id, "late": late, "urgent": urgent, "visibility": visibility, "q": q,
    }  # fmt: skip
    return await domain.queue_of(conn, pages, me, filters, sort, cursor, limit, now)


@get(
    "/v1/feedback-queue/counts",
    tags=["feedback_desk"],
    opt=decided(auth="official", limit="lookup", proof=WITH_PASSKEY, raises=(Forbidden,), example=COUNTS),
)
async def count_feedback_queue(conn: Conn, me: Me, now: Now) -> QueueCounts:
    """How many reports lie in the wards of your role, by status, and how many are late, urgent, without a unit"""
    return await domain.counted(conn, me, now)


@get(
    "/v1/feedback-queue/{report_id:uuid}",
    tags=["feedback_desk"],
    opt=decided(auth="official", limit="lookup", proof=WITH_PASSKEY, raises=(Forbidden, NotFound), example=REPORT),
)
async def get_queued_feedback(conn: Conn, me: Me, now: Now, exchange: Ex, report_id: FromPath[UUID]) -> DeskReport:
    """One report with its whole story, the notes for officials, its terms, and the unit that the rules name for it"""
    report = await domain.shown(conn, me, report_id, now)
    parts = (report.late, report.accept_late, report.suggestion, report.supporters, report.acts, report.unit_name)
    return exchange.tagged(report, report.version, *parts)


@get(
    "/v1/feedback-queue/{report_id:uuid}/photos",
    tags=["feedback_desk"],
    opt=decided(auth="official", limit="lookup", proof=WITH_PASSKEY,
                raises=(Forbidden, NotFound, StorageUnavailable),
                example={"items": [{"step_id": None, "photo": PHOTO}]}),
)  # fmt: skip
async def list_queued_feedback_photos(
    conn: Conn, me: Me, now: Now, storage: Stored, report_id: FromPath[UUID]
) -> DeskPhotos:
    """The pictures of a report and of its answers; the addresses are good for two minutes"""
    return await domain.photos(conn, storage, me, report_id, now)


@post(
    "/v1/feedback-queue/{report_id:uuid}/looks",
    tags=["feedback_desk"],
    status_code=200,
    opt=decided(
        auth="official", limit="lookup", proof=WITH_PASSKEY, raises=(Forbidden, NotFound, OwnReport),
        request_example={"purpose": "call_back"},
        example={"report_id": REPORT_ID, "full_name": "Nguyễn Văn Thử", "phone": "+84901234567"},
    ),
)  # fmt: skip
async def open_feedback_sender(
    tx: Tx, phones: OpensPhones, me: Me, now: Now, report_id: FromPath[UUID], data: JSONBody[SenderLookIn]
) -> FeedbackSender:
    """See who sent a report: the name and the telephone

    Each look is written down with your name, the moment and the purpose, and the sender sees that it happened. 404 for
    a report that came from another system: nobody knows who sent it.
    """
    return await domain.look(tx, phones, me, report_id, data.purpose, now)


@get(
    "/v1/me/feedback-looks",
    tags=["feedback_desk"],
    opt=decided(auth="app", limit="lookup", example={"items": [LOOK], "next_cursor": None}),
)
async def list_my_feedback_looks(
    conn: Conn, pages: Pages, me: Me, cursor: Cursor = None, limit: Limit = 20
) -> FeedbackLookPage:
    """When officials have seen that it was you who sent a report, the latest first"""
    return await store.looks(conn, pages, me.account_id, cursor, limit)


HANDLERS = [
    list_feedback_queue,
    count_feedback_queue,
    get_queued_feedback,
    list_queued_feedback_photos,
    open_feedback_sender,
    list_my_feedback_looks,
]
