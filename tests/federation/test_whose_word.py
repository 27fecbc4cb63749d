"""Whose identity a provider speaks of, and what somebody must prove whose ways in it is to change."""

from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from longan.api.edge import Edge
from longan.devkit.identity_lies import CLAIMS
from longan.floor.setup.crypto import PersonKeys
from tests.conftest import Bearer, new_account
from tests.federation.conftest import Peer
from tests.federation.test_signing_in import acr_of
from tests.federation.test_ways_in import promised

WORKER, NUMBER = "+84900000001", "080198000001"
ANOTHER = "080198000009"


async def confirm(conn: asyncpg.Connection, app: Edge, account: UUID, number: str) -> None:
    """The account is that of whoever has this personal number."""
    await conn.execute(
        """insert into assurance.identities (account_id, confirmed_at, confirmed_by, number_index)
           values ($1, now(), 'official', $2)""",
        account, PersonKeys(app.app.state["keys"]).index(number),
    )  # fmt: skip


async def give_passkey(conn: asyncpg.Connection, account: UUID) -> None:
    await conn.execute(
        """insert into passkeys.credentials
               (account_id, credential_id, public_key, sign_count, name, transports, backed_up, for_staff, created_at)
           values ($1, $2, '', 0, 'Điện thoại', '{}', true, false, now())""",
        account, account.bytes,
    )  # fmt: skip


def asks_for_a_passkey(answer: httpx.Response) -> bool:
    said: dict[str, Any] = answer.json()
    return (answer.status_code, said["code"], said.get("acr_values")) == (401, "insufficient_user_authentication", "2")


async def test_the_identity_of_another_person_is_not_linked(
    peer: Peer, conn: asyncpg.Connection, app: Edge, bearer: Bearer
) -> None:
    account = await new_account(conn, app)
    await confirm(conn, app, account, ANOTHER)

    answer = await peer.link(WORKER, await bearer(account, acr=1))

    assert (answer.status_code, answer.json()["code"]) == (409, "person_differs")
    assert await conn.fetchval("select count(*) from federation.links") == 0
    assert await promised(conn, account) == []


async def test_the_identity_of_the_same_person_is_linked(
    peer: Peer, conn: asyncpg.Connection, app: Edge, bearer: Bearer
) -> None:
    account = await new_account(conn, app)
    await confirm(conn, app, account, NUMBER)

    assert (await peer.link(WORKER, await bearer(account, acr=1))).status_code == 204
    assert (await peer.sign_in(WORKER)).json()["account_id"] == str(account)
    assert await acr_of(conn, str(account)) == 2


@pytest.mark.parametrize("says", ["another person", "nobody"])
async def test_the_word_for_another_person_is_no_word_for_the_confirmed_one(
    peer: Peer, conn: asyncpg.Connection, app: Edge, monkeypatch: pytest.MonkeyPatch, says: str
) -> None:
    account = (await peer.sign_in(WORKER)).json()["account_id"]
    await confirm(conn, app, UUID(account), ANOTHER if says == "another person" else NUMBER)
    if says == "nobody":
        monkeypatch.setitem(CLAIMS, "half", lambda claims: claims.pop("citizen_id"))
        peer.lies("token", "half")

    answer = await peer.sign_in(WORKER)

    assert answer.json()["account_id"] == account
    assert await acr_of(conn, account) == 1


async def test_whoever_has_a_passkey_and_is_confirmed_changes_their_ways_in_with_the_passkey_alone(
    peer: Peer, conn: asyncpg.Connection, app: Edge, bearer: Bearer, subject: str
) -> None:
    account = await new_account(conn, app)
    weak, strong = await bearer(account, acr=1), await bearer(account, acr=2)
    begun = await peer.begin("/v1/me/ways-in/local", headers=weak)
    assert (await peer.link(f"{subject}-first", strong)).status_code == 204
    await confirm(conn, app, account, NUMBER)
    await give_passkey(conn, account)

    begins = await peer.client.post("/v1/me/ways-in/local", headers=weak)
    finishes = await peer.client.post("/v1/me/ways-in", json=await peer.back(begun, subject), headers=weak)
    removes = await peer.client.delete("/v1/me/ways-in/local", headers=weak)

    assert [asks_for_a_passkey(answer) for answer in (begins, finishes, removes)] == [True] * 3
    assert await promised(conn, account) == ["way_in_added"]
    assert (await peer.client.delete("/v1/me/ways-in/local", headers=strong)).status_code == 204
