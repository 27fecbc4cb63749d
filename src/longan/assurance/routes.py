"""HTTP of the room."""

from uuid import UUID

from litestar import delete, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from longan.assurance import domain, store
from longan.assurance.models import (
    AnotherPerson,
    CardIn,
    CaseClaimed,
    CaseOpen,
    IdentityDecisionIn,
    IdentityIn,
    IdentityLookIn,
    IdentityLookPage,
    IdentityReview,
    IdentityReviewPage,
    MyCase,
    MyIdentity,
    MyNumber,
    NumberTaken,
    OwnCase,
    ReviewedPerson,
)
from longan.crypto import PersonKeys
from longan.deps import Conn, Me, Now, Pages, Tx
from longan.errors import (
    CoolingOff,
    Forbidden,
    IllegalTransition,
    InsufficientAuthentication,
    NotFound,
)
from longan.page import Cursor, Limit
from longan.policy import Proof, decided

# The proof is of the moment: whoever picks up an open phone does not become somebody else with it.
JUST_NOW = Proof(acr=0)
WITH_PASSKEY = Proof(acr=3, max_age=None)
WITH_PASSKEY_JUST_NOW = Proof(acr=3)

CASE_ID = "0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a11"
CASE = {
    "id": CASE_ID, "state": "submitted", "source": "card", "submitted_at": "2026-11-22T02:00:00Z", "decided_at": None,
    "reason_code": None, "reason": None,
}  # fmt: skip
REVIEW = {
    "id": CASE_ID, "state": "in_review", "source": "card", "provider_said": "unknown",
    "submitted_at": "2026-11-22T02:00:00Z", "claimed_at": "2026-11-22T03:00:00Z", "mine": True,
}  # fmt: skip
PERSON = {
    "number": "080090012345", "full_name": "Nguyễn Văn Thử", "birth_date": "1990-03-15", "sex": "male",
    "address": "Ấp Bình Tiền 2, Đức Hòa, Tây Ninh",
}  # fmt: skip
DECISION = {"decision": "confirmed", "reason_code": "data_matches", "reason": "Khớp với thẻ căn cước xuất trình."}


# `state.keys` would be the method of a mapping.
def persons(state: State) -> PersonKeys:
    return PersonKeys(state["keys"])


Persons = NamedDependency[PersonKeys]
PERSONS = {"persons": Provide(persons, sync_to_thread=False)}


@post(
    "/v1/me/identity",
    tags=["assurance"],
    dependencies=PERSONS,
    opt=decided(
        auth="app", limit="write", idempotent=True, proof=JUST_NOW, raises=(AnotherPerson, CaseOpen), example=CASE,
        request_example=PERSON,
    ),
)  # fmt: skip
async def submit_identity(tx: Tx, persons: Persons, me: Me, now: Now, data: JSONBody[IdentityIn]) -> MyCase:
    """Say who you are, to be confirmed by an identity provider or an official

    Form and consistency are checked at once. No image of a paper is asked for, here or anywhere. An identity provider
    is asked only after `give_consent` to `identity_confirmation`; without it an official decides. A notice says how; a
    confirmed identity and a passkey together are level 2.
    """
    return await domain.submit(tx, persons, me, domain.typed(data, now), "typed", now)


@post(
    "/v1/me/identity/card",
    tags=["assurance"],
    dependencies=PERSONS,
    opt=decided(
        auth="app", limit="write", idempotent=True, proof=JUST_NOW, raises=(AnotherPerson, CaseOpen), example=CASE,
        request_example={
            "qr": "080090012345|301234567|Nguyễn Văn Thử|15031990|Nam|Ấp 2, Đức Hòa Hạ, Đức Hòa, Long An|10052021"
        },
    ),
)  # fmt: skip
async def submit_identity_card(tx: Tx, persons: Persons, me: Me, now: Now, data: JSONBody[CardIn]) -> MyCase:
    """Say who you are by the QR code of your citizen card

    The code carries no signature, anybody can print one: it spares the typing and proves nothing. Of what is in it
    number, name, birth date, sex and address are kept. Cut a byte order mark off before sending.
    """
    return await domain.submit(tx, persons, me, domain.scanned(data.qr, now), "card", now)


@get(
    "/v1/me/identity",
    tags=["assurance"],
    dependencies=PERSONS,
    opt=decided(
        auth="app",
        limit="lookup",
        raises=(InsufficientAuthentication, CoolingOff),
        example={
            "confirmed_at": "2026-11-22T04:00:00Z",
            "confirmed_by": "official",
            "number": "080*******45",
            "full_name": "Nguyễn Văn Thử",
            "birth_year": 1990,
            "case": CASE
            | {
                "state": "confirmed",
                "decided_at": "2026-11-22T04:00:00Z",
                "reason_code": "data_matches",
                "reason": DECISION["reason"],
            },
        },
    ),
)
async def get_my_identity(conn: Conn, persons: Persons, me: Me, now: Now) -> MyIdentity:
    """Who you are to us, masked, and what became of what you submitted

    Once it is confirmed, a session by a code alone is not enough (level 1): the number of the phone may have a new
    owner.
    """
    return await domain.shown(conn, persons, me, now)


@post(
    "/v1/me/identity/reveal",
    tags=["assurance"],
    status_code=200,
    dependencies=PERSONS,
    opt=decided(auth="app", limit="write", proof=Proof(acr=2), raises=(NotFound,), example=PERSON),
)
async def reveal_my_number(tx: Tx, persons: Persons, me: Me) -> MyNumber:
    """Your own confirmed identity, whole"""
    return await domain.revealed(tx, persons, me.account_id)


@delete(
    "/v1/me/identity/case",
    tags=["assurance"],
    opt=decided(auth="app", limit="write", raises=(NotFound,)),
)
async def withdraw_identity_case(tx: Tx, me: Me) -> None:
    """Take back what you submitted before it is decided; it is forgotten"""
    await domain.withdraw(tx, me.account_id)


@get("/v1/me/identity/looks", tags=["assurance"], opt=decided(
        auth="app", limit="lookup",
        example={
            "items": [
                {
                    "id": CASE_ID, "case_id": CASE_ID, "agency_code": "H53.16", "purpose": "decide",
                    "looked_at": "2026-11-22T03:10:00Z",
                }
            ],
            "next_cursor": None,
        },
    ),
)  # fmt: skip
async def list_my_identity_looks(
    conn: Conn, me: Me, pages: Pages, cursor: Cursor = None, limit: Limit = 20
) -> IdentityLookPage:
    """Which officials have seen what you submitted, when and for what, newest first"""
    return await store.looks(conn, pages, me.account_id, cursor, limit)


@get(
    "/v1/identity-reviews",
    tags=["assurance"],
    opt=decided(
        auth="official", limit="lookup", proof=WITH_PASSKEY, raises=(Forbidden,),
        example={"items": [REVIEW], "next_cursor": None},
    ),
)  # fmt: skip
async def list_identity_reviews(
    conn: Conn, me: Me, pages: Pages, now: Now, cursor: Cursor = None, limit: Limit = 20
) -> IdentityReviewPage:
    """What waits for an official, oldest first; nothing says whose it is"""
    return await domain.queue_of(conn, pages, me, cursor, limit, now)


@post(
    "/v1/identity-reviews/{case_id:uuid}/claim",
    tags=["assurance"],
    status_code=200,
    opt=decided(
        auth="official", limit="write", proof=WITH_PASSKEY, example=REVIEW,
        raises=(CaseClaimed, Forbidden, IllegalTransition, OwnCase),
    ),
)  # fmt: skip
async def claim_identity_review(tx: Tx, me: Me, now: Now, case_id: FromPath[UUID]) -> IdentityReview:
    """Take a case to decide on; what is left undecided for four hours others may claim"""
    return await domain.claim(tx, me, case_id, now)


@post(
    "/v1/identity-reviews/{case_id:uuid}/looks",
    tags=["assurance"],
    status_code=200,
    dependencies=PERSONS,
    opt=decided(
        auth="official", limit="lookup", proof=WITH_PASSKEY, request_example={"purpose": "decide"},
        example=PERSON | {
            "case_id": CASE_ID, "source": "card", "provider_said": "unknown", "number_taken": False, "version": 2,
        },
        raises=(CaseClaimed, Forbidden, IllegalTransition, OwnCase),
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
    tags=["assurance"],
    status_code=204,
    opt=decided(
        auth="official", limit="write", proof=WITH_PASSKEY_JUST_NOW,
        raises=(AnotherPerson, CaseClaimed, Forbidden, IllegalTransition, NumberTaken, OwnCase),
        request_example=DECISION,
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
    submit_identity,
    submit_identity_card,
    get_my_identity,
    reveal_my_number,
    withdraw_identity_case,
    list_my_identity_looks,
    list_identity_reviews,
    claim_identity_review,
    open_identity_review,
    decide_identity_review,
]
