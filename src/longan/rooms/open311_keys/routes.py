"""HTTP of the room."""

from uuid import UUID

from litestar import get, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody

from longan.floor.base.errors import Forbidden, NotFound
from longan.floor.database.page import Cursor, Limit
from longan.floor.requests.deps import Conn, Me, Now, Pages, Tx
from longan.floor.requests.policy import Proof, decided
from longan.rooms.open311_keys import domain
from longan.rooms.open311_keys.models import (
    JurisdictionNotServed,
    Open311KeyGiven,
    Open311KeyIn,
    Open311KeyPage,
    Open311Revocation,
)

FRESH = Proof(acr=3)
REASON = "Thỏa thuận số 12/TT-STTTT"
KEY = {
    "id": "0192f0c1-9d10-7a55-8c31-6f0e1b2a3c4d", "partner": "Trung tâm giám sát đô thị", "contact": "ioc@example.vn",
    "hint": "x9Qk", "jurisdictions": ["tayninh.gov.vn"], "a_minute": 30, "a_day": 2_000,
    "given_by": "0192f0c1-5a10-7b02-9a61-0b5c2d8e7f31", "given_at": "2026-11-22T02:00:00Z", "revoked_at": None,
}  # fmt: skip


@get(
    "/v1/staff/open311-keys",
    tags=["open311_keys"],
    opt=decided(auth="official", limit="lookup", raises=(Forbidden,), example={"items": [KEY], "next_cursor": None}),
)
async def list_open311_keys(
    conn: Conn, me: Me, pages: Pages, cursor: Cursor = None, limit: Limit = 20
) -> Open311KeyPage:
    """For administrators: the partner systems that may report, and those that may no more"""
    return await domain.listed(conn, pages, me, cursor, limit)


@post(
    "/v1/staff/open311-keys",
    tags=["open311_keys"],
    status_code=200,
    opt=decided(
        auth="official", limit="write", proof=FRESH, raises=(Forbidden, JurisdictionNotServed),
        request_example={
            "partner": "Trung tâm giám sát đô thị", "contact": "ioc@example.vn", "jurisdictions": ["tayninh.gov.vn"],
            "reason": REASON,
        },
        example={"key": KEY, "api_key": "3vXK0eB6l7pXnq8nTzq0r2mY5sVw1uAa9bCdEfGhx9Qk"},
    ),
)  # fmt: skip
async def give_open311_key(tx: Tx, state: State, me: Me, now: Now, data: JSONBody[Open311KeyIn]) -> Open311KeyGiven:
    """For administrators: give a partner a key; it is in this answer and nowhere else

    No Idempotency-Key, for the answer kept for it would be a copy of the key. Was the answer lost, revoke that key and
    give another. To change a key give a second one, and revoke the first when the partner uses it.
    """
    return await domain.give(tx, state.settings, me, data, now)


@post(
    "/v1/staff/open311-keys/{key_id:uuid}/revocation",
    tags=["open311_keys"],
    status_code=204,
    opt=decided(
        auth="official", limit="write", proof=FRESH, raises=(Forbidden, NotFound),
        request_example={"reason": "Thỏa thuận đã hết hạn"},
    ),
)  # fmt: skip
async def revoke_open311_key(
    tx: Tx, me: Me, now: Now, key_id: FromPath[UUID], data: JSONBody[Open311Revocation]
) -> None:
    """For administrators: take a key back, from the next request on"""
    await domain.revoke(tx, me, key_id, data.reason, now)


HANDLERS = [list_open311_keys, give_open311_key, revoke_open311_key]
