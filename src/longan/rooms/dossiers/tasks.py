"""What the worker does for the room: nothing that was seen of a dossier is kept longer than it is of use."""

from datetime import timedelta

from longan.floor.database.tasks import Context, Task, Timed, unhurried
from longan.floor.dossiers import dossier_tries
from longan.rooms.dossiers import store

# Most procedures take less; whoever looks again has it kept anew.
KEPT = timedelta(days=90)


async def forget_dossiers(context: Context) -> None:
    """Every night in Viet Nam."""
    now = context.clock()
    async with unhurried(context.pool) as tx:
        await store.forget(tx, now - KEPT, now - dossier_tries.KEPT)


TASKS: dict[str, Task] = {}
SCHEDULE: dict[str, Timed] = {"forget_dossiers": ("35 18 * * *", forget_dossiers)}
