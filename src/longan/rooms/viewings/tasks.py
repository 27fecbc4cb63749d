"""What the worker does for the room: the other side hears of each step, both are reminded, and what is over ends."""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from longan.floor.base.zones import HOME
from longan.floor.database import calls, queue, reminders
from longan.floor.database.tasks import Context, unhurried
from longan.floor.messages.notices import ViewingMoved, ViewingSoon
from longan.floor.messages.telling import tell
from longan.rooms.viewings import store
from longan.rooms.viewings.domain import once

AT_ONCE = 500
NOTES_KEPT = timedelta(days=365)


def said(at: datetime) -> str:
    """A moment as it is said in Viet Nam: 08:30 24/11."""
    return at.astimezone(ZoneInfo(HOME)).strftime("%H:%M %d/%m")


async def viewing_stepped(context: Context, *, viewing_id: UUID, version: int) -> None:
    """The side that did not take a step hears of it, both of what came by itself; nobody of what has been passed by a
    later step, which tells more."""
    told = await store.told(context.pool, viewing_id)
    if told is None or told.version != version:
        return
    people = {"worker": told.owners, "owner": [told.worker_id], "system": [told.worker_id, *told.owners]}[told.moved_by]
    at = "" if told.agreed_for is None else said(told.agreed_for)
    if told.status != "over" and people:
        words = ViewingMoved(told.status, told.housing_title, at)
        await tell(
            context.pool, people, "viewing_moved", viewing_id, words, f"{viewing_id}:{version}", context.clock(),
            employer=told.employer_id,
        )  # fmt: skip
        await calls.happened(context.valkey, people)


async def viewing_soon(context: Context, *, viewing_id: UUID, agreed_for: datetime) -> None:
    """Two hours before the time that was agreed on both sides hear of it, if it still holds; not when the worker stood
    still until it was over."""
    told = await store.told(context.pool, viewing_id)
    holds = told is not None and told.status == "accepted" and told.agreed_for == agreed_for
    if told is None or not holds or agreed_for <= context.clock():
        return
    people = [told.worker_id, *told.owners]
    words = ViewingSoon(told.housing_title, said(agreed_for))
    fact = f"{viewing_id}:{agreed_for.isoformat()}"
    now, employer = context.clock(), told.employer_id
    await tell(context.pool, people, "viewing_soon", viewing_id, words, fact, now, employer=employer)
    await calls.happened(context.valkey, people)


async def end_viewings(context: Context) -> None:
    """Every minute: requests lapse when the last of their times is over, what was agreed on is over a day after it, and
    all end with their listing."""
    ended = AT_ONCE
    while ended == AT_ONCE:
        async with context.pool.acquire() as tx, tx.transaction():
            rows = await store.end(tx, context.clock(), AT_ONCE)
            for row in rows:
                await reminders.forget(tx, once(row["id"]))
                await queue.add(tx, "viewing_stepped", viewing_id=row["id"], version=row["version"])
        ended = len(rows)


async def listing_ended(context: Context, *, listing_id: UUID, reason: str) -> None:
    """A listing is gone: what was asked of it ends now and not within the minute."""
    await end_viewings(context)


async def forget_viewing_notes(context: Context) -> None:
    """Every night: what people wrote in requests that ended a year ago."""
    async with unhurried(context.pool) as tx:
        await store.forget(tx, context.clock() - NOTES_KEPT)


TASKS = {"viewing_stepped": viewing_stepped, "viewing_soon": viewing_soon, "listing_ended": listing_ended}
SCHEDULE = {
    "end_viewings": ("* * * * *", end_viewings),
    "forget_viewing_notes": ("55 20 * * *", forget_viewing_notes),
}
