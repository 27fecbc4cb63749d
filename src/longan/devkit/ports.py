"""The ports of the environment: free, or named with the setting that moves them."""

import asyncio
import errno
import socket
import time
from collections.abc import Mapping

from longan.devkit.processes import CannotStart

HOST = "127.0.0.1"
# What a killed start left behind has 5 s to end in order, and is killed then.
LEFT_BEHIND_SECONDS = 10.0
PAUSE_SECONDS = 0.05


class Taken(CannotStart):
    """Ports that somebody else has."""


def check(ports: Mapping[str, int]) -> None:
    """Raises `Taken` naming every port that somebody has, `CannotStart` for one that is none or is given twice.

    `ports` has the setting as the key.
    """
    seen: dict[int, str] = {}
    for variable, port in ports.items():
        if port in seen:
            raise CannotStart(f"{seen[port]} and {variable} are both {port}: set one of them to another port.")
        seen[port] = variable
        if not 0 < port < 65_536:
            raise CannotStart(f"{variable} is {port}, which is no port: set it to one from 1 to 65535.")
    refusals = [f"Port {port} {reason}: set {variable} to another one."
                for variable, port in ports.items() if (reason := _refusal(port))]  # fmt: skip
    if refusals:
        raise Taken(" ".join(refusals))


async def until_free(ports: Mapping[str, int]) -> None:
    """Wait for what a killed start left behind to let go of the ports. Raises as `check`."""
    deadline = time.monotonic() + LEFT_BEHIND_SECONDS
    while True:
        try:
            return check(ports)
        except Taken:
            if time.monotonic() > deadline:
                raise
        await asyncio.sleep(PAUSE_SECONDS)


def _refusal(port: int) -> str:
    with socket.socket() as tried:
        # As servers do: connections of the start before may linger.
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((HOST, port))
        except OSError as error:
            return "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
    return ""
