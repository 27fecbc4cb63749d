"""What the worker does for the room: employers hear of decisions, what is known of pay is kept up, traces are
forgotten."""

from datetime import timedelta
from uuid import UUID

from longan.floor.database import calls
from longan.floor.database.tasks import Context, Task, unhurried
from longan.floor.guard import guard_upkeep
from longan.floor.guard.guard_rules import book
from longan.floor.messages.notices import Reviewed
from longan.floor.messages.telling import tell
from longan.floor.pay_and_days.wages import day_of
from longan.rooms.moderation import store
from longan.rooms.moderation.models import Told


async def job_held(context: Context, *, job_id: UUID) -> None:
    """The members of the employer hear that a posting waits for an official."""
    await _tell(context, await store.held(context.pool, job_id), None)


async def job_reviewed(context: Context, *, decision_id: UUID) -> None:
    """The members of the employer hear what was decided, and why."""
    await _tell(context, await store.reviewed(context.pool, decision_id), decision_id)


async def _tell(context: Context, told: Told | None, decision: UUID | None) -> None:
    if told is None or not told.members:
        return
    now = context.clock()
    said = Reviewed(told.decision, told.job_title, told.employer_name, told.reason)
    # A posting is held anew each day at most: who edits it several times is not told each time.
    fact = str(decision) if decision else f"{told.posting_id}:held:{now.date()}"
    await tell(context.pool, told.members, "job_reviewed", told.posting_id, said, fact, now)
    await calls.happened(context.valkey, told.members)


async def measure_pay(context: Context) -> None:
    """Every hour, and once a day it does something: what open postings pay, by occupation."""
    async with unhurried(context.pool) as tx:
        await guard_upkeep.measure(tx, day_of(context.clock()))


async def forget_traces(context: Context) -> None:
    """Every night: phones and passages that were not seen for long, and levels of pay of last year."""
    now = context.clock()
    kept = timedelta(days=book().limits_on(day_of(now)).traces_days)
    async with unhurried(context.pool) as tx:
        await guard_upkeep.forget(tx, now - kept, day_of(now) - timedelta(days=366))


TASKS: dict[str, Task] = {"job_held": job_held, "job_reviewed": job_reviewed}
SCHEDULE = {"measure_pay": ("7 * * * *", measure_pay), "forget_traces": ("40 20 * * *", forget_traces)}
