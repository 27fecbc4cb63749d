"""What somebody who watches a dossier is reminded of although nothing happens: that it is late, that it waits for them.

One promise of each kind for a dossier; every change of it makes them anew. When its moment comes a reminder is judged
by the state of then.
"""

from datetime import date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from longan.floor.base.zones import HOME
from longan.floor.database import reminders
from longan.floor.database.reminders import Writing
from longan.floor.dossiers.dossier_clock import Reckoning
from longan.floor.dossiers.lgsp_answers import Dossier
from longan.floor.pay_and_days.wages import day_of
from longan.floor.pay_and_days.working_days import DAY, Calendar, due, next_working

# When people are up and offices are about to open.
MORNING = time(8, 0)
# After so many working days on which something was asked of the citizen.
WAITED = (3, 10)


def morning(day: date) -> datetime:
    return datetime.combine(day, MORNING, ZoneInfo(HOME))


async def promise(
    tx: Writing, dossier: UUID, found: Dossier, at: Reckoning, calendar: Calendar, now: datetime,
    *, only_ahead: bool = False,
) -> None:  # fmt: skip
    """What its state asks for, in the place of what the state before did. `only_ahead`: not what is over, which whoever
    has just begun to watch it sees before their eyes."""
    await forget(tx, dossier)
    if at.clock == "running" and at.due_on is not None and not (only_ahead and at.late_by):
        await overdue(tx, dossier, at.due_on, morning(next_working(calendar, at.due_on + DAY)))
    if at.clock == "stopped":
        await waiting(tx, dossier, found.changes[-1].at, calendar, now)


async def overdue(tx: Writing, dossier: UUID, due_on: date, when: datetime) -> None:
    await reminders.remind(tx, "dossier_overdue", when, f"dossier-overdue:{dossier}", dossier_id=dossier, due_on=due_on)


async def waiting(tx: Writing, dossier: UUID, since: datetime, calendar: Calendar, now: datetime) -> None:
    """The next of the reminders of what is asked since then; none after the last one."""
    for days in WAITED:
        day = due(calendar, since, days)
        if day > day_of(now):
            await reminders.remind(
                tx, "dossier_waiting", morning(day), f"dossier-waiting:{dossier}", dossier_id=dossier, since=since,
                days=days,
            )  # fmt: skip
            return


async def forget(tx: Writing, dossier: UUID) -> None:
    await reminders.forget(tx, f"dossier-overdue:{dossier}")
    await reminders.forget(tx, f"dossier-waiting:{dossier}")
