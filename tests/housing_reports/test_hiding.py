"""What keeps a listing hidden of which several reports were confirmed, and what its owner reads of it."""

from datetime import timedelta
from uuid import UUID

import asyncpg
import httpx

from longan.floor.database.tasks import Context
from longan.floor.housing import housing_listings
from longan.floor.housing.employer_dormitories import GIVEN_BACK, WITHHELD
from longan.floor.messages.notices import HousingMoved, rendered
from longan.rooms.letting.tasks import listing_moved
from tests.conftest import Bearer, TestClock
from tests.housing_reports.test_reporting import confirmed, decide, housing, official, owner, report
from tests.jobs.hiring import promised
from tests.listings.renting import stepped

__all__ = ["housing", "official", "owner"]
Client = httpx.AsyncClient


async def test_closing_before_the_last_report_is_confirmed_does_not_bring_a_listing_out_again(
    client: Client, bearer: Bearer, housing: str, owner: UUID, official: dict[str, str]
) -> None:
    for _ in range(2):
        await confirmed(client, housing, await bearer(), official)
    await stepped(client, await bearer(owner), housing, "close")
    last = await confirmed(client, housing, await bearer(), official)
    again = await stepped(client, await bearer(owner), housing, "reopen")

    assert (last["confirmed"], last["housing_status"]) == (3, "closed")
    assert (again.status_code, again.json()["status"]) == (200, "in_review")
    assert (await client.get(f"/v1/housing/{housing}")).status_code == 404


async def test_the_owner_reads_the_reasons_in_their_own_language_and_no_payload_holds_them(
    client: Client, conn: asyncpg.Connection, bearer: Bearer, context: Context, housing: str, owner: UUID,
    official: dict[str, str],
) -> None:  # fmt: skip
    for _ in range(2):
        await confirmed(client, housing, await bearer(), official)
    last = (await report(client, housing, await bearer(), reason_code="wrong_price")).json()["id"]
    assert (await decide(client, last, official)).json()["housing_status"] == "hidden"
    [payload] = [each for topic, each in await promised(conn) if topic == "listing_moved"]
    await listing_moved(context, listing_id=UUID(payload["listing_id"]), to="hidden", version=int(payload["version"]))
    item = await conn.fetchval(
        "select params::text from notifications.inbox where account_id = $1 and topic = 'listing_moved'", owner
    )

    assert set(payload) == {"listing_id", "to", "version"}
    assert "fraud" in item and "wrong_price" in item
    said = HousingMoved("hidden", "Phòng", "", ["fraud", "wrong_price"])
    assert "lừa đảo, sai giá" in rendered("listing_moved", said, "vi")[1]
    assert "fraud, a wrong price" in rendered("listing_moved", said, "en")[1]


async def test_only_the_reasons_that_count_are_said(
    client: Client, conn: asyncpg.Connection, bearer: Bearer, housing: str, owner: UUID, official: dict[str, str],
    clock: TestClock,
) -> None:  # fmt: skip
    for _ in range(3):
        await confirmed(client, housing, await bearer(), official)
    version = await conn.fetchval("select version from housing.listings where id = $1", UUID(housing))
    clock.shift(timedelta(seconds=1))
    await client.post(
        f"/v1/housing-desk/{housing}/decision", headers=official,
        json={"to": "open", "reason": "Đã sửa đúng.", "version": version},
    )  # fmt: skip
    clock.shift(timedelta(seconds=1))
    for _ in range(3):
        said = await report(client, housing, await bearer(), reason_code="gone")
        await decide(client, said.json()["id"], official)

    history = (await client.get(f"/v1/me/housing/{housing}/history", headers=await bearer(owner))).json()["items"]

    assert (history[0]["to_status"], history[0]["reason"]) == ("hidden", "gone")


async def test_an_employer_that_is_reinstated_settles_no_report(
    client: Client, conn: asyncpg.Connection, bearer: Bearer, housing: str, official: dict[str, str], clock: TestClock
) -> None:
    for _ in range(2):
        await confirmed(client, housing, await bearer(), official)
    for to, side, reason in (("hidden", "system", WITHHELD), ("open", "official", GIVEN_BACK)):
        clock.shift(timedelta(seconds=1))
        assert await housing_listings.move(conn, UUID(housing), to, side, None, reason, clock())  # type: ignore[arg-type]
    clock.shift(timedelta(seconds=1))

    assert (await confirmed(client, housing, await bearer(), official))["housing_status"] == "hidden"
