"""HTTP of the room."""

from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, JSONBody

from longan.floor.accounts.identity_cases import AnotherPerson, NumberTaken
from longan.floor.accounts.personal import PERSONS, Persons
from longan.floor.base.errors import Forbidden, IllegalTransition
from longan.floor.database.page import Cursor, Limit
from longan.floor.requests.deps import Conn, Me, Now, Pages, Tx
from longan.floor.requests.policy import Proof, decided
from longan.rooms.reviews import domain
from longan.rooms.reviews.models import (
    CaseClaimed,
    IdentityDecisionIn,
    IdentityLookIn,
    IdentityReview,
    IdentityReviewPage,
    OwnCase,
    OwnIdentityFirst,
    ReviewedPerson,
)

WITH_PASSKEY = Proof(acr=3, max_age=None)
WITH_PASSKEY_JUST_NOW = Proof(acr=3)
REFUSALS = (CaseClaimed, Forbidden, IllegalTransition, OwnCase, OwnIdentityFirst)

CASE_ID = "0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a11"
REVIEW = {
    "id": CASE_ID, "state": "in_review", "source": "card", "provider_said": "confirmed",
    "submitted_at": "2026-11-22T02:00:00Z", "claimed_at": "2026-11-22T03:00:00Z", "mine": True,
}  # fmt: skip


@get(
    "/v1/identity-reviews",
    tags=["reviews"],
    opt=decided(
        auth="official", limit="lookup", proof=WITH_PASSKEY, raises=(Forbidden,),
        example={"items": [REVIEW], "next_cursor": None},
    ),
)  # fmt: skip
async def list_identity_reviews(
    conn: Conn, me: Me, pages: Pages, now: Now, cursor: Cursor = None, limit: Limit = 20
) -> IdentityReviewPage:
    """What waits for you to decide on, oldest first; nothing says whose it is

    It is what the wards of your role reach, and not your own. As long as your own identity is not confirmed you decide
    on the staff only.
    """
    return await domain.queue_of(conn, pages, me, cursor, limit, now)


@post(
    "/v1/identity-reviews/{case_id:uuid}/claim",
    tags=["reviews"],
    status_code=200,
    opt=decided(
        auth="official", limit="write", proof=WITH_PASSKEY, example=REVIEW, raises=REFUSALS,
    ),
)  # fmt: skip
async def claim_identity_review(tx: Tx, me: Me, now: Now, case_id: FromPath[UUID]) -> IdentityReview:
    """Take a case to decide on; what is left undecided for four hours others may claim"""
    return await domain.claim(tx, me, case_id, now)


@post(
    "/v1/identity-reviews/{case_id:uuid}/looks",
    tags=["reviews"],
    status_code=200,
    dependencies=PERSONS,
    opt=decided(
        auth="official", limit="lookup", proof=WITH_PASSKEY, request_example={"purpose": "decide"},
        example={
            "case_id": CASE_ID, "number": "080090012345", "full_name": "Nguyễn Văn Thử", "birth_date": "1990-03-15",
            "sex": "male", "address": "Ấp Bình Tiền 2, Đức Hòa, Tây Ninh", "source": "card",
            "provider_said": "confirmed", "number_taken": False, "version": 2,
        },
        raises=REFUSALS,
    ),
)  # fmt: skip
async def open_identity_review(
    tx: Tx, persons: Persons, me: Me, now: Now, case_id: FromPath[UUID], data: JSONBody[IdentityLookIn]
) -> ReviewedPerson:
    """See what a person submitted, in a case that you have claimed

    Each look is written down with your name, the moment and the purpose, and the person sees that it happened.
    """
    return await domain.look(tx, persons, me, case_id, data.purpose, now)


@post(
    "/v1/identity-reviews/{case_id:uuid}/decision",
    tags=["reviews"],
    status_code=204,
    opt=decided(
        auth="official", limit="write", proof=WITH_PASSKEY_JUST_NOW, raises=(*REFUSALS, AnotherPerson, NumberTaken),
        request_example={
            "decision": "confirmed", "reason_code": "data_matches", "reason": "Khớp với thẻ căn cước xuất trình.",
        },
    ),
)  # fmt: skip
async def decide_identity_review(
    tx: Tx, me: Me, now: Now, case_id: FromPath[UUID], data: JSONBody[IdentityDecisionIn]
) -> None:
    """Confirm or refuse an identity; the person is told, with the reason

    `data_matches` confirms, every other reason refuses. What was refused is forgotten. The same decision again changes
    nothing. 409 `number_taken`: another account is confirmed for this number; refuse with that reason.
    """
    await domain.decide(tx, me, case_id, data, now)


HANDLERS = [
    list_identity_reviews,
    claim_identity_review,
    open_identity_review,
    decide_identity_review,
]
