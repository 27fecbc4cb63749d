"""How many places to live there are where."""

from datetime import datetime
from itertools import pairwise
from typing import Any

import asyncpg
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from longan.floor.housing import housing_cells
from tests.feedback_map.cells import column_and_row
from tests.housing_search.looking import all_items, put
from tests.job_search.looking import from_elsewhere

PROVINCE = "105.4,10.2,107.0,11.9"
LAW = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=15, deadline=None
)


async def clusters(client: httpx.AsyncClient, **asked: Any) -> dict[str, Any]:
    from_elsewhere(client)
    # What is kept for half a minute is no part of these sentences.
    client._transport.app.app.state.cache.forget("housing", 0)  # type: ignore[attr-defined]
    answer = await client.get("/v1/housing/clusters", params={"bbox": PROVINCE, "zoom": 9} | asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_every_open_place_of_the_box_lies_in_exactly_one_cluster(
    client: httpx.AsyncClient, conn: asyncpg.Connection
) -> None:
    for zoom in (6, 7, 8, 9):
        found = await clusters(client, zoom=zoom)

        assert found["total"] == sum(each["count"] for each in found["clusters"])
        assert found["total"] == await conn.fetchval(
            "select count(*) from housing.listings where status = 'open' and lat < 11.9 and lon < 107"
        )
        assert found["at_least"] is False


@LAW
@given(
    zoom=st.integers(9, 18), lat=st.floats(10.5, 11.0), lon=st.floats(106.3, 106.7),
    kind=st.sampled_from([None, "room", "room,house"]), edge=st.none() | st.sampled_from(housing_cells.EDGES),
)  # fmt: skip
async def test_what_is_counted_beforehand_is_what_is_found_by_looking(
    client: httpx.AsyncClient, zoom: int, lat: float, lon: float, kind: str | None, edge: int | None
) -> None:
    side = 200 / 2**zoom
    box = f"{lon:.6f},{lat:.6f},{lon + side:.6f},{lat + side:.6f}"
    asked = {"bbox": box, "zoom": zoom, **({"kind": kind} if kind else {}), **({"rent_max": edge} if edge else {})}

    counted = await clusters(client, **asked)
    looked_up = await clusters(client, **asked, cost_max=10**9)

    assert looked_up["total"] == counted["total"]
    for one, other in zip(counted["clusters"], looked_up["clusters"], strict=True):
        assert (one["count"], one["housing_id"], one["rent"]) == (other["count"], other["housing_id"], other["rent"])
        assert abs(one["lat"] - other["lat"]) + abs(one["lon"] - other["lon"]) < 0.00003


@LAW
@given(rent=st.sampled_from(housing_cells.EDGES), more=st.integers(1, 99_999))
async def test_bounds_of_rent_are_exact_on_the_edges_and_between(
    client: httpx.AsyncClient, rent: int, more: int
) -> None:
    rents = [item["rent"] for item in await all_items(client)]

    for most in (rent, rent + more):
        assert (await clusters(client, rent_max=most))["total"] == sum(each <= most for each in rents)
        assert (await clusters(client, rent_min=most))["total"] == sum(each >= most for each in rents)


async def test_the_map_follows_each_change_and_adding_up_changes_nothing(
    client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime
) -> None:
    before = await clusters(client)

    room = await put(conn, now, lat=10.6, lon=106.4)
    added = await clusters(client)
    await housing_cells.add_up(conn)
    added_up = await clusters(client)
    await conn.execute("update housing.listings set rent = 9000000 where id = $1::text::uuid", room)
    dearer = await clusters(client, rent_min=7_000_000)
    await conn.execute("update housing.listings set status = 'hidden' where id = $1::text::uuid", room)
    await housing_cells.add_up(conn)

    assert added["total"] == before["total"] + 1
    assert added_up == added
    assert dearer["total"] >= 1
    assert await clusters(client) == before


async def test_neither_what_nobody_has_confirmed_nor_dormitories_of_suspended_employers_are_counted(
    client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime
) -> None:
    employer = await conn.fetchval("select id from employers.employers order by id limit 1")
    before = await clusters(client)
    for _ in range(2):
        await put(conn, now, kind="dormitory", employer_id=employer)
        await put(conn, now)
    await conn.execute("update housing.listings set stale_at = $1 where published_at = $1", now)
    await put(conn, now, kind="dormitory", employer_id=employer)
    await conn.execute("update employers.employers set status = 'suspended' where id = $1", employer)

    assert (await clusters(client))["total"] == before["total"]
    assert (await clusters(client, cost_max=10**9))["total"] == before["total"]


@pytest.mark.parametrize("zoom", [14, 18])
async def test_of_a_single_place_there_is_its_page(
    client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime, zoom: int
) -> None:
    room = await put(conn, now, lat=11.60001, lon=105.90001, rent=1_234_000)

    found = await clusters(client, bbox="105.8999,11.5999,105.9001,11.6001", zoom=zoom)

    assert [(each["housing_id"], each["count"], each["rent"]) for each in found["clusters"]] == [(room, 1, 1_234_000)]
    assert abs(found["clusters"][0]["lat"] - 11.60001) < 0.00002


async def test_filters_narrow_the_map(client: httpx.AsyncClient, conn: asyncpg.Connection, now: datetime) -> None:
    await put(conn, now, "Phòng zinnia", lat=10.6, lon=106.4, pets_allowed=True)

    assert (await clusters(client, q="zinnia"))["total"] == 1
    assert (await clusters(client, q="zinnia", features="pets_allowed", people=2, zoom=15,
                           bbox="106.39,10.59,106.41,10.61"))["total"] == 1  # fmt: skip
    assert (await clusters(client, q="zinnia", features="wifi"))["total"] == 0


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [
        ({"bbox": "106,10,107"}, "?bbox"),
        ({"bbox": "106,10,105,11"}, "?bbox"),
        ({"bbox": "106,10,106,11"}, "?bbox"),
        ({"bbox": "106,10,107,91"}, "?bbox"),
        ({"bbox": "-181,10,107,11"}, "?bbox"),
        ({"bbox": "a,b,c,d"}, "?bbox"),
        ({"bbox": "nan,10,107,11"}, "?bbox"),
        ({"bbox": PROVINCE, "zoom": 14}, "?bbox"),
        ({"bbox": "-180,-90,180,90"}, "?bbox"),
        ({"zoom": 5}, "?zoom"),
        ({"zoom": 19}, "?zoom"),
        ({"zoom": "x"}, "?zoom"),
        ({"kind": "castle"}, "?kind"),
        ({"rent_max": 10**9 + 1}, "?rent_max"),
        ({"area_min": "inf"}, "?area_min"),
    ],
    ids=str,
)
async def test_bad_questions_are_refused_by_name(
    client: httpx.AsyncClient, asked: dict[str, Any], pointer: str
) -> None:
    answer = await client.get("/v1/housing/clusters", params={"bbox": PROVINCE, "zoom": 9} | asked)

    assert answer.status_code == 400, answer.text
    assert answer.json()["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize("missing", ["bbox", "zoom"])
async def test_a_box_and_a_zoom_are_needed(client: httpx.AsyncClient, missing: str) -> None:
    asked = {name: value for name, value in {"bbox": PROVINCE, "zoom": "9"}.items() if name != missing}

    answer = await client.get("/v1/housing/clusters", params=asked)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == f"?{missing}"


@LAW
@given(lat=st.floats(-85, 85), lon=st.floats(-180, 179.999), level=st.integers(8, 20))
async def test_a_point_lies_in_the_cell_that_its_own_box_touches(
    conn: asyncpg.Connection, lat: float, lon: float, level: int
) -> None:
    cell = await conn.fetchval("select housing_map.cell($1, $2) >> $3::integer", lat, lon, 2 * (20 - level))

    columns, rows = housing_cells.columns_and_rows((lon, lat, lon, lat), level)

    x, y = column_and_row(cell)
    assert (x, y) == (columns[0], rows[0])


@pytest.mark.parametrize("rent", [1, *housing_cells.EDGES, *(edge + 1 for edge in housing_cells.EDGES)])
async def test_the_edges_of_rent_are_those_of_the_cells(conn: asyncpg.Connection, rent: int) -> None:
    band = await conn.fetchval("select housing_map.band($1)", rent)

    for edge in housing_cells.EDGES:
        below, above = housing_cells.bands(None, edge), housing_cells.bands(edge, None)
        assert below is not None
        assert above is not None
        assert (below[0] <= band <= below[1]) == (rent <= edge)
        assert (above[0] <= band <= above[1]) == (rent >= edge)


@LAW
@given(cells=st.sets(st.integers(0, 60)).map(sorted))
def test_ranges_hold_the_cells_and_nothing_else(cells: list[int]) -> None:
    found = housing_cells.ranges(cells)

    assert [cell for first, until in found for cell in range(first, until)] == cells
    assert all(until < first for (_, until), (first, _) in pairwise(found))
