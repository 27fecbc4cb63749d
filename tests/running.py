"""`longan dev` as a person starts it: a process of its own, on free ports and a data directory of its own."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

START_SECONDS = 120.0
END_SECONDS = 30.0
PORTS = ("LONGAN_PORT", "LONGAN_METRICS_PORT", "LONGAN_DEVKIT_PORT", "LONGAN_S3_PORT")


class Service:
    """The service, which a test may stop and start again over the same data."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.told = ""
        self._output = folder / "told.txt"
        self._began = 0.0
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

    def begin(self) -> None:
        self._began = time.monotonic()
        with self._output.open("wb") as told:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "longan", "dev"], env=self.environment, stdout=told, stderr=told
            )

    def wait(self) -> float:
        """Until it has said that it is ready; seconds from its beginning to its first answer."""
        self._until(self._answers)
        seconds = time.monotonic() - self._began
        self._until(lambda: "Ctrl-C" in self._output.read_text())
        self.told = self._output.read_text()
        return seconds

    def _until(self, true: Callable[[], bool]) -> None:
        while not true():
            assert self._process is not None and self._process.poll() is None, self._output.read_text()
            assert time.monotonic() < self._began + START_SECONDS, self._output.read_text()
            time.sleep(0.05)

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
def begun() -> Iterator[Service]:
    with tempfile.TemporaryDirectory(prefix="longan-dev-") as name:
        if os.geteuid() == 0:
            # The servers' own user must get at its data, else they put it elsewhere, and there it stays.
            Path(name).chmod(0o711)
        made = Service(Path(name))
        try:
            made.begin()
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


def begin(config: pytest.Config) -> Service:
    """One for all modules that ask for it: to start takes seconds."""
    if SERVICE not in config.stash:
        endings = ExitStack()
        config.add_cleanup(endings.close)
        config.stash[SERVICE] = endings.enter_context(begun())
    return config.stash[SERVICE]


@pytest.fixture(scope="module")
def service(request: pytest.FixtureRequest) -> Service:
    made = begin(request.config)
    made.wait()
    return made
