"""Who may send: the OAuth grant of the FCM stand-in, its tokens, and the file that keeps its service account."""

import asyncio
import json
import stat
from datetime import timedelta
from pathlib import Path

import aiohttp
import jwt
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from firebase_admin import credentials

from longan.devkit import fcm_grant, stand_ins
from tests.devkit.fcm_asking import FCM_ERROR, START, Clock, Json, accepted, assertion, grant, send, to


async def test_google_auth_gets_a_token_with_the_account_and_may_send(account: dict[str, str]) -> None:
    runner = await stand_ins.serve("127.0.0.1", 0, stand_ins.create(account=account))
    certificate = credentials.Certificate(stand_ins.credentials(runner))

    token = (await asyncio.to_thread(certificate.get_access_token)).access_token
    async with aiohttp.ClientSession(
        stand_ins.address(runner), headers={"Authorization": f"Bearer {token}"}
    ) as session:
        status, _ = await send(session, to("f1"))
    await runner.cleanup()

    assert certificate.project_id == fcm_grant.PROJECT
    assert status == 200


async def test_the_grant_answers_as_google_does(stranger: aiohttp.ClientSession, account: dict[str, str]) -> None:
    status, granted = await grant(stranger, assertion(account))

    assert status == 200
    assert granted.pop("access_token").startswith("ya29.")
    assert granted == {"expires_in": 3599, "token_type": "Bearer"}


async def test_the_token_address_itself_is_an_audience_too(
    runner: web.AppRunner, stranger: aiohttp.ClientSession, account: dict[str, str]
) -> None:
    status, _ = await grant(stranger, assertion(account, aud=stand_ins.credentials(runner)["token_uri"]))

    assert status == 200


NOW = int(START.timestamp())


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"iss": "somebody@else.iam.gserviceaccount.com"}, "invalid_grant"),
        ({"aud": "https://example.test/token"}, "invalid_grant"),
        ({"scope": "https://www.googleapis.com/auth/drive"}, "invalid_scope"),
        ({"scope": None}, "invalid_scope"),
        ({"iat": NOW - 7200, "exp": NOW - 3600}, "invalid_grant"),
        ({"iat": NOW + 600, "exp": NOW + 900}, "invalid_grant"),
        ({"exp": NOW + 3601}, "invalid_grant"),
        ({"exp": NOW - 1, "iat": NOW}, "invalid_grant"),
        ({"exp": None}, "invalid_grant"),
        ({"iat": None}, "invalid_grant"),
        ({"iat": "soon"}, "invalid_grant"),
        ({"exp": [NOW]}, "invalid_grant"),
        ({"iss": None}, "invalid_grant"),
    ],
)
async def test_an_assertion_with_a_wrong_claim_is_refused(
    stranger: aiohttp.ClientSession, account: dict[str, str], changed: Json, error: str
) -> None:
    status, answer = await grant(stranger, assertion(account, **changed))

    assert (status, answer["error"]) == (400, error)


async def test_an_assertion_signed_by_another_key_is_refused(
    stranger: aiohttp.ClientSession, account: dict[str, str]
) -> None:
    another = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    forged = jwt.encode(jwt.decode(assertion(account), options={"verify_signature": False}), another, "RS256")

    status, answer = await grant(stranger, forged)

    assert (status, answer["error_description"]) == (400, "Invalid JWT Signature.")


async def test_an_unsigned_assertion_is_refused(stranger: aiohttp.ClientSession, account: dict[str, str]) -> None:
    claims = jwt.decode(assertion(account), options={"verify_signature": False})

    for forged in (jwt.encode(claims, "", "none"), jwt.encode(claims, "x" * 32, "HS256"), "", "a.b.c", "é"):
        assert (await grant(stranger, forged))[1]["error"] == "invalid_grant"


async def test_another_grant_type_is_refused(stranger: aiohttp.ClientSession, account: dict[str, str]) -> None:
    status, answer = await grant(stranger, assertion(account), kind="client_credentials")

    assert (status, answer["error"]) == (400, "unsupported_grant_type")


@pytest.mark.parametrize(
    "given", [None, "Bearer", "Bearer x", "Bearer ya29.9999999999.a.b", "Bearer ya29.x.a.é", "Basic abc"]
)
async def test_without_a_good_token_nothing_is_sent(stranger: aiohttp.ClientSession, given: str | None) -> None:
    if given is not None:
        stranger.headers["Authorization"] = given

    status, answer = await send(stranger, to("f1"))

    assert (status, answer["error"]["status"]) == (401, "UNAUTHENTICATED")
    assert FCM_ERROR not in json.dumps(answer)
    assert await accepted(stranger) == []


async def test_a_good_token_opens_the_door_for_no_other(client: aiohttp.ClientSession) -> None:
    good = client.headers["Authorization"]
    assert (await send(client, to("f1")))[0] == 200
    client.headers["Authorization"] = good[:-1] + ("A" if good[-1] != "A" else "B")

    statuses = [(await send(client, to("f1")))[0]]
    client.headers["Authorization"] = good
    statuses.append((await send(client, to("f1")))[0])

    assert statuses == [401, 200]


async def test_a_token_ends_after_an_hour(client: aiohttp.ClientSession, clock: Clock) -> None:
    clock.now += timedelta(seconds=3598)
    before, _ = await send(client, to("f1"))
    clock.now += timedelta(seconds=1)
    after, _ = await send(client, to("f1"))

    assert (before, after) == (200, 401)


async def test_a_token_outlives_a_restart(client: aiohttp.ClientSession, account: dict[str, str], clock: Clock) -> None:
    restarted = await stand_ins.serve("127.0.0.1", 0, stand_ins.create(account=account, clock=clock))
    async with aiohttp.ClientSession(stand_ins.address(restarted), headers=client.headers) as session:
        status, _ = await send(session, to("f1"))
    await restarted.cleanup()

    assert status == 200


async def test_another_project_is_denied_without_fcms_code(client: aiohttp.ClientSession) -> None:
    async with client.post("/v1/projects/another/messages:send", json={"message": to("f1")}) as answer:
        body = await answer.json()

    assert (answer.status, body["error"]["status"]) == (403, "PERMISSION_DENIED")
    assert FCM_ERROR not in json.dumps(body)


def test_the_account_is_kept_and_follows_the_port(tmp_path: Path) -> None:
    file = tmp_path / "data" / "fcm.json"

    first = fcm_grant.kept(file, "http://127.0.0.1:8002")
    second = fcm_grant.kept(file, "http://127.0.0.1:9002")

    assert first["private_key"] == second["private_key"]
    assert json.loads(file.read_text())["token_uri"] == "http://127.0.0.1:9002/token"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("text", ['{"client_email": "real@project.iam.gserviceaccount.com"}', "[]", "not json", ""])
def test_a_file_that_is_not_ours_is_left_alone(tmp_path: Path, text: str) -> None:
    file = tmp_path / "fcm.json"
    file.write_text(text)

    with pytest.raises(ValueError, match=r"fcm\.json is not"):
        fcm_grant.kept(file, "http://127.0.0.1:8002")

    assert file.read_text() == text
