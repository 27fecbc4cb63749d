"""A provider that lies, or whoever sits between: none of it signs anybody in. Each answer says what it is."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import asyncpg
import msgspec
import pytest
from aiohttp import web

from longan.devkit import identity_lies
from longan.devkit.identity_lies import ANSWERS, CLAIMS, HEADERS, TOKENS
from longan.rooms.federation import outside
from tests.conftest import Bearer
from tests.federation.conftest import SLOW_SECONDS, Peer

# What a token endpoint answers that is no token at all.
NO_TOKEN = {"another_type", "no_id_token", "no_access_token", "no_token_type", "does_not_know_us", "a_list"}
ANSWERS_OF_KEYS = {"for_encryption", "another_algorithm"}
UNTRUSTED, UNAVAILABLE = "provider_untrusted", "unavailable"


@pytest.fixture(autouse=True)
def impatient(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow provider is as slow as one that takes seven seconds is in production."""
    if "slow" in request.node.name:
        monkeypatch.setattr(outside, "TIMEOUT", aiohttp.ClientTimeout(total=SLOW_SECONDS / 2))


@pytest.fixture
async def nobody(conn: asyncpg.Connection) -> AsyncIterator[None]:
    """Nobody was signed in, linked or opened an account for."""

    async def counted() -> list[int]:
        return [
            await conn.fetchval(f"select count(*) from {table}")
            for table in ("sessions.sessions", "federation.links", "identity.accounts", "federation.claims")
        ]

    before = await counted()
    yield
    assert await counted() == before


def times(lie: str) -> int | None:
    """Once, so that whoever follows a redirect would hear the truth; a broken connection may be tried again."""
    return None if lie == "hang_up" else 1


@pytest.mark.parametrize("lie", sorted({*CLAIMS, *HEADERS, *TOKENS} - {"a_list"}))
async def test_an_id_token_that_proves_nothing_signs_nobody_in(
    peer: Peer, subject: str, nobody: None, lie: str
) -> None:
    peer.lies("token", lie)

    answer = await peer.sign_in(subject)

    assert answer.status_code == 422 and answer.json()["code"] == UNTRUSTED, answer.text


@pytest.mark.parametrize("lie", sorted(NO_TOKEN))
async def test_an_answer_without_a_token_signs_nobody_in(peer: Peer, subject: str, nobody: None, lie: str) -> None:
    peer.lies("token", lie)

    answer = await peer.sign_in(subject)

    assert answer.status_code == 503 and answer.json()["code"] == UNAVAILABLE
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize("at", ["token", "keys", "userinfo"])
@pytest.mark.parametrize("lie", sorted({*ANSWERS, "huge"}))
async def test_what_is_no_answer_signs_nobody_in(peer: Peer, subject: str, nobody: None, at: Any, lie: str) -> None:
    if at == "userinfo":
        peer.provider.provider = msgspec.structs.replace(peer.provider.provider, claims_from="userinfo")
    peer.lies(at, lie, times(lie))

    answer = await peer.sign_in(subject)

    assert (answer.status_code, answer.json()["code"]) in ((503, UNAVAILABLE), (422, UNTRUSTED)), answer.text
    if answer.status_code == 503:
        assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize("lie", sorted({*ANSWERS, "huge", "another_issuer", "unsafe_address", "file_address"}))
async def test_nobody_is_sent_to_a_provider_that_does_not_say_who_it_is(peer: Peer, lie: str) -> None:
    peer.lies("metadata", lie, times(lie))

    answer = await peer.client.post("/v1/auth/federated/local")

    assert answer.status_code == 503 and int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize("lie", sorted(ANSWERS_OF_KEYS))
async def test_keys_for_something_else_verify_nothing(peer: Peer, subject: str, nobody: None, lie: str) -> None:
    peer.lies("keys", lie)

    assert (await peer.sign_in(subject)).json()["code"] == UNTRUSTED


async def test_more_keys_than_a_provider_has_are_not_read(peer: Peer, subject: str, nobody: None) -> None:
    peer.lies("keys", "too_many")

    assert (await peer.sign_in(subject)).status_code == 503


@pytest.mark.parametrize("iss", ["https://elsewhere.example", None, "{issuer}/"])
async def test_an_answer_of_another_provider_is_not_taken_and_its_code_goes_nowhere(
    peer: Peer, subject: str, nobody: None, iss: str | None
) -> None:
    """RFC 9207: the provider says that it names itself, so an answer that does not is not from it."""
    returned = await peer.back(await peer.begin(), subject)
    mixed = {**returned, "iss": iss.format(issuer=peer.issuer) if iss else None}

    answer = await peer.finish(mixed)

    assert answer.json()["code"] == UNTRUSTED
    assert peer.server.exchanges == 0


async def test_old_keys_are_not_believed_after_the_provider_dropped_them(
    peer: Peer, subject: str, conn: asyncpg.Connection
) -> None:
    await peer.sign_in(subject)
    old = peer.server.keys
    peer.server.change_keys()
    peer.provider._keys = None
    assert (await peer.sign_in(subject)).status_code == 200
    peer.server.keys = old

    returned = await peer.back(await peer.begin(), subject)
    answer = await peer.finish(returned)

    assert answer.json()["code"] == UNTRUSTED


@pytest.mark.parametrize("lie", ["wrong_nonce", "wrong_audience", "signed_by_another", "html"])
async def test_a_lie_links_nothing(
    peer: Peer, subject: str, bearer: Bearer, conn: asyncpg.Connection, lie: str
) -> None:
    me = await bearer(acr=1)
    peer.lies("token", lie)

    answer = await peer.link(subject, me)

    assert answer.status_code in (422, 503)
    assert await conn.fetchval("select count(*) from federation.links") == 0


async def test_a_dead_provider_is_left_alone_for_a_while(peer: Peer, subject: str) -> None:
    await peer.begin()
    peer.lies("token", "unavailable")
    for _ in range(outside.FAILURES):
        assert (await peer.sign_in(subject)).status_code == 503
    asked = peer.server.exchanges

    answer = await peer.sign_in(subject)

    assert answer.status_code == 503 and 1 <= int(answer.headers["retry-after"]) <= outside.PAUSE_SECONDS + 1
    assert peer.server.exchanges == asked


async def test_it_works_again_when_the_provider_does(peer: Peer, subject: str) -> None:
    peer.lies("token", "unavailable", times=2)

    answers = [await peer.sign_in(subject) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [503, 503, 200]


async def test_a_provider_that_is_not_there_is_a_503(peer: Peer, subject: str, nobody: None) -> None:
    returned = await peer.back(await peer.begin(), subject)
    await peer.runner.cleanup()

    answer = await peer.finish(returned)

    assert answer.status_code == 503


async def test_too_many_who_wait_are_told_to_come_again(
    peer: Peer, subject: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    returned = await peer.back(await peer.begin(), subject)
    monkeypatch.setattr(outside, "AT_ONCE", 0)

    answer = await peer.finish(returned)

    assert answer.status_code == 503 and answer.headers["retry-after"] == "2"


@pytest.mark.parametrize("status", [400, 401, 403, 422])
@pytest.mark.parametrize("error", ["invalid_grant", "invalid_request"])
async def test_codes_that_somebody_made_up_shut_the_way_in_to_nobody_else(
    peer: Peer, subject: str, monkeypatch: pytest.MonkeyPatch, status: int, error: str
) -> None:
    async def refuse(*_: object) -> web.Response:
        return web.json_response({"error": error}, status=status)

    returned = [await peer.back(await peer.begin(), subject) for _ in range(outside.FAILURES + 1)]
    with monkeypatch.context() as made_up:
        made_up.setattr(identity_lies, "answer", refuse)
        answers = [await peer.finish({**each, "code": "made-up"}) for each in returned]

    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(422, "provider_refused")}
    assert (await peer.sign_in(subject)).status_code == 200
