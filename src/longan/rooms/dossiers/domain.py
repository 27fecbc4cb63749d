"""Rules of the room: how a dossier that was proved to be one's own is shown."""

from datetime import datetime

from longan.floor.dossiers.dossier_codes import parsed
from longan.floor.dossiers.dossier_proofs import Proofs
from longan.floor.dossiers.dossier_view import DossierState, shown
from longan.floor.pay_and_days import working_days
from longan.rooms.dossiers.models import LookupIn


async def look_up(proofs: Proofs, given: LookupIn, now: datetime) -> DossierState:
    """Raises `DossierCodeInvalid`, and what `Proofs.look` raises."""
    known = await proofs.look(parsed(given.code), given.second_factor, now)
    async with proofs.connection() as connection:
        calendar = await working_days.load(connection)
    return shown(known.dossier, calendar, now, known.as_of, stale=known.stale)
