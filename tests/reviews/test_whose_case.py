"""Which cases an official reaches: those of their wards, never their own, citizens' only when they are known."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from longan.api.edge import Edge
from tests.assurance.conftest import Submit
from tests.conftest import Bearer, new_account
from tests.reviews.test_reviewing import DECIDED, post, steps

HERE, ELSEWHERE = "27964", "27991"


async def queue(client: httpx.AsyncClient, headers: dict[str, str]) -> list[str]:
    answer = await client.get("/v1/identity-reviews", headers=headers)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    return [item["id"] for item in answer.json()["items"]]


async def tried(client: httpx.AsyncClient, case: str, headers: dict[str, str]) -> set[tuple[int, str]]:
    """What every step on a case is answered with."""
    answers = [await post(client, case, step, headers, **body) for step, body in steps()]
    return {(answer.status_code, answer.json()["code"]) for answer in answers}


async def test_an_official_reaches_the_wards_of_the_role_and_no_other(
    client: httpx.AsyncClient, submit: Submit, appointed: Any, living_in: Any, me: UUID, conn: asyncpg.Connection
) -> None:
    """SECURITY Z6: another ward's case is answered as one that does not exist."""
    here = (await submit(await living_in(HERE), serial="000001")).json()["id"]
    elsewhere = (await submit(await living_in(ELSEWHERE), serial="000002")).json()["id"]
    nowhere = (await submit(me, serial="000003")).json()["id"]
    bound, everywhere = await appointed(wards=[HERE]), await appointed()

    assert await queue(client, bound) == [here]
    assert await queue(client, everywhere) == [here, elsewhere, nowhere]
    for case in (elsewhere, nowhere, str(uuid4())):
        assert await tried(client, case, bound) == {(404, "not_found")}
    assert (await post(client, here, "claim", bound)).status_code == 200
    assert await conn.fetchval("select count(*) from assurance.cases where claimed_by is not null") == 1


async def test_who_was_moved_to_another_ward_decides_nothing_more_in_the_old_one(
    client: httpx.AsyncClient, submit: Submit, appointed: Any, living_in: Any, conn: asyncpg.Connection
) -> None:
    """SECURITY Z6: at once, also what was claimed before."""
    case = (await submit(await living_in(HERE))).json()["id"]
    headers = await appointed(wards=[HERE])
    await post(client, case, "claim", headers)
    await conn.execute("update staff.grants set ward_codes = $1 where ward_codes = $2", [ELSEWHERE], [HERE])

    assert await tried(client, case, headers) == {(404, "not_found")}
    assert await conn.fetchval("select count(*) from reviews.looks") == 0


async def test_an_official_nobody_knows_decides_on_no_citizen(
    client: httpx.AsyncClient, submit: Submit, appointed: Any, me: UUID, conn: asyncpg.Connection, app: Edge
) -> None:
    """Otherwise a second account of theirs would be anybody's."""
    case, official = (await submit(me)).json()["id"], await new_account(conn, app)
    headers = await appointed(official, known=False)

    assert await queue(client, headers) == []
    assert await tried(client, case, headers) == {(403, "own_identity_first")}
    await conn.execute("insert into assurance.identities (account_id, confirmed_at) values ($1, now())", official)
    assert await queue(client, headers) == [case]
    assert (await post(client, case, "claim", headers)).status_code == 200


async def test_the_first_officials_confirm_each_other(
    submit: Submit, appointed: Any, decide: Any, conn: asyncpg.Connection, app: Edge, me: UUID
) -> None:
    first, second = await new_account(conn, app), await new_account(conn, app)
    headers = [await appointed(account, known=False) for account in (first, second)]
    cases = [
        (await submit(account, serial=serial)).json()["id"]
        for account, serial in ((first, "000001"), (second, "000002"), (me, "000003"))
    ]

    by_colleagues = [await decide(cases[1], headers[0]), await decide(cases[0], headers[1])]
    of_a_citizen = await decide(cases[2], headers[0])

    assert [answer.status_code for answer in (*by_colleagues, of_a_citizen)] == [204, 204, 204]


@pytest.mark.parametrize("how", ["as_persona", "appointed"])
async def test_a_second_account_is_ones_own_before_anybody_is_confirmed(
    client: httpx.AsyncClient, submit: Submit, official: Any, appointed: Any, conn: asyncpg.Connection, app: Edge,
    how: str,
) -> None:  # fmt: skip
    """Both have only been submitted: the official's own, and the same number for another account, of the staff too."""
    mine, twin = await new_account(conn, app), await new_account(conn, app, role="official")
    headers = await (official(mine) if how == "as_persona" else appointed(mine, known=False))
    await submit(mine, serial="111111")

    case = (await submit(twin, serial="111111")).json()["id"]

    assert await queue(client, headers) == []
    assert await tried(client, case, headers) == {(403, "own_case")}
    assert await conn.fetchval("select state from assurance.cases where id = $1", UUID(case)) == "submitted"


async def test_whoever_lost_the_role_while_they_decided_has_decided_nothing(
    client: httpx.AsyncClient, submit: Submit, appointed: Any, me: UUID, conn: asyncpg.Connection, clock: Any
) -> None:
    case, headers = (await submit(me)).json()["id"], await appointed()
    await post(client, case, "claim", headers)
    await conn.execute("update staff.grants set ended_at = $1", clock())

    answer = await post(client, case, "decision", headers, **DECIDED)

    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_nobody_decides_on_themself_with_either_account(
    client: httpx.AsyncClient, submit: Submit, confirmed: Any, official: Any, conn: asyncpg.Connection, app: Edge,
    bearer: Bearer,
) -> None:  # fmt: skip
    both, second = await new_account(conn, app), await new_account(conn, app)
    own = (await submit(both, serial="111111")).json()["id"]
    headers = await official(both)

    answers = [await post(client, own, step, headers, **body) for step, body in steps()]
    listed = (await client.get("/v1/identity-reviews", headers=headers)).json()["items"]

    assert {answer.json()["code"] for answer in answers} == {"own_case"}
    assert listed == []
    assert await conn.fetchval("select state from assurance.cases where id = $1", UUID(own)) == "submitted"
    await client.delete("/v1/me/identity/case", headers=await bearer(both))
    await confirmed(both, serial="111111")
    twin = (await submit(second, serial="111111")).json()["id"]
    assert {(await post(client, twin, step, headers, **body)).json()["code"] for step, body in steps()} == {"own_case"}


@pytest.mark.parametrize(
    ("audience", "role", "acr", "status", "code"),
    [
        ("app", "worker", 2, 401, "unauthenticated"),
        ("app", "official", 3, 401, "unauthenticated"),
        ("official", "official", 0, 401, "insufficient_user_authentication"),
        ("official", "official", 2, 401, "insufficient_user_authentication"),
        ("official", "administrator", 3, 403, "forbidden"),
    ],
)
async def test_only_an_official_with_a_passkey_works_on_cases(
    client: httpx.AsyncClient, submit: Submit, bearer: Bearer, conn: asyncpg.Connection, app: Edge, me: UUID,
    audience: str, role: str, acr: int, status: int, code: str,
) -> None:  # fmt: skip
    case = (await submit(me)).json()["id"]
    headers = await bearer(await new_account(conn, app, role=role), audience=audience, acr=acr)

    answers = [await post(client, case, step, headers, **body) for step, body in steps()]
    answers.append(await client.get("/v1/identity-reviews", headers=headers))

    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(status, code)}


@pytest.mark.parametrize(
    ("function", "ends", "ended", "status"),
    [
        ("identity", None, None, 200), ("identity", 1, None, 200), ("labour", None, None, 403),
        ("identity", -1, None, 403), ("identity", None, -1, 403),
    ],
)  # fmt: skip
async def test_only_who_was_appointed_for_identities_sees_the_queue(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, app: Edge, now: Any, function: str,
    ends: int | None, ended: int | None, status: int,
) -> None:  # fmt: skip
    """SECURITY Z6."""
    account = await new_account(conn, app, role="official")
    at = [None if days is None else now + timedelta(days=days) for days in (ends, ended)]
    await conn.execute(
        """insert into staff.grants (account_id, role, function, starts_at, ends_at, ended_at)
           values ($1, 'official', $2, $3, $4, $5)""",
        account, function, now - timedelta(days=30), *at,
    )  # fmt: skip

    answer = await client.get("/v1/identity-reviews", headers=await bearer(account, audience="official", acr=3))

    assert answer.status_code == status
