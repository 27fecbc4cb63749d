"""firebase-admin as it is, in the API's process, against a Google of our own: whom it lets in and whom not."""

import asyncio
import json
import os
import random
import string
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from longan.devkit import embedded, fcm_grant
from tests.firebase.google import PROJECT, Google
from tests.running import free_ports

START_SECONDS = 90.0
ALPHABET = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"


class Api:
    """`longan api` in a process of its own, whose only way out is the proxy."""

    def __init__(self, google: Google, url: str, database_url: str) -> None:
        self.google = google
        self.url = url
        self.database_url = database_url
        self.client = httpx.AsyncClient(base_url=url, trust_env=False, timeout=30.0)

    async def enter(self, id_token: str, **more: Any) -> httpx.Response:
        return await self.client.post("/v1/auth/firebase", json={"id_token": id_token, **more})

    async def sessions(self) -> int:
        connection = await asyncpg.connect(self.database_url)
        try:
            counted: int = await connection.fetchval("select count(*) from sessions.sessions")
            return counted
        finally:
            await connection.close()


@pytest.fixture(scope="module")
async def api(
    services: embedded.Services, template: str, keys_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Api]:
    folder = tmp_path_factory.mktemp("firebase")
    google = Google(folder)
    await google.start()
    credentials = folder / "account.json"
    credentials.write_text(json.dumps(fcm_grant.service_account("https://oauth2.googleapis.com")))
    database_url = await embedded.create_database(services.database_url, "firebase", template=template)
    port = free_ports(1)[0]
    ours = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    environment = {
        **ours, "LONGAN_ENV": "development", "LONGAN_DATABASE_URL": database_url,
        "LONGAN_REDIS_URL": services.redis_url,
        "LONGAN_KEYS_DIR": str(keys_dir), "LONGAN_PUBLIC_URL": f"http://127.0.0.1:{port}", "LONGAN_PROVINCE_CODE": "80",
        "LONGAN_PORT": str(port), "LONGAN_METRICS_PORT": "0", "LONGAN_RATE_LIMIT_SCALE": "1000",
        "LONGAN_FIREBASE_PROJECT": PROJECT, "LONGAN_FIREBASE_CREDENTIALS": str(credentials),
        "HTTPS_PROXY": google.proxy, "REQUESTS_CA_BUNDLE": str(google.bundle),
    }  # fmt: skip
    log = (folder / "api.log").open("wb")
    process = subprocess.Popen([sys.executable, "-m", "longan", "api"], env=environment, stdout=log, stderr=log)
    made = Api(google, f"http://127.0.0.1:{port}", database_url)
    until = time.monotonic() + START_SECONDS
    try:
        while True:
            assert process.poll() is None and time.monotonic() < until, (folder / "api.log").read_text()
            try:
                if (await made.client.get("/readyz")).is_success:
                    break
            except httpx.TransportError:
                await asyncio.sleep(0.1)
        yield made
    finally:
        process.terminate()
        process.wait(10)
        log.close()
        await made.client.aclose()
        await google.stop()
        await embedded.drop_database(services.database_url, "firebase")


@pytest.fixture
def phone() -> str:
    return f"+8491{random.randrange(10**7):07d}"


async def test_a_phone_that_firebase_verified_opens_its_account(api: Api, phone: str) -> None:
    uid = api.google.user()

    first = await api.enter(api.google.id_token(uid, phone), device={"name": "Máy của Lan", "platform": "android"})
    again = await api.enter(api.google.id_token(uid, phone, amr=["x"]))

    assert first.status_code == again.status_code == 200, first.text
    assert first.json()["new_account"] is True and again.json()["new_account"] is False
    assert first.json()["account_id"] == again.json()["account_id"]
    assert {"certificates", "lookup", "token"} <= set(api.google.asked)
    me = await api.client.get("/v1/me", headers={"Authorization": f"Bearer {first.json()['access_token']}"})
    assert me.status_code == 200


async def test_a_token_is_good_once(api: Api, phone: str) -> None:
    token = api.google.id_token(api.google.user(), phone)

    answers = await asyncio.gather(*[api.enter(token) for _ in range(6)])
    # The same signature spelt otherwise: the last bits of its last letter belong to no octet.
    other = token[:-1] + ALPHABET[ALPHABET.index(token[-1]) ^ 1]

    codes = [answer.status_code for answer in answers]
    assert codes.count(200) == 1 and set(codes) <= {200, 422, 503}
    assert (await api.enter(other)).status_code == 422


def bent(google: Google, phone: str) -> str:
    """The claims of one token under the signature of another."""
    header, _, signature = google.id_token(google.user(), "+84911111111").split(".")
    return f"{header}.{google.id_token(google.user(), phone).split('.')[1]}.{signature}"


ANOTHER = rsa.generate_private_key(65537, 2048)
Made = Callable[[Google, str], str]
LIES: dict[str, Made] = {
    "another_project": lambda google, phone: google.id_token(google.user(), phone, aud="another"),
    "another_issuer": lambda google, phone: google.id_token(google.user(), phone, iss="https://accounts.google.com"),
    "another_projects_issuer": lambda google, phone: google.id_token(
        google.user(), phone, iss="https://securetoken.google.com/another"
    ),
    "expired": lambda google, phone: google.id_token(google.user(), phone, exp=int(time.time()) - 60),
    "made_in_the_future": lambda google, phone: google.id_token(google.user(), phone, iat=int(time.time()) + 600),
    "unsigned": lambda google, phone: google.id_token(google.user(), phone, algorithm="none") + "x",
    "signed_by_another": lambda google, phone: google.id_token(google.user(), phone, key=ANOTHER),
    "unknown_key": lambda google, phone: google.id_token(google.user(), phone, header={"kid": "2"}),
    "no_key_named": lambda google, phone: google.id_token(google.user(), phone, header={"kid": ""}),
    "shared_secret": lambda google, phone: google.id_token(google.user(), phone, key="k" * 40, algorithm="HS256"),
    "another_algorithm": lambda google, phone: google.id_token(google.user(), phone, algorithm="RS512"),
    "custom_token": lambda google, phone: google.id_token(
        google.user(), phone,
        aud="https://identitytoolkit.googleapis.com/google.identity.identitytoolkit.v1.IdentityToolkit",
    ),
    "no_subject": lambda google, phone: google.id_token(google.user(), phone, sub=None),
    "long_subject": lambda google, phone: google.id_token("a" * 129, phone),
    "revoked": lambda google, phone: google.id_token(google.user(validSince=str(int(time.time()) + 60)), phone),
    "disabled": lambda google, phone: google.id_token(google.user(disabled=True), phone),
    "deleted": lambda google, phone: google.id_token("nobody", phone),
    "by_password": lambda google, phone: google.id_token(
        google.user(), phone, firebase={"sign_in_provider": "password"}
    ),
    "anonymous": lambda google, phone: google.id_token(
        google.user(), phone, firebase={"sign_in_provider": "anonymous"}
    ),
    "of_a_tenant": lambda google, phone: google.id_token(
        google.user(), phone, firebase={"sign_in_provider": "phone", "tenant": "t"}
    ),
    "no_firebase": lambda google, phone: google.id_token(google.user(), phone, firebase=None),
    "firebase_is_a_text": lambda google, phone: google.id_token(google.user(), phone, firebase="phone"),
    "no_phone": lambda google, phone: google.id_token(google.user(), None),
    "phone_is_a_number": lambda google, phone: google.id_token(google.user(), phone, phone_number=84901234567),
    "verified_long_ago": lambda google, phone: google.id_token(google.user(), phone, auth_time=int(time.time()) - 400),
    "verified_tomorrow": lambda google, phone: google.id_token(google.user(), phone, auth_time=int(time.time()) + 400),
    "does_not_say_when": lambda google, phone: google.id_token(google.user(), phone, auth_time=None),
    "when_is_a_text": lambda google, phone: google.id_token(google.user(), phone, auth_time="now"),
    "when_is_absurd": lambda google, phone: google.id_token(google.user(), phone, auth_time=10**18),
    "claims_of_another": bent,
    "not_json": lambda google, phone: "YWJj.YWJj.YWJjZGVmZ2hpams",
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
async def test_a_token_that_proves_nothing_signs_nobody_in(api: Api, phone: str, lie: str) -> None:
    before = await api.sessions()

    answer = await api.enter(LIES[lie](api.google, phone))

    assert answer.status_code == 422 and answer.json()["code"] == "id_token_refused", answer.text
    assert await api.sessions() == before


@pytest.mark.parametrize("number", ["+14155550100", "+842723822222", "+8419001234", "+882123456789"])
async def test_a_phone_that_no_code_of_ours_would_go_to_is_refused(api: Api, number: str) -> None:
    before = await api.sessions()

    answer = await api.enter(api.google.id_token(api.google.user(), number))

    assert answer.status_code == 400 and answer.json()["errors"][0]["pointer"] == "/id_token"
    assert await api.sessions() == before


@pytest.mark.parametrize(("what", "fails"), [
    ("certificates", 404), ("certificates", "html"), ("lookup", 404), ("lookup", 401), ("lookup", "html"),
])  # fmt: skip
async def test_while_google_does_not_answer_nobody_comes_in_and_it_says_so(
    api: Api, phone: str, what: str, fails: int | str
) -> None:
    before = await api.sessions()
    api.google.fails[what] = fails
    try:
        answer = await api.enter(api.google.id_token(api.google.user(), phone))
    finally:
        api.google.fails.clear()

    assert answer.status_code == 503 and int(answer.headers["retry-after"]) > 0, answer.text
    assert await api.sessions() == before
    assert (await api.enter(api.google.id_token(api.google.user(), phone))).status_code == 200


async def test_a_slow_google_holds_up_nobody_else(api: Api, phone: str) -> None:
    api.google.fails["certificates"] = "slow"
    try:
        waiting = asyncio.create_task(api.enter(api.google.id_token(api.google.user(), phone)))
        await asyncio.sleep(0.3)
        others = [await api.client.get("/v1/auth/federated") for _ in range(20)]
        assert not waiting.done()
        answer = await waiting
    finally:
        api.google.fails.clear()

    assert all(other.status_code == 200 for other in others)
    assert answer.status_code == 503
