"""An authenticator by others (npm `nid-webauthn-emulator`), in its own process, against our API."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest

from tests.passkeys.authenticator import ORIGIN
from tests.passkeys.conftest import FINISH, Headers, asked, begun, finish, held, show
from tests.peering import NODE, environment, installed

Phone = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
async def phone() -> AsyncIterator[Phone]:
    """`await phone("create", options)`, as an app calls navigator.credentials."""
    folder = installed("webauthn_emulator")
    running = await asyncio.create_subprocess_exec(
        NODE, "phone.mjs", cwd=folder, env=environment(), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        limit=2**20,
    )  # fmt: skip
    assert running.stdin is not None
    assert running.stdout is not None
    to, back = running.stdin, running.stdout

    async def call(what: str, options: dict[str, Any], origin: str = ORIGIN) -> dict[str, Any]:
        to.write(json.dumps({"call": what, "origin": origin, "options": options}).encode() + b"\n")
        answer: dict[str, Any] = json.loads(await back.readline())
        return answer

    yield call
    to.close()
    await running.wait()


async def test_it_makes_passkeys_and_signs_in_with_them(client: httpx.AsyncClient, me: Headers, phone: Phone) -> None:
    made = await finish(client, me, await phone("create", await begun(client, me)))
    sessions = [await show(client, await phone("get", await asked(client))) for _ in range(3)]

    assert made.status_code == 201, made.text
    assert [session.status_code for session in sessions] == [200, 200, 200]
    shown = (await client.get(FINISH, headers=held(sessions[-1].json()))).json()["items"]
    assert [each["id"] for each in shown] == [made.json()["id"]]


@pytest.mark.parametrize("algorithm", [-7, -8, -257])
async def test_it_makes_keys_of_every_kind_that_we_take(
    client: httpx.AsyncClient, me: Headers, phone: Phone, algorithm: int
) -> None:
    options = await begun(client, me)
    one = {**options, "pubKeyCredParams": [{"type": "public-key", "alg": algorithm}]}

    made = await finish(client, me, await phone("create", one))
    session = await show(client, await phone("get", await asked(client)))

    assert (made.status_code, session.status_code) == (201, 200), (made.text, session.text)


async def test_it_knows_which_passkeys_the_account_has(client: httpx.AsyncClient, me: Headers, phone: Phone) -> None:
    await finish(client, me, await phone("create", await begun(client, me)))
    session = held((await show(client, await phone("get", await asked(client)))).json())

    again = await phone("create", await begun(client, session))

    assert "error" in again


async def test_it_refuses_another_site_and_so_do_we(client: httpx.AsyncClient, me: Headers, phone: Phone) -> None:
    """A phishing page gets nothing out of the phone for our domain, and what it gets for its own is nothing here."""
    options = await begun(client, me)
    fishing = "https://longan.example.evil"

    nothing = await phone("create", options, fishing)
    own = {**options, "rp": {"id": "longan.example.evil", "name": "Long An ID"}}
    answer = await finish(client, me, await phone("create", own, fishing))

    assert "error" in nothing
    assert (answer.status_code, answer.json()["reason"]) == (422, "origin")
