"""The FCM stand-in, asked over real HTTP by aiohttp, google-auth and with messages built by firebase-admin."""

import asyncio
import errno
import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import jwt
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from firebase_admin import credentials, messaging

from longan.devkit import fcm, fcm_grant, stand_ins

SEND = f"/v1/projects/{fcm_grant.PROJECT}/messages:send"
FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"
SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
START = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)

Json = dict[str, Any]


class Clock:
    """A clock the test moves."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(scope="module")
def account() -> dict[str, str]:
    return fcm_grant.service_account("http://127.0.0.1")


@pytest.fixture(scope="module")
def signed(account: dict[str, str]) -> str:
    return assertion(account)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def runner(account: dict[str, str], clock: Clock) -> AsyncIterator[web.AppRunner]:
    app = stand_ins.create(account=account, clock=clock, slow_seconds=0.3)
    runner = await stand_ins.serve("127.0.0.1", 0, app)
    yield runner
    await runner.cleanup()


@pytest.fixture
async def stranger(runner: web.AppRunner) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(stand_ins.address(runner)) as session:
        yield session


@pytest.fixture
async def client(stranger: aiohttp.ClientSession, signed: str) -> aiohttp.ClientSession:
    status, granted = await grant(stranger, signed)
    assert status == 200
    stranger.headers["Authorization"] = f"Bearer {granted['access_token']}"
    return stranger


def assertion(account: dict[str, str], **changed: object) -> str:
    issued = int(START.timestamp())
    claims = {
        "iss": account["client_email"],
        "aud": fcm_grant.GOOGLE_AUDIENCE,
        "scope": SCOPE,
        "iat": issued,
        "exp": issued + 3_600,
        **changed,
    }
    return jwt.encode(
        {name: claim for name, claim in claims.items() if claim is not None}, account["private_key"], "RS256"
    )


async def grant(session: aiohttp.ClientSession, signed: str, kind: str = fcm_grant.GRANT_TYPE) -> tuple[int, Json]:
    async with session.post("/token", data={"grant_type": kind, "assertion": signed}) as answer:
        return answer.status, await answer.json()


async def send(session: aiohttp.ClientSession, message: object, **order: object) -> tuple[int, Json]:
    async with session.post(SEND, json={"message": message, **order}) as answer:
        return answer.status, await answer.json()


async def accepted(session: aiohttp.ClientSession, since: int = 0) -> list[Json]:
    async with session.get(f"/fcm/messages?since={since}") as answer:
        items: list[Json] = (await answer.json())["items"]
        return items


def to(target: str, **more: object) -> Json:
    return {"fid": target, "data": {"notification_id": "1"}, **more}


# --- Accepting ---------------------------------------------------------------------------------------------------


async def test_an_accepted_push_has_a_name_and_is_listed(client: aiohttp.ClientSession) -> None:
    message = to("installation-1", notification={"title": "Long An ID", "body": "Bạn có thông báo mới"})

    status, answer = await send(client, message)

    assert status == 200
    assert answer["name"].startswith(f"projects/{fcm_grant.PROJECT}/messages/")
    assert await accepted(client) == [
        {
            "sequence": 1,
            "name": answer["name"],
            "target": "installation-1",
            "target_kind": "fid",
            "accepted_at": "2026-11-02T03:00:00Z",
            "message": message,
        }
    ]


async def test_pushes_are_listed_after_a_sequence(client: aiohttp.ClientSession) -> None:
    for number in range(3):
        await send(client, to(f"installation-{number}"))

    async with client.get("/fcm/messages?since=1") as answer:
        listed = await answer.json()

    assert [item["target"] for item in listed["items"]] == ["installation-1", "installation-2"]
    assert listed["next_since"] == 3
    assert await accepted(client, since=3) == []


@pytest.mark.parametrize("since", ["x", "-1", "1.5", "9" * 30])
async def test_a_bad_sequence_is_a_400(stranger: aiohttp.ClientSession, since: str) -> None:
    async with stranger.get(f"/fcm/messages?since={since}") as answer:
        assert answer.status == 400


async def test_only_the_last_pushes_are_kept(runner: web.AppRunner) -> None:
    server = runner.app[fcm.SERVER]

    for number in range(fcm.KEPT + 5):
        server.accept("p", {}, "fid", str(number))

    kept = server.pushes.since(0)
    assert (len(kept), kept[0].target, kept[-1].target) == (fcm.KEPT, "5", str(fcm.KEPT + 4))


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        ("fid", "f1"),
        ("token", "t1"),
        ("topic", "80.canh-bao"),
        ("condition", "'a' in topics && !('b' in topics || 'c' in topics)"),
    ],
)
async def test_every_kind_of_target_is_taken(client: aiohttp.ClientSession, kind: str, target: str) -> None:
    status, _ = await send(client, {kind: target})

    assert status == 200
    assert [(push["target_kind"], push["target"]) for push in await accepted(client)] == [(kind, target)]


async def test_a_message_built_by_firebase_admin_with_every_platform_is_accepted(client: aiohttp.ClientSession) -> None:
    message = messaging.Message(
        fid="installation-1",
        data={"notification_id": "0199"},
        notification=messaging.Notification(
            title="Long An ID", body="Bạn có thông báo mới", image="https://x.test/a.png"
        ),
        fcm_options=messaging.FCMOptions(analytics_label="application_moved"),
        android=messaging.AndroidConfig(
            collapse_key="application",
            priority="high",
            ttl=timedelta(hours=1, milliseconds=500),
            restricted_package_name="vn.longan.id",
            direct_boot_ok=True,
            bandwidth_constrained_ok=True,
            restricted_satellite_ok=False,
            fcm_options=messaging.AndroidFCMOptions(analytics_label="android"),
            notification=messaging.AndroidNotification(
                channel_id="work",
                tag="0199",
                color="#00aa88",
                visibility="private",
                priority="max",
                proxy="if_priority_lowered",
                event_timestamp=START,
                notification_count=3,
                vibrate_timings_millis=[100, 250],
                light_settings=messaging.LightSettings("#00aa88", 300, 700),
                body_loc_key="moved",
                body_loc_args=["một"],
                sticky=False,
            ),
        ),
        apns=messaging.APNSConfig(
            headers={"apns-collapse-id": "0199", "apns-expiration": "1793592000"},
            payload=messaging.APNSPayload(
                messaging.Aps(alert=messaging.ApsAlert(title="a"), badge=3, mutable_content=True)
            ),
            fcm_options=messaging.APNSFCMOptions(analytics_label="ios"),
        ),
        webpush=messaging.WebpushConfig(
            headers={"TTL": "3600"},
            notification=messaging.WebpushNotification(title="a", tag="0199", vibrate=[1, 2], timestamp_millis=1),
            fcm_options=messaging.WebpushFCMOptions(link="https://id.longan.test/"),
        ),
    )

    status, answer = await send(client, json.loads(str(message)))

    assert status == 200, answer


async def test_both_spellings_of_a_field_are_read(client: aiohttp.ClientSession) -> None:
    camel = to("f1", android={"collapseKey": "a", "priority": "HIGH", "notification": {"channelId": "work"}})
    snaked = to("f1", android={"collapse_key": "a", "priority": "high", "notification": {"channel_id": "work"}})

    assert (await send(client, camel, validateOnly=True))[0] == 200
    assert (await send(client, snaked, validate_only=True))[0] == 200
    assert (await send(client, to("f1", android=None, apns={"payload": {"aps": None}})))[0] == 200


async def test_validate_only_checks_and_sends_nothing(client: aiohttp.ClientSession) -> None:
    status, answer = await send(client, to("f1"), validate_only=True)

    assert (status, answer) == (200, {"name": f"projects/{fcm_grant.PROJECT}/messages/fake_message_id"})
    assert (await send(client, to("f1", odd=1), validate_only=True))[0] == 400
    assert await accepted(client) == []


# --- Refusing what does not parse ----------------------------------------------------------------------------------


async def test_an_unknown_field_is_refused_in_googles_words(client: aiohttp.ClientSession) -> None:
    status, answer = await send(client, to("f1", colour="red"))

    words = "Invalid JSON payload received. Unknown name \"colour\" at 'message': Cannot find field."
    violation = {"field": "message", "description": words}
    assert status == 400
    assert answer == {
        "error": {
            "code": 400,
            "message": words,
            "status": "INVALID_ARGUMENT",
            "details": [{"@type": BAD_REQUEST, "fieldViolations": [violation]}],
        }
    }


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ([], "message"),
        (to("f1", data={"a": "x", "b": 1}), "message.data[1].value"),
        (to("f1", data={"a": None}), "message.data[0].value"),
        (to("f1", data=[]), "message.data"),
        ({"fid": 1}, "message.fid"),
        (to("f1", notification={"subtitle": "x"}), "message.notification"),
        (to("f1", notification={"title": 5}), "message.notification.title"),
        (to("f1", android={"priority": "urgent"}), "message.android.priority"),
        (to("f1", android={"priority": 10}), "message.android.priority"),
        (to("f1", android={"ttl": 60}), "message.android.ttl"),
        (to("f1", android={"ttl": "60"}), "message.android.ttl"),
        (to("f1", android={"ttl": "-1s"}), "message.android.ttl"),
        (to("f1", android={"ttl": "1.s"}), "message.android.ttl"),
        (to("f1", android={"ttl": "1s\n"}), "message.android.ttl"),
        (to("f1", android={"ttl": "\u0661s"}), "message.android.ttl"),
        (to("f1", android={"direct_boot_ok": "true"}), "message.android.direct_boot_ok"),
        (to("f1", android={"notification": {"channel": "a"}}), "message.android.notification"),
        (to("f1", android={"notification": {"channelId": 1}}), "message.android.notification.channel_id"),
        (to("f1", android={"notification": {"visibility": "HIDDEN"}}), "message.android.notification.visibility"),
        (
            to("f1", android={"notification": {"notificationCount": 1.5}}),
            "message.android.notification.notification_count",
        ),
        (
            to("f1", android={"notification": {"notificationCount": 2**31}}),
            "message.android.notification.notification_count",
        ),
        (
            to("f1", android={"notification": {"notificationCount": True}}),
            "message.android.notification.notification_count",
        ),
        (to("f1", android={"notification": {"eventTime": "yesterday"}}), "message.android.notification.event_time"),
        (
            to("f1", android={"notification": {"eventTime": "2026-13-01T00:00:00Z"}}),
            "message.android.notification.event_time",
        ),
        (to("f1", android={"notification": {"bodyLocArgs": "x"}}), "message.android.notification.body_loc_args"),
        (
            to("f1", android={"notification": {"vibrateTimings": ["1"]}}),
            "message.android.notification.vibrate_timings[0]",
        ),
        (
            to("f1", android={"notification": {"lightSettings": {"color": {"red": "1"}}}}),
            "message.android.notification.light_settings.color.red",
        ),
        (to("f1", apns={"headers": {"apns-priority": 5}}), "message.apns.headers[0].value"),
        (to("f1", apns={"payload": "x"}), "message.apns.payload"),
        (to("f1", webpush={"headers": {"TTL": 15}}), "message.webpush.headers[0].value"),
        (to("f1", androidV2={}), "message"),
        (to("f1", name="projects/p/messages/1"), "message"),
        ({"fid": "f1", "token": "t1"}, "message"),
        ({"token": "t1", "topic": "a"}, "message"),
    ],
)
async def test_what_the_schema_does_not_allow_is_refused(
    client: aiohttp.ClientSession, message: object, field: str
) -> None:
    status, answer = await send(client, message)

    [detail] = answer["error"]["details"]
    assert (status, answer["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert [violation["field"] for violation in detail["fieldViolations"]] == [field]
    assert await accepted(client) == []


async def test_every_wrong_field_is_named(client: aiohttp.ClientSession) -> None:
    _, answer = await send(client, to("f1", one=1, two=2, notification={"title": 3}))

    assert len(answer["error"]["details"][0]["fieldViolations"]) == 3


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"mesage": {}}',
        b'{"message": {"fid": "\\ud800"}}',
        b'{"message": {"fid": "\xff"}}',
        b'{"message": {"fid": "f", "apns": {"payload": ' + b"[" * 900 + b"]" * 900 + b"}}}",
        b"[" * 100_000,
        b'{"message": {"fid": "f", "apns": {"payload": {"a": NaN}}}}',
    ],
)
async def test_a_body_that_is_no_request_is_never_a_500(client: aiohttp.ClientSession, body: bytes) -> None:
    async with client.post(SEND, data=body) as answer:
        assert answer.status in (200, 400)
        if answer.status == 400:
            assert (await answer.json())["error"]["status"] == "INVALID_ARGUMENT"


# --- Refusing what breaks a rule -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ({}, "message"),
        ({"data": {"a": "b"}}, "message"),
        ({"fid": "", "topic": ""}, "message"),
        *[
            (to("f1", data={"a": "", key: ""}), "message.data[1].key")
            for key in ("from", "message_type", "gcm", "google.a", "googlex", "gcm.notification.e")
        ],
        (to("f1", android={"data": {"from": "x"}}), "message.android.data[0].key"),
        (to("f1", webpush={"data": {"google": "x"}}), "message.webpush.data[0].key"),
        (to("f1", android={"ttl": "2419201s"}), "message.android.ttl"),
        (to("f1", android={"ttl": "2419200.5s"}), "message.android.ttl"),
        (to("f1", android={"notification": {"color": "red"}}), "message.android.notification.color"),
        (to("f1", fcmOptions={"analyticsLabel": "a b"}), "message.fcm_options.analytics_label"),
        (to("f1", apns={"fcmOptions": {"analyticsLabel": "a" * 51}}), "message.apns.fcm_options.analytics_label"),
        (to("f1", webpush={"fcmOptions": {"link": "http://x.test"}}), "message.webpush.fcm_options.link"),
        ({"topic": "/topics/a"}, "message.topic"),
        ({"topic": "a b"}, "message.topic"),
        ({"condition": "a"}, "message.condition"),
        ({"condition": "\0"}, "message.condition"),
        ({"condition": "'a' in topics &&"}, "message.condition"),
        ({"condition": "('a' in topics"}, "message.condition"),
        ({"condition": "(" * 5_000 + "'a' in topics" + ")" * 5_000}, "message.condition"),
        ({"condition": " || ".join(f"'{name}' in topics" for name in "abcdef")}, "message.condition"),
    ],
)
async def test_what_breaks_a_rule_of_fcm_is_refused_with_its_code(
    client: aiohttp.ClientSession, message: object, field: str
) -> None:
    status, answer = await send(client, message)

    bad_request, fcm_error = answer["error"]["details"]
    assert (status, answer["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert fcm_error == {"@type": FCM_ERROR, "errorCode": "INVALID_ARGUMENT"}
    assert [violation["field"] for violation in bad_request["fieldViolations"]] == [field]


async def test_without_a_target_google_says_so(client: aiohttp.ClientSession) -> None:
    _, answer = await send(client, {"data": {"a": "b"}})

    assert answer["error"]["message"] == "Recipient of the message is not set."


@pytest.mark.parametrize("data", [{"data.from": "x", "to": "x", "gcmx": "x"}, {"message": "from"}])
async def test_a_data_key_that_only_looks_reserved_is_taken(
    client: aiohttp.ClientSession, data: dict[str, str]
) -> None:
    assert (await send(client, to("f1", data=data)))[0] == 200


@pytest.mark.parametrize("ttl", ["0s", "300s", "3.5s", "2419200s"])
async def test_a_time_to_live_of_up_to_four_weeks_is_taken(client: aiohttp.ClientSession, ttl: str) -> None:
    assert (await send(client, to("f1", android={"ttl": ttl})))[0] == 200


@pytest.mark.parametrize(
    ("target", "limit"),
    [({"fid": "f1"}, 4096), ({"token": "t1"}, 4096), ({"topic": "a"}, 2048), ({"condition": "'a' in topics"}, 2048)],
)
async def test_the_payload_has_a_limit_in_bytes(client: aiohttp.ClientSession, target: Json, limit: int) -> None:
    full = {"k": "đ" * ((limit - 2) // 2) + "x" * ((limit - 2) % 2), "": "y"}

    status, answer = await send(client, {**target, "data": full})
    too_much, refusal = await send(client, {**target, "data": {**full, "": "yy"}})

    assert (status, too_much) == (200, 400), answer
    assert "Android message is too big" in refusal["error"]["message"]


@pytest.mark.parametrize(
    ("part", "name"),
    [
        ({"notification": {"body": "x" * 4096}}, "Android"),
        ({"android": {"notification": {"body": "x" * 4096}}}, "Android"),
        ({"android": {"data": {"a": "x" * 4096}}}, "Android"),
        ({"apns": {"payload": {"aps": {"alert": ["x" * 4096]}}}}, "APNs"),
        ({"webpush": {"notification": {"body": "x" * 4096}}}, "Web Push"),
    ],
)
async def test_each_platform_counts_its_own_payload(client: aiohttp.ClientSession, part: Json, name: str) -> None:
    status, answer = await send(client, {"fid": "f1", **part})

    assert status == 400
    assert f"{name} message is too big" in answer["error"]["message"]


# --- Who may send --------------------------------------------------------------------------------------------------


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


# --- Faults --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "status", "name", "code"),
    [
        ("unregistered-1", 404, "NOT_FOUND", "UNREGISTERED"),
        ("sender-mismatch-1", 403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH"),
        ("quota-x", 429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"),
        ("unavailable-x", 503, "UNAVAILABLE", "UNAVAILABLE"),
        ("internal-x", 500, "INTERNAL", "INTERNAL"),
        ("apns-1", 401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR"),
    ],
)
@pytest.mark.parametrize("kind", ["fid", "token"])
async def test_a_scripted_target_is_refused_as_google_does(
    client: aiohttp.ClientSession, kind: str, target: str, status: int, name: str, code: str
) -> None:
    for _ in range(3):
        answered, answer = await send(client, {kind: target})

        words = answer["error"].pop("message")
        assert answered == status
        assert words
        assert answer == {
            "error": {"code": status, "status": name, "details": [{"@type": FCM_ERROR, "errorCode": code}]}
        }
    assert await accepted(client) == []


async def test_an_invalid_target_is_named_as_the_field(client: aiohttp.ClientSession) -> None:
    status, answer = await send(client, {"token": "invalid-1"})

    bad_request, fcm_error = answer["error"]["details"]
    assert (status, fcm_error["errorCode"]) == (400, "INVALID_ARGUMENT")
    assert [violation["field"] for violation in bad_request["fieldViolations"]] == ["message.token"]


async def test_a_used_up_quota_says_when_to_come_back(client: aiohttp.ClientSession) -> None:
    async with client.post(SEND, json={"message": to("quota-1-x")}) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (429, "2")

    assert (await send(client, to("quota-1-x")))[0] == 200


@pytest.mark.parametrize(("fault", "status"), [("quota", 429), ("unavailable", 503), ("internal", 500)])
async def test_a_numbered_fault_passes_after_so_many_tries(
    client: aiohttp.ClientSession, fault: str, status: int
) -> None:
    target = f"{fault}-2-xyz"

    statuses = [(await send(client, to(target)))[0] for _ in range(4)]

    assert statuses == [status, status, 200, 200]
    assert [push["target"] for push in await accepted(client)] == [target, target]


async def test_each_target_counts_its_own_tries(client: aiohttp.ClientSession) -> None:
    statuses = [
        (await send(client, to(target)))[0] for target in ("unavailable-1-a", "unavailable-1-b", "unavailable-1-a")
    ]

    assert statuses == [503, 503, 200]


async def test_a_bad_gateway_answers_in_html(client: aiohttp.ClientSession) -> None:
    async with client.post(SEND, json={"message": to("badgateway-1-x")}) as answer:
        assert (answer.status, answer.content_type) == (502, "text/html")
    assert await accepted(client) == []

    assert (await send(client, to("badgateway-1-x")))[0] == 200


async def test_a_reset_before_acceptance_leaves_nothing(client: aiohttp.ClientSession) -> None:
    with pytest.raises(aiohttp.ClientOSError) as broken:
        await send(client, to("reset-before-1-x"))

    assert broken.value.errno == errno.ECONNRESET
    assert await accepted(client) == []
    assert (await send(client, to("reset-before-1-x")))[0] == 200


async def test_a_reset_after_acceptance_comes_once_and_the_push_is_listed(client: aiohttp.ClientSession) -> None:
    with pytest.raises(aiohttp.ClientConnectionError):
        await send(client, to("reset-after-x"))
    assert len(await accepted(client)) == 1

    assert (await send(client, to("reset-after-x")))[0] == 200
    assert len(await accepted(client)) == 2


async def test_a_garbled_answer_is_no_json_and_the_push_is_listed(client: aiohttp.ClientSession) -> None:
    async with client.post(SEND, json={"message": to("garbled-1-x")}) as answer:
        assert answer.status == 200
        with pytest.raises(ValueError, match="Unterminated"):
            await answer.json()

    assert len(await accepted(client)) == 1
    assert (await send(client, to("garbled-1-x")))[0] == 200


async def test_a_slow_answer_comes_after_the_push_is_listed(client: aiohttp.ClientSession) -> None:
    with pytest.raises(TimeoutError):
        await client.post(SEND, json={"message": to("slow-x")}, timeout=aiohttp.ClientTimeout(total=0.1))

    assert len(await accepted(client)) == 1


async def test_a_topic_with_a_scripted_name_is_only_a_topic(client: aiohttp.ClientSession) -> None:
    assert (await send(client, {"topic": "unavailable-x"}))[0] == 200


async def test_a_refused_message_does_not_use_up_a_try(client: aiohttp.ClientSession) -> None:
    await send(client, to("unavailable-1-x", odd=1))

    assert (await send(client, to("unavailable-1-x")))[0] == 503


async def test_during_an_outage_every_send_is_refused(client: aiohttp.ClientSession) -> None:
    await client.post("/fcm/outage", json={"on": True})
    during, answer = await send(client, to("f1"))
    await client.post("/fcm/outage", json={"on": False})
    afterwards, _ = await send(client, to("f1"))

    assert (during, answer["error"]["status"], afterwards) == (503, "UNAVAILABLE", 200)
    assert len(await accepted(client)) == 1


async def test_an_outage_may_take_the_grants_with_it(client: aiohttp.ClientSession, account: dict[str, str]) -> None:
    await client.post("/fcm/outage", json={"on": True})
    assert (await grant(client, assertion(account)))[0] == 200

    await client.post("/fcm/outage", json={"on": True, "grants": True})
    assert (await grant(client, assertion(account)))[0] == 503


async def test_latency_delays_every_send(client: aiohttp.ClientSession) -> None:
    await client.post("/fcm/latency", json={"ms": 60_000})

    with pytest.raises(TimeoutError):
        await client.post(SEND, json={"message": to("f1")}, timeout=aiohttp.ClientTimeout(total=0.1))
    await client.post("/fcm/latency", json={"ms": 0})

    assert (await send(client, to("f2")))[0] == 200
    assert [push["target"] for push in await accepted(client)] == ["f2"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/fcm/outage", {}),
        ("/fcm/outage", {"on": 1}),
        ("/fcm/outage", {"on": True, "off": True}),
        ("/fcm/latency", {"ms": -1}),
        ("/fcm/latency", {"ms": 60_001}),
        ("/fcm/latency", []),
    ],
)
async def test_a_bad_switch_is_a_400(stranger: aiohttp.ClientSession, path: str, body: object) -> None:
    async with stranger.post(path, json=body) as answer:
        assert answer.status == 400


async def test_the_page_shows_pushes_and_escapes_them(client: aiohttp.ClientSession) -> None:
    await send(client, to("<b>x", notification={"title": "<script>"}))

    async with client.get("/") as answer:
        page = await answer.text()

    assert "&lt;b&gt;x" in page
    assert "<script" not in page


# --- The account's file, and the process ---------------------------------------------------------------------------


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


Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start() -> Start:
    def started(*arguments: str, **environment: str) -> subprocess.Popen[str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("LONGAN_")}
        return subprocess.Popen(
            [sys.executable, "-m", "longan.devkit.stand_ins", *arguments],
            env=inherited | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return started


async def test_as_a_process_it_says_where_it_listens_and_ends_on_a_signal(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "fcm.json"
    process = start("--port", "0", "--credentials", str(file), LONGAN_ENV="development")
    assert process.stdout is not None

    url = (await asyncio.to_thread(process.stdout.readline)).rpartition(" ")[2].strip()
    token = (await asyncio.to_thread(credentials.Certificate(str(file)).get_access_token)).access_token
    async with aiohttp.ClientSession(url, headers={"Authorization": f"Bearer {token}"}) as session:
        status, _ = await send(session, to("f1"))
    process.send_signal(signal.SIGTERM)
    _, errors = await asyncio.to_thread(process.communicate, timeout=10)

    assert (status, process.returncode, errors) == (200, 0, "")


async def test_a_taken_port_is_named(runner: web.AppRunner, start: Start, tmp_path: Path) -> None:
    port = stand_ins.address(runner).rpartition(":")[2]

    process = start("--port", port, "--credentials", str(tmp_path / "fcm.json"), LONGAN_ENV="development")
    _, errors = await asyncio.to_thread(process.communicate, timeout=20)

    assert process.returncode == 1
    assert errors == f"Port {port} is taken: set LONGAN_DEVKIT_PORT to a free one.\n"


@pytest.mark.parametrize("environment", [{}, {"LONGAN_ENV": "production"}])
def test_outside_development_it_refuses_to_exist(start: Start, tmp_path: Path, environment: dict[str, str]) -> None:
    process = start("--port", "0", "--credentials", str(tmp_path / "fcm.json"), **environment)

    _, errors = process.communicate(timeout=20)

    assert process.returncode == 1
    assert "only in development" in errors
