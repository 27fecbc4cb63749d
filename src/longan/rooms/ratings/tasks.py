"""What the worker does for the room: asks whoever watched a dossier to its end, tells months, forgets."""

from datetime import date, timedelta
from uuid import UUID

from longan.floor.database import calls
from longan.floor.database.tasks import Context, unhurried
from longan.floor.dossiers import rating_questions
from longan.floor.dossiers.rating_invitations import RATE_WITHIN
from longan.floor.messages.notices import Unused
from longan.floor.messages.telling import tell
from longan.floor.pay_and_days.wages import day_of
from longan.floor.requests import cache
from longan.rooms.ratings import domain, store

# A month is told when nobody can take back anything of it any more.
TOLD_ON = 8
# Officials know who stood at their counter: they see what was said of it by so many at once, and never sooner.
FEWEST_FOR_OFFICIALS = 5
RATINGS_KEPT = timedelta(days=400)
# Whoever finishes late, and a source that moves its dates, are given a week.
SUBJECTS_KEPT = RATE_WITHIN + timedelta(days=7)
TOKENS_KEPT = timedelta(days=1)


async def rating_invited(context: Context, *, account_id: UUID, watch_id: UUID) -> None:
    """Ask once how it went."""
    await tell(context.pool, [account_id], "rating_invited", watch_id, Unused(), watch_id, context.clock())
    await calls.happened(context.valkey, [account_id])


def begun(day: date) -> date:
    """The month whose predecessors may be told on that day."""
    first = day.replace(day=1)
    return first if day.day >= TOLD_ON else (first - timedelta(days=1)).replace(day=1)


async def tell_ratings(context: Context) -> None:
    """Every day: the months that are over, each once and for all."""
    now = context.clock()
    month = begun(day_of(now))
    async with unhurried(context.pool) as tx:
        untold = await store.untold(tx, month)
    for each in untold:
        async with unhurried(context.pool) as tx:
            if await store.tell(tx, each, now):
                questions = rating_questions.questions(each)
                await store.keep(tx, each, domain.told(await store.count(tx, each), questions))
    async with unhurried(context.pool) as tx:
        await store.release(tx, month, FEWEST_FOR_OFFICIALS)
    if untold:
        await cache.invalidate(context.valkey, "places")


async def forget_ratings(context: Context) -> None:
    """Every night: whom and what nobody needs to know again."""
    now = context.clock()
    day = day_of(now)
    async with unhurried(context.pool) as tx:
        await store.forget(
            tx, day - domain.WITHDRAWN_WITHIN, day - SUBJECTS_KEPT, day - RATINGS_KEPT, now - TOKENS_KEPT
        )


TASKS = {"rating_invited": rating_invited}
SCHEDULE = {"tell_ratings": ("10 18 * * *", tell_ratings), "forget_ratings": ("25 18 * * *", forget_ratings)}
