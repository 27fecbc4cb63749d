"""SQL of the room, each statement above the function that runs it."""

from datetime import datetime
from uuid import UUID

import asyncpg

from longan.floor.base.errors import NotFound
from longan.floor.database.db import maybe
from longan.rooms.feedback_steps.models import HandledFeedback, Standing

STANDING = """-- feedback_steps.standing
select r.id, r.status, r.visibility, r.version, r.category_code, r.province_code, r.ward_version, r.ward_code,
       r.description, r.merged_into, coalesce(r.account_id = $2, false) as own, r.created_at
  from feedback.reports r
 where r.id = $1 and r.withdrawn_at is null and staff.may($2, 'feedback', r.ward_version, r.ward_code, $3)
   for no key update of r"""


async def standing(tx: asyncpg.Connection, report: UUID, official: UUID, now: datetime) -> Standing | None:
    """Where a report stands, which nobody else changes until this transaction ends; None beyond the official's
    wards."""
    return maybe(await tx.fetchrow(STANDING, report, official, now), Standing)


HANDLED = """-- feedback_steps.handled
select r.id, r.code, r.status, r.visibility, r.is_urgent, r.unit_id, u.name as unit_name, r.merged_into,
       r.accept_due_at, r.due_at, r.version
  from feedback.reports r
  left join feedback_units.units u on u.id = r.unit_id
 where r.id = $1 and staff.may($2, 'feedback', r.ward_version, r.ward_code, $3)"""


async def handled(tx: asyncpg.Connection, report: UUID, official: UUID, now: datetime) -> HandledFeedback:
    """Where a report is now. Raises `NotFound`."""
    found = maybe(await tx.fetchrow(HANDLED, report, official, now), HandledFeedback)
    if found is None:
        raise NotFound
    return found
