"""Tiles: each public report is in exactly one cell of each zoom, and what is hidden is in none."""

import random
from collections import Counter
from typing import Any

import asyncpg
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from longan.api.edge import Edge
from longan.floor.feedback import feedback_cells
from longan.floor.feedback.feedback_cells import FINEST
from longan.floor.feedback.feedback_states import STATUSES
from longan.rooms.feedback_map import domain
from longan.rooms.feedback_map.models import Tile
from tests.feedback_map.cells import cell_at, column_and_row

Client = httpx.AsyncClient
CATEGORIES = ("giao_thong", "moi_truong", "khac")

ADD = """
with made as (
    insert into feedback.reports (code, category_code, description, lat, lon, province_code, status, visibility, origin,
                                  accept_due_at, created_at, updated_at)
    select 'PA-' || translate(substr(md5(n || $1), 1, 4), '01abcdef', '23ABCDEF') || '-'
                 || translate(substr(md5(n || $1), 5, 4), '01abcdef', '23ABCDEF'),
           c, 'x', lat, lon, '80', s, v, 'open311', now(), now(), now()
      from unnest($2::float8[], $3::float8[], $4::text[], $5::text[], $6::text[]) with ordinality
           as t (lat, lon, c, s, v, n)
    returning id, visibility)
insert into feedback_desk.public_copies (report_id, words, with_photos, approved_by, approved_at)
select id, 'x', false, (select id from identity.accounts limit 1), now() from made where visibility = 'public'"""

Report = tuple[float, float, str, str, str]
# Anywhere, and side by side: of neighbours one may be counted twice.
LAT = st.one_of(st.floats(10.3, 11.7), st.integers(0, 60).map(lambda n: 10.6 + n / 2000)).map(lambda n: round(n, 5))
LON = st.one_of(st.floats(105.5, 106.8), st.integers(0, 60).map(lambda n: 106.4 + n / 2000)).map(lambda n: round(n, 5))
REPORTS = st.lists(
    st.tuples(
        LAT,
        LON,
        st.sampled_from(CATEGORIES),
        st.sampled_from(STATUSES),
        st.sampled_from(["public", "public", "public", "waiting", "hidden"]),
    ),
    max_size=40,
)


async def add(conn: asyncpg.Connection, reports: list[Report]) -> None:
    columns = [[each[n] for each in reports] for n in range(5)]
    await conn.execute(ADD, str(random.random()), *columns)


async def tile(conn: asyncpg.Connection, z: int, x: int, y: int, **filters: Any) -> Any:
    return await domain.tile(conn, Tile(z, x, y), filters.get("categories"), filters.get("statuses"))


async def zoom(conn: asyncpg.Connection, z: int, reports: list[Report], **filters: Any) -> Counter[tuple[int, int]]:
    """How many reports each tile of a zoom holds, asked of all tiles in which one lies."""
    found: Counter[tuple[int, int]] = Counter()
    for x, y in {column_and_row(cell_at(each[0], each[1], z)) for each in reports}:
        made = await tile(conn, z, x, y, **filters)
        assert made.total == sum(each.count for each in made.clusters)
        assert all(each.count > 0 and (each.code is not None) == (each.count == 1) for each in made.clusters)
        assert len(made.clusters) <= 64
        found[x, y] = made.total
    return +found


@settings(
    max_examples=12, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(reports=REPORTS, added_up=st.booleans(), data=st.data())
async def test_each_public_report_is_in_exactly_one_tile_of_each_zoom(
    conn: asyncpg.Connection, reports: list[Report], added_up: bool, data: st.DataObject
) -> None:
    transaction = conn.transaction()
    await transaction.start()
    try:
        await add(conn, reports)
        if added_up:
            await feedback_cells.add_up(conn)
        chosen = data.draw(st.sampled_from([None, ["giao_thong"], ["moi_truong", "khac"]]))
        statuses = data.draw(st.sampled_from([None, ["moi_gui"], list(STATUSES[1:5])]))
        shown = [
            each
            for each in reports
            if each[4] == "public"
            and (chosen is None or each[2] in chosen)
            and (statuses is None or each[3] in statuses)
        ]
        for z in range(FINEST + 1):
            expected = Counter(column_and_row(cell_at(each[0], each[1], z)) for each in shown)
            assert await zoom(conn, z, reports, categories=chosen, statuses=statuses) == expected, z
        whole = await tile(conn, 0, 0, 0, categories=chosen, statuses=statuses)
        assert whole.total == len(shown)
    finally:
        await transaction.rollback()


Change = tuple[int, str, Any]
CHANGES = st.lists(
    st.one_of(
        st.tuples(st.integers(0, 9), st.just("visibility"), st.sampled_from(["public", "hidden", "waiting"])),
        st.tuples(st.integers(0, 9), st.just("status"), st.sampled_from(STATUSES)),
        st.tuples(st.integers(0, 9), st.just("category_code"), st.sampled_from(CATEGORIES)),
        st.tuples(st.integers(0, 9), st.just("lat"), st.floats(10.3, 11.7, allow_nan=False)),
        st.tuples(st.integers(0, 9), st.just("merged_into"), st.sampled_from([None, 0])),
        st.tuples(st.integers(0, 9), st.just("add_up"), st.none()),
    ),
    max_size=30,
)


@settings(
    max_examples=40, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(changes=CHANGES)
async def test_whatever_happens_to_reports_the_cells_count_what_is_shown(
    conn: asyncpg.Connection, changes: list[Change]
) -> None:
    transaction = conn.transaction()
    await transaction.start()
    try:
        await add(conn, [(10.6 + n / 100, 106.4, "khac", "moi_gui", "public") for n in range(10)])
        ids = [row["id"] for row in await conn.fetch("select id from feedback.reports order by lat")]
        for number, column, value in changes:
            if column == "add_up":
                await feedback_cells.add_up(conn)
                continue
            if column == "merged_into":
                value = ids[0] if value == 0 and number != 0 else None
            await conn.execute(f"update feedback.reports set {column} = $2 where id = $1", ids[number], value)
        await conn.execute("delete from feedback.reports where id = $1 and merged_into is null", ids[9])

        counted = await conn.fetch(
            """select level, cell, category_code, status, sum(n)::int as n, sum(la)::int as lats, sum(lo)::int as lons
                 from (select level, cell, category_code, status, reports as n, lats as la, lons as lo
                         from feedback.cells
                       union all
                       select level, cell, category_code, status, reports, lat, lon from feedback.cell_changes) c
                group by 1, 2, 3, 4 having (sum(n), sum(la), sum(lo)) <> (0, 0, 0) order by 1, 2, 3, 4"""
        )
        real = await conn.fetch(
            """select l as level, cell >> 2 * (20 - l) as cell, category_code, status, count(*)::int as n,
                      sum(feedback.rounded(lat))::int as lats, sum(feedback.rounded(lon))::int as lons
                 from feedback.reports, generate_series(8, 16) l where is_shown and cell is not null
                group by 1, 2, 3, 4 order by 1, 2, 3, 4"""
        )
        assert [tuple(each) for each in counted] == [tuple(each) for each in real]
    finally:
        await transaction.rollback()


async def test_a_tile_is_told_with_a_tag_and_only_what_is_shown(
    app: Edge, client: Client, conn: asyncpg.Connection
) -> None:
    await add(conn, [
        (10.6312, 106.4889, "khac", "moi_gui", "public"), (10.6312, 106.4889, "khac", "moi_gui", "hidden"),
        (10.6313, 106.4889, "khac", "moi_gui", "waiting"),
    ])  # fmt: skip
    x, y = column_and_row(cell_at(10.6312, 106.4889, 12))
    path = f"/v1/feedback-map/tiles/12/{x}/{y}"

    first = await client.get(path)
    held = await client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    await conn.execute("update feedback.reports set visibility = 'hidden'")
    app.app.state.cache.forget("feedback", 1)
    after = await client.get(path)

    assert first.headers["Cache-Control"] == "public, max-age=30"
    assert (first.json()["total"], held.status_code, after.json()["total"]) == (1, 304, 0)
    (cluster,) = first.json()["clusters"]
    assert (cluster["lat"], cluster["lon"], cluster["count"]) == (10.631, 106.489, 1)


@pytest.mark.parametrize("path", ["21/0/0", "3/8/0", "3/0/8", "a/0/0", "0/0/12345678", "-1/0/0", "1.5/0/0"])
async def test_what_is_no_tile_is_refused(client: Client, path: str) -> None:
    answer = await client.get(f"/v1/feedback-map/tiles/{path}")

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


async def test_facets_count_each_among_what_the_other_lets_through(client: Client, conn: asyncpg.Connection) -> None:
    await add(conn, [
        (10.6, 106.4, "khac", "moi_gui", "public"), (10.6, 106.4, "khac", "da_dong", "public"),
        (10.7, 106.3, "giao_thong", "da_dong", "public"), (10.7, 106.3, "giao_thong", "da_dong", "hidden"),
    ])  # fmt: skip
    x, y = column_and_row(cell_at(10.7, 106.3, 18))

    whole = (await client.get("/v1/feedback-map/facets")).json()
    closed = (await client.get("/v1/feedback-map/facets", params={"status": "da_dong"})).json()
    both = (await client.get("/v1/feedback-map/facets?status=da_dong&category_code=khac")).json()
    there = (await client.get("/v1/feedback-map/facets", params={"z": 18, "x": x, "y": y})).json()

    def counts(found: Any) -> tuple[int, dict[str, int], dict[str, int]]:
        return (
            found["total"],
            {each["category_code"]: each["count"] for each in found["categories"]},
            {each["status"]: each["count"] for each in found["statuses"]},
        )

    assert counts(whole) == (3, {"khac": 2, "giao_thong": 1}, {"moi_gui": 1, "da_dong": 2})
    assert counts(closed) == (2, {"khac": 1, "giao_thong": 1}, {"moi_gui": 1, "da_dong": 2})
    assert counts(both) == (1, {"khac": 1, "giao_thong": 1}, {"moi_gui": 1, "da_dong": 1})
    assert counts(there) == (1, {"giao_thong": 1}, {"da_dong": 1})
    assert (await client.get("/v1/feedback-map/facets", params={"z": 3})).status_code == 400
