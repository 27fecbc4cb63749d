"""What the worker does for the room: whoever reported hears what became of it, and notes are forgotten."""

from datetime import timedelta
from uuid import UUID

from longan.floor.database import calls
from longan.floor.database.tasks import Context, unhurried
from longan.floor.guard.guard_rules import book
from longan.floor.messages.notices import Answered
from longan.floor.messages.telling import tell
from longan.floor.pay_and_days.wages import day_of
from longan.rooms.job_reports import store


async def job_report_answered(context: Context, *, report_id: UUID) -> None:
    """Whoever reported hears what an official found."""
    told = await store.answered(context.pool, report_id)
    if told is not None:
        said = Answered(told.outcome, told.job_title)
        await tell(
            context.pool, [told.account_id], "job_report_answered", told.posting_id, said, report_id, context.clock()
        )
        await calls.happened(context.valkey, [told.account_id])


async def forget_report_notes(context: Context) -> None:
    """Every night: what people wrote in reports that were answered long ago."""
    now = context.clock()
    async with unhurried(context.pool) as tx:
        await store.forget_notes(tx, now - timedelta(days=book().limits_on(day_of(now)).note_days))


TASKS = {"job_report_answered": job_report_answered}
SCHEDULE = {"forget_report_notes": ("50 20 * * *", forget_report_notes)}
