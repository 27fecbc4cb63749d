"""What the worker does for the room: the cells of the map are added up."""

from longan.floor.database.tasks import Context, Task, unhurried
from longan.floor.housing import housing_cells


async def add_up_housing_cells(context: Context) -> None:
    """Every minute: what changed on the map is added to its cells."""
    more = True
    while more:
        async with unhurried(context.pool) as tx:
            more = await housing_cells.add_up(tx)


TASKS: dict[str, Task] = {}
SCHEDULE = {"add_up_housing_cells": ("* * * * *", add_up_housing_cells)}
