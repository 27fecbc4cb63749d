"""Rules of the room: how a dossier that was proved to be one's own is shown."""

from datetime import datetime

from longan import working_days
from longan.dossier_codes import parsed
from longan.dossier_proofs import Proofs
from longan.dossier_view import DossierState, shown
from longan.dossiers.models import LookupIn


async def look_up(proofs: Proofs, given: LookupIn, now: datetime) -> DossierState:
    """Raises `DossierCodeInvalid`, and what `Proofs.look` raises."""
    known = await proofs.look(parsed(given.code), given.second_factor, now)
    async with proofs.connection() as connection:
        calendar = await working_days.load(connection)
    return shown(known.dossier, calendar, now, known.as_of, stale=known.stale)
