"""Saving searches: whose they are, what they take, how many there may be, and how they are run again."""

import asyncio
from datetime import datetime
from urllib.parse import parse_qs
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.conftest import Bearer, Real
from tests.job_alerts.alerting import SEARCHES, create

EVERYTHING = {
    "q": "công nhân may", "ward_code": "27694", "province_code": "80", "lat": 10.6, "lon": 106.5, "radius_km": 12.5,
    "pay_min": 8_000_000, "occupation": "8153,75", "contract": "fixed_term", "shift": "day,two_shifts",
    "benefits": "bus,meals", "published_within_days": 7, "education": "primary", "experience_months_max": 12,
}  # fmt: skip


async def test_a_saved_search_comes_back_as_it_was_asked_and_runs_as_list_jobs(
    client: httpx.AsyncClient, bearer: Bearer
) -> None:
    me = await bearer()

    made = await create(client, me, filters=EVERYTHING, cadence="weekly")

    assert (made["name"], made["cadence"], made["version"]) == ("May ở Bến Lức", "weekly", 1)
    assert made["filters"] == {name: EVERYTHING.get(name) for name in made["filters"]}
    assert {name: value for name, [value] in parse_qs(made["query"]).items()} == {
        name: str(value) for name, value in EVERYTHING.items()
    }
    assert (await client.get(f"/v1/jobs?{made['query']}")).status_code == 200
    assert (await client.get(f"{SEARCHES}/{made['id']}", headers=me)).json() == made
    assert (await client.get(SEARCHES, headers=me)).json() == {"items": [made], "next_cursor": None}


@pytest.mark.parametrize(
    ("filters", "pointer"),
    [
        ({}, "/filters"),
        ({"q": "?!"}, "/filters/q"),
        ({"lat": 10.6}, "/filters/lon"),
        ({"radius_km": 5.0}, "/filters/lat"),
        ({"ward_code": "27694", "place": "Bến Lức"}, "/filters/place"),
        ({"benefits": "bus,pizza"}, "/filters/benefits"),
        ({"occupation": "815x"}, "/filters/occupation"),
        ({"contract": ""}, "/filters/contract"),
        ({"shift": ","}, "/filters/shift"),
        ({"education": "phd"}, "/filters/education"),
        ({"park": "Bến Lức"}, "/filters/park"),
        ({"sort": "pay"}, "/filters/sort"),
        ({"pay_min": 0}, "/filters/pay_min"),
    ],
)
async def test_what_list_jobs_would_refuse_is_refused_by_its_place_in_the_body(
    client: httpx.AsyncClient, bearer: Bearer, filters: dict[str, object], pointer: str
) -> None:
    refused = await create(client, await bearer(), 400, filters=filters)

    assert pointer in [error["pointer"] for error in refused["errors"]]


async def test_a_place_nobody_knows_and_one_of_many_are_refused_as_in_a_search(
    client: httpx.AsyncClient, bearer: Bearer
) -> None:
    unknown = await create(client, await bearer(), 422, filters={"place": "Atlantis"})
    old_code = await create(client, await bearer(), 422, filters={"ward_code": "99999"})

    assert (unknown["code"], unknown["errors"][0]["pointer"]) == ("place_unknown", "/filters/place")
    assert (old_code["code"], old_code["errors"][0]["pointer"]) == ("place_unknown", "/filters/ward_code")


async def test_the_same_search_in_other_words_is_one_that_exists(client: httpx.AsyncClient, bearer: Bearer) -> None:
    me = await bearer()
    await create(client, me, filters={"q": "Công nhân MAY", "benefits": "bus,meals"})

    refused = await create(client, me, 409, name="Khác tên", filters={"q": "cong nhan may", "benefits": "meals,bus"})
    other = await create(client, me, filters={"q": "cong nhan may", "benefits": "meals"})
    stranger = await create(client, await bearer(), filters={"q": "cong nhan may", "benefits": "meals,bus"})

    assert refused["code"] == "saved_search_exists"
    assert other["id"] != stranger["id"]


async def test_a_search_cannot_be_changed_into_another_one(client: httpx.AsyncClient, bearer: Bearer) -> None:
    me = await bearer()
    await create(client, me, filters={"q": "may"})
    other = await create(client, me, filters={"q": "hàn"})

    answer = await client.patch(
        f"{SEARCHES}/{other['id']}", json={"filters": {"q": "MAY"}}, headers={**me, "If-Match": '"v1"'}
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "saved_search_exists")


async def test_the_twenty_first_search_is_one_too_many(client: httpx.AsyncClient, bearer: Bearer) -> None:
    me = await bearer()
    for number in range(20):
        await create(client, me, filters={"pay_min": 5_000_000 + number})

    refused = await create(client, me, 409, filters={"pay_min": 9_000_000})

    assert refused["code"] == "saved_searches_full"
    assert len((await client.get(SEARCHES, headers=me)).json()["items"]) == 20


async def test_a_change_needs_the_version_one_has_seen(client: httpx.AsyncClient, bearer: Bearer) -> None:
    me = await bearer()
    made = await create(client, me)
    path = f"{SEARCHES}/{made['id']}"

    blind = await client.patch(path, json={"cadence": "daily"}, headers=me)
    changed = await client.patch(path, json={"cadence": "none"}, headers={**me, "If-Match": '"v1"'})
    late = await client.patch(path, json={"name": "Muộn"}, headers={**me, "If-Match": '"v1"'})

    assert (blind.status_code, changed.status_code, late.status_code) == (428, 200, 412)
    assert (changed.json()["cadence"], changed.json()["name"]) == ("none", made["name"])
    assert changed.json()["asked_at"] == made["asked_at"]
    assert changed.headers["ETag"] == '"v2"'


async def test_new_filters_count_from_now_on(
    client: httpx.AsyncClient, bearer: Bearer, conn: asyncpg.Connection
) -> None:
    me = await bearer()
    made = await create(client, me, filters={"q": "may", "ward_code": "27694"})

    answer = await client.patch(
        f"{SEARCHES}/{made['id']}", json={"filters": {"pay_min": 1}}, headers={**me, "If-Match": '"v1"'}
    )

    assert answer.json()["filters"]["ward_code"] is None and answer.json()["query"] == "pay_min=1"
    assert answer.json()["asked_at"] > made["asked_at"]
    kept = await conn.fetchrow("select whole, places, pay_min, keys from saved_searches.searches")
    assert tuple(kept) == (None, None, 1, ["*"])


async def test_a_search_is_its_owners(client: httpx.AsyncClient, bearer: Bearer) -> None:
    made = await create(client, await bearer())
    stranger, path = await bearer(), f"{SEARCHES}/{made['id']}"

    answers = [
        await client.get(path, headers=stranger),
        await client.get(f"{path}/hits", headers=stranger),
        await client.patch(path, json={"name": "x"}, headers={**stranger, "If-Match": "*"}),
        await client.delete(path, headers=stranger),
        await client.get(f"{SEARCHES}/{uuid4()}", headers=stranger),
    ]

    assert [answer.status_code for answer in answers] == [404] * 5
    assert (await client.get(SEARCHES, headers=stranger)).json()["items"] == []
    assert (await client.get(SEARCHES)).status_code == 401


async def test_a_search_is_deleted_once(client: httpx.AsyncClient, bearer: Bearer) -> None:
    me = await bearer()
    path = f"{SEARCHES}/{(await create(client, me))['id']}"

    answers = [await client.delete(path, headers=me) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [204, 404]


async def test_of_many_who_save_at_once_twenty_succeed_and_the_same_one_once(real: Real) -> None:
    me = await real.bearer(await real.account())

    async def one(filters: dict[str, object]) -> int:
        body = {"name": "x", "filters": filters}
        answer = await real.client.post(SEARCHES, json=body, headers={**me, "Idempotency-Key": str(uuid4())})
        return answer.status_code

    same = await asyncio.gather(*(one({"q": "may"}) for _ in range(4)))
    others = await asyncio.gather(*(one({"pay_min": 1_000_000 + number}) for number in range(24)))

    assert sorted(same) == [201, 409, 409, 409]
    assert sorted(others) == [201] * 19 + [409] * 5


async def test_a_repeated_create_is_answered_again_and_made_once(
    client: httpx.AsyncClient, bearer: Bearer, now: datetime
) -> None:
    me = await bearer()

    answers = [await client.post(SEARCHES, json={"name": "x", "filters": {"q": "may"}}, headers=me) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
