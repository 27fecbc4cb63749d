"""The schema of the FCM stand-in: what it refuses over HTTP, and that its two readings say the same."""

from typing import Any

import aiohttp
import hypothesis
import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from longan.devkit import fcm_schema
from longan.devkit.fcm_schema import SCHEMAS
from tests.devkit.fcm_asking import BAD_REQUEST, SEND, Json, accepted, send, to


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


@pytest.mark.parametrize(
    "message",
    [
        to("f1", android={"priority": "high", "ttl": "3.5s", "notification": {"visibility": "PRIVATE"}}),
        to("f1", android={"notification": {"eventTime": "2026-11-02T03:00:00Z", "notificationCount": 3}}),
        to("f1", android={"collapse_key": "a", "notification": {"channel_id": "work", "visibility": "private"}}),
        to("f1", apns={"headers": {"apns-priority": "5"}, "payload": {"aps": {"content-available": 1}}}),
        to("f1", webpush={"headers": {"TTL": "60"}, "notification": {"tag": "1", "vibrate": [1]}}),
        {"condition": "'a' in topics", "notification": {"title": "x"}},
    ],
)
def test_what_is_sent_every_day_is_read_quickly(message: Json) -> None:
    assert fcm_schema.is_plain(msgspec.json.encode({"message": message}))


# --- Two readings, one answer --------------------------------------------------------------------------------------

TEXTS = st.text(max_size=8)
HARMLESS = st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    HARMLESS | TEXTS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner), max_leaves=4
)
DURATIONS = st.sampled_from(["0s", "3.5s", "60", "-1s", "1s\n", "2419201s"])
TIMES = st.datetimes().map(lambda time: f"{time.isoformat()}Z") | st.sampled_from(
    ["2026-02-29T00:00:00Z", "2026-02-28T24:00:00Z", "2026-02-28T00:00:00+07:00", "0000-01-01T00:00:00Z", "soon"]
)


def given(schema: Json) -> st.SearchStrategy[Any]:
    """What a sender may write where the schema stands: mostly right, sometimes anything."""
    if "$ref" in schema:
        return objects(schema["$ref"])
    right = {
        "string": TEXTS, "boolean": st.booleans(), "integer": st.integers(-(2**32), 2**32) | st.just(3.0),
        "number": st.floats(0, 1) | st.integers(0, 1), "any": JSON,
    }.get(schema["type"])  # fmt: skip
    if "enum" in schema:
        right = st.sampled_from([spell(name) for name in schema["enum"] for spell in (str.upper, str.lower, str.title)])
    elif "format" in schema and schema["type"] == "string":
        right = DURATIONS if schema["format"] == "google-duration" else TIMES
    elif schema["type"] == "object":
        right = st.dictionaries(TEXTS, given(schema["additionalProperties"]), max_size=2)
    elif schema["type"] == "array":
        right = st.lists(given(schema["items"]), max_size=2)
    assert right is not None
    return right if schema["type"] == "any" else st.one_of(right, right, right, JSON)


def objects(name: str) -> st.SearchStrategy[Any]:
    fields = {
        spelling: st.deferred(lambda schema=schema: given(schema))
        for field, schema in SCHEMAS[name]["properties"].items()
        for spelling in (field, fcm_schema.snake(field))
    }
    some = st.lists(st.sampled_from(sorted(fields)), max_size=4, unique=True)
    return some.flatmap(lambda chosen: st.fixed_dictionaries({each: fields[each] for each in chosen}))


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@hypothesis.given(objects("SendMessageRequest"))
def test_what_the_quick_reading_takes_the_slow_one_reads_the_same(request: Json) -> None:
    body = msgspec.json.encode(request)

    if fcm_schema.is_plain(body):
        assert fcm_schema.read(msgspec.json.decode(body)) == fcm_schema.renamed(msgspec.json.decode(body))
