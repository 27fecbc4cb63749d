"""What the worker does for the room: a fact becomes a notice in the inbox, an event and a push for each phone."""

from datetime import timedelta
from uuid import UUID

import msgspec

from longan.notices import Decided, Moved, Received, Security
from longan.notifications import store
from longan.tasks import Context, unhurried
from longan.telling import tell

EVENTS_KEPT = timedelta(days=7)


async def application_moved(context: Context, *, application_id: UUID, move_id: UUID) -> None:
    """The worker hears what the employer or time did, the employer's members what the worker did."""
    found = await store.application(context.pool, application_id, move_id)
    if found is None or found.status is None:
        return
    params = msgspec.convert(found, Moved, from_attributes=True)
    accounts = found.members if found.by_worker else [found.worker_id]
    await tell(context.pool, accounts, "application_moved", application_id, params, move_id, context.clock())


async def application_received(context: Context, *, application_id: UUID) -> None:
    found = await store.application(context.pool, application_id, None)
    if found is not None:
        params = Received(found.job_title, found.employer_name)
        await tell(
            context.pool, found.members, "application_received", application_id, params, application_id, context.clock()
        )


async def employer_decided(context: Context, *, employer_id: UUID) -> None:
    found = await store.decision(context.pool, employer_id)
    if found is not None:
        params = msgspec.convert(found, Decided, from_attributes=True)
        await tell(context.pool, found.members, "employer_decided", employer_id, params, found.id, context.clock())


async def security_notice(context: Context, *, account_id: UUID, what: str, fact: UUID) -> None:
    """The owner of an account hears what happened to it; `fact` names that event once."""
    params = msgspec.convert({"what": what}, Security)
    await tell(context.pool, [account_id], "security_notice", account_id, params, f"{what}:{fact}", context.clock())


async def prune_notifications(context: Context) -> None:
    """Forget events that no phone will ask for any more."""
    async with unhurried(context.pool) as tx:
        await store.prune(tx, context.clock() - EVENTS_KEPT)


TASKS = {
    "application_moved": application_moved,
    "application_received": application_received,
    "employer_decided": employer_decided,
    "security_notice": security_notice,
}
SCHEDULE = {"prune_notifications": ("*/10 * * * *", prune_notifications)}
