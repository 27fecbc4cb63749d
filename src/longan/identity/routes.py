"""HTTP of the room."""

from litestar import post
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody

from longan.accounts import AccountDisabled
from longan.deps import Ex, Locale, Now
from longan.entrance import SIGNED_IN, SignedIn
from longan.errors import Forbidden, RateLimited, Unavailable
from longan.identity import domain
from longan.identity.domain import Desk
from longan.identity.models import (
    DEVELOPMENT,
    CodeChallenge,
    CodeEntry,
    CodeRequest,
    OtpExpired,
    OtpInvalid,
    PasskeyRequired,
    TestNumbers,
)
from longan.policy import decided

KEYS_CACHED = "public, max-age=300"

CHALLENGE_ID = "0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a11"


# `state.keys` would be the method of a mapping.
def desk(exchange: Ex, state: State) -> Desk:
    return Desk(
        pool=state.pool,
        strict=state.strict,
        phones=state.phones,
        entrance=state.entrance,
        code_keys=state["keys"].secrets["one-time-code"],
        test_numbers=DEVELOPMENT if state.settings.development else TestNumbers(),
        asking=exchange,
    )


AtDesk = NamedDependency[Desk]
DESK = {"desk": Provide(desk, sync_to_thread=False)}


@post(
    "/v1/auth/otp",
    tags=["identity"],
    status_code=202,
    dependencies=DESK,
    opt=decided(
        auth="public", limit="sign_in", raises=(RateLimited, Unavailable), request_example={"phone": "0901234567"},
        example={"challenge_id": CHALLENGE_ID, "expires_in": 180, "resend_after": 60},
    ),
)  # fmt: skip
async def request_otp(
    desk: AtDesk, exchange: Ex, locale: Locale, now: Now, data: JSONBody[CodeRequest]
) -> CodeChallenge:
    """A one-time code by SMS, to a phone with or without an account"""
    return await domain.ask_for_code(desk, data, exchange.client, locale, now)


@post(
    "/v1/auth/otp/verify",
    tags=["identity"],
    status_code=200,
    dependencies=DESK,
    opt=decided(
        auth="public", limit="sign_in",
        raises=(OtpInvalid, OtpExpired, Forbidden, AccountDisabled, PasskeyRequired, RateLimited, Unavailable),
        request_example={"challenge_id": CHALLENGE_ID, "code": "048213",
                         "device": {"name": "Điện thoại của Lan", "platform": "android"}},
        example=SIGNED_IN,
    ),
)  # fmt: skip
async def verify_otp(desk: AtDesk, exchange: Ex, now: Now, data: JSONBody[CodeEntry]) -> SignedIn:
    """A session for whoever holds the phone; a phone without an account gets one"""
    return await domain.sign_in(desk, data, exchange.client, now)


HANDLERS = [request_otp, verify_otp]
