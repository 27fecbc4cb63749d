"""The provider that `make run` starts: a page that signs the personas in, and files that both sides know."""

from pathlib import Path

import httpx
import msgspec
from aiohttp import web

from longan.devkit import embedded, identity_client, stand_ins
from longan.devkit.sample.personas import PERSONAS
from longan.devkit.supervisor import Development, environment, make_credentials
from longan.floor.accounts import openid
from longan.floor.setup.settings import Settings
from tests.federation.conftest import Peer


async def test_whoever_tries_it_by_hand_chooses_a_persona_and_sees_what_the_app_sends(peer: Peer) -> None:
    begun = await peer.begin()

    async with httpx.AsyncClient(trust_env=False, follow_redirects=True) as browser:
        page = await browser.get(begun["authorization_url"])
        landed = await browser.get(begun["authorization_url"] + "&as=%2B84900000001")

    assert all(persona.full_name in page.text for persona in PERSONAS)
    assert begun["state"] in landed.text and "continuation" in landed.text


async def test_a_client_that_is_not_ours_is_sent_nowhere(peer: Peer) -> None:
    begun = await peer.begin()
    async with httpx.AsyncClient(trust_env=False) as browser:
        for name, value in (("client_id", "another"), ("redirect_uri", "https://elsewhere.example")):
            address = httpx.URL(begun["authorization_url"]).copy_merge_params({name: value, "as": "somebody"})

            answer = await browser.get(address)

            assert answer.status_code == 400


async def test_a_lie_is_told_over_http_too(peer: Peer, subject: str, served: web.AppRunner) -> None:
    async with httpx.AsyncClient(trust_env=False, base_url=stand_ins.address(served)) as switch:
        told = await switch.post("/sso/lies", json={"at": "token", "lie": "wrong_nonce", "times": 1})
        wrong = await switch.post("/sso/lies", json={"at": "nowhere", "lie": "x"})

    assert (told.status_code, wrong.status_code) == (200, 400)
    assert [(await peer.sign_in(subject)).status_code for _ in range(2)] == [422, 200]


def test_both_sides_find_their_files_and_a_second_start_keeps_the_key(tmp_path: Path, settings: Settings) -> None:
    development = Development(data_dir=tmp_path)

    make_credentials(development)
    key = (tmp_path / identity_client.KEY).read_bytes()
    make_credentials(msgspec.structs.replace(development, devkit_port=9002))

    told = environment(development, elsewhere())["LONGAN_OIDC_PROVIDERS"]
    parties = openid.read(msgspec.structs.replace(settings, oidc_providers=Path(told)))
    assert parties["local"].provider.issuer == "http://127.0.0.1:9002/sso"
    assert (tmp_path / identity_client.KEY).read_bytes() == key
    assert (tmp_path / identity_client.KEY).stat().st_mode & 0o077 == 0


def elsewhere() -> embedded.Services:
    return embedded.Services("postgresql://x/y", "redis://x")
