"""The data of the state, as it was packaged and as it is loaded."""

from pathlib import Path

import asyncpg
import pytest

from longan.floor.places import parks
from longan.floor.search import queries, search
from longan.reference import load

PROVINCE = "80"
DETAIL = {
    "is_complete", "kind", "decision_number", "life_event", "service_groups", "executing_agencies", "authorities",
    "coordinating_agencies", "channels", "fee_min", "fee_max", "methods", "cases", "documents", "documents_total",
    "results", "legal_basis", "conditions", "steps", "source_url", "captured_on",
}  # fmt: skip

# How `list_procedures` ranks: an exact name, then what a worker needs, then names that begin with or hold the words.
RANKED = """
select code from services.procedures
 where search @@ $1::text::tsquery
 order by 16 * (name_marked = $2)::int + 4 * (worker_group is not null)::int + 2 * starts_with(search_text, $3)::int
        + 2 * (strpos(name_marked, $2) > 0)::int + 2 * (strpos(' ' || search_text, ' ' || $3) > 0)::int
        + ts_rank(search, $1::text::tsquery, 1) desc, code"""


def nothing(label: str, done: int, total: int) -> None:
    """Progress is not looked at here."""


async def test_both_lists_of_units_are_whole(conn: asyncpg.Connection) -> None:
    rows = await conn.fetch("select version::text, level, count(*) from places.units group by version, level")

    assert {(version, level): count for version, level, count in rows} == {
        ("2024-12-01", "province"): 63,
        ("2024-12-01", "district"): 696,
        ("2024-12-01", "commune"): 10_035,
        ("2025-07-01", "province"): 34,
        ("2025-07-01", "commune"): 3_321,
    }


async def test_every_old_commune_has_a_successor(conn: asyncpg.Connection) -> None:
    lost = await conn.fetchval(
        """select count(*) from places.units u
            where version = '2024-12-01' and level = 'commune'
              and not exists (select from places.successions where old_version = u.version and old_code = u.code)"""
    )

    assert lost == 0


async def test_the_province_has_its_whole_and_its_partial_successions(conn: asyncpg.Connection) -> None:
    rows = await conn.fetch(
        """select s.kind, count(*) from places.successions s
             join places.units u on (u.version, u.code) = (s.new_version, s.new_code)
            where u.province_code = $1 group by s.kind""",
        PROVINCE,
    )

    assert {row["kind"]: row["count"] for row in rows} == {"whole": 259, "partial": 43}


async def test_a_code_means_another_place_in_another_version(conn: asyncpg.Connection) -> None:
    names = await conn.fetch("select name from places.units where code = '27694' order by version")

    assert [row["name"] for row in names] == ["Phường 1", "Phường Long An"]


async def test_units_are_stored_folded_as_queries_are(conn: asyncpg.Connection) -> None:
    rows = await conn.fetch("select short_name, fold from places.units where province_code = $1", PROVINCE)

    assert all(row["fold"] == search.fold(row["short_name"]) for row in rows)


async def test_all_procedures_are_there_with_one_shape_of_detail(conn: asyncpg.Connection) -> None:
    count, complete, for_workers, shapes, keys = await conn.fetchrow(
        """select count(*), count(*) filter (where (detail->>'is_complete')::boolean), count(worker_group),
                  count(distinct (select array_agg(key order by key) from jsonb_object_keys(detail) key)),
                  (select array_agg(key) from jsonb_object_keys(min(detail::text)::jsonb) key)
             from services.procedures"""
    )

    assert (count, complete, for_workers) == (4_508, 1_456, 61)
    assert shapes == 1
    assert set(keys) == DETAIL


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("dang ky tam tru", "1.004194"),
        ("đăng kí tạm trú", "1.004194"),
        ("tam tru", "1.004194"),
        ("sổ tạm trú", "1.004194"),
        ("khai sinh", "1.001193"),
        ("lam can cuoc", "1.014061"),
        ("so ho khau", "1.004222"),
        ("BHTN", "1.014748"),
        ("bằng lái xe", "3.000346"),
        ("nghỉ đẻ", "2.000693"),
    ],
)
async def test_a_worker_finds_the_procedure_first(typed: str, first: str, conn: asyncpg.Connection) -> None:
    found = await conn.fetch(RANKED, queries.tsquery(typed), search.mark(typed), search.fold(typed))

    assert found[0]["code"] == first


async def test_those_for_foreigners_come_after_the_residents_own(conn: asyncpg.Connection) -> None:
    typed = "tam tru"

    found = [row["code"] for row in await conn.fetch(RANKED, queries.tsquery(typed), search.mark(typed), typed)]

    assert found.index("1.004194") < found.index("1.010028") < found.index("1.000253") < found.index("1.000039")


async def test_loading_again_changes_nothing(conn: asyncpg.Connection) -> None:
    before = await conn.fetch("select xmin::text, code from services.procedures order by code")

    await load.load(conn, nothing)

    assert await conn.fetch("select xmin::text, code from services.procedures order by code") == before


async def test_loading_brings_a_changed_row_back(conn: asyncpg.Connection) -> None:
    await conn.execute("update places.units set name = 'Xã Lạ' where version = '2025-07-01' and code = '27964'")

    await load.load(conn, nothing)

    name = await conn.fetchval("select name from places.units where version = '2025-07-01' and code = '27964'")
    assert name == "Xã Đức Lập"


async def test_the_lists_by_which_postings_speak_are_whole(conn: asyncpg.Connection) -> None:
    counts = await conn.fetchrow(
        """select (select count(*) from reference.occupations where level = 1),
                  (select count(*) from reference.occupations where level = 2), (select count(*) from places.parks),
                  (select count(*) from reference.minimum_wages)"""
    )
    regions = await conn.fetch("select region, count(*) from reference.wage_regions group by 1 order by 1")

    assert tuple(counts) == (10, 48, 30, 8)
    assert [tuple(row) for row in regions] == [(1, 20), (2, 29), (3, 34), (4, 13)]


async def test_every_ward_of_the_province_has_its_region(conn: asyncpg.Connection) -> None:
    without = await conn.fetch(
        """select u.name from places.units u
            where u.version = '2025-07-01' and u.level = 'commune' and u.province_code = $1
              and not exists (select from reference.wage_regions r
                               where (r.ward_version, r.ward_code) = (u.version, u.code))""",
        PROVINCE,
    )

    assert without == []


async def test_a_park_is_called_by_its_code_and_stored_as_texts_are_read(conn: asyncpg.Connection) -> None:
    for code, name, fold, kind in await conn.fetch("select code, name, fold, kind from places.parks"):
        assert fold == parks.fold(f"{kind} {name}")
        assert code == fold.replace(" ", "-")


async def test_the_hours_minimum_is_the_months_by_208_hours(conn: asyncpg.Connection) -> None:
    for month, hour in await conn.fetch("select month_vnd, hour_vnd from reference.minimum_wages"):
        assert abs(month / 208 - hour) <= 100


OWN_WAGES = """ward_version,ward_code,valid_from,region,decree
2025-07-01,00070,2025-07-01,1,NĐ 128/2025/NĐ-CP
"""
OWN_PARKS = """code,name,fold,kind,ward_version,ward_code,lat,lon,area_ha,source
kcn-thang-long,Thăng Long,kcn thang long,KCN,2025-07-01,00070,21.1,105.8,,web pages
"""


async def test_another_province_loads_its_own_lists(conn: asyncpg.Connection, tmp_path: Path) -> None:
    (tmp_path / "wage_regions.csv").write_text(OWN_WAGES)
    (tmp_path / "parks.csv").write_text(OWN_PARKS)

    await load.load_own(conn, nothing, tmp_path)
    await load.load_own(conn, nothing, tmp_path)

    assert await conn.fetchval("select region from reference.wage_regions where ward_code = '00070'") == 1
    assert await conn.fetchval("select count(*) from places.parks where ward_code = '00070'") == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("other.csv", OWN_WAGES),
        ("wage_regions.csv", OWN_WAGES.replace("00070", "99999")),
        ("wage_regions.csv", OWN_WAGES.replace(",1,", ",5,")),
        ("wage_regions.csv", OWN_WAGES.replace(",1,", ",x,")),
        ("wage_regions.csv", OWN_WAGES.replace("region", "vùng")),
        ("parks.csv", OWN_WAGES),
    ],
)
async def test_lists_that_are_none_load_nothing(
    conn: asyncpg.Connection, tmp_path: Path, name: str, content: str
) -> None:
    (tmp_path / name).write_text(content)

    with pytest.raises(load.NO_LISTS):
        await load.load_own(conn, nothing, tmp_path)

    assert await conn.fetchval("select count(*) from reference.wage_regions") == 96
