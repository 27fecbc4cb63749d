"""Access tokens: ours are read, and whatever is not exactly one of ours is nobody (RFC 8725, RFC 9068)."""

import re
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from longan.devkit.sample.personas import PERSONAS
from longan.floor.access.tokens import LEEWAY, LIFETIME, Audience, InvalidToken, Tokens
from longan.floor.setup.keys import Keys, ensure, load
from tests.forging import URL, Forger, forgeries

AUDIENCES: tuple[Audience, ...] = ("app", "official")
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    folder: Path = tmp_path_factory.mktemp("keys")
    ensure(folder)
    return load(folder)


@pytest.fixture(scope="module")
def tokens(ring: Keys) -> Tokens:
    return Tokens(ring, URL)


def test_a_token_of_ours_is_read(tokens: Tokens) -> None:
    account, session = uuid4(), uuid4()

    claims = tokens.read(tokens.sign(account, session, "official", 3, NOW, NOW), NOW)

    assert (claims.account_id, claims.session_id, claims.audience, claims.acr) == (account, session, "official", 3)
    assert claims.expires_at == int((NOW + LIFETIME).timestamp())


@pytest.mark.parametrize("audience", ["app", "official"])
def test_the_forger_could_have_made_a_good_one(ring: Keys, tokens: Tokens, audience: Audience) -> None:
    forger = Forger(ring, NOW, audience=audience)

    assert str(tokens.read(forger.token(), NOW).account_id) == forger.claims["sub"]
    assert tokens.read(forger.said(amr=[]), NOW).key_thumbprint is None
    assert tokens.read(forger.said(cnf={"jkt": "A" * 43}), NOW).key_thumbprint == "A" * 43


CALLS: list[str] = []
sys.addaudithook(lambda event, _: CALLS.append(event) if event in ("socket.connect", "socket.getaddrinfo") else None)


@pytest.mark.parametrize("audience", ["app", "official"])
def test_no_forgery_is_read_and_none_makes_us_call_anybody(ring: Keys, tokens: Tokens, audience: Audience) -> None:
    found = list(forgeries(Forger(ring, NOW, audience=audience)))
    accepted = []
    CALLS.clear()

    for name, token in found:
        try:
            tokens.read(token, NOW)
        except InvalidToken:
            continue
        accepted.append(name)

    assert len({token for _, token in found}) >= 250
    assert accepted == []
    assert CALLS == []


def test_a_token_says_how_somebody_signed_in_and_which_key_it_is_bound_to(tokens: Tokens) -> None:
    token = tokens.sign(uuid4(), uuid4(), "app", 1, NOW, NOW, "k" * 43, ["otp", "sms"])

    claims = jwt.decode(token, options={"verify_signature": False})

    assert (claims["amr"], claims["cnf"], claims["acr"]) == (["otp", "sms"], {"jkt": "k" * 43}, "1")
    assert tokens.read(token, NOW).key_thumbprint == "k" * 43


def test_a_token_lives_from_its_time_to_its_end_and_half_a_minute_of_skew(tokens: Tokens) -> None:
    token = tokens.sign(uuid4(), uuid4(), "app", 0, NOW, NOW)
    second = timedelta(seconds=1)

    tokens.read(token, NOW - LEEWAY)
    tokens.read(token, NOW + LIFETIME + LEEWAY - second)
    for moment in (NOW - LEEWAY - second, NOW + LIFETIME + LEEWAY):
        with pytest.raises(InvalidToken):
            tokens.read(token, moment)


def test_a_new_key_signs_and_the_old_one_still_verifies(ring: Keys) -> None:
    newer = ec.generate_private_key(ec.SECP256R1())
    both = Tokens(Keys({**ring.access, "app": {**ring.access["app"], "2": newer}}, ring.secrets), URL)
    before = Tokens(ring, URL).sign(uuid4(), uuid4(), "app", 0, NOW, NOW)

    after = both.sign(uuid4(), uuid4(), "app", 0, NOW, NOW)

    both.read(before, NOW)
    both.read(after, NOW)
    with pytest.raises(InvalidToken):
        Tokens(ring, URL).read(after, NOW)
    assert {key["kid"] for key in both.jwks(NOW)["keys"]} == {"app-1", "app-2", "official-1"}


# Several operations of each kind, so that a door that is another's shows: path, and a body where one is needed.
NOWHERE = "0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a11"
DOORS: dict[Audience, list[tuple[str, str, dict[str, object] | None]]] = {
    "app": [
        ("GET", "/v1/me", None), ("GET", "/v1/auth/sessions", None), ("GET", "/v1/me/notifications", None),
        ("GET", "/v1/me/applications", None), ("DELETE", f"/v1/auth/sessions/{NOWHERE}", None),
        ("POST", f"/v1/jobs/{NOWHERE}/publish", None), ("DELETE", "/v1/me/devices/installation-1", None),
        ("GET", f"/v1/auth/sessions/{NOWHERE}", None), ("POST", f"/v1/jobs/{NOWHERE}/close", None),
        ("POST", f"/v1/me/notifications/{NOWHERE}/read", None),
    ],
    "official": [
        ("POST", f"/v1/employers/{NOWHERE}/verification", {"decision": "verified", "reason": "đủ", "version": 1}),
        ("GET", "/v1/me", None), ("GET", "/v1/auth/sessions", None), ("GET", "/v1/staff/grants", None),
        ("GET", "/v1/staff/proposals", None), ("DELETE", f"/v1/auth/sessions/{NOWHERE}", None),
        ("GET", f"/v1/auth/sessions/{NOWHERE}", None), ("POST", f"/v1/staff/accounts/{NOWHERE}/end-sessions", None),
        ("POST", f"/v1/staff/accounts/{NOWHERE}/close", None), ("POST", f"/v1/staff/accounts/{NOWHERE}/reopen", None),
    ],
}  # fmt: skip
ACCOUNTS: dict[Audience, UUID] = {"app": PERSONAS[0].account_id, "official": PERSONAS[11].account_id}


@pytest.fixture
def persona(app: Any, conn: Any) -> Callable[..., Awaitable[Forger]]:
    """A forger with the keys of the app and a real session of a worker or an official."""

    async def make(audience: Audience = "app") -> Forger:
        state = app.app.state
        forger = Forger(state["keys"], state.clock(), state.settings.public_url, audience)
        session = await conn.fetchval(
            """insert into sessions.sessions (account_id, audience, acr, amr, signed_in_at, last_used_at,
                                              idle_expires_at, expires_at)
               values ($1, $2, 0, '{otp}', $3::timestamptz, $3, $3 + interval '1 day', $3 + interval '1 day')
               returning id""",
            ACCOUNTS[audience], audience, state.clock(),
        )  # fmt: skip
        forger.claims |= {"sub": str(ACCOUNTS[audience]), "sid": str(session)}
        return forger

    return make


class Door:
    """Knocks with a token, where nobody is counted."""

    def __init__(self, client: httpx.AsyncClient, app: Any, valkey: Any) -> None:
        self.client, self.app, self.valkey = client, app, valkey

    async def __call__(self, door: tuple[str, str, dict[str, str] | None], token: str) -> httpx.Response:
        method, path, body = door
        self.app.app.state.limiter.buckets.clear()
        await self.valkey.flushdb()
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid4())}
        return await self.client.request(method, path, json=body, headers=headers)


@pytest.fixture
def knock(client: httpx.AsyncClient, app: Any, valkey: Any) -> Door:
    return Door(client, app, valkey)


def refused(answer: httpx.Response) -> bool:
    """As a token that is none; or it was too long for a header."""
    if answer.status_code == 431:
        return True
    challenge = answer.headers.get("WWW-Authenticate", "")
    return b'"code":"unauthenticated"' in answer.content and challenge.startswith('Bearer realm="longan"')


async def opened(
    knock: Door, forger: Forger, doors: Sequence[tuple[str, str, dict[str, str] | None]]
) -> list[tuple[str, str, int]]:
    """The forgeries that were not refused: each was shown at the next of the doors."""
    found = []
    for number, (name, token) in enumerate(forgeries(forger)):
        door = doors[number % len(doors)]
        answer = await knock(door, token)
        if not refused(answer):
            found.append((name, door[1], answer.status_code))
    return found


@pytest.mark.parametrize("audience", ["app", "official"])
async def test_no_forgery_gets_past_the_door(
    persona: Callable[..., Awaitable[Forger]], knock: Door, audience: Audience
) -> None:
    forger = await persona(audience)
    closed = [door[1] for door in DOORS[audience] if refused(await knock(door, forger.token()))]

    accepted = await opened(knock, forger, DOORS[audience])

    assert closed == []
    assert accepted == []


@pytest.mark.long
@pytest.mark.parametrize("audience", ["app", "official"])
async def test_no_forgery_gets_past_any_door(
    persona: Callable[..., Awaitable[Forger]], knock: Door, audience: Audience
) -> None:
    forger = await persona(audience)

    accepted = [each for door in DOORS[audience] for each in await opened(knock, forger, [door])]

    assert accepted == []


async def test_whose_session_is_over_does_not_come_back_by_another_spelling(
    persona: Callable[..., Awaitable[Forger]], knock: Door
) -> None:
    token = (await persona()).token()
    me = DOORS["app"][0]
    before = await knock(me, token)
    await knock(("POST", "/v1/auth/logout", {}), token)

    after = [await knock(me, spelling) for spelling in (token, f"{token}==", f"{token}=", f" {token}", f"{token}.")]

    assert before.status_code == 200
    assert [answer.status_code for answer in after] == [401] * 5


@pytest.mark.parametrize("hours", [-1, 1])
async def test_a_clock_that_is_an_hour_off_opens_nothing(
    persona: Callable[..., Awaitable[Forger]], knock: Door, clock: Any, hours: int
) -> None:
    token = (await persona()).token()
    clock.shift(timedelta(hours=hours))

    assert (await knock(DOORS["app"][0], token)).status_code == 401


@pytest.mark.parametrize(
    "scheme", ["Basic {}", "DPoP {}", "{}", "Bearer", "Bearer  {}", "Bearer {} {}", "Bearer\t{}", "token {}"]
)
async def test_only_a_bearer_token_is_a_bearer_token(
    client: httpx.AsyncClient, persona: Callable[..., Awaitable[Forger]], scheme: str
) -> None:
    token = (await persona()).token()

    answer = await client.get("/v1/me", headers={"Authorization": scheme.format(token, token)})

    assert answer.status_code == 401


async def test_a_token_for_one_audience_opens_nothing_of_the_other(
    whole_app: Any, persona: Callable[..., Awaitable[Forger]], knock: Door
) -> None:
    tokens: dict[str, str] = {"official": (await persona("app")).token(), "app": (await persona("official")).token()}
    doors = [operation for operation in whole_app.routes.operations if operation.policy.auth in tokens]
    wrong = []

    for operation in doors:
        path = re.sub(r"{\w*id}", NOWHERE, operation.path)
        answer = await knock(
            (operation.method, re.sub(r"{\w+}", "installation-1", path), {}), tokens[operation.policy.auth]
        )
        if answer.status_code != 401:
            wrong.append((operation.name, answer.status_code))

    assert {operation.policy.auth for operation in doors} == {"app", "official"}
    assert wrong == []


def test_the_audiences_share_neither_key_nor_issuer(ring: Keys, tokens: Tokens) -> None:
    read = {
        audience: jwt.decode_complete(
            tokens.sign(uuid4(), uuid4(), audience, 0, NOW, NOW), options={"verify_signature": False}
        )
        for audience in AUDIENCES
    }

    for part, name in (("header", "kid"), ("payload", "iss"), ("payload", "aud")):
        assert read["app"][part][name] != read["official"][part][name]
    assert len({(key["x"], key["y"]) for key in tokens.jwks(NOW)["keys"]}) == 2
