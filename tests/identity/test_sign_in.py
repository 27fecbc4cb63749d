"""The way in: a code by SMS, its tries, its end, and who may come through which door."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import msgspec
import pytest
import redis.asyncio

from longan.api.app import create_app
from longan.api.edge import Edge
from longan.floor.accounts.desk import FAILURES
from longan.floor.setup.settings import BadSettings, Settings, check

Ask = Callable[..., Awaitable[str]]
Enter = Callable[..., Awaitable[httpx.Response]]
Deliver = Callable[[], Awaitable[int]]

WORKER, OWNER, OFFICIAL, ADMINISTRATOR = (f"+849000000{number}" for number in ("01", "11", "21", "31"))


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


async def test_a_code_by_sms_opens_an_account_and_a_session(
    client: httpx.AsyncClient, gateway: Any, deliver: Deliver, phone: str
) -> None:
    asked = await client.post("/v1/auth/otp", json={"phone": phone})
    await deliver()
    code = await gateway.latest(phone)
    entry = {"challenge_id": asked.json()["challenge_id"], "code": code,
             "device": {"name": "Điện thoại của Lan", "platform": "android"}}  # fmt: skip

    entered = await client.post("/v1/auth/otp/verify", json=entry)

    assert asked.status_code == 202
    assert asked.json() == {"challenge_id": asked.json()["challenge_id"], "expires_in": 180, "resend_after": 60}
    assert entered.status_code == 200
    made = entered.json()
    assert made.keys() == {"access_token", "token_type", "expires_in", "refresh_token", "account_id", "new_account"}
    assert (made["token_type"], made["expires_in"], made["new_account"]) == ("Bearer", 300, True)
    assert {asked.headers["Cache-Control"], entered.headers["Cache-Control"]} == {"no-store"}
    me = await client.get("/v1/me", headers={"Authorization": f"Bearer {made['access_token']}"})
    assert (me.json()["id"], me.json()["phone"], me.json()["assurance_level"]) == (made["account_id"], phone, 0)
    assert me.json()["roles"] == [{"role": "worker", "employer_id": None, "agency_code": None}]


async def test_the_second_time_it_is_the_same_account(
    ask: Ask, enter: Enter, gateway: Any, deliver: Deliver, phone: str, valkey: redis.asyncio.Redis
) -> None:
    accounts = []
    for spelling in (phone, "0" + phone.removeprefix("+84")):
        await valkey.flushdb()
        challenge = await ask(spelling)
        await deliver()
        accounts.append((await enter(challenge, await gateway.latest(phone))).json())

    assert accounts[0]["account_id"] == accounts[1]["account_id"]
    assert [made["new_account"] for made in accounts] == [True, False]
    assert accounts[0]["refresh_token"] != accounts[1]["refresh_token"]


async def test_known_and_unknown_phones_get_the_same_answer(client: httpx.AsyncClient, phone: str) -> None:
    known = await client.post("/v1/auth/otp", json={"phone": WORKER})
    unknown = await client.post("/v1/auth/otp", json={"phone": phone})

    assert known.status_code == unknown.status_code == 202
    assert known.json() | {"challenge_id": ""} == unknown.json() | {"challenge_id": ""}
    assert known.headers.keys() == unknown.headers.keys()


@pytest.mark.parametrize(
    "phone",
    ["02723822222", "1900123456", "18001091", "+16502530000", "0912345678;ext=1", "tel:0912345678",
     "０９１２３４５６７８", "0912345678,,1", "o912345678", "0123456789", "++84912345678"],
)  # fmt: skip
async def test_what_is_no_mobile_number_is_refused_before_anything_happens(
    client: httpx.AsyncClient, conn: asyncpg.Connection, phone: str
) -> None:
    refused = await client.post("/v1/auth/otp", json={"phone": phone})

    assert refused.status_code == 400
    assert refused.json()["errors"][0]["pointer"] == "/phone"
    assert refused.json()["errors"][0]["code"] == "not_mobile"
    assert await conn.fetchval("select count(*) from identity.challenges") == 0


@pytest.mark.parametrize(
    ("code", "status"), [("12345", 400), ("1234567", 400), ("12345a", 400), ("١٢٣٤٥٦", 400), (123456, 400)]
)
async def test_what_is_no_code_uses_up_no_try(
    ask: Ask, enter: Enter, conn: asyncpg.Connection, code: Any, status: int
) -> None:
    refused = await enter(await ask(WORKER), code)

    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (status, "/code")
    assert await conn.fetchval("select tries from identity.challenges") == 0


async def test_five_wrong_codes_end_the_challenge_even_for_the_right_one(ask: Ask, enter: Enter) -> None:
    challenge = await ask(WORKER)

    answers = [await enter(challenge, wrong("000000")) for _ in range(5)]
    late = await enter(challenge, "000000")

    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(422, "otp_invalid")}
    assert (late.status_code, late.json()["code"]) == (410, "otp_expired")


async def test_a_code_opens_once(ask: Ask, enter: Enter) -> None:
    challenge = await ask(WORKER)

    first = await enter(challenge, "000000")
    second = await enter(challenge, "000000")

    assert first.status_code == 200
    assert (second.status_code, second.json()["code"]) == (410, "otp_expired")


async def test_a_code_ends_with_its_time(ask: Ask, enter: Enter, clock: Any) -> None:
    challenge = await ask(WORKER)
    clock.shift(timedelta(seconds=181))

    late = await enter(challenge, "000000")

    assert (late.status_code, late.json()["code"]) == (410, "otp_expired")


async def test_a_challenge_nobody_asked_for_is_over(enter: Enter) -> None:
    answer = await enter(str(uuid4()), "000000")

    assert (answer.status_code, answer.json()["code"]) == (410, "otp_expired")


async def test_the_code_of_one_challenge_does_not_open_another(
    ask: Ask, enter: Enter, gateway: Any, deliver: Deliver, phone: str, valkey: redis.asyncio.Redis
) -> None:
    first = await ask(phone)
    await deliver()
    code = await gateway.latest(phone)
    await valkey.flushdb()
    second = await ask(phone)

    crossed = await enter(second, code)

    assert crossed.status_code == 422
    assert (await enter(first, code)).status_code == 200


async def test_a_disabled_account_stays_out(ask: Ask, enter: Enter, conn: asyncpg.Connection) -> None:
    await conn.execute("update identity.accounts set disabled_at = created_at")

    refused = await enter(await ask(WORKER), "000000")

    assert (refused.status_code, refused.json()["code"]) == (403, "account_disabled")
    assert await conn.fetchval("select count(*) from sessions.sessions") == 0


@pytest.mark.parametrize("asked", ["app", "official"])
@pytest.mark.parametrize("phone", [OFFICIAL, ADMINISTRATOR])
async def test_staff_are_staff_asked_or_not(
    client: httpx.AsyncClient, ask: Ask, enter: Enter, phone: str, asked: str
) -> None:
    entered = await enter(await ask(phone, audience=asked), "000000")

    me = await client.get("/v1/me", headers={"Authorization": f"Bearer {entered.json()['access_token']}"})
    assert me.json()["assurance_level"] == 3
    assert me.json()["roles"][0]["role"] in ("official", "administrator")


@pytest.mark.parametrize("phone", [WORKER, OWNER])
async def test_nobody_else_becomes_staff_by_asking(ask: Ask, enter: Enter, phone: str) -> None:
    refused = await enter(await ask(phone, audience="official"), "000000")

    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


async def test_an_official_who_is_a_worker_too_chooses(ask: Ask, enter: Enter, conn: asyncpg.Connection) -> None:
    account = await conn.fetchval("select account_id from identity.roles where role = 'administrator'")
    await conn.execute("insert into identity.roles (account_id, role) values ($1, 'worker')", account)

    for audience in ("app", "official"):
        await enter(await ask(ADMINISTRATOR, audience=audience), "000000")

    rows = await conn.fetch("select audience, acr from sessions.sessions where account_id = $1 order by acr", account)
    assert [tuple(row) for row in rows] == [("app", 0), ("official", 3)]


async def test_an_official_without_a_passkey_is_sent_to_get_one(
    ask: Ask, enter: Enter, gateway: Any, deliver: Deliver, phone: str, conn: asyncpg.Connection,
    valkey: redis.asyncio.Redis,
) -> None:  # fmt: skip
    challenge = await ask(phone)
    await deliver()
    made = (await enter(challenge, await gateway.latest(phone))).json()
    await conn.execute("update identity.roles set role = 'official' where account_id = $1", made["account_id"])
    await valkey.flushdb()
    challenge = await ask(phone)
    await deliver()

    refused = await enter(challenge, await gateway.latest(phone))

    assert (refused.status_code, refused.json()["code"]) == (403, "passkey_required")


async def test_personas_are_never_sent_anything(ask: Ask, deliver: Deliver, gateway: Any) -> None:
    for phone in (WORKER, OFFICIAL, "+84900000092", "+84900000094"):
        await ask(phone)

    assert await deliver() == 0
    assert await gateway.sent() == []


async def test_the_test_numbers_fail_as_they_are_asked_to(client: httpx.AsyncClient, ask: Ask, enter: Enter) -> None:
    never = await enter(await ask("+84900000092"), "000000")
    limited = await client.post("/v1/auth/otp", json={"phone": "+84900000093"})
    over = await enter(await ask("+84900000094"), "000000")

    assert (never.status_code, never.json()["code"]) == (422, "otp_invalid")
    assert (limited.status_code, limited.json()["code"], limited.headers["Retry-After"]) == (429, "rate_limited", "60")
    assert (over.status_code, over.json()["code"]) == (410, "otp_expired")


async def test_production_has_no_such_door(
    app: Edge, settings: Settings, valkey: redis.asyncio.Redis, clock: Any, conn: asyncpg.Connection, at: Any
) -> None:
    """The same code on the same data: 000000 is wrong, a gateway is asked to send, and staff need a passkey."""
    live = create_app(
        msgspec.structs.replace(settings, env="production"), pool=app.app.state.pool, valkey=valkey, clock=clock
    )

    for phone in (WORKER, OFFICIAL, "+84900000092", "+84900000093", "+84900000094"):
        async with at(live) as client:
            asked = await client.post("/v1/auth/otp", json={"phone": phone})
            entry = {"challenge_id": asked.json()["challenge_id"], "code": "000000"}
            entered = await client.post("/v1/auth/otp/verify", json=entry)
        assert (entered.status_code, entered.json()["code"]) == (422, "otp_invalid"), phone

    assert await conn.fetchval("select count(*) from pgqueuer where entrypoint = 'send_one_time_code'") == 5


@pytest.mark.parametrize("code", ["000000", "123456", "111111", "999999"])
async def test_no_fixed_code_and_no_header_opens_production(
    app: Edge, settings: Settings, valkey: redis.asyncio.Redis, clock: Any, at: Any, phone: str, code: str
) -> None:
    live = create_app(
        msgspec.structs.replace(settings, env="production"), pool=app.app.state.pool, valkey=valkey, clock=clock
    )

    async with at(live) as client:
        asked = await client.post("/v1/auth/otp", json={"phone": phone})
        entry = {"challenge_id": asked.json()["challenge_id"], "code": code}
        entered = await client.post(
            "/v1/auth/otp/verify", json=entry,
            headers={"X-Debug-Otp": code, "X-Debug-User": "1", "X-Test-Mode": "true", "X-Otp-Bypass": "1"},
        )  # fmt: skip

    assert (entered.status_code, entered.json()["code"]) == (422, "otp_invalid")


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"sms_url": "http://127.0.0.1:8002"}, "LONGAN_SMS_URL"),
        ({"sms_fallback_url": "http://127.0.0.1:8002/second"}, "LONGAN_SMS_FALLBACK_URL"),
        ({"sms_fallback_url": "https://localhost/second"}, "LONGAN_SMS_FALLBACK_URL"),
        ({"sms_fallback_url": "http://second.example.vn"}, "LONGAN_SMS_FALLBACK_URL"),
        ({"sms_fallback_key": "short"}, "LONGAN_SMS_FALLBACK_KEY"),
    ],
)
def test_production_does_not_start_on_a_gateway_of_this_machine_or_with_a_weak_key(
    settings: Settings, changed: dict[str, str], named: str, tmp_path: Any
) -> None:
    credentials = tmp_path / "fcm.json"
    credentials.write_text("{}")
    live = msgspec.structs.replace(
        settings, env="production", public_url="https://id.example.vn", sms_url="https://first.example.vn",
        sms_key="k" * 16, sms_fallback_url="https://second.example.vn", sms_fallback_key="k" * 16,
        fcm_credentials=credentials,
    )  # fmt: skip
    check(live, {})

    with pytest.raises(BadSettings, match=named):
        check(msgspec.structs.replace(live, **changed), {})


def test_production_does_not_start_with_wider_limits(settings: Settings) -> None:
    wide = msgspec.structs.replace(settings, env="production", rate_limit_scale=10)

    with pytest.raises(BadSettings, match="LONGAN_RATE_LIMIT_SCALE"):
        check(wide, {})


async def test_too_many_wrong_codes_anywhere_close_the_way_in_for_a_while(
    ask: Ask, enter: Enter, conn: asyncpg.Connection, clock: Any
) -> None:
    challenge = await ask(WORKER)
    await conn.execute(
        "insert into identity.wrong_codes (minute, codes) select date_trunc('minute', $1::timestamptz), $2",
        clock(), FAILURES,
    )  # fmt: skip

    refused = await enter(challenge, "000000")
    clock.shift(timedelta(minutes=14))
    later = await enter(await ask(WORKER), "000000")

    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert refused.headers["Retry-After"] == "60"
    assert later.status_code == 200
