"""Nouns of the room: what an official says with a step, and where the report is then."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from longan.floor.base.errors import Conflict, Unprocessable
from longan.floor.base.fields import Count, Identifier, Note, Text, Timestamp
from longan.floor.feedback.feedback_states import Status, Visibility

Version = Annotated[int, Meta(ge=1, le=2**31 - 1, description="Of the report that was read; 412 `stale` when it moved")]
CategoryCode = Annotated[str, Meta(min_length=2, max_length=40, pattern="^[a-z0-9_]{2,40}$")]
Uploads = Annotated[list[Identifier], Meta(max_length=10)]
RefusalReason = Annotated[
    Literal["out_of_scope", "not_enough", "not_real", "insulting", "other"],
    Meta(description="`out_of_scope` demands `elsewhere_code`: what it is instead"),
]


class StepIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`words` are for the citizen to read, `note` is for officials only."""

    version: Version
    words: Note | None = None
    note: Note | None = None


class AskIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`words` say what the citizen is asked for."""

    version: Version
    words: Note
    note: Note | None = None


class RefusalIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`words` say why, politely. With `out_of_scope`, `elsewhere_code` is the kind of matter that is handled by others
    (complaint, denunciation, crime...): its proper way is added to the words."""

    version: Version
    reason_code: RefusalReason
    words: Note
    elsewhere_code: CategoryCode | None = None
    note: Note | None = None


class ForwardIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Without `unit_id` it goes where the rules say."""

    version: Version
    unit_id: Identifier | None = None
    words: Note | None = None
    note: Note | None = None


class OfficialAnswerIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`upload_ids` are pictures of what was done, which you have uploaded."""

    version: Version
    words: Text
    note: Note | None = None
    upload_ids: Uploads = []


class MergeIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`into` is the report that goes on; `into_version` the version of it that was read."""

    version: Version
    into: Identifier
    into_version: Version


class UrgencyIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    version: Version
    is_urgent: bool


class FeedbackPublicationIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What everybody will read. Without `words` it is the description with everything taken out that leads to a person;
    read it before (`suggested_words`). `with_photos` shows the pictures of the report and of its answers as well: look
    at them before."""

    version: Version
    words: Text | None = None
    answer: Text | None = None
    with_photos: bool = False


class HidingIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`because` is for officials only."""

    version: Version
    because: Note | None = None


class HandledFeedback(msgspec.Struct, frozen=True):
    """Where a report is now."""

    id: Identifier
    code: str
    status: str
    visibility: str
    is_urgent: bool
    unit_id: Identifier | None
    unit_name: str | None
    merged_into: Identifier | None
    accept_due_at: Timestamp
    due_at: Timestamp | None
    version: Count


class Standing(msgspec.Struct, frozen=True):
    """Where a report stands, for an official whose wards reach it. `own`: they have sent it themself."""

    id: UUID
    status: Status
    visibility: Visibility
    version: int
    category_code: str
    province_code: str
    ward_version: date | None
    ward_code: str | None
    description: str
    merged_into: UUID | None
    own: bool
    created_at: datetime


class ReportMerged(Conflict):
    """It follows another report, `into`, with which it is dealt."""

    code = "report_merged"
    vi, en = "Phản ánh này đã được gộp vào phản ánh khác", "This report was merged into another one"

    def __init__(self, into: UUID) -> None:
        super().__init__(members={"into": into})


class FeedbackEnded(Conflict):
    code = "feedback_ended"
    vi, en = "Phản ánh này đã kết thúc", "This report has ended"


class NoUnitSuggested(Unprocessable):
    """The place is not known, no rule speaks of it, or the wards have changed since the rule was made."""

    code = "no_unit_suggested"
    vi, en = "Chưa xác định được đơn vị xử lý, xin chọn đơn vị", "No rule names a unit; choose one"


class NotMergeable(Unprocessable):
    """The other report is the same one, not in your wards, taken back, merged itself or ended."""

    code = "feedback_not_mergeable"
    vi, en = "Không thể gộp vào phản ánh này", "It cannot be merged into that report"


class PersonalDataFound(Unprocessable):
    """`found` says where: the field, and the passages in their order."""

    code = "personal_data_found"
    vi, en = "Nội dung công khai còn thông tin cá nhân", "The public words still lead to a person"
