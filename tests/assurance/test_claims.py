"""Confirmed by what a provider said at a federated sign-in, where it was worth level 2 and agrees with itself."""

from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import msgspec
import pytest

from longan.api.edge import Edge
from longan.floor.database.tasks import Context
from longan.floor.setup.crypto import Sealed
from longan.rooms.assurance.tasks import confirm_from_claims
from tests.assurance.conftest import Submit, notices, particulars
from tests.assurance.test_confirming import CASE, CONFIRMED
from tests.conftest import Bearer, new_account


async def keep_claims(
    conn: asyncpg.Connection, app: Edge, account: UUID, now: Any, *, acr: int = 2, seal_as: UUID | None = None,
    **changes: Any,
) -> UUID:  # fmt: skip
    """What a federated sign-in keeps (longan.rooms.federation)."""
    claims = uuid4()
    said = {"personal_number": "080090012345", "full_name": "Nguyễn Văn Thử", "birth_date": "1990-03-15", **changes}
    sealed = Sealed(app.app.state["keys"], "number").seal(msgspec.json.encode(said).decode(), seal_as or claims)
    await conn.execute(
        """insert into federation.claims (id, account_id, issuer, acr, sealed, created_at)
           values ($1, $2, 'https://sso.example', $3, $4, $5)""",
        claims, account, acr, sealed, now,
    )  # fmt: skip
    return claims


async def test_what_a_strong_federated_sign_in_said_confirms(
    context: Context, conn: asyncpg.Connection, app: Edge, me: UUID, now: Any, client: httpx.AsyncClient, bearer: Bearer
) -> None:
    claims = await keep_claims(conn, app, me, now)

    for _ in range(2):
        await confirm_from_claims(context, account_id=me, claims_id=claims)

    assert await conn.fetchval(CONFIRMED, me) == "federation"
    assert [told["what"] for told in await notices(conn, me)] == ["identity_confirmed"]
    revealed = await client.post("/v1/me/identity/reveal", headers=await bearer(me, acr=2))
    assert revealed.json() == particulars(address=None)


@pytest.mark.parametrize(
    "changes",
    [
        {"personal_number": "003090012345"}, {"personal_number": "08009001234"}, {"birth_date": "1991-03-15"},
        {"birth_date": "soon"}, {"full_name": 7}, {"acr": 1}, {"seal_as": UUID(int=1)},
    ],
)  # fmt: skip
async def test_claims_that_are_weak_or_contradict_themselves_confirm_nobody(
    context: Context, conn: asyncpg.Connection, app: Edge, me: UUID, now: Any, changes: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    claims = await keep_claims(conn, app, me, now, **changes)

    await confirm_from_claims(context, account_id=me, claims_id=claims)

    assert await conn.fetchval(CONFIRMED, me) is None
    assert await conn.fetchval("select count(*) from assurance.cases") == 0
    assert "0012345" not in caplog.text


async def test_claims_of_one_account_confirm_no_other(
    context: Context, conn: asyncpg.Connection, app: Edge, me: UUID, now: Any
) -> None:
    claims = await keep_claims(conn, app, me, now)

    await confirm_from_claims(context, account_id=await new_account(conn, app), claims_id=claims)

    assert await conn.fetchval("select count(*) from assurance.identities") == 0


async def test_claims_take_the_place_of_what_was_typed(
    submit: Submit, context: Context, conn: asyncpg.Connection, app: Edge, me: UUID, now: Any
) -> None:
    await submit(me)

    await confirm_from_claims(context, account_id=me, claims_id=await keep_claims(conn, app, me, now))

    states = await conn.fetch("select state from assurance.cases where account_id = $1 order by submitted_at, id", me)
    assert sorted(row["state"] for row in states) == ["confirmed", "withdrawn"]


async def test_claims_with_a_number_that_another_account_has_are_left_to_an_official(
    context: Context, confirmed: Any, conn: asyncpg.Connection, app: Edge, me: UUID, now: Any
) -> None:
    await confirmed(me)
    second = await new_account(conn, app)

    await confirm_from_claims(context, account_id=second, claims_id=await keep_claims(conn, app, second, now))

    row = await conn.fetchrow(CASE, second)
    assert row is not None and tuple(row) == ("submitted", "number_taken")
    assert await conn.fetchval(CONFIRMED, second) is None


async def test_claims_about_somebody_else_do_not_change_who_an_account_is(
    context: Context, confirmed: Any, conn: asyncpg.Connection, app: Edge, me: UUID, now: Any
) -> None:
    await confirmed(me)
    before = await conn.fetchrow("select * from assurance.identities where account_id = $1", me)
    claims = await keep_claims(conn, app, me, now, personal_number="080090099999")

    await confirm_from_claims(context, account_id=me, claims_id=claims)

    assert await conn.fetchrow("select * from assurance.identities where account_id = $1", me) == before
