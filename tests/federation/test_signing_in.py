"""Signing in with a provider, and what a second way in may and may not do."""

import asyncio
from datetime import timedelta
from uuid import UUID

import asyncpg
import httpx
import msgspec
import pytest

from longan.api.edge import Edge
from longan.devkit.identity_lies import CLAIMS
from longan.floor.database import db
from longan.rooms.federation import store
from tests.conftest import Bearer, Real, TestClock
from tests.devices import Device
from tests.federation.conftest import Peer

WORKER = "+84900000001"


async def acr_of(conn: asyncpg.Connection, account: str) -> int:
    acr: int = await conn.fetchval(
        "select acr from sessions.sessions where account_id = $1 order by signed_in_at desc limit 1", UUID(account)
    )
    return acr


async def test_whoever_may_choose_sees_the_providers_in_their_language(client: httpx.AsyncClient, peer: Peer) -> None:
    vi = await client.get("/v1/auth/federated")
    en = await client.get("/v1/auth/federated", headers={"Accept-Language": "en"})

    assert vi.json() == {"items": [{"id": "local", "name": "Định danh thử (VNeID giả)"}]}
    assert en.json()["items"][0]["name"] == "Local identity (pretended VNeID)"


async def test_a_stranger_gets_an_account_and_next_time_the_same_one(peer: Peer, subject: str) -> None:
    first = await peer.sign_in(subject, headers={"User-Agent": "x"})
    again = await peer.sign_in(subject)

    assert first.status_code == again.status_code == 200, first.text
    assert first.json()["new_account"] is True and again.json()["new_account"] is False
    assert first.json()["account_id"] == again.json()["account_id"]


async def test_what_is_asked_of_the_provider_is_bound_to_this_sign_in(peer: Peer) -> None:
    one, other = await peer.begin(), await peer.begin()

    asked = [httpx.URL(each["authorization_url"]).params for each in (one, other)]
    assert asked[0]["code_challenge_method"] == "S256" and len(asked[0]["code_challenge"]) == 43
    for name in ("state", "nonce", "code_challenge"):
        assert asked[0][name] != asked[1][name]
    assert asked[0]["max_age"] == "300" and asked[0]["acr_values"] == "high"
    assert "continuation" not in one["authorization_url"] and one["continuation"] not in one["authorization_url"]
    assert one["expires_in"] == 600


async def test_a_way_back_is_good_once(peer: Peer, subject: str) -> None:
    returned = await peer.back(await peer.begin(), subject)

    assert (await peer.finish(returned)).status_code == 200
    again = await peer.finish(returned)

    assert again.status_code == 410 and again.json()["code"] == "federated_sign_in_over"
    assert peer.server.exchanges == 1


async def test_a_way_back_is_good_for_ten_minutes(peer: Peer, subject: str, clock: TestClock) -> None:
    returned = await peer.back(await peer.begin(), subject)
    clock.shift(timedelta(minutes=10, seconds=1))

    assert (await peer.finish(returned)).status_code == 410


@pytest.mark.parametrize("name", ["state", "continuation"])
async def test_only_the_app_that_began_can_end_it(peer: Peer, subject: str, name: str) -> None:
    other = await peer.begin()
    returned = await peer.back(await peer.begin(), subject)

    stolen = await peer.finish({**returned, name: other[name]})
    own = await peer.finish(returned)

    assert stolen.status_code == 410
    assert own.status_code == 200, "a stranger's try must not end the owner's"


async def test_a_code_used_by_somebody_else_before_is_refused(peer: Peer, subject: str) -> None:
    returned = await peer.back(await peer.begin(), subject)
    peer.server.codes.clear()

    answer = await peer.finish(returned)

    assert answer.status_code == 422 and answer.json()["code"] == "provider_refused"


async def test_a_code_for_another_sign_in_is_refused(peer: Peer, subject: str) -> None:
    """PKCE: a stolen code does not fit the thief's own sign-in."""
    stolen = await peer.back(await peer.begin(), subject)
    mine = await peer.back(await peer.begin(), "thief")

    assert (await peer.finish({**mine, "code": stolen["code"]})).status_code == 422


@pytest.mark.parametrize(("levels", "acr"), [({"high": 2}, 2), ({"high": 1}, 1), ({"low": 2}, 0), ({}, 0)])
async def test_the_providers_word_is_worth_what_the_operator_says(
    peer: Peer, subject: str, conn: asyncpg.Connection, levels: dict[str, int], acr: int
) -> None:
    peer.provider.provider = msgspec.structs.replace(peer.provider.provider, levels=levels)

    answer = await peer.sign_in(subject)

    assert await acr_of(conn, answer.json()["account_id"]) == acr


async def test_without_a_time_the_providers_word_is_worth_nothing(
    peer: Peer, subject: str, conn: asyncpg.Connection
) -> None:
    peer.provider.provider = msgspec.structs.replace(peer.provider.provider, max_age=None)
    peer.lies("token", "does_not_say_when")

    answer = await peer.sign_in(subject)

    assert await acr_of(conn, answer.json()["account_id"]) == 0


async def test_new_keys_of_the_provider_are_noticed(peer: Peer, subject: str) -> None:
    await peer.sign_in(subject)
    peer.server.change_keys()
    peer.provider._keys = (peer.provider._keys[0] - 60, peer.provider._keys[1])  # type: ignore[index]

    assert (await peer.sign_in(subject)).status_code == 200


async def test_made_up_keys_do_not_make_us_ask_again_and_again(peer: Peer, subject: str) -> None:
    await peer.sign_in(subject)
    before = peer.provider._keys
    peer.lies("token", "unknown_key")

    answers = [await peer.sign_in(subject) for _ in range(3)]

    assert [answer.json()["code"] for answer in answers] == ["provider_untrusted"] * 3
    assert peer.provider._keys is before


async def test_it_is_a_fresh_proof_of_the_same_account_and_of_no_other(
    peer: Peer, subject: str, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    account = UUID((await peer.sign_in(subject)).json()["account_id"])
    own, stranger = await bearer(account), await bearer()

    await peer.sign_in(subject, headers=own)
    answer = await peer.sign_in(subject, headers=stranger)

    assert answer.json()["account_id"] == str(account)
    reasons = await conn.fetch("select end_reason from sessions.sessions where ended_at is not null")
    assert [row["end_reason"] for row in reasons] == ["replaced"]


async def test_officials_do_not_come_in_this_way(peer: Peer, subject: str, conn: asyncpg.Connection) -> None:
    account = UUID((await peer.sign_in(subject)).json()["account_id"])
    await conn.execute("update identity.roles set role = 'official' where account_id = $1", account)

    answer = await peer.sign_in(subject)

    assert answer.status_code == 403 and answer.json()["code"] == "passkey_required"


async def test_nobody_becomes_an_official_by_asking(peer: Peer, subject: str) -> None:
    begun = await peer.begin(json={"audience": "official"})

    answer = await peer.finish(await peer.back(begun, subject))

    assert answer.status_code == 403


async def test_a_disabled_account_stays_closed(peer: Peer, subject: str, conn: asyncpg.Connection) -> None:
    account = UUID((await peer.sign_in(subject)).json()["account_id"])
    await conn.execute("update identity.accounts set disabled_at = now() where id = $1", account)

    answer = await peer.sign_in(subject)

    assert answer.status_code == 403 and answer.json()["code"] == "account_disabled"


@pytest.mark.parametrize("path", ["/v1/auth/federated/nobody", "/v1/auth/federated/LOCAL", "/v1/auth/federated/a%0a"])
async def test_a_provider_that_is_not_offered_is_not_found(client: httpx.AsyncClient, peer: Peer, path: str) -> None:
    assert (await client.post(path)).status_code in (400, 404)


async def test_a_confirmed_person_is_told_to_assurance_and_lies_nowhere_in_clear(
    peer: Peer, conn: asyncpg.Connection, app: Edge
) -> None:
    answer = await peer.sign_in(WORKER)

    kept = await conn.fetchrow("select id, account_id, acr, sealed from federation.claims")
    promised = await conn.fetchval("select payload from pgqueuer where entrypoint = 'confirm_from_claims'")
    assert kept is not None and str(kept["account_id"]) == answer.json()["account_id"] and kept["acr"] == 2
    assert msgspec.json.decode(promised) == {"account_id": answer.json()["account_id"], "claims_id": str(kept["id"])}
    said = msgspec.json.decode(app.app.state.numbers.open(kept["sealed"], kept["id"]))
    assert said == {"personal_number": "080198000001", "full_name": "Nguyễn Thị Bông Súng", "birth_date": "1998-01-01"}
    for table in ("federation.claims", "federation.links", "federation.sign_ins", "pgqueuer"):
        rows = await conn.fetch(f"select t::text as line from {table} t")
        assert not any(text in row["line"] for row in rows for text in ("080198000001", "Bông Súng", WORKER))


@pytest.mark.parametrize("levels", [{"high": 1}, {}])
async def test_a_word_below_level_two_tells_nobody_who_somebody_is(
    peer: Peer, conn: asyncpg.Connection, levels: dict[str, int]
) -> None:
    peer.provider.provider = msgspec.structs.replace(peer.provider.provider, levels=levels)

    await peer.sign_in(WORKER)

    assert await conn.fetchval("select count(*) from federation.claims") == 0


async def test_half_of_a_person_confirms_nobody_but_signs_in(
    peer: Peer, conn: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CLAIMS, "half", lambda claims: claims.update(citizen_id="08019800000١"))
    peer.lies("token", "half")

    assert (await peer.sign_in(WORKER)).status_code == 200
    assert await conn.fetchval("select count(*) from federation.claims") == 0


async def test_claims_of_userinfo_count_when_they_are_of_the_same_person(peer: Peer, conn: asyncpg.Connection) -> None:
    peer.provider.provider = msgspec.structs.replace(peer.provider.provider, claims_from="userinfo")

    assert (await peer.sign_in(WORKER)).status_code == 200
    assert await conn.fetchval("select count(*) from federation.claims") == 1
    peer.lies("userinfo", "of_another")

    refused = await peer.sign_in(WORKER)

    assert refused.json()["code"] == "provider_untrusted"


async def test_what_nobody_needs_any_more_is_forgotten(peer: Peer, conn: asyncpg.Connection, clock: TestClock) -> None:
    await peer.begin()
    await peer.sign_in(WORKER)
    clock.shift(timedelta(days=1, minutes=1))

    await store.prune(conn, clock(), clock() - timedelta(days=1))  # type: ignore[arg-type]

    assert await conn.fetchval("select count(*) from federation.sign_ins") == 0
    assert await conn.fetchval("select count(*) from federation.claims") == 0


@pytest.mark.parametrize("body", [{}, {"state": "x"}, {"continuation": "a" * 43, "state": "b" * 43, "code": "\n"}])
async def test_a_body_of_another_form_is_a_400(peer: Peer, body: dict[str, str]) -> None:
    assert (await peer.finish(body)).status_code == 400


async def test_of_many_who_come_at_once_with_one_subject_all_get_one_account(
    real: Real, real_peer: Peer, subject: str
) -> None:
    returned = [await real_peer.back(await real_peer.begin(), subject) for _ in range(8)]

    answers = await asyncio.gather(*[real_peer.finish(each) for each in returned])

    # On a busy machine some wait too long for a connection, and are told to come again.
    assert {answer.status_code for answer in answers} <= {200, 503}
    entered = [answer.json() for answer in answers if answer.status_code == 200]
    assert len({each["account_id"] for each in entered}) == 1
    assert sum(each["new_account"] for each in entered) <= 1
    assert await real.pool.fetchval("select count(*) from federation.links") == 1
    assert await real.pool.fetchval("select count(*) from identity.accounts where phone_index is null") == 1


async def test_of_many_who_bring_one_way_back_one_gets_a_session(real_peer: Peer, subject: str) -> None:
    returned = await real_peer.back(await real_peer.begin(), subject)

    answers = await asyncio.gather(*[real_peer.finish(returned) for _ in range(12)])

    codes = [answer.status_code for answer in answers]
    assert codes.count(200) <= 1 and codes.count(200) + codes.count(503) >= 1 and set(codes) <= {200, 410, 503}
    assert real_peer.server.exchanges == 1


async def test_no_connection_is_held_while_a_provider_is_asked(real: Real, real_peer: Peer, subject: str) -> None:
    returned = [await real_peer.back(await real_peer.begin(), subject) for _ in range(6)]
    real_peer.server.slow_seconds = 1.0
    real_peer.lies("token", "slow")

    waiting = [asyncio.create_task(real_peer.finish(each)) for each in returned]
    while real_peer.server.exchanges < len(returned):
        await asyncio.sleep(0.01)
    borrowed = real.pool.get_size() - real.pool.get_idle_size()
    answers = await asyncio.gather(*waiting)

    assert borrowed == 0
    assert {answer.status_code for answer in answers} <= {200, 503}


@pytest.mark.usefixtures("hurried")
async def test_the_time_a_provider_takes_is_not_taken_from_the_database(real_peer: Peer, subject: str) -> None:
    real_peer.server.slow_seconds = 1.1 * db.REQUEST_SECONDS
    returned = await real_peer.back(await real_peer.begin(), subject)
    real_peer.lies("token", "slow")

    assert (await real_peer.finish(returned)).status_code == 200


async def test_a_key_shown_at_the_beginning_ends_it_and_binds_the_session(
    peer: Peer, subject: str, app: Edge, conn: asyncpg.Connection
) -> None:
    device, another = Device.of(app), Device.of(app)
    begin, finish = "/v1/auth/federated/local", "/v1/auth/federated"
    begun = await peer.begin(headers=device.headers("POST", begin))
    returned = await peer.back(begun, subject)

    without = await peer.finish(returned)
    with_another = await peer.finish(returned, headers=another.headers("POST", finish))
    own = await peer.finish(returned, headers=device.headers("POST", finish))

    assert (without.status_code, with_another.status_code, own.status_code) == (410, 410, 200)
    assert own.json()["token_type"] == "DPoP"
    bound = await conn.fetchval("select key_thumbprint from sessions.sessions where ended_at is null")
    assert bound == device.thumbprint
