"""What is left of a month with a job and a room: sorted, and explained by lines that add up."""

import asyncio
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from longan.api.edge import Edge
from longan.floor.living_costs.affordability import MOST_JOBS, MOST_ROOMS
from longan.rooms.job_room.domain import compared
from longan.rooms.job_room.models import Job, JobRoomIn, Place
from tests.conftest import Bearer, new_account
from tests.listings.renting import opened

DUC_HOA = {"lat": 10.88, "lon": 106.4}
PAID = """update jobs.postings set effective_month = $2, lat = $3, lon = $4, benefits = $5, week_days = 6
           where id = $1"""


async def jobs_of(conn: asyncpg.Connection, now: datetime, number: int) -> list[str]:
    """Open postings, each better paid than the one before and a little farther away; nobody's bus goes there."""
    rows = await conn.fetch(
        "select id from jobs.postings where status = 'open' and expires_at > $1 order by id limit $2", now, number
    )
    for place, row in enumerate(rows):
        await conn.execute(PAID, row[0], 8_000_000 + 100_000 * place, 10.88 + 0.01 * place, 106.4, [])
    return [str(row[0]) for row in rows]


async def rooms_of(client: httpx.AsyncClient, who: dict[str, str], *changes: dict[str, Any]) -> list[str]:
    made = [
        await opened(client, who, ward_code="27976", **DUC_HOA | change)
        for change in changes
    ]  # fmt: skip
    return [each["id"] for each in made]


async def ranked(client: httpx.AsyncClient, who: dict[str, str] | None = None, **asked: Any) -> dict[str, Any]:
    answer = await client.post("/v1/affordability", json=asked, headers=who or {})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_pairs_are_sorted_by_what_is_left_and_their_lines_add_up(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, now: datetime
) -> None:
    jobs = await jobs_of(conn, now, 3)
    rooms = await rooms_of(client, await bearer(), {}, {"rent": 1_200_000, "deposit": 0})

    found = await ranked(client, job_ids=jobs, housing_ids=rooms)

    assert (found["ranked"], found["jobs"], found["housing"]) == (6, 3, 2)
    left = [each["pair"]["left"] for each in found["items"]]
    assert left == sorted(left, reverse=True)
    for each in found["items"]:
        pair = each["pair"]
        assert pair["left"] == pair["pay"] - pair["room"] - pair["travel"] == sum(
            line["month"] for line in each["lines"]
        )  # fmt: skip
        assert [line["part"] for line in each["lines"]] == ["pay", "room", "travel", "method", "left"]
    assert "đường chim bay" in found["method_vi"]


async def test_one_pair_says_the_same_as_the_ranking_and_everything_behind_it(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, now: datetime
) -> None:
    [job] = await jobs_of(conn, now, 1)
    [room] = await rooms_of(client, await bearer(), {})
    query = {"mode": "bus", "people": 2}

    [best] = (await ranked(client, job_ids=[job], housing_ids=[room], **query))["items"]
    one = (await client.get(f"/v1/affordability/{job}/{room}", params=query)).json()

    assert one["pair"] == best["pair"]
    assert one["lines"] == best["lines"]
    assert one["cost"]["per_person"] == best["pair"]["room"]
    assert one["commute"]["month"] == best["pair"]["travel"]
    assert one["missing"] == []


@pytest.mark.parametrize("people", [1, 2])
async def test_the_cost_of_a_room_is_that_of_the_people_who_ask(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, now: datetime, people: int
) -> None:
    [job] = await jobs_of(conn, now, 1)
    rooms = await rooms_of(client, await bearer(), {"max_people": 2}, {"max_people": 4})

    found = await ranked(client, job_ids=[job], housing_ids=rooms, people=people)

    assert len(found["items"]) == 2
    for each in found["items"]:
        place = (await client.get(f"/v1/housing/{each['pair']['room_id']}", params={"persons": people})).json()
        assert each["pair"]["room"] == place["monthly_cost"]["per_person"]


async def test_a_room_that_is_too_small_and_what_is_not_to_be_had_are_named(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, now: datetime
) -> None:
    [job] = await jobs_of(conn, now, 1)
    landlord = await bearer()
    small, large, gone = await rooms_of(client, landlord, {"max_people": 1}, {"max_people": 3}, {})
    await client.post(f"/v1/housing/{gone}/close", json={}, headers=landlord)
    nobody = str(uuid4())

    found = await ranked(client, job_ids=[job, nobody], housing_ids=[small, large, gone], people=3)

    assert [each["pair"]["room_id"] for each in found["items"]] == [large]
    assert found["housing_too_small"] == [small]
    assert found["housing_unknown"] == [gone]
    assert found["jobs_unknown"] == [nobody]


async def test_a_job_without_pay_that_one_can_rely_on_is_not_ranked_but_named(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, now: datetime
) -> None:
    [job] = await jobs_of(conn, now, 1)
    [room] = await rooms_of(client, await bearer(), {})
    await conn.execute("update jobs.postings set effective_month = null where id = $1", UUID(job))

    found = await ranked(client, job_ids=[job], housing_ids=[room])
    one = (await client.get(f"/v1/affordability/{job}/{room}")).json()

    assert (found["items"], found["jobs_left_out"]) == ([], [job])
    assert (one["pair"], one["missing"], one["lines"]) == (None, ["pay"], [])
    assert one["cost"]["total"] > 0


async def test_the_companys_bus_is_taken_where_there_is_one(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, now: datetime
) -> None:
    [job] = await jobs_of(conn, now, 1)
    [room] = await rooms_of(client, await bearer(), {"lat": 10.9})
    await conn.execute("update jobs.postings set benefits = '{bus}' where id = $1", UUID(job))

    [by_bus] = (await ranked(client, job_ids=[job], housing_ids=[room]))["items"]
    [own] = (await ranked(client, job_ids=[job], housing_ids=[room], company_bus=False))["items"]

    assert (by_bus["pair"]["mode"], by_bus["pair"]["travel"]) == ("company_bus", 0)
    assert own["pair"]["mode"] == "motorbike"
    assert own["pair"]["travel"] > 0


async def test_my_saved_jobs_and_my_offers_are_mine_only(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, bearer: Bearer, now: datetime
) -> None:
    saved, offered, asked = await jobs_of(conn, now, 3)
    [room] = await rooms_of(client, await bearer(), {})
    me, other = await new_account(conn, app), await new_account(conn, app)
    await conn.execute("insert into saved_jobs.saves values ($1, $2, $3)", me, UUID(saved), now)
    for job, status in ((offered, "offer"), (asked, "submitted")):
        await conn.execute(
            """insert into applications.applications (job_id, employer_id, worker_id, status, created_at, updated_at)
               select id, employer_id, $2, $3, $4, $4 from jobs.postings where id = $1""",
            UUID(job), me, status, now,
        )  # fmt: skip
    who = await bearer(me)

    kept = await ranked(client, who, my_jobs="saved", housing_ids=[room])
    mine = await ranked(client, who, my_jobs="offers", housing_ids=[room])
    theirs = await ranked(client, await bearer(other), my_jobs="offers", housing_ids=[room])
    nobody = await client.post("/v1/affordability", json={"my_jobs": "saved", "housing_ids": [room]})

    assert [each["pair"]["job_id"] for each in kept["items"]] == [saved]
    assert [each["pair"]["job_id"] for each in mine["items"]] == [offered]
    assert theirs["items"] == []
    assert (nobody.status_code, nobody.json()["code"]) == (401, "unauthenticated")


async def test_rooms_around_a_point_are_within_it_and_for_as_many_people(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, now: datetime
) -> None:
    await conn.execute("update housing.listings set status = 'suspended'")
    [job] = await jobs_of(conn, now, 1)
    near, _, _, _ = await rooms_of(
        client, await bearer(acr=2), {"max_people": 3}, {"lat": 10.96}, {"max_people": 1}, {"rent": 2_500_000},
    )  # fmt: skip

    found = await ranked(
        client, job_ids=[job], housing_around=DUC_HOA | {"radius_km": 5, "rent_max": 2_000_000}, people=3
    )

    assert [each["pair"]["room_id"] for each in found["items"]] == [near]


@pytest.mark.parametrize(
    ("asked", "pointer", "code"),
    [
        ({"job_ids": [str(UUID(int=1))]}, "/housing_ids", "required"),
        ({"housing_ids": [str(UUID(int=1))]}, "/job_ids", "required"),
        (
            {"job_ids": [str(UUID(int=1))], "my_jobs": "saved", "housing_ids": [str(UUID(int=1))]},
            "/my_jobs",
            "one_of_them",
        ),
        ({"job_ids": [str(UUID(int=1))] * (MOST_JOBS + 1), "housing_ids": []}, "/job_ids", "too_long"),
        ({"my_jobs": "saved", "housing_around": {"lat": 91, "lon": 106}}, "/housing_around/lat", "too_large"),
        ({"my_jobs": "saved", "housing_around": {"lat": 10, "lon": 106, "radius_km": 0}}, "/housing_around/radius_km",
         "too_small"),
        ({"my_jobs": "saved", "mode": "company_bus"}, "/mode", "not_one_of"),
    ],
    ids=["no rooms", "no jobs", "two kinds of jobs", "too many jobs", "off the globe", "no radius", "no way of mine"],
)  # fmt: skip
async def test_what_cannot_be_asked_names_its_field(
    client: httpx.AsyncClient, asked: dict[str, Any], pointer: str, code: str
) -> None:
    answer = await client.post("/v1/affordability", json=asked)

    assert answer.status_code == 400
    assert (pointer, code) in {(error["pointer"], error["code"]) for error in answer.json()["errors"]}


async def test_a_room_that_nobody_has_confirmed_lately_is_no_choice(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, now: datetime
) -> None:
    [job] = await jobs_of(conn, now, 1)
    [room] = await rooms_of(client, await bearer(), {})
    await conn.execute(
        "update housing.listings set stale_at = $2 where id = $1", UUID(room), now - timedelta(seconds=1)
    )

    found = await ranked(client, job_ids=[job], housing_ids=[room])
    one = await client.get(f"/v1/affordability/{job}/{room}")

    assert found["housing_unknown"] == [room]
    assert one.status_code == 404


async def test_the_largest_question_does_not_stop_the_others() -> None:
    """A hundred jobs with a thousand rooms, each reckoned anew, while others take their turns."""
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    jobs = [
        Job(UUID(int=each), "x", "x", 9_000_000 + each, 10.6 + each / 1_000, 106.4, False, 6, False)
        for each in range(MOST_JOBS)
    ]
    places = [
        Place(
            id=UUID(int=10_000 + each), title="x", lat=10.6, lon=106.4 + each / 10_000, rough_point=False, max_people=8,
            rent=1_500_000, electricity_price=3_000, electricity_unit="kwh", cost_month=1, cost_share=1,
            cost_complete=True,
        )
        for each in range(MOST_ROOMS)
    ]  # fmt: skip
    asked = JobRoomIn(job_ids=[job.id for job in jobs], housing_ids=[place.id for place in places], people=3, limit=100)
    ticking = asyncio.create_task(others())
    await asyncio.sleep(0)
    before = turns

    found = await compared(jobs, places, asked, date(2026, 11, 22))
    ticking.cancel()

    assert found.ranked == MOST_JOBS * MOST_ROOMS
    assert turns > before + 3


@pytest.mark.parametrize(("mode", "km"), [("walking", 5), ("bicycle", 15)])
async def test_nobody_is_sent_on_foot_over_land(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer, now: datetime, mode: str, km: int
) -> None:
    jobs = await jobs_of(conn, now, 20)
    rooms = await rooms_of(client, await bearer(), {})

    found = await ranked(client, job_ids=jobs, housing_ids=rooms, mode=mode, limit=100)

    assert 0 < found["ranked"] < len(jobs)
    assert max(each["pair"]["road_m"] for each in found["items"]) <= km * 1_000
    far = (await client.get(f"/v1/affordability/{jobs[-1]}/{rooms[0]}", params={"mode": mode})).json()
    assert far["pair"]["road_m"] > km * 1_000
