"""Saving searches for a place: whose they are, what they take, how many there may be, and how they are run again."""

import asyncio
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longan.floor.search import search_keys
from longan.rooms.housing_alerts import store
from tests.conftest import Bearer, Real
from tests.housing_alerts.alerting import SEARCHES, create, room, saved

EVERYTHING = {
    "q": "phòng có gác", "ward_code": "27694", "province_code": "80", "lat": 10.6, "lon": 106.5, "radius_km": 12.5,
    "rent_min": 500_000, "rent_max": 2_000_000, "cost_max": 3_000_000, "area_min": 12.5, "people": 2,
    "kind": "room,shared_room", "features": "loft,motorbike_parking", "curfew_after": "22:30",
    "available_by": "2026-12-01", "verified_owner": True,
}  # fmt: skip


async def test_a_saved_search_comes_back_as_it_was_asked_and_runs_as_list_housing(
    client: httpx.AsyncClient, bearer: Bearer
) -> None:
    me = await bearer()

    made = await create(client, me, filters=EVERYTHING, cadence="weekly")

    assert (made["name"], made["cadence"], made["version"]) == ("Phòng ở Bến Lức", "weekly", 1)
    assert made["filters"] == {name: EVERYTHING.get(name) for name in made["filters"]}
    assert {name: value for name, [value] in parse_qs(made["query"]).items()} == {
        name: str(value) for name, value in (EVERYTHING | {"verified_owner": "true"}).items()
    }
    assert (await client.get(f"/v1/housing?{made['query']}")).status_code == 200
    assert (await client.get(f"{SEARCHES}/{made['id']}", headers=me)).json() == made
    assert (await client.get(SEARCHES, headers=me)).json() == {"items": [made], "next_cursor": None}


@pytest.mark.parametrize(
    ("filters", "pointer"),
    [
        ({}, "/filters"),
        ({"verified_owner": False}, "/filters"),
        ({"q": "?!"}, "/filters/q"),
        ({"lat": 10.6}, "/filters/lon"),
        ({"radius_km": 5.0}, "/filters/lat"),
        ({"lat": 10.6, "lon": 106.5, "workplace": "vsip"}, "/filters/workplace"),
        ({"workplace": "no-such-park"}, "/filters/workplace"),
        ({"job_id": "0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a11"}, "/filters/job_id"),
        ({"rent_min": 2, "rent_max": 1}, "/filters/rent_min"),
        ({"rent_max": -1}, "/filters/rent_max"),
        ({"ward_code": "27694", "place": "Bến Lức"}, "/filters/place"),
        ({"features": "loft,pool"}, "/filters/features"),
        ({"kind": "castle"}, "/filters/kind"),
        ({"kind": ","}, "/filters/kind"),
        ({"curfew_after": "25:00"}, "/filters/curfew_after"),
        ({"available_by": "2026-02-30"}, "/filters/available_by"),
        ({"people": 21}, "/filters/people"),
        ({"park": "Bến Lức"}, "/filters/park"),
        ({"sort": "rent"}, "/filters/sort"),
    ],
)
async def test_what_list_housing_would_refuse_is_refused_by_its_place_in_the_body(
    client: httpx.AsyncClient, bearer: Bearer, filters: dict[str, object], pointer: str
) -> None:
    refused = await create(client, await bearer(), 400, filters=filters)

    assert pointer in [error["pointer"] for error in refused["errors"]]


async def test_a_place_nobody_knows_is_refused_as_in_a_search(client: httpx.AsyncClient, bearer: Bearer) -> None:
    unknown = await create(client, await bearer(), 422, filters={"place": "Atlantis"})

    assert (unknown["code"], unknown["errors"][0]["pointer"]) == ("place_unknown", "/filters/place")


async def test_the_same_search_in_other_words_is_one_that_exists(client: httpx.AsyncClient, bearer: Bearer) -> None:
    me = await bearer()
    await create(client, me, filters={"q": "Phòng GÁC", "features": "loft,wifi"})

    refused = await create(client, me, 409, name="Khác tên", filters={"q": "phong gac", "features": "wifi,loft"})
    stranger = await create(client, await bearer(), filters={"q": "phong gac", "features": "wifi,loft"})

    assert refused["code"] == "saved_search_exists" and stranger["version"] == 1


async def test_a_search_is_changed_and_deleted_by_its_owner_alone(client: httpx.AsyncClient, bearer: Bearer) -> None:
    me, other = await bearer(), await bearer()
    made = await create(client, me)
    path = f"{SEARCHES}/{made['id']}"

    foreign = [
        (await client.get(path, headers=other)).status_code,
        (await client.get(f"{path}/hits", headers=other)).status_code,
        (await client.patch(path, json={"name": "x"}, headers={**other, "If-Match": "*"})).status_code,
        (await client.delete(path, headers=other)).status_code,
    ]
    unmatched = await client.patch(path, json={"cadence": "none"}, headers=me)
    stale = await client.patch(path, json={"cadence": "none"}, headers={**me, "If-Match": '"v9"'})
    changed = await client.patch(path, json={"cadence": "none"}, headers={**me, "If-Match": '"v1"'})
    gone = await client.delete(path, headers=me)

    assert foreign == [404, 404, 404, 404]
    assert (unmatched.status_code, stale.status_code) == (428, 412)
    assert (changed.json()["cadence"], changed.json()["filters"]) == ("none", made["filters"])
    assert gone.status_code == 204 and (await client.get(path, headers=me)).status_code == 404


async def test_twenty_of_each_kind_may_be_saved_however_many_are_sent_at_once(real: Real) -> None:
    me = await real.bearer()

    async def save(number: int, path: str, filters: dict[str, Any]) -> int:
        body = {"name": "x", "filters": filters}
        while True:
            key = {"Idempotency-Key": str(uuid4())}
            answer = await real.client.post(path, json=body, headers={**me, **key})
            if answer.status_code != 503:
                return answer.status_code

    await save(0, "/v1/me/saved-searches", {"pay_min": 1_000_000})
    for batch in (range(12), range(12, 24)):
        await asyncio.gather(*(save(each, SEARCHES, {"rent_max": 1_000_000 + each}) for each in batch))

    assert len((await real.client.get(SEARCHES, headers=me)).json()["items"]) == 20
    assert await save(99, SEARCHES, {"rent_max": 99}) == 409


async def test_the_same_search_saved_at_once_by_many_phones_is_one(real: Real) -> None:
    me = await real.bearer()
    body = {"name": "x", "filters": {"rent_max": 1_000_000}}

    answers = await asyncio.gather(
        *(real.client.post(SEARCHES, json=body, headers={**me, "Idempotency-Key": str(uuid4())}) for _ in range(6))
    )

    assert [answer.status_code for answer in answers].count(201) == 1
    assert len((await real.client.get(SEARCHES, headers=me)).json()["items"]) == 1


rents = st.integers(0, 15_000_000)


@given(least=st.none() | rents, most=st.none() | rents, rent=rents)
def test_a_rent_within_the_bounds_has_one_of_their_steps(least: int | None, most: int | None, rent: int) -> None:
    cover = search_keys.of_rents(least, most)

    within = (least is None or least <= rent) and (most is None or rent <= most)
    step = f"r:{min(rent // 500_000, 20)}"
    assert (cover is None) == (least is None and most is None)
    if within and cover is not None:
        assert step in cover


MANY = """insert into identity.accounts (phone_index, phone_cipher)
select uuid_send(uuidv7()), '' from generate_series(1, 400) returning id"""
AGAIN = """insert into saved_searches.searches (account_id, alike, {columns})
select account_id, uuid_send(uuidv7()), {columns} from saved_searches.searches, generate_series(1, 20)"""


async def test_a_new_listing_looks_its_keys_up(conn: asyncpg.Connection, now: datetime) -> None:
    people: list[UUID] = [row["id"] for row in await conn.fetch(MANY)]
    for number, account in enumerate(people):
        await saved(conn, account, now, q=f"phòng thứ {number}", rent_max=1_000_000 + number)
    columns = await conn.fetchval(
        """select string_agg(column_name, ', ') from information_schema.columns
            where table_schema = 'saved_searches' and table_name = 'searches'
              and is_generated = 'NEVER' and column_name not in ('id', 'account_id', 'alike')"""
    )
    await conn.execute(AGAIN.format(columns=columns))
    await conn.execute("analyze saved_searches.searches")
    await conn.execute("set local plan_cache_mode = 'force_generic_plan'")
    listing = await room(conn, now)
    await conn.execute(f"prepare asked as {store.MATCH}")

    bills = "array_fill(0, array[20])::bigint[]"
    rows = await conn.fetch(
        f"""explain (costs off)
            execute asked('{listing}', '{now.isoformat()}', interval '7 days', interval '1 minute', {bills})"""
    )
    await conn.execute("deallocate asked")  # it outlives the transaction, and all tests share the connection
    shown = "\n".join(row[0] for row in rows)

    assert "Bitmap Index Scan on searches_by_key" in shown, shown
    assert "Seq Scan on searches" not in shown and "Seq Scan on listings" not in shown, shown
