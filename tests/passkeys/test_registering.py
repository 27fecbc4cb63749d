"""A passkey is made, kept, named, removed; and by whom it may be."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import jwt
import pytest

from longan.api.edge import Edge
from longan.rooms.passkeys.domain import MOST
from longan.rooms.recovery.domain import COOLING_AFTER_RECOVERY
from tests.conftest import Bearer, TestClock, new_account
from tests.passkeys.authenticator import Authenticator, Ed25519, Rs256, raw
from tests.passkeys.conftest import BEGIN, FINISH, Confirm, Headers, begun, finish, held, registered, signed_in


async def account_of(client: httpx.AsyncClient, me: Headers) -> UUID:
    return UUID((await client.get("/v1/me", headers=me)).json()["id"])


async def listed(client: httpx.AsyncClient, me: Headers) -> list[dict[str, Any]]:
    answer = await client.get(FINISH, headers=me)
    assert answer.status_code == 200
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def notices(conn: asyncpg.Connection) -> list[str]:
    """What owners are told of their passkeys."""
    promised = await conn.fetch("select payload from pgqueuer where entrypoint = 'security_notice' order by id")
    return [what for row in promised if (what := json.loads(row["payload"])["what"]).startswith("passkey")]


def renewed(app: Edge, headers: Headers) -> Headers:
    """The next access token of the same session."""
    claims = jwt.decode(headers["Authorization"].split()[1], options={"verify_signature": False})
    signed_in = datetime.fromtimestamp(claims["auth_time"], UTC)
    token = app.app.state.tokens.sign(
        UUID(claims["sub"]), UUID(claims["sid"]), claims["aud"], int(claims["acr"]), signed_in, app.app.state.clock()
    )
    return {**headers, "Authorization": f"Bearer {token}"}


async def test_the_options_ask_for_what_a_passkey_must_be(client: httpx.AsyncClient, me: Headers) -> None:
    options = await begun(client, me)

    assert options["rp"] == {"id": "localhost", "name": "Long An ID"}
    assert raw(options["user"]["id"]) == (await account_of(client, me)).bytes
    assert len(raw(options["challenge"])) == 32
    assert [each["alg"] for each in options["pubKeyCredParams"]] == [-7, -8, -257]
    assert options["attestation"] == "none"
    assert options["authenticatorSelection"] == {
        "residentKey": "required", "requireResidentKey": True, "userVerification": "required"
    }  # fmt: skip
    assert options["timeout"] == 300_000


async def test_the_authenticator_is_told_a_name_that_its_owner_knows(
    client: httpx.AsyncClient, me: Headers, conn: asyncpg.Connection
) -> None:
    account = await account_of(client, me)

    by_phone = (await begun(client, me))["user"]["name"]
    await conn.execute("insert into people.profiles (account_id, full_name) values ($1, 'Nguyễn Thị Lan')", account)
    by_name = (await begun(client, me))["user"]

    assert by_phone.startswith("•••• ")
    assert len(by_phone) == 9
    assert (by_name["name"], by_name["displayName"]) == ("Nguyễn Thị Lan", "Nguyễn Thị Lan")


@pytest.mark.parametrize("key", [None, Ed25519(), Rs256()], ids=["ES256", "Ed25519", "RS256"])
async def test_a_new_passkey_is_listed_and_its_owner_is_told(
    client: httpx.AsyncClient, me: Headers, conn: asyncpg.Connection, key: Any
) -> None:
    passkey = await registered(client, me, Authenticator(key))

    assert await listed(client, me) == [passkey]
    assert passkey["name"] == "Điện thoại của Lan"
    assert passkey["last_used_at"] is None
    assert await notices(conn) == ["passkey_added"]


async def test_what_a_maker_says_of_itself_is_not_believed_and_harms_nobody(
    client: httpx.AsyncClient, me: Headers, phone: Authenticator
) -> None:
    attestation = {"fmt": "packed", "attStmt": {"alg": -7, "sig": b"nonsense", "x5c": [b"no certificate"]}}

    answer = await finish(client, me, phone.create(await begun(client, me), attestation=attestation))

    assert answer.status_code == 201


async def test_an_answer_is_kept_once_and_repeated_for_the_same_key(
    client: httpx.AsyncClient, me: Headers, phone: Authenticator
) -> None:
    body = {"name": "Khoá", "credential": phone.create(await begun(client, me))}

    answers = [await client.post(FINISH, json=body, headers=me) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].content == answers[1].content
    assert len(await listed(client, me)) == 1


async def test_a_used_challenge_is_over_for_the_session_that_used_it(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, bearer: Bearer
) -> None:
    staff = await bearer(await new_account(conn, app, role="official"), audience="official", acr=3)
    options = await begun(client, staff)
    assert (await finish(client, staff, Authenticator().create(options))).status_code == 201

    again = await finish(client, staff, Authenticator().create(options))

    assert (again.status_code, again.json()["code"]) == (410, "passkey_challenge_over")


async def test_a_late_answer_is_refused(
    client: httpx.AsyncClient, me: Headers, phone: Authenticator, clock: TestClock, app: Edge
) -> None:
    options = await begun(client, me)
    clock.shift(timedelta(minutes=5, seconds=1))

    answer = await finish(client, renewed(app, me), phone.create(options))

    assert (answer.status_code, answer.json()["code"]) == (410, "passkey_challenge_over")


async def test_what_began_in_time_may_end_when_the_proof_is_no_longer_fresh(
    client: httpx.AsyncClient, me: Headers, phone: Authenticator, clock: TestClock, app: Edge
) -> None:
    clock.shift(timedelta(minutes=4, seconds=50))
    options = await begun(client, me)
    clock.shift(timedelta(minutes=4, seconds=50))

    answer = await finish(client, renewed(app, me), phone.create(options))

    assert answer.status_code == 201


async def test_a_challenge_is_good_for_the_session_alone_that_asked(
    client: httpx.AsyncClient, me: Headers, phone: Authenticator, bearer: Bearer
) -> None:
    mine = await begun(client, me)
    same_account = await bearer(await account_of(client, me))
    other_account = await bearer()

    answers = [await finish(client, headers, phone.create(mine)) for headers in (same_account, other_account)]

    assert [answer.status_code for answer in answers] == [410, 410]


async def test_a_session_that_has_just_ended_adds_nothing_although_it_is_still_known(
    client: httpx.AsyncClient, me: Headers, conn: asyncpg.Connection
) -> None:
    account = await account_of(client, me)  # from now on this process knows the session for seconds
    await conn.execute("update sessions.sessions set ended_at = now() where account_id = $1", account)

    refused = await client.post(BEGIN, headers=me)

    assert (await client.get("/v1/me", headers=me)).status_code == 200
    assert refused.status_code == 401
    assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]


async def test_a_challenge_of_a_sign_in_registers_nothing(
    client: httpx.AsyncClient, me: Headers, phone: Authenticator
) -> None:
    options = await begun(client, me)
    challenge = (await client.post("/v1/auth/passkeys/challenges")).json()["challenge"]

    answer = await finish(client, me, phone.create({**options, "challenge": challenge}))

    assert answer.status_code == 410


async def test_a_passkey_belongs_to_one_account(
    client: httpx.AsyncClient, me: Headers, phone: Authenticator, bearer: Bearer
) -> None:
    other = await bearer()
    await registered(client, me, phone)

    answer = await finish(client, other, phone.create(await begun(client, other)))

    assert (answer.status_code, answer.json()["code"]) == (409, "passkey_taken")


async def test_ten_passkeys_are_enough(client: httpx.AsyncClient, me: Headers, phone: Authenticator) -> None:
    await registered(client, me, phone)
    session = held(await signed_in(client, phone, me))
    early = await begun(client, session)
    for _ in range(MOST - 1):
        await registered(client, session, Authenticator())

    begin = await client.post(BEGIN, headers=session)
    finished = await finish(client, session, Authenticator().create(early))

    assert len(await listed(client, session)) == MOST
    assert (begin.status_code, begin.json()["code"]) == (409, "too_many_passkeys")
    assert (finished.status_code, finished.json()["code"]) == (409, "too_many_passkeys")
    assert early["excludeCredentials"][0]["transports"] == ["internal", "hybrid"]


async def test_a_session_that_is_not_fresh_adds_nothing(
    client: httpx.AsyncClient, me: Headers, clock: TestClock
) -> None:
    clock.shift(timedelta(minutes=5, seconds=1))

    answer = await client.post(BEGIN, headers=me)

    assert (answer.status_code, answer.json()["code"]) == (401, "insufficient_user_authentication")
    assert answer.json()["max_age"] == 300


async def test_a_stolen_code_adds_no_passkey_to_a_confirmed_account(
    client: httpx.AsyncClient, me: Headers, bearer: Bearer, confirm: Confirm
) -> None:
    account = await account_of(client, me)
    await confirm(account)

    by_code = await client.post(BEGIN, headers=me)
    by_device = await client.post(BEGIN, headers=await bearer(account, acr=1))

    assert (by_code.status_code, by_code.json()["code"]) == (401, "insufficient_user_authentication")
    assert by_code.json()["acr_values"] == "1"
    assert by_device.status_code == 200


async def test_an_identity_confirmed_on_the_way_closes_the_way(
    client: httpx.AsyncClient, me: Headers, phone: Authenticator, confirm: Confirm
) -> None:
    options = await begun(client, me)
    await confirm(await account_of(client, me))

    answer = await finish(client, me, phone.create(options))

    assert (answer.status_code, answer.json()["code"]) == (401, "insufficient_user_authentication")


@pytest.mark.parametrize("acr", [0, 1, 2])
async def test_the_second_passkey_needs_the_first(
    client: httpx.AsyncClient, me: Headers, phone: Authenticator, bearer: Bearer, acr: int
) -> None:
    await registered(client, me, phone)
    account = await account_of(client, me)

    by_another_way = await client.post(BEGIN, headers=await bearer(account, acr=acr))
    with_it = held(await signed_in(client, phone))

    assert (by_another_way.status_code, by_another_way.json()["code"]) == (401, "passkey_proof_required")
    assert 'error="insufficient_user_authentication"' in by_another_way.headers["WWW-Authenticate"]
    await registered(client, with_it, Authenticator())
    assert len(await listed(client, with_it)) == 2


async def recovered(conn: asyncpg.Connection, account: UUID, at: datetime) -> None:
    """What a recovery leaves behind."""
    await conn.execute("delete from passkeys.credentials where account_id = $1", account)
    await conn.execute(
        "update identity.accounts set cooling_until = $2 where id = $1", account, at + COOLING_AFTER_RECOVERY
    )  # fmt: skip
    await conn.execute(
        """insert into recovery.cases (account_id, lost_index, phone_index, phone_cipher, locale, state, opened_at,
                                       due_at, closed_at)
           values ($1, '\\x01', '\\x02', '\\x03', 'vi', 'done', $2::timestamptz - interval '3 days', $2, $2)""",
        account, at,
    )  # fmt: skip


@pytest.mark.parametrize("has_one", [False, True])
async def test_an_account_that_cools_off_gets_none_and_loses_none(
    client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime, bearer: Bearer, has_one: bool
) -> None:
    first, phone = await bearer(), Authenticator()
    account = await account_of(client, first)
    options = await begun(client, first)
    if has_one:
        await registered(client, first, phone)
    await conn.execute(
        "update identity.accounts set cooling_until = $2 where id = $1", account, now + timedelta(days=1)
    )  # fmt: skip
    session = held(await signed_in(client, phone)) if has_one else await bearer(account, acr=2)
    passkey = (await listed(client, session))[0]["id"] if has_one else uuid4()

    begin = await client.post(BEGIN, headers=session)
    end = await finish(client, session, Authenticator().create(options))
    gone = await client.delete(f"{FINISH}/{passkey}", headers=session)

    assert [(each.status_code, each.json()["code"]) for each in (begin, end, gone)] == [(403, "cooling_off")] * 3


async def test_after_the_cooling_off_a_recovered_owner_adds_the_first_passkey_again_and_no_second(
    client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime, me: Headers, bearer: Bearer, confirm: Confirm
) -> None:
    account = await account_of(client, me)
    await confirm(account)
    await recovered(conn, account, now - timedelta(days=3, seconds=1))
    session = await bearer(account)

    first = await registered(client, session, Authenticator())
    second = await client.post(BEGIN, headers=session)

    assert [each["id"] for each in await listed(client, session)] == [first["id"]]
    assert (second.status_code, second.json()["code"]) == (401, "passkey_proof_required")


async def test_a_recovery_of_long_ago_opens_nothing(
    client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime, me: Headers, bearer: Bearer, confirm: Confirm
) -> None:
    account = await account_of(client, me)
    await confirm(account)
    await recovered(conn, account, now - timedelta(days=10, seconds=1))

    answer = await client.post(BEGIN, headers=await bearer(account))

    assert (answer.status_code, answer.json()["code"]) == (401, "insufficient_user_authentication")


async def test_a_change_of_phone_is_no_recovery(
    client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime, me: Headers, bearer: Bearer
) -> None:
    account = await account_of(client, me)
    await registered(client, me, Authenticator())
    await conn.execute("update identity.accounts set cooling_until = $2 where id = $1", account, now)

    answer = await client.post(BEGIN, headers=await bearer(account))

    assert (answer.status_code, answer.json()["code"]) == (401, "passkey_proof_required")


async def test_staff_add_passkeys_of_their_duty_from_the_sessions_of_their_duty_alone(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, bearer: Bearer
) -> None:
    account = await new_account(conn, app, role="official")
    await conn.execute("insert into identity.roles (account_id, role) values ($1, 'worker')", account)

    await registered(client, await bearer(account), Authenticator())
    weak = await client.post(BEGIN, headers=await bearer(account, audience="official", acr=2))
    await registered(client, await bearer(account, audience="official", acr=3), Authenticator())

    kept = await conn.fetch("select for_staff from passkeys.credentials where account_id = $1 order by id", account)
    assert [row["for_staff"] for row in kept] == [False, True]
    assert (weak.status_code, weak.json()["code"]) == (401, "passkey_proof_required")
    assert weak.json()["acr_values"] == "3"


async def test_a_passkey_gets_another_name(
    client: httpx.AsyncClient, me: Headers, phone: Authenticator, bearer: Bearer
) -> None:
    passkey = await registered(client, me, phone)
    place = f"{FINISH}/{passkey['id']}"

    renamed = await client.patch(place, json={"name": "Máy cũ"}, headers={**me, "If-Match": '"v1"'})
    stale = await client.patch(place, json={"name": "Máy mới"}, headers={**me, "If-Match": '"v1"'})
    strange = await client.patch(place, json={"name": "Của tôi"}, headers={**await bearer(), "If-Match": "*"})

    assert (renamed.status_code, renamed.json()["name"], renamed.headers["ETag"]) == (200, "Máy cũ", '"v2"')
    assert (stale.status_code, strange.status_code) == (412, 404)
    assert (await listed(client, me))[0]["name"] == "Máy cũ"


async def test_a_removed_passkey_opens_nothing_and_its_owner_is_told(
    client: httpx.AsyncClient, me: Headers, phone: Authenticator, conn: asyncpg.Connection
) -> None:
    passkey = await registered(client, me, phone)
    session = held(await signed_in(client, phone))
    options = (await client.post("/v1/auth/passkeys/challenges")).json()

    gone = await client.delete(f"{FINISH}/{passkey['id']}", headers=session)
    again = await client.delete(f"{FINISH}/{passkey['id']}", headers=session)
    entry = await client.post("/v1/auth/passkeys", json={"credential": phone.get(options)})

    assert (gone.status_code, again.status_code) == (204, 404)
    assert (entry.status_code, entry.json()["code"]) == (422, "passkey_unknown")
    assert await notices(conn) == ["passkey_added", "passkey_removed"]


async def test_with_a_passkey_the_sessions_that_passkeys_opened_end_but_the_callers_own(
    client: httpx.AsyncClient, me: Headers, conn: asyncpg.Connection, app: Edge
) -> None:
    mine, thiefs = Authenticator(), Authenticator()
    await registered(client, me, mine)
    session = held(await signed_in(client, mine))
    stolen = await registered(client, session, thiefs)
    thief = held(await signed_in(client, thiefs))
    assert (await client.get("/v1/me", headers=thief)).status_code == 200

    gone = await client.delete(f"{FINISH}/{stolen['id']}", headers=session)

    after = [(await client.get("/v1/me", headers=each)).status_code for each in (thief, session, me)]
    assert gone.status_code == 204
    assert after == [401, 200, 200]
    assert await conn.fetchval("select count(*) from sessions.sessions where end_reason = 'passkey_removed'") == 1


async def test_a_stolen_code_removes_no_passkey(
    client: httpx.AsyncClient, me: Headers, phone: Authenticator, bearer: Bearer
) -> None:
    passkey = await registered(client, me, phone)
    by_code = await bearer(await account_of(client, me))

    answer = await client.delete(f"{FINISH}/{passkey['id']}", headers=by_code)
    stranger = await client.delete(f"{FINISH}/{passkey['id']}", headers=await bearer())

    assert (answer.status_code, answer.json()["code"]) == (401, "passkey_proof_required")
    assert stranger.status_code == 404
    assert len(await listed(client, me)) == 1


async def test_the_last_passkey_stays_where_it_is_the_only_way_in(
    client: httpx.AsyncClient, me: Headers, phone: Authenticator, conn: asyncpg.Connection
) -> None:
    account = await account_of(client, me)
    passkey = await registered(client, me, phone)
    await conn.execute("update identity.accounts set phone_index = null, phone_cipher = null where id = $1", account)
    session = held(await signed_in(client, phone))

    alone = await client.delete(f"{FINISH}/{passkey['id']}", headers=session)
    await registered(client, session, Authenticator())
    beside_another = await client.delete(f"{FINISH}/{passkey['id']}", headers=session)

    assert (alone.status_code, alone.json()["code"]) == (409, "last_passkey")
    assert beside_another.status_code == 204


async def test_an_official_does_not_remove_their_last_passkey(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, bearer: Bearer
) -> None:
    session = await bearer(await new_account(conn, app, role="official"), audience="official", acr=3)
    passkey = await registered(client, session, Authenticator())

    answer = await client.delete(f"{FINISH}/{passkey['id']}", headers=session)

    assert (answer.status_code, answer.json()["code"]) == (409, "last_passkey")
