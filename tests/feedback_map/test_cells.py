"""The cells of the map: each inside one of the level above, and the database has them as the code does."""

import asyncpg
from hypothesis import given
from hypothesis import strategies as st

from longan.floor.feedback.feedback_cells import FINEST, cell_of, within
from tests.feedback_map.cells import cell_at, column_and_row, rounded

LEVELS = st.integers(0, FINEST)


@given(level=LEVELS, data=st.data())
def test_a_cell_is_its_column_and_row(level: int, data: st.DataObject) -> None:
    x, y = (data.draw(st.integers(0, 2**level - 1)) for _ in "xy")

    assert column_and_row(cell_of(x, y)) == (x, y)
    assert 0 <= cell_of(x, y) < 4**level


@given(level=LEVELS, finer=LEVELS, data=st.data())
def test_what_lies_in_a_cell_is_a_range_of_finer_ones(level: int, finer: int, data: st.DataObject) -> None:
    finer = max(level, finer)
    inner = data.draw(st.integers(0, 4**finer - 1))

    around = inner >> 2 * (finer - level)
    holders = [
        cell
        for cell in range(around - 2, around + 3)
        if within(cell, level, finer)[0] <= inner < within(cell, level, finer)[1]
    ]

    assert holders == [around]
    assert within(around, level, finer)[1] == within(around + 1, level, finer)[0]


async def test_the_database_finds_the_same_cells(conn: asyncpg.Connection) -> None:
    rows = await conn.fetch(
        """select lat, lon, feedback.cell(lat, lon) as cell, feedback.rounded(lat) as north,
                  feedback.rounded(lon) as east
             from (select random() * 180 - 90 as lat, random() * 360 - 180 as lon from generate_series(1, 2000)
                   union all select a / 4000.0, b / 4000.0 from generate_series(40000, 46000, 601) a,
                                                                generate_series(420000, 430000, 1001) b
                   union all values (90, 180), (-90, -180), (0, 0), (85.06, 0), (-85.06, 0)) p (lat, lon)"""
    )

    for row in rows:
        assert rounded(row["lat"], row["lon"]) == (row["north"], row["east"])
        # The two libraries may differ in the last bit of a tangent, at a cell's very edge.
        x, y = column_and_row(row["cell"])
        own_x, own_y = column_and_row(cell_at(row["lat"], row["lon"]))
        assert x == own_x and abs(y - own_y) <= 1
