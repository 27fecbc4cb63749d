"""Officials decide on listings that are kept from the lists; owners appeal; pictures of several owners are found."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import msgspec
import pytest

from longan.api.edge import Edge
from longan.floor.database.tasks import Context
from longan.floor.housing import housing_listings
from longan.floor.messages.notices import HousingMoved, rendered
from longan.floor.pictures.object_storage import Storage
from longan.rooms.housing_desk import tasks
from longan.rooms.letting.tasks import listing_moved
from tests.conftest import Bearer, TestClock, new_account
from tests.employers.test_reviewing import be_one_person
from tests.jobs.hiring import OWNER, employer_of, promised
from tests.listings.renting import LONG_AN, official_of, opened, stepped

Client = httpx.AsyncClient


async def version(conn: asyncpg.Connection, housing: str) -> int:
    found: int = await conn.fetchval("select version from housing.listings where id = $1", UUID(housing))
    return found


async def hidden(conn: asyncpg.Connection, housing: str, now: datetime) -> None:
    assert await housing_listings.move(conn, UUID(housing), "hidden", "system", None, "sai giá", now) is not None


async def decide(
    client: Client, conn: asyncpg.Connection, housing: str, who: dict[str, str], to: str
) -> httpx.Response:
    body = {"to": to, "reason": "Đã xem.", "version": await version(conn, housing)}
    return await client.post(f"/v1/housing-desk/{housing}/decision", json=body, headers=who)


async def appeal(client: Client, housing: str, who: dict[str, str]) -> httpx.Response:
    return await client.post(f"/v1/housing/{housing}/appeal", json={"text": "Đã sửa giá."}, headers=who)


@pytest.fixture
async def owner(conn: asyncpg.Connection, app: Edge) -> UUID:
    return await new_account(conn, app)


@pytest.fixture
async def housing(client: Client, bearer: Bearer, owner: UUID) -> str:
    made: str = (await opened(client, await bearer(owner)))["id"]
    return made


@pytest.fixture
async def official(conn: asyncpg.Connection, app: Edge, bearer: Bearer, now: datetime) -> dict[str, str]:
    return await official_of(conn, app, bearer, now, [LONG_AN])


async def test_a_hidden_listing_waits_at_the_desk_with_its_owners_appeal_until_an_official_lets_it_out(
    client: Client, conn: asyncpg.Connection, bearer: Bearer, housing: str, owner: UUID, official: dict[str, str],
    now: datetime, storage: Storage,
) -> None:  # fmt: skip
    none = await appeal(client, housing, await bearer(owner))
    await hidden(conn, housing, now)
    made = await appeal(client, housing, await bearer(owner))
    again = await appeal(client, housing, await bearer(owner))
    foreign = await appeal(client, housing, await bearer())
    [case] = (await client.get("/v1/housing-desk", params={"appealed": "true"}, headers=official)).json()["items"]
    seen = (await client.get(f"/v1/housing-desk/{housing}", headers=official)).json()
    decided = await decide(client, conn, housing, official, "open")
    late = await decide(client, conn, housing, official, "open")

    assert (none.json()["code"], again.json()["code"]) == ("housing_not_appealable", "housing_not_appealable")
    assert (made.status_code, foreign.status_code) == (200, 404)
    assert (case["housing_id"], case["status"], case["appealed"]) == (housing, "hidden", True)
    assert (seen["appeal"], seen["steps"][0]["reason"]) == ("Đã sửa giá.", "sai giá")
    assert decided.json()["status"] == "open"
    assert (late.status_code, late.json()["code"]) == (409, "illegal_transition")
    assert (await client.get(f"/v1/housing/{housing}")).status_code == 200
    assert (await client.get("/v1/housing-desk", headers=official)).json()["items"] == []


async def test_an_appeal_is_for_another_official_than_who_took_the_listing_down(
    client: Client, conn: asyncpg.Connection, app: Edge, bearer: Bearer, housing: str, owner: UUID,
    official: dict[str, str], now: datetime,
) -> None:  # fmt: skip
    await decide(client, conn, housing, official, "suspended")
    await appeal(client, housing, await bearer(owner))

    own = await decide(client, conn, housing, official, "open")
    other = await decide(client, conn, housing, await official_of(conn, app, bearer, now), "open")

    assert (own.status_code, own.json()["code"]) == (403, "housing_decided_by_you")
    assert other.json()["status"] == "open"


async def test_what_its_owner_had_closed_is_not_opened_by_way_of_a_suspension(
    client: Client, conn: asyncpg.Connection, bearer: Bearer, housing: str, owner: UUID, official: dict[str, str]
) -> None:
    await stepped(client, await bearer(owner), housing, "close", reason="let")
    await decide(client, conn, housing, official, "suspended")

    refused = await decide(client, conn, housing, official, "open")
    closed = await decide(client, conn, housing, official, "closed")
    asked = await stepped(client, await bearer(owner), housing, "reopen")
    let_out = await decide(client, conn, housing, official, "open")

    assert (refused.status_code, refused.json()["code"]) == (409, "illegal_transition")
    assert (refused.json()["errors"][0]["pointer"], refused.json()["errors"][0]["code"]) == ("/to", "not_one_of")
    assert [answer.json()["status"] for answer in (closed, asked, let_out)] == ["closed", "in_review", "open"]


async def test_a_dormitory_of_a_suspended_employer_is_not_let_out_before_it(
    client: Client, conn: asyncpg.Connection, bearer: Bearer, now: datetime, official: dict[str, str]
) -> None:
    employer = await employer_of(conn, OWNER)
    made = (await opened(client, await bearer(OWNER), kind="dormitory", employer_id=str(employer)))["id"]
    await hidden(conn, made, now)
    await conn.execute("update employers.employers set status = 'suspended' where id = $1", employer)

    refused = await decide(client, conn, made, official, "open")
    closed = await decide(client, conn, made, official, "closed")

    assert (refused.status_code, refused.json()["code"]) == (403, "employer_suspended")
    assert closed.status_code == 200


async def test_what_an_official_writes_reaches_the_owner_and_lies_in_no_queue(
    client: Client, conn: asyncpg.Connection, bearer: Bearer, context: Context, owner: UUID, housing: str,
    now: datetime, official: dict[str, str],
) -> None:  # fmt: skip
    await hidden(conn, housing, now)
    await conn.execute("delete from pgqueuer")
    assert (await decide(client, conn, housing, official, "closed")).status_code == 200

    [said] = [payload for topic, payload in await promised(conn) if topic == "listing_moved"]
    await listing_moved(context, listing_id=UUID(housing), to="closed", version=int(said["version"]))
    kept = await conn.fetchval(
        "select params::text from notifications.inbox where account_id = $1 and topic = 'listing_moved'", owner
    )

    assert "Đã xem." not in str(said)
    assert rendered("listing_moved", msgspec.json.decode(kept, type=HousingMoved), "en")[1].endswith("Đã xem.")


async def test_who_decides_has_read_what_stands_there_now(
    client: Client, conn: asyncpg.Connection, housing: str, official: dict[str, str], now: datetime
) -> None:
    await hidden(conn, housing, now)
    body = {"to": "open", "reason": "Đã xem.", "version": await version(conn, housing)}
    await conn.execute("update housing.listings set version = version + 1 where id = $1", UUID(housing))

    answer = await client.post(f"/v1/housing-desk/{housing}/decision", json=body, headers=official)

    assert (answer.status_code, answer.json()["code"]) == (412, "stale")


async def test_the_desk_ends_at_the_wards_of_the_role_and_at_what_is_ones_own(
    client: Client, conn: asyncpg.Connection, app: Edge, bearer: Bearer, housing: str, owner: UUID, now: datetime
) -> None:
    await hidden(conn, housing, now)
    elsewhere = await official_of(conn, app, bearer, now, ["27991"])
    landlord = await new_account(conn, app, role="official")
    await conn.execute(
        "insert into staff.grants (account_id, role, function, starts_at) values ($1, 'official', 'housing', $2)",
        landlord, now,
    )  # fmt: skip
    await be_one_person(conn, owner, landlord)
    own = await bearer(landlord, audience="official", acr=3)

    assert (await client.get("/v1/housing-desk", headers=elsewhere)).json()["items"] == []
    assert (await client.get("/v1/housing-desk", headers=own)).json()["items"] == []
    assert (await decide(client, conn, housing, elsewhere, "open")).status_code == 404
    answer = await decide(client, conn, housing, own, "open")
    assert (answer.status_code, answer.json()["code"]) == (403, "own_housing")


PICTURE = """insert into photos.uploads (id, account_id, purpose, content_type, size, sha256, key, state, width, height,
                                         difference_hash, created_at, put_until, claimed_for, subject, place,
                                         claimed_at)
             select $1, l.owner_id, 'housing', 'image/jpeg', 9, sha256($3), replace(gen_random_uuid()::text, '-', ''),
                    'clean', 4, 3, $4, $5, $5, 'housing', l.id, 1, $5
               from housing.listings l where l.id = $2"""
HASH = 0x1234_5678_9ABC_DEF0


async def pictured(conn: asyncpg.Connection, housing: str, data: bytes, look: int | None, now: datetime) -> None:
    await conn.execute(PICTURE, uuid4(), UUID(housing), data, look, now)


async def queue(client: Client, official: dict[str, str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await client.get("/v1/same-pictures", headers=official)).json()["items"]
    return found


@pytest.mark.parametrize(
    ("data", "look", "found"),
    [
        (b"a", HASH, [True]),
        (b"a", None, [True]),
        (b"b", HASH ^ 0b1001_0000_0001_0000_0001_0000_0001_0000_0001, [False]),
        (b"b", HASH ^ 0x0101_0101_0101_0100, []),
        (b"b", HASH ^ 0xFF, []),
        (b"b", None, []),
    ],
    ids=[
        "the same file",
        "the same file without shapes",
        "six bits apart",
        "seven bits apart",
        "a byte apart",
        "another one",
    ],
)
async def test_one_picture_under_listings_of_two_owners_is_shown_to_officials(
    client: Client, conn: asyncpg.Connection, bearer: Bearer, housing: str, official: dict[str, str], now: datetime,
    clock: TestClock, context: Context, data: bytes, look: int | None, found: list[bool],
) -> None:  # fmt: skip
    other = (await opened(client, await bearer()))["id"]
    await pictured(conn, housing, b"a", HASH if look is not None else None, now)
    await pictured(conn, other, data, look, now)
    early = await queue(client, official)
    clock.shift(timedelta(minutes=3))
    for _ in range(2):
        await tasks.compare_pictures(context)

    pairs = await queue(client, official)

    assert early == []
    assert [pair["is_exact"] for pair in pairs] == found
    assert all((pair["earlier_id"], pair["later_id"]) == (housing, other) for pair in pairs)


async def test_one_owner_may_show_a_picture_twice(
    client: Client, conn: asyncpg.Connection, bearer: Bearer, housing: str, owner: UUID, official: dict[str, str],
    now: datetime, clock: TestClock, context: Context,
) -> None:  # fmt: skip
    other = (await opened(client, await bearer(owner)))["id"]
    for each in (housing, other):
        await pictured(conn, each, b"a", HASH, now)
    clock.shift(timedelta(minutes=3))
    await tasks.compare_pictures(context)

    assert await queue(client, official) == []


async def test_a_copy_is_taken_down_and_decided_on_once(
    client: Client, conn: asyncpg.Connection, bearer: Bearer, housing: str, official: dict[str, str], now: datetime,
    clock: TestClock, context: Context,
) -> None:  # fmt: skip
    other = (await opened(client, await bearer()))["id"]
    for each in (housing, other):
        await pictured(conn, each, b"a", HASH, now)
    clock.shift(timedelta(minutes=3))
    await tasks.compare_pictures(context)
    [pair] = await queue(client, official)
    path, said = f"/v1/same-pictures/{pair['id']}/decision", {"outcome": "copied", "reason": "Ảnh lấy từ tin khác."}

    nameless = await client.post(path, json=said, headers=official)
    decided = await client.post(path, json=said | {"copy_id": other}, headers=official)
    again = await client.post(path, json=said | {"copy_id": housing}, headers=official)

    assert (nameless.status_code, nameless.json()["errors"][0]["pointer"]) == (400, "/copy_id")
    assert (decided.status_code, again.json()["code"]) == (200, "pair_decided")
    assert await queue(client, official) == []
    rows = await conn.fetch("select id, status from housing.listings where id = any($1)", [UUID(housing), UUID(other)])
    assert {str(row["id"]): row["status"] for row in rows} == {housing: "open", other: "suspended"}
