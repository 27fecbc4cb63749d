"""What processes call out to each other through Valkey: one line for each process, on which all its parts listen.

A call says that something changed, never what: whoever hears it looks for themselves. So a call that is lost costs
time, and nothing else; while the line is cut every part knows it.
"""

import asyncio
import contextlib
import logging
from collections.abc import Collection
from typing import Protocol
from uuid import UUID

import redis.asyncio
from redis.exceptions import RedisError

EVENTS = "events"
VALKEY_SECONDS = 0.25
# A Valkey that says nothing for so long is asked; when it is silent for as long again, it is away.
SILENCE_SECONDS = 1.0
AGAIN_SECONDS = 1.0

log = logging.getLogger("longan.calls")


class Listener(Protocol):
    """A part of the process. What was called out before `joined` it must look up itself, and so after every `cut`."""

    channel: str

    async def joined(self) -> None: ...

    def heard(self, call: bytes) -> None: ...

    def cut(self) -> None: ...


async def follow(valkey: redis.asyncio.Redis, *listeners: Listener) -> None:
    """Pass calls on until cancelled, over a new line whenever the old one is lost."""
    while True:
        try:
            await _follow(valkey, {each.channel: each for each in listeners})
        except (RedisError, OSError, TimeoutError, ValueError) as error:
            log.warning("Valkey is away (%s)", type(error).__name__)
        finally:
            for each in listeners:
                each.cut()
        await asyncio.sleep(AGAIN_SECONDS)


async def _follow(valkey: redis.asyncio.Redis, listeners: dict[str, Listener]) -> None:
    """Raises `TimeoutError` when Valkey falls silent: a hanging one would leave us deaf and sure of what we have."""
    task, asked = asyncio.current_task(), False
    async with valkey.pubsub() as calls:
        await calls.subscribe(*listeners)
        while True:
            call = await calls.get_message(timeout=SILENCE_SECONDS)
            if task is not None and task.cancelling():
                # redis-py sends under `asyncio.wait_for`, which until Python 3.12 forgets a cancellation that comes in
                # the turn of the loop in which it is done.
                raise asyncio.CancelledError
            if call is None and asked:
                raise TimeoutError
            asked = call is None
            if call is None:
                await calls.ping()
            elif call["type"] == "subscribe":
                await listeners[call["channel"].decode()].joined()
            elif call["type"] == "message":
                listeners[call["channel"].decode()].heard(call["data"])


async def happened(valkey: redis.asyncio.Redis, accounts: Collection[UUID]) -> None:
    """Call accounts out whose rows in `notifications.events` are committed, so that their streams look there at once.
    Never raises, and never waits long for Valkey: streams look by themselves too."""
    if accounts:
        with contextlib.suppress(RedisError, OSError, TimeoutError):
            async with asyncio.timeout(VALKEY_SECONDS):
                await valkey.publish(EVENTS, b"".join(each.bytes for each in accounts))
