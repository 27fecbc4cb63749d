"""Places in words and codes, as people know them, to the wards of now."""

import unicodedata
from collections.abc import Sequence
from datetime import datetime

import asyncpg
import pytest

from longan.floor.base.errors import InvalidRequest
from longan.floor.places import ward

HOME = "80"
LONG_AN_WARDS = 60
TAY_NINH_WARDS = 96


async def wards(conn: asyncpg.Connection, now: datetime, place: str) -> list[str]:
    found = await ward.codes(conn, HOME, now, None, None, place)
    assert found is not None
    return found


async def of_district(conn: asyncpg.Connection, name: str, province: str) -> list[str]:
    """What the data says of an old district."""
    rows = await conn.fetch(
        """select distinct s.new_code
             from places.units d
             join places.units c on c.version = d.version and c.parent_code = d.code
             join places.successions s on s.old_version = c.version and s.old_code = c.code
            where d.version = '2024-12-01' and d.level = 'district' and d.name = $1 and d.province_code = $2
            order by s.new_code""",
        name, province,
    )  # fmt: skip
    return [row[0] for row in rows]


def names(refused: pytest.ExceptionInfo[ward.PlaceAmbiguous]) -> list[tuple[str, str | None]]:
    candidates = refused.value.members["candidates"]
    assert isinstance(candidates, Sequence)
    return [(candidate.name, candidate.district) for candidate in candidates]


@pytest.mark.parametrize(
    ("place", "district", "province"),
    [
        ("Đức Hòa", "Huyện Đức Hòa", "80"),
        ("duc hoa", "Huyện Đức Hòa", "80"),
        ("Đức Hoà", "Huyện Đức Hòa", "80"),
        ("huyện Đức Hòa", "Huyện Đức Hòa", "80"),
        ("H. Đức Hòa", "Huyện Đức Hòa", "80"),
        ("Đức Hòa, Long An", "Huyện Đức Hòa", "80"),
        (unicodedata.normalize("NFD", "Đức Hòa, Long An"), "Huyện Đức Hòa", "80"),
        ("Đức Hòa, tỉnh Long An, Việt Nam", "Huyện Đức Hòa", "80"),
        ("Bến Lức", "Huyện Bến Lức", "80"),
        ("Tân An", "Thành phố Tân An", "80"),
        ("tp tan an", "Thành phố Tân An", "80"),
        ("TP. Tân An", "Thành phố Tân An", "80"),
        ("Thành phố Tân An, Long An", "Thành phố Tân An", "80"),
        ("tx kien tuong", "Thị xã Kiến Tường", "80"),
        ("Huyện Châu Thành, Long An", "Huyện Châu Thành", "80"),
        ("Huyện Châu Thành, Tây Ninh", "Huyện Châu Thành", "72"),
        ("Thành phố Tây Ninh", "Thành phố Tây Ninh", "72"),
    ],
)
async def test_an_old_district_is_all_its_wards(
    conn: asyncpg.Connection, now: datetime, place: str, district: str, province: str
) -> None:
    expected = await of_district(conn, district, province)

    found = await wards(conn, now, place)

    assert len(expected) > 1
    assert found == expected


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ("Phường Long An", "27694"),
        ("phuong long an", "27694"),
        ("P. Long An, tỉnh Tây Ninh", "27694"),
        ("Phường Long An, Long An", "27694"),
        ("Phường 3, Thành phố Tân An", "27694"),
        ("P3, TP Tân An", "27694"),
        ("p.03, tp.Tân An", "27694"),
        ("xã Đức Hòa", "27937"),
        ("Đức Hòa, Tây Ninh", "27937"),
        ("Xã Châu Thành", "25585"),
        ("Đặc khu Côn Đảo", "26732"),
        ("Côn Đảo", "26732"),
    ],
)
async def test_a_ward_is_itself_or_its_successor(
    conn: asyncpg.Connection, now: datetime, place: str, code: str
) -> None:
    assert await wards(conn, now, place) == [code]


async def test_a_province_is_all_its_wards_old_or_new(conn: asyncpg.Connection, now: datetime) -> None:
    assert len(await wards(conn, now, "Long An")) == LONG_AN_WARDS
    assert len(await wards(conn, now, "Tây Ninh")) == TAY_NINH_WARDS


async def test_a_name_that_begins_like_a_type_word_is_found(conn: asyncpg.Connection, now: datetime) -> None:
    found = await ward.find(conn, HOME, now, "Tịnh Biên")

    assert found is not None
    assert found.name == "Thị xã Tịnh Biên"


async def test_home_comes_first_unless_the_text_names_another_province(conn: asyncpg.Connection, now: datetime) -> None:
    at_home = await ward.find(conn, HOME, now, "Tân Tây")
    elsewhere = await ward.find(conn, HOME, now, "Tân Lập, Bình Phước")

    assert at_home is not None
    assert at_home.province_codes == [HOME]
    assert elsewhere is not None
    assert elsewhere.province == "Tỉnh Bình Phước"


async def test_marks_tell_places_apart_and_their_absence_does_not(conn: asyncpg.Connection, now: datetime) -> None:
    marked = await ward.find(conn, HOME, now, "Tân Thạnh")
    with pytest.raises(ward.PlaceAmbiguous) as refused:
        await ward.find(conn, HOME, now, "tan thanh")

    assert marked is not None
    assert marked.name == "Huyện Tân Thạnh"
    assert ("Huyện Tân Thạnh", None) in names(refused)
    assert ("Xã Tân Thành", "Huyện Mộc Hóa") in names(refused)


@pytest.mark.parametrize(
    ("place", "candidates"),
    [
        ("Tân Lập", {("Xã Tân Lập", None), ("Xã Tân Lập", "Huyện Mộc Hóa"), ("Xã Tân Lập", "Huyện Tân Thạnh")}),
        ("An Thạnh", {("Xã An Thạnh", "Huyện Bến Cầu"), ("Xã An Thạnh", "Huyện Bến Lức")}),
        ("Phước Đông", {("Xã Phước Đông", "Huyện Gò Dầu"), ("Xã Phước Đông", "Huyện Cần Đước")}),
        ("Châu Thành", {("Huyện Châu Thành", None), ("Xã Châu Thành", None)}),
        ("Phường 3", {("Phường 3", "Thành phố Tân An"), ("Phường 3", "Thị xã Kiến Tường")}),
        ("tan an", {("Thành phố Tân An", None), ("Xã Tân Ân", "Huyện Cần Đước")}),
    ],
)
async def test_one_name_of_several_places_is_left_to_the_person(
    conn: asyncpg.Connection, now: datetime, place: str, candidates: set[tuple[str, str | None]]
) -> None:
    with pytest.raises(ward.PlaceAmbiguous) as refused:
        await wards(conn, now, place)

    assert candidates <= set(names(refused))


async def test_each_candidate_in_full_words_is_one_place(conn: asyncpg.Connection, now: datetime) -> None:
    with pytest.raises(ward.PlaceAmbiguous) as refused:
        await wards(conn, now, "Tân Thành")
    candidates = refused.value.members["candidates"]
    assert isinstance(candidates, Sequence)

    for candidate in candidates:
        if candidate.district is not None:
            full = f"{candidate.name}, {candidate.district}, {candidate.province}"
            assert await wards(conn, now, full) == candidate.ward_codes


@pytest.mark.parametrize(
    "place", ["Xã Không Đâu", "!!!", ",", "xã", "0", "Bến Lức, Hà Nội", "Thành phố Đức Hòa", "việt nam"]
)
async def test_a_place_nobody_knows_is_named_unknown(conn: asyncpg.Connection, now: datetime, place: str) -> None:
    with pytest.raises(ward.PlaceUnknown) as refused:
        await wards(conn, now, place)

    assert refused.value.errors[0].pointer == "?place"


async def test_codes_are_of_the_list_that_was_meant(conn: asyncpg.Connection, now: datetime) -> None:
    assert await ward.codes(conn, HOME, now, "27694", None, None) == ["27694"]
    assert await ward.codes(conn, HOME, now, None, "27694", None) == ["27694"]
    assert await ward.codes(conn, HOME, now, None, "755", None) == ["26732"]
    assert await ward.codes(conn, HOME, now, None, None, None) is None


async def test_a_divided_old_ward_is_all_its_successors(conn: asyncpg.Connection, now: datetime) -> None:
    divided = await conn.fetch(
        """select s.old_code, array_agg(s.new_code order by s.new_code) as new_codes
             from places.successions s
             join places.units u on u.version = s.old_version and u.code = s.old_code
            where u.province_code in ('80', '72')
            group by s.old_code having count(*) > 1"""
    )

    assert divided
    for row in divided:
        assert await ward.codes(conn, HOME, now, None, row["old_code"], None) == row["new_codes"]


async def test_a_code_of_the_other_list_is_unknown(conn: asyncpg.Connection, now: datetime) -> None:
    only_old = await conn.fetchval(
        """select code from places.units o
            where o.version = '2024-12-01' and o.level = 'commune' and o.province_code = '80'
              and not exists (select from places.units n where n.version = '2025-07-01' and n.code = o.code) limit 1"""
    )

    with pytest.raises(ward.PlaceUnknown) as refused:
        await ward.codes(conn, HOME, now, only_old, None, None)

    assert refused.value.errors[0].pointer == "?ward_code"
    with pytest.raises(ward.PlaceUnknown):
        await ward.codes(conn, HOME, now, None, "99999", None)


async def test_only_one_way_to_name_a_ward_at_a_time(conn: asyncpg.Connection, now: datetime) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await ward.codes(conn, HOME, now, "27694", None, "Bến Lức")

    assert {(error.pointer, error.code) for error in refused.value.errors} == {
        ("?ward_code", "one_of_them"),
        ("?place", "one_of_them"),
    }


def test_a_name_is_read_with_and_without_its_type_word() -> None:
    assert ward.readings("TX. Kiến Tường") == [
        ward.Reading("tx kien tuong", None),
        ward.Reading("kien tuong", "Thị xã"),
    ]
    assert ward.readings("Q.01") == [ward.Reading("q 1", None), ward.Reading("1", "Quận")]
    assert ward.readings("p12") == [ward.Reading("p12", None), ward.Reading("12", "Phường")]
    assert ward.readings("phường") == [ward.Reading("phuong", None)]
    assert ward.readings("…") == []
