"""Keys are rotated while phones use two processes, and none of them notices (SECURITY T15)."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import jwt
import msgspec
import pytest
import redis.asyncio

from longan.api.app import create_app
from longan.api.edge import Edge
from longan.devkit import embedded
from longan.floor.access.entrance import Entering
from longan.floor.requests.limits import Limiter
from longan.floor.setup import keys
from longan.floor.setup.settings import Settings
from tests.conftest import Copies, Real, TestClock, client_of, made_real
from tests.running import free_ports
from tests.sessions.conftest import signed_in_on

URL = "https://id.test"


@pytest.fixture
def folder_of_keys(tmp_path: Path) -> Path:
    keys.ensure(tmp_path / "keys")
    return tmp_path / "keys"


class Pair:
    """Two processes of one service, each with its own memory of the keys."""

    def __init__(self, real: Real, second: Edge, folder: Path) -> None:
        self.apps, self.folder, self.real = (real.app, second), folder, real
        self.clients = [client_of(app) for app in self.apps]
        self.seen: Counter[int] = Counter()
        self.kids: Counter[str] = Counter()

    def look(self, number: int) -> None:
        ring = self.apps[number].app.state["keys"]
        if (found := ring.look()) is not None:
            ring.take(found)

    async def use(self, account: Any, rounds: int) -> None:
        """A phone that signs in, asks both, refreshes at one, asks both again."""
        for number in range(rounds):
            here, there = self.clients[number % 2], self.clients[1 - number % 2]
            pair = await self.sign_in(account, number % 2)
            for client in (here, there):
                answer = await client.get("/v1/me", headers={"Authorization": f"Bearer {pair['access_token']}"})
                self.seen[answer.status_code] += 1
            renewed = await there.post("/v1/auth/refresh", json={"refresh_token": pair["refresh_token"]})
            self.seen[renewed.status_code] += 1
            token = renewed.json()["access_token"]
            self.kids[jwt.get_unverified_header(token)["kid"]] += 1
            answer = await here.get("/v1/me", headers={"Authorization": f"Bearer {token}"})
            self.seen[answer.status_code] += 1

    async def sign_in(self, account: Any, number: int) -> dict[str, Any]:
        state = self.apps[number].app.state
        async with self.real.pool.acquire() as connection, connection.transaction():
            entering = Entering(account_id=account, audience="app", amr=["otp"])
            made: dict[str, Any] = msgspec.to_builtins(await state.entrance.open(connection, entering, state.clock()))
            return made


def share(ours: Path, theirs: Path) -> None:
    """The keys with which the phones of the sample are sealed."""
    for file in ours.iterdir():
        if not file.name.startswith("access-"):
            (theirs / file.name).write_bytes(file.read_bytes())


@pytest.fixture
async def pair(
    copies: Copies, settings: Settings, clock: TestClock, valkey: redis.asyncio.Redis, folder_of_keys: Path,
    keys_dir: Path,
) -> AsyncIterator[Pair]:  # fmt: skip
    share(keys_dir, folder_of_keys)
    told = msgspec.structs.replace(settings, keys_dir=folder_of_keys)
    async with made_real(copies, told, clock) as real:
        told = msgspec.structs.replace(told, database_url=real.url)
        second = create_app(told, pool=real.pool, clock=clock, valkey=valkey)
        made = Pair(real, second, folder_of_keys)
        for app in made.apps:
            app.limiter = Limiter(valkey, 10_000)
        yield made
        for client in made.clients:
            await client.aclose()


async def test_a_rotation_under_load_makes_no_false_401(pair: Pair, clock: TestClock) -> None:
    accounts = [await pair.real.account() for _ in range(3)]
    looks = {2: 0, 8: 1}  # by minutes after the rotation: one process looks long after the other

    for minute in range(-2, 24, 2):
        if minute == 0:
            keys.rotate(pair.folder, ["access-app", "access-official"], clock())
        if minute in looks:
            pair.look(looks[minute])
        await asyncio.gather(*(pair.use(account, 2) for account in accounts))
        clock.shift(timedelta(minutes=2))

    assert set(pair.seen) == {200}
    assert len(pair.kids) == 2
    assert min(pair.kids.values()) > 20
    keys.retire(pair.folder, clock())
    for number in range(2):
        pair.look(number)
    await asyncio.gather(*(pair.use(account, 2) for account in accounts))
    assert set(pair.seen) == {200}


class Processes:
    """Two `longan api` of their own, and phones that use both."""

    def __init__(self, environment: dict[str, str], ports: list[int]) -> None:
        self.environment, self.ports = environment, ports
        self.running: list[asyncio.subprocess.Process] = []
        self.seen: Counter[int] = Counter()
        self.kids: Counter[str] = Counter()

    async def start(self) -> None:
        for port in self.ports:
            told = self.environment | {"LONGAN_PORT": str(port)}
            self.running.append(
                await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "longan", "api", env=told, stdout=DEVNULL, stderr=DEVNULL
                )
            )
        async with asyncio.timeout(60), httpx.AsyncClient(trust_env=False) as client:
            for port in self.ports:
                while True:
                    with suppress(httpx.TransportError):
                        if (await client.get(f"http://127.0.0.1:{port}/readyz")).is_success:
                            break
                    await asyncio.sleep(0.1)

    async def stop(self) -> None:
        for process in self.running:
            process.terminate()
        for process in self.running:
            await process.wait()

    async def phone(self, number: str, until: float) -> None:
        loop = asyncio.get_running_loop()
        async with AsyncExitStack() as held:
            clients = [
                await held.enter_async_context(httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False))
                for port in self.ports
            ]
            pair = await signed_in_on(clients[0], number)
            while loop.time() < until:
                bearer = {"Authorization": f"Bearer {pair['access_token']}"}
                for client in clients * 5:
                    self.seen[(await client.get("/v1/me", headers=bearer)).status_code] += 1
                clients.reverse()
                answer = await clients[0].post("/v1/auth/refresh", json={"refresh_token": pair["refresh_token"]})
                self.seen[answer.status_code] += 1
                pair = answer.json()
                self.kids[jwt.get_unverified_header(pair["access_token"])["kid"]] += 1


@pytest.mark.long
async def test_a_rotation_by_the_command_under_load_makes_no_false_401_in_real_processes(
    copies: Copies, services: embedded.Services, folder_of_keys: Path, keys_dir: Path
) -> None:
    share(keys_dir, folder_of_keys)
    async with copies.one() as url:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LONGAN_")} | {
            "LONGAN_ENV": "development", "LONGAN_DATABASE_URL": url, "LONGAN_REDIS_URL": services.redis_url,
            "LONGAN_KEYS_DIR": str(folder_of_keys), "LONGAN_PUBLIC_URL": URL, "LONGAN_PROVINCE_CODE": "80",
            "LONGAN_METRICS_PORT": "0", "LONGAN_RATE_LIMIT_SCALE": "1000",
            "LONGAN_SMS_URL": "http://127.0.0.1:9", "LONGAN_FCM_BASE_URL": "http://127.0.0.1:9",
        }  # fmt: skip
        processes = Processes(environment, free_ports(2))
        try:
            await processes.start()
            until = asyncio.get_running_loop().time() + 40
            phones = [asyncio.create_task(processes.phone(f"+8490000000{n}", until)) for n in range(1, 5)]
            await asyncio.sleep(3)
            rotating = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "longan", "keys", "rotate", "--after", "0.3", env=environment, stdout=DEVNULL
            )
            assert await rotating.wait() == 0
            await asyncio.gather(*phones)
        finally:
            await processes.stop()

    assert set(processes.seen) == {200}
    assert len(processes.kids) == 2
    assert min(processes.kids.values()) > 50


async def test_a_token_of_a_key_that_was_removed_is_refused_though_it_was_read_before(
    pair: Pair, clock: TestClock
) -> None:
    account = await pair.real.account()
    token = (await pair.sign_in(account, 0))["access_token"]
    client, bearer = pair.clients[0], {"Authorization": f"Bearer {token}"}
    assert (await client.get("/v1/me", headers=bearer)).status_code == 200

    keys.rotate(pair.folder, ["access-app"], clock(), timedelta(seconds=-1))
    (pair.folder / "access-app.1.pem").unlink()
    pair.look(0)

    answer = await client.get("/v1/me", headers=bearer)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (
        401, 'Bearer realm="longan", error="invalid_token"',
    )  # fmt: skip
