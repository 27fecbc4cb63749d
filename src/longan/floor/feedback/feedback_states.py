"""The states of a report to 1022, and the one way from one to the next: with each step its story, its terms and the
promise to tell whoever waits for it."""

import secrets
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal, TypeAlias, get_args
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.base.errors import FieldError, IllegalTransition, InvalidRequest, NotFound, Stale
from longan.floor.database import queue
from longan.floor.database.db import many, maybe
from longan.floor.feedback import feedback_clock, feedback_terms
from longan.floor.feedback.feedback_clock import Due, Moment
from longan.floor.pay_and_days import working_days
from longan.floor.pay_and_days.wages import day_of

Connection: TypeAlias = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy

Status = Literal[
    "moi_gui", "yeu_cau_bo_sung", "da_tiep_nhan", "da_chuyen", "dang_xu_ly", "da_tra_loi", "mo_lai", "da_dong",
    "tu_choi",
]  # fmt: skip
Side = Literal["citizen", "official", "system"]
Visibility = Literal["waiting", "public", "hidden"]
Origin = Literal["app", "open311"]

STATUSES: tuple[Status, ...] = get_args(Status)
FIRST: Status = "moi_gui"
ENDED: frozenset[Status] = frozenset({"da_dong", "tu_choi"})

# Compiled from several provinces: there is no national list. A citizen answers what they are asked (which sends the
# report once more), takes it back before it is accepted, and calls an answer in question. By itself a report goes on
# where another system handles it, and is closed when nobody has called its answer in question.
STEPS: Mapping[Side, Mapping[Status, frozenset[Status]]] = {
    "official": {
        "moi_gui": frozenset({"da_tiep_nhan", "tu_choi", "yeu_cau_bo_sung"}),
        "yeu_cau_bo_sung": frozenset({"da_tiep_nhan", "tu_choi"}),
        "da_tiep_nhan": frozenset({"da_chuyen"}),
        "da_chuyen": frozenset({"dang_xu_ly", "da_chuyen"}),
        "dang_xu_ly": frozenset({"da_tra_loi", "da_chuyen"}),
        "da_tra_loi": frozenset({"da_dong"}),
        "mo_lai": frozenset({"dang_xu_ly"}),
    },
    "citizen": {
        "moi_gui": frozenset({"da_dong"}),
        "yeu_cau_bo_sung": frozenset({"moi_gui", "da_dong"}),
        "da_tra_loi": frozenset({"mo_lai"}),
    },
    "system": {
        "da_tiep_nhan": frozenset({"da_chuyen"}),
        "da_chuyen": frozenset({"dang_xu_ly"}),
        "dang_xu_ly": frozenset({"da_tra_loi"}),
        "mo_lai": frozenset({"dang_xu_ly"}),
        "da_tra_loi": frozenset({"da_dong"}),
    },
}
# What an official does not do without a word to the citizen.
NEEDS_WORDS: frozenset[Status] = frozenset({"yeu_cau_bo_sung", "da_tra_loi", "tu_choi"})

# No 0, 1, I, L, O, U: it is read out over the telephone.
LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
TRIES = 5


class New(msgspec.Struct, frozen=True, kw_only=True):
    """A report as it is sent. `sent_digest` (SHA-256 of what was sent) goes with `client_id`; `account_id` is null for
    one of Open311 only."""

    account_id: UUID | None
    category_code: str
    description: str
    province_code: str
    client_id: UUID | None = None
    sent_digest: bytes | None = None
    attributes: Mapping[str, Any] | None = None
    address: str | None = None
    lat: float | None = None
    lon: float | None = None
    ward_version: date | None = None
    ward_code: str | None = None
    is_urgent: bool = False
    origin: Origin = "app"


class Lodged(msgspec.Struct, frozen=True):
    """`again`: the draft was sent before, and this is what came of it; `sent_digest` is of what was sent then."""

    id: UUID
    code: str
    status: Status
    due_at: datetime | None
    sent_digest: bytes | None
    again: bool = False


class Standing(msgspec.Struct, frozen=True):
    """Where a report stands, held until the transaction ends."""

    id: UUID
    status: Status
    version: int
    category_code: str
    province_code: str
    is_urgent: bool
    created_at: datetime


class Moved(msgspec.Struct, frozen=True):
    """A report after a step, and the step on record."""

    id: UUID
    code: str
    move_id: UUID
    from_status: Status
    status: Status
    version: int
    accept_due_at: datetime
    due_at: datetime | None


def new_code() -> str:
    """One in 30^8, for people to say: PA-7K3M-92QX."""
    drawn = "".join(secrets.choice(LETTERS) for _ in range(8))
    return f"PA-{drawn[:4]}-{drawn[4:]}"


def may_step(side: Side, current: Status, to: Status) -> bool:
    """Whether the side can bring a report from `current` to `to`."""
    return to in STEPS[side].get(current, frozenset())


# Of two that send the same draft the second waits here, and makes nothing; so does a code that is taken.
LODGE = """-- feedback_states.lodge
insert into feedback.reports
    (code, account_id, client_id, sent_digest, category_code, attributes, description, address, lat, lon, ward_version,
     ward_code, province_code, is_urgent, origin, accept_due_at, due_at, created_at, updated_at)
values ($1, $2, $3, $4, $5, $6::text::jsonb, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $18)
    on conflict do nothing
returning id, code, status, due_at, sent_digest"""

DRAFT = """-- feedback_states.draft
select r.id, r.code, r.status, r.due_at, r.sent_digest, true as again
  from feedback.reports r
 where r.account_id = $1 and r.client_id = $2"""

BEGIN = """-- feedback_states.begin
insert into feedback.moves (report_id, to_status, side, account_id, created_at) values ($1, $2, $3, $4, $5)
returning id"""


async def sent_before(conn: Connection, account: UUID, client_id: UUID) -> Lodged | None:
    """What came of a draft that was sent before."""
    return maybe(await conn.fetchrow(DRAFT, account, client_id), Lodged)


async def lodge(tx: Connection, new: New, now: datetime) -> Lodged:
    """Take a report in, its terms reckoned and its story begun; a draft that was sent before makes none. The category
    must be one of the day that is handled here."""
    due = await _terms(tx, new.category_code, new.province_code, now, [], is_urgent=new.is_urgent)
    attributes = None if new.attributes is None else msgspec.json.encode(new.attributes).decode()
    for _ in range(TRIES):
        row = await tx.fetchrow(
            LODGE, new_code(), new.account_id, new.client_id, new.sent_digest, new.category_code, attributes,
            new.description, new.address, new.lat, new.lon, new.ward_version, new.ward_code, new.province_code,
            new.is_urgent, new.origin, due.accept_due_at, due.due_at, now,
        )  # fmt: skip
        if row is not None:
            made = msgspec.convert(row, Lodged)
            side: Side = "system" if new.account_id is None else "citizen"
            await tx.execute(BEGIN, made.id, FIRST, side, new.account_id, now)
            return made
        if new.account_id is not None and new.client_id is not None:
            before = await sent_before(tx, new.account_id, new.client_id)
            if before is not None:
                return before
    raise RuntimeError("no code is free")


HOLD = """-- feedback_states.hold
select r.id, r.status, r.version, r.category_code, r.province_code, r.is_urgent, r.created_at
  from feedback.reports r
 where r.id = $1 and ($2::uuid is null or r.account_id = $2)
   for no key update"""

NOTE = """-- feedback_states.note
insert into feedback.moves (report_id, from_status, to_status, side, account_id, words, note, unit_id, created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
returning id"""

MOMENTS = """-- feedback_states.moments
select m.created_at as at, m.to_status as status, m.side = 'citizen' as by_citizen
  from feedback.moves m
 where m.report_id = $1
 order by m.created_at, m.id"""

# Whoever takes a report back leaves nothing of it to be seen.
MOVE = """-- feedback_states.move
update feedback.reports r
   set status = $2, version = r.version + 1, updated_at = $4, accept_due_at = $5, due_at = $6,
       unit_id = coalesce($7, r.unit_id),
       accepted_at = case when $2 = 'da_tiep_nhan' then coalesce(r.accepted_at, $4) else r.accepted_at end,
       answered_at = case when $2 = 'da_tra_loi' then $4 else r.answered_at end,
       closed_at = case when $2 in ('da_dong', 'tu_choi') then $4 end,
       withdrawn_at = case when $3 = 'citizen' and $2 = 'da_dong' then $4 end,
       visibility = case when $3 = 'citizen' and $2 = 'da_dong' then 'hidden' else r.visibility end,
       reopened = r.reopened + ($2 = 'mo_lai')::integer
 where r.id = $1
returning r.id, r.code, $8::uuid as move_id, $9::text as from_status, r.status, r.version, r.accept_due_at, r.due_at"""


async def hold(tx: Connection, report: UUID, account: UUID | None = None) -> Standing:
    """Where a report stands, which nobody else moves until the transaction ends; with `account`, one of that account's.
    Raises `NotFound`."""
    found = maybe(await tx.fetchrow(HOLD, report, account), Standing)
    if found is None:
        raise NotFound
    return found


async def move(
    tx: Connection, report_id: UUID, to: Status, side: Side, by: UUID | None, words: str | None, now: datetime,
    *, note: str | None = None, unit: UUID | None = None, expected_version: int | None = None,
) -> Moved:  # fmt: skip
    """Take a step. A citizen moves only what they have sent themselves. `words` are what the citizen reads or writes,
    `note` is for officials, `unit` handles it from now on.

    Raises `NotFound`, `Stale` where the version is another one, `IllegalTransition`, `InvalidRequest` for an official
    who says nothing where something must be said.
    """
    standing = await hold(tx, report_id, by if side == "citizen" else None)
    if side == "citizen" and by is None:
        raise NotFound
    if expected_version is not None and standing.version != expected_version:
        raise Stale
    if not may_step(side, standing.status, to):
        raise IllegalTransition(standing.status, to)
    if side == "official" and to in NEEDS_WORDS and not words:
        raise InvalidRequest(FieldError("/words", "required"))
    move_id = await tx.fetchval(NOTE, report_id, standing.status, to, side, by, words, note, unit, now)
    due = await _due(tx, standing)
    row = await tx.fetchrow(
        MOVE, report_id, to, side, now, due.accept_due_at, due.due_at, unit, move_id, standing.status
    )
    await queue.add(tx, "feedback_moved", move_id=move_id)
    return msgspec.convert(row, Moved)


async def redraw(tx: Connection) -> None:
    """Another report is shown than before, or one no more: the kept tiles of the map are made anew."""
    await queue.add(tx, "feedback_map_changed")


RECKON = """-- feedback_states.reckon
update feedback.reports r
   set accept_due_at = $2, due_at = $3, version = r.version + 1, updated_at = $4
 where r.id = $1"""


async def reckon_anew(tx: Connection, report_id: UUID, now: datetime) -> Due:
    """The terms of a report whose category or urgency was changed in this transaction. Raises `NotFound`."""
    standing = await hold(tx, report_id)
    due = await _due(tx, standing)
    await tx.execute(RECKON, report_id, due.accept_due_at, due.due_at, now)
    return due


async def _due(tx: Connection, standing: Standing) -> Due:
    moments = many(await tx.fetch(MOMENTS, standing.id), Moment)
    return await _terms(
        tx, standing.category_code, standing.province_code, standing.created_at, moments, is_urgent=standing.is_urgent
    )


async def _terms(
    tx: Connection, category: str, province: str, sent: datetime, moments: list[Moment], *, is_urgent: bool
) -> Due:
    """By the terms that held on the day of the sending. Raises `LookupError` for a category that nobody handles."""
    calendar = await working_days.load(tx)
    found = (await feedback_terms.categories(tx, day_of(sent), province)).get(category)
    if found is None or not found.is_handled:
        raise LookupError("no such category is handled on that day")
    if not moments:
        return feedback_clock.terms(calendar, found, sent, is_urgent)
    return feedback_clock.after(calendar, found, moments, is_urgent)
