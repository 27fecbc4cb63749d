"""`longan dev` as a person starts it: a process of its own, on free ports and a data directory of its own."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

START_SECONDS = 120.0
END_SECONDS = 30.0
PORTS = ("LONGAN_PORT", "LONGAN_METRICS_PORT", "LONGAN_DEVKIT_PORT")


class Service:
    """The service, which a test may stop and start again over the same data."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.told = ""
        self._process: subprocess.Popen[bytes] | None = None
        ours = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("LONGAN_") and not name.lower().endswith("_proxy")
        }
        self.ports = dict(zip(PORTS, map(str, free_ports(len(PORTS))), strict=True))
        self.environment = {
            **ours, **self.ports, "LONGAN_DATA_DIR": str(folder / "data"), "PYTHONUNBUFFERED": "1",
        }  # fmt: skip
        self.api = f"http://127.0.0.1:{self.ports['LONGAN_PORT']}"

    def start(self) -> float:
        """Seconds until it answered its first request."""
        began = time.monotonic()
        output = self.folder / "told.txt"
        with output.open("wb") as told:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "longan", "dev"], env=self.environment, stdout=told, stderr=told
            )
        while not self._answers():
            assert self._process.poll() is None, output.read_text()
            assert time.monotonic() < began + START_SECONDS, output.read_text()
            time.sleep(0.05)
        seconds = time.monotonic() - began
        while "Ctrl-C" not in output.read_text():
            time.sleep(0.05)
        self.told = output.read_text()
        return seconds

    def stop(self) -> int:
        """As Ctrl-C does; the code it ended with."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(END_SECONDS)

    def end(self) -> None:
        """Whatever happened before."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(END_SECONDS)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.api}/readyz", timeout=2.0, trust_env=False).is_success
        except httpx.TransportError:
            return False


@contextmanager
def started() -> Iterator[Service]:
    with tempfile.TemporaryDirectory(prefix="longan-dev-") as name:
        made = Service(Path(name))
        try:
            made.start()
            yield made
        finally:
            made.end()


def free_ports(number: int) -> list[int]:
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(number)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


SERVICE = pytest.StashKey[Service]()


@pytest.fixture(scope="module")
def service(request: pytest.FixtureRequest) -> Service:
    """One for all modules that ask for it: a start takes seconds."""
    stash = request.config.stash
    if SERVICE not in stash:
        endings = ExitStack()
        request.config.add_cleanup(endings.close)
        stash[SERVICE] = endings.enter_context(started())
    return stash[SERVICE]
