"""What the worker does for the room: a fact becomes a notice in the inbox, an event and a push for each phone."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import msgspec

from longan.floor.database import calls
from longan.floor.database.tasks import Context, unhurried
from longan.floor.messages.notices import Decided, Moved, Params, Received, Security
from longan.floor.messages.telling import tell
from longan.rooms.notifications import domain, store

EVENTS_KEPT = timedelta(days=7)
PRUNED_AT_ONCE = 5_000


async def application_moved(context: Context, *, application_id: UUID, move_id: UUID) -> None:
    """The worker hears what the employer or time did, the employer's members what the worker did."""
    found = await store.application(context.pool, application_id, move_id)
    if found is None or found.status is None:
        return
    params = msgspec.convert(found, Moved, from_attributes=True)
    if found.by_worker:
        await _tell(context, found.members, "application_moved", application_id, params, move_id)
    else:
        await _tell(context, [found.worker_id], "application_moved", application_id, params, move_id, found.employer_id)


async def application_received(context: Context, *, application_id: UUID) -> None:
    found = await store.application(context.pool, application_id, None)
    if found is not None:
        params = Received(found.job_title, found.employer_name)
        await _tell(context, found.members, "application_received", application_id, params, application_id)


async def employer_decided(context: Context, *, employer_id: UUID, decision_id: UUID) -> None:
    found = await store.decision(context.pool, decision_id)
    if found is not None:
        params = msgspec.convert(found, Decided, from_attributes=True)
        await _tell(context, found.members, "employer_decided", employer_id, params, found.id)


async def security_notice(context: Context, *, account_id: UUID, what: str, fact: UUID) -> None:
    """The owner of an account hears what happened to it; `fact` names that event once."""
    params = msgspec.convert({"what": what}, Security)
    await _tell(context, [account_id], "security_notice", account_id, params, f"{what}:{fact}")


async def _tell(
    context: Context, accounts: Sequence[UUID], topic: str, subject: UUID, params: Params, fact: UUID | str,
    employer: UUID | None = None,
) -> None:  # fmt: skip
    """`employer` is whom the notice is about, for those who do not belong to it and may have blocked it."""
    await tell(context.pool, accounts, topic, subject, params, fact, context.clock(), employer=employer)
    await calls.happened(context.valkey, accounts)


async def notices_opened(context: Context, *, account_id: UUID, notification_ids: list[UUID]) -> None:
    """Whoever has opened a push has read its notice; the app said so, no matter on which phone."""
    async with context.pool.acquire() as tx, tx.transaction():
        await domain.change(tx, account_id, None, notification_ids, "read", context.clock())
    await calls.happened(context.valkey, [account_id])


async def prune_notifications(context: Context) -> None:
    """Forget events that no phone will ask for any more, and notices that are over."""
    now = context.clock()
    async with unhurried(context.pool) as tx:
        await store.prune(tx, now - EVENTS_KEPT)
    pruned = PRUNED_AT_ONCE
    while pruned == PRUNED_AT_ONCE:
        # Each group by itself, because nobody can change an inbox that is being pruned.
        async with unhurried(context.pool) as tx:
            pruned = await store.prune_inbox(tx, now, PRUNED_AT_ONCE)


TASKS = {
    "application_moved": application_moved,
    "application_received": application_received,
    "employer_decided": employer_decided,
    "notices_opened": notices_opened,
    "security_notice": security_notice,
}
SCHEDULE = {"prune_notifications": ("*/10 * * * *", prune_notifications)}
