"""The nouns of the room."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from longan.floor.base.errors import Conflict, Problem, Unprocessable
from longan.floor.base.fields import LINE, Count, Identifier, Note, Text, Timestamp, WardCode
from longan.floor.feedback.feedback_states import Status
from longan.floor.feedback.feedback_terms import AnswersInvalid
from longan.floor.pictures.uploads import PhotoLink

CategoryCode = Annotated[str, Meta(pattern="^[a-z0-9_]{2,40}$", max_length=40, examples=["giao_thong"])]
Address = Annotated[str, Meta(min_length=1, max_length=300, pattern=LINE)]
Latitude = Annotated[float, Meta(ge=-90, le=90, description="Degrees, with `lon`")]
Longitude = Annotated[float, Meta(ge=-180, le=180, description="Degrees, with `lat`")]
OldWardCode = Annotated[str, Meta(pattern="^[0-9]{3}([0-9]{2})?$", max_length=5, description="Of the list before")]
Media = Annotated[list[UUID], Meta(max_length=10, description="Clean uploads, in the order in which they are shown")]
AnswerValue = Annotated[str, Meta(min_length=1, max_length=1_000)]


class FeedbackAnswerIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """An answer to a question of the category: one value, or several keys where several may be chosen."""

    code: CategoryCode
    values: Annotated[list[AnswerValue], Meta(min_length=1, max_length=30)]


class FeedbackIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """A report. Where its ward is not clear from the point, the app asks and sends `ward_code`, or `old_ward_code` as
    people still say it. Without a point the first of `media` that says where it was taken gives it, with the consent
    `photo_location`. `client_id` is of the draft on the phone: sent again, the report is the one there is.
    `confirmed_in_scope`: its sender was asked whether this is for somebody else (`maybe_out_of_scope`), and said no."""

    category_code: CategoryCode
    description: Text
    lat: Latitude | None = None
    lon: Longitude | None = None
    ward_code: WardCode | None = None
    old_ward_code: OldWardCode | None = None
    address: Address | None = None
    attributes: Annotated[list[FeedbackAnswerIn], Meta(max_length=30)] = []
    media: Media = []
    client_id: UUID | None = None
    confirmed_in_scope: bool = False


class FeedbackSent(msgspec.Struct, frozen=True):
    """`code` is what one says on the telephone."""

    id: Identifier
    code: str
    status: str
    due_at: Timestamp | None


class FeedbackWordsIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The answer to what an official has asked, or why an answer is not enough."""

    words: Note
    media: Media = []


class FeedbackWithdrawalIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    words: Note | None = None


class FeedbackRatingIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    stars: Annotated[int, Meta(ge=1, le=5)]
    words: Note | None = None


class FeedbackMove(msgspec.Struct, frozen=True):
    """A step; the first has no `from_status`. `words` are what the official said, or the citizen: of somebody else's
    report there are none. `photos` belong to it."""

    id: Identifier
    from_status: str | None
    to_status: str
    side: str
    words: str | None
    photos: Count
    created_at: Timestamp


class Feedback(msgspec.Struct, frozen=True):
    """A report, as its sender sees it; as everybody sees it where it is public and of somebody else (`own` is false):
    in the words that an official has approved, at a rounded place, without answers, address and names.

    What was merged into another one follows it: status, terms and answer are that one's, `merged_into` its code.
    `clock_stands`: an official has asked something, and the terms wait. `reopen_until`: until when, and `reopens_left`:
    how often its sender may say that the answer is not enough.
    """

    id: Identifier
    code: str
    own: bool
    category_code: str
    description: str
    attributes: dict[str, Any] | None
    address: str | None
    lat: float | None
    lon: float | None
    ward_code: str | None
    ward: str | None
    is_urgent: bool
    status: str
    clock_stands: bool
    accept_due_at: Timestamp
    due_at: Timestamp | None
    visibility: str
    merged_into: str | None
    supporters: Count
    supported: bool
    answer: str | None
    reopen_until: Timestamp | None
    reopens_left: Count
    rating: int | None
    rating_words: str | None
    photos: Count
    created_at: Timestamp
    updated_at: Timestamp
    accepted_at: Timestamp | None
    answered_at: Timestamp | None
    closed_at: Timestamp | None
    withdrawn_at: Timestamp | None
    moves: list[FeedbackMove]


class OwnFeedback(msgspec.Struct, frozen=True):
    id: Identifier
    code: str
    category_code: str
    description: str
    ward_code: str | None
    status: str
    visibility: str
    supporters: Count
    photos: Count
    rating: int | None
    due_at: Timestamp | None
    created_at: Timestamp
    updated_at: Timestamp


class OwnFeedbackPage(msgspec.Struct, frozen=True):
    items: list[OwnFeedback]
    next_cursor: str | None


class SupportedFeedback(msgspec.Struct, frozen=True):
    """Of somebody else; `description` is what an official has approved."""

    id: Identifier
    code: str
    category_code: str
    description: str
    ward_code: str | None
    status: str
    supporters: Count
    supported_at: Timestamp


class SupportedFeedbackPage(msgspec.Struct, frozen=True):
    items: list[SupportedFeedback]
    next_cursor: str | None


class FeedbackSupport(msgspec.Struct, frozen=True):
    """`report_id` is the one that is supported: what was merged hands on to the one it was merged into."""

    report_id: Identifier
    supporters: Count


class FeedbackPhoto(msgspec.Struct, frozen=True):
    """`move_id` is the step it came with; null: with the report itself."""

    move_id: Identifier | None
    photo: PhotoLink


class FeedbackPhotos(msgspec.Struct, frozen=True):
    items: list[FeedbackPhoto]


class Answered(msgspec.Struct, frozen=True):
    """A report of the caller's, held: what its sender may do with it depends on this. `merged_into` is a code."""

    status: Status
    province_code: str
    answered_at: datetime | None
    reopened: int
    rating: int | None
    rating_words: str | None
    merged_into: str | None
    is_withdrawn: bool
    supporters: int


class Target(msgspec.Struct, frozen=True):
    """A report that somebody wants to support, held."""

    id: UUID
    merged_into: UUID | None
    is_shown: bool
    is_own: bool
    status: Status


class Told(msgspec.Struct, frozen=True):
    """Who is to hear of a step; `merged` is a list of `MergedReport` in JSON."""

    report_id: UUID
    code: str
    side: str
    status: str
    account_id: UUID | None
    supporters: list[UUID]
    merged: str
    is_public: bool


class MergedReport(msgspec.Struct, frozen=True):
    """A report that follows another one: its sender hears of that one's steps as of their own, shown or not."""

    report_id: UUID
    code: str
    account_id: UUID


class CategoryUnknown(Unprocessable):
    code = "category_unknown"
    vi, en = "Không có loại phản ánh này", "There is no such category now"


class OutOfScope(Unprocessable):
    """1022 does not take it; `elsewhere` says who does: name, law, where to go, telephone. Nothing was kept or lost."""

    code = "out_of_scope"
    vi, en = (
        "Việc này 1022 không giải quyết, xin gửi đến đúng nơi dưới đây",
        "This is not for 1022; please turn to whom it is for",
    )


class MaybeOutOfScope(Unprocessable):
    """The words speak of what is for somebody else: `elsewhere` lists whom. Whoever says that it is not so sends it
    again with `confirmed_in_scope`. Nothing was kept or lost."""

    code = "maybe_out_of_scope"
    vi, en = (
        "Đây có phải là khiếu nại, tố cáo hoặc việc khẩn cấp không? Nếu không, hãy xác nhận và gửi lại",
        "Is this a complaint, a denunciation or an emergency? If it is not, confirm that and send it again",
    )


class DraftSent(Conflict):
    """The draft was sent before with other words: `report` is what came of it, and stays as it was."""

    code = "draft_sent"
    vi, en = "Bản nháp này đã được gửi trước đó", "This draft was sent before"


class FeedbackSupported(Conflict):
    code = "feedback_supported"
    vi, en = "Đã có người đồng tình, không thể rút lại", "Others support it by now; it cannot be taken back"


class FeedbackMerged(Conflict):
    """`merged_into` is the code of the one it was merged into."""

    code = "feedback_merged"
    vi, en = "Phản ánh này đã được gộp vào phản ánh khác", "It was merged into another report"


class ReopenOver(Conflict):
    code = "reopen_over"
    vi, en = "Đã hết hạn hoặc hết lượt yêu cầu xử lý lại", "It is too late to ask again, or was asked too often"


class AlreadyRated(Conflict):
    code = "feedback_rated"
    vi, en = "Bạn đã đánh giá rồi", "You have rated it already"


class NotAnswered(Conflict):
    code = "not_answered"
    vi, en = "Phản ánh này chưa được trả lời", "It has not been answered yet"


class OwnFeedbackReport(Conflict):
    code = "own_feedback"
    vi, en = "Đây là phản ánh của chính bạn", "This is your own report"


class SupportClosed(Conflict):
    code = "support_closed"
    vi, en = "Phản ánh này đã kết thúc", "This report is over"


SENDING: tuple[type[Problem], ...] = (CategoryUnknown, OutOfScope, MaybeOutOfScope, AnswersInvalid, DraftSent)
