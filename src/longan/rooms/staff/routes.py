"""HTTP of the room."""

from typing import Annotated
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, FromQuery, JSONBody, PathParameter

from longan.floor.base.errors import Forbidden, NotFound, WardUnknown
from longan.floor.database.page import Cursor, Limit
from longan.floor.requests.deps import Conn, Me, Now, OpensPhones, Pages, ToEnter, Tx
from longan.floor.requests.policy import Proof, decided
from longan.rooms.staff import domain, store
from longan.rooms.staff.models import (
    Decided,
    GrantIn,
    GrantPage,
    LastAdministrator,
    Proposal,
    ProposalDecided,
    ProposalDecision,
    ProposalOpen,
    ProposalPage,
    ReasonIn,
    RoleHeld,
    StaffRole,
    TwoPersonRule,
)

# An administrator shows their passkey again for every act (SECURITY S4).
FRESH = Proof(acr=3)

Role = Annotated[StaffRole, PathParameter(description="`official` or `administrator`")]
PROPOSAL = {
    "id": "0192f0c1-9d10-7a55-8c31-6f0e1b2a3c4d", "kind": "grant", "account_id": "0192f0c1-7a44-7d15-8f3e-5b0d2c9e6f18",
    "phone": "090•••567", "full_name": "Nguyễn Thị Bông Súng", "role": "official", "agency_code": "H51.01",
    "function": "labour", "ward_version": "2025-07-01", "ward_codes": ["27694"], "ends_at": None,
    "reason": "Quyết định phân công số 12/QĐ-SNV", "proposed_by": "0192f0c1-5a10-7b02-9a61-0b5c2d8e7f31",
    "proposed_at": "2026-11-22T02:00:00Z", "expires_at": "2026-11-29T02:00:00Z", "decision": None,
    "decision_reason": None, "decided_by": None, "decided_at": None,
}  # fmt: skip
ROLELESS = {"role": None, "agency_code": None, "function": None, "ward_version": None, "ward_codes": None}
APPROVED = {
    **PROPOSAL, "decision": "approved", "decided_by": "0192f0c1-5a10-7b02-9a61-0b5c2d8e7f32",
    "decided_at": "2026-11-22T03:00:00Z",
}  # fmt: skip
GRANT_IN = {
    "phone": "0901234567", "role": "official", "agency_code": "H51.01", "function": "labour", "ward_codes": ["27694"],
    "reason": "Quyết định phân công số 12/QĐ-SNV",
}  # fmt: skip


@get("/v1/staff/grants", tags=["staff"], opt=decided(auth="official", limit="lookup", raises=(Forbidden,)))
async def list_staff(conn: Conn, me: Me, now: Now, pages: Pages, cursor: Cursor = None, limit: Limit = 20) -> GrantPage:
    """Who works here, at what, where and until when"""
    domain.administrator(me)
    return await store.grants(conn, pages, now, cursor, limit)


@get("/v1/staff/proposals", tags=["staff"], opt=decided(auth="official", limit="lookup", raises=(Forbidden,)))
async def list_staff_proposals(
    conn: Conn, phones: OpensPhones, me: Me, now: Now, pages: Pages, waiting: FromQuery[bool] = True,
    cursor: Cursor = None, limit: Limit = 20,
) -> ProposalPage:  # fmt: skip
    """What administrators have proposed: only what waits for a decision, or everything"""
    return await domain.proposals(conn, pages, phones, me, now, waiting=waiting, cursor=cursor, limit=limit)


@post(
    "/v1/staff/grant-proposals",
    tags=["staff"],
    opt=decided(
        auth="official", limit="write", idempotent=True, proof=FRESH, request_example=GRANT_IN, example=PROPOSAL,
        raises=(Forbidden, TwoPersonRule, ProposalOpen, WardUnknown),
    ),
)  # fmt: skip
async def propose_grant(tx: Tx, phones: OpensPhones, me: Me, now: Now, data: JSONBody[GrantIn]) -> Proposal:
    """Propose somebody as an official or an administrator; another administrator decides"""
    return await domain.propose_grant(tx, phones, me, data, now)


@post(
    "/v1/staff/accounts/{account_id:uuid}/roles/{role:str}/end-proposals",
    tags=["staff"],
    opt=decided(
        auth="official", limit="write", idempotent=True, proof=FRESH,
        raises=(Forbidden, NotFound, TwoPersonRule, ProposalOpen),
        request_example={"reason": "Chuyển công tác"},
        example={**PROPOSAL, "kind": "end", **ROLELESS, "role": "official", "reason": "Chuyển công tác"},
    ),
)  # fmt: skip
async def propose_end_of_role(
    tx: Tx, phones: OpensPhones, me: Me, now: Now, account_id: FromPath[UUID], role: Role, data: JSONBody[ReasonIn]
) -> Proposal:
    """Propose that somebody's role ends; another administrator decides

    What cannot wait: `end_sessions_of_account` takes one administrator.
    """
    return await domain.propose_end(tx, phones, me, account_id, role, data.reason, now)


@post(
    "/v1/staff/accounts/{account_id:uuid}/enrolment-proposals",
    tags=["staff"],
    opt=decided(
        auth="official", limit="write", idempotent=True, proof=FRESH,
        raises=(Forbidden, NotFound, TwoPersonRule, ProposalOpen),
        request_example={"reason": "Mất điện thoại"},
        example={**PROPOSAL, "kind": "enrol", **ROLELESS, "reason": "Mất điện thoại"},
    ),
)  # fmt: skip
async def propose_enrolment(
    tx: Tx, phones: OpensPhones, me: Me, now: Now, account_id: FromPath[UUID], data: JSONBody[ReasonIn]
) -> Proposal:
    """Propose a ticket for a new passkey, for somebody of the staff who has lost theirs"""
    return await domain.propose_about(tx, phones, me, "enrol", account_id, data.reason, now)


@post(
    "/v1/staff/accounts/{account_id:uuid}/closing-proposals",
    tags=["staff"],
    opt=decided(
        auth="official", limit="write", idempotent=True, proof=FRESH,
        raises=(Forbidden, NotFound, TwoPersonRule, ProposalOpen), request_example={"reason": "Nghi bị lộ khoá"},
        example={**PROPOSAL, "kind": "close", **ROLELESS, "reason": "Nghi bị lộ khoá"},
    ),
)  # fmt: skip
async def propose_closing(
    tx: Tx, phones: OpensPhones, me: Me, now: Now, account_id: FromPath[UUID], data: JSONBody[ReasonIn]
) -> Proposal:
    """Propose that the account of somebody of the staff is closed; another administrator decides

    What cannot wait: `end_sessions_of_account` takes one administrator. So does `close_account`, of a citizen.
    """
    return await domain.propose_about(tx, phones, me, "close", account_id, data.reason, now)


@post(
    "/v1/staff/accounts/{account_id:uuid}/reopening-proposals",
    tags=["staff"],
    opt=decided(
        auth="official", limit="write", idempotent=True, proof=FRESH,
        raises=(Forbidden, NotFound, TwoPersonRule, ProposalOpen), request_example={"reason": "Đã có khoá mới"},
        example={**PROPOSAL, "kind": "reopen", **ROLELESS, "reason": "Đã có khoá mới"},
    ),
)  # fmt: skip
async def propose_reopening(
    tx: Tx, phones: OpensPhones, me: Me, now: Now, account_id: FromPath[UUID], data: JSONBody[ReasonIn]
) -> Proposal:
    """Propose that somebody of the staff is let into their closed account again; another administrator decides"""
    return await domain.propose_about(tx, phones, me, "reopen", account_id, data.reason, now)


@post(
    "/v1/staff/proposals/{proposal_id:uuid}/decision",
    tags=["staff"],
    status_code=200,
    opt=decided(
        auth="official", limit="write", proof=FRESH,
        raises=(Forbidden, NotFound, TwoPersonRule, ProposalDecided, RoleHeld, LastAdministrator),
        request_example={"decision": "approved"},
        example={"proposal": APPROVED, "enrolment_ticket": "vkGkq1ufw3nYI4C8eB2Q1g8y0Vqk0b7m0Yf3n1Zc5aE"},
    ),
)  # fmt: skip
async def decide_staff_proposal(
    tx: Tx, entrance: ToEnter, phones: OpensPhones, me: Me, now: Now, proposal_id: FromPath[UUID],
    data: JSONBody[ProposalDecision],
) -> Decided:  # fmt: skip
    """Approve or refuse what another administrator has proposed

    Whoever proposed it, and whoever it is about, cannot; nor can the same session or device. It stands as long as who
    proposed it is an administrator. The ticket that comes with a new role or a lost passkey is shown this once.
    """
    return await domain.decide(tx, entrance, phones, me, proposal_id, data, now)


@post(
    "/v1/staff/accounts/{account_id:uuid}/end-sessions",
    tags=["staff"],
    status_code=204,
    opt=decided(auth="official", limit="write", proof=FRESH, raises=(Forbidden, NotFound)),
)
async def end_sessions_of_account(tx: Tx, entrance: ToEnter, me: Me, now: Now, account_id: FromPath[UUID]) -> None:
    """Sign an account out everywhere; of somebody of the staff every administrator is told"""
    await domain.end_sessions(tx, entrance, me, account_id, now)


@post(
    "/v1/staff/accounts/{account_id:uuid}/close",
    tags=["staff"],
    status_code=204,
    opt=decided(auth="official", limit="write", proof=FRESH, raises=(Forbidden, NotFound, TwoPersonRule)),
)
async def close_account(tx: Tx, entrance: ToEnter, me: Me, now: Now, account_id: FromPath[UUID]) -> None:
    """Sign a citizen's account out everywhere, and let nobody in; for the staff's see `propose_closing`"""
    await domain.set_closed(tx, entrance, me, account_id, now, closed=True)


@post(
    "/v1/staff/accounts/{account_id:uuid}/reopen",
    tags=["staff"],
    status_code=204,
    opt=decided(auth="official", limit="write", proof=FRESH, raises=(Forbidden, NotFound, TwoPersonRule)),
)
async def reopen_account(tx: Tx, entrance: ToEnter, me: Me, now: Now, account_id: FromPath[UUID]) -> None:
    """Let a citizen into their closed account again; for the staff's see `propose_reopening`"""
    await domain.set_closed(tx, entrance, me, account_id, now, closed=False)


HANDLERS = [
    list_staff, list_staff_proposals, propose_grant, propose_end_of_role, propose_enrolment, propose_closing,
    propose_reopening, decide_staff_proposal, end_sessions_of_account, close_account, reopen_account,
]  # fmt: skip
