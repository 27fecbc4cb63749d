"""HTTP of the room."""

from typing import Annotated
from uuid import UUID

from litestar import get, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody, QueryParameter

from longan.floor.base.errors import Forbidden, IllegalTransition, NotFound
from longan.floor.database.page import Cursor, Limit
from longan.floor.requests.deps import Conn, Me, Now, Pages, Tx
from longan.floor.requests.policy import Proof, decided
from longan.rooms.handover import domain
from longan.rooms.handover.models import (
    AlreadyHandedOver,
    Handover,
    HandoverDecisionIn,
    HandoverIn,
    HandoverPage,
    HandoverReceivers,
    NotTaken,
)
from longan.rooms.handover.models import State as HandoverState

WITH_PASSKEY = Proof(acr=3, max_age=None)
HANDOVER = {
    "id": "0192f0c1-9d10-7a55-8c31-6f0e1b2a3c4d", "report_id": "7c0f2a6e-8f0d-4f0f-9d53-2c1f6f0b7a10",
    "report_code": "PA-7K3M-92QX", "receiver": "long_an_so", "service_code": "001", "state": "handed",
    "foreign_id": "LAS-293944", "tries": 1, "failure": None, "next_at": "2026-11-22T02:15:00Z",
    "created_at": "2026-11-22T02:00:00Z", "updated_at": "2026-11-22T02:00:03Z",
}  # fmt: skip
BEGUN = {**HANDOVER, "state": "waiting", "foreign_id": None, "tries": 0, "next_at": "2026-11-22T02:00:00Z"}
Wanted = Annotated[
    HandoverState | None, QueryParameter(name="state", description="`unsure` and `refused` wait for an official")
]
OfReport = Annotated[UUID | None, QueryParameter(description="Those of one report")]


@get(
    "/v1/handover-receivers",
    tags=["handover"],
    opt=decided(
        auth="official", limit="lookup", raises=(Forbidden,),
        example={"items": [
            {"id": "long_an_so", "name": "Long An Số", "category_codes": ["ha_tang", "moi_truong"], "automatic": []}
        ]},
    ),
)  # fmt: skip
async def list_handover_receivers(conn: Conn, state: State, me: Me, now: Now) -> HandoverReceivers:
    """For officials of feedback: the other systems to which reports can be handed over, and what they take"""
    return await domain.receivers_for(conn, state.receivers, me, now)


@get(
    "/v1/handovers",
    tags=["handover"],
    opt=decided(
        auth="official", limit="lookup", raises=(Forbidden,), example={"items": [HANDOVER], "next_cursor": None}
    ),
)
async def list_handovers(
    conn: Conn, me: Me, now: Now, pages: Pages, wanted: Wanted = None, report_id: OfReport = None,
    cursor: Cursor = None, limit: Limit = 20,
) -> HandoverPage:  # fmt: skip
    """For officials of feedback: what was handed over within the wards of their role, the latest first"""
    return await domain.listed(conn, pages, me, wanted, report_id, now, cursor, limit)


@post(
    "/v1/feedback/{report_id:uuid}/handovers",
    tags=["handover"],
    opt=decided(
        auth="official", limit="write", idempotent=True, proof=WITH_PASSKEY,
        raises=(Forbidden, NotFound, NotTaken, AlreadyHandedOver, IllegalTransition),
        request_example={"receiver": "long_an_so"}, example=BEGUN,
    ),
)  # fmt: skip
async def hand_over_feedback(
    tx: Tx, state: State, me: Me, now: Now, report_id: FromPath[UUID], data: JSONBody[HandoverIn]
) -> Handover:
    """For officials of feedback: hand a report over to another system, which is then followed there

    The report goes to `da_chuyen`; when it has arrived to `dang_xu_ly`, and when it is closed there to `da_tra_loi`.
    Nothing of who sent it is handed over.
    """
    return await domain.hand_over(tx, state.receivers, me, report_id, data.receiver, now)


@post(
    "/v1/handovers/{handover_id:uuid}/decision",
    tags=["handover"],
    status_code=200,
    opt=decided(
        auth="official", limit="write", proof=WITH_PASSKEY, raises=(Forbidden, NotFound, IllegalTransition),
        request_example={"decision": "found", "foreign_id": "LAS-293944"}, example=HANDOVER,
    ),
)  # fmt: skip
async def decide_handover(
    tx: Tx, me: Me, now: Now, handover_id: FromPath[UUID], data: JSONBody[HandoverDecisionIn]
) -> Handover:
    """For officials of feedback: what becomes of a report of which nobody knows whether it arrived

    `send_again` only after asking the receiver: if it did arrive, it is there twice then.
    """
    return await domain.decide(tx, me, handover_id, data, now)


HANDLERS = [list_handover_receivers, list_handovers, hand_over_feedback, decide_handover]
