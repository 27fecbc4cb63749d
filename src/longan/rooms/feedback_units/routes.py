"""HTTP of the room."""

from typing import Annotated
from uuid import UUID

from litestar import get, patch, post
from litestar.params import FromPath, JSONBody, QueryParameter

from longan.floor.base.errors import Forbidden, NotFound, Stale, WardUnknown
from longan.floor.database.page import Cursor, Limit
from longan.floor.feedback.feedback_routing import UnitNotResponsible
from longan.floor.places import ward
from longan.floor.requests.deps import Conn, Ex, Home, Me, Now, Pages, Tx
from longan.floor.requests.policy import Proof, decided
from longan.rooms.feedback_units import domain
from longan.rooms.feedback_units.models import (
    CategoryUnknown,
    FeedbackUnit,
    FeedbackUnitChange,
    FeedbackUnitIn,
    FeedbackUnitPage,
    RoutingChangePage,
    RoutingRule,
    RoutingRuleIn,
    RoutingRulePage,
    RuleOverlaps,
    UnitHasRules,
    UnitNameTaken,
)

WITH_PASSKEY = Proof(acr=3, max_age=None)

UNIT_ID = "0192f0c1-5a10-7b02-9a61-0b5c2d8e7f31"
RULE_ID = "0192f0c1-7a44-7d15-8f3e-5b0d2c9e6f18"
OFFICIAL_ID = "0192f0c1-9d10-7a55-8c31-6f0e1b2a3c4d"
UNIT = {
    "id": UNIT_ID, "name": "Hạt quản lý đường bộ", "province_code": "80", "agency_code": "H53.17",
    "ward_version": "2025-07-01", "ward_codes": ["27694"], "category_codes": ["giao_thong", "ha_tang"],
    "valid_from": "2026-11-01", "ended_on": None, "version": 1,
}  # fmt: skip
RULE = {
    "id": RULE_ID, "unit_id": UNIT_ID, "unit_name": "Hạt quản lý đường bộ", "category_code": "giao_thong",
    "ward_version": "2025-07-01", "ward_code": "27694", "valid_from": "2026-11-01", "ended_on": None,
}  # fmt: skip
CHANGE = {
    "id": "0192f0c1-9d10-7a55-8c31-6f0e1b2a3c4e", "action": "rule_added", "unit_id": UNIT_ID, "rule_id": RULE_ID,
    "before": None, "after": RULE, "by": OFFICIAL_ID, "agency_code": "H53.903", "at": "2026-11-01T02:00:00Z",
}  # fmt: skip

Current = Annotated[bool | None, QueryParameter(description="Only what has not ended, or only what has")]
OfUnit = Annotated[UUID | None, QueryParameter(description="Only of this unit")]
OfCategory = Annotated[
    str | None, QueryParameter(pattern="^[a-z0-9_]{2,40}$", max_length=40, description="Only of this category")
]


@get(
    "/v1/feedback-units",
    tags=["feedback_units"],
    opt=decided(auth="official", limit="lookup", proof=WITH_PASSKEY, raises=(Forbidden,),
                example={"items": [UNIT], "next_cursor": None}),
)  # fmt: skip
async def list_feedback_units(
    conn: Conn, me: Me, now: Now, pages: Pages, home: Home, current: Current = None, category_code: OfCategory = None,
    ward_code: ward.WardCode = None, cursor: Cursor = None, limit: Limit = 20,
) -> FeedbackUnitPage:  # fmt: skip
    """The units that handle reports, by name; with a category or a ward those which handle it"""
    filters = {"current": current, "category_code": category_code, "ward_code": ward_code}
    return await domain.units(conn, pages, me, home, filters, cursor, limit, now)


@get(
    "/v1/feedback-units/{unit_id:uuid}",
    tags=["feedback_units"],
    opt=decided(auth="official", limit="lookup", proof=WITH_PASSKEY, raises=(Forbidden, NotFound), example=UNIT),
)
async def get_feedback_unit(conn: Conn, me: Me, now: Now, exchange: Ex, unit_id: FromPath[UUID]) -> FeedbackUnit:
    """One unit"""
    unit = await domain.unit(conn, me, unit_id, now)
    return exchange.tagged(unit, unit.version)


@post(
    "/v1/feedback-units",
    tags=["feedback_units"],
    opt=decided(
        auth="official", limit="write", idempotent=True, proof=WITH_PASSKEY,
        raises=(Forbidden, WardUnknown, CategoryUnknown, UnitNameTaken), example=UNIT,
        request_example={"name": "Hạt quản lý đường bộ", "agency_code": "H53.17", "ward_codes": ["27694"],
                         "category_codes": ["giao_thong", "ha_tang"]},
    ),
)  # fmt: skip
async def create_feedback_unit(
    tx: Tx, me: Me, now: Now, home: Home, exchange: Ex, data: JSONBody[FeedbackUnitIn]
) -> FeedbackUnit:
    """Add a unit; for the whole province only who was appointed for everywhere"""
    unit = await domain.add(tx, me, home, data, now)
    return exchange.tagged(unit, unit.version)


@patch(
    "/v1/feedback-units/{unit_id:uuid}",
    tags=["feedback_units"],
    opt=decided(
        auth="official", limit="write", if_match=True, proof=WITH_PASSKEY,
        raises=(Forbidden, NotFound, Stale, WardUnknown, CategoryUnknown, UnitNameTaken, UnitHasRules),
        request_example={"category_codes": ["giao_thong"]}, example=UNIT | {"version": 2},
    ),
)  # fmt: skip
async def update_feedback_unit(
    tx: Tx, me: Me, now: Now, exchange: Ex, unit_id: FromPath[UUID], data: JSONBody[FeedbackUnitChange]
) -> FeedbackUnit:
    """Change a unit, or end it; what it was given before stays with it

    409 `feedback_unit_has_rules`: end the rules that lead to it first.
    """
    unit = await domain.change(tx, me, unit_id, data, exchange.expected_versions(), now)
    return exchange.tagged(unit, unit.version)


@get(
    "/v1/feedback-routing-rules",
    tags=["feedback_units"],
    opt=decided(auth="official", limit="lookup", proof=WITH_PASSKEY, raises=(Forbidden,),
                example={"items": [RULE], "next_cursor": None}),
)  # fmt: skip
async def list_feedback_routing_rules(
    conn: Conn, me: Me, now: Now, pages: Pages, home: Home, current: Current = None, unit_id: OfUnit = None,
    category_code: OfCategory = None, ward_code: ward.WardCode = None, cursor: Cursor = None, limit: Limit = 20,
) -> RoutingRulePage:  # fmt: skip
    """The rules by which reports are routed, the last added first

    The most specific one wins: for a category in a ward, then for a category, then for a ward, then for everything.
    """
    filters = {"current": current, "unit_id": unit_id, "category_code": category_code, "ward_code": ward_code}
    return await domain.rules(conn, pages, me, home, filters, cursor, limit, now)


@post(
    "/v1/feedback-routing-rules",
    tags=["feedback_units"],
    opt=decided(
        auth="official", limit="write", idempotent=True, proof=WITH_PASSKEY,
        raises=(Forbidden, WardUnknown, CategoryUnknown, UnitNotResponsible, RuleOverlaps), example=RULE,
        request_example={"unit_id": UNIT_ID, "category_code": "giao_thong", "ward_code": "27694"},
    ),
)  # fmt: skip
async def create_feedback_routing_rule(
    tx: Tx, me: Me, now: Now, home: Home, data: JSONBody[RoutingRuleIn]
) -> RoutingRule:
    """Route the reports of a category, of a ward or of both to a unit, from a day on

    For the whole province only who was appointed for everywhere. Reports that lie with a unit already stay there.
    """
    return await domain.add_rule(tx, me, home, data, now)


@post(
    "/v1/feedback-routing-rules/{rule_id:uuid}/end",
    tags=["feedback_units"],
    status_code=204,
    opt=decided(auth="official", limit="write", proof=WITH_PASSKEY, raises=(Forbidden, NotFound)),
)
async def end_feedback_routing_rule(tx: Tx, me: Me, now: Now, rule_id: FromPath[UUID]) -> None:
    """End a rule; it holds no more from today on"""
    await domain.end_rule(tx, me, rule_id, now)


@get(
    "/v1/feedback-routing-changes",
    tags=["feedback_units"],
    opt=decided(auth="official", limit="lookup", proof=WITH_PASSKEY, raises=(Forbidden,),
                example={"items": [CHANGE], "next_cursor": None}),
)  # fmt: skip
async def list_feedback_routing_changes(
    conn: Conn, me: Me, now: Now, pages: Pages, unit_id: OfUnit = None, cursor: Cursor = None, limit: Limit = 20
) -> RoutingChangePage:
    """Who changed units and rules, and from what to what, the latest first"""
    return await domain.changes(conn, pages, me, {"unit_id": unit_id}, cursor, limit, now)


HANDLERS = [
    list_feedback_units,
    get_feedback_unit,
    create_feedback_unit,
    update_feedback_unit,
    list_feedback_routing_rules,
    create_feedback_routing_rule,
    end_feedback_routing_rule,
    list_feedback_routing_changes,
]
