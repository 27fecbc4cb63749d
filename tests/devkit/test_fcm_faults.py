"""Faults of the FCM stand-in by the target's name, over real HTTP."""

import errno

import aiohttp
import pytest

from tests.devkit.fcm_asking import FCM_ERROR, SEND, accepted, send, to


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


async def test_a_topic_has_the_faults_of_the_service_but_not_those_of_a_phone(client: aiohttp.ClientSession) -> None:
    service = [(await send(client, {"topic": "unavailable-1-x"}))[0] for _ in range(2)]
    phone = [(await send(client, {"topic": topic}))[0] for topic in ("unregistered-x", "apns-x", "invalid-x")]

    assert (service, phone) == ([503, 200], [200, 200, 200])


async def test_a_refused_message_does_not_use_up_a_try(client: aiohttp.ClientSession) -> None:
    await send(client, to("unavailable-1-x", odd=1))

    assert (await send(client, to("unavailable-1-x")))[0] == 503
