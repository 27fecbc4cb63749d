"""What the worker does for the room: the cells of the map are added up."""

from longan import housing_cells
from longan.tasks import Context, Task, unhurried


async def add_up_housing_cells(context: Context) -> None:
    """Every minute: what changed on the map is added to its cells."""
    more = True
    while more:
        async with unhurried(context.pool) as tx:
            more = await housing_cells.add_up(tx)


TASKS: dict[str, Task] = {}
SCHEDULE = {"add_up_housing_cells": ("* * * * *", add_up_housing_cells)}
