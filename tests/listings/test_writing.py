"""A listing as its owner writes it, changes it and sees it; nobody else does."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from longan.api.edge import Edge
from tests.conftest import Bearer, TestClock, new_account
from tests.jobs.hiring import OWNER, employer_of, promised
from tests.listings.renting import APPOINT, BEN_LUC, LONG_AN, ROOM, UNKNOWN, drafted, official_of, opened, stepped


def uuid7_of(moment: float) -> str:
    return str(UUID(int=int(moment * 1000) << 80 | 7 << 76 | 2 << 62 | 4711))


async def test_a_draft_says_what_was_said_and_what_a_month_costs(client: httpx.AsyncClient, bearer: Bearer) -> None:
    who = await bearer()

    made = await drafted(client, who)

    assert made["status"] == "draft"
    assert {name: made[name] for name in ROOM} == ROOM
    assert (made["lat"], made["wifi"], made["published_at"]) == (None, None, None)
    assert made["cost"]["people"] == 2
    assert made["cost"]["total"] == 1_500_000 + 100 * 2_000 + 8 * 15_000 + 125_000
    seen = await client.get(f"/v1/me/housing/{made['id']}", headers=who)
    assert seen.json() == made
    assert (await client.get(f"/v1/housing/{made['id']}")).status_code == 404


@pytest.mark.parametrize(
    ("said", "pointers"),
    [
        ({"rent": 299_999}, ["/rent"]),
        ({"rent": 30_000_001, "area_m2": 4.9}, ["/rent", "/area_m2"]),
        ({"lat": 10.5}, ["/lon"]),
        ({"lat": 91, "lon": 106.4}, ["/lat"]),
        ({"lat": 10.5, "lon": 180.5}, ["/lon"]),
        ({"lat": 21.0285, "lon": 105.8542}, ["/lat"]),
        ({"electricity_price": None}, ["/electricity_price"]),
        ({"electricity_unit": None}, ["/electricity_unit"]),
        ({"electricity_unit": "state_tariff"}, ["/electricity_price"]),
        ({"water_unit": "included"}, ["/water_price"]),
        ({"curfew_from": "22:00:00"}, ["/curfew_to"]),
        ({"curfew_from": "22:00:00", "curfew_to": "05:00:00", "free_hours": True}, ["/free_hours"]),
        ({"max_people": 21}, ["/max_people"]),
        ({"kind": "project"}, ["/kind"]),
        ({"kind": "castle"}, ["/kind"]),
        ({"park_code": "kcn-khong-co"}, ["/park_code"]),
        ({"available_from": "9999-12-31"}, ["/available_from"]),
        ({"job_ids": [UNKNOWN]}, ["/job_ids"]),
        ({"id": str(uuid4())}, ["/id"]),
        ({"id": uuid7_of(1_500_000_000)}, ["/id"]),
        ({"deposit": 10**18}, ["/deposit"]),
        ({"area_m2": 1e300}, ["/area_m2"]),
        ({"colour": "xanh"}, ["/colour"]),
        ({"title": "Phòng trọ gọi 0912 345 678"}, ["/title"]),
        ({"description": "Liên hệ zalo 0912.345.678 hoặc chu.tro@example.com"}, ["/description"]),
    ],
)
async def test_what_cannot_be_is_refused_by_name(
    client: httpx.AsyncClient, bearer: Bearer, said: dict[str, Any], pointers: list[str]
) -> None:
    answer = await client.post("/v1/housing", json=ROOM | said, headers=await bearer())

    assert answer.status_code == 400, answer.text
    assert [error["pointer"] for error in answer.json()["errors"]] == pointers


async def test_prices_and_house_numbers_in_words_are_no_numbers_of_persons(
    client: httpx.AsyncClient, bearer: Bearer
) -> None:
    words = {"title": "Phòng 1.500.000 đồng", "description": "Số 12/3 ấp 4, cọc 3000000 đ."}

    made = await drafted(client, await bearer(), **words)

    assert made["title"] == "Phòng 1.500.000 đồng"


async def test_a_ward_that_there_is_not_is_named(client: httpx.AsyncClient, bearer: Bearer) -> None:
    answer = await client.post("/v1/housing", json=ROOM | {"ward_code": "99999"}, headers=await bearer())

    assert (answer.status_code, answer.json()["code"]) == (422, "ward_unknown")


async def test_a_phones_own_id_is_taken_once(client: httpx.AsyncClient, bearer: Bearer, clock: TestClock) -> None:
    who, made = await bearer(), uuid7_of(clock().timestamp())

    first = await drafted(client, who, id=made)
    again = await client.post("/v1/housing", json=ROOM | {"id": made}, headers=who)
    another = await client.post("/v1/housing", json=ROOM | {"id": made}, headers=await bearer())

    assert first["id"] == made
    assert (again.status_code, again.json()["code"]) == (409, "id_taken")
    assert another.status_code == 409


async def test_a_change_keeps_what_is_not_named_and_stands_in_the_history(
    client: httpx.AsyncClient, bearer: Bearer
) -> None:
    who = await bearer()
    made = await drafted(client, who)
    at = f"/v1/housing/{made['id']}"

    changed = await client.patch(
        at, json={"rent": 1_600_000, "clear": ["has_loft"]}, headers=who | {"If-Match": f'"v{made["version"]}"'}
    )
    stale = await client.patch(at, json={"rent": 1_700_000}, headers=who | {"If-Match": f'"v{made["version"]}"'})
    bare = await client.patch(at, json={"rent": 1_700_000}, headers=who)

    assert changed.status_code == 200, changed.text
    assert (changed.json()["rent"], changed.json()["has_loft"], changed.json()["title"]) == (
        1_600_000, None, made["title"],
    )  # fmt: skip
    assert (stale.status_code, bare.status_code) == (412, 428)
    [event] = (await client.get(f"/v1/me/housing/{made['id']}/history", headers=who)).json()["items"]
    assert event["changes"] == [
        {"field": "has_loft", "old": "true", "new": None},
        {"field": "rent", "old": "1500000", "new": "1600000"},
    ]


async def test_a_change_that_says_the_same_is_none(client: httpx.AsyncClient, bearer: Bearer) -> None:
    who = await bearer()
    made = await drafted(client, who)

    same = await client.patch(f"/v1/housing/{made['id']}", json={"rent": made["rent"]}, headers=who | {"If-Match": "*"})

    assert same.json()["version"] == made["version"]
    assert (await client.get(f"/v1/me/housing/{made['id']}/history", headers=who)).json()["items"] == []


async def test_a_foreign_listing_is_not_found_whatever_is_done_to_it(client: httpx.AsyncClient, bearer: Bearer) -> None:
    theirs, me = await opened(client, await bearer()), await bearer() | {"If-Match": "*"}
    at = f"/v1/housing/{theirs['id']}"

    answers = [
        await client.patch(at, json={"rent": 1_600_000}, headers=me),
        *[await client.post(f"{at}/{step}", json={}, headers=me) for step in ("publish", "reopen", "confirm", "close")],
        await client.get(f"/v1/me/housing/{theirs['id']}", headers=me),
        await client.get(f"/v1/me/housing/{theirs['id']}/history", headers=me),
        await client.post(f"/v1/housing/{UNKNOWN}/close", json={}, headers=me),
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert (await client.get("/v1/me/housing", headers=me)).json()["items"] == []


async def test_an_open_listing_is_looked_at_again_when_it_is_changed(client: httpx.AsyncClient, bearer: Bearer) -> None:
    who = await bearer() | {"If-Match": "*"}
    at = f"/v1/housing/{(await opened(client, who))['id']}"

    slip = await client.patch(at, json={"rent": 15_000_000}, headers=who)
    high = await client.patch(at, json={"electricity_price": 4_500}, headers=who)
    seen = await client.patch(
        at, json={"electricity_price": 4_500, "seen_flags": ["above_every_tier"]}, headers=who
    )  # fmt: skip
    again = await client.patch(at, json={"title": "Phòng trọ rộng"}, headers=who)

    assert (slip.status_code, slip.json()["code"]) == (422, "amounts_doubted")
    assert slip.json()["doubts"][0]["meant"] == 1_500_000
    assert (high.status_code, high.json()["code"]) == (422, "price_flags_unseen")
    assert seen.status_code == again.status_code == 200
    assert again.json()["price_flags"] == ["above_every_tier"]


async def test_a_dormitory_belongs_to_an_employer_and_its_jobs(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    member, employer = await bearer(OWNER), await employer_of(conn, OWNER)
    jobs = [
        str(row[0])
        for row in await conn.fetch(
            "select id from jobs.postings where employer_id = $1 and status = 'open' order by id limit 2", employer
        )
    ]
    foreign = str(await conn.fetchval("select id from jobs.postings where employer_id <> $1 limit 1", employer))
    theirs = {"kind": "dormitory", "employer_id": str(employer)}

    made = await opened(client, member, **theirs, job_ids=jobs)
    other = await client.post(
        "/v1/housing", json=ROOM | theirs | {"job_ids": [jobs[0], foreign]}, headers=await bearer(OWNER)
    )  # fmt: skip
    room = await client.post("/v1/housing", json=ROOM | theirs | {"kind": "room"}, headers=await bearer(OWNER))
    stranger = await client.post("/v1/housing", json=ROOM | theirs, headers=await bearer())

    assert made["job_ids"] == jobs
    assert (await client.get(f"/v1/housing/{made['id']}")).json()["job_ids"] == jobs
    assert other.json()["errors"][0]["pointer"] == "/job_ids/1"
    assert room.json()["errors"][0]["pointer"] == "/kind"
    assert (stranger.status_code, stranger.json()["errors"][0]["pointer"]) == (404, "/employer_id")
    of_employer = await client.get("/v1/me/housing", params={"employer_id": str(employer)}, headers=member)
    assert [item["id"] for item in of_employer.json()["items"]] == [made["id"]]
    assert (await client.get("/v1/me/housing", headers=member)).json()["items"] == []


async def test_of_two_people_who_change_only_the_jobs_of_a_dormitory_the_second_reads_it_again(
    client: httpx.AsyncClient, conn: asyncpg.Connection, bearer: Bearer
) -> None:
    member, employer = await bearer(OWNER), await employer_of(conn, OWNER)
    jobs = [
        str(row[0])
        for row in await conn.fetch("select id from jobs.postings where employer_id = $1 order by id limit 2", employer)
    ]
    made = await opened(client, member, kind="dormitory", employer_id=str(employer), job_ids=jobs[:1])
    at, seen = f"/v1/housing/{made['id']}", member | {"If-Match": f'"v{made["version"]}"'}
    await conn.execute("delete from pgqueuer")

    first = await client.patch(at, json={"job_ids": jobs[1:]}, headers=seen)
    promises = [topic for topic, _ in await promised(conn)]
    second = await client.patch(at, json={"job_ids": []}, headers=seen)
    same = await client.patch(at, json={"job_ids": jobs[1:]}, headers=member | {"If-Match": "*"})
    both = await client.patch(at, json={"job_ids": jobs, "rent": 1_600_000}, headers=member | {"If-Match": "*"})

    assert (first.json()["version"], first.json()["job_ids"]) == (made["version"] + 1, jobs[1:])
    assert promises == ["housing_changed"]
    assert (second.status_code, second.json()["code"]) == (412, "stale")
    assert same.json()["version"] == first.json()["version"]
    assert (both.json()["version"], both.json()["job_ids"]) == (first.json()["version"] + 2, jobs)
    events = (await client.get(f"/v1/me/housing/{made['id']}/history", headers=member)).json()["items"]
    assert [event["changes"] for event in events] == [
        [{"field": "job_ids", "old": jobs[1], "new": ", ".join(jobs)}],
        [{"field": "rent", "old": "1500000", "new": "1600000"}],
        [{"field": "job_ids", "old": jobs[0], "new": jobs[1]}],
        [],
    ]


async def test_projects_are_for_officials_of_housing_in_their_wards(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, bearer: Bearer, clock: TestClock
) -> None:
    here = await official_of(conn, app, bearer, clock(), [LONG_AN])
    elsewhere = await official_of(conn, app, bearer, clock(), [BEN_LUC])
    of_nothing = await bearer(audience="official", acr=3)
    project = {"kind": "project", "units": 400}

    made = await opened(client, here, **project)
    beyond = await client.post("/v1/housing", json=ROOM | project, headers=elsewhere)
    nobody = await client.post("/v1/housing", json=ROOM | project, headers=of_nothing)
    room = await client.post("/v1/housing", json=ROOM, headers=here | {"Idempotency-Key": str(uuid4())})

    assert (beyond.status_code, nobody.status_code, room.status_code) == (403, 403, 400)
    assert (await client.get(f"/v1/me/housing/{made['id']}", headers=elsewhere)).status_code == 404
    assert [item["id"] for item in (await client.get("/v1/me/housing", headers=here)).json()["items"]] == [made["id"]]
    assert (await client.get(f"/v1/housing/{made['id']}")).json()["place_source"] == "official"


async def test_ones_listings_are_listed_by_status_newest_first(
    client: httpx.AsyncClient, bearer: Bearer, clock: TestClock
) -> None:
    who, made = await bearer(), []
    for _ in range(3):
        made.append((await drafted(client, who))["id"])
        clock.shift(timedelta(seconds=1))
    await stepped(client, who, made[0], "close")

    first = (await client.get("/v1/me/housing", params={"limit": 2}, headers=who)).json()
    rest = (await client.get("/v1/me/housing", params={"limit": 2, "cursor": first["next_cursor"]}, headers=who)).json()
    drafts = (await client.get("/v1/me/housing", params={"status": "draft"}, headers=who)).json()
    wrong = await client.get("/v1/me/housing", params={"status": "lost"}, headers=who)

    assert [item["id"] for item in first["items"] + rest["items"]] == made[::-1]
    assert [item["id"] for item in drafts["items"]] == made[:0:-1]
    assert wrong.json()["errors"][0]["pointer"] == "?status"


async def test_officials_write_projects_with_a_passkey_only(
    client: httpx.AsyncClient, conn: asyncpg.Connection, app: Edge, bearer: Bearer, now: datetime
) -> None:
    account = await new_account(conn, app, role="official")
    await conn.execute(APPOINT, account, None, now)
    strong, weak = [await bearer(account, audience="official", acr=acr) for acr in (3, 1)]
    made = (await drafted(client, strong, kind="project"))["id"]

    answers = [
        await client.post("/v1/housing", json=ROOM | {"kind": "project"}, headers=weak),
        await client.patch(f"/v1/housing/{made}", json={"rent": 1_600_000}, headers=weak | {"If-Match": "*"}),
        *[await stepped(client, weak, made, step) for step in ("publish", "confirm", "close", "reopen")],
        await client.get(f"/v1/me/housing/{made}", headers=weak),
    ]

    said = {(answer.status_code, answer.json()["code"]) for answer in answers}
    assert said == {(401, "insufficient_user_authentication")}
