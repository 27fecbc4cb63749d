"""Rules of the room: how a dossier that was proved to be one's own is shown."""

import re
from datetime import datetime

from longan import working_days
from longan.dossier_clock import Reckoning, reckon, statuses, term
from longan.dossier_codes import parsed
from longan.dossier_proofs import Known, Proofs
from longan.dossiers.models import DossierState, LookupIn, SupplementRequest
from longan.lgsp_answers import Dossier
from longan.wages import day_of
from longan.working_days import Calendar

# Local portals write the national code with a tail of their own: 1.011442.000.00.00.H38.
_NATIONAL = re.compile(r"[0-9]\.[0-9]{6}(?=\.|$)")


async def look_up(proofs: Proofs, given: LookupIn, now: datetime) -> DossierState:
    """Raises `DossierCodeInvalid`, and what `Proofs.look` raises."""
    known = await proofs.look(parsed(given.code), given.second_factor, now)
    async with proofs.connection() as connection:
        calendar = await working_days.load(connection)
    return shown(known, calendar, now)


def reckoned(dossier: Dossier, calendar: Calendar, now: datetime) -> Reckoning:
    """Where its clock stands today."""
    allowed = None
    if dossier.received_at is not None and dossier.promised is not None:
        allowed = term(calendar, day_of(dossier.received_at), day_of(dossier.promised))
    anew = None if dossier.promised_anew is None else day_of(dossier.promised_anew)
    return reckon(calendar, dossier.changes, allowed, day_of(now), anew)


def shown(known: Known, calendar: Calendar, now: datetime) -> DossierState:
    dossier, today = known.dossier, day_of(now)
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
        as_of=known.as_of,
        stale=known.stale,
    )
