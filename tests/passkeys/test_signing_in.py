"""A session for whoever holds a passkey, and for nobody else."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import jwt
import pytest
import redis.asyncio

from longan.api.edge import Edge
from longan.floor.requests.limits import Limiter
from longan.rooms.passkeys.domain import CHALLENGES_FROM_ADDRESS
from longan.rooms.passkeys.tasks import prune_passkeys
from tests.conftest import Bearer, TestClock, new_account
from tests.devices import Device
from tests.passkeys.authenticator import PRESENT, VERIFIED, Authenticator, Ed25519, Es256, Rs256, raw, text
from tests.passkeys.conftest import (
    CHALLENGES,
    FINISH,
    SIGN_IN,
    Confirm,
    Headers,
    asked,
    begun,
    finish,
    held,
    registered,
    show,
    signed_in,
)


def claims_of(session: dict[str, Any]) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(session["access_token"], options={"verify_signature": False})
    return claims


async def sessions(conn: asyncpg.Connection, account: UUID) -> list[asyncpg.Record]:
    return await conn.fetch(
        "select id, acr, amr, audience, ended_at, end_reason from sessions.sessions where account_id = $1 order by id",
        account,
    )


async def test_what_is_asked_for_names_nobody(client: httpx.AsyncClient) -> None:
    first, second = await asked(client), await asked(client)

    assert first.keys() == {"challenge", "timeout", "rpId", "allowCredentials", "userVerification"}
    assert (first["rpId"], first["allowCredentials"], first["userVerification"]) == ("localhost", [], "required")
    assert len(raw(first["challenge"])) == 32
    assert first["challenge"] != second["challenge"]


@pytest.mark.parametrize("key", [None, Ed25519(), Rs256()], ids=["ES256", "Ed25519", "RS256"])
async def test_whoever_holds_a_passkey_is_signed_in(
    client: httpx.AsyncClient, me: Headers, conn: asyncpg.Connection, key: Any
) -> None:
    phone = Authenticator(key)
    await registered(client, me, phone)

    session = await signed_in(client, phone, device={"name": "Điện thoại của Lan", "platform": "android"})

    account = UUID(session["account_id"])
    assert (await client.get("/v1/me", headers=held(session))).json()["id"] == str(account)
    assert claims_of(session)["acr"] == "1"
    assert session["new_account"] is False
    latest = (await sessions(conn, account))[-1]
    assert (latest["amr"], latest["audience"]) == (["hwk", "user"], "app")
    used = (await client.get(FINISH, headers=me)).json()["items"][0]["last_used_at"]
    assert used is not None


async def test_a_confirmed_identity_with_a_passkey_is_level_two(
    client: httpx.AsyncClient, me: Headers, phone: Authenticator, confirm: Confirm
) -> None:
    await registered(client, me, phone)
    await confirm(UUID((await client.get("/v1/me", headers=me)).json()["id"]))

    assert claims_of(await signed_in(client, phone))["acr"] == "2"


async def test_an_account_with_only_a_passkey_applies_to_a_job(
    client: httpx.AsyncClient, me: Headers, phone: Authenticator, conn: asyncpg.Connection
) -> None:
    """SECURITY A10."""
    await registered(client, me, phone)
    account = UUID((await client.get("/v1/me", headers=me)).json()["id"])
    await conn.execute("update identity.accounts set phone_index = null, phone_cipher = null where id = $1", account)
    await conn.execute("update sessions.sessions set ended_at = signed_in_at where account_id = $1", account)

    session = held(await signed_in(client, phone))
    job = (await client.get("/v1/jobs")).json()["items"][0]["id"]
    profile = await client.get("/v1/me", headers=session)
    named = await client.patch(
        "/v1/me", json={"full_name": "Trần Văn Nam"}, headers={**session, "If-Match": profile.headers["ETag"]}
    )
    applied = await client.post(f"/v1/jobs/{job}/applications", json={}, headers=session)
    mine = await client.get("/v1/me/applications", headers=session)

    assert (profile.status_code, profile.json()["phone"], named.status_code) == (200, None, 200)
    assert (applied.status_code, applied.json()["status"]) == (201, "submitted")
    assert [each["job"]["id"] for each in mine.json()["items"]] == [job]


async def test_with_its_access_token_it_is_a_fresh_proof_and_ends_that_session(
    client: httpx.AsyncClient, me: Headers, phone: Authenticator, conn: asyncpg.Connection, clock: TestClock
) -> None:
    await registered(client, me, phone)
    clock.shift(timedelta(minutes=4))

    session = await signed_in(client, phone, me)

    rows = await sessions(conn, UUID(session["account_id"]))
    assert [row["end_reason"] for row in rows] == ["replaced", None]
    assert (await client.get("/v1/me", headers=me)).status_code == 401


async def test_another_accounts_token_is_not_looked_at(
    client: httpx.AsyncClient, me: Headers, phone: Authenticator, bearer: Bearer
) -> None:
    stranger = await bearer()
    await registered(client, me, phone)

    session = await signed_in(client, phone, stranger)

    mine, theirs = [(await client.get("/v1/me", headers=each)).json()["id"] for each in (me, stranger)]
    assert session["account_id"] == mine != theirs


async def test_an_official_needs_a_key_beside_the_passkey(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, bearer: Bearer, phone: Authenticator
) -> None:
    account = await new_account(conn, app, role="official")
    await registered(client, await bearer(account, audience="official", acr=3), phone)

    keyless = await show(client, phone.get(await asked(client)), audience="official")
    on_duty = await signed_in(client, phone, Device.of(app).headers("POST", SIGN_IN), audience="official")

    assert (keyless.status_code, keyless.json()["code"]) == (401, "dpop_required")
    assert (claims_of(on_duty)["acr"], claims_of(on_duty)["aud"]) == ("3", "official")


async def test_a_worker_is_no_official(client: httpx.AsyncClient, me: Headers, phone: Authenticator) -> None:
    await registered(client, me, phone)

    answer = await show(client, phone.get(await asked(client)), audience="official")

    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_a_disabled_account_stays_closed(
    client: httpx.AsyncClient, me: Headers, phone: Authenticator, conn: asyncpg.Connection
) -> None:
    await registered(client, me, phone)
    await conn.execute("update identity.accounts set disabled_at = created_at")

    answer = await show(client, phone.get(await asked(client)))

    assert (answer.status_code, answer.json()["code"]) == (403, "account_disabled")


async def test_a_challenge_opens_one_session(client: httpx.AsyncClient, me: Headers, phone: Authenticator) -> None:
    await registered(client, me, phone)
    options = await asked(client)
    credential = phone.get(options)

    answers = [await show(client, each) for each in (credential, credential, phone.get(options))]

    assert [answer.status_code for answer in answers] == [200, 410, 410]
    assert answers[1].json()["code"] == "passkey_challenge_over"


async def test_a_challenge_is_used_up_by_a_refusal_too(
    client: httpx.AsyncClient, me: Headers, phone: Authenticator
) -> None:
    await registered(client, me, phone)
    options = await asked(client)

    refused = await show(client, phone.get(options, flags=PRESENT))
    again = await show(client, phone.get(options))

    assert (refused.status_code, again.status_code) == (422, 410)


async def test_a_challenge_that_nobody_gave_is_over(
    client: httpx.AsyncClient, me: Headers, phone: Authenticator
) -> None:
    await registered(client, me, phone)
    options = await asked(client)
    registration = (await begun(client, held(await signed_in(client, phone))))["challenge"]

    answers = [
        await show(client, phone.get({**options, "challenge": challenge}))
        for challenge in (text(bytes(32)), registration, "")
    ]

    assert [(each.status_code, each.json()["code"]) for each in answers] == [(410, "passkey_challenge_over")] * 3


async def test_a_challenge_lives_five_minutes(
    client: httpx.AsyncClient, me: Headers, phone: Authenticator, clock: TestClock
) -> None:
    await registered(client, me, phone)
    options = await asked(client)
    clock.shift(timedelta(minutes=5, seconds=1))

    answer = await show(client, phone.get(options))

    assert answer.status_code == 410


async def test_a_challenge_is_kept_as_a_digest(client: httpx.AsyncClient, conn: asyncpg.Connection) -> None:
    challenge = (await asked(client))["challenge"]

    rows = [str(dict(row)) for row in await conn.fetch("select * from passkeys.challenges")]

    assert rows
    assert not any(challenge in row or raw(challenge).hex() in row or str(raw(challenge)) in row for row in rows)


FORGERIES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    # what the authenticator is, and what it is made to say
    "origin": ({}, {"says": {"origin": "https://longan.example.evil"}}),
    "origin of another port": ({}, {"says": {"origin": "http://localhost:8001"}}),
    "origin of another scheme": ({}, {"says": {"origin": "https://localhost:8000"}}),
    "origin of an app that is not ours": ({}, {"says": {"origin": f"android:apk-key-hash:{text(bytes(32))}"}}),
    "relying_party": ({"domain": "longan.example.evil"}, {}),
    "user_verification": ({}, {"flags": PRESENT}),
    "cross_origin": ({}, {"says": {"crossOrigin": True}}),
    "user_handle": ({}, {"user_handle": UUID(int=7).bytes}),
    "user_handle that is missing": ({}, {"user_handle": b""}),
    "signature of another kind": ({}, {"says": {"type": "webauthn.create"}}),
    "signature without presence": ({}, {"flags": VERIFIED}),
    "signature of a backup that cannot be": ({}, {"flags": PRESENT | VERIFIED | 0x10}),
    "signature of another key": ({"key": Es256()}, {}),
}


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_a_forged_answer_is_refused_and_says_why(
    client: httpx.AsyncClient, me: Headers, phone: Authenticator, conn: asyncpg.Connection, forgery: str
) -> None:
    await registered(client, me, phone)
    before = await conn.fetchval("select count(*) from sessions.sessions")
    is_, said = FORGERIES[forgery]
    for name, value in is_.items():
        setattr(phone, name, value)
    credential = phone.get(await asked(client), **said)
    if not credential["response"]["userHandle"]:
        del credential["response"]["userHandle"]

    answer = await show(client, credential)

    assert (answer.status_code, answer.json()["code"]) == (422, "passkey_refused")
    assert answer.json()["reason"] == forgery.split(maxsplit=1)[0]
    assert await conn.fetchval("select count(*) from sessions.sessions") == before


@pytest.mark.parametrize("forgery", [name for name in FORGERIES if not name.startswith(("signature", "user_handle"))])
async def test_a_forged_registration_is_refused_and_says_why(
    client: httpx.AsyncClient, me: Headers, phone: Authenticator, forgery: str
) -> None:
    is_, said = FORGERIES[forgery]
    for name, value in is_.items():
        setattr(phone, name, value)

    answer = await finish(client, me, phone.create(await begun(client, me), **said))

    assert (answer.status_code, answer.json()["code"]) == (422, "passkey_refused")
    assert answer.json()["reason"] == forgery.split(maxsplit=1)[0]


async def test_one_accounts_passkey_does_not_open_another(
    client: httpx.AsyncClient, me: Headers, phone: Authenticator, bearer: Bearer
) -> None:
    """The id of one passkey with the signature, and with the owner, of another."""
    other = Authenticator()
    await registered(client, me, phone)
    await registered(client, await bearer(), other)
    mine, theirs = phone.get(await asked(client)), other.get(await asked(client))
    mixed = {**theirs, "id": mine["id"], "rawId": mine["rawId"]}

    by_id = await show(client, mixed)
    by_handle = await show(client, phone.get(await asked(client), user_handle=other.user_handle))

    assert (by_id.status_code, by_id.json()["reason"]) == (422, "signature")
    assert (by_handle.status_code, by_handle.json()["reason"]) == (422, "user_handle")


async def test_a_passkey_that_nobody_registered_is_unknown(client: httpx.AsyncClient, phone: Authenticator) -> None:
    phone.user_handle = uuid4().bytes

    answer = await show(client, phone.get(await asked(client)))

    assert (answer.status_code, answer.json()["code"]) == (422, "passkey_unknown")


async def test_a_counter_that_goes_back_is_refused_and_told_to_the_owner(
    client: httpx.AsyncClient, me: Headers, phone: Authenticator, conn: asyncpg.Connection
) -> None:
    await registered(client, me, phone)
    for _ in range(3):
        session = held(await signed_in(client, phone))
    phone.count = 1

    copy = await show(client, phone.get(await asked(client)))
    same = await show(client, phone.get(await asked(client)))
    shown = (await client.get(FINISH, headers=session)).json()["items"][0]
    later = await show(client, phone.get(await asked(client)))

    assert [(each.status_code, each.json()["code"]) for each in (copy, same)] == [(422, "passkey_counter_back")] * 2
    assert shown["counter_back_at"] is not None
    assert await conn.fetchval(
        "select count(distinct payload) from pgqueuer where convert_from(payload, 'UTF8') like '%counter_back%'"
    ) == 1  # fmt: skip
    assert later.status_code == 200


async def test_a_synced_passkey_has_no_counter(client: httpx.AsyncClient, me: Headers) -> None:
    phone = Authenticator(counts=False)
    passkey = await registered(client, me, phone)

    for _ in range(3):
        await signed_in(client, phone)

    assert passkey["backed_up"] is True


async def test_the_address_and_the_passkey_are_counted_but_not_who_is_signed_in(
    client: httpx.AsyncClient, me: Headers, phone: Authenticator
) -> None:
    await registered(client, me, phone)
    for _ in range(10):
        session = held(await signed_in(client, phone))

    beyond = await show(client, phone.get(await asked(client)))
    with_a_session = await show(client, phone.get(await asked(client)), session)

    assert (beyond.status_code, beyond.json()["code"]) == (429, "rate_limited")
    assert int(beyond.headers["Retry-After"]) > 3_000
    assert with_a_session.status_code == 200


async def test_without_valkey_strangers_wait_and_who_is_signed_in_goes_on(
    client: httpx.AsyncClient, me: Headers, phone: Authenticator, app: Edge
) -> None:
    await registered(client, me, phone)
    options = await asked(client)
    strict = app.app.state.strict
    try:
        away = redis.asyncio.from_url("redis://127.0.0.1:1", socket_connect_timeout=0.2)
        app.app.state.strict = type(strict)(away)

        strangers = [await client.post(CHALLENGES), await show(client, phone.get(options))]
        known = await show(client, phone.get(await asked(client, me)), me)
    finally:
        app.app.state.strict = strict

    assert [each.status_code for each in strangers] == [503, 503]
    assert all(each.headers["Retry-After"] for each in strangers)
    assert known.status_code == 200


async def test_a_network_is_given_so_many_challenges_an_hour_but_not_who_is_signed_in(
    client: httpx.AsyncClient, me: Headers, app: Edge, conn: asyncpg.Connection
) -> None:
    app.limiter = Limiter(app.app.state.valkey, 100)
    quota = CHALLENGES_FROM_ADDRESS[0].quota
    for _ in range(quota):
        await asked(client)

    beyond = await client.post(CHALLENGES)
    with_a_session = await client.post(CHALLENGES, headers=me)

    assert (beyond.status_code, beyond.json()["code"]) == (429, "rate_limited")
    assert int(beyond.headers["Retry-After"]) > 3_000
    assert with_a_session.status_code == 200
    assert await conn.fetchval("select count(*) from passkeys.challenges") == quota + 1


async def test_challenges_are_forgotten_a_day_after_their_end(
    client: httpx.AsyncClient, app: Edge, conn: asyncpg.Connection, clock: TestClock
) -> None:
    await asked(client)
    context: Any = SimpleNamespace(pool=app.app.state.pool, clock=clock)

    left = []
    for hours in (24, 1):
        clock.shift(timedelta(hours=hours))
        await prune_passkeys(context)
        left.append(await conn.fetchval("select count(*) from passkeys.challenges"))

    assert left == [1, 0]
