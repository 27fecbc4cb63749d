"""The list of offices as other rooms use it: whose dossier it is, by its code."""

from datetime import date, datetime
from uuid import UUID

import asyncpg

from longan.floor.dossiers.dossier_codes import DossierCode


def agency_of(code: DossierCode) -> str:
    """The agency of a dossier from above downwards, without the levels that it does not have: 000.00.16.H53 and H53.16
    are the same."""
    parts = code.agency.split(".")
    if parts[0].isdigit():
        parts.reverse()
    while parts[-1].strip("0") == "":
        parts.pop()
    return ".".join(parts)


KNOWN = """-- office_list.known
insert into offices.offices (agency_code, valid_from, created_at) values ($1, $2, $3)
    on conflict (agency_code, unit) where valid_to is null do nothing"""

OF_AGENCY = """-- office_list.of_agency
select o.id from offices.offices o where o.agency_code = $1 and o.unit is null and o.valid_to is null"""


async def of_agency(tx: asyncpg.Connection, agency: str, day: date, now: datetime) -> UUID:
    """The office that answers for an agency's dossiers; one that no official has listed yet is known by its code from
    now on."""
    found: UUID | None = await tx.fetchval(OF_AGENCY, agency)
    if found is None:
        await tx.execute(KNOWN, agency, day, now)
        found = await tx.fetchval(OF_AGENCY, agency)
    if found is None:
        raise LookupError("an office that has just ended")
    return found
