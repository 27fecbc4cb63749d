"""What the worker does for the room: asks the tax registry, until it answers."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from longan.floor.database import reminders
from longan.floor.database.tasks import Context, Task
from longan.floor.setup.crypto import Sealed
from longan.rooms.registry import store
from longan.rooms.registry.domain import pause_after, spread
from longan.rooms.registry.models import Kept
from longan.rooms.registry.outside import HttpTaxRegistry, RegistryDown, TaxRegistry

FAILURES_TO_OPEN = 5
OPEN_FOR = timedelta(seconds=60)


async def check_registration(context: Context, *, check_id: UUID) -> None:
    """Ask the registry about an employer that somebody is to decide on.

    While the registry is away the question waits, for all who may to see, and is asked again later and later by a
    reminder: the tries of the queue end after an hour, an outage may last for days. What was decided meanwhile is not
    asked any more: the number may be a person's, and nobody needs the answer.
    """
    question = await store.question(context.pool, check_id)
    if question is None:
        return
    told, now = context.settings, context.clock()
    if not told.tax_registry_url or not question.wanted:
        await store.not_asked(context.pool, check_id)
        return
    if (until := await store.open_until(context.pool, now)) is not None:
        await _later(context, check_id, now + spread(until - now, check_id), None)
        return
    numbers = Sealed(context.keys, "number")
    code = question.tax_code
    if code is None and question.tax_code_cipher is not None:
        code = numbers.open(question.tax_code_cipher, question.employer_id)
    registry: TaxRegistry = HttpTaxRegistry(context.http, told.tax_registry_url, told.tax_registry_key)
    try:
        said = await registry.look_up(check_id, code or "")
    except RegistryDown as down:
        now = context.clock()
        await _later(context, check_id, now + pause_after(question.tries + 1, check_id), str(down))
        return
    await store.mended(context.pool)
    kept = msgspec.json.encode(Kept(said.name, said.address)).decode()
    await store.answered(context.pool, check_id, said.result, numbers.seal(kept, check_id), context.clock())


async def _later(context: Context, check: UUID, at: datetime, failure: str | None) -> None:
    now = context.clock()
    async with context.pool.acquire() as tx, tx.transaction():
        if failure is not None:
            await store.failed(tx, FAILURES_TO_OPEN, now + OPEN_FOR)
        if await store.later(tx, check, at, failure, now):
            await reminders.remind(tx, "check_registration", at, f"check_registration {check}", check_id=check)


TASKS: dict[str, Task] = {"check_registration": check_registration}
