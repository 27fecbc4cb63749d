"""A second way into an account: added only from a fresh strong session, never taken from another, never the last."""

import asyncio
from datetime import timedelta
from uuid import UUID

import asyncpg
import httpx
import msgspec
import pytest

from longan.api.edge import Edge
from longan.rooms.federation.outside import HttpProvider
from tests.conftest import Bearer, Real, TestClock, new_account
from tests.federation.conftest import Peer


async def promised(conn: asyncpg.Connection, account: UUID) -> list[str]:
    rows = await conn.fetch("select payload from pgqueuer where entrypoint = 'security_notice' order by id")
    said = [msgspec.json.decode(row["payload"]) for row in rows]
    return [each["what"] for each in said if each["account_id"] == str(account)]


async def ways(client: httpx.AsyncClient, headers: dict[str, str]) -> dict[str, object]:
    answer = await client.get("/v1/me/ways-in", headers=headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()
    return found


async def test_a_provider_is_linked_from_a_strong_session_and_then_opens_that_account(
    peer: Peer, client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, bearer: Bearer, subject: str
) -> None:
    account = await new_account(conn, app)
    me = await bearer(account, acr=1)

    answer = await peer.link(subject, me)
    entered = await peer.sign_in(subject)

    assert answer.status_code == 204, answer.text
    assert entered.json()["account_id"] == str(account) and entered.json()["new_account"] is False
    assert await promised(conn, account) == ["way_in_added", "new_sign_in"]
    shown = await ways(client, me)
    assert [each["provider"] for each in shown["providers"]] == ["local"]  # type: ignore[attr-defined]
    assert str(shown["phone"]).count("•") == 3 and shown["passkeys"] == 0


async def test_the_same_link_twice_is_one_link_and_one_notice(
    peer: Peer, conn: asyncpg.Connection, app: Edge, bearer: Bearer, subject: str
) -> None:
    account = await new_account(conn, app)
    me = await bearer(account, acr=1)

    assert [(await peer.link(subject, me)).status_code for _ in range(2)] == [204, 204]

    assert await promised(conn, account) == ["way_in_added"]


async def test_a_session_by_text_message_alone_links_nothing(peer: Peer, bearer: Bearer) -> None:
    answer = await peer.client.post("/v1/me/ways-in/local", headers=await bearer(acr=0))

    assert answer.status_code == 401 and answer.json()["code"] == "insufficient_user_authentication"
    assert answer.json()["acr_values"] == "1" and answer.json()["max_age"] == 300


async def test_a_session_that_was_proved_long_ago_links_nothing(peer: Peer, bearer: Bearer, clock: TestClock) -> None:
    me = await bearer(acr=2)
    clock.shift(timedelta(seconds=301))

    answer = await peer.client.post("/v1/me/ways-in/local", headers=me)

    assert answer.status_code == 401


async def test_an_account_that_cools_off_links_nothing(
    peer: Peer, conn: asyncpg.Connection, app: Edge, bearer: Bearer
) -> None:
    account = await new_account(conn, app)
    await conn.execute("update identity.accounts set cooling_until = now() + interval '1 day' where id = $1", account)

    answer = await peer.client.post("/v1/me/ways-in/local", headers=await bearer(account, acr=2))

    assert answer.status_code == 403 and answer.json()["code"] == "cooling_off"


async def test_signing_in_with_a_session_at_hand_links_nothing(
    peer: Peer, conn: asyncpg.Connection, app: Edge, bearer: Bearer, subject: str
) -> None:
    account = await new_account(conn, app)

    answer = await peer.sign_in(subject, headers=await bearer(account, acr=2))

    assert answer.json()["new_account"] is True and answer.json()["account_id"] != str(account)


async def test_a_subject_of_another_account_is_not_taken_from_it(
    peer: Peer, conn: asyncpg.Connection, app: Edge, bearer: Bearer, subject: str
) -> None:
    owner = (await peer.sign_in(subject)).json()["account_id"]
    account = await new_account(conn, app)

    answer = await peer.link(subject, await bearer(account, acr=2))

    assert answer.status_code == 409 and answer.json()["code"] == "already_linked"
    assert (await peer.sign_in(subject)).json()["account_id"] == owner
    assert await promised(conn, account) == []


async def test_an_account_has_one_subject_at_each_provider(peer: Peer, bearer: Bearer, subject: str) -> None:
    me = await bearer(acr=1)
    await peer.link(subject, me)

    answer = await peer.link(f"{subject}-other", me)

    assert answer.status_code == 409 and answer.json()["code"] == "already_linked"


async def test_a_link_that_one_began_is_not_ended_by_another(peer: Peer, bearer: Bearer, subject: str) -> None:
    begun = await peer.begin("/v1/me/ways-in/local", headers=await bearer(acr=1))
    returned = await peer.back(begun, subject)

    another = await peer.client.post("/v1/me/ways-in", json=returned, headers=await bearer(acr=2))
    as_a_sign_in = await peer.finish(returned)

    assert another.status_code == as_a_sign_in.status_code == 410


async def test_a_sign_in_does_not_become_a_link(peer: Peer, bearer: Bearer, subject: str) -> None:
    returned = await peer.back(await peer.begin(), subject)

    answer = await peer.client.post("/v1/me/ways-in", json=returned, headers=await bearer(acr=2))

    assert answer.status_code == 410


async def test_a_way_in_is_removed_and_leads_to_a_new_account_then(
    peer: Peer, client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, bearer: Bearer, subject: str
) -> None:
    account = await new_account(conn, app)
    me = await bearer(account, acr=1)
    await peer.link(subject, me)

    first = await client.delete("/v1/me/ways-in/local", headers=me)
    again = await client.delete("/v1/me/ways-in/local", headers=me)

    assert (first.status_code, again.status_code) == (204, 404)
    assert await promised(conn, account) == ["way_in_added", "way_in_removed"]
    assert (await peer.sign_in(subject)).json()["account_id"] != str(account)


async def test_removing_needs_a_strong_session_too(client: httpx.AsyncClient, peer: Peer, bearer: Bearer) -> None:
    assert (await client.delete("/v1/me/ways-in/local", headers=await bearer(acr=0))).status_code == 401


async def test_the_last_way_in_stays(
    peer: Peer, client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, subject: str
) -> None:
    account = UUID((await peer.sign_in(subject)).json()["account_id"])
    me = await bearer(account, acr=2)

    last = await client.delete("/v1/me/ways-in/local", headers=me)

    assert last.status_code == 409 and last.json()["code"] == "last_way_in"
    assert (await ways(client, me))["phone"] is None
    await conn.execute(
        """insert into passkeys.credentials
               (account_id, credential_id, public_key, sign_count, name, transports, backed_up, for_staff, created_at)
           values ($1, $2, '', 0, 'Điện thoại', '{}', true, false, now())""",
        account, bytes(16),
    )  # fmt: skip
    assert (await client.delete("/v1/me/ways-in/local", headers=me)).status_code == 204


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_without_a_token_nobody_sees_or_adds_a_way_in(client: httpx.AsyncClient, peer: Peer, method: str) -> None:
    answer = await client.request(method, "/v1/me/ways-in", json={} if method == "POST" else None)

    assert answer.status_code == 401 and "www-authenticate" in answer.headers


async def test_of_two_providers_both_removed_at_once_one_stays(real: Real, peer: Peer, subject: str) -> None:
    """The lock on the account: each sees the other's way in until the other is done."""
    providers = {}
    for each in ("local", "second"):
        provider = msgspec.structs.replace(peer.provider.provider, id=each, issuer=f"https://{each}.example")
        party = msgspec.structs.replace(peer.provider._party, provider=provider)
        providers[each] = HttpProvider(party, development=True)
    real.app.app.state.providers = providers
    for _ in range(10):
        account = await real.account()
        await real.pool.execute(
            "update identity.accounts set phone_index = null, phone_cipher = null where id = $1", account
        )
        for each in providers.values():
            await real.pool.execute(
                """insert into federation.links (account_id, issuer, subject_index, linked_at)
                   values ($1, $2, $3, now())""",
                account, each.provider.issuer, account.bytes,
            )  # fmt: skip
        me = await real.bearer(account, acr=2)

        answers = await asyncio.gather(
            *[real.client.delete(f"/v1/me/ways-in/{each}", headers=me) for each in providers]
        )  # fmt: skip

        assert sorted(answer.status_code for answer in answers) == [204, 409]
