"""The switches of the FCM stand-in: an outage in three ways, and how long answers take."""

import asyncio
import math
import random
import time
from typing import Annotated, Literal

import msgspec
from aiohttp import web

from longan.devkit import wire

LOOK_SECONDS = 0.1

How = Literal["refused", "silent", "closed"]


class Outage(msgspec.Struct, forbid_unknown_fields=True):
    """While `on`, every send is answered 503 (`refused`), read and never answered (`silent`) or finds no open port
    (`closed`); with `grants`, `POST /token` as well. With `seconds` it ends by itself.

    `closed` closes the stand-ins' one port, this switch's too, so it must say for how long.
    """

    on: bool
    grants: bool = False
    how: How = "refused"
    seconds: Annotated[float, msgspec.Meta(gt=0, le=600)] | None = None

    def __post_init__(self) -> None:
        if self.on and self.how == "closed" and self.seconds is None:
            raise ValueError("closed needs seconds: nothing could open the port again")


class Latency(msgspec.Struct, forbid_unknown_fields=True):
    """How long every send waits before it is looked at, in milliseconds: `ms`, and up to `jitter_ms` more."""

    ms: Annotated[int, msgspec.Meta(ge=0, le=60_000)]
    jitter_ms: Annotated[int, msgspec.Meta(ge=0, le=60_000)] = 0

    def seconds(self, chance: float) -> float:
        """The wait of one send, for a `chance` from 0 to 1."""
        return (self.ms + self.jitter_ms * chance) / 1_000


class Door:
    """The port that the stand-ins listen on."""

    def __init__(self) -> None:
        self._runner: web.AppRunner | None = None
        self._address: tuple[str, int] | None = None
        self._opening: asyncio.Task[None] | None = None

    def of(self, runner: web.AppRunner) -> None:
        """From now on this is the door of a runner that listens."""
        self._runner = runner

    async def close(self, seconds: float) -> None:
        """Refuse connections for a time. Those that are open stay; who serves them must break them."""
        if self._runner is None:
            return
        if self._address is None:
            host, port = self._runner.addresses[0][:2]
            self._address = host, port
            for site in list(self._runner.sites):
                await site.stop()
        if self._opening is not None:
            self._opening.cancel()
        self._opening = asyncio.create_task(self._open_after(seconds))

    async def open(self) -> None:
        """Listen again, at the same address."""
        if self._runner is None or self._address is None:
            return
        address, self._address = self._address, None
        if self._opening is not None and self._opening is not asyncio.current_task():
            self._opening.cancel()
        await web.TCPSite(self._runner, *address).start()

    async def _open_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self.open()

    async def leave(self) -> None:
        """Nobody comes back to open it."""
        self._address = None
        if self._opening is not None:
            self._opening.cancel()


class Switches:
    """The outage and the latency of just now."""

    def __init__(self) -> None:
        self.outage = Outage(False)
        self.latency = Latency(0)
        self.door = Door()
        self._ends_at = math.inf

    async def turn(self, outage: Outage) -> None:
        """Begin this outage, or end the one that was."""
        self.outage = outage
        self._ends_at = math.inf if outage.seconds is None else time.monotonic() + outage.seconds
        if outage.on and outage.how == "closed":
            await self.door.close(outage.seconds or 0.0)
        else:
            await self.door.open()

    def how(self) -> How | None:
        """How the service fails just now, None when it does not."""
        return self.outage.how if self.outage.on and time.monotonic() < self._ends_at else None

    async def wait(self) -> None:
        """The latency of one request."""
        if seconds := self.latency.seconds(random.random()):
            await asyncio.sleep(seconds)

    async def break_off(self, request: web.Request) -> web.Response:
        """What a request finds in a `silent` or a `closed` outage: nothing, until the outage or the client's patience
        ends; then a reset."""
        # Nothing tells when a client gives up.
        while self.how() == "silent" and request.transport and not request.transport.is_closing():  # noqa: ASYNC110
            await asyncio.sleep(LOOK_SECONDS)
        return wire.reset(request)
