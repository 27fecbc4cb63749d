"""HTTP of the room."""

from typing import Any

from litestar import Request, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody

from longan.floor.access.entrance import SIGNED_IN, SignedIn
from longan.floor.accounts.accounts import AccountDisabled, PasskeyRequired
from longan.floor.accounts.codes import CHALLENGE_ID, CHALLENGED, CodeChallenge, OtpExpired, OtpInvalid
from longan.floor.accounts.desk import DESK, AtDesk
from longan.floor.base.errors import Forbidden, NotFound, RateLimited, SignatureInvalid, Unavailable
from longan.floor.formats.signed_webhooks import is_signed
from longan.floor.requests.deps import Ex, Now, ToEnter, Tx
from longan.floor.requests.policy import decided
from longan.rooms.identity import domain
from longan.rooms.identity.models import CodeEntry, CodeRequest, DeliveryReport, GatewayName

Asked = Request[Any, Any, Any]


@post(
    "/v1/auth/otp",
    tags=["identity"],
    status_code=202,
    dependencies=DESK,
    opt=decided(
        auth="optional", limit="sign_in", raises=(RateLimited, Unavailable), request_example={"phone": "0901234567"},
        example=CHALLENGED,
    ),
)  # fmt: skip
async def request_otp(desk: AtDesk, now: Now, data: JSONBody[CodeRequest]) -> CodeChallenge:
    """A one-time code by SMS, to a phone with or without an account"""
    return await domain.ask_for_code(desk, data, now)


@post(
    "/v1/auth/otp/verify",
    tags=["identity"],
    status_code=200,
    dependencies=DESK,
    opt=decided(
        auth="optional", limit="sign_in",
        raises=(OtpInvalid, OtpExpired, Forbidden, AccountDisabled, PasskeyRequired, RateLimited, Unavailable),
        request_example={"challenge_id": CHALLENGE_ID, "code": "048213",
                         "device": {"name": "Điện thoại của Lan", "platform": "android"}},
        example=SIGNED_IN,
    ),
)  # fmt: skip
async def verify_otp(desk: AtDesk, entrance: ToEnter, now: Now, data: JSONBody[CodeEntry]) -> SignedIn:
    """A session for whoever holds the phone; a phone without an account gets one

    With an access token of the same account it is a fresh proof: the new session replaces that of the token.
    """
    return await domain.sign_in(desk, entrance, data, now)


@post(
    "/v1/hooks/sms/{gateway:str}/status",
    tags=["identity"],
    status_code=204,
    opt=decided(
        auth="public", limit="page", raises=(SignatureInvalid, NotFound),
        request_example={"reference": CHALLENGE_ID, "status": "delivered", "at": "2026-11-22T02:00:00Z"},
    ),
)  # fmt: skip
async def report_sms_status(
    tx: Tx, state: State, exchange: Ex, request: Asked, now: Now, gateway: FromPath[GatewayName],
    data: JSONBody[DeliveryReport],
) -> None:  # fmt: skip
    """For SMS gateways: what became of a message

    Signed as standardwebhooks.com says, with the gateway's key; at most five minutes old. The same report twice is one.
    """
    gateways = state.settings.sms_gateways
    if gateway not in gateways:
        raise NotFound
    if not is_signed(gateways[gateway][1], request.headers, exchange.body, now):
        raise SignatureInvalid
    await domain.note_delivery(tx, gateway, len(gateways) > 1, data, now)


HANDLERS = [request_otp, verify_otp, report_sms_status]
