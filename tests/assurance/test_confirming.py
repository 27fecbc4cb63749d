"""Confirmed by a provider who met the holder, and by nothing else it says. A dead or lying one confirms nobody."""

import time
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import msgspec
import pytest

from longan.api.edge import Edge
from longan.floor.database.tasks import Context
from longan.rooms.assurance import outside
from longan.rooms.assurance.outside import CheckFailed, believed
from longan.rooms.assurance.tasks import FAILURES_TO_OPEN, check_identity
from tests.assurance.conftest import Provider, Submit, Work, notices, particulars
from tests.conftest import Bearer, new_account

CONFIRMED = "select confirmed_by from assurance.identities where account_id = $1 and confirmed_at is not null"
CASE = "select state, provider_said from assurance.cases where account_id = $1 order by id desc"
LIES = ["garbled", "page", "endless", "elsewhere", "other_person", "other_reference", "wrong_types"]


async def test_the_holder_who_took_part_is_confirmed_and_told(
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


@pytest.mark.parametrize("says", ["not_matched", "unknown", "confirmed"])
async def test_what_a_register_says_decides_nothing_and_is_left_to_an_official(
    submit: Submit, work: Work, provider: Provider, me: UUID, conn: asyncpg.Connection, client: httpx.AsyncClient,
    official: Any, says: str,
) -> None:  # fmt: skip
    """Also its yes: that the data are true of somebody says nothing of who typed them."""
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


async def test_who_withdrew_the_consent_is_not_asked_about_any_more(
    submit: Submit, context: Context, provider: Provider, me: UUID, conn: asyncpg.Connection, client: httpx.AsyncClient,
    bearer: Bearer,
) -> None:  # fmt: skip
    """SECURITY P4: also where the question was promised before."""
    case = UUID((await submit(me)).json()["id"])
    withdrawn = await client.post("/v1/me/consents/identity_confirmation/withdraw", headers=await bearer(me))

    await check_identity(context, case_id=case)

    assert withdrawn.status_code == 200
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
    await provider.says("holder_confirmed")

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
