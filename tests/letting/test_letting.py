"""Publishing, confirming, closing and opening again: what is asked of an owner, and what they are told."""

from datetime import timedelta
from uuid import UUID

import asyncpg
import httpx
import pytest

from longan.api.edge import Edge
from longan.floor.database.tasks import Context
from longan.floor.housing import housing_listings
from longan.rooms.letting import tasks
from tests.conftest import Bearer, TestClock, new_account
from tests.jobs.hiring import OWNER, UNVERIFIED_OWNER, employer_of, promised
from tests.listings.renting import drafted, opened, stepped

DAY = timedelta(days=1)


async def status(conn: asyncpg.Connection, housing: str) -> str:
    found: str = await conn.fetchval("select status from housing.listings where id = $1", UUID(housing))
    return found


async def test_a_published_listing_is_found_at_once(client: httpx.AsyncClient, bearer: Bearer) -> None:
    made = await opened(client, await bearer())

    [first] = (await client.get("/v1/housing", params={"limit": 1})).json()["items"]

    assert first["id"] == made["id"]
    assert (first["cost_share"], first["cost_complete"]) == (made["cost"]["per_person"], True)


async def test_a_slip_is_asked_back_and_taken_when_the_owner_is_sure(client: httpx.AsyncClient, bearer: Bearer) -> None:
    who = await bearer()
    made = (await drafted(client, who, rent=15_000_000))["id"]

    asked = await stepped(client, who, made, "publish")
    sure = await stepped(client, who, made, "publish", sure=["rent"])

    assert (asked.status_code, asked.json()["code"]) == (422, "amounts_doubted")
    assert [(doubt["field"], doubt["meant"]) for doubt in asked.json()["doubts"]] == [("rent", 1_500_000)]
    assert asked.json()["errors"][0]["pointer"] == "/rent"
    assert (sure.status_code, sure.json()["sure_of"]) == (200, ["rent"])


async def test_prices_above_the_law_are_to_be_seen_and_are_then_shown_to_the_worker(
    client: httpx.AsyncClient, bearer: Bearer
) -> None:
    who = await bearer()
    made = (await drafted(client, who, electricity_price=4_000, water_price=60_000))["id"]

    unseen = await stepped(client, who, made, "publish")
    half = await stepped(client, who, made, "publish", seen_flags=["above_frame"])
    seen = await stepped(client, who, made, "publish", seen_flags=["above_every_tier", "above_frame"])
    shown = (await client.get(f"/v1/housing/{made}")).json()

    assert (unseen.status_code, unseen.json()["code"]) == (422, "price_flags_unseen")
    assert {flag["verdict"] for flag in unseen.json()["flags"]} == {"above_every_tier", "above_frame"}
    assert (half.status_code, seen.status_code) == (422, 200)
    assert {flag["verdict"] for flag in shown["monthly_cost"]["flags"]} == {"above_every_tier", "above_frame"}
    assert all(flag["law"] for flag in shown["monthly_cost"]["flags"])


async def test_more_than_a_few_listings_need_an_identity(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, bearer: Bearer
) -> None:
    account = await new_account(conn, app)
    who = await bearer(account)
    few = [(await opened(client, who))["id"] for _ in range(3)]
    fourth = (await drafted(client, who))["id"]

    refused = await stepped(client, who, fourth, "publish")
    identified = await stepped(client, await bearer(account, acr=2), fourth, "publish")
    await stepped(client, who, few[0], "close")
    await stepped(client, who, few[1], "close")
    after = await stepped(client, who, few[0], "reopen")

    assert (refused.status_code, refused.json()["code"]) == (401, "insufficient_user_authentication")
    assert refused.json()["acr_values"] == "2"
    assert identified.status_code == 200
    assert after.status_code == 200


async def test_an_employer_lets_only_when_it_is_verified(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    theirs = {"kind": "dormitory", "employer_id": str(await employer_of(conn, UNVERIFIED_OWNER))}
    made = (await drafted(client, await bearer(UNVERIFIED_OWNER), **theirs))["id"]
    verified = {"kind": "dormitory", "employer_id": str(await employer_of(conn, OWNER))}

    refused = await stepped(client, await bearer(UNVERIFIED_OWNER), made, "publish")
    many = [await opened(client, await bearer(OWNER), **verified) for _ in range(4)]

    assert (refused.status_code, refused.json()["code"]) == (403, "employer_not_verified")
    assert {each["status"] for each in many} == {"open"}


async def test_a_step_that_was_taken_changes_nothing_the_second_time(client: httpx.AsyncClient, bearer: Bearer) -> None:
    who = await bearer()
    made = await opened(client, who)

    again = await stepped(client, who | {"If-Match": '"v1"'}, made["id"], "publish")
    closed = await stepped(client, who, made["id"], "close", reason="let")
    twice = await stepped(client, who, made["id"], "close")
    publish = await stepped(client, who, made["id"], "publish")

    assert again.json()["version"] == made["version"]
    assert (closed.json()["closed_for"], twice.json()["closed_for"]) == ("let", "let")
    assert closed.json()["version"] == twice.json()["version"]
    assert (publish.status_code, publish.json()["code"]) == (409, "illegal_transition")


async def test_what_is_opened_again_is_asked_anew(client: httpx.AsyncClient, bearer: Bearer) -> None:
    who = await bearer()
    made = (await opened(client, who))["id"]
    await stepped(client, who, made, "close")
    await client.patch(f"/v1/housing/{made}", json={"electricity_price": 4_000}, headers=who | {"If-Match": "*"})

    unseen = await stepped(client, who, made, "reopen")
    seen = await stepped(client, who, made, "reopen", seen_flags=["above_every_tier"])

    assert (unseen.status_code, unseen.json()["code"]) == (422, "price_flags_unseen")
    assert (seen.json()["status"], seen.json()["closed_for"]) == ("open", None)


@pytest.mark.parametrize("status_before", ["hidden", "in_review"])
async def test_what_an_official_had_does_not_come_out_by_closing_and_opening_it(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, status_before: str
) -> None:
    who = await bearer()
    made = (await opened(client, who))["id"]
    await conn.execute("update housing.listings set status = $2 where id = $1", UUID(made), status_before)
    await stepped(client, who, made, "close")

    answer = await stepped(client, who, made, "reopen")

    assert answer.json()["status"] == "in_review"
    assert (await client.get(f"/v1/housing/{made}")).status_code == 404


async def test_a_suspended_listing_is_not_the_owners_to_move(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, clock: TestClock
) -> None:
    who = await bearer()
    made = (await opened(client, who))["id"]
    await housing_listings.move(conn, UUID(made), "suspended", "official", OWNER, "Lừa đảo", clock())

    steps = [await stepped(client, who, made, step) for step in ("publish", "reopen", "confirm", "close")]
    change = await client.patch(f"/v1/housing/{made}", json={"rent": 1_600_000}, headers=who | {"If-Match": "*"})

    assert {answer.status_code for answer in (*steps, change)} == {409}
    assert change.json()["code"] == "housing_suspended"


async def test_unconfirmed_it_goes_from_the_lists_and_comes_back_when_it_is_confirmed(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, clock: TestClock, context: Context, few: None
) -> None:
    who = await bearer()
    made = (await opened(client, who))["id"]
    clock.shift(29 * DAY)
    await tasks.stale_listings(context)
    before = await status(conn, made)
    clock.shift(2 * DAY)
    await tasks.stale_listings(context)

    gone = await client.get(f"/v1/housing/{made}")
    who = await bearer(await conn.fetchval("select owner_id from housing.listings where id = $1", UUID(made)))
    back = await stepped(client, who, made, "confirm")

    assert (before, gone.status_code) == ("open", 404)
    assert back.json()["status"] == "open"
    assert (await client.get(f"/v1/housing/{made}")).status_code == 200
    reasons = [
        (event["side"], event["to_status"], event["reason"])
        for event in (await client.get(f"/v1/me/housing/{made}/history", headers=who)).json()["items"]
    ]
    assert reasons == [("owner", "open", "confirmed"), ("system", "stale", "not_confirmed"), ("owner", "open", None)]


async def test_confirmed_in_time_it_stays_and_two_months_stale_it_is_closed(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, clock: TestClock, context: Context, few: None
) -> None:
    account_headers = await bearer()
    kept, lost = [(await opened(client, account_headers))["id"] for _ in range(2)]
    clock.shift(20 * DAY)
    owner = await conn.fetchval("select owner_id from housing.listings where id = $1", UUID(kept))
    await stepped(client, await bearer(owner), kept, "confirm")
    clock.shift(15 * DAY)
    await tasks.stale_listings(context)
    first = (await status(conn, kept), await status(conn, lost))
    clock.shift(56 * DAY)
    await tasks.stale_listings(context)

    assert first == ("open", "stale")
    assert await status(conn, lost) == "closed"
    closed_for = await conn.fetchval("select closed_for from housing.listings where id = $1", UUID(lost))
    assert closed_for == "not_confirmed"


async def test_the_owner_is_warned_of_what_is_about_to_go_and_told_when_it_went(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, clock: TestClock, context: Context, few: None
) -> None:
    made = await opened(client, await bearer())
    due = await conn.fetchrow(
        "select topic, due_at, payload from floor.reminders where once like '%' || $1", made["id"]
    )
    clock.shift(28 * DAY)
    listing, stale_at = UUID(made["id"]), await conn.fetchval(
        "select stale_at from housing.listings where id = $1", UUID(made["id"])
    )  # fmt: skip
    for _ in range(2):
        await tasks.listing_stale_soon(context, listing_id=listing, stale_at=stale_at)
    clock.shift(3 * DAY)
    await tasks.listing_stale_soon(context, listing_id=listing, stale_at=stale_at)
    await tasks.stale_listings(context)
    [moved] = [
        said for topic, said in await promised(conn) if topic == "listing_moved" and said["listing_id"] == made["id"]
    ]
    for _ in range(2):
        await tasks.listing_moved(context, listing_id=listing, to="stale", version=moved["version"])  # type: ignore[arg-type]

    assert (due["topic"], stale_at - due["due_at"]) == ("listing_stale_soon", 3 * DAY)
    told = await conn.fetch("select topic from notifications.inbox where subject_id = $1 order by created_at", listing)
    assert [row[0] for row in told] == ["listing_stale_soon", "listing_moved"]


async def test_costs_are_reckoned_anew_when_a_tariff_has_changed(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, context: Context, few: None
) -> None:
    made = await opened(client, await bearer())
    listing = UUID(made["id"])
    await conn.execute(
        """update housing.listings set cost_on = '2020-01-01', cost_month = 1, cost_share = 1,
                  price_flags = '{above_frame}' where id = $1""",
        listing,
    )

    await tasks.reckon_listings(context)
    first = await conn.fetchrow(
        "select cost_share, cost_on, price_flags, version from housing.listings where id = $1", listing
    )
    await tasks.reckon_listings(context)

    assert (first["cost_share"], first["price_flags"]) == (made["cost"]["per_person"], [])
    assert first["version"] == made["version"] + 1
    assert await conn.fetchval("select version from housing.listings where id = $1", listing) == first["version"]
