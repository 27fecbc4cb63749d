"""A provider over real HTTP that can lie, and people who come back from it."""

import json
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec

from longan.api.edge import Edge
from longan.devkit import identity_client, identity_provider, stand_ins
from longan.devkit.identity_provider import PROVIDER, Lie
from longan.floor.accounts.openid import Party, read
from longan.floor.base.clock import Clock
from longan.floor.setup.settings import Settings
from longan.rooms.federation.outside import HttpProvider
from tests.conftest import Real

SLOW_SECONDS = 0.3
KEY = ec.generate_private_key(ec.SECP256R1())


class Peer:
    """The local provider, and the way there and back."""

    def __init__(self, runner: web.AppRunner, provider: HttpProvider, client: httpx.AsyncClient) -> None:
        self.runner = runner
        self.provider = provider
        self.issuer = provider.provider.issuer
        self.client = client

    @property
    def server(self) -> identity_provider.Provider:
        return self.runner.app[PROVIDER]

    def lies(self, at: Any, lie: str, times: int | None = None) -> None:
        self.server.tell(Lie(at, lie, times))

    async def begin(self, path: str = "/v1/auth/federated/local", **more: Any) -> dict[str, Any]:
        answer = await self.client.post(path, **more)
        assert answer.status_code == 202, answer.text
        begun: dict[str, Any] = answer.json()
        return begun

    async def back(self, begun: dict[str, Any], subject: str) -> dict[str, Any]:
        """What the app sends after `subject` was at the provider."""
        async with httpx.AsyncClient(trust_env=False) as browser:
            answer = await browser.get(begun["authorization_url"] + "&as=" + subject.replace("+", "%2B"))
        sent = {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}
        assert sent["state"] == begun["state"]
        return {**sent, "continuation": begun["continuation"]}

    async def finish(self, returned: dict[str, Any], **more: Any) -> httpx.Response:
        return await self.client.post("/v1/auth/federated", json=returned, **more)

    async def sign_in(self, subject: str, **more: Any) -> httpx.Response:
        return await self.finish(await self.back(await self.begin(), subject), **more)

    async def link(
        self, subject: str, headers: dict[str, str], back_as: dict[str, str] | None = None
    ) -> httpx.Response:
        begun = await self.begin("/v1/me/ways-in/local", headers=headers)
        return await self.client.post(
            "/v1/me/ways-in", json=await self.back(begun, subject), headers=back_as or headers
        )  # fmt: skip


@pytest.fixture
def subject() -> str:
    """Somebody nobody has seen."""
    return f"person-{secrets.token_hex(8)}"


def registered(folder: Path, base_url: str, settings: Settings, **differs: Any) -> Party:
    """The local provider as the settings describe it."""
    file = folder / f"providers-{secrets.token_hex(4)}.json"
    (folder / identity_client.KEY).write_bytes(identity_client.pem(KEY))
    file.write_text(json.dumps({"providers": [{**identity_client.registration(base_url), **differs}]}))
    return read(msgspec.structs.replace(settings, oidc_providers=file))["local"]


@pytest.fixture
async def served(clock: Clock) -> AsyncIterator[web.AppRunner]:
    app = stand_ins.create(client_key=KEY.public_key(), clock=clock, slow_seconds=SLOW_SECONDS)
    runner = await stand_ins.serve("127.0.0.1", 0, app)
    yield runner
    await runner.cleanup()


@pytest.fixture
async def peer(
    served: web.AppRunner, app: Edge, client: httpx.AsyncClient, settings: Settings, tmp_path: Path
) -> AsyncIterator[Peer]:
    """The one provider of the app under test."""
    provider = HttpProvider(registered(tmp_path, stand_ins.address(served), settings), development=True)
    before, app.app.state.providers = app.app.state.providers, {"local": provider}
    yield Peer(served, provider, client)
    app.app.state.providers = before


@pytest.fixture
async def real_peer(served: web.AppRunner, real: Real, settings: Settings, tmp_path: Path) -> Peer:
    """The same over a real pool, for races."""
    provider = HttpProvider(registered(tmp_path, stand_ins.address(served), settings), development=True)
    real.app.app.state.providers = {"local": provider}
    return Peer(served, provider, real.client)
