"""HTTP of the room."""

from typing import Annotated
from uuid import UUID

from litestar import get, post
from litestar.params import JSONBody, PathParameter

from longan.floor.base.errors import Forbidden, NotFound
from longan.floor.database.page import Cursor, Limit
from longan.floor.requests.deps import Conn, Me, Now, Pages, Tx
from longan.floor.requests.policy import Proof, decided
from longan.rooms.eligibility_rules import domain
from longan.rooms.eligibility_rules.models import (
    HousingRulesPage,
    HousingRulesText,
    PreviewIn,
    RulesByTheSamePerson,
    RulesIn,
    RulesMovedOn,
    RulesNotPreviewed,
    RulesPublished,
    RulesRefused,
)

RulesId = Annotated[UUID, PathParameter(description="A text, by its `id` in list_social_housing_rule_texts")]

WITH_PASSKEY = Proof(acr=3, max_age=None)
WITH_PASSKEY_JUST_NOW = Proof(acr=3)

RULES_ID, OFFICIAL = "0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a11", "0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a12"
ITEM = {
    "id": RULES_ID, "note": "Trần thu nhập theo nghị định mới từ 2027-01-01", "drafted_by": OFFICIAL,
    "drafted_at": "2026-11-22T02:00:00Z", "is_previewed": True, "published_by": None, "published_at": None,
    "follows": None, "holds": False,
}  # fmt: skip
SHIFT = {
    "case": "worker_single_24m", "wish": "buy", "group": 6, "before": "conditions_met", "after": "conditions_not_met",
    "criteria": ["income"],
}  # fmt: skip
TEXT = ITEM | {
    "text": 'notice.vi = "…"', "preview_asked_at": "2026-11-22T02:05:00Z",
    "preview": {
        "day": "2027-01-01", "against": None, "made_at": "2026-11-22T02:05:01Z", "model_cases": 28, "shifts": [SHIFT],
        "saved": {
            "groups": [{"before": "conditions_met", "after": "conditions_met", "cases": 120}], "rest": 10,
        },
    },
}  # fmt: skip


@post(
    "/v1/social-housing/rule-texts",
    tags=["eligibility_rules"],
    opt=decided(
        auth="official", limit="write", idempotent=True, proof=WITH_PASSKEY, raises=(Forbidden, RulesRefused),
        example=TEXT,
        request_example={"text": 'notice.vi = "…"', "note": "Trần thu nhập theo nghị định mới từ 2027-01-01"},
    ),
)  # fmt: skip
async def draft_social_housing_rules(tx: Tx, me: Me, now: Now, data: JSONBody[RulesIn]) -> HousingRulesText:
    """Draft a new text of the rules, whole; it is checked like code: 422 `rules_refused` says what is wrong where"""
    return await domain.draft(tx, me, data, now)


@get(
    "/v1/social-housing/rule-texts",
    tags=["eligibility_rules"],
    opt=decided(
        auth="official",
        limit="lookup",
        proof=WITH_PASSKEY,
        raises=(Forbidden,),
        example={"items": [ITEM], "next_cursor": None},
    ),
)
async def list_social_housing_rule_texts(
    conn: Conn, pages: Pages, me: Me, now: Now, cursor: Cursor = None, limit: Limit = 20
) -> HousingRulesPage:
    """Texts that officials have drafted and published, the newest first"""
    return await domain.page(conn, pages, me, cursor, limit, now)


@get(
    "/v1/social-housing/rule-texts/{rules_id:uuid}",
    tags=["eligibility_rules"],
    opt=decided(auth="official", limit="lookup", proof=WITH_PASSKEY, raises=(Forbidden, NotFound), example=TEXT),
)
async def get_social_housing_rule_text(conn: Conn, me: Me, now: Now, rules_id: RulesId) -> HousingRulesText:
    """One text whole, with its preview once that is made"""
    return await domain.shown(conn, me, rules_id, now)


@post(
    "/v1/social-housing/rule-texts/{rules_id:uuid}/preview",
    tags=["eligibility_rules"],
    status_code=200,
    opt=decided(
        auth="official", limit="write", proof=WITH_PASSKEY, raises=(Forbidden, NotFound, RulesPublished), example=TEXT,
        request_example={"day": "2027-01-01"},
    ),
)  # fmt: skip
async def preview_social_housing_rules(
    tx: Tx, me: Me, now: Now, rules_id: RulesId, data: JSONBody[PreviewIn]
) -> HousingRulesText:
    """Compare answers by the text with those by the rules that hold; ask for the text again to see the preview

    Invented people one by one; cases that people keep only as counts of ten and more, in tens.
    """
    return await domain.preview(tx, me, rules_id, data.day, now)


@post(
    "/v1/social-housing/rule-texts/{rules_id:uuid}/publish",
    tags=["eligibility_rules"],
    status_code=200,
    opt=decided(
        auth="official", limit="write", proof=WITH_PASSKEY_JUST_NOW,
        raises=(Forbidden, NotFound, RulesByTheSamePerson, RulesPublished, RulesNotPreviewed, RulesMovedOn),
        example=TEXT,
    ),
)  # fmt: skip
async def publish_social_housing_rules(tx: Tx, me: Me, now: Now, rules_id: RulesId) -> HousingRulesText:
    """Make a text that another official drafted the one that holds, from now on; not without its preview

    409 `rules_moved_on`: another text was published since it was compared.
    """
    return await domain.publish(tx, me, rules_id, now)


HANDLERS = [
    draft_social_housing_rules, list_social_housing_rule_texts, get_social_housing_rule_text,
    preview_social_housing_rules, publish_social_housing_rules,
]  # fmt: skip
