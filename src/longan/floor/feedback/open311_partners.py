"""Who may post by Open311, and for which jurisdiction: what the rooms of Open311 ask of every request."""

from uuid import UUID

import asyncpg
import msgspec

from longan.floor.base.errors import Forbidden, Problem
from longan.floor.database.db import maybe
from longan.floor.formats import georeport
from longan.floor.setup.crypto import digest
from longan.floor.setup.settings import Settings

LONGEST_KEY = 200


class Partner(msgspec.Struct, frozen=True):
    """A good key; `jurisdictions` null: every one that is served."""

    id: UUID
    jurisdictions: list[str] | None
    a_minute: int
    a_day: int


class Jurisdiction(msgspec.Struct, frozen=True):
    """A jurisdiction_id, and the province that it stands for."""

    id: str
    province_code: str


class Open311KeyRefused(Forbidden):
    code = "open311_key_refused"
    vi, en = "Thiếu api_key, hoặc api_key không còn hiệu lực", "The api_key is missing or not valid"


class JurisdictionRefused(Forbidden):
    code = "open311_jurisdiction_refused"
    vi, en = "api_key này không dùng được cho jurisdiction_id này", "This api_key is not for this jurisdiction_id"


class JurisdictionMissing(Problem):
    status, code = 400, "open311_jurisdiction_missing"
    vi, en = "Cần gửi jurisdiction_id", "jurisdiction_id was not provided"


class JurisdictionUnknown(Problem):
    status, code = 404, "open311_jurisdiction_unknown"
    vi, en = "Không có jurisdiction_id này", "The jurisdiction_id was not found"


def served(settings: Settings) -> dict[str, str]:
    """Province codes by jurisdiction_id."""
    return georeport.jurisdictions(settings.open311_jurisdictions, settings.province_code)


def jurisdiction(settings: Settings, given: str | None) -> Jurisdiction:
    """The one that is meant; it need not be named where there is only one. Raises `JurisdictionMissing`,
    `JurisdictionUnknown`."""
    known = served(settings)
    if not given and len(known) > 1:
        raise JurisdictionMissing
    chosen = given or next(iter(known))
    if chosen not in known:
        raise JurisdictionUnknown
    return Jurisdiction(chosen, known[chosen])


PARTNER = """-- open311_partners.partner
select k.id, k.jurisdictions, k.a_minute, k.a_day
  from open311_keys.keys k
 where k.digest = $1 and k.revoked_at is null"""


async def partner(conn: asyncpg.Connection, api_key: str | None) -> Partner:
    """Whose key it is. Raises `Open311KeyRefused`."""
    if not api_key or len(api_key) > LONGEST_KEY:
        raise Open311KeyRefused
    found = maybe(await conn.fetchrow(PARTNER, digest(api_key)), Partner)
    if found is None:
        raise Open311KeyRefused
    return found


def allow(found: Partner, where: Jurisdiction) -> None:
    """Raises `JurisdictionRefused`."""
    if found.jurisdictions is not None and where.id not in found.jurisdictions:
        raise JurisdictionRefused
