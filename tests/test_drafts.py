"""Drafts: what fits together, what only the database knows, and many at once of which the bad ones stay out."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longan.floor.base.errors import InvalidRequest, NotFound, WardUnknown
from longan.floor.pay_and_days.pay import PayIn
from longan.floor.postings import drafts
from longan.floor.postings.drafts import Draft, Incoming
from tests.conftest import Real
from tests.jobs.hiring import BEN_LUC, LONG_AN, OWNER, WORKER, employer_of

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)


def draft(**given: Any) -> Draft:
    said: dict[str, Any] = {
        "title": "Thợ may mẫu", "description": "May mẫu áo.", "ward_code": LONG_AN, "pay": PayIn(min=9_000_000),
        "openings": 3, "expires_at": NOW + timedelta(days=9000),
    }  # fmt: skip
    return Draft(**said | given)


def pointers(given: Draft) -> list[str]:
    with pytest.raises(InvalidRequest) as refused:
        drafts.check(given, NOW)
    return [field.pointer for field in refused.value.errors]


def test_everything_that_is_wrong_is_named_at_once() -> None:
    bad = draft(
        pay=PayIn(), expires_at=NOW, benefits=["meals", "meals"], skills=["may", "MÁY"], week_hours=70, week_days=2
    )

    assert pointers(bad) == ["/benefits", "/skills", "/week_hours", "/pay/min", "/expires_at"]


@given(ahead=st.timedeltas(min_value=timedelta(days=-40_000), max_value=timedelta(days=40_000)))
def test_an_end_lies_ahead_and_before_the_year_2100(ahead: timedelta) -> None:
    end = NOW + ahead

    wrong = drafts.wrong_expiry(end, NOW)

    assert bool(wrong) == (not NOW < end < drafts.LAST_EXPIRY)


async def park(conn: asyncpg.Connection, code: str, ward_code: str) -> str:
    await conn.execute(
        """insert into places.parks (code, name, fold, kind, ward_version, ward_code, lat, lon, source)
           select $1, 'Khu công nghiệp Thử', 'thu', 'kcn', u.version, u.code, 10.9, 106.4, 'thử'
             from places.units u where u.version = places.version_on($3) and u.code = $2""",
        code, ward_code, NOW,
    )  # fmt: skip
    return code


async def occupation(conn: asyncpg.Connection, code: str = "99999") -> str:
    await conn.execute(
        "insert into reference.occupations (code, level, name, fold) values ($1, 5, 'Nghề thử', 'nghe thu')", code
    )
    return code


async def entered(conn: asyncpg.Connection, *given: Incoming) -> list[drafts.Entered]:
    return await drafts.insert(conn, OWNER, await employer_of(conn, OWNER), given, NOW)


async def test_every_field_comes_to_its_column_with_the_place_and_the_pay_that_one_can_rely_on(
    conn: asyncpg.Connection,
) -> None:
    whole = draft(
        pay=PayIn(base=6_500_000, max=12_000_000, allowances=700_000, attendance=300_000, deductions=100_000),
        occupation_code=await occupation(conn), contract="fixed_term", shift="two_shifts", week_hours=48, week_days=6,
        benefits=["bus", "meals"], experience_months=6, education="lower_secondary", skills=["máy một kim"],
        park_code=await park(conn, "kcn-thu", LONG_AN),
    )  # fmt: skip

    [made] = await entered(conn, Incoming(whole, "csv", "dong-7", {"khac": "x"}))

    row = await conn.fetchrow("select * from jobs.postings where id = $1", made.id)
    assert (made.outcome, row["status"], row["version"], row["filled"]) == ("made", "draft", 1, 0)
    for name, value in msgspec.structs.asdict(whole).items():
        if name != "pay":
            assert row[name] == value, name
    for name, value in msgspec.structs.asdict(whole.pay).items():
        assert row[f"pay_{name}"] == value, name
    assert (row["effective_month"], row["source"], row["source_key"]) == (7_400_000, "csv", "dong-7")
    assert row["extra"] == '{"khac": "x"}'
    unit = await conn.fetchrow(
        "select version, province_code, lat, lon from places.units where version = places.version_on($2) and code = $1",
        LONG_AN, NOW,
    )  # fmt: skip
    assert [row["ward_version"], row["province_code"], row["lat"], row["lon"]] == list(unit)


async def test_of_many_drafts_only_the_bad_ones_are_refused_each_by_its_field(conn: asyncpg.Connection) -> None:
    here = await park(conn, "kcn-thu", LONG_AN)
    given = [
        draft(), draft(ward_code="00000"), draft(occupation_code="00000"), draft(park_code="khong-co"),
        draft(park_code=here, ward_code=BEN_LUC), draft(park_code=here), draft(ward_code="00000", occupation_code="1"),
    ]  # fmt: skip

    found = await entered(conn, *map(Incoming, given))

    assert [each.outcome for each in found] == ["made", *["refused"] * 4, "made", "refused"]
    assert [[(field.pointer, field.code) for field in each.wrong] for each in found] == [
        [], [("/ward_code", "not_found")], [("/occupation_code", "not_found")], [("/park_code", "not_found")],
        [("/park_code", "elsewhere")], [], [("/ward_code", "not_found")],
    ]  # fmt: skip
    assert [each.id is None for each in found] == [bool(each.wrong) for each in found]


async def test_the_problem_of_a_single_draft_names_the_ward_by_its_own_code(conn: asyncpg.Connection) -> None:
    employer = await employer_of(conn, OWNER)

    with pytest.raises(WardUnknown):
        await drafts.one(conn, OWNER, employer, draft(ward_code="00000"), NOW)
    with pytest.raises(InvalidRequest) as refused:
        await drafts.one(conn, OWNER, employer, draft(park_code="khong-co"), NOW)
    with pytest.raises(NotFound):
        await drafts.one(conn, WORKER, employer, draft(), NOW)

    assert [field.pointer for field in refused.value.errors] == ["/park_code"]


async def test_who_brings_a_draft_again_finds_it_changes_it_and_leaves_what_is_published(
    conn: asyncpg.Connection,
) -> None:
    first = await entered(conn, *(Incoming(draft(title=f"Thợ số {key}"), "csv", key) for key in "abc"))
    await conn.execute("update jobs.postings set status = 'open', published_at = $2 where id = $1", first[2].id, NOW)

    again = await entered(
        conn,
        Incoming(draft(title="Thợ số a"), "csv", "a"),
        Incoming(draft(title="Thợ khác", openings=9), "csv", "b"),
        Incoming(draft(title="Thợ khác"), "csv", "c"),
        Incoming(draft(title="Thợ số d"), "csv", "d"),
    )

    assert [each.outcome for each in again] == ["same", "changed", "kept", "made"]
    assert [each.id for each in again[:3]] == [each.id for each in first]
    rows = await conn.fetch(
        "select title, openings, version, search_text from jobs.postings where id = any($1) order by source_key",
        [each.id for each in first],
    )
    assert [(row["title"], row["openings"], row["version"]) for row in rows] == [
        ("Thợ số a", 3, 1), ("Thợ khác", 9, 2), ("Thợ số c", 3, 1),
    ]  # fmt: skip
    assert rows[1]["search_text"].startswith("tho khac")
    noted = await conn.fetchrow(
        "select changed_by, side, from_status, to_status, changes from jobs.history where posting_id = $1", first[1].id
    )
    assert tuple(noted)[:4] == (OWNER, "employer", "draft", "draft")
    assert msgspec.json.decode(noted["changes"]) == {
        "title": {"old": "Thợ số b", "new": "Thợ khác"}, "openings": {"old": 3, "new": 9},
    }  # fmt: skip


async def test_without_a_source_key_everything_is_new(conn: asyncpg.Connection) -> None:
    found = await entered(conn, *[Incoming(draft())] * 3)

    assert len({each.id for each in found}) == 3


async def test_the_same_import_twice_at_once_makes_each_draft_once(real: Real) -> None:
    given = [Incoming(draft(title=f"Thợ số {number}"), "csv", f"dong-{number}") for number in range(20)]

    async def bring(order: int) -> list[drafts.Entered]:
        async with real.pool.acquire() as tx, tx.transaction():
            employer = await employer_of(tx, OWNER)
            return await drafts.insert(tx, OWNER, employer, given[::order], NOW)

    brought = await asyncio.gather(*(bring(order) for order in (1, -1, 1, -1)))

    keys = "select count(*), count(distinct source_key) from jobs.postings where source_key like 'dong-%'"
    assert tuple(await real.pool.fetchrow(keys)) == (20, 20)
    assert sum(each.outcome == "made" for found in brought for each in found) == 20
    assert {each.outcome for found in brought for each in found} <= {"made", "same"}
    made: set[UUID | None] = {each.id for found in brought for each in found if each.outcome == "made"}
    assert len(made) == 20
