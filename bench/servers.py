"""Starts the contenders' servers, each a process of its own that ends with us."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import msgspec

from bench import machine
from bench.load import Failed
from longan.devkit.processes import Keeper, end, last_lines, spawn

HOST = "127.0.0.1"
READY_SECONDS = 30.0
PAUSE_SECONDS = 0.05
LOCKED = Path("requirements/bench.txt")


class Server(msgspec.Struct, frozen=True):
    """`worker` is the process that answers."""

    name: str
    url: str
    worker: int


@contextmanager
def granian(
    name: str, target: str, probe: str, folder: Path, environment: Mapping[str, str], keeper: Keeper
) -> Iterator[Server]:
    """A server with one worker, as `longan api` starts it; `probe` is a path that answers 200."""
    port = machine.free_port()
    command = [sys.executable, "-m", "bench.serve", target, str(port), "factory"]
    with _running(name, command, port, probe, folder, environment, keeper) as process:
        yield Server(name, f"http://{HOST}:{port}", machine.children(process)[-1])


@contextmanager
def uvicorn(
    name: str, python: Path, target: str, probe: str, folder: Path, environment: Mapping[str, str], keeper: Keeper
) -> Iterator[Server]:
    """The peer's server: uvloop and httptools, no access log (ours writes one)."""
    port = machine.free_port()
    command = [
        str(python), "-m", "uvicorn", target, "--host", HOST, "--port", str(port), "--loop", "uvloop",
        "--http", "httptools", "--no-access-log", "--log-level", "warning",
    ]  # fmt: skip
    with _running(name, command, port, probe, folder, environment, keeper) as process:
        yield Server(name, f"http://{HOST}:{port}", process)


@contextmanager
def _running(
    name: str, command: Sequence[str], port: int, probe: str, folder: Path, environment: Mapping[str, str],
    keeper: Keeper,
) -> Iterator[int]:  # fmt: skip
    log = folder / f"{name}.log"
    began = log.stat().st_size if log.exists() else 0
    process = spawn(command, log=log, environment=environment)
    keeper.watch(process.pid)
    try:
        deadline = time.monotonic() + READY_SECONDS
        while not _answers(f"http://{HOST}:{port}{probe}"):
            if process.poll() is not None or time.monotonic() > deadline:
                raise Failed(f"The server {name!r} did not start; its log ends with:\n{last_lines(log, began)}")
            time.sleep(PAUSE_SECONDS)
        yield process.pid
    finally:
        end(process, signal.SIGTERM)
        keeper.forget(process.pid)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def peer_python(folder: Path) -> Path:
    """The interpreter of the peer's environment, which is made when it is missing or its lock has changed."""
    python, mark = folder / "bin" / "python", folder / "locked"
    digest = hashlib.sha256(LOCKED.read_bytes()).hexdigest()
    if not mark.exists() or mark.read_text() != digest:
        uv = shutil.which("uv", path=f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}")
        if uv is None:
            raise Failed("uv is not installed, and it is what makes the peer's environment: `make install` brings it.")
        for command in (
            ["venv", "--clear", "--python", sys.executable, str(folder)],
            ["pip", "install", "--python", str(python), "--require-hashes", "-r", str(LOCKED)],
        ):
            done = subprocess.run([uv, *command, "--quiet"], capture_output=True, text=True, check=False)
            if done.returncode:
                raise Failed(f"The peer's environment could not be made: {done.stderr.strip()}")
        mark.write_text(digest)
    return python
