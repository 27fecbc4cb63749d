"""HTTP of the room."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import asyncpg
from litestar import get, patch, post
from litestar.datastructures import State as AppState
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody, QueryParameter

from longan.floor.access.tokens import Principal
from longan.floor.base.errors import Forbidden, IllegalTransition, NotFound, Stale
from longan.floor.base.public_text import origin
from longan.floor.database.page import Cursor, Limit
from longan.floor.requests.deps import Conn, Ex, Home, Me, Now, Pages, Tx
from longan.floor.requests.exchange import Exchange
from longan.floor.requests.policy import Proof, decided
from longan.rooms.campaigns import domain
from longan.rooms.campaigns.models import (
    AnotherPersonDecides,
    AudienceNotPublic,
    AudienceUnknown,
    BeyondYourWards,
    Campaign,
    CampaignChange,
    CampaignDecision,
    CampaignIn,
    CampaignPage,
    CampaignPreview,
    ProposalLapsed,
    RecipientPage,
    State,
    Status,
    StepPage,
    TextRefused,
    WhyIn,
)

# What reaches so many takes a passkey, and shown just now where it is agreed on.
WITH_PASSKEY = Proof(acr=3, max_age=None)
WITH_PASSKEY_JUST_NOW = Proof(acr=3)

CONTENT = (Forbidden, BeyondYourWards, AudienceUnknown, AudienceNotPublic, TextRefused)
MOVES = (Forbidden, NotFound, IllegalTransition)

CAMPAIGN_ID = "0192f0c1-9d10-7a55-8c31-6f0e1b2a3c4d"
WRITER = "0192f0c1-5a10-7b02-9a61-0b5c2d8e7f31"
APPROVER = "0192f0c1-5a10-7b02-9a61-0b5c2d8e7f32"
VI = {"title": "Ngày hội việc làm", "body": "Thứ bảy 28/11, 8 giờ, nhà văn hóa lao động. Vào cửa tự do."}
EXAMPLE_IN = {"kind": "announcement", "vi": VI, "audience": {"ward_codes": ["27694"], "role": "worker"},
              "spread_seconds": 7200}  # fmt: skip
NOBODY_YET = dict.fromkeys(
    ("told", "inbox_only", "queued", "sent", "delivered", "opened", "failed", "obsolete"), 0
)  # fmt: skip
EXAMPLE = {
    "id": CAMPAIGN_ID, "kind": "announcement", "state": "draft", "vi": VI, "en": None,
    "audience": {"ward_version": "2025-07-01", "ward_codes": ["27694"], "old_ward_codes": None, "role": "worker",
                 "locale": None, "occupation_code": None},
    "starts_at": None, "spread_seconds": 7200, "drafted_by": WRITER, "drafted_at": "2026-11-22T02:00:00Z",
    "proposed_by": None, "proposed_at": None, "approved_by": None, "approved_at": None, "begun_at": None,
    "ended_at": None, "planned": None, "counts": NOBODY_YET, "alerts": {"promised": 0, "accepted": 0, "refused": 0},
    "updated_at": "2026-11-22T02:00:00Z", "version": 1,
}  # fmt: skip
PROPOSED = EXAMPLE | {"state": "proposed", "proposed_by": WRITER, "proposed_at": "2026-11-22T02:10:00Z", "version": 2}
RUNNING = PROPOSED | {
    "state": "running", "approved_by": APPROVER, "approved_at": "2026-11-22T03:00:00Z",
    "begun_at": "2026-11-22T03:00:01Z", "planned": "1200", "version": 4,
    "counts": {**NOBODY_YET, "told": 420, "sent": 205, "opened": 131, "queued": 12, "inbox_only": 72},
}  # fmt: skip
SCHEDULED = PROPOSED | {
    "state": "scheduled", "approved_by": APPROVER, "approved_at": "2026-11-22T03:00:00Z", "version": 3,
}  # fmt: skip
ITEM = {
    "id": CAMPAIGN_ID, "kind": "announcement", "state": "draft", "title": VI["title"], "starts_at": None,
    "drafted_by": WRITER, "updated_at": "2026-11-22T02:00:00Z",
}  # fmt: skip
STEP = {
    "id": "0192f0c1-9d10-7a55-8c31-6f0e1b2a3c4e", "action": "approved", "account_id": APPROVER, "version": 3,
    "reason": None, "at": "2026-11-22T03:00:00Z",
}  # fmt: skip
RECIPIENT = {
    "account_id": "0192f0c1-7a44-7d15-8f3e-5b0d2c9e6f18", "told_at": "2026-11-22T03:00:04Z", "status": "delivered",
}  # fmt: skip
LOOK = {"locale": "vi", **VI, "push_title": VI["title"], "push_body": VI["body"]}

WithState = Annotated[State | None, QueryParameter(name="state", description="Only in this state")]
WithStatus = Annotated[Status | None, QueryParameter(description="Only those whose notice came so far")]


def own(state: AppState) -> str:
    return origin(state.settings.public_url)


Own = NamedDependency[str]
OURS = {"own": Provide(own, sync_to_thread=False)}


async def answered(
    conn: asyncpg.Connection, me: Principal, now: datetime, exchange: Exchange, campaign_id: UUID
) -> Campaign:
    """The campaign as it stands, with its ETag."""
    campaign = await domain.shown(conn, me, campaign_id, now)
    return exchange.tagged(campaign, campaign.version, campaign.counts, campaign.alerts)


@get(
    "/v1/campaigns",
    tags=["campaigns"],
    opt=decided(auth="official", limit="lookup", proof=WITH_PASSKEY, raises=(Forbidden,),
                example={"items": [ITEM], "next_cursor": None}),
)  # fmt: skip
async def list_campaigns(
    conn: Conn, me: Me, now: Now, pages: Pages, standing: WithState = None, cursor: Cursor = None, limit: Limit = 20
) -> CampaignPage:
    """The campaigns that lie in your wards, the newest first; administrators see all"""
    return await domain.list_of(conn, pages, me, standing, cursor, limit, now)


@get(
    "/v1/campaigns/{campaign_id:uuid}",
    tags=["campaigns"],
    opt=decided(auth="official", limit="lookup", proof=WITH_PASSKEY, raises=(Forbidden, NotFound), example=RUNNING),
)
async def get_campaign(conn: Conn, me: Me, now: Now, exchange: Ex, campaign_id: FromPath[UUID]) -> Campaign:
    """One campaign, with how many were told and how far their notices came"""
    return await answered(conn, me, now, exchange, campaign_id)


@post(
    "/v1/campaigns",
    tags=["campaigns"],
    dependencies=OURS,
    opt=decided(auth="official", limit="write", idempotent=True, proof=WITH_PASSKEY, raises=CONTENT,
                request_example=EXAMPLE_IN, example=EXAMPLE),
)  # fmt: skip
async def create_campaign(
    tx: Tx, me: Me, now: Now, exchange: Ex, own: Own, home: Home, data: JSONBody[CampaignIn]
) -> Campaign:
    """Write something to many people; nobody is told before you propose it and somebody else approves it

    `announcement` people may switch off; `public_alert` is for what endangers everybody in the area, and breaks quiet
    hours. Texts are plain, their only links to our own https address (422 `text_refused` says what is wrong where).
    """
    campaign_id = await domain.create(tx, me, data, own, home, now)
    return await answered(tx, me, now, exchange, campaign_id)


@patch(
    "/v1/campaigns/{campaign_id:uuid}",
    tags=["campaigns"],
    dependencies=OURS,
    opt=decided(auth="official", limit="write", if_match=True, proof=WITH_PASSKEY,
                raises=(*CONTENT, NotFound, IllegalTransition), example=EXAMPLE,
                request_example={"vi": VI, "audience": {"old_ward_codes": ["27718"]}, "clear": ["starts_at"]}),
)  # fmt: skip
async def update_campaign(
    tx: Tx, me: Me, now: Now, exchange: Ex, own: Own, home: Home, campaign_id: FromPath[UUID],
    data: JSONBody[CampaignChange],
) -> Campaign:  # fmt: skip
    """Change a draft; whoever does so cannot approve it any more"""
    await domain.update(tx, me, campaign_id, data, exchange.expected_versions(), own, home, now)
    return await answered(tx, me, now, exchange, campaign_id)


@get(
    "/v1/campaigns/{campaign_id:uuid}/preview",
    tags=["campaigns"],
    opt=decided(
        auth="official", limit="lookup", proof=WITH_PASSKEY, raises=(Forbidden, NotFound),
        example={"people": "1200", "looks": [LOOK, {**LOOK, "locale": "en"}], "conditions": []},
    ),
)  # fmt: skip
async def preview_campaign(conn: Conn, me: Me, now: Now, home: Home, campaign_id: FromPath[UUID]) -> CampaignPreview:
    """How it looks, and for how many people it is now: rounded, and never exact below ten"""
    return await domain.preview(conn, me, campaign_id, home, now)


@post(
    "/v1/campaigns/{campaign_id:uuid}/propose",
    tags=["campaigns"],
    status_code=200,
    opt=decided(auth="official", limit="write", proof=WITH_PASSKEY_JUST_NOW, raises=MOVES, example=PROPOSED),
)
async def propose_campaign(tx: Tx, me: Me, now: Now, exchange: Ex, campaign_id: FromPath[UUID]) -> Campaign:
    """Ask somebody else to approve it; from now on it does not change"""
    await domain.propose(tx, me, campaign_id, now)
    return await answered(tx, me, now, exchange, campaign_id)


@post(
    "/v1/campaigns/{campaign_id:uuid}/withdraw",
    tags=["campaigns"],
    status_code=200,
    opt=decided(auth="official", limit="write", proof=WITH_PASSKEY, raises=MOVES, example=EXAMPLE),
)
async def withdraw_campaign(tx: Tx, me: Me, now: Now, exchange: Ex, campaign_id: FromPath[UUID]) -> Campaign:
    """Take a proposal back, to change it"""
    await domain.withdraw(tx, me, campaign_id, now)
    return await answered(tx, me, now, exchange, campaign_id)


@post(
    "/v1/campaigns/{campaign_id:uuid}/decision",
    tags=["campaigns"],
    status_code=200,
    opt=decided(
        auth="official", limit="write", proof=WITH_PASSKEY_JUST_NOW,
        raises=(*MOVES, AnotherPersonDecides, ProposalLapsed, Stale),
        request_example={"decision": "approved", "version": 2}, example=SCHEDULED,
    ),
)  # fmt: skip
async def decide_campaign(
    tx: Tx, me: Me, now: Now, exchange: Ex, campaign_id: FromPath[UUID], data: JSONBody[CampaignDecision]
) -> Campaign:
    """Approve or refuse what another official proposed, as you have read it

    Whoever wrote, changed or proposed it at any time cannot, nor can the same session or device. Approved, it begins at
    its time; refused, it is a draft again.
    """
    await domain.decide(tx, me, campaign_id, data, now)
    return await answered(tx, me, now, exchange, campaign_id)


@post(
    "/v1/campaigns/{campaign_id:uuid}/pause",
    tags=["campaigns"],
    status_code=200,
    opt=decided(auth="official", limit="write", proof=WITH_PASSKEY, raises=MOVES,
                request_example={"reason": "Chờ xác minh"}, example={**RUNNING, "state": "paused"}),
)  # fmt: skip
async def pause_campaign(
    tx: Tx, me: Me, now: Now, exchange: Ex, campaign_id: FromPath[UUID], data: JSONBody[WhyIn]
) -> Campaign:
    """Tell nobody else until it is resumed; whoever was told already may still get their push"""
    await domain.pause(tx, me, campaign_id, data.reason, now)
    return await answered(tx, me, now, exchange, campaign_id)


@post(
    "/v1/campaigns/{campaign_id:uuid}/resume",
    tags=["campaigns"],
    status_code=200,
    opt=decided(auth="official", limit="write", proof=WITH_PASSKEY, raises=MOVES,
                request_example={"reason": "Đã xác minh"}, example=RUNNING),
)  # fmt: skip
async def resume_campaign(
    tx: Tx, me: Me, now: Now, exchange: Ex, campaign_id: FromPath[UUID], data: JSONBody[WhyIn]
) -> Campaign:
    """Go on where it was paused"""
    await domain.resume(tx, me, campaign_id, data.reason, now)
    return await answered(tx, me, now, exchange, campaign_id)


@post(
    "/v1/campaigns/{campaign_id:uuid}/stop",
    tags=["campaigns"],
    status_code=200,
    opt=decided(auth="official", limit="write", proof=WITH_PASSKEY, raises=(Forbidden, NotFound),
                request_example={"reason": "Thông tin sai"}, example={**RUNNING, "state": "stopped"}),
)  # fmt: skip
async def stop_campaign(
    tx: Tx, me: Me, now: Now, exchange: Ex, campaign_id: FromPath[UUID], data: JSONBody[WhyIn]
) -> Campaign:
    """End it for good, whatever its state: pushes that still wait are not sent either"""
    await domain.stop(tx, me, campaign_id, data.reason, now)
    return await answered(tx, me, now, exchange, campaign_id)


@get(
    "/v1/campaigns/{campaign_id:uuid}/history",
    tags=["campaigns"],
    opt=decided(auth="official", limit="lookup", proof=WITH_PASSKEY, raises=(Forbidden, NotFound),
                example={"items": [STEP], "next_cursor": None}),
)  # fmt: skip
async def list_campaign_history(
    conn: Conn, me: Me, now: Now, pages: Pages, campaign_id: FromPath[UUID], cursor: Cursor = None, limit: Limit = 20
) -> StepPage:
    """What happened to it, who did it and when, the newest first"""
    return await domain.history(conn, pages, me, campaign_id, cursor, limit, now)


@get(
    "/v1/campaigns/{campaign_id:uuid}/recipients",
    tags=["campaigns"],
    opt=decided(auth="official", limit="lookup", proof=WITH_PASSKEY, raises=(Forbidden, NotFound),
                example={"items": [RECIPIENT], "next_cursor": None}),
)  # fmt: skip
async def list_campaign_recipients(
    conn: Conn, me: Me, now: Now, pages: Pages, campaign_id: FromPath[UUID], status: WithStatus = None,
    cursor: Cursor = None, limit: Limit = 20,
) -> RecipientPage:  # fmt: skip
    """Who was told when, and how far their notice came; accounts, no names"""
    return await domain.recipients(conn, pages, me, campaign_id, status, cursor, limit, now)


HANDLERS = [
    list_campaigns, get_campaign, create_campaign, update_campaign, preview_campaign, propose_campaign,
    withdraw_campaign, decide_campaign, pause_campaign, resume_campaign, stop_campaign, list_campaign_history,
    list_campaign_recipients,
]  # fmt: skip
