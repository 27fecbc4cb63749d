"""The stand-ins as a process of their own."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from firebase_admin import credentials

from longan.devkit import stand_ins
from tests.devkit.fcm_asking import accepted, send, to

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start() -> Start:
    def started(*arguments: str, **environment: str) -> subprocess.Popen[str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("LONGAN_")}
        return subprocess.Popen(
            [sys.executable, "-m", "longan.devkit.stand_ins", *arguments],
            env=inherited | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return started


async def test_as_a_process_it_says_where_it_listens_and_ends_on_a_signal(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "fcm.json"
    process = start("--port", "0", "--credentials", str(file), "--kept", "2", LONGAN_ENV="development")
    assert process.stdout is not None

    url = (await asyncio.to_thread(process.stdout.readline)).rpartition(" ")[2].strip()
    token = (await asyncio.to_thread(credentials.Certificate(str(file)).get_access_token)).access_token
    async with aiohttp.ClientSession(url, headers={"Authorization": f"Bearer {token}"}) as session:
        statuses = [(await send(session, to(target)))[0] for target in ("f1", "f2", "f3")]
        kept = [push["target"] for push in await accepted(session)]
        with pytest.raises(aiohttp.ClientConnectionError):
            await send(session, to("reset-before-1-x"))
        await session.post("/fcm/outage", json={"on": True, "how": "closed", "seconds": 600})
        async with aiohttp.ClientSession(url) as newcomer:
            with pytest.raises(aiohttp.ClientConnectorError):
                await newcomer.get("/")
            await session.post("/fcm/outage", json={"on": False})
            async with newcomer.get("/") as page:
                assert page.status == 200
    process.send_signal(signal.SIGTERM)
    _, errors = await asyncio.to_thread(process.communicate, timeout=10)

    assert (statuses, kept) == ([200] * 3, ["f2", "f3"])
    assert (process.returncode, errors) == (0, "")


async def test_a_taken_port_is_named(runner: web.AppRunner, start: Start, tmp_path: Path) -> None:
    port = stand_ins.address(runner).rpartition(":")[2]

    process = start("--port", port, "--credentials", str(tmp_path / "fcm.json"), LONGAN_ENV="development")
    _, errors = await asyncio.to_thread(process.communicate, timeout=20)

    assert process.returncode == 1
    assert errors == f"Port {port} is taken: set LONGAN_DEVKIT_PORT to a free one.\n"


@pytest.mark.parametrize("environment", [{}, {"LONGAN_ENV": "production"}])
def test_outside_development_it_refuses_to_exist(start: Start, tmp_path: Path, environment: dict[str, str]) -> None:
    process = start("--port", "0", "--credentials", str(tmp_path / "fcm.json"), **environment)

    _, errors = process.communicate(timeout=20)

    assert process.returncode == 1
    assert "only in development" in errors
