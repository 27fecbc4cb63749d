"""HTTP of the room."""

from typing import Annotated, get_args
from uuid import UUID

from litestar import delete, get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter

from longan.floor.base.errors import FieldError, IllegalTransition, InvalidRequest, NotFound, RateLimited
from longan.floor.database.page import Cursor, Limit
from longan.floor.feedback.feedback_places import PROBLEMS as PLACES
from longan.floor.feedback.feedback_states import Status
from longan.floor.pictures.object_storage import StorageUnavailable
from longan.floor.pictures.uploads import UploadNotUsable
from longan.floor.requests.deps import Conn, Ex, Home, Locale, Me, Now, Pages, Stored, Tx
from longan.floor.requests.policy import decided
from longan.rooms.feedback import domain, store
from longan.rooms.feedback.models import (
    SENDING,
    AlreadyRated,
    Feedback,
    FeedbackIn,
    FeedbackMerged,
    FeedbackPhotos,
    FeedbackRatingIn,
    FeedbackSent,
    FeedbackSupport,
    FeedbackSupported,
    FeedbackWithdrawalIn,
    FeedbackWordsIn,
    NotAnswered,
    OwnFeedbackPage,
    OwnFeedbackReport,
    ReopenOver,
    SupportClosed,
    SupportedFeedbackPage,
)

REPORT_ID = "7b0d6a52-8c5e-4f7e-9d2b-1c3f5a7e9b10"
DRAFT = {
    "category_code": "giao_thong", "description": "Ổ gà lớn ngay ngã tư.", "lat": 10.6312, "lon": 106.4889,
    "ward_code": "27694", "attributes": [{"code": "nguy_hiem", "values": ["co"]}],
    "client_id": "0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a11",
}  # fmt: skip
SENT = {"id": REPORT_ID, "code": "PA-7K3M-92QX", "status": "moi_gui", "due_at": "2026-11-27T10:00:00Z"}
SAID = {"words": "Chỗ trước cổng trường tiểu học."}
MOVE_ID = "0192f0c1-9d10-7a55-8c31-6f0e1b2a3c4e"
SHOWN = {
    **SENT, "own": True, "category_code": "giao_thong", "description": "Ổ gà lớn ngay ngã tư.",
    "attributes": {"nguy_hiem": "co"}, "address": None, "lat": 10.6312, "lon": 106.4889, "ward_code": "27694",
    "ward": "Phường Long An", "is_urgent": True, "clock_stands": False, "accept_due_at": "2026-11-20T07:00:00Z",
    "visibility": "public", "merged_into": None, "supporters": 12, "supported": False, "answer": None,
    "reopen_until": None, "reopens_left": 0, "rating": None, "rating_words": None, "photos": 1,
    "created_at": "2026-11-20T02:00:00Z", "updated_at": "2026-11-20T02:00:00Z", "accepted_at": None,
    "answered_at": None, "closed_at": None, "withdrawn_at": None,
    "moves": [{"id": MOVE_ID, "from_status": None, "to_status": "moi_gui", "side": "citizen", "words": None,
               "photos": 0, "created_at": "2026-11-20T02:00:00Z"}],
}  # fmt: skip
LISTED = {
    name: SHOWN[name] for name in ("id", "code", "category_code", "description", "ward_code", "status", "supporters")
}
OWN = {
    **LISTED, "visibility": "public", "photos": 1, "rating": None, "due_at": "2026-11-27T10:00:00Z",
    "created_at": "2026-11-20T02:00:00Z", "updated_at": "2026-11-20T02:00:00Z",
}  # fmt: skip
PICTURE = {
    "id": "0192f0c1-7a44-7d15-8f3e-5b0d2c9e6f18", "width": 2048, "height": 1536,
    "url": "https://s3.example.vn/longan/pictures/0f3c?X-Amz-Signature=9d",
    "thumbnail_url": "https://s3.example.vn/longan/thumbnails/0f3c?X-Amz-Signature=9d",
}  # fmt: skip

Statuses = Annotated[
    str | None,
    QueryParameter(max_length=200, description=f"One or more of {', '.join(get_args(Status))}, comma-separated"),
]
Categories = Annotated[str | None, QueryParameter(max_length=400, description="Codes, comma-separated")]
IsOpen = Annotated[bool | None, QueryParameter(description="Only those that are not over, or only those that are")]


@post(
    "/v1/feedback",
    tags=["feedback"],
    opt=decided(
        auth="app", limit="write", idempotent=True,
        raises=(*SENDING, *PLACES, RateLimited, UploadNotUsable), request_example=DRAFT, example=SENT,
    ),
)  # fmt: skip
async def create_feedback(
    tx: Tx, me: Me, now: Now, home: Home, locale: Locale, data: JSONBody[FeedbackIn]
) -> FeedbackSent:
    """Report something to the province: with its category, its place and pictures

    A draft that was written without a network goes by its `client_id`: sent again it makes no second report. Where the
    ward is not clear from the point, 422 `place_ambiguous` has the wards to choose from. What is for somebody else is
    refused with whom to turn to (`out_of_scope`); where only the words sound like it (`maybe_out_of_scope`), ask, and
    send it again with `confirmed_in_scope`. Nothing is kept of what is refused, and its pictures can be sent again.
    """
    return await domain.send(tx, me.account_id, data, home, locale, now)


@get("/v1/me/feedback", tags=["feedback"],
     opt=decided(auth="app", limit="lookup", example={"items": [OWN], "next_cursor": None}))  # fmt: skip
async def list_own_feedback(
    conn: Conn, me: Me, pages: Pages, status: Statuses = None, category_code: Categories = None, is_open: IsOpen = None,
    cursor: Cursor = None, limit: Limit = 20,
) -> OwnFeedbackPage:  # fmt: skip
    """What you have reported, newest first"""
    filters: dict[str, object] = {
        "statuses": _statuses(status), "categories": category_code.split(",") if category_code else None,
        "is_open": is_open,
    }  # fmt: skip
    given = {name: value for name, value in filters.items() if value is not None}
    return await store.own(conn, pages, me.account_id, given, cursor, limit)


@get("/v1/me/supported-feedback", tags=["feedback"],
     opt=decided(auth="app", limit="lookup", example={
         "items": [{**LISTED, "supported_at": "2026-11-21T02:00:00Z"}], "next_cursor": None}))  # fmt: skip
async def list_supported_feedback(
    conn: Conn, me: Me, pages: Pages, cursor: Cursor = None, limit: Limit = 20
) -> SupportedFeedbackPage:
    """The reports of others that you support, the last first"""
    return await store.supported(conn, pages, me.account_id, cursor, limit)


@get("/v1/feedback/{feedback_id:uuid}", tags=["feedback"],
     opt=decided(auth="app", limit="lookup", raises=(NotFound,), example=SHOWN))  # fmt: skip
async def get_feedback(conn: Conn, me: Me, now: Now, exchange: Ex, feedback_id: FromPath[UUID]) -> Feedback:
    """A report of yours with all its steps, or one that is public, as everybody sees it"""
    return await domain.one(conn, exchange, me.account_id, feedback_id, now)


@get(
    "/v1/feedback/{feedback_id:uuid}/photos",
    tags=["feedback"],
    opt=decided(
        auth="app",
        limit="lookup",
        raises=(NotFound, StorageUnavailable),
        example={"items": [{"move_id": None, "photo": PICTURE}]},
    ),
)
async def list_feedback_photos(conn: Conn, me: Me, storage: Stored, feedback_id: FromPath[UUID]) -> FeedbackPhotos:
    """The pictures of a report: addresses that are good for two minutes, those of public ones for longer"""
    return await domain.photos(conn, storage, me.account_id, feedback_id)


@post(
    "/v1/feedback/{feedback_id:uuid}/supplement",
    tags=["feedback"],
    status_code=200,
    opt=decided(
        auth="app", limit="write", raises=(NotFound, IllegalTransition, FeedbackMerged, UploadNotUsable),
        request_example=SAID,
        example=SHOWN,
    ),
)  # fmt: skip
async def supplement_feedback(
    tx: Tx, me: Me, now: Now, exchange: Ex, feedback_id: FromPath[UUID], data: JSONBody[FeedbackWordsIn]
) -> Feedback:
    """Answer what an official has asked (`yeu_cau_bo_sung`), and the terms run again; the same again changes nothing"""
    return await domain.say(tx, exchange, me.account_id, feedback_id, "moi_gui", data, now)


@post(
    "/v1/feedback/{feedback_id:uuid}/reopening",
    tags=["feedback"],
    status_code=200,
    opt=decided(
        auth="app", limit="write", raises=(NotFound, IllegalTransition, FeedbackMerged, ReopenOver, UploadNotUsable),
        request_example={"words": "Đã vá nhưng hôm nay lại hư."}, example=SHOWN | {"status": "mo_lai"},
    ),
)  # fmt: skip
async def reopen_feedback(
    tx: Tx, me: Me, now: Now, exchange: Ex, feedback_id: FromPath[UUID], data: JSONBody[FeedbackWordsIn]
) -> Feedback:
    """Say that an answer is not enough, until `reopen_until` and `reopens_left` times; it is dealt with again"""
    return await domain.say(tx, exchange, me.account_id, feedback_id, "mo_lai", data, now)


@post(
    "/v1/feedback/{feedback_id:uuid}/withdrawal",
    tags=["feedback"],
    status_code=200,
    opt=decided(
        auth="app", limit="write", raises=(NotFound, IllegalTransition, FeedbackMerged, FeedbackSupported),
        request_example={"words": "Đã tự sửa xong."}, example=SHOWN | {"status": "da_dong"},
    ),
)  # fmt: skip
async def withdraw_feedback(
    tx: Tx, me: Me, now: Now, exchange: Ex, feedback_id: FromPath[UUID], data: JSONBody[FeedbackWithdrawalIn]
) -> Feedback:
    """Take back what nobody has accepted or supports yet: it is closed, and nobody else sees it any more"""
    return await domain.withdraw(tx, exchange, me.account_id, feedback_id, data.words, now)


@post(
    "/v1/feedback/{feedback_id:uuid}/rating",
    tags=["feedback"],
    status_code=200,
    opt=decided(
        auth="app", limit="write", raises=(NotFound, NotAnswered, AlreadyRated, FeedbackMerged),
        request_example={"stars": 5, "words": "Nhanh, cảm ơn."}, example=SHOWN | {"status": "da_tra_loi"},
    ),
)  # fmt: skip
async def rate_feedback(
    tx: Tx, me: Me, now: Now, exchange: Ex, feedback_id: FromPath[UUID], data: JSONBody[FeedbackRatingIn]
) -> Feedback:
    """Say what you think of the answer, once"""
    return await domain.rate(tx, exchange, me.account_id, feedback_id, data, now)


@put(
    "/v1/feedback/{feedback_id:uuid}/support",
    tags=["feedback"],
    opt=decided(
        auth="app",
        limit="write",
        raises=(NotFound, OwnFeedbackReport, SupportClosed),
        example={"report_id": REPORT_ID, "supporters": 13},
    ),
)
async def support_feedback(tx: Tx, me: Me, now: Now, feedback_id: FromPath[UUID]) -> FeedbackSupport:
    """Say "me too" of a public report: it counts, and you hear of its steps; nobody sees who you are"""
    return await domain.support(tx, me.account_id, feedback_id, now)


@delete(
    "/v1/feedback/{feedback_id:uuid}/support",
    tags=["feedback"],
    opt=decided(auth="app", limit="write", raises=(NotFound,)),
)
async def unsupport_feedback(tx: Tx, me: Me, feedback_id: FromPath[UUID]) -> None:
    """Say it no longer"""
    await domain.unsupport(tx, me.account_id, feedback_id)


def _statuses(text: str | None) -> list[str] | None:
    if text is None:
        return None
    named = text.split(",")
    if not set(named) <= set(get_args(Status)):
        raise InvalidRequest(FieldError("?status", "not_one_of"))
    return named


HANDLERS = [
    create_feedback, list_own_feedback, list_supported_feedback, get_feedback, list_feedback_photos,
    supplement_feedback, reopen_feedback, withdraw_feedback, rate_feedback, support_feedback, unsupport_feedback,
]  # fmt: skip
