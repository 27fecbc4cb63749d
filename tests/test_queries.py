"""What is typed into a search: quotes, minus, OR, places, slips of the finger, and why something was found."""

import csv
from importlib.resources import files

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from longan.floor.places import place_words
from longan.floor.search import queries, synonyms, typing_errors, why
from longan.floor.search.search import fold, words
from longan.floor.search.searchable import searchable

WORD = st.sampled_from(["tho", "may", "kho", "hang", "lua", "xe", "dien", "lop", "giay", "son"])


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        ('"phụ kho"', "(phu <-> kho)"),
        ("“phụ kho” lạnh", "(phu <-> kho) & lanh:*"),
        ("thợ -xây", "tho & !xay"),
        ('thợ -"xây nhà" son', "tho & son:* & !(xay <-> nha)"),
        ("giày OR dép", "((giay) | (dep:*))"),
        ("thùng giấy HOẶC dép", "((thung & giay) | (dep:*))"),
        ("giày | dép -nam", "((giay) | (dep)) & !nam"),
        ("kế hoạch - điều độ", "ke & hoach & dieu & do:*"),
        ("8-10 triệu", "8 & 10 & trieu:*"),
        ('"giày', "giay:*"),
        ('giày "" -', "giay:*"),
        ("-giày -dép", "!giay & !dep"),
        ("OR OR", ""),
        ("or", "or:*"),
        ("công nhân sơn", "(cong <-> nhan) & son:*"),
    ],
)
def test_quotes_minus_and_or_are_read(typed: str, query: str) -> None:
    assert queries.tsquery(typed) == query


def test_thousands_of_words_to_leave_out_are_twelve() -> None:
    assert queries.tsquery(" ".join(f"-x{number}" for number in range(5_000))).count("!") == 12


async def finds(conn: asyncpg.Connection, query: str, text: str) -> bool:
    found: bool = await conn.fetchval("select to_tsvector('simple', $1::text) @@ $2::text::tsquery", text, query)
    return found


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80, deadline=None)
@given(text=st.lists(WORD, max_size=6).map(" ".join), said=st.lists(WORD, min_size=2, max_size=3, unique=True))
async def test_the_laws_of_words_hold_for_any_text(conn: asyncpg.Connection, text: str, said: list[str]) -> None:
    one, other = said[0], " ".join(said[1:])
    every = await finds(conn, queries.tsquery(f"{one} {other}"), text)
    some = await finds(conn, queries.tsquery(f"{one} OR {other}"), text)
    beside = await finds(conn, queries.tsquery(f'"{one} {other}"'), text)
    without = await finds(conn, queries.tsquery(f"{one} -{said[1]}"), text)

    assert some or not every
    assert every or not beside
    assert not without or (one in text.split() and said[1] not in text.split())


SAID = st.sampled_from(["công", "nhân", "viên", "kế", "toán", "may", "thợ", "kho", "bảo", "vệ", '"', "-", "OR", "ty"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(typed=st.lists(SAID, max_size=7).map(" ".join), title=st.lists(SAID, max_size=7).map(" ".join))
async def test_compounds_written_as_one_find_what_words_side_by_side_do(
    conn: asyncpg.Connection, typed: str, title: str
) -> None:
    text, query = searchable(title, "Công ty Kho").search_text, queries.parse(typed).finished()

    assert await finds(conn, query.written(joined=True), text) == await finds(conn, query.written(), text)


def test_a_place_is_read_where_a_query_names_one() -> None:
    said = queries.parse("cong nhan may duc hoa").free()

    assert "/duc hoa" in place_words.candidates(said)
    assert "/may" not in place_words.candidates(said)
    assert place_words.read(said, {"/duc hoa": ["2", "1"]}) == place_words.InPlace(["1", "2"], frozenset({3, 4}))
    assert place_words.read(said, {}) is None


def test_a_place_inside_another_is_that_of_both() -> None:
    said = queries.parse("kho phường 3 tân an").free()

    found = place_words.read(said, {"Phường/3": ["1", "2"], "/tan an": ["2", "3"], "Phường/tan an": ["9"]})

    assert found == place_words.InPlace(["2"], frozenset({1, 2, 3, 4}))


def test_a_name_in_quotes_is_no_place() -> None:
    assert place_words.candidates(queries.parse('kho "đức hòa"').free()) == []


def test_the_words_that_name_a_place_can_be_taken_out() -> None:
    query = queries.parse("thợ hàn đức hòa -kho")

    rest = query.less({2, 3})

    assert rest.said() == ["tho", "han"]
    assert rest.marked == ("thợ", "hàn")
    assert rest.without == (("kho",),)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("nhna", "nhan"), ("nhann", "nhan"), ("nhn", "nhan"), ("nhab", "nhan"), ("maketing", "marketing")],
)
def test_a_slip_of_the_finger_is_seen_through(typed: str, meant: str) -> None:
    assert meant in typing_errors.nearest(typed, ["kho", "nhan", "marketing", "truong"])


@pytest.mark.parametrize("typed", ["ab", "c4", "2025", "truongxyz", "zzzz"])
def test_what_is_no_slip_is_left_alone(typed: str) -> None:
    assert typing_errors.nearest(typed, ["kho", "nhan", "truong"]) == []


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_slips_are_as_many_in_both_directions(one: str, other: str) -> None:
    assert typing_errors.slips(one, other) == typing_errors.slips(other, one)
    assert (typing_errors.slips(one, other) == 0) == (one == other)


@pytest.mark.parametrize(
    ("typed", "text", "parts"),
    [
        ("cn may", "[KCN] Tuyển Công  Nhân MAY gấp", ["Công  Nhân MAY"]),
        ("cong nhan", "Công ty tuyển nhân viên", []),
        ("ke toan", "Kế toán trưởng (kế toán kho)", ["Kế toán", "kế toán"]),
        ('"toan kho"', "Kế toán kho, toán", ["toán kho"]),
        ("ldpt", "Lao Động Phổ Thông", ["Lao Động Phổ Thông"]),
        ("kho", "Phụ khoan", ["khoan"]),
        ("thủ kho -lạnh", "Thủ kho", ["Thủ kho"]),
        ("!!", "Thủ kho", []),
    ],
)
def test_what_answers_is_shown_as_it_is_spelled(typed: str, text: str, parts: list[str]) -> None:
    assert why.matched(queries.parse(typed), text) == parts


@given(st.text(), st.text())
def test_why_is_told_of_any_text(typed: str, text: str) -> None:
    assert all(part for part in why.matched(queries.parse(typed), text))


def rows() -> list[dict[str, str]]:
    table = files("longan.reference") / "data" / "synonyms.csv"
    return list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))


def test_at_least_sixty_synonyms_are_the_language_of_workers_and_each_says_its_source() -> None:
    of_workers = [row for row in rows() if "procedures" not in row["source"]]

    assert len(of_workers) >= 60
    for row in rows():
        assert row["source"] and row["both"] in ("0", "1") and row["phrase"] and row["means"], row
        assert fold(row["phrase"]) != fold(row["means"]), row


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["phrase"])
async def test_each_synonym_finds_what_it_means(row: dict[str, str], conn: asyncpg.Connection) -> None:
    assert await finds(conn, queries.tsquery(row["phrase"]), fold(f"Tuyển {row['means']} gấp"))
    if row["both"] == "1":
        assert await finds(conn, queries.tsquery(row["means"]), fold(f"Tuyển {row['phrase']} gấp"))
    assert tuple(words(row["phrase"])) in synonyms.others()
