"""What the worker does for the room: the postings and dormitories of an employer follow what became of it."""

from uuid import UUID

from longan.floor.database.tasks import Context, Task
from longan.floor.housing import employer_dormitories
from longan.floor.postings import employer_postings
from longan.floor.requests import cache


async def employer_withheld(context: Context, *, employer_id: UUID) -> None:
    """The employer was suspended or rejected: nothing of it stays open."""
    await employer_postings.withhold(context.pool, employer_id, context.clock())
    await employer_dormitories.withhold(context.pool, employer_id, context.clock())


async def employer_given_back(context: Context, *, employer_id: UUID, official_id: UUID) -> None:
    """The employer is verified (again): its postings become drafts, its dormitories are open."""
    await employer_postings.give_back(context.pool, employer_id, official_id, context.clock())
    await employer_dormitories.give_back(context.pool, employer_id, official_id, context.clock())


async def employer_renamed(context: Context, *, employer_id: UUID) -> None:
    """Its postings are found under the name that it has now."""
    await employer_postings.rename(context.pool, employer_id)
    await cache.invalidate(context.valkey, "jobs")


TASKS: dict[str, Task] = {
    "employer_withheld": employer_withheld,
    "employer_given_back": employer_given_back,
    "employer_renamed": employer_renamed,
}
