"""Child processes that do not outlive us, however we end; standard library only, because it is a program as well."""

import contextlib
import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import IO, NamedTuple

PATIENCE_SECONDS = 5.0
LOG_BYTES = 10_000_000
PR_SET_PDEATHSIG = 1
_PRCTL = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


class CannotStart(Exception):
    """Something of the development environment cannot start: one sentence for the person at the terminal."""


class User(NamedTuple):
    uid: int
    gid: int


def spawn(
    arguments: Sequence[str | Path],
    *,
    log: Path,
    when_orphaned: signal.Signals = signal.SIGTERM,
    user: User | None = None,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    given: str = "",
) -> subprocess.Popen[bytes]:
    """Start a process that reads `given` and writes to `log`, in a session of its own: Ctrl-C then reaches only us.

    It gets `when_orphaned` when the calling *thread* ends: call this from a thread that lives as long as the process.
    """
    with log.open("ab") as output:
        process = subprocess.Popen(
            arguments,
            stdin=subprocess.PIPE if given else subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=environment,
            start_new_session=True,
            user=user and user.uid,
            group=user and user.gid,
            extra_groups=None if user is None else [],
            # Runs after the change of user, which would undo it (CPython's child_exec; prctl(2)). It takes no lock that
            # another thread could hold.
            preexec_fn=partial(_end_with, os.getpid(), when_orphaned),  # noqa: PLW1509
        )
    if process.stdin is not None:
        with contextlib.suppress(BrokenPipeError), process.stdin:
            process.stdin.write(given.encode())
    return process


def _end_with(parent: int, when_orphaned: int) -> None:
    if _PRCTL is not None:
        _PRCTL(PR_SET_PDEATHSIG, when_orphaned, 0, 0, 0)
    if os.getppid() != parent:  # it ended before we could ask to be told
        os._exit(1)


def end(process: subprocess.Popen[bytes], *signals: signal.Signals, patience: float = PATIENCE_SECONDS) -> None:
    """Ask the process with each of `signals` in turn, `patience` seconds for each; then kill what is left of its group.

    Only the first process of the group is asked: a server tells its own workers.
    """
    for each in signals:
        if process.poll() is None:
            process.send_signal(each)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(patience)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def hold(lock: Path, what: str) -> IO[bytes]:
    """The locked file; closing it, or ending in any way, lets go. Raises `CannotStart`, naming who holds it."""
    try:
        file = lock.open("a+b")
    except OSError as error:
        raise CannotStart(
            f"{lock} cannot be written ({error.strerror}): set LONGAN_DATA_DIR to a folder that you may write."
        ) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        holder = file.read().decode(errors="replace").strip()
        file.close()
        raise CannotStart(f"{what} already runs in {lock.parent} (process {holder or 'unknown'}).") from None
    file.truncate(0)
    file.write(str(os.getpid()).encode())
    file.flush()
    return file


def names_somebody(lock: Path) -> bool:
    """Whether a holder's number stands in the file, be it let go or not."""
    return lock.exists() and lock.stat().st_size > 0


def make_log(log: Path) -> int:
    """Make the log's folder, put a long log aside as `.1`, and give the position at which this run's lines begin."""
    log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    size = log.stat().st_size if log.exists() else 0
    if size <= LOG_BYTES:
        return size
    log.replace(log.with_suffix(".log.1"))
    log.touch(mode=0o600)
    return 0


def last_lines(log: Path, since: int, count: int = 15) -> str:
    """The last lines written to `log` after position `since`."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(since, log.stat().st_size - 100_000))
        return "\n".join(file.read().decode(errors="replace").splitlines()[-count:])


class Keeper:
    """Ends process groups after us when we are killed outright.

    The kernel tells only the first process of a group; granian's workers live on when their main process is killed,
    or when it is told while they are still starting (both seen with 2.8). So a process waits at the end of a pipe that
    only our end, in whatever way, can close.
    """

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
        )

    def watch(self, group: int) -> None:
        self._tell(f"+{group}\n")

    def forget(self, group: int) -> None:
        self._tell(f"-{group}\n")

    def close(self) -> None:
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        self._process.wait()

    def _tell(self, line: str) -> None:
        if self._process.stdin is not None:
            # Without its keeper a group still has the kernel's word: no reason to stop the work.
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.write(line.encode())
                self._process.stdin.flush()


def keep(lines: IO[bytes]) -> None:
    """What the keeper's process does: read `+group` and `-group` until the other end is gone, then end the groups."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in lines:
        if line.startswith(b"+"):
            groups.add(int(line[1:]))
        else:
            groups.discard(int(line[1:]))
    deadline = time.monotonic() + PATIENCE_SECONDS
    groups = {group for group in groups if _signal(group, signal.SIGTERM)}
    while groups and time.monotonic() < deadline:
        time.sleep(0.05)
        groups = {group for group in groups if _signal(group, 0)}
    for group in groups:
        _signal(group, signal.SIGKILL)


def _signal(group: int, number: int) -> bool:
    """Whether the group still has a process to signal."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    keep(sys.stdin.buffer)
