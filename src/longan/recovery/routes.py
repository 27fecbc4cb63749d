"""HTTP of the room."""

from uuid import UUID

from litestar import get, post
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from longan.codes import CHALLENGE_ID, CHALLENGED, CodeChallenge, OtpExpired, OtpInvalid
from longan.crypto import PersonKeys
from longan.deps import Conn, Me, Now, OpensPhones, Pages, ToEnter, Tx
from longan.desk import DESK, AtDesk
from longan.errors import Forbidden, IllegalTransition, NotFound, RateLimited, Unavailable
from longan.page import Cursor, Limit
from longan.policy import Proof, decided
from longan.recovery import domain
from longan.recovery.models import (
    PhoneChanged,
    PhoneChangeIn,
    PhoneProof,
    PhoneTaken,
    RecoveryBegun,
    RecoveryDecisionIn,
    RecoveryIn,
    RecoveryList,
    RecoveryProof,
    RecoveryUnderWay,
    ReviewPage,
)

CASE_ID = "0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a13"
PROOF = {"challenge_id": CHALLENGE_ID, "code": "048213"}
ACCOUNT_ID = "0192f0c1-7a44-7d15-8f3e-5b0d2c9e6f18"
TIMES = {"opened_at": "2026-11-22T02:00:00Z", "due_at": "2026-11-25T02:00:00Z"}
# A fresh one of any level: the rules ask for the strongest that the account has.
FRESH = Proof(acr=0)


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
    """For whoever has lost phone and SIM: a code to the new phone, whether or not the lost one has an account"""
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

    Whoever has confirmed their identity names their number; an official then looks at it too. The answer is the same
    where there is no account.
    """
    return await domain.open_case(desk, numbers, data, now)


@get(
    "/v1/me/recoveries",
    tags=["recovery"],
    opt=decided(
        auth="app", limit="lookup",
        example={"items": [{"id": CASE_ID, "state": "waiting", "new_phone": "090•••567", **TIMES}]},
    ),
)  # fmt: skip
async def list_my_recoveries(conn: Conn, phones: OpensPhones, me: Me) -> RecoveryList:
    """Who asks to move your account to another phone"""
    return RecoveryList(await domain.own(conn, phones, me.account_id))


@post(
    "/v1/me/recoveries/{recovery_id:uuid}/cancel",
    tags=["recovery"],
    status_code=204,
    opt=decided(auth="app", limit="write", raises=(NotFound,)),
)
async def cancel_recovery(tx: Tx, me: Me, now: Now, recovery_id: FromPath[UUID]) -> None:
    """It was not you: the account stays where it is"""
    await domain.cancel(tx, recovery_id, me.account_id, now)


@get(
    "/v1/recoveries",
    tags=["recovery"],
    opt=decided(
        auth="official", limit="lookup", proof=Proof(acr=3, max_age=None), raises=(Forbidden,),
        example={"items": [{"id": CASE_ID, "account_id": ACCOUNT_ID, "full_name": "Nguyễn Văn Thử",
                            "new_phone": "090•••567", "number_matched": True, **TIMES}], "next_cursor": None},
    ),
)  # fmt: skip
async def list_recoveries(
    conn: Conn, phones: OpensPhones, pages: Pages, me: Me, now: Now, cursor: Cursor = None, limit: Limit = 20
) -> ReviewPage:
    """The recoveries that an official decides, oldest first"""
    return await domain.to_review(conn, pages, phones, me, cursor, limit, now)


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
    list_recoveries,
    decide_recovery,
]
