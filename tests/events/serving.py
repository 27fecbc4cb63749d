"""`longan api` as it runs: granian, its processes, their metrics."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from longan.devkit.processes import end, last_lines, spawn
from longan.floor.setup.settings import Settings
from tests.running import free_ports

START_SECONDS = 30.0


class Served:
    """One `longan api`; `url` is where it answers."""

    def __init__(self, process: subprocess.Popen[bytes], url: str, metrics: str, log: Path) -> None:
        self.process = process
        self.url = url
        self._metrics = metrics
        self._log = log

    async def streams(self) -> int:
        """How many its first process holds, by its own figures."""
        async with aiohttp.ClientSession() as http, http.get(self._metrics) as answer:
            found = re.search(r"^longan_event_streams (\d+)", await answer.text(), re.MULTILINE)
        assert found is not None
        return int(found[1])

    def stop(self) -> float:
        """Seconds from SIGTERM to the end of all of it."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        return time.monotonic() - began

    def said(self) -> str:
        return self._log.read_text()


@asynccontextmanager
async def served(settings: Settings, url: str, folder: Path, **more: str) -> AsyncIterator[Served]:
    """Over the database of `url`; `more` are settings by their variables."""
    port, metrics = free_ports(2)
    around = {name: value for name, value in os.environ.items() if not name.startswith("LONGAN_")} | {
        "LONGAN_ENV": "development", "LONGAN_DATABASE_URL": url, "LONGAN_REDIS_URL": settings.redis_url,
        "LONGAN_KEYS_DIR": str(settings.keys_dir), "LONGAN_PUBLIC_URL": settings.public_url,
        "LONGAN_PROVINCE_CODE": settings.province_code, "LONGAN_PORT": str(port), "LONGAN_METRICS_PORT": str(metrics),
        **more,
    }  # fmt: skip
    log = folder / f"api-{port}.log"
    process = spawn([sys.executable, "-m", "longan", "api"], log=log, environment=around)
    made = Served(process, f"http://127.0.0.1:{port}", f"http://127.0.0.1:{metrics}/metrics", log)
    try:
        deadline = time.monotonic() + START_SECONDS
        async with aiohttp.ClientSession() as http:
            while True:
                assert process.poll() is None and time.monotonic() < deadline, last_lines(log, 0)
                try:
                    async with http.get(f"{made.url}/readyz") as answer:
                        if answer.status == 200:
                            break
                except aiohttp.ClientError:
                    pass
        yield made
    finally:
        end(process, signal.SIGTERM)
