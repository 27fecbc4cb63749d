"""A dossier as whoever may see it does: in words, in working days, and with the age of what is said."""

import re
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from longan.floor.base.fields import Count, Day, Timestamp
from longan.floor.dossiers.dossier_clock import Clock, Reckoning, reckon, statuses, term
from longan.floor.dossiers.lgsp_answers import Dossier
from longan.floor.pay_and_days.wages import day_of
from longan.floor.pay_and_days.working_days import Calendar

# Local portals write the national code with a tail of their own: 1.011442.000.00.00.H38.
_NATIONAL = re.compile(r"[0-9]\.[0-9]{6}(?=\.|$)")


class SupplementRequest(msgspec.Struct, frozen=True):
    """What the citizen was asked for: in the office's words, and by its list. `answered_at` is null until they brought
    it."""

    asked_at: Timestamp
    words: str
    papers: list[str]
    answered_at: Timestamp | None


class DossierState(msgspec.Struct, frozen=True):
    """`status` is a key of the national list, `status_code` its number, `status_name` its Vietnamese name.

    `clock`: `running`; `stopped` while something is asked of the citizen; `not_begun` before the receipt; `ended`.
    `due_on` is null while the clock is stopped (it will be `working_days_left` after it runs again) and where the
    office has promised no day. `due_is_estimated`: days off on the way there are not announced yet. `late_by` counts
    working days. `applicant` is masked.
    `as_of` is when the source said so; `stale`: it does not answer now, and the countdown goes by what it said then.
    """

    code: str
    status: str
    status_code: str
    status_name: str
    clock: Clock
    received_on: Day | None
    due_on: Day | None
    due_is_estimated: bool
    working_days_left: Count | None
    late_by: Count
    procedure_code: Annotated[str, Meta(description="As `get_procedure` takes it")] | None
    office: str | None
    applicant: str | None
    supplements: list[SupplementRequest]
    as_of: Timestamp
    stale: bool


def reckoned(dossier: Dossier, calendar: Calendar, now: datetime) -> Reckoning:
    """Where its clock stands today."""
    allowed = None
    if dossier.received_at is not None and dossier.promised is not None:
        allowed = term(calendar, day_of(dossier.received_at), day_of(dossier.promised))
    anew = None if dossier.promised_anew is None else day_of(dossier.promised_anew)
    return reckon(calendar, dossier.changes, allowed, day_of(now), anew)


def shown(dossier: Dossier, calendar: Calendar, now: datetime, as_of: datetime, *, stale: bool) -> DossierState:
    today = day_of(now)
    at, status = reckoned(dossier, calendar, now), statuses(day_of(dossier.changes[-1].at))[dossier.status]
    national = _NATIONAL.match(dossier.procedure_code or "")
    return DossierState(
        code=dossier.code,
        status=status.key,
        status_code=status.code,
        status_name=status.name,
        clock=at.clock,
        received_on=None if dossier.received_at is None else day_of(dossier.received_at),
        due_on=at.due_on,
        due_is_estimated=at.due_on is not None and at.due_on > today and not calendar.is_sure(today, at.due_on),
        working_days_left=at.working_days_left,
        late_by=at.late_by,
        procedure_code=national.group() if national else None,
        office=dossier.office,
        applicant=dossier.applicant,
        supplements=[
            SupplementRequest(each.asked_at, each.words, each.papers, each.answered_at) for each in dossier.supplements
        ],
        as_of=as_of,
        stale=stale,
    )
