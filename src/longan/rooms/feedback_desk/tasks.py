"""What the worker does for the room: officials hear of terms that end or have ended, senders that their report was
merged."""

from uuid import UUID

import msgspec

from longan.floor.database import calls, queue
from longan.floor.database.tasks import Context, Task
from longan.floor.feedback import feedback_clock
from longan.floor.messages.notices import FeedbackAlarm, FeedbackMerged
from longan.floor.messages.telling import tell
from longan.floor.pay_and_days import working_days
from longan.rooms.feedback_desk import store

# How many working hours before the end of a term its unit is told.
ACCEPT_WITHIN = 2
ANSWER_WITHIN = 8
MOST_ROUNDS = 100


async def raise_feedback_alarms(context: Context) -> None:
    """Every ten minutes: what is late, or soon will be, and was not said before, is promised to be said."""
    now = context.clock()
    for _ in range(MOST_ROUNDS):
        async with context.pool.acquire() as tx, tx.transaction():
            calendar = await working_days.load(tx)
            raised = await store.raise_alarms(
                tx,
                now,
                feedback_clock.within(calendar, now, ACCEPT_WITHIN),
                feedback_clock.within(calendar, now, ANSWER_WITHIN),
            )
            await queue.add_all(tx, "feedback_alarm", raised)
        if len(raised) < store.AT_ONCE:
            return


async def feedback_alarm(context: Context, *, report_id: UUID, kind: str, round: int) -> None:
    """The officials of the unit hear of a term, if it is still of any interest."""
    now = context.clock()
    alarm = await store.alarm(context.pool, report_id, now, round, kind)
    if alarm is None or not alarm.officials:
        return
    said = msgspec.convert({"what": kind, "code": alarm.code}, FeedbackAlarm)
    await tell(context.pool, alarm.officials, "feedback_alarm", report_id, said, f"{report_id}:{kind}:{round}", now)
    await calls.happened(context.valkey, alarm.officials)


async def feedback_merged(context: Context, *, report_id: UUID) -> None:
    """Who sent a report hears that it is dealt with together with another one."""
    merged = await store.follows(context.pool, report_id)
    if merged is None:
        return
    now = context.clock()
    await tell(
        context.pool, [merged.account_id], "feedback_merged", report_id, FeedbackMerged(merged.code), report_id, now
    )
    await calls.happened(context.valkey, [merged.account_id])


TASKS: dict[str, Task] = {"feedback_alarm": feedback_alarm, "feedback_merged": feedback_merged}
SCHEDULE = {"raise_feedback_alarms": ("*/10 * * * *", raise_feedback_alarms)}
