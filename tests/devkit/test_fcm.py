"""What the FCM stand-in takes and refuses, asked over real HTTP with messages built by firebase-admin."""

import json
from datetime import timedelta

import aiohttp
import pytest
from aiohttp import web
from firebase_admin import messaging

from longan.devkit import fcm, fcm_grant
from tests.devkit.fcm_asking import FCM_ERROR, START, Json, accepted, send, to


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
        server.accept("p", b"{}", "fid", str(number))

    kept = server.pushes.since(0)
    assert (len(kept), kept[0].target, kept[-1].target) == (fcm.KEPT, "5", str(fcm.KEPT + 4))


async def test_the_log_is_asked_by_target_and_by_notification(client: aiohttp.ClientSession) -> None:
    for target, notification in (("f1", "n1"), ("f2", "n1"), ("f1", "n2")):
        await send(client, {"fid": target, "data": {"notification_id": notification}})
    await send(client, {"fid": "f1", "data": None, "notification": {"title": "n1"}})

    def found(items: list[Json]) -> list[int]:
        return [item["sequence"] for item in items]

    assert found(await accepted(client, target="f1")) == [1, 3, 4]
    assert found(await accepted(client, notification_id="n1")) == [1, 2]
    assert found(await accepted(client, target="f1", notification_id="n1")) == [1]
    assert found(await accepted(client, target="f1", since=1)) == [3, 4]
    assert await accepted(client, target="f") == []


async def test_a_silent_message_is_taken_as_it_is(client: aiohttp.ClientSession) -> None:
    message = {
        "fid": "f1",
        "data": {"action": "remove", "notification_id": "n1"},
        "android": {"priority": "high", "ttl": "60s"},
        "apns": {"headers": {"apns-priority": "5"}, "payload": {"aps": {"content-available": 1}}},
    }

    status, _ = await send(client, message)

    assert status == 200
    assert [push["message"] for push in await accepted(client)] == [message]


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
