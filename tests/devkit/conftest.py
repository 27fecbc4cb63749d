"""A local FCM server, and clients with and without an access token."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from longan.devkit import fcm_grant, stand_ins
from tests.devkit.fcm_asking import Clock, assertion, grant


@pytest.fixture(scope="package")
def account() -> dict[str, str]:
    return fcm_grant.service_account("http://127.0.0.1")


@pytest.fixture(scope="package")
def signed(account: dict[str, str]) -> str:
    return assertion(account)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def runner(account: dict[str, str], clock: Clock) -> AsyncIterator[web.AppRunner]:
    app = stand_ins.create(account=account, clock=clock, slow_seconds=0.3)
    runner = await stand_ins.serve("127.0.0.1", 0, app)
    yield runner
    await runner.cleanup()


@pytest.fixture
async def stranger(runner: web.AppRunner) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(stand_ins.address(runner)) as session:
        yield session


@pytest.fixture
async def client(stranger: aiohttp.ClientSession, signed: str) -> aiohttp.ClientSession:
    status, granted = await grant(stranger, signed)
    assert status == 200
    stranger.headers["Authorization"] = f"Bearer {granted['access_token']}"
    return stranger
