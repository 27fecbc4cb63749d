"""The processes of the environment: what they are, how they are mended, and what of their logs a person should see."""

import asyncio
import re
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from longan.devkit.processes import CannotStart, Keeper, end, last_lines, make_log, spawn
from longan.devkit.server import PAUSE_SECONDS

READY_SECONDS = 30.0
ANSWER_SECONDS = 2.0
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 15.0
STEADY_SECONDS = 30.0
# `"level":"warning"` of our own lines, `[WARNING]` of granian's, `WARNING:name:` of Python's.
LEVEL = re.compile(r'"level": ?"(?P<json>\w+)"|\[(?P<bracketed>[A-Z]+)\]|^(?P<plain>[A-Z]+):')
WORSE = frozenset({"warn", "warning", "error", "critical", "fatal", "exception"})


class Child(msgspec.Struct, frozen=True, kw_only=True):
    """A process to run; `ready` is the address that answers 200 once it can work."""

    name: str
    arguments: tuple[str, ...]
    ready: str = ""


class Running:
    """A child and the process that is it just now. It ends with the thread that started it."""

    def __init__(self, child: Child, logs: Path, environment: Mapping[str, str], keeper: Keeper) -> None:
        self.child = child
        self.log = logs / f"{child.name}.log"
        self.news = News(self.log)
        self._environment = environment
        self._keeper = keeper
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._again_at: float | None = None
        self._pause = FIRST_PAUSE_SECONDS

    def start(self) -> None:
        self.news.begin_at(make_log(self.log))
        self._process = spawn(self.child.arguments, log=self.log, environment=self._environment)
        self._keeper.watch(self._process.pid)
        self._started_at = time.monotonic()
        self._again_at = None

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """End it and whatever it started."""
        if self._process is not None:
            end(self._process, signal.SIGTERM)
            self._keeper.forget(self._process.pid)
            self._process = None

    def mend(self) -> str:
        """Start it again some time after it died; what a person should be told, or nothing.

        The pause doubles up to 15 seconds while it keeps dying within half a minute.
        """
        now = time.monotonic()
        if self.alive:
            return ""
        if self._again_at is None:
            story = self.how_it_ended()
            self.stop()  # what it started may still hold its port
            self._pause = FIRST_PAUSE_SECONDS if now - self._started_at > STEADY_SECONDS else self._pause
            self._again_at = now + self._pause
            story = f"{story} It starts again in {self._pause:g} s."
            self._pause = min(2 * self._pause, LONGEST_PAUSE_SECONDS)
            return story
        if now >= self._again_at:
            self.start()
            return f"{self.child.name} started again."
        return ""

    def how_it_ended(self) -> str:
        code = None if self._process is None else self._process.poll()
        ending = f"ended by {_signal(-code)}" if code is not None and code < 0 else f"ended with code {code}"
        return f"{self.child.name} {ending}; {self.log} says last:\n{self.last_lines()}\n"

    def last_lines(self) -> str:
        return last_lines(self.log, self.news.began_at)


async def ready(running: Running) -> None:
    """Wait until the child says that it can work. Raises `CannotStart` with the end of its log."""
    deadline = time.monotonic() + READY_SECONDS
    while running.child.ready and not await answers(running.child.ready):
        if not running.alive:
            raise CannotStart(running.how_it_ended())
        if time.monotonic() > deadline:
            raise CannotStart(
                f"{running.child.name} is not ready after {READY_SECONDS:.0f} s ({running.child.ready} does not answer "
                f"200); {running.log} says last:\n{running.last_lines()}"
            )
        await asyncio.sleep(PAUSE_SECONDS)


async def answers(address: str) -> bool:
    """Whether a GET of the address is answered 200. Asked directly: no proxy of the environment is in between."""
    parts = urlsplit(address)
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
            writer.write(f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n".encode())
            status = await reader.readline()
            writer.close()
    except (OSError, TimeoutError):
        return False
    return status.split()[1:2] == [b"200"]


class News:
    """What was written to a log since the last look, as far as it is a warning or worse."""

    def __init__(self, log: Path) -> None:
        self.began_at = 0
        self._log = log
        self._position = 0
        self._half = b""
        self._worse = False

    def begin_at(self, position: int) -> None:
        self.began_at = self._position = position
        self._half = b""
        self._worse = False

    def read(self) -> list[str]:
        try:
            with self._log.open("rb") as file:
                file.seek(self._position)
                fresh = file.read()
        except FileNotFoundError:  # somebody tidied up
            return []
        self._position += len(fresh)
        *whole, self._half = (self._half + fresh).split(b"\n")
        return [line for line in (raw.decode(errors="replace") for raw in whole) if self._is_worse(line)]

    def _is_worse(self, line: str) -> bool:
        """A line without a level goes with the line before it, as those of a traceback do."""
        if found := LEVEL.search(line):
            self._worse = (found["json"] or found["bracketed"] or found["plain"]).lower() in WORSE
        elif line.startswith("Traceback "):
            self._worse = True
        return self._worse


def _signal(number: int) -> str:
    return signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
