"""Rules of the room: which cases an official may decide on, and what is kept of it.

An official reaches the cases of the wards they were appointed for, never their own, and citizens' only once it is
confirmed who they are themself.
"""

import logging
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from longan.floor.access import officials
from longan.floor.access.tokens import Principal
from longan.floor.accounts import identity_cases
from longan.floor.base.errors import FieldError, IllegalTransition, InvalidRequest, NotFound, Problem, RateLimited
from longan.floor.database.page import Cursors
from longan.floor.setup.crypto import PersonKeys
from longan.rooms.reviews import store
from longan.rooms.reviews.models import (
    CaseClaimed,
    IdentityDecisionIn,
    IdentityReview,
    IdentityReviewPage,
    OwnCase,
    OwnIdentityFirst,
    Purpose,
    ReviewedPerson,
    Standing,
)

log = logging.getLogger("longan.reviews")

# SECURITY section 3: what an official may see of citizens in a day.
LOOKS_A_DAY = 300
DAY = timedelta(days=1)
# After so long without a decision somebody else may claim a case.
LEFT_AFTER = timedelta(hours=4)
# What a decision may be given as its reason.
CONFIRMING = frozenset({"data_matches"})


async def queue_of(
    conn: asyncpg.Connection, cursors: Cursors, official: Principal, cursor: str | None, limit: int, now: datetime
) -> IdentityReviewPage:
    """Raises `Forbidden`."""
    await officials.demand(conn, official, "identity", now)
    return await store.reviews(conn, cursors, official.account_id, cursor, limit, now)


async def claim(tx: asyncpg.Connection, official: Principal, case: UUID, now: datetime) -> IdentityReview:
    """Take a case to decide on; again is safe. Raises what `_standing` raises, `CaseClaimed`, `IllegalTransition`."""
    standing = await _standing(tx, official, case, now)
    if not await identity_cases.claim(tx, case, official.account_id, now, now - LEFT_AFTER):
        raise _refusal(standing, "in_review")
    if (review := await store.review(tx, case, official.account_id)) is None:
        raise NotFound
    return review


async def look(
    tx: asyncpg.Connection, keys: PersonKeys, official: Principal, case: UUID, purpose: Purpose, now: datetime
) -> ReviewedPerson:
    """What the person submitted, for who has claimed the case; that they looked, when and why is written down with it.

    Raises what `_standing` raises, `CaseClaimed`, `IllegalTransition`, `RateLimited` after LOOKS_A_DAY.
    """
    standing = await _standing(tx, official, case, now)
    if await store.looked(tx, official.account_id, now - DAY) >= LOOKS_A_DAY:
        log.error("an official has looked at %s people in a day: account %s", LOOKS_A_DAY, official.account_id)
        raise RateLimited(headers={"Retry-After": str(int(DAY.total_seconds()))})
    kept = await store.look(tx, case, official.account_id, official.agency_code, purpose, now)
    if kept is None:
        raise _refusal(standing, "in_review")
    if (who := identity_cases.opened(keys, kept)) is None:
        raise NotFound
    return ReviewedPerson(
        case, who.number, who.full_name, who.birth_date, who.sex, who.address, kept.source, kept.provider_said,
        kept.number_taken, kept.version,
    )  # fmt: skip


async def decide(
    tx: asyncpg.Connection, official: Principal, case: UUID, decision: IdentityDecisionIn, now: datetime
) -> None:
    """Decide on a case that one has claimed, and tell the person. The same decision again is safe.

    Raises what `_standing` raises, `CaseClaimed`, `IllegalTransition`, `NumberTaken`, `AnotherPerson`, and
    `InvalidRequest` for a reason that belongs to the other decision.
    """
    standing = await _standing(tx, official, case, now)
    if (decision.reason_code in CONFIRMING) != (decision.decision == "confirmed"):
        raise InvalidRequest(FieldError("/reason_code", "not_one_of"))
    if decision.decision == "confirmed":
        decided = await identity_cases.confirm(
            tx, case, "official", now, official=official.account_id, agency_code=official.agency_code,
            reason_code=decision.reason_code, reason=decision.reason,
        )  # fmt: skip
    else:
        decided = await identity_cases.refuse(
            tx, case, official.account_id, official.agency_code, now, decision.reason_code, decision.reason
        )
    if not decided and not (standing.decided_by_me and standing.state == decision.decision):
        raise _refusal(standing, decision.decision)


async def _standing(tx: asyncpg.Connection, official: Principal, case: UUID, now: datetime) -> Standing:
    """Where the case stands until this transaction ends.

    Raises `Forbidden` for who was not appointed for identities (administrators grant roles and decide on nobody),
    `NotFound` also beyond the wards of the role, `OwnCase`, `OwnIdentityFirst`.
    """
    await officials.demand(tx, official, "identity", now)
    if (standing := await store.standing(tx, case, official.account_id, now)) is None:
        raise NotFound
    if standing.own:
        raise OwnCase
    if standing.stranger:
        raise OwnIdentityFirst
    return standing


def _refusal(standing: Standing, to: str) -> Problem:
    """Why an official cannot bring a case to a state."""
    if standing.state == "in_review" and not standing.mine:
        return CaseClaimed()
    return IllegalTransition(standing.state, to)
