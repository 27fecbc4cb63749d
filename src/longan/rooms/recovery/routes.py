"""HTTP of the room."""

from uuid import UUID

from litestar import get, post
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from longan.floor.accounts.codes import CHALLENGE_ID, CHALLENGED, CodeChallenge, OtpExpired, OtpInvalid
from longan.floor.accounts.desk import DESK, AtDesk
from longan.floor.base.errors import Forbidden, IllegalTransition, NotFound, RateLimited, Unavailable
from longan.floor.database.page import Cursor, Limit
from longan.floor.requests.deps import Conn, Me, Now, OpensPhones, Pages, ToEnter, Tx
from longan.floor.requests.policy import Proof, decided
from longan.floor.setup.crypto import PersonKeys
from longan.rooms.recovery import domain, store
from longan.rooms.recovery.models import (
    PhoneChanged,
    PhoneChangeIn,
    PhoneProof,
    PhoneTaken,
    Recovery,
    RecoveryBegun,
    RecoveryDecisionIn,
    RecoveryIn,
    RecoveryList,
    RecoveryLookIn,
    RecoveryLookPage,
    RecoveryProof,
    RecoveryUnderWay,
    ReviewedRecovery,
    ReviewPage,
)

CASE_ID = "0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a13"
PROOF = {"challenge_id": CHALLENGE_ID, "code": "048213"}
ACCOUNT_ID = "0192f0c1-7a44-7d15-8f3e-5b0d2c9e6f18"
TIMES = {"opened_at": "2026-11-22T02:00:00Z", "due_at": "2026-11-25T02:00:00Z"}
MINE = {"id": CASE_ID, "state": "under_way", "new_phone": "090•••567", **TIMES}
LOOK = {
    "id": CASE_ID, "recovery_id": CASE_ID, "agency_code": "H53.16", "purpose": "decide",
    "looked_at": "2026-11-24T03:10:00Z",
}  # fmt: skip
REVIEW = {
    "id": CASE_ID, "review_for": "identity_confirmed", "new_phone": "090•••567", "number_matched": True,
    "objected_at": None, **TIMES,
}  # fmt: skip
# A fresh one of any level: the rules ask for the strongest that the account has.
FRESH = Proof(acr=0)
WITH_PASSKEY = Proof(acr=3, max_age=None)


def persons(state: State) -> PersonKeys:
    return PersonKeys(state["keys"])


FindsNumbers = NamedDependency[PersonKeys]


@post(
    "/v1/me/phone",
    tags=["recovery"],
    status_code=202,
    dependencies=DESK,
    opt=decided(
        auth="app", limit="sign_in", proof=FRESH, raises=(RateLimited, Unavailable),
        request_example={"phone": "0901234567"}, example=CHALLENGED,
    ),
)  # fmt: skip
async def begin_phone_change(desk: AtDesk, me: Me, now: Now, data: JSONBody[PhoneChangeIn]) -> CodeChallenge:
    """A code to the phone that the account is to have

    Needs a fresh proof, the strongest the account has: 2 with a passkey and a confirmed identity, 1 with one of them or
    an enrolled device, else 0.
    """
    return await domain.begin_change(desk, me, data.phone, now)


@post(
    "/v1/me/phone/verify",
    tags=["recovery"],
    status_code=200,
    dependencies=DESK,
    opt=decided(
        auth="app", limit="sign_in", proof=FRESH, raises=(OtpInvalid, OtpExpired, PhoneTaken, RateLimited, Unavailable),
        request_example=PROOF, example={"phone": "+84901234567", "cooling_until": "2026-11-23T02:00:00Z"},
    ),
)  # fmt: skip
async def finish_phone_change(
    desk: AtDesk, entrance: ToEnter, me: Me, now: Now, data: JSONBody[PhoneProof]
) -> PhoneChanged:
    """The account has another phone

    Every other session of it ends, the old number gets a text message, and for a day sensitive acts wait.
    """
    return await domain.finish_change(desk, entrance, me, data, now)


@post(
    "/v1/auth/recovery",
    tags=["recovery"],
    status_code=202,
    dependencies=DESK,
    opt=decided(
        auth="public", limit="sign_in", raises=(RateLimited, Unavailable),
        request_example={"lost_phone": "0907654321", "new_phone": "0901234567"}, example=CHALLENGED,
    ),
)  # fmt: skip
async def begin_recovery(desk: AtDesk, now: Now, data: JSONBody[RecoveryIn]) -> CodeChallenge:
    """For whoever has lost phone and SIM: a code to the new phone, whether or not the lost one has an account

    Not for staff: an administrator gives them a ticket, with which they make a new passkey.
    """
    return await domain.begin_recovery(desk, data, now)


@post(
    "/v1/auth/recovery/verify",
    tags=["recovery"],
    status_code=202,
    dependencies={**DESK, "numbers": Provide(persons, sync_to_thread=False)},
    opt=decided(
        auth="public", limit="sign_in",
        raises=(OtpInvalid, OtpExpired, PhoneTaken, RecoveryUnderWay, RateLimited, Unavailable),
        request_example={**PROOF, "identity_number": "080190001234"},
        example={"recovery_id": CASE_ID, "due_at": "2026-11-25T02:00:00Z"},
    ),
)  # fmt: skip
async def finish_recovery_proof(
    desk: AtDesk, numbers: FindsNumbers, now: Now, data: JSONBody[RecoveryProof]
) -> RecoveryBegun:
    """The new phone is proved: for three days the account's owner is told and may cancel, then it is theirs

    Whoever has confirmed their identity names their number. An official then decides, as about every account that
    somebody still uses, that a passkey or a provider opens, or that several want: come to an office with a paper within
    fourteen days. The answer is the same where there is no account, and the new phone gets a message only when the
    account is its. 429 after three other phones in a day.
    """
    return await domain.open_case(desk, numbers, data, now)


@get(
    "/v1/me/recoveries",
    tags=["recovery"],
    opt=decided(
        auth="app", limit="lookup",
        example={"items": [MINE]},
    ),
)  # fmt: skip
async def list_my_recoveries(conn: Conn, phones: OpensPhones, me: Me) -> RecoveryList:
    """Who asks to move your account to another phone"""
    return RecoveryList(await domain.own(conn, phones, me.account_id))


@post(
    "/v1/me/recoveries/{recovery_id:uuid}/cancel",
    tags=["recovery"],
    status_code=200,
    opt=decided(auth="app", limit="write", raises=(NotFound,), example=MINE | {"state": "cancelled"}),
)
async def cancel_recovery(tx: Tx, phones: OpensPhones, me: Me, now: Now, recovery_id: FromPath[UUID]) -> Recovery:
    """It was not you: the account stays where it is

    A session that proves less than the account can (a code by SMS where there is a passkey, say) does not end it: it is
    `objected`, and an official decides. Sign in by a stronger way and cancel once more.
    """
    return await domain.cancel(tx, phones, me, recovery_id, now)


@get(
    "/v1/me/recoveries/looks",
    tags=["recovery"],
    opt=decided(auth="app", limit="lookup", example={"items": [LOOK], "next_cursor": None}),
)
async def list_my_recovery_looks(
    conn: Conn, me: Me, pages: Pages, cursor: Cursor = None, limit: Limit = 20
) -> RecoveryLookPage:
    """Which officials have seen that a recovery is about your account, when and for what, newest first"""
    return await store.looks(conn, pages, me.account_id, cursor, limit)


@get(
    "/v1/recoveries",
    tags=["recovery"],
    opt=decided(
        auth="official", limit="lookup", proof=WITH_PASSKEY, raises=(Forbidden,),
        example={"items": [REVIEW], "next_cursor": None},
    ),
)  # fmt: skip
async def list_recoveries(
    conn: Conn, phones: OpensPhones, pages: Pages, me: Me, now: Now, cursor: Cursor = None, limit: Limit = 20
) -> ReviewPage:
    """The recoveries that an official decides, oldest first; nothing says whose they are

    Of people in your wards, and not of those whose identity you have seen: they could be of your making.
    """
    return await domain.to_review(conn, pages, phones, me, cursor, limit, now)


@post(
    "/v1/recoveries/{recovery_id:uuid}/looks",
    tags=["recovery"],
    status_code=200,
    opt=decided(
        auth="official", limit="lookup", proof=WITH_PASSKEY, raises=(Forbidden, NotFound, IllegalTransition),
        request_example={"purpose": "decide"},
        example={"id": CASE_ID, "account_id": ACCOUNT_ID, "full_name": "Nguyễn Văn Thử"},
    ),
)  # fmt: skip
async def open_recovery(
    tx: Tx, me: Me, now: Now, recovery_id: FromPath[UUID], data: JSONBody[RecoveryLookIn]
) -> ReviewedRecovery:
    """See whose account a recovery is about

    Each look is written down with your name, the moment and the purpose, and the account's owner sees that it happened.
    """
    return await domain.look(tx, me, recovery_id, data.purpose, now)


@post(
    "/v1/recoveries/{recovery_id:uuid}/decision",
    tags=["recovery"],
    status_code=204,
    opt=decided(
        auth="official", limit="write", proof=Proof(acr=3), raises=(Forbidden, NotFound, IllegalTransition),
        request_example={"decision": "approved", "reason": "Đã gặp trực tiếp, đúng người."},
    ),
)  # fmt: skip
async def decide_recovery(
    tx: Tx, me: Me, now: Now, recovery_id: FromPath[UUID], data: JSONBody[RecoveryDecisionIn]
) -> None:
    """Approve or refuse a recovery; an approved one still waits for its time"""
    await domain.decide(tx, me, recovery_id, data, now)


HANDLERS = [
    begin_phone_change,
    finish_phone_change,
    begin_recovery,
    finish_recovery_proof,
    list_my_recoveries,
    cancel_recovery,
    list_my_recovery_looks,
    list_recoveries,
    open_recovery,
    decide_recovery,
]
