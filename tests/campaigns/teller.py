"""`python -m tests.campaigns.teller <database> <campaign>`: a process that tells a campaign, to be killed."""

import asyncio
import sys
from uuid import UUID

from longan.floor.base import clock
from longan.floor.database import db
from longan.rooms.campaigns import tasks


async def main(database_url: str, campaign: UUID) -> None:
    async with db.create_pool(database_url, 1, "test") as pool:
        while (await tasks.step(pool, campaign, "80", clock.utc(), batch=7, window=40)).more:
            pass


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], UUID(sys.argv[2])))
