"""Sessions bound to a device's key, through the whole door (SECURITY T14; RFC 9449 sections 5 to 9)."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
import redis.asyncio

from longan.api.edge import Edge
from longan.devkit.sample.personas import PERSONAS
from longan.floor.access.dpop import DpopRequired
from longan.floor.access.entrance import Entering, SignInDevice
from longan.floor.access.nonces import NONCE_SECONDS
from longan.floor.accounts.accounts import STAFF
from tests.conftest import Bearer, Real, TestClock, new_account
from tests.devices import Device
from tests.forged_proofs import forgeries

WORKER = next(persona.phone for persona in PERSONAS if not STAFF & {persona.role})
OFFICIAL = next(persona.phone for persona in PERSONAS if persona.role == "official")
PHONE = SignInDevice("Điện thoại của Lan", "android")

Bound = Callable[..., Awaitable[str]]


@pytest.fixture
def device(app: Edge) -> Device:
    return Device.of(app)


@pytest.fixture
def bound(app: Edge, conn: asyncpg.Connection, clock: TestClock) -> Bound:
    """`await bound(device, account=None, audience="app", amr=("otp", "sms"))` -> an access token of that device's."""

    async def make(
        device: Device, account: UUID | None = None, *, audience: str = "app", amr: tuple[str, ...] = ("otp", "sms")
    ) -> str:
        entering = Entering(
            account_id=account or await new_account(conn, app), audience=audience, amr=list(amr), device=PHONE,  # type: ignore[arg-type]
            key_thumbprint=device.thumbprint,
        )  # fmt: skip
        signed_in = await app.app.state.entrance.open(conn, entering, clock())
        return signed_in.access_token  # type: ignore[no-any-return]

    return make


async def sign_in(client: httpx.AsyncClient, device: Device, phone: str = WORKER, **claims: Any) -> httpx.Response:
    """By a persona's code, with the device's proof."""
    asked = await client.post("/v1/auth/otp", json={"phone": phone}, headers=device.headers("POST", "/v1/auth/otp"))
    answer = {"challenge_id": asked.json()["challenge_id"], "code": "000000"}
    path = "/v1/auth/otp/verify"
    return await client.post(path, json=answer, headers={"DPoP": device.proof("POST", path, **claims)})


def told(answer: httpx.Response) -> tuple[int, str, str]:
    """Status, code, and the error of the challenge."""
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge.startswith('DPoP realm="longan", algs="ES256"'), challenge
    error = challenge.partition('error="')[2].partition('"')[0]
    return answer.status_code, answer.json()["code"], error


async def test_who_brings_a_key_gets_a_session_bound_to_it(client: httpx.AsyncClient, device: Device) -> None:
    signed_in = await sign_in(client, device)
    token = signed_in.json()["access_token"]
    answer = await client.get("/v1/me", headers=device.headers("GET", "/v1/me", token))

    assert signed_in.json()["token_type"] == "DPoP"
    assert answer.status_code == 200


async def test_who_brings_no_key_gets_a_bearer_token(client: httpx.AsyncClient) -> None:
    challenge = (await client.post("/v1/auth/otp", json={"phone": WORKER})).json()["challenge_id"]
    answer = await client.post("/v1/auth/otp/verify", json={"challenge_id": challenge, "code": "000000"})

    assert answer.json()["token_type"] == "Bearer"


async def test_signing_in_with_a_key_needs_a_nonce_and_uses_up_no_code(
    client: httpx.AsyncClient, device: Device
) -> None:
    refused = await sign_in(client, device, nonce=None)
    again = await sign_in(client, device, nonce=refused.headers["DPoP-Nonce"])

    assert told(refused) == (401, "use_dpop_nonce", "use_dpop_nonce")
    assert again.status_code == 200


async def test_a_proof_that_signed_somebody_in_signs_nobody_else_in(client: httpx.AsyncClient, device: Device) -> None:
    """SECURITY M2: what enrols a device's key was made for this moment, and is good once."""
    proof = device.proof("POST", "/v1/auth/otp/verify")
    answers = []
    for phone in (WORKER, PERSONAS[1].phone):
        headers = device.headers("POST", "/v1/auth/otp")
        asked = await client.post("/v1/auth/otp", json={"phone": phone}, headers=headers)
        body = {"challenge_id": asked.json()["challenge_id"], "code": "000000"}
        answers.append(await client.post("/v1/auth/otp/verify", json=body, headers={"DPoP": proof}))

    assert answers[0].status_code == 200
    assert told(answers[1]) == (401, "invalid_dpop_proof", "invalid_dpop_proof")


async def test_a_bound_token_is_no_bearer_token(client: httpx.AsyncClient, device: Device, bound: Bound) -> None:
    token = await bound(device)
    headers = device.headers("GET", "/v1/me", token) | {"Authorization": f"Bearer {token}"}

    with_proof = await client.get("/v1/me", headers=headers)
    without = await client.get("/v1/me", headers={"Authorization": f"Bearer {token}"})

    assert told(with_proof) == told(without) == (401, "unauthenticated", "invalid_token")


async def test_an_unbound_token_is_none_of_dpop(client: httpx.AsyncClient, device: Device, bearer: Bearer) -> None:
    token = (await bearer())["Authorization"].removeprefix("Bearer ")

    answer = await client.get("/v1/me", headers=device.headers("GET", "/v1/me", token))

    assert told(answer) == (401, "unauthenticated", "invalid_token")


async def test_a_stolen_token_is_worth_nothing_without_its_key(
    client: httpx.AsyncClient, app: Edge, device: Device, bound: Bound
) -> None:
    token = await bound(device)
    thief = Device.of(app)

    bare = await client.get("/v1/me", headers={"Authorization": f"DPoP {token}"})
    own_key = await client.get("/v1/me", headers=thief.headers("GET", "/v1/me", token))

    assert told(bare) == told(own_key) == (401, "invalid_dpop_proof", "invalid_dpop_proof")


async def test_a_captured_request_is_good_for_nothing_more(
    client: httpx.AsyncClient, device: Device, bound: Bound
) -> None:
    token = await bound(device)
    captured = device.headers("GET", "/v1/me", token)
    first = await client.get("/v1/me", headers=captured)

    again = await client.get("/v1/me", headers=captured)
    elsewhere = await client.get("/v1/me/notifications", headers=captured)
    otherwise = await client.patch("/v1/me", json={}, headers=captured | {"If-Match": "*"})

    assert first.status_code == 200
    for answer in (again, elsewhere, otherwise):
        assert told(answer) == (401, "invalid_dpop_proof", "invalid_dpop_proof")


async def test_no_forged_proof_gets_past_the_door(
    client: httpx.AsyncClient, app: Edge, device: Device, bound: Bound
) -> None:
    token = await bound(device)
    accepted = []

    for name, sent in forgeries(device, token):
        app.limiter.buckets.clear()
        headers = [("Authorization", f"DPoP {token}"), *(("DPoP", one.encode("utf-8", "replace")) for one in sent)]
        answer = await client.get("/v1/me", headers=headers)  # type: ignore[arg-type]
        if told(answer) != (401, "invalid_dpop_proof", "invalid_dpop_proof"):
            accepted.append((name, answer.status_code))

    assert not accepted
    assert (await client.get("/v1/me", headers=device.headers("GET", "/v1/me", token))).status_code == 200


@pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host", "Forwarded"])
async def test_the_address_of_a_proof_is_ours_whatever_the_host_header_says(
    client: httpx.AsyncClient, device: Device, bound: Bound, header: str
) -> None:
    token = await bound(device)
    value = "host=evil.test" if header == "Forwarded" else "evil.test"
    theirs = device.proof("GET", "/v1/me", token, htu="http://evil.test/v1/me")
    ours = device.headers("GET", "/v1/me", token)

    deceived = await client.get("/v1/me", headers={header: value, "Authorization": f"DPoP {token}", "DPoP": theirs})
    right = await client.get("/v1/me", headers={header: value, **ours})

    assert told(deceived)[1] == "invalid_dpop_proof"
    assert right.status_code == 200


async def test_behind_a_proxy_the_address_is_the_one_the_world_sees(
    client: httpx.AsyncClient, app: Edge, device: Device, bound: Bound, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.app.state.proofs, "_public_url", "https://api.longan.example")
    token = await bound(device)
    proof = device.proof("GET", "/v1/me", token, htu="https://api.longan.example/v1/me?fields=all")

    answer = await client.get("/v1/me", headers={"Authorization": f"DPoP {token}", "DPoP": proof})

    assert answer.status_code == 200


async def test_a_query_is_no_part_of_the_address(client: httpx.AsyncClient, device: Device, bound: Bound) -> None:
    token = await bound(device)
    path = "/v1/me/notifications"

    answer = await client.get(f"{path}?limit=5", headers=device.headers("GET", path, token))

    assert answer.status_code == 200


async def test_a_head_request_has_a_proof_of_its_own(client: httpx.AsyncClient, device: Device, bound: Bound) -> None:
    token = await bound(device)

    right = await client.head("/v1/me", headers=device.headers("HEAD", "/v1/me", token))
    wrong = await client.head("/v1/me", headers=device.headers("GET", "/v1/me", token))

    assert (right.status_code, wrong.status_code) == (200, 401)


async def test_the_session_of_another_key_is_not_opened_by_a_token_of_ours(
    client: httpx.AsyncClient, app: Edge, device: Device, bound: Bound, conn: asyncpg.Connection
) -> None:
    token = await bound(device)
    await conn.execute("update sessions.sessions set key_thumbprint = 'another' where key_thumbprint is not null")

    answer = await client.get("/v1/me", headers=device.headers("GET", "/v1/me", token))

    assert told(answer) == (401, "unauthenticated", "invalid_token")


async def test_a_bound_session_ends_as_others_do(
    client: httpx.AsyncClient, device: Device, bound: Bound, clock: TestClock
) -> None:
    token = await bound(device)
    clock.shift(timedelta(minutes=6))

    answer = await client.get("/v1/me", headers=device.headers("GET", "/v1/me", token))

    assert told(answer) == (401, "unauthenticated", "invalid_token")


# Nonces.


async def test_an_official_shows_a_nonce_with_every_request(
    client: httpx.AsyncClient, device: Device, bound: Bound
) -> None:
    token = await bound(device, audience="official", amr=("hwk", "user"))
    headers = {"Authorization": f"DPoP {token}"}

    refused = await client.get("/v1/me", headers=headers | {"DPoP": device.proof("GET", "/v1/me", token, nonce=None)})
    nonce = refused.headers["DPoP-Nonce"]
    right = await client.get("/v1/me", headers=headers | {"DPoP": device.proof("GET", "/v1/me", token, nonce=nonce)})

    assert told(refused) == (401, "use_dpop_nonce", "use_dpop_nonce")
    assert right.status_code == 200


async def test_the_next_nonce_comes_with_every_answer_and_the_last_one_is_good_a_while(
    client: httpx.AsyncClient, device: Device, clock: TestClock
) -> None:
    first = (await sign_in(client, device)).headers["DPoP-Nonce"]
    clock.shift(timedelta(seconds=NONCE_SECONDS))
    second = await sign_in(client, device, nonce=first)
    clock.shift(timedelta(seconds=NONCE_SECONDS))
    third = await sign_in(client, device, nonce=first)

    assert second.status_code == 200
    assert second.headers["DPoP-Nonce"] != first
    assert told(third)[1] == "use_dpop_nonce"


async def test_others_show_a_nonce_where_it_is_asked_of_everybody(
    client: httpx.AsyncClient, app: Edge, device: Device, bound: Bound, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = await bound(device)
    usual = device.proof("GET", "/v1/me", token, nonce=None)
    strict = device.proof("GET", "/v1/me", token, nonce=None)
    headers = {"Authorization": f"DPoP {token}"}

    before = await client.get("/v1/me", headers=headers | {"DPoP": usual})
    monkeypatch.setattr(app.app.state.proofs, "_everybody", True)
    after = await client.get("/v1/me", headers=headers | {"DPoP": strict})

    assert before.status_code == 200
    assert told(after)[1] == "use_dpop_nonce"


async def test_who_brings_no_key_hears_of_no_nonce(client: httpx.AsyncClient, bearer: Bearer) -> None:
    answer = await client.get("/v1/me", headers=await bearer())

    assert "DPoP-Nonce" not in answer.headers


# Officials.


@pytest.mark.parametrize("amr", [["hwk", "user"], ["fed"], ["otp", "sms"]])
async def test_an_official_without_a_key_is_not_let_in(
    app: Edge, conn: asyncpg.Connection, clock: TestClock, amr: list[str]
) -> None:
    account = await new_account(conn, app, role="official")

    with pytest.raises(DpopRequired):
        await app.app.state.entrance.open(
            conn, Entering(account_id=account, audience="official", amr=amr), clock()
        )  # fmt: skip


async def test_a_persona_of_development_needs_no_key(client: httpx.AsyncClient) -> None:
    asked = await client.post("/v1/auth/otp", json={"phone": OFFICIAL})
    body = {"challenge_id": asked.json()["challenge_id"], "code": "000000"}

    assert (await client.post("/v1/auth/otp/verify", json=body)).json()["token_type"] == "Bearer"


# What a proof is not asked of.


async def test_a_bad_proof_shuts_nobody_out_of_what_is_public(client: httpx.AsyncClient, device: Device) -> None:
    headers = {"Authorization": "DPoP nonsense", "DPoP": "nonsense"}

    assert (await client.get("/v1/jobs?limit=1", headers=headers)).status_code == 200
    assert (await client.get("/v1/me", headers=headers)).status_code == 401


async def test_a_stronger_proof_is_asked_for_in_the_words_of_dpop(
    client: httpx.AsyncClient, app: Edge, device: Device, bound: Bound, conn: asyncpg.Connection
) -> None:
    token = await bound(device)
    path = f"/v1/me/device-keys/{device.thumbprint}"

    answer = await client.delete(path, headers=device.headers("DELETE", path, token))

    assert told(answer) == (401, "insufficient_user_authentication", "insufficient_user_authentication")
    assert 'acr_values="1"' in answer.headers["WWW-Authenticate"]


async def test_a_fresh_proof_of_somebody_with_a_bound_token_replaces_their_session(
    client: httpx.AsyncClient, device: Device
) -> None:
    token = (await sign_in(client, device)).json()["access_token"]
    path = "/v1/auth/otp/verify"
    asked = await client.post("/v1/auth/otp", json={"phone": WORKER}, headers=device.headers("POST", "/v1/auth/otp"))
    body = {"challenge_id": asked.json()["challenge_id"], "code": "000000"}
    no_ath = {"Authorization": f"DPoP {token}", "DPoP": device.proof("POST", path)}

    refused = await client.post(path, json=body, headers=no_ath)
    fresh = await client.post(path, json=body, headers=device.headers("POST", path, token))
    before = await client.get("/v1/me", headers=device.headers("GET", "/v1/me", token))

    assert told(refused)[1] == "invalid_dpop_proof"
    assert fresh.status_code == 200
    assert before.status_code == 401


async def test_who_holds_a_stale_bound_token_can_sign_in_again(
    client: httpx.AsyncClient, device: Device, clock: TestClock
) -> None:
    token = (await sign_in(client, device)).json()["access_token"]
    clock.shift(timedelta(hours=1))
    path = "/v1/auth/otp"

    answer = await client.post(path, json={"phone": WORKER}, headers=device.headers("POST", path, token))

    assert answer.status_code == 202


async def test_a_bearer_session_is_made_a_bound_one_by_signing_in_with_a_key(
    client: httpx.AsyncClient, device: Device, bearer: Bearer
) -> None:
    held = {"Authorization": (await bearer())["Authorization"]}
    path = "/v1/auth/otp"

    answer = await client.post(path, json={"phone": WORKER}, headers=held | {"DPoP": device.proof("POST", path)})

    assert answer.status_code == 202


# Valkey.


class Counting:
    """A Valkey client that counts what it is asked."""

    def __init__(self, real: redis.asyncio.Redis) -> None:
        self.real = real
        self.asked = 0

    async def set(self, *args: Any, **named: Any) -> Any:
        self.asked += 1
        return await self.real.set(*args, **named)


async def test_a_bound_request_asks_valkey_once_and_a_bearer_one_never(
    client: httpx.AsyncClient, app: Edge, device: Device, bound: Bound, bearer: Bearer,
    valkey: redis.asyncio.Redis, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    counting = Counting(valkey)
    monkeypatch.setattr(app.app.state.proofs._seen, "_valkey", counting)
    token, held = await bound(device), await bearer()

    await client.get("/v1/me", headers=device.headers("GET", "/v1/me", token))
    await client.get("/v1/me", headers=held)

    assert counting.asked == 1


async def test_without_valkey_a_bound_session_works_and_a_replay_does_not(
    client: httpx.AsyncClient, app: Edge, device: Device, bound: Bound, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.app.state.proofs._seen, "_valkey", redis.asyncio.from_url("unix:///nowhere/valkey.sock"))
    token = await bound(device)
    headers = device.headers("GET", "/v1/me", token)

    assert (await client.get("/v1/me", headers=headers)).status_code == 200
    assert told(await client.get("/v1/me", headers=headers))[1] == "invalid_dpop_proof"


async def test_fifty_at_once_with_one_proof_are_one_request(real: Real) -> None:
    import asyncio

    device = Device.of(real.app)
    token = (await sign_in(real.client, device)).json()["access_token"]
    headers = device.headers("GET", "/v1/me", token)

    answers = await asyncio.gather(*(real.client.get("/v1/me", headers=headers) for _ in range(50)))

    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 49
