"""Confirmed from outside: a provider's yes, and what a federated sign-in said. A dead or lying one confirms nobody."""

import time
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import msgspec
import pytest

from longan.api.edge import Edge
from longan.assurance import outside
from longan.assurance.outside import CheckFailed, believed
from longan.assurance.tasks import FAILURES_TO_OPEN, check_identity, confirm_from_claims
from longan.crypto import Sealed
from longan.tasks import Context
from tests.assurance.conftest import Provider, Submit, Work, notices, particulars
from tests.conftest import Bearer, new_account

CONFIRMED = "select confirmed_by from assurance.identities where account_id = $1 and confirmed_at is not null"
CASE = "select state, provider_said from assurance.cases where account_id = $1 order by id desc"
LIES = ["garbled", "page", "endless", "elsewhere", "other_person", "other_reference", "wrong_types"]


async def test_the_providers_yes_confirms_and_is_told(
    submit: Submit, work: Work, provider: Provider, me: UUID, conn: asyncpg.Connection, client: httpx.AsyncClient,
    bearer: Bearer,
) -> None:  # fmt: skip
    case = (await submit(me)).json()["id"]

    assert await work() == 1

    assert await conn.fetchval(CONFIRMED, me) == "provider"
    assert [(told["what"], told["fact"]) for told in await notices(conn, me)] == [("identity_confirmed", case)]
    assert [asked["reference"] for asked in await provider.asked()] == [case]
    shown = (await client.get("/v1/me/identity", headers=await bearer(me, acr=1))).json()
    assert (shown["confirmed_by"], shown["case"]["state"]) == ("provider", "confirmed")


@pytest.mark.parametrize("says", ["not_matched", "unknown"])
async def test_a_no_refuses_nobody_and_is_left_to_an_official(
    submit: Submit, work: Work, provider: Provider, me: UUID, conn: asyncpg.Connection, client: httpx.AsyncClient,
    official: Any, says: str,
) -> None:  # fmt: skip
    await provider.says(says)
    case = (await submit(me)).json()["id"]

    await work()

    assert await conn.fetchval(CONFIRMED, me) is None
    assert await notices(conn, me) == []
    (waiting,) = (await client.get("/v1/identity-reviews", headers=await official())).json()["items"]
    assert (waiting["id"], waiting["state"], waiting["provider_said"]) == (case, "submitted", says)


async def test_nobody_is_asked_about_somebody_who_has_not_consented(
    submit: Submit, context: Context, provider: Provider, me: UUID, conn: asyncpg.Connection
) -> None:
    case = UUID((await submit(me, consenting=False)).json()["id"])

    await check_identity(context, case_id=case)

    assert await provider.asked() == []
    assert await conn.fetchval(CASE, me) == "submitted"


@pytest.mark.parametrize("mode", ["unavailable", "reset", *LIES])
async def test_a_dead_or_lying_provider_confirms_nobody_and_is_asked_again(
    submit: Submit, context: Context, provider: Provider, me: UUID, conn: asyncpg.Connection, mode: str
) -> None:
    await provider.says(mode, times=1)
    case = UUID((await submit(me)).json()["id"])

    with pytest.raises(CheckFailed) as failed:
        await check_identity(context, case_id=case)

    assert await conn.fetchval(CONFIRMED, me) is None
    assert await conn.fetchval(CASE, me) == "submitted"
    assert not any(str(value) in str(failed.value) for value in particulars().values())
    await check_identity(context, case_id=case)
    assert await conn.fetchval(CONFIRMED, me) == "provider"


async def test_a_provider_that_hangs_is_given_up(
    submit: Submit, context: Context, provider: Provider, me: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outside, "SECONDS", 0.1)
    await provider.says("slow")
    case = UUID((await submit(me)).json()["id"])
    begun = time.monotonic()

    with pytest.raises(CheckFailed, match="Timeout"):
        await check_identity(context, case_id=case)

    assert time.monotonic() - begun < 0.3


async def test_a_provider_that_keeps_failing_is_left_alone_for_a_while(
    submit: Submit, context: Context, provider: Provider, me: UUID, clock: Any, conn: asyncpg.Connection
) -> None:
    await provider.says("unavailable")
    case = UUID((await submit(me)).json()["id"])
    for _ in range(FAILURES_TO_OPEN):
        with pytest.raises(CheckFailed, match="503"):
            await check_identity(context, case_id=case)
    await provider.says("confirmed")

    with pytest.raises(CheckFailed, match="left alone"):
        await check_identity(context, case_id=case)
    assert len(await provider.asked()) == FAILURES_TO_OPEN
    clock.shift(timedelta(seconds=61))
    await check_identity(context, case_id=case)

    assert await conn.fetchval(CONFIRMED, me) == "provider"
    assert await conn.fetchval("select failures from assurance.breakers") == 0


async def test_where_there_is_no_provider_an_official_decides(
    submit: Submit, context: Context, me: UUID, conn: asyncpg.Connection
) -> None:
    import dataclasses

    none = dataclasses.replace(context, settings=msgspec.structs.replace(context.settings, identity_check_url=""))
    case = UUID((await submit(me)).json()["id"])

    await check_identity(none, case_id=case)

    assert await conn.fetchval(CASE, me) == "submitted"


async def test_a_question_that_is_asked_twice_is_answered_once(
    submit: Submit, context: Context, provider: Provider, me: UUID, conn: asyncpg.Connection
) -> None:
    case = UUID((await submit(me)).json()["id"])

    await check_identity(context, case_id=case)
    await check_identity(context, case_id=case)
    await check_identity(context, case_id=uuid4())

    assert (len(await provider.asked()), len(await notices(conn, me))) == (1, 1)


async def test_what_an_official_has_claimed_the_provider_does_not_decide(
    submit: Submit, context: Context, client: httpx.AsyncClient, official: Any, me: UUID, conn: asyncpg.Connection
) -> None:
    case = (await submit(me)).json()["id"]
    await client.post(f"/v1/identity-reviews/{case}/claim", headers=await official())

    await check_identity(context, case_id=UUID(case))

    assert await conn.fetchval(CONFIRMED, me) is None


async def test_a_number_that_another_account_has_is_left_to_an_official(
    submit: Submit, work: Work, confirmed: Any, me: UUID, conn: asyncpg.Connection, app: Edge
) -> None:
    await confirmed(me, serial="111111")
    second = await new_account(conn, app)
    await submit(second, serial="111111")

    await work()

    row = await conn.fetchrow(CASE, second)
    assert row is not None and tuple(row) == ("submitted", "number_taken")
    assert await conn.fetchval(CONFIRMED, second) is None
    assert await notices(conn, second) == []


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"[]", b"{}", b"\xff\xfe", b"[" * 100_000, b'{"result": "confirmed"}',
        msgspec.json.encode({"reference": "x", "number": 1, "full_name": "", "birth_date": "", "result": "confirmed"}),
    ],
)  # fmt: skip
def test_no_body_is_believed_that_does_not_repeat_what_was_asked(body: bytes) -> None:
    asked = {"reference": str(uuid4()), "number": "080090012345", "full_name": "A", "birth_date": "1990-03-15"}

    with pytest.raises(CheckFailed):
        believed(body, asked)


async def keep_claims(
    conn: asyncpg.Connection, app: Edge, account: UUID, now: Any, *, acr: int = 2, seal_as: UUID | None = None,
    **changes: Any,
) -> UUID:  # fmt: skip
    """What a federated sign-in keeps (longan.federation)."""
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
