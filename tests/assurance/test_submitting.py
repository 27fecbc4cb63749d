"""Saying who one is: what is taken, what is shown back, what is asked before."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import msgspec
import pytest
from cryptography.exceptions import InvalidTag

from longan.api.edge import Edge
from longan.floor.accounts import personal
from longan.floor.setup.crypto import PersonKeys
from longan.rooms.assurance.models import CardIn, IdentityIn
from tests.assurance.conftest import Submit, particulars, patiently
from tests.conftest import Bearer, new_account

CARD = "080090012345|301234567|Nguyễn Văn Thử|15031990|Nam|Ấp 2, Đức Hòa Hạ, Đức Hòa, Long An|10052021"
SAMPLES = [
    json.loads(line) for line in (Path(__file__).parents[1] / "data/cccd_qr_samples.jsonl").read_text().splitlines()
]


async def scan(client: httpx.AsyncClient, headers: dict[str, str], qr: str) -> httpx.Response:
    return await client.post(
        "/v1/me/identity/card", json={"qr": qr}, headers={**headers, "Idempotency-Key": str(uuid4())}
    )


async def test_what_is_submitted_becomes_a_case_that_shows_nothing_of_it(
    submit: Submit, client: httpx.AsyncClient, bearer: Bearer, me: UUID
) -> None:
    made = await submit(me)

    assert made.status_code == 201
    assert made.json()["state"] == "submitted"
    shown = await client.get("/v1/me/identity", headers=await bearer(me))
    assert shown.json() == {
        "confirmed_at": None, "confirmed_by": None, "number": None, "full_name": None, "birth_year": None,
        "case": made.json(),
    }  # fmt: skip
    for answer in (made, shown):
        assert answer.headers["Cache-Control"] == "no-store"
        assert "0800" not in answer.text and "Nguyễn" not in answer.text


async def test_the_qr_code_of_a_card_spares_the_typing_and_proves_nothing(
    client: httpx.AsyncClient, bearer: Bearer, me: UUID
) -> None:
    made = await scan(client, await bearer(me), CARD)

    assert (made.status_code, made.json()["state"], made.json()["source"]) == (201, "submitted", "card")


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample["id"])
async def test_every_sample_gives_its_result_through_the_api(
    client: httpx.AsyncClient, bearer: Bearer, me: UUID, sample: dict[str, Any]
) -> None:
    answer = await scan(client, await bearer(me), sample["raw"])

    if sample["raw"].startswith("\ufeff") or sample["error"] == "bad_encoding":
        # The one way in for JSON takes neither a byte order mark nor a replacement character, in any field.
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "bad_text")
    elif sample["valid"] is False:
        assert answer.status_code == 400
        assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [("/qr", sample["error"])]
    else:
        assert answer.status_code == 201, answer.text


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"number": "003090012345"}, "/number", "unknown_province"),
        ({"number": "08009001234"}, "/number", "bad_form"),
        ({"number": "080090012345\n"}, "/number", "too_long"),
        ({"number": "٠٨٠٠٩٠٠١٢٣٤٥"}, "/number", "bad_form"),
        ({"birth_date": "1991-03-15"}, "/birth_date", "century_or_year_mismatch"),
        ({"sex": "female"}, "/sex", "gender_mismatch"),
        ({"number": "080290012345", "birth_date": "2090-03-15"}, "/birth_date", "birth_in_future"),
        ({"sex": "nam"}, "/sex", "not_one_of"),
        ({"photo": "aGk="}, "/photo", "unknown"),
        ({"full_name": "Nguyễn\u202eThử"}, "/full_name", "bad_text"),
    ],
)
async def test_what_contradicts_itself_is_refused_at_its_field(
    submit: Submit, me: UUID, conn: asyncpg.Connection, changes: dict[str, Any], pointer: str, code: str
) -> None:
    answer = await submit(me, **changes)

    assert answer.status_code == 400, answer.text
    assert (pointer, code) in [(error["pointer"], error["code"]) for error in answer.json()["errors"]]
    assert str(changes.get("number", "080090012345")).strip() not in answer.text
    assert await conn.fetchval("select count(*) from assurance.cases") == 0


def test_no_image_of_a_paper_has_a_place() -> None:
    """Luật 91/2025/QH15, article 29.2."""
    fields = {field.name for kind in (IdentityIn, CardIn) for field in msgspec.structs.fields(kind)}

    assert fields == {"number", "full_name", "birth_date", "sex", "address", "qr"}


async def test_without_an_idempotency_key_nothing_is_submitted(
    client: httpx.AsyncClient, bearer: Bearer, me: UUID
) -> None:
    headers = await bearer(me)
    del headers["Idempotency-Key"]

    answer = await client.post("/v1/me/identity", json=particulars(), headers=headers)

    assert answer.json()["code"] == "idempotency_key_missing"


async def test_a_second_case_waits_until_the_first_is_over(
    submit: Submit, client: httpx.AsyncClient, bearer: Bearer, me: UUID, conn: asyncpg.Connection
) -> None:
    case = (await submit(me)).json()["id"]

    second = await submit(me)
    withdrawn = await client.delete("/v1/me/identity/case", headers=await bearer(me))
    row = await conn.fetchrow("select * from assurance.cases where id = $1", UUID(case))
    again = await client.delete("/v1/me/identity/case", headers=await bearer(me))

    assert second.json()["code"] == "identity_case_open"
    assert (withdrawn.status_code, again.status_code) == (204, 404)
    assert row is not None and row["state"] == "withdrawn"
    assert {row[name] for name in ("number_index", "number", "full_name", "birth_date", "sex", "address")} == {None}
    assert (await submit(me)).status_code == 201


@pytest.mark.parametrize(("seconds", "status"), [(290, 201), (301, 401)])
async def test_a_session_that_was_not_proved_just_now_submits_nothing(
    submit: Submit, bearer: Bearer, me: UUID, conn: asyncpg.Connection, now: datetime, seconds: int, status: int
) -> None:
    headers = await bearer(me)
    await conn.execute(
        "update sessions.sessions set signed_in_at = $2 where account_id = $1", me, now - timedelta(seconds=seconds)
    )

    answer = await submit(me, headers)

    assert answer.status_code == status
    if status == 401:
        assert (answer.json()["code"], answer.json()["max_age"]) == ("insufficient_user_authentication", 300)
        assert 'error="insufficient_user_authentication"' in answer.headers["WWW-Authenticate"]


async def test_a_cooling_account_submits_nothing(
    submit: Submit, me: UUID, conn: asyncpg.Connection, clock: Any
) -> None:
    """SECURITY A12: who recovered an account changes nobody's identity before the owner could object."""
    await conn.execute(
        "update identity.accounts set cooling_until = $2 where id = $1", me, clock() + timedelta(hours=24)
    )

    assert (await submit(me)).json()["code"] == "cooling_off"


async def test_after_ten_cases_a_day_there_is_a_pause(
    submit: Submit, client: httpx.AsyncClient, bearer: Bearer, me: UUID
) -> None:
    headers = await bearer(me)
    for _ in range(10):
        assert (await submit(me, headers)).status_code == 201
        await client.delete("/v1/me/identity/case", headers=headers)

    answer = await submit(me, headers)

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "86400")


async def test_whether_a_number_is_known_is_not_told_to_who_submits_it(
    submit: Submit, confirmed: Any, me: UUID, conn: asyncpg.Connection, app: Edge
) -> None:
    """SECURITY A9."""
    await confirmed(me, serial="111111")

    known = await submit(await new_account(conn, app), serial="111111")
    unknown = await submit(await new_account(conn, app), serial="222222")

    assert known.status_code == unknown.status_code == 201
    unlike = {"id", "submitted_at"}
    assert {k: v for k, v in known.json().items() if k not in unlike} == {
        k: v for k, v in unknown.json().items() if k not in unlike
    }


async def test_a_confirmed_account_never_becomes_another_persons(
    submit: Submit, confirmed: Any, me: UUID, bearer: Bearer
) -> None:
    await confirmed(me, serial="111111")

    code_alone = await submit(me, serial="222222")
    other = await submit(me, await bearer(me, acr=2), serial="222222")
    corrected = await submit(me, await bearer(me, acr=2), serial="111111", address="Khu phố 3, Long An, Tây Ninh")

    assert code_alone.json()["code"] == "insufficient_user_authentication"
    assert (other.status_code, other.json()["code"]) == (409, "identity_of_another")
    assert corrected.status_code == 201


async def test_two_who_submit_at_once_for_one_account_leave_one_case(real: Any) -> None:
    account = await real.account()
    headers = await real.bearer(account)

    def one() -> Callable[[], Awaitable[httpx.Response]]:
        named = {**headers, "Idempotency-Key": str(uuid4())}
        return lambda: real.client.post("/v1/me/identity", json=particulars(), headers=named)  # type: ignore[no-any-return]

    answers = await asyncio.gather(*(patiently(one()) for _ in range(20)))

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19
    assert await real.pool.fetchval("select count(*) from assurance.cases where account_id = $1", account) == 1
    assert await real.pool.fetchval("select count(*) from assurance.person_keys where account_id = $1", account) == 1


async def test_nothing_lies_in_clear_and_each_column_opens_in_its_own_place_only(
    submit: Submit, me: UUID, conn: asyncpg.Connection, app: Edge
) -> None:
    await submit(me)
    row = await conn.fetchrow("select * from assurance.cases where account_id = $1", me)
    assert row is not None
    keys = PersonKeys(app.app.state["keys"])
    key = await personal.key_of(conn, keys, me)
    assert key is not None

    assert key.open(row["number"], "assurance.cases.number", row["id"]) == particulars()["number"]
    assert key.open(row["birth_date"], "assurance.cases.birth_date", row["id"]) == "1990-03-15"
    assert len(row["sex"]) == 12 + 1 + 16  # the same for both
    for column in ("full_name", "birth_date", "sex", "address"):
        with pytest.raises(InvalidTag):
            key.open(row["number"], f"assurance.cases.{column}", row["id"])
