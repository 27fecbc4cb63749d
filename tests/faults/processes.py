"""The processes that are hurt: ours as groups, and the servers' with their children."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from longan.devkit.processes import Keeper, end, spawn
from longan.devkit.server import Server


class Running:
    """One of our commands as a process group, which can be killed outright and started again."""

    def __init__(
        self, name: str, arguments: tuple[str, ...], folder: Path, environment: Mapping[str, str], keeper: Keeper
    ) -> None:
        self.log = folder / f"{name}.log"
        self._arguments = (sys.executable, *arguments)
        self._environment = environment
        self._keeper = keeper
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        self._process = spawn(self._arguments, log=self.log, environment=self._environment)
        self._keeper.watch(self._process.pid)

    def kill(self) -> None:
        """SIGKILL to all of it at once: the workers of a server would live on after their main process."""
        self._stop(signal.SIGKILL)

    def stop(self) -> None:
        self._stop(signal.SIGTERM)

    def _stop(self, number: signal.Signals) -> None:
        if self._process is not None:
            if number == signal.SIGKILL:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self._process.pid, number)
            end(self._process, number)
            self._keeper.forget(self._process.pid)
            self._process = None


def tell(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def children(parent: int) -> list[int]:
    """The processes that a process has started, and that are still there."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(stat.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(stat.parent.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


async def kill(server: Server) -> None:
    """SIGKILL to its first process; whoever wants it again calls `supervisor.up`."""
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    while server.alive:
        await asyncio.sleep(0.01)
