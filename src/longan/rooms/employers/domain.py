"""Rules of the room: who registers an employer and changes it, who decides on it, and what each reader sees."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from longan.floor.access import memberships, officials
from longan.floor.access.tokens import Principal
from longan.floor.accounts.citizen_card import masked
from longan.floor.base import public_text
from longan.floor.base.errors import (
    FieldError,
    Forbidden,
    IllegalTransition,
    InvalidRequest,
    NotFound,
    Stale,
    WardUnknown,
)
from longan.floor.database import queue
from longan.floor.database.page import Cursors
from longan.floor.postings import registrations
from longan.floor.postings.tax_codes import canonical, is_personal
from longan.floor.setup.crypto import Sealed
from longan.rooms.employers import store
from longan.rooms.employers.models import (
    DecisionIn,
    Employer,
    EmployerChange,
    EmployerDecisionPage,
    EmployerExists,
    EmployerIn,
    EmployerReviewPage,
    NameDecisionIn,
    OwnEmployer,
    Standing,
)


async def register(
    tx: asyncpg.Connection, numbers: Sealed, owner: UUID, employer: EmployerIn, now: datetime
) -> Employer:
    """Who was rejected corrects what there is, where the official who decides again sees what was decided before.

    Raises `InvalidRequest` for a tax code that cannot be, `WardUnknown`, `EmployerExists`.
    """
    code, made = canonical(employer.tax_code), await store.new_id(tx)
    personal, index = is_personal(code), numbers.index(code)
    if await store.has_one(tx, owner, index):
        raise EmployerExists
    if not await store.insert(
        tx, made, index=index, tax_code=None if personal else code,
        cipher=numbers.seal(code, made) if personal else None, name=employer.name, ward_code=employer.ward_code,
        now=now,
    ):  # fmt: skip
        raise WardUnknown
    await memberships.add(tx, made, owner, "owner", now)
    await registrations.ask(tx, made, now)
    # The answer is kept under its Idempotency-Key, so it is masked even for the owner.
    return await shown(tx, numbers, made, None, now)


async def update(
    tx: asyncpg.Connection, numbers: Sealed, me: Principal, employer: UUID, change: EmployerChange,
    versions: list[int] | None, now: datetime,
) -> Employer:  # fmt: skip
    """For owners. An employer that was checked under its name goes on under it until an official agrees to another one:
    nobody lends a verified mark to a name that nobody has seen. Whatever is changed of a rejected one asks again.

    Raises `NotFound` for a stranger, `Forbidden` for a recruiter, `Stale`, `WardUnknown`, `EmployerExists` when
    somebody else has the tax code of a rejected one by now, `InvalidRequest` for a description that leads elsewhere.
    """
    if isinstance(change.description, str):
        if change.clear:
            raise InvalidRequest(FieldError("/clear", "one_of_them"))
        if (fault := public_text.fault(change.description, "")) is not None:
            raise InvalidRequest(FieldError("/description", fault))
    standing = await store.hold(tx, employer, me.account_id)
    if standing is None or standing.role is None:
        raise NotFound
    if standing.role != "owner":
        raise Forbidden
    if versions is not None and standing.version not in versions:
        raise Stale
    if isinstance(change.ward_code, str) and not await store.relocate(tx, employer, change.ward_code, now):
        raise WardUnknown
    after = changed(standing, change, now)
    await store.save(tx, after, now)
    if after.asked_at != standing.asked_at:
        await registrations.ask(tx, employer, now)
    if after.name != standing.name:
        await queue.add(tx, "employer_renamed", employer_id=employer)
    elif standing.status == "verified":
        await queue.add(tx, "jobs_changed")
    return await shown(tx, numbers, employer, me, now)


def changed(standing: Standing, change: EmployerChange, now: datetime) -> Standing:
    """How an employer stands after its owner's change; `asked_at` moves when an official is asked anew."""
    after = standing
    if change.description is not UNSET:
        after = replace(after, description=change.description)
    elif change.clear:
        after = replace(after, description=None)
    if standing.status == "rejected":
        after = replace(after, status="unverified", asked_at=now)
    if isinstance(change.name, str):
        if after.status == "unverified":
            after = replace(after, name=change.name)
        elif change.name == standing.name:
            after = replace(after, wanted_name=None)
        elif change.name != standing.wanted_name:
            after = replace(after, wanted_name=change.name, asked_at=now)
    return after


async def decide(
    tx: asyncpg.Connection, numbers: Sealed, official: Principal, employer: UUID, decision: DecisionIn, now: datetime
) -> Employer:
    """A decision that stands already is answered as it is, so that a retry is safe. What a rejected employer had open
    is suspended; what was suspended comes back as drafts when it is verified again.

    Raises what `_held` raises, `Stale`, `EmployerExists`, `IllegalTransition`: a reinstatement ends a suspension.
    """
    standing = await _held(tx, official, employer, now)
    if standing.status != decision.decision:
        if standing.version != (decision.version or standing.seen_version):
            raise Stale
        if standing.status == "suspended" and decision.decision == "verified":
            raise IllegalTransition("suspended", "verified")
        verified = decision.decision == "verified"
        await _say(
            tx, official, now, decision.decision, decision.reason,
            replace(
                standing, status=decision.decision, verified_at=now if verified else None,
                wanted_name=standing.wanted_name if verified else None,
            ),
        )  # fmt: skip
    return await shown(tx, numbers, employer, None, now)


async def decide_name(
    tx: asyncpg.Connection, numbers: Sealed, official: Principal, employer: UUID, decision: NameDecisionIn,
    now: datetime,
) -> Employer:  # fmt: skip
    """Raises what `_held` raises, `Stale` when it is not that name which the employer wants, or no more."""
    standing = await _held(tx, official, employer, now)
    accepted = decision.decision == "accepted"
    done = standing.wanted_name is None and accepted and standing.name == decision.wanted_name
    if not done:
        if standing.wanted_name != decision.wanted_name:
            raise Stale
        after = replace(standing, wanted_name=None, name=decision.wanted_name if accepted else standing.name)
        await _say(tx, official, now, f"name_{decision.decision}", decision.reason, after)
        if accepted:
            await queue.add(tx, "employer_renamed", employer_id=employer)
    return await shown(tx, numbers, employer, None, now)


async def queue_of(
    conn: asyncpg.Connection, cursors: Cursors, official: Principal, cursor: str | None, limit: int, now: datetime
) -> EmployerReviewPage:
    """Raises `Forbidden`."""
    await officials.demand(conn, official, "labour", now)
    return await store.reviews(conn, cursors, official.account_id, cursor, limit, now)


async def decisions(
    conn: asyncpg.Connection, cursors: Cursors, viewer: Principal, employer: UUID, cursor: str | None, limit: int,
    now: datetime,
) -> EmployerDecisionPage:  # fmt: skip
    """Raises `NotFound` for whoever is no member and decides on nothing there."""
    row = await store.one(conn, employer, viewer.account_id, now)
    if row is None or not (row["is_member"] or await _decides(conn, viewer, row, now)):
        raise NotFound
    return await store.decisions(conn, cursors, employer, cursor, limit)


async def shown(
    conn: asyncpg.Connection, numbers: Sealed, employer: UUID, viewer: Principal | None, now: datetime
) -> Employer:
    """An employer as `viewer` may see it, None as anybody may. Raises `NotFound`.

    Everybody sees also one that is not verified, or suspended, and that it is: who holds a link to it is warned, where
    nothing would tell them nothing. What it says of itself is shown once an official has looked at it.
    """
    row = await store.one(conn, employer, viewer.account_id if viewer else None, now)
    if row is None:
        raise NotFound
    code = row["tax_code"] or numbers.open(row["tax_code_cipher"], row["id"])
    seen: dict[str, object] = dict(row)
    if not row["is_member"]:
        decides = await _decides(conn, viewer, row, now)
        if is_personal(code) and not decides:
            code = masked(code)
        if not decides:
            seen["wanted_name"] = None
            seen["description"] = row["description"] if row["verified"] else None
    return msgspec.convert({**seen, "tax_code": code}, Employer)


async def turn(
    tx: asyncpg.Connection, numbers: Sealed, official: Principal, employer: UUID,
    to: Literal["suspended", "verified"], reason: str, now: datetime,
) -> Employer:  # fmt: skip
    """Between verified and suspended; one that is there already stays, so that a retry is safe.

    Of one that is suspended the worker suspends the postings, and tells who applied; it publishes nothing from this
    moment on. Of one that is reinstated they are drafts: `employer_postings.give_back` says why.

    Raises what `_held` raises, `IllegalTransition` for one that is neither.
    """
    standing = await _held(tx, official, employer, now)
    if standing.status not in ("verified", "suspended"):
        raise IllegalTransition(standing.status, to)
    if standing.status != to:
        said = "suspended" if to == "suspended" else "reinstated"
        await _say(tx, official, now, said, reason, replace(standing, status=to))
    return await shown(tx, numbers, employer, None, now)


async def _held(tx: asyncpg.Connection, official: Principal, employer: UUID, now: datetime) -> Standing:
    """Raises `Forbidden` for who is not appointed for labour, or not in the employer's ward; `NotFound`; `OwnEmployer`
    for who is a member, by this account or another."""
    await officials.demand(tx, official, "labour", now)
    standing = await store.hold(tx, employer, official.account_id)
    if standing is None:
        raise NotFound
    if not await officials.may(tx, official, "labour", standing.ward_version, standing.ward_code, now):
        raise Forbidden
    if standing.belongs:
        raise OwnEmployer
    return standing


async def _say(
    tx: asyncpg.Connection, official: Principal, now: datetime, decision: str, reason: str, after: Standing
) -> None:
    """Let the employer stand like this, on record, have its members told and its postings follow."""
    await store.save(tx, replace(after, seen_version=after.version + 1), now)
    made = await store.decided(tx, after.id, decision, reason, official.account_id, official.agency_code, now)
    await queue.add(tx, "employer_decided", employer_id=after.id, decision_id=made)
    await queue.add(tx, "jobs_changed")
    if decision in ("suspended", "rejected"):
        await queue.add(tx, "employer_withheld", employer_id=after.id)
    elif decision in ("verified", "reinstated"):
        await queue.add(tx, "employer_given_back", employer_id=after.id, official_id=official.account_id)


async def _decides(conn: asyncpg.Connection, viewer: Principal | None, row: asyncpg.Record, now: datetime) -> bool:
    """Whether the viewer is appointed to decide on an employer: for labour, in its ward."""
    if viewer is None:
        return False
    return await officials.may(conn, viewer, "labour", row["ward_version"], row["ward_code"], now)
