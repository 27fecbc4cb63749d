"""What a listing's life promises to others: who looks for a place, who asked to see it, and the lists of the public."""

from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from longan.floor.database.tasks import Context
from longan.floor.housing import housing_listings
from longan.floor.housing.housing_listings import Side, Status
from longan.rooms.letting import tasks
from tests.conftest import Bearer, TestClock
from tests.jobs.hiring import promised
from tests.listings.renting import drafted, opened, stepped

TOPICS = ("listing_opened", "listing_changed", "listing_ended", "housing_changed")


async def said(conn: asyncpg.Connection, listing: str) -> list[tuple[str, str | None]]:
    """What was promised of it, in order, each with its reason; of the lists without which."""
    return [
        (topic, payload.get("reason"))
        for topic, payload in await promised(conn)
        if topic in TOPICS and payload.get("listing_id", listing) == listing
    ]


async def forget(conn: asyncpg.Connection) -> None:
    await conn.execute("delete from pgqueuer")


async def test_a_draft_promises_nothing_and_what_opens_changes_and_closes_each_its_own(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    who = await bearer()
    made = (await drafted(client, who))["id"]
    await client.patch(f"/v1/housing/{made}", json={"rent": 1_600_000}, headers=who | {"If-Match": "*"})
    silent = await said(conn, made)

    await stepped(client, who, made, "publish")
    await stepped(client, who, made, "publish")
    await client.patch(f"/v1/housing/{made}", json={"rent": 1_700_000}, headers=who | {"If-Match": "*"})
    await client.patch(f"/v1/housing/{made}", json={"rent": 1_700_000}, headers=who | {"If-Match": "*"})
    await stepped(client, who, made, "close", reason="let")
    await client.patch(f"/v1/housing/{made}", json={"rent": 1_800_000}, headers=who | {"If-Match": "*"})

    assert silent == []
    assert await said(conn, made) == [
        ("listing_opened", None), ("housing_changed", None), ("listing_changed", None), ("housing_changed", None),
        ("listing_ended", "let"), ("housing_changed", None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("steps", "last"),
    [
        ([("stale", "system")], [("housing_changed", None)]),
        ([("stale", "system"), ("closed", "system")], [("listing_ended", "not_confirmed")]),
        ([("stale", "system"), ("open", "owner")], [("listing_opened", None), ("housing_changed", None)]),
        ([("hidden", "system")], [("listing_ended", "hidden"), ("housing_changed", None)]),
        ([("hidden", "system"), ("open", "official")], [("listing_opened", None), ("housing_changed", None)]),
        ([("hidden", "system"), ("closed", "owner")], []),
        ([("suspended", "official")], [("listing_ended", "suspended"), ("housing_changed", None)]),
    ],
    ids=lambda given: "-".join(str(part) for each in given for part in each if part),
)
async def test_each_step_of_others_promises_what_it_means(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, clock: TestClock,
    steps: list[tuple[Status, Side]], last: list[Any],
) -> None:  # fmt: skip
    made = (await opened(client, await bearer()))["id"]
    for to, side in steps:
        await forget(conn)
        assert await housing_listings.move(conn, UUID(made), to, side, None, None, clock()) is not None

    assert await said(conn, made) == last


async def test_the_task_throws_the_cached_answers_away(context: Context) -> None:
    before = int(await context.valkey.get("generation:housing") or 0)

    await tasks.housing_changed(context)

    assert int(await context.valkey.get("generation:housing") or 0) == before + 1
