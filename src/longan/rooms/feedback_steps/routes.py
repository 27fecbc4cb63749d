"""HTTP of the room."""

from typing import Any
from uuid import UUID

from litestar import post
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from longan.floor.base.errors import Forbidden, IllegalTransition, NotFound, Problem, Stale
from longan.floor.base.public_text import origin
from longan.floor.feedback.feedback_handling import OwnReport
from longan.floor.feedback.feedback_routing import UnitNotResponsible
from longan.floor.pictures.uploads import UploadNotUsable
from longan.floor.requests.deps import Me, Now, Tx
from longan.floor.requests.policy import Policy, Proof, decided
from longan.rooms.feedback_steps import domain
from longan.rooms.feedback_steps.models import (
    AskIn,
    FeedbackEnded,
    FeedbackPublicationIn,
    ForwardIn,
    HandledFeedback,
    HidingIn,
    MergeIn,
    NotMergeable,
    NoUnitSuggested,
    OfficialAnswerIn,
    PersonalDataFound,
    RefusalIn,
    ReportMerged,
    StepIn,
    UrgencyIn,
)

WITH_PASSKEY = Proof(acr=3, max_age=None)
REFUSALS = (Forbidden, NotFound, OwnReport, ReportMerged, Stale)

REPORT_ID = "3f0e9c1d-5a77-4c11-9b57-0d4a6f3f8a10"
MAIN_ID = "6c1f7e53-0d4e-4f0e-8d39-7f4a2f6d9b02"
UNIT_ID = "0192f0c1-5a10-7b02-9a61-0b5c2d8e7f31"
HANDLED = {
    "id": REPORT_ID, "code": "PA-7K3M-92QX", "status": "da_tiep_nhan", "visibility": "waiting", "is_urgent": False,
    "unit_id": None, "unit_name": None, "merged_into": None, "accept_due_at": "2026-11-17T01:00:00Z",
    "due_at": "2026-11-30T10:00:00Z", "version": 2,
}  # fmt: skip
AT_UNIT = HANDLED | {
    "status": "da_chuyen", "unit_id": UNIT_ID, "unit_name": "Hạt quản lý đường bộ", "version": 3,
}  # fmt: skip


def own(state: State) -> str:
    return origin(state.settings.public_url)


Own = NamedDependency[str]
OURS = {"own": Provide(own, sync_to_thread=False)}


def acting(request: object, example: object, *raises: type[Problem]) -> dict[str, Any]:
    """What all acts of the room have alike."""
    opt: dict[str, Policy] = decided(
        auth="official", limit="write", proof=WITH_PASSKEY, request_example=request, example=example,
        raises=(*REFUSALS, *raises),
    )  # fmt: skip
    return {"tags": ["feedback_steps"], "status_code": 200, "opt": opt}


@post(
    "/v1/feedback-queue/{report_id:uuid}/acceptance",
    **acting({"version": 1, "words": "Đã tiếp nhận, cảm ơn bạn."}, HANDLED, IllegalTransition),
)
async def accept_feedback(
    tx: Tx, me: Me, now: Now, report_id: FromPath[UUID], data: JSONBody[StepIn]
) -> HandledFeedback:
    """Accept a report: within the working hours of its category"""
    return await domain.step(tx, me, report_id, "da_tiep_nhan", data.version, data.words, data.note, now)


@post(
    "/v1/feedback-queue/{report_id:uuid}/question",
    **acting({"version": 1, "words": "Xin cho biết cột đèn số mấy?"},
             HANDLED | {"status": "yeu_cau_bo_sung"}, IllegalTransition),
)  # fmt: skip
async def ask_about_feedback(
    tx: Tx, me: Me, now: Now, report_id: FromPath[UUID], data: JSONBody[AskIn]
) -> HandledFeedback:
    """Ask the citizen for more; until they answer the clock stands"""
    return await domain.step(tx, me, report_id, "yeu_cau_bo_sung", data.version, data.words, data.note, now)


@post(
    "/v1/feedback-queue/{report_id:uuid}/refusal",
    **acting({"version": 1, "reason_code": "out_of_scope", "elsewhere_code": "khieu_nai",
              "words": "Nội dung của bạn là khiếu nại một quyết định hành chính."},
             HANDLED | {"status": "tu_choi"}, IllegalTransition),
)  # fmt: skip
async def refuse_feedback(
    tx: Tx, me: Me, now: Now, report_id: FromPath[UUID], data: JSONBody[RefusalIn]
) -> HandledFeedback:
    """Refuse a report, with the reason; what others handle is shown its proper way"""
    return await domain.refuse(tx, me, report_id, data, now)


@post(
    "/v1/feedback-queue/{report_id:uuid}/forwarding",
    **acting({"version": 2}, AT_UNIT, IllegalTransition, NoUnitSuggested, UnitNotResponsible),
)
async def forward_feedback(
    tx: Tx, me: Me, now: Now, report_id: FromPath[UUID], data: JSONBody[ForwardIn]
) -> HandledFeedback:
    """Give a report to the unit that the rules name, or to another one; also from one unit to the next

    422 `no_unit_suggested`: its place is not known, its ward was split, or no rule speaks of it; then you choose.
    """
    return await domain.forward(tx, me, report_id, data, now)


@post(
    "/v1/feedback-queue/{report_id:uuid}/start",
    **acting({"version": 3}, AT_UNIT | {"status": "dang_xu_ly", "version": 4}, IllegalTransition),
)
async def start_feedback(
    tx: Tx, me: Me, now: Now, report_id: FromPath[UUID], data: JSONBody[StepIn]
) -> HandledFeedback:
    """The unit is at work, for the first time or because the citizen called the answer in question"""
    return await domain.step(tx, me, report_id, "dang_xu_ly", data.version, data.words, data.note, now)


@post(
    "/v1/feedback-queue/{report_id:uuid}/answer",
    **acting({"version": 4, "words": "Đã vá mặt đường ngày 20/11.", "upload_ids": []},
             AT_UNIT | {"status": "da_tra_loi", "version": 5}, IllegalTransition, UploadNotUsable),
)  # fmt: skip
async def answer_feedback(
    tx: Tx, me: Me, now: Now, report_id: FromPath[UUID], data: JSONBody[OfficialAnswerIn]
) -> HandledFeedback:
    """Answer the citizen, in words and with pictures that you have uploaded"""
    return await domain.answer(tx, me, report_id, data, now)


@post(
    "/v1/feedback-queue/{report_id:uuid}/closing",
    **acting({"version": 5}, AT_UNIT | {"status": "da_dong", "version": 6}, IllegalTransition),
)
async def close_feedback(
    tx: Tx, me: Me, now: Now, report_id: FromPath[UUID], data: JSONBody[StepIn]
) -> HandledFeedback:
    """Close what was answered; it cannot be reopened any more"""
    return await domain.step(tx, me, report_id, "da_dong", data.version, data.words, data.note, now)


@post(
    "/v1/feedback-queue/{report_id:uuid}/merge",
    **acting({"version": 1, "into": MAIN_ID, "into_version": 3},
             HANDLED | {"status": "moi_gui", "merged_into": MAIN_ID}, NotMergeable, FeedbackEnded),
)  # fmt: skip
async def merge_feedback(
    tx: Tx, me: Me, now: Now, report_id: FromPath[UUID], data: JSONBody[MergeIn]
) -> HandledFeedback:
    """Let a report follow another one of the same thing; who sent or supports it hears of the other one from now on

    It cannot be undone. What was merged into it before follows the other one too.
    """
    return await domain.merge(tx, me, report_id, data, now)


@post(
    "/v1/feedback-queue/{report_id:uuid}/urgency",
    **acting({"version": 1, "is_urgent": True}, HANDLED | {"is_urgent": True}, FeedbackEnded),
)
async def set_feedback_urgency(
    tx: Tx, me: Me, now: Now, report_id: FromPath[UUID], data: JSONBody[UrgencyIn]
) -> HandledFeedback:
    """Make a report urgent, or ordinary again; its term to be accepted is reckoned anew from its sending"""
    return await domain.set_urgency(tx, me, report_id, data, now)


@post(
    "/v1/feedback-queue/{report_id:uuid}/publication",
    dependencies=OURS,
    **acting({"version": 2, "words": "Ổ gà sâu ở ngã tư Bình Tâm, xe máy té liên tục.", "with_photos": True},
             HANDLED | {"visibility": "public"}, FeedbackEnded, PersonalDataFound),
)  # fmt: skip
async def publish_feedback(
    tx: Tx, me: Me, now: Now, own: Own, report_id: FromPath[UUID], data: JSONBody[FeedbackPublicationIn]
) -> HandledFeedback:
    """Show a report to everybody, in words that you have approved; again with other words, or with the result, replaces
    them

    422 `personal_data_found`: the words still hold a telephone, a number of a person or account, an address of mail or
    a plate; `found` quotes them. Names you have to take out yourself.
    """
    return await domain.publish(tx, me, report_id, data, own, now)


@post(
    "/v1/feedback-queue/{report_id:uuid}/hiding",
    **acting({"version": 3, "because": "Ảnh chụp rõ mặt người."}, HANDLED | {"visibility": "hidden"}),
)
async def hide_feedback(
    tx: Tx, me: Me, now: Now, report_id: FromPath[UUID], data: JSONBody[HidingIn]
) -> HandledFeedback:
    """Show a report to nobody but who sent it: instead of publishing it, or after"""
    return await domain.hide(tx, me, report_id, data, now)


HANDLERS = [
    accept_feedback,
    ask_about_feedback,
    refuse_feedback,
    forward_feedback,
    start_feedback,
    answer_feedback,
    close_feedback,
    merge_feedback,
    set_feedback_urgency,
    publish_feedback,
    hide_feedback,
]
