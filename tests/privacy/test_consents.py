"""Consents: to a text that was seen, taken back as easily, and one predicate that everybody asks."""

import asyncio
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

import asyncpg
import httpx
import pytest

from longan.floor.accounts import consents
from longan.floor.base.errors import ConsentRequired
from tests.conftest import Bearer, Real

PURPOSE = "job_recommendations"
MINE = f"/v1/me/consents/{PURPOSE}"


async def account_of(client: httpx.AsyncClient, headers: dict[str, str]) -> UUID:
    return UUID((await client.get("/v1/me", headers=headers)).json()["id"])


async def test_silence_is_no_consent(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime
) -> None:
    me = await bearer()

    said = (await client.get("/v1/me/consents", headers=me)).json()["items"]

    assert {each["given"] for each in said} == {False}
    assert {each["purpose"] for each in said} == {
        each["code"] for each in (await client.get("/v1/privacy/purposes")).json()["items"]
    }
    with pytest.raises(ConsentRequired):
        await consents.demand(conn, await account_of(client, me), PURPOSE, now)


async def test_a_consent_holds_at_once_and_so_does_its_withdrawal(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime
) -> None:
    me, other = await bearer(), await bearer()
    account = await account_of(client, me)

    given = await client.put(MINE, headers=me, json={"version": 1})

    assert (given.status_code, given.json()["given"]) == (200, True)
    assert await consents.given(conn, account, PURPOSE, now)
    assert not await consents.given(conn, await account_of(client, other), PURPOSE, now)
    assert not await consents.given(conn, account, "news", now)

    taken = await client.post(f"{MINE}/withdraw", headers=me)

    assert (taken.status_code, taken.json()["given"]) == (200, False)
    assert not await consents.given(conn, account, PURPOSE, now)


async def test_what_was_said_is_kept_and_saying_it_again_says_nothing_new(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection
) -> None:
    me = await bearer()
    for _ in range(2):
        await client.put(MINE, headers=me, json={"version": 1})
    for _ in range(2):
        await client.post(f"{MINE}/withdraw", headers=me)
    await client.put(MINE, headers=me, json={"version": 1})

    rows = await conn.fetch(
        "select given from privacy.consents where account_id = $1 order by id", await account_of(client, me)
    )

    assert [row[0] for row in rows] == [True, False, True]


async def test_a_new_text_is_a_new_question(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime
) -> None:
    me = await bearer()
    await client.put(MINE, headers=me, json={"version": 1})
    await conn.execute(
        """insert into privacy.purposes
           select code, 2, $1::date, legal_basis, sensitive, third_party, title_vi, title_en, 'Khác', 'Other'
             from privacy.purposes where code = $2""",
        now.date() - timedelta(days=1), PURPOSE,
    )  # fmt: skip

    assert not await consents.given(conn, await account_of(client, me), PURPOSE, now)
    stale = await client.put(MINE, headers=me, json={"version": 1})
    assert (stale.status_code, stale.json()["code"]) == (409, "purpose_changed")
    assert (await client.put(MINE, headers=me, json={"version": 2})).json()["given"] is True


async def test_a_text_that_is_not_in_force_yet_is_not_asked(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection, now: datetime
) -> None:
    me = await bearer()
    await client.put(MINE, headers=me, json={"version": 1})
    await conn.execute(
        """insert into privacy.purposes
           select code, 2, $1::date, legal_basis, sensitive, third_party, title_vi, title_en, 'Khác', 'Other'
             from privacy.purposes where code = $2""",
        now.date() + timedelta(days=2), PURPOSE,
    )  # fmt: skip

    assert await consents.given(conn, await account_of(client, me), PURPOSE, now)


async def test_data_leaves_this_service_only_with_the_word_of_somebody_who_is_there_now(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection
) -> None:
    me = await bearer()
    leaving = "/v1/me/consents/identity_confirmation"
    assert (await client.put(leaving, headers=me, json={"version": 1})).status_code == 200
    await client.post(f"{leaving}/withdraw", headers=me)
    old = await bearer()
    await conn.execute("update sessions.sessions set signed_in_at = signed_in_at - interval '301 seconds'")

    refused = await client.put(leaving, headers=old, json={"version": 1})

    assert (refused.status_code, refused.json()["code"]) == (401, "insufficient_user_authentication")
    assert refused.json()["max_age"] == 300
    assert 'error="insufficient_user_authentication"' in refused.headers["www-authenticate"]
    assert (await client.put(MINE, headers=old, json={"version": 1})).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "/v1/me/consents/nothing"), ("POST", "/v1/me/consents/nothing/withdraw")]
)
async def test_there_is_no_consent_to_what_is_no_purpose(
    client: httpx.AsyncClient, bearer: Bearer, method: str, path: str
) -> None:
    answer = await client.request(
        method, path, headers=await bearer(), json={"version": 1} if method == "PUT" else None
    )

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_the_purposes_are_told_in_both_languages(client: httpx.AsyncClient) -> None:
    spoken = [
        (await client.get("/v1/privacy/purposes", headers={"Accept-Language": language})).json()["items"]
        for language in ("vi", "en")
    ]

    assert len(spoken[0]) == len(spoken[1]) >= 6
    assert all(vi["title"] != en["title"] and vi["text"] != en["text"] for vi, en in zip(*spoken, strict=True))
    assert all("nhạy cảm" in each["text"] for each in spoken[0] if each["sensitive"])


async def test_of_many_words_at_once_the_last_one_kept_is_the_one_that_holds(real: Real) -> None:

    me = await real.bearer()

    async def speak(number: int) -> None:
        if number % 2:
            await real.client.put(MINE, headers=me, json={"version": 1})
        else:
            await real.client.post(f"{MINE}/withdraw", headers=me)

    await asyncio.gather(*(speak(number) for number in range(20)))

    rows = await real.pool.fetch("select given from privacy.consents order by id")
    shown = (await real.client.get("/v1/me/consents", headers=me)).json()["items"]
    assert next(each for each in shown if each["purpose"] == PURPOSE)["given"] == rows[-1][0]
    assert all(one[0] != two[0] for one, two in pairwise(rows))
