"""The SMS gateway's stand-in, asked over real HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import uuid4

import aiohttp
import pytest
from aiohttp import web

from longan.devkit import fcm_grant, sms, stand_ins
from longan.devkit.sms_reports import signed

TEXT = "Ma xac thuc Long An ID cua ban la 048213, het han sau 5 phut."
KEY = {"Authorization": "Bearer key-of-the-test"}


@pytest.fixture(scope="module")
def account() -> dict[str, str]:
    return fcm_grant.service_account("http://127.0.0.1")


@pytest.fixture
async def runner(account: dict[str, str]) -> AsyncIterator[web.AppRunner]:
    app = stand_ins.create(account=account, sms_key="key-of-the-test", slow_seconds=0.3)
    runner = await stand_ins.serve("127.0.0.1", 0, app)
    yield runner
    await runner.cleanup()


@pytest.fixture
async def client(runner: web.AppRunner) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(stand_ins.address(runner), headers=KEY) as session:
        yield session


def message(**changed: object) -> dict[str, object]:
    return {"to": "+84901234567", "text": TEXT, "reference": str(uuid4()), **changed}


async def sent(client: aiohttp.ClientSession) -> list[dict[str, object]]:
    async with client.get("/sms/messages") as answer:
        items: list[dict[str, object]] = (await answer.json())["items"]
        return items


async def test_a_message_is_accepted_and_its_code_can_be_read(client: aiohttp.ClientSession) -> None:
    given = message()

    async with client.post("/sms/messages", json=given) as answer:
        assert answer.status == 202
        assert (await answer.json())["status"] == "accepted"
    async with client.get("/sms/latest", params={"phone": "+84901234567"}) as answer:
        latest = await answer.json()

    assert latest.pop("at").endswith("Z")
    assert latest == {"phone": "+84901234567", "text": TEXT, "code": "048213", "reference": given["reference"]}


@pytest.mark.parametrize(
    "phone", ["0901234567", "84901234567", "%2B84901234567", "+84901234567", "0901%20234%20567", "%2B84%20901.234.567"]
)
async def test_the_number_may_be_spelled_as_people_spell_it(client: aiohttp.ClientSession, phone: str) -> None:
    await client.post("/sms/messages", json=message())

    async with client.get(f"/sms/latest?phone={phone}") as answer:
        assert answer.status == 200, phone


async def test_the_latest_message_is_the_newest_of_that_number(client: aiohttp.ClientSession) -> None:
    for to, text in (("+84901234567", "111111"), ("+84901234567", "222222"), ("+84907654321", "333333")):
        await client.post("/sms/messages", json=message(to=to, text=text))

    async with client.get("/sms/latest?phone=0901234567") as answer:
        assert (await answer.json())["code"] == "222222"


@pytest.mark.parametrize(("text", "code"), [("Xin chào", None), ("Số 1234567, mã 123456.", "123456"), ("12345", None)])
async def test_a_code_is_exactly_six_digits(client: aiohttp.ClientSession, text: str, code: str | None) -> None:
    await client.post("/sms/messages", json=message(text=text))

    async with client.get("/sms/latest?phone=0901234567") as answer:
        assert (await answer.json())["code"] == code


async def test_a_number_without_a_message_is_not_found(client: aiohttp.ClientSession) -> None:
    async with client.get("/sms/latest?phone=0901234567") as answer:
        assert answer.status == 404


@pytest.mark.parametrize(
    "path", ["/sms/latest", "/sms/latest?phone=%20", "/sms/messages?since=x", "/sms/messages?since=-1"]
)
async def test_a_bad_question_is_a_400(client: aiohttp.ClientSession, path: str) -> None:
    async with client.get(path) as answer:
        assert answer.status == 400


async def test_the_same_reference_twice_is_one_message(client: aiohttp.ClientSession) -> None:
    given = message()

    first = await (await client.post("/sms/messages", json=given)).json()
    second = await (await client.post("/sms/messages", json=given)).json()

    assert first == second
    assert len(await sent(client)) == 1


async def test_messages_are_listed_after_a_sequence(client: aiohttp.ClientSession) -> None:
    for text in ("một", "hai", "ba"):
        await client.post("/sms/messages", json=message(text=text))

    async with client.get("/sms/messages?since=1") as answer:
        listed = await answer.json()

    assert [item["text"] for item in listed["items"]] == ["hai", "ba"]
    assert listed["next_since"] == 3


@pytest.mark.parametrize(
    "given", [None, "Bearer ", "Bearer other", "key-of-the-test", "Basic key-of-the-test", "Bearer é"]
)
async def test_a_missing_or_wrong_key_is_a_401(runner: web.AppRunner, given: str | None) -> None:
    headers = {} if given is None else {"Authorization": given}
    async with aiohttp.ClientSession(stand_ins.address(runner), headers=headers) as stranger:
        async with stranger.post("/sms/messages", json=message()) as answer:
            assert answer.status == 401
        assert await sent(stranger) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"to": "0901234567"},
        {"to": "+84 901234567"},
        {"to": "+84901234567\n"},
        {"to": "+٨٤٩٠١٢٣٤٥٦٧"},
        {"to": None},
        {"text": ""},
        {"text": "a" * 1_601},
        {"text": 123456},
        {"reference": "not-a-uuid"},
        {"sender": "LONGAN"},
        {"status_url": "ftp://example.com"},
    ],
)
async def test_a_bad_field_is_a_400(client: aiohttp.ClientSession, changed: dict[str, object]) -> None:
    async with client.post("/sms/messages", json=message(**changed)) as answer:
        assert answer.status == 400
        assert (await answer.json())["error"] == "invalid_request"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"to": "+84901234567"}', b'"\xff"', b"[" * 100_000])
async def test_a_body_that_is_no_message_is_a_400(client: aiohttp.ClientSession, body: bytes) -> None:
    async with client.post("/sms/messages", data=body) as answer:
        assert answer.status == 400


async def test_an_unavailable_gateway_answers_503_and_takes_nothing(client: aiohttp.ClientSession) -> None:
    await client.post("/sms/faults", json={"mode": "unavailable"})

    for _ in range(3):
        async with client.post("/sms/messages", json=message()) as answer:
            assert answer.status == 503
    await client.post("/sms/faults", json={"mode": "ok"})
    async with client.post("/sms/messages", json=message()) as answer:
        assert answer.status == 202

    assert len(await sent(client)) == 1


async def test_a_script_with_times_ends_by_itself(client: aiohttp.ClientSession) -> None:
    await client.post("/sms/faults", json={"mode": "unavailable", "times": 2})

    statuses = [(await client.post("/sms/messages", json=message())).status for _ in range(3)]

    assert statuses == [503, 503, 202]


async def test_a_reset_comes_before_the_message_is_taken(client: aiohttp.ClientSession) -> None:
    await client.post("/sms/faults", json={"mode": "reset", "times": 1})

    with pytest.raises(aiohttp.ClientConnectionError):
        await client.post("/sms/messages", json=message())

    assert await sent(client) == []


async def test_a_slow_gateway_takes_the_message_and_answers_late(client: aiohttp.ClientSession) -> None:
    await client.post("/sms/faults", json={"mode": "slow", "times": 1})
    given = message()

    with pytest.raises(TimeoutError):
        await client.post("/sms/messages", json=given, timeout=aiohttp.ClientTimeout(total=0.1))
    async with client.post("/sms/messages", json=given) as again:
        assert again.status == 202

    assert len(await sent(client)) == 1


async def test_a_garbled_answer_still_means_the_message_was_taken(client: aiohttp.ClientSession) -> None:
    await client.post("/sms/faults", json={"mode": "garbled", "times": 1})

    async with client.post("/sms/messages", json=message()) as answer:
        assert answer.status == 202
        with pytest.raises(ValueError, match="Unterminated"):
            await answer.json()

    assert len(await sent(client)) == 1


class Reports:
    """Where a gateway reports to."""

    def __init__(self) -> None:
        self.came: list[tuple[dict[str, str], bytes]] = []
        self.refuse = 0
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        if self.refuse:
            self.refuse -= 1
            return web.Response(status=503)
        self.came.append((dict(request.headers), await request.read()))
        return web.Response(status=204)

    async def next(self) -> dict[str, object]:
        for _ in range(300):
            if self.came:
                headers, body = self.came.pop(0)
                made = signed("key-of-the-test", body, datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC),
                              headers["webhook-id"])  # fmt: skip
                assert headers["webhook-signature"] == made["webhook-signature"]
                told: dict[str, object] = json.loads(body)
                return told
            await asyncio.sleep(0.01)
        raise AssertionError("no report came")


@pytest.fixture
async def reports() -> AsyncIterator[Reports]:
    made, app = Reports(), web.Application()
    app.router.add_post("/status", made.take)
    runner = await stand_ins.serve("127.0.0.1", 0, app)
    made.url = f"{stand_ins.address(runner)}/status"
    yield made
    await runner.cleanup()


@pytest.mark.parametrize(
    ("mode", "status", "shown"),
    [("ok", "delivered", 1), ("garbled", "delivered", 1), ("undelivered", "failed", 0), ("lying", "delivered", 0)],
)
async def test_what_became_of_a_message_is_reported_and_signed(
    client: aiohttp.ClientSession, reports: Reports, mode: str, status: str, shown: int
) -> None:
    await client.post("/sms/faults", json={"mode": mode})
    given = message(status_url=reports.url)

    async with client.post("/sms/messages", json=given) as answer:
        assert answer.status == 202
    report = await reports.next()

    assert (report["reference"], report["status"]) == (given["reference"], status)
    assert report.get("reason") == ("unreachable" if status == "failed" else None)
    assert len(await sent(client)) == shown


async def test_a_late_message_comes_and_is_reported_later(client: aiohttp.ClientSession, reports: Reports) -> None:
    await client.post("/sms/faults", json={"mode": "late"})

    await client.post("/sms/messages", json=message(status_url=reports.url))

    assert await sent(client) == []
    assert (await reports.next())["status"] == "delivered"
    assert len(await sent(client)) == 1


async def test_a_report_that_nobody_took_comes_again_under_the_same_id(
    client: aiohttp.ClientSession, reports: Reports
) -> None:
    reports.refuse = 1

    await client.post("/sms/messages", json=message(status_url=reports.url))

    assert (await reports.next())["status"] == "delivered"


async def test_the_second_gateway_is_another(client: aiohttp.ClientSession) -> None:
    await client.post("/second/sms/faults", json={"mode": "unavailable"})

    async with client.post("/second/sms/messages", json=message()) as answer:
        assert answer.status == 503
    async with client.post("/sms/messages", json=message()) as answer:
        assert answer.status == 202


@pytest.mark.parametrize("script", [{}, {"mode": "odd"}, {"mode": "slow", "times": 0}, {"mode": "ok", "time": 1}])
async def test_a_bad_script_is_a_400(client: aiohttp.ClientSession, script: dict[str, object]) -> None:
    async with client.post("/sms/faults", json=script) as answer:
        assert answer.status == 400


async def test_only_the_last_messages_are_kept(runner: web.AppRunner) -> None:
    gateway = runner.app[sms.GATEWAY]
    first = sms.Submission(to="+84901111111", text="111111", reference=uuid4())
    known = gateway.accept(first)

    for _ in range(sms.KEPT):
        gateway.accept(sms.Submission(to="+84902222222", text="222222", reference=uuid4()))

    assert gateway.latest("+84901111111") is None
    assert len(gateway.messages.since(0)) == sms.KEPT
    assert gateway.accept(first) != known, "a reference is forgotten with its message"
