"""HTTP of the room: what Zalo tells us."""

from typing import Any

from litestar import Request, post
from litestar.datastructures import State
from litestar.params import JSONBody

from longan.floor.base.errors import SignatureInvalid
from longan.floor.requests.deps import Ex, Now, Tx
from longan.floor.requests.policy import decided
from longan.rooms.fallback import domain
from longan.rooms.fallback.models import Heard, ZaloEvent

# Of what Zalo sends, what is read (docs/wire-formats.md has the whole).
EXAMPLE_EVENT = {
    "event_name": "user_received_message",
    "message": {
        "delivery_time": "1795312805120",
        "msg_id": "96d3cdf3af150460909",
        "tracking_id": "0192f0c16d1e7c3a9b1e3f7c1f0e2a11",
    },
    "timestamp": "1795312805500",
}
Asked = Request[Any, Any, Any]


@post(
    "/v1/hooks/zalo",
    tags=["fallback"],
    status_code=200,
    opt=decided(
        auth="public", limit="page", raises=(SignatureInvalid,), request_example=EXAMPLE_EVENT, example={"known": True}
    ),
)
async def report_zalo_event(
    tx: Tx, state: State, exchange: Ex, request: Asked, now: Now, data: JSONBody[ZaloEvent]
) -> Heard:
    """For Zalo: a message has reached a phone

    Signed as Zalo signs its events (`X-ZEvent-Signature`), at most a day old. Events of other kinds are ignored.
    """
    signature = request.headers.get("x-zevent-signature", "")
    return Heard(await domain.heard(tx, state.settings, signature, exchange.body, data, now))


HANDLERS = [report_zalo_event]
