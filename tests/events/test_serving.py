"""Streams over HTTP, from the server as it runs in production: many processes, clients that hang up, an end in time."""

import asyncio
import os
import shutil
import signal
import socket
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import pytest

from longan.floor.setup.settings import Settings
from tests.conftest import Real
from tests.events.following import PATH, SOON, Reader, happen, until
from tests.events.serving import Served, served

FREED_SECONDS = 5.0


class HttpFollower(Reader):
    """A client over HTTP/1.1 with a connection of its own."""

    def __init__(self, http: aiohttp.ClientSession, url: str, headers: dict[str, str], last: str = "") -> None:
        super().__init__(last)
        self._http, self._url = http, url
        self._headers = headers | ({"Last-Event-ID": last} if last else {})
        self.answer: aiohttp.ClientResponse | None = None
        self.life = asyncio.ensure_future(self._follow())

    async def _follow(self) -> None:
        async with self._http.get(self._url + PATH, headers=self._headers) as self.answer:
            async for piece in self.answer.content.iter_any():
                self.feed(piece)


def patient() -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(limit=0, force_close=True)
    return aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=60))


async def streams_become(api: Served, number: int) -> None:
    deadline = asyncio.get_running_loop().time() + FREED_SECONDS
    while (left := await api.streams()) != number:
        assert asyncio.get_running_loop().time() < deadline, f"{left} streams after {FREED_SECONDS} s"
        await asyncio.sleep(0.05)


async def test_an_event_reaches_the_streams_of_all_processes(real: Real, settings: Settings, tmp_path: Path) -> None:
    accounts = [await real.account() for _ in range(8)]
    headers = [await real.bearer(account) for account in accounts]
    async with (
        served(settings, real.url, tmp_path) as one, served(settings, real.url, tmp_path, LONGAN_WORKERS="2") as two,
        patient() as http,
    ):  # fmt: skip
        streams = [HttpFollower(http, api.url, each) for api in (one, two) for each in headers]
        await until(lambda: all(stream.events for stream in streams))

        subjects = await happen(real, *accounts)
        await until(lambda: all(stream.subjects for stream in streams))

        told = [stream.subjects for stream in streams]
        for stream in streams:
            stream.life.cancel()
        await asyncio.gather(*(stream.life for stream in streams), return_exceptions=True)
    assert told == [[subject] for subject in subjects] * 2


async def hang_up_politely(url: str, headers: dict[str, str]) -> None:
    async with patient() as http, http.get(url, headers=headers) as answer:
        await answer.content.readuntil(b"reset")


async def hang_up_with_a_reset(url: str, headers: dict[str, str]) -> None:
    host, port = url.removeprefix("http://").split("/")[0].split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    sent = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"GET {PATH} HTTP/1.1\r\nHost: x\r\n{sent}\r\n".encode())
    await reader.readuntil(b"reset")
    linger = (1).to_bytes(4, "little") + (0).to_bytes(4, "little")
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


async def hang_up_before_the_answer(url: str, headers: dict[str, str]) -> None:
    host, port = url.removeprefix("http://").split("/")[0].split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    sent = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"GET {PATH} HTTP/1.1\r\nHost: x\r\n{sent}\r\n".encode())
    await writer.drain()
    writer.transport.abort()


async def cancel_one_stream_of_a_connection(url: str, headers: dict[str, str]) -> None:
    """HTTP/2: the connection stays and goes on (granian #917)."""
    async with httpx.AsyncClient(http1=False, http2=True, trust_env=False) as http:
        async with http.stream("GET", url, headers=headers) as answer:
            assert answer.http_version == "HTTP/2"
            async for piece in answer.aiter_raw():
                if b"reset" in piece:
                    break
        again = await http.get(url.replace(PATH, "/healthz"))
        assert again.status_code == 200


WAYS: dict[str, Any] = {
    each.__name__: each
    for each in (
        hang_up_politely, hang_up_with_a_reset, hang_up_before_the_answer, cancel_one_stream_of_a_connection,
    )
}  # fmt: skip


async def test_whoever_hangs_up_frees_everything(real: Real, settings: Settings, tmp_path: Path) -> None:
    headers = [await real.bearer() for _ in range(3)]
    async with served(settings, real.url, tmp_path) as api:
        for way in WAYS.values():
            async with asyncio.timeout(SOON):
                await asyncio.gather(*(way(api.url + PATH, each) for each in headers))

            await streams_become(api, 0)
        await asyncio.to_thread(api.stop)
        said = api.said()
    assert "Traceback" not in said
    assert '"route":"stream_events"' in said


async def test_sigterm_ends_the_process_in_its_grace_with_streams_open(
    real: Real, settings: Settings, tmp_path: Path
) -> None:
    mine = await real.account()
    headers = await real.bearer(mine)
    async with served(settings, real.url, tmp_path) as api, patient() as http:
        streams = [HttpFollower(http, api.url, await real.bearer()) for _ in range(20)]
        streams.append(HttpFollower(http, api.url, headers))
        await until(lambda: all(stream.events for stream in streams))
        await happen(real, mine)
        await until(lambda: streams[-1].subjects)

        seconds = await asyncio.to_thread(api.stop)
        ends = await asyncio.gather(*(stream.life for stream in streams), return_exceptions=True)

        said = api.said()
    assert seconds < 5.0
    assert "refused to gracefully stop" not in said
    assert said.count('"route":"stream_events"') == 21, said
    assert [end for end in ends if end is not None] == []


async def test_streams_leave_room_for_everybody_else(real: Real, settings: Settings, tmp_path: Path) -> None:
    headers = [await real.bearer() for _ in range(30)]
    async with served(settings, real.url, tmp_path, LONGAN_EVENT_STREAMS="20") as api, patient() as http:
        streams = [HttpFollower(http, api.url, each) for each in headers]
        await until(lambda: all(stream.answer is not None for stream in streams))

        statuses = sorted(stream.answer.status for stream in streams if stream.answer is not None)
        async with http.get(f"{api.url}/v1/jobs?limit=1") as jobs:
            assert jobs.status == 200
        for stream in streams:
            stream.life.cancel()
        await asyncio.gather(*(stream.life for stream in streams), return_exceptions=True)
        await streams_become(api, 0)
    assert statuses == [200] * 20 + [503] * 10


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
async def test_the_example_of_the_app_developers_runs(real: Real, settings: Settings, tmp_path: Path) -> None:
    mine = await real.account()
    headers = await real.bearer(mine)
    async with served(settings, real.url, tmp_path) as api:
        shell = await asyncio.create_subprocess_exec(
            "sh", "-eu", start_new_session=True, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            env={"PATH": "/usr/bin:/bin", "API": api.url, "TOKEN": headers["Authorization"].split()[1], "LAST": ""},
        )  # fmt: skip
        assert shell.stdin is not None and shell.stdout is not None
        shell.stdin.write(example().encode())
        shell.stdin.close()
        reader = Reader()
        async with asyncio.timeout(20):
            while not reader.events and (piece := await shell.stdout.read(1_000)):
                reader.feed(piece)
            subjects = await happen(real, mine)
            while not reader.subjects and (piece := await shell.stdout.read(1_000)):
                reader.feed(piece)
        os.killpg(shell.pid, signal.SIGTERM)
        await shell.wait()

    assert reader.resets == 1
    assert reader.subjects == subjects


def example() -> str:
    """The shell commands below "As it happens" in docs/app-developers.md."""
    text = (Path(__file__).parents[2] / "docs" / "app-developers.md").read_text()
    _, _, section = text.partition("## As it happens")
    _, _, block = section.partition("```sh\n")
    return block.partition("```")[0]
