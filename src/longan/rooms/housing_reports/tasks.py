"""What the worker does for the room: whoever reported hears what became of it, and notes are forgotten."""

from datetime import timedelta
from uuid import UUID

from longan.floor.database import calls
from longan.floor.database.tasks import Context, unhurried
from longan.floor.guard.guard_rules import book
from longan.floor.messages.notices import HousingReportAnswered
from longan.floor.messages.telling import tell
from longan.floor.pay_and_days.wages import day_of
from longan.rooms.housing_reports import store


async def housing_report_answered(context: Context, *, report_id: UUID) -> None:
    """Whoever reported hears what an official found."""
    told = await store.answered(context.pool, report_id)
    if told is not None:
        said = HousingReportAnswered(told.outcome, told.title)
        await tell(
            context.pool, [told.account_id], "housing_report_answered", told.listing_id, said, report_id,
            context.clock(),
        )  # fmt: skip
        await calls.happened(context.valkey, [told.account_id])


async def forget_housing_report_notes(context: Context) -> None:
    """Every night: what people wrote in reports that were answered long ago."""
    now = context.clock()
    async with unhurried(context.pool) as tx:
        await store.forget_notes(tx, now - timedelta(days=book().limits_on(day_of(now)).note_days))


TASKS = {"housing_report_answered": housing_report_answered}
SCHEDULE = {"forget_housing_report_notes": ("52 20 * * *", forget_housing_report_notes)}
