"""Rules of the room: who may post, what becomes of a post, and who may see who sent it.

GeoReport v2 has no idempotency key: what the same key posts again within REPEATED_WITHIN, alike in every field, is the
same report and gets the same answer. What may be a denunciation, or news of a crime, waits for an official under a
token; everything else is a report at once.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID, uuid4

import asyncpg
import msgspec
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide

from longan.floor.access import officials
from longan.floor.access.tokens import Principal
from longan.floor.base.errors import IllegalTransition, NotFound
from longan.floor.database import db
from longan.floor.database.page import Cursors
from longan.floor.feedback import feedback_states, feedback_terms, open311_partners
from longan.floor.feedback.feedback_states import New
from longan.floor.feedback.georeport_attributes import promise
from longan.floor.feedback.open311_partners import Jurisdiction
from longan.floor.feedback.open311_sent import Contact, Sent, checked, is_suspect
from longan.floor.formats.georeport import CreatedRequest, CreatedToken
from longan.floor.formats.georeport_form import Form
from longan.floor.pay_and_days.wages import day_of
from longan.floor.requests.deps import Ex
from longan.floor.requests.exchange import Exchange
from longan.floor.requests.limits import Strict, Window
from longan.floor.setup.crypto import Sealed
from longan.floor.setup.settings import Settings
from longan.rooms.open311_reports import store
from longan.rooms.open311_reports.models import (
    Kept,
    Open311Contact,
    Open311Decided,
    Open311DecisionIn,
    Open311SubmissionPage,
    SubmissionState,
)

REPEATED_WITHIN = timedelta(minutes=15)


class Counter(msgspec.Struct, frozen=True):
    """What taking in a report needs of its process. `asking` is the request."""

    pool: asyncpg.Pool
    strict: Strict
    phones: Sealed
    settings: Settings
    asking: Exchange


def counter(exchange: Ex, state: State) -> Counter:
    return Counter(state.pool, state.strict, state.phones, state.settings, exchange)


AtCounter = NamedDependency[Counter]
COUNTER = {"counter": Provide(counter, sync_to_thread=False)}


async def submit(at: Counter, now: datetime) -> CreatedRequest | CreatedToken:
    """Take in the report that the request carries.

    Raises `Open311KeyRefused`, `RateLimited` and `Unavailable` of the key's windows, `JurisdictionMissing`,
    `JurisdictionUnknown`, `JurisdictionRefused`, and as `open311_sent.checked`.
    """
    form: Form = at.asking.content
    async with db.Acquired(at.pool, at.asking) as connection:
        key = await open311_partners.partner(connection, form.fields.get("api_key"))
    # No connection is held while Valkey is asked.
    await at.strict.take([
        (f"open311:{key.id}:minute", Window(key.a_minute, 60)), (f"open311:{key.id}:day", Window(key.a_day, 86_400)),
    ])  # fmt: skip
    where = open311_partners.jurisdiction(at.settings, form.fields.get("jurisdiction_id"))
    open311_partners.allow(key, where)
    async with db.Acquired(at.pool, at.asking) as tx, tx.transaction():
        categories = await feedback_terms.categories(tx, day_of(now), where.province_code)
        sent, category = await checked(tx, form, where, categories, now)
        submission = uuid4()
        kept = await store.sent_before(tx, key.id, content_of(form, where), submission, now, now - REPEATED_WITHIN)
        if kept is None:
            who = None if sent.contact is None else msgspec.json.encode(sent.contact).decode()
            contact = None if who is None else at.phones.seal(who, submission)
            screened = await store.is_screened(tx, category.code) or is_suspect(sent.description, categories)
            kept = await _kept(tx, submission, key.id, where, sent, contact, now, screened=screened)
    notice = promise(category, at.asking.locale)
    if kept.token is not None:
        return CreatedToken(kept.token, notice, None)
    return CreatedRequest(kept.code or "", notice, None)


async def _kept(
    tx: asyncpg.Connection, submission: UUID, key: UUID, where: Jurisdiction, sent: Sent, contact: bytes | None,
    now: datetime, *, screened: bool,
) -> Kept:  # fmt: skip
    if screened:
        token = secrets.token_urlsafe(24)
        await store.keep(tx, submission, key, where.id, sent, token, None, contact, now)
        return Kept(submission, "waiting", sent.category_code, token, None)
    made = await feedback_states.lodge(tx, _new(sent), now)
    await store.keep(tx, submission, key, where.id, sent, None, made.id, contact, now)
    return Kept(submission, "filed", sent.category_code, None, made.code)


def _new(sent: Sent) -> New:
    return New(
        account_id=None, category_code=sent.category_code, description=sent.description,
        province_code=sent.province_code, attributes=sent.attributes, address=sent.address, lat=sent.lat, lon=sent.lon,
        ward_version=sent.ward_version, ward_code=sent.ward_code, is_urgent=sent.is_urgent, origin="open311",
    )  # fmt: skip


def content_of(form: Form, where: Jurisdiction) -> bytes:
    """SHA-256 of everything that was posted but the key: alike in every field, it is the same report."""
    fields = sorted((name, value) for name, value in form.fields.items() if name not in ("api_key", "jurisdiction_id"))
    said = sorted((code, sorted(values)) for code, values in form.attributes.items())
    return hashlib.sha256(msgspec.json.encode([where.id, fields, said])).digest()


async def listed(
    conn: asyncpg.Connection, cursors: Cursors, me: Principal, state: SubmissionState | None, report: UUID | None,
    now: datetime, cursor: str | None, limit: int,
) -> Open311SubmissionPage:  # fmt: skip
    """Raises `Forbidden`."""
    await officials.demand(conn, me, "feedback", now)
    asked = {"state": state, "report_id": report}
    values = {name: each for name, each in asked.items() if each is not None}
    return await store.submissions(conn, cursors, {"official": me.account_id, "now": now, **values}, cursor, limit)


async def decide(
    tx: asyncpg.Connection, me: Principal, submission: UUID, decision: Open311DecisionIn, now: datetime
) -> Open311Decided:
    """Raises `Forbidden`, `NotFound`, `IllegalTransition` for what does not wait any more."""
    await officials.demand(tx, me, "feedback", now)
    held = await store.waiting(tx, submission, me.account_id, now)
    if held is None:
        raise NotFound
    state: Literal["filed", "refused"] = "filed" if decision.decision == "file" else "refused"
    if held.content is None:
        raise IllegalTransition(held.state, state)
    made = None
    if state == "filed":
        try:
            made = await feedback_states.lodge(tx, _new(msgspec.json.decode(held.content, type=Sent)), now)
        except LookupError:
            # Its category is handled no more: it can only be refused.
            raise IllegalTransition(held.state, state) from None
    report = made.id if made else None
    await store.decide(tx, submission, state, report, decision.reason, me.account_id, now)
    return Open311Decided(submission, state, report, made.code if made else None)


async def look(
    tx: asyncpg.Connection, phones: Sealed, me: Principal, submission: UUID, purpose: str, now: datetime
) -> Open311Contact:
    """Raises `Forbidden`, `NotFound`."""
    await officials.demand(tx, me, "feedback", now)
    found = await store.look(tx, submission, me.account_id, me.agency_code, purpose, now)
    if found is None:
        raise NotFound
    sealed = found["contact_sealed"]
    who = Contact() if sealed is None else msgspec.json.decode(phones.open(sealed, submission), type=Contact)
    return Open311Contact(who.first_name, who.last_name, who.email, who.phone, found["media_url"])
