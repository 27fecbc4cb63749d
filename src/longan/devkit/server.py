"""What the two embedded servers have in common: a folder of their own, a log, a start that can be waited for."""

import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Self

from longan.devkit import placing
from longan.devkit.processes import CannotStart, end, hold, last_lines, make_log

PAUSE_SECONDS = 0.02


class Server(ABC):
    """A server over `data_dir`. It ends with the thread that started it: start it from the main thread."""

    title: str

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.log = data_dir
        self._since = 0
        self._locks: dict[Path, IO[bytes]] = {}
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def starting(self) -> Iterator[None]:
        """Start, yielding whenever there is nothing to do but wait. Raises `CannotStart`; call `stop` then."""

    @abstractmethod
    def stop(self) -> None:
        """End it and let go of the folder. Harmless when it does not run."""

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    def start(self) -> Self:
        """Start and wait until it answers. Raises `CannotStart`."""
        try:
            for _ in self.starting():
                time.sleep(PAUSE_SECONDS)
        except BaseException:
            self.stop()
            raise
        return self

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _begin(self) -> None:
        """Make the folder and the log, and take the folder for ourselves."""
        self.data_dir = placing.make_data_dir(self.data_dir)
        self.log = self.data_dir / "log" / f"{self.title.lower()}.log"
        self._since = make_log(self.log)
        self._take(self.data_dir)

    def _take(self, folder: Path) -> None:
        if folder not in self._locks:
            self._locks[folder] = hold(folder / f"{self.title.lower()}.lock", self.title)

    def _end(self, *signals: signal.Signals) -> None:
        if self._process is not None:
            end(self._process, *signals)
            self._process = None
        for lock in self._locks.values():
            lock.close()
        self._locks.clear()

    def _failure(self) -> CannotStart:
        return CannotStart(f"{self.title} did not start; {self.log} ends with:\n{last_lines(self.log, self._since)}")
