"""A certified OpenID provider, npm's oidc-provider, in a process of its own: what we do is the protocol."""

import json
import secrets
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import asyncpg
import httpx
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from longan.api.edge import Edge
from longan.floor.accounts.openid import read
from longan.floor.setup.settings import Settings
from longan.rooms.federation.outside import HttpProvider
from tests.conftest import Bearer
from tests.peers import node
from tests.running import free_ports

SECRET = "a secret of the test, long enough / with +signs%"
REDIRECT = "vn.longan.app://signed-in"
KEYS: dict[str, Any] = {
    "ec-key": ec.generate_private_key(ec.SECP256R1()),
    "rsa-key": rsa.generate_private_key(65537, 2048),
}
# How we prove who we are, and how the provider signs.
CLIENTS = {
    "ec-key": ("private_key_jwt", "ES256"),
    "rsa-key": ("private_key_jwt", "PS256"),
    "basic": ("client_secret_basic", "RS256"),
    "post": ("client_secret_post", "ES256"),
}


def registration(name: str) -> dict[str, Any]:
    """The client as the provider knows it."""
    method, algorithm = CLIENTS[name]
    made: dict[str, Any] = {
        "client_id": name, "redirect_uris": [REDIRECT], "application_type": "native", "response_types": ["code"],
        "grant_types": ["authorization_code"], "token_endpoint_auth_method": method,
        "id_token_signed_response_alg": algorithm,
    }  # fmt: skip
    if name in KEYS:
        kind: Any = ECAlgorithm if name == "ec-key" else RSAAlgorithm
        public = kind.to_jwk(KEYS[name].public_key(), as_dict=True)
        return {**made, "jwks": {"keys": [{**public, "use": "sig", "kid": "ours"}]},
                "token_endpoint_auth_signing_alg": "ES256" if name == "ec-key" else "RS256"}  # fmt: skip
    return {**made, "client_secret": SECRET}


@pytest.fixture(scope="module")
def certified() -> Iterator[str]:
    """Its issuer."""
    folder = node.installed("oidc_provider")
    given = json.dumps({"port": free_ports(1)[0], "clients": [registration(name) for name in CLIENTS]})
    process = subprocess.Popen(
        [node.NODE, folder / "provider.mjs"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True,
    )  # fmt: skip
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(given)
    process.stdin.close()
    lines: list[str] = []
    while not lines or not lines[-1].startswith("http"):
        lines.append(process.stdout.readline().strip())
        assert lines[-1] or process.poll() is None, lines
    yield lines[-1]
    process.terminate()
    process.wait(5)


class Certified:
    """One of the clients, in the app under test."""

    def __init__(self, client: httpx.AsyncClient, provider: HttpProvider) -> None:
        self.client = client
        self.provider = provider

    async def at_the_provider(self, begun: dict[str, Any], subject: str) -> dict[str, str]:
        """A browser goes there, signs in, agrees, and is sent back to the app."""
        async with httpx.AsyncClient(trust_env=False, headers={"x-signs-in": subject}) as browser:
            address = begun["authorization_url"]
            for _ in range(8):
                answer = await browser.get(address)
                assert answer.status_code in (302, 303), answer.text
                address = str(httpx.URL(address).join(answer.headers["location"]))
                if address.startswith(REDIRECT):
                    break
        return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}

    async def returned(self, subject: str, path: str = "/v1/auth/federated/certified", **more: Any) -> dict[str, str]:
        begun = (await self.client.post(path, **more)).json()
        sent = await self.at_the_provider(begun, subject)
        assert sent["state"] == begun["state"] and sent["iss"] == self.provider.provider.issuer, sent
        return {**sent, "continuation": begun["continuation"]}

    async def sign_in(self, subject: str) -> httpx.Response:
        return await self.client.post("/v1/auth/federated", json=await self.returned(subject))


@pytest.fixture(params=CLIENTS)
async def as_client(
    request: pytest.FixtureRequest, certified: str, app: Edge, client: httpx.AsyncClient, settings: Settings,
    tmp_path: Path,
) -> AsyncIterator[Certified]:  # fmt: skip
    name = request.param
    method, algorithm = CLIENTS[name]
    if name in KEYS:
        pem = KEYS[name].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (tmp_path / "key.pem").write_bytes(pem)
    (tmp_path / "secret").write_text(SECRET)
    (tmp_path / "providers.toml").write_text(f"""
[[providers]]
id = "certified"
name = {{ vi = "Nhà cung cấp", en = "Provider" }}
issuer = "{certified}"
client_id = "{name}"
redirect_uri = "{REDIRECT}"
authentication = "{method}"
key_file = "key.pem"
key_id = "ours"
secret_file = "secret"
scopes = ["openid", "profile"]
algorithms = ["{algorithm}"]
acr_values = ["urn:test:high"]
levels = {{ "urn:test:high" = 2 }}
claims_from = "userinfo"
claims = {{ personal_number = "citizen_id" }}
""")
    party = read(msgspec.structs.replace(settings, oidc_providers=tmp_path / "providers.toml"))["certified"]
    provider = HttpProvider(party, development=True)
    before, app.app.state.providers = app.app.state.providers, {"certified": provider}
    yield Certified(client, provider)
    app.app.state.providers = before


async def test_a_person_signs_in_and_is_known_next_time(as_client: Certified, conn: asyncpg.Connection) -> None:
    subject = secrets.token_hex(8)

    first, again = await as_client.sign_in(subject), await as_client.sign_in(subject)

    assert first.status_code == again.status_code == 200, first.text
    assert first.json()["new_account"] and not again.json()["new_account"]
    account = UUID(first.json()["account_id"])
    rows = await conn.fetch("select acr, amr from sessions.sessions where account_id = $1", account)
    assert {(row["acr"], tuple(row["amr"])) for row in rows} == {(2, ("fed",))}
    assert await conn.fetchval("select count(*) from federation.claims where account_id = $1", account) == 2


async def test_a_code_is_good_once(as_client: Certified) -> None:
    """Ours refuses the second way back; the provider refuses a second use of the code even behind a new one."""
    spent = await as_client.returned("somebody")
    fresh = await as_client.returned("somebody")
    assert (await as_client.client.post("/v1/auth/federated", json=spent)).status_code == 200

    again = await as_client.client.post("/v1/auth/federated", json=spent)
    behind = await as_client.client.post("/v1/auth/federated", json={**fresh, "code": spent["code"]})

    assert again.status_code == 410
    assert behind.status_code == 422 and behind.json()["code"] == "provider_refused"


async def test_a_code_of_another_sign_in_does_not_fit(as_client: Certified) -> None:
    stolen, mine = await as_client.returned("victim"), await as_client.returned("thief")

    answer = await as_client.client.post("/v1/auth/federated", json={**mine, "code": stolen["code"]})

    assert answer.status_code == 422 and answer.json()["code"] == "provider_refused"


async def test_the_wrong_key_or_secret_is_not_us(as_client: Certified) -> None:
    party = as_client.provider._party
    returned = await as_client.returned("somebody")
    key = ec.generate_private_key(ec.SECP256R1()) if party.key is not None else None
    as_client.provider._party = msgspec.structs.replace(party, key=key, secret=None if key else "x" * 20)

    answer = await as_client.client.post("/v1/auth/federated", json=returned)

    assert answer.status_code == 503


async def test_a_provider_is_linked_to_an_account(as_client: Certified, bearer: Bearer) -> None:
    subject, me = secrets.token_hex(8), await bearer(acr=1)

    returned = await as_client.returned(subject, "/v1/me/ways-in/certified", headers=me)
    linked = await as_client.client.post("/v1/me/ways-in", json=returned, headers=me)

    assert linked.status_code == 204, linked.text
    assert (await as_client.sign_in(subject)).json()["new_account"] is False
