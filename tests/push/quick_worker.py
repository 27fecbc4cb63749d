"""A worker that only sends pushes, with pauses of a hundredth and short leases: what it survives takes seconds."""

import asyncio
import logging
import signal
from datetime import timedelta

import uvloop

from longan import worker
from longan.floor.setup import settings
from longan.rooms.push import domain
from longan.rooms.push.outside import Fcm
from tests.push.pushing import PACE, never

LEASE = timedelta(seconds=1.5)


async def main() -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    read = settings.read()
    assert read.fcm_credentials is not None
    async with worker.opened(read) as context:
        fcm = Fcm(context.http, read.fcm_base_url, read.fcm_credentials, context.clock, pace=PACE)
        await domain.Sender(context.pool, fcm, context.clock, pace=PACE, lease=LEASE, quiet=never).run(stop, 1.0)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    uvloop.run(main())
