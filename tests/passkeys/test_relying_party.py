"""Who we are to an authenticator: our domain, and our apps."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import msgspec
import pytest

from longan.api.edge import Edge
from longan.floor.setup import apps
from longan.floor.setup.settings import BadSettings, Settings, check
from longan.rooms.passkeys.outside import relying_party
from tests.passkeys.authenticator import Authenticator
from tests.passkeys.conftest import Headers, asked, registered, show, signed_in

FINGERPRINT = ":".join(f"{number:02X}" for number in range(200, 232))
ORIGIN = "android:apk-key-hash:yMnKy8zNzs_Q0dLT1NXW19jZ2tvc3d7f4OHi4-Tl5uc"


@pytest.mark.parametrize(
    ("address", "domain", "origin"),
    [
        ("https://api.longan.example", "api.longan.example", "https://api.longan.example"),
        ("https://API.longan.example:443/", "api.longan.example", "https://api.longan.example"),
        ("https://api.longan.example:8443", "api.longan.example", "https://api.longan.example:8443"),
        ("http://127.0.0.1:8000", "localhost", "http://localhost:8000"),
        ("http://localhost:8000", "localhost", "http://localhost:8000"),
    ],
)
def test_the_domain_and_the_origin_are_those_of_our_address(address: str, domain: str, origin: str) -> None:
    party = relying_party(address, "")

    assert (party.id, party.origins) == (domain, (origin,))


def test_an_android_app_is_an_origin_by_its_signing_key() -> None:
    party = relying_party("https://api.longan.example", f"vn.longan.id={FINGERPRINT}, vn.longan.id.beta={FINGERPRINT}")

    assert party.origins == ("https://api.longan.example", ORIGIN, ORIGIN)


@pytest.mark.parametrize("wrong", ["vn.longan.id", f"vn longan={FINGERPRINT}", "vn.longan.id=AB:CD", f"={FINGERPRINT}"])
def test_an_android_app_that_is_none_stops_the_start(settings: Settings, wrong: str) -> None:
    with pytest.raises(BadSettings, match="LONGAN_ANDROID_APPS"):
        check(msgspec.structs.replace(settings, android_apps=wrong), {})


@pytest.mark.parametrize("wrong", ["vn.longan.id", "team123456.vn.longan.id", "TEAM123456.", "TEAM123456.a/b"])
def test_an_app_of_apples_that_is_none_stops_the_start(settings: Settings, wrong: str) -> None:
    with pytest.raises(BadSettings, match="LONGAN_IOS_APPS"):
        check(msgspec.structs.replace(settings, ios_apps=wrong), {})


@pytest.fixture
async def with_apps(app: Edge, settings: Settings) -> AsyncIterator[Edge]:
    """The app of an operator who has named the phones' apps."""
    app.app.state.settings = msgspec.structs.replace(
        settings, android_apps=f"vn.longan.id={FINGERPRINT}", ios_apps="TEAM123456.vn.longan.id"
    )  # fmt: skip
    yield app
    app.app.state.settings = settings


async def test_an_app_that_is_ours_makes_and_shows_passkeys(
    with_apps: Edge, client: httpx.AsyncClient, me: Headers
) -> None:
    phone = Authenticator(origin=ORIGIN)
    await registered(client, me, phone)

    assert (await signed_in(client, phone))["token_type"] == "Bearer"


async def test_the_same_app_is_a_stranger_where_nobody_named_it(client: httpx.AsyncClient, me: Headers) -> None:
    phone = Authenticator()
    await registered(client, me, phone)
    phone.origin = ORIGIN

    assert (await show(client, phone.get(await asked(client)))).json()["reason"] == "origin"


async def test_google_and_apple_are_told_which_apps_are_ours(with_apps: Edge, client: httpx.AsyncClient) -> None:
    android = await client.get("/.well-known/assetlinks.json")
    apple = await client.get("/.well-known/apple-app-site-association")

    assert android.headers["Content-Type"] == apple.headers["Content-Type"] == "application/json"
    assert android.headers["Cache-Control"] == "public, max-age=3600"
    assert android.json()[0]["target"] == {
        "namespace": "android_app", "package_name": "vn.longan.id", "sha256_cert_fingerprints": [FINGERPRINT]
    }  # fmt: skip
    assert apple.json() == {
        "webcredentials": {"apps": ["TEAM123456.vn.longan.id"]},
        "applinks": {"details": [{"appIDs": ["TEAM123456.vn.longan.id"], "components": [{"/": "/open/*"}]}]},
    }


async def test_nobody_is_told_anything_where_there_are_no_apps(client: httpx.AsyncClient) -> None:
    answers = [
        await client.get(f"/.well-known/{name}") for name in ("assetlinks.json", "apple-app-site-association")
    ]  # fmt: skip

    assert [answer.status_code for answer in answers] == [404, 404]


def test_the_settings_are_described() -> None:
    operators = (Path(apps.__file__).parents[4] / "docs" / "operators.md").read_text()

    assert "LONGAN_ANDROID_APPS" in operators
    assert "LONGAN_IOS_APPS" in operators
