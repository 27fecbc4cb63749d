"""What the worker does for the room."""

from datetime import datetime
from uuid import UUID

from longan.floor.database import calls
from longan.floor.database.tasks import Context, unhurried
from longan.floor.housing import housing_costs, housing_listings
from longan.floor.housing.employer_dormitories import GIVEN_BACK, WITHHELD
from longan.floor.housing.housing_listings import Status
from longan.floor.messages.notices import HousingEnding, HousingMoved
from longan.floor.messages.telling import tell
from longan.floor.pay_and_days.wages import day_of
from longan.floor.requests import cache
from longan.rooms.letting import store

AT_ONCE = 100
# What the history says of a listing that was hidden because nobody can answer for it.
OWNER_CLOSED = "account_closed"


async def listing_stale_soon(context: Context, *, listing_id: UUID, stale_at: datetime) -> None:
    """Some days before a listing is taken for stale whoever may write it hears of it, if nobody has confirmed it; not
    after that, when the worker stood still until then."""
    if stale_at <= context.clock() or not await store.is_stale_at(context.pool, listing_id, stale_at):
        return
    told = await store.told(context.pool, listing_id)
    if told is not None and told.people:
        fact = f"{listing_id}:{stale_at.isoformat()}"
        said = HousingEnding(told.title)
        await tell(context.pool, told.people, "listing_stale_soon", listing_id, said, fact, context.clock())
        await calls.happened(context.valkey, told.people)


async def listing_moved(context: Context, *, listing_id: UUID, to: Status, version: int) -> None:
    """Whoever may write a listing hears where an official or the system has brought it, if it is still there; not of
    what came with their employer, of which they hear as its members, nor of what went with their account."""
    told = await store.told(context.pool, listing_id, version)
    if told is None or told.reason in (WITHHELD, GIVEN_BACK, OWNER_CLOSED):
        return
    if told.people and told.status == to:
        given = told.reason or ""
        by_official = told.side == "official"
        said = HousingMoved(
            to, told.title, given if by_official else "",  # type: ignore[arg-type]
            [] if by_official or to != "hidden" else given.split(","),  # type: ignore[arg-type]
        )  # fmt: skip
        fact = f"{listing_id}:{version}"
        await tell(context.pool, told.people, "listing_moved", listing_id, said, fact, context.clock())
        await calls.happened(context.valkey, told.people)


async def account_closed(context: Context, *, account_id: UUID) -> None:
    """What a landlord let goes from the lists with their account; opened again, they close and reopen it, and an
    official looks at it first."""
    moved = AT_ONCE
    while moved == AT_ONCE:
        async with context.pool.acquire() as tx, tx.transaction():
            found = await store.of_closed(tx, account_id, AT_ONCE)
            for listing in found:
                await housing_listings.move(tx, listing, "hidden", "system", None, OWNER_CLOSED, context.clock())
        moved = len(found)


async def housing_changed(context: Context) -> None:
    """What the public sees of listings changed: throw the cached answers away."""
    await cache.invalidate(context.valkey, "housing")


async def stale_listings(context: Context) -> None:
    """Every hour: what nobody has confirmed goes from the lists, and is closed when that is long ago. Lists left it out
    since."""
    moved = AT_ONCE
    while moved >= AT_ONCE:
        async with context.pool.acquire() as tx, tx.transaction():
            moved = await housing_listings.sweep(tx, context.clock(), AT_ONCE)


async def reckon_listings(context: Context) -> None:
    """Every day: what costs were reckoned by tariffs that have changed since."""
    now = context.clock()
    day = day_of(now)
    changed = housing_costs.tariffs_changed_on(day)
    done = AT_ONCE
    while done == AT_ONCE:
        async with unhurried(context.pool) as tx:
            done = await housing_costs.reckon_anew(tx, changed, day, now, AT_ONCE)


TASKS = {
    "listing_stale_soon": listing_stale_soon, "listing_moved": listing_moved, "housing_changed": housing_changed,
    "account_closed": account_closed,
}  # fmt: skip
SCHEDULE = {
    "stale_listings": ("17 * * * *", stale_listings),
    "reckon_listings": ("40 17 * * *", reckon_listings),
}
