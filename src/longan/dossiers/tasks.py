"""What the worker does for the room: nothing that was seen of a dossier is kept longer than it is of use."""

from datetime import timedelta

from longan import dossier_tries
from longan.dossiers import store
from longan.tasks import Context, Task, Timed, unhurried

# Most procedures take less; whoever looks again has it kept anew.
KEPT = timedelta(days=90)


async def forget_dossiers(context: Context) -> None:
    """Every night in Viet Nam."""
    now = context.clock()
    async with unhurried(context.pool) as tx:
        await store.forget(tx, now - KEPT, now - dossier_tries.KEPT)


TASKS: dict[str, Task] = {}
SCHEDULE: dict[str, Timed] = {"forget_dossiers": ("35 18 * * *", forget_dossiers)}
