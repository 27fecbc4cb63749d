"""One's own case: kept only with consent, sealed, and forgotten when it is said or a year has passed."""

from datetime import timedelta
from uuid import UUID

import asyncpg
import httpx

from longan.floor.database.tasks import Context
from longan.rooms.eligibility import tasks
from tests.conftest import Bearer, TestClock
from tests.eligibility.asking import CASE, CONSENT, MINE, account_of, consented, kept


async def test_nothing_is_kept_without_consent(client: httpx.AsyncClient, bearer: Bearer) -> None:
    who = await bearer(acr=1)

    refused = await client.put(MINE, json=CASE, headers=who)
    taken = await kept(client, who)

    assert (refused.status_code, refused.json()["code"], refused.json()["purpose"]) == (
        403, "consent_required", "social_housing",
    )  # fmt: skip
    assert taken.status_code == 200
    assert taken.json()["case"]["income_month"] == CASE["income_month"]
    assert taken.json()["check"]["answer"]["outcome"] == "conditions_met"


async def test_what_is_kept_cannot_be_read_in_the_database(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    poor, rich = await bearer(acr=1), await bearer(acr=1)
    await kept(client, poor, income_month=4_000_000, papers=None)
    await kept(client, rich)

    rows = await conn.fetch("select sealed from eligibility.cases")

    assert len(rows) == 2
    assert len({len(row["sealed"]) for row in rows}) == 1
    assert not any(b"income" in row["sealed"] or b"22000000" in row["sealed"] for row in rows)


async def test_a_sealed_case_opens_only_in_its_own_row(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    mine, other = await bearer(acr=1), await bearer(acr=1)
    await kept(client, mine)
    await kept(client, other)
    await conn.execute(
        """update eligibility.cases set sealed = (select sealed from eligibility.cases where account_id = $1)
            where account_id = $2""",
        await account_of(client, other), await account_of(client, mine),
    )  # fmt: skip

    assert (await client.get(MINE, headers=mine)).status_code == 404
    assert (await client.get(MINE, headers=other)).status_code == 200


async def test_it_is_seen_on_ones_own_device_only(client: httpx.AsyncClient, bearer: Bearer) -> None:
    who = await bearer(acr=1)
    await kept(client, who)
    account = await account_of(client, who)

    code_alone = await client.get(MINE, headers=await bearer(account, acr=0))
    stranger = await client.get(MINE, headers=await bearer(acr=1))

    assert (code_alone.status_code, code_alone.json()["code"]) == (401, "insufficient_user_authentication")
    assert stranger.status_code == 404


async def test_two_phones_do_not_overwrite_each_other(client: httpx.AsyncClient, bearer: Bearer) -> None:
    who = await bearer(acr=1)
    await consented(client, who)
    early = await client.put(MINE, json=CASE, headers=who | {"If-Match": '"v1"'})
    first = await kept(client, who)
    tag = {"If-Match": first.headers["ETag"]}

    second = await client.put(MINE, json=CASE | {"household": "couple"}, headers=who | tag)
    late = await client.put(MINE, json=CASE, headers=who | tag)

    assert early.status_code == 412
    assert (second.status_code, second.json()["version"]) == (200, 2)
    assert (late.status_code, late.json()["code"]) == (412, "stale")


async def test_deleted_is_gone(client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer) -> None:
    who = await bearer(acr=1)
    await kept(client, who)

    gone = await client.delete(MINE, headers=who)
    again = await client.delete(MINE, headers=who)

    assert (gone.status_code, again.status_code) == (204, 404)
    assert await conn.fetchval("select count(*) from eligibility.cases") == 0


async def test_whoever_withdraws_the_consent_is_forgotten_within_the_hour_and_not_shown_at_once(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, context: Context
) -> None:
    who, stays = await bearer(acr=1), await bearer(acr=1)
    await kept(client, who)
    await kept(client, stays)
    await client.post(f"{CONSENT}/withdraw", headers=who)

    shown = await client.get(MINE, headers=who)
    await tasks.forget_social_housing_cases(context)

    assert shown.status_code == 404
    left: list[UUID] = [row[0] for row in await conn.fetch("select account_id from eligibility.cases")]
    assert left == [await account_of(client, stays)]


async def test_a_case_that_nobody_writes_for_a_year_is_forgotten(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, context: Context, clock: TestClock
) -> None:
    kept_then = await kept(client, await bearer(acr=1))
    clock.shift(timedelta(days=364))
    await tasks.forget_social_housing_cases(context)
    before = await conn.fetchval("select count(*) from eligibility.cases")

    clock.shift(timedelta(days=2))
    await tasks.forget_social_housing_cases(context)

    assert kept_then.json()["forgotten_at"]
    assert (before, await conn.fetchval("select count(*) from eligibility.cases")) == (1, 0)


async def test_a_case_of_before_a_withdrawal_does_not_come_back_with_a_new_consent(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, context: Context, clock: TestClock
) -> None:
    who = await bearer(acr=1)
    await kept(client, who)
    clock.shift(timedelta(minutes=1))
    await client.post(f"{CONSENT}/withdraw", headers=who)
    clock.shift(timedelta(minutes=1))
    await consented(client, who)

    shown = await client.get(MINE, headers=who)
    await tasks.forget_social_housing_cases(context)
    left = await conn.fetchval("select count(*) from eligibility.cases")
    anew = await kept(client, who)

    assert (shown.status_code, left) == (404, 0)
    assert (anew.status_code, (await client.get(MINE, headers=who)).status_code) == (200, 200)
