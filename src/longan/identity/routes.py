"""HTTP of the room."""

import msgspec
from litestar import Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody

from longan.accounts import AccountDisabled
from longan.deps import Ex, Locale, Now
from longan.errors import Forbidden, RateLimited, Unauthenticated, Unavailable
from longan.identity import domain
from longan.identity.domain import Desk
from longan.identity.models import (
    DEVELOPMENT,
    CodeChallenge,
    CodeEntry,
    CodeRequest,
    EndIn,
    OtpExpired,
    OtpInvalid,
    PasskeyRequired,
    PublicKeys,
    RefreshIn,
    RefreshTokenReused,
    TestNumbers,
)
from longan.policy import decided
from longan.sessions import SignedIn

KEYS_CACHED = "public, max-age=300"

CHALLENGE_ID = "0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a11"
SIGNED_IN = {
    "access_token": "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6ImFwcC0xIn0.e30.c2ln",
    "token_type": "Bearer",
    "expires_in": 300,
    "refresh_token": "vkGkq1ufw3nYI4C8eB2Q1g8y0Vqk0b7m0Yf3n1Zc5aE",
    "account_id": "0192f0c1-7a44-7d15-8f3e-5b0d2c9e6f18",
    "new_account": False,
}


# `state.keys` would be the method of a mapping.
def desk(exchange: Ex, state: State) -> Desk:
    return Desk(
        pool=state.pool,
        strict=state.strict,
        phones=state.phones,
        sessions=state.sessions,
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


@post(
    "/v1/auth/refresh",
    tags=["identity"],
    status_code=200,
    dependencies=DESK,
    opt=decided(
        auth="public", limit="refresh", raises=(RefreshTokenReused,),
        request_example={"refresh_token": SIGNED_IN["refresh_token"]}, example=SIGNED_IN,
    ),
)  # fmt: skip
async def refresh_session(desk: AtDesk, now: Now, data: JSONBody[RefreshIn]) -> SignedIn:
    """The next access token; the refresh token is spent, and one that comes twice ends the session"""
    return await domain.refresh(desk, data.refresh_token, now)


@post(
    "/v1/auth/logout",
    tags=["identity"],
    status_code=204,
    dependencies=DESK,
    opt=decided(auth="optional", limit="write", raises=(Unauthenticated,)),
)
async def end_session(desk: AtDesk, exchange: Ex, now: Now, data: JSONBody[EndIn | None] = None) -> None:
    """Sign out: by the access token, by the refresh token, or by both"""
    await domain.end(desk, exchange.principal, data.refresh_token if data else None, now)


@get(
    "/.well-known/jwks.json",
    tags=["identity"],
    opt=decided(auth="public", limit="page"),
)
async def get_jwks(state: State) -> Response[PublicKeys]:
    """The public keys of access tokens, RFC 7517"""
    return Response(msgspec.convert(state.tokens.jwks(), PublicKeys), headers={"Cache-Control": KEYS_CACHED})


HANDLERS = [request_otp, verify_otp, refresh_session, end_session, get_jwks]
