"""What the worker does for the room: a fact becomes a notice in the inbox, an event and a push for each phone."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import msgspec

from longan.notifications import store
from longan.notifications.models import NOTICES, Decided, Moved, Params, Received, Security
from longan.tasks import Context, unhurried

EVENTS_KEPT = timedelta(days=7)
PUSHES_KEPT = timedelta(days=30)


async def application_moved(context: Context, *, application_id: UUID, move_id: UUID) -> None:
    """The worker hears what the employer or time did, the employer's members what the worker did."""
    found = await store.application(context.pool, application_id, move_id)
    if found is None or found.status is None:
        return
    params = msgspec.convert(found, Moved, from_attributes=True)
    accounts = found.members if found.by_worker else [found.worker_id]
    await _tell(context, accounts, "application_moved", application_id, params, fact=move_id)


async def application_received(context: Context, *, application_id: UUID) -> None:
    found = await store.application(context.pool, application_id, None)
    if found is not None:
        params = Received(found.job_title, found.employer_name)
        await _tell(context, found.members, "application_received", application_id, params, fact=application_id)


async def employer_decided(context: Context, *, employer_id: UUID) -> None:
    found = await store.decision(context.pool, employer_id)
    if found is not None:
        params = msgspec.convert(found, Decided, from_attributes=True)
        await _tell(context, found.members, "employer_decided", employer_id, params, fact=found.id)


async def security_notice(context: Context, *, account_id: UUID, what: str, fact: UUID) -> None:
    """The owner of an account hears what happened to it; `fact` names that event once."""
    params = msgspec.convert({"what": what}, Security)
    await _tell(context, [account_id], "security_notice", account_id, params, fact=f"{what}:{fact}")


async def _tell(
    context: Context, accounts: Sequence[UUID], topic: str, subject: UUID, params: Params, *, fact: UUID | str
) -> None:
    now = context.clock()
    await store.tell(
        context.pool, accounts, topic, subject, params, fact=f"{topic}:{fact}", now=now, until=now + NOTICES[topic].life
    )


async def prune_notifications(context: Context) -> None:
    """Forget events that no phone will ask for any more, and what became of old pushes."""
    now = context.clock()
    async with unhurried(context.pool) as tx:
        await store.prune(tx, now - EVENTS_KEPT, now - PUSHES_KEPT)


TASKS = {
    "application_moved": application_moved,
    "application_received": application_received,
    "employer_decided": employer_decided,
    "security_notice": security_notice,
}
SCHEDULE = {"prune_notifications": ("*/10 * * * *", prune_notifications)}
