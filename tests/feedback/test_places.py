"""The ward of a point is taken where there is no doubt, and asked about everywhere else."""

from datetime import UTC, date, datetime

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longan.floor.base.errors import Problem
from longan.floor.feedback.feedback_places import APART, BEYOND, WITHIN, Near, the_clear, ward_of
from longan.floor.places.ward import Place, PlaceAmbiguous

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def near(reach: float) -> Near:
    place = Place(
        date(2025, 7, 1), "00000", "commune", "Xã", "Xã", "Xã", "xa", None, "Tỉnh", "80", [], [], ["00000"], ["80"]
    )
    return Near(place, reach * 3000, reach)


@given(reaches=st.lists(st.floats(0, 5), max_size=8).map(sorted))
def test_a_point_is_clear_only_within_one_ward_and_beyond_all_others(reaches: list[float]) -> None:
    found = the_clear([near(each) for each in reaches])

    first, *others = reaches or [9.0]
    assert (found is not None) == (first <= WITHIN and all(each >= BEYOND and each - first >= APART for each in others))


async def test_the_middle_of_every_ward_is_its_own_or_asked_and_never_another_ones(conn: asyncpg.Connection) -> None:
    wards = await conn.fetch(
        """select code, lat, lon from places.units
            where version = '2025-07-01' and level = 'commune' and province_code = '80'"""
    )
    clear = 0
    for ward in wards:
        try:
            found = await ward_of(conn, "80", NOW, ward["lat"], ward["lon"], None)
        except PlaceAmbiguous as asked:
            assert ward["code"] in [each.code for each in asked.members["candidates"]]  # type: ignore[attr-defined]
        else:
            assert found.code == ward["code"]
            clear += 1

    assert clear >= len(wards) * 0.8


@pytest.mark.parametrize(("lat", "lon"), [(90, 180), (-90, -180), (0, 0), (21.03, 105.85)])
async def test_a_point_anywhere_else_is_refused(conn: asyncpg.Connection, lat: float, lon: float) -> None:
    with pytest.raises(Problem) as refused:
        await ward_of(conn, "80", NOW, lat, lon, None)

    assert refused.value.code == "point_outside"
