"""What a person sees of themself, with which proof, and what is left when their key is gone."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from longan.api.edge import Edge
from longan.floor.accounts import personal
from longan.floor.setup.crypto import PersonKeys
from tests.assurance.conftest import Submit, particulars
from tests.conftest import Bearer, new_account

Confirmed = Any


async def get(client: httpx.AsyncClient, headers: dict[str, str]) -> httpx.Response:
    return await client.get("/v1/me/identity", headers=headers)


async def reveal(client: httpx.AsyncClient, headers: dict[str, str]) -> httpx.Response:
    return await client.post("/v1/me/identity/reveal", headers=headers)


async def test_a_code_alone_does_not_show_who_was_confirmed(
    client: httpx.AsyncClient, confirmed: Confirmed, bearer: Bearer, me: UUID
) -> None:
    """SECURITY A13: the number of the phone may have a new owner."""
    await confirmed(me)

    code_alone = await get(client, await bearer(me, acr=0))
    own_device = await get(client, await bearer(me, acr=1))

    assert (code_alone.status_code, code_alone.json()["code"]) == (401, "insufficient_user_authentication")
    assert code_alone.json()["acr_values"] == "1"
    assert "080" not in code_alone.text
    assert own_device.json()["number"] == "080*******45"


async def test_masked_is_everything_but_what_one_knows_oneself_by(
    client: httpx.AsyncClient, confirmed: Confirmed, bearer: Bearer, me: UUID
) -> None:
    await confirmed(me)

    answer = await get(client, await bearer(me, acr=2))

    assert answer.headers["Cache-Control"] == "no-store"
    for hidden in (particulars()["number"], "1990-03-15", "Ấp Bình Tiền"):
        assert hidden not in answer.text


@pytest.mark.parametrize(
    ("acr", "age", "status"), [(0, 0, 401), (1, 0, 401), (2, 0, 200), (2, 299, 200), (2, 301, 401)]
)
async def test_the_whole_number_takes_a_fresh_strong_proof(
    client: httpx.AsyncClient, confirmed: Confirmed, bearer: Bearer, me: UUID, conn: asyncpg.Connection, now: Any,
    acr: int, age: int, status: int,
) -> None:  # fmt: skip
    """SECURITY S4."""
    await confirmed(me)
    headers = await bearer(me, acr=acr)
    await conn.execute(
        "update sessions.sessions set signed_in_at = $2 where account_id = $1", me, now - timedelta(seconds=age)
    )

    answer = await reveal(client, headers)

    assert answer.status_code == status
    if status == 200:
        assert answer.json() == particulars()
        assert answer.headers["Cache-Control"] == "no-store"
    else:
        assert (answer.json()["acr_values"], answer.json()["max_age"]) == ("2", 300)
        assert particulars()["number"] not in answer.text


async def test_while_the_account_cools_off_nothing_is_shown(
    client: httpx.AsyncClient, confirmed: Confirmed, bearer: Bearer, me: UUID, conn: asyncpg.Connection, clock: Any
) -> None:
    """SECURITY A12."""
    await confirmed(me)
    await conn.execute("update identity.accounts set cooling_until = $2 where id = $1", me, clock() + timedelta(days=1))
    headers = await bearer(me, acr=2)

    answers = [await reveal(client, headers), await get(client, headers)]

    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(403, "cooling_off")}


async def test_what_was_not_confirmed_is_not_revealed(
    client: httpx.AsyncClient, submit: Submit, bearer: Bearer, me: UUID
) -> None:
    await submit(me)

    assert (await reveal(client, await bearer(me, acr=2))).status_code == 404


async def test_nobody_sees_another(
    client: httpx.AsyncClient, confirmed: Confirmed, bearer: Bearer, me: UUID, conn: asyncpg.Connection, app: Edge
) -> None:
    await confirmed(me)
    stranger = await bearer(await new_account(conn, app), acr=2)

    shown = (await get(client, stranger)).json()

    assert set(shown.values()) == {None}
    assert (await reveal(client, stranger)).status_code == 404
    assert (await client.delete("/v1/me/identity/case", headers=stranger)).status_code == 404


async def test_when_the_key_of_a_person_is_gone_nobody_reads_them_any_more(
    client: httpx.AsyncClient, confirmed: Confirmed, bearer: Bearer, official: Any, submit: Submit, me: UUID,
    conn: asyncpg.Connection, app: Edge,
) -> None:  # fmt: skip
    """SECURITY P2: also in a backup, which has the sealed values and not this row."""
    case = await confirmed(me)
    backup = await conn.fetchrow("select number from assurance.cases where id = $1", UUID(case))
    keys = PersonKeys(app.app.state["keys"])

    assert await personal.forget(conn, me)

    assert (await reveal(client, await bearer(me, acr=2))).status_code == 404
    shown = (await get(client, await bearer(me, acr=1))).json()
    assert (shown["number"], shown["full_name"], shown["birth_year"]) == (None, None, None)
    assert shown["confirmed_at"] is not None
    assert await personal.key_of(conn, keys, me) is None
    fresh = await personal.key_for(conn, keys, me, app.app.state.clock())
    from cryptography.exceptions import InvalidTag

    assert backup is not None
    with pytest.raises(InvalidTag):
        fresh.open(backup["number"], "assurance.cases.number", UUID(case))


async def test_a_review_of_somebody_forgotten_shows_nothing(
    client: httpx.AsyncClient, submit: Submit, official: Any, me: UUID, conn: asyncpg.Connection
) -> None:
    case, headers = (await submit(me)).json()["id"], await official()
    await client.post(f"/v1/identity-reviews/{case}/claim", headers=headers)
    await personal.forget(conn, me)

    answer = await client.post(f"/v1/identity-reviews/{case}/looks", headers=headers, json={"purpose": "decide"})

    assert answer.status_code == 404


@pytest.mark.parametrize("column", ["full_name", "birth_date", "address"])
async def test_a_value_moved_to_another_column_is_never_shown_as_it(
    client: httpx.AsyncClient, confirmed: Confirmed, bearer: Bearer, me: UUID, conn: asyncpg.Connection, column: str
) -> None:
    await confirmed(me)
    await conn.execute(f"update assurance.cases set {column} = number where account_id = $1", me)

    answer = await reveal(client, await bearer(me, acr=2))

    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert particulars()["number"] not in answer.text


async def test_a_value_moved_to_another_persons_row_is_never_shown_as_theirs(
    client: httpx.AsyncClient, confirmed: Confirmed, bearer: Bearer, me: UUID, conn: asyncpg.Connection, app: Edge
) -> None:
    other = await new_account(conn, app)
    mine, theirs = await confirmed(me, serial="111111"), await confirmed(other, serial="222222")
    for taken in ("cases", "person_keys"):
        await conn.execute(
            "update assurance.cases c set number = o.number from assurance.cases o where c.id = $1 and o.id = $2"
            if taken == "cases"
            else """update assurance.person_keys k set wrapped = o.wrapped from assurance.person_keys o
                     where k.account_id = $1 and o.account_id = $2""",
            *((UUID(mine), UUID(theirs)) if taken == "cases" else (me, other)),
        )

        answer = await reveal(client, await bearer(me, acr=2))

        assert answer.status_code == 500
        assert "222222" not in answer.text
