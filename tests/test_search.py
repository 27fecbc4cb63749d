"""Folding, marking and queries: what people type finds what is written."""

import csv
import re
import unicodedata
from pathlib import Path

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from longan.floor.search import queries, search
from longan.floor.search.searchable import searchable

# All pairs collected from citizens' searches, as they came. What is not to match is only to rank lower.
with (Path(__file__).parent / "data" / "search_pairs.csv").open(encoding="utf-8", newline="") as file:
    PAIRS = [(row["query"], row["text"], row["should_match"], row["why"]) for row in csv.DictReader(file)]

TEXTS = st.text() | st.text(alphabet="àáảãạăâđðĐÐơưỳýkiquyhoàTP.HCM CN 1e5²\u0301\u0323\ud800\u200b&|!:*()<->'\\\x00")

# Query, text, and whether the folded forms meet: the pairs collected from citizens' searches.
SAME_FOLD = [
    ("dang ky tam tru", "Đăng ký tạm trú"),
    ("đăng kí tạm trú", "Đăng ký tạm trú"),
    ("DANG KY TAM TRU", "Đăng ký tạm trú"),
    ("hoà khánh", "Hòa Khánh"),
    ("hoa khanh", "Hòa Khánh"),
    ("mỹ quí", "Mỹ Quý"),
    ("duc hoa", "Đức Hòa"),
    ("ðức hòa", "Đức Hòa"),
    (unicodedata.normalize("NFD", "Đức Hòa"), "Đức Hòa"),
    ("tan thanh", "Tân Thạnh"),
    ("ｔａｎ ａｎ", "Tân An"),
    ("công ti", "công ty"),
    ("phong  tro\t15 m²", "Phòng trọ, 15 m2"),
]
FOUND = [
    ("thue", "Thuế thu nhập cá nhân"),
    ("may", "Máy"),
    ("ldpt", "Lao động phổ thông"),
    ("lđpt", "Lao động phổ thông"),
    ("kcn", "Khu công nghiệp"),
    ("tphcm", "Thành phố Hồ Chí Minh"),
    ("TP.HCM", "Thành phố Hồ Chí Minh"),
    ("khu công nghiệp", "KCN Long Hậu"),
    ("nhân viên kho", "NV kho vải"),
    ("cong nhan may", "Công nhân may"),
    ("CN may", "Công nhân may"),
    ("công nhân ma", "Công nhân may"),
    ("cong nhan", "Công nhận văn bằng"),
    ("nhà ở", "Nhà ở xã hội"),
    ("bảo hiểm thất nghiệp", "Trợ cấp thất nghiệp"),
    ("BHTN", "Trợ cấp thất nghiệp"),
    ("giay khai sinh", "Đăng ký khai sinh"),
    ("lam can cuoc", "Cấp thẻ căn cước"),
    ("so ho khau", "Đăng ký thường trú"),
    ("ki", "Đăng ký"),
    ("ki", "Kinh doanh"),
]


@pytest.mark.parametrize(("typed", "written"), SAME_FOLD)
def test_two_spellings_fold_to_the_same(typed: str, written: str) -> None:
    assert search.fold(typed) == search.fold(written)


@pytest.mark.parametrize(("one", "other"), [("mai", "may"), ("tai nạn", "tay nạn"), ("thúi", "thúy"), ("chi", "chy")])
def test_other_words_stay_apart(one: str, other: str) -> None:
    assert search.fold(one) != search.fold(other)


@pytest.mark.parametrize(
    ("typed", "marked"),
    [
        ("Hoà  Khánh", "hòa khánh"),
        ("KHOẺ", "khỏe"),
        ("Thuý", "thúy"),
        ("Quý", "quý"),
        ("hoàn toàn", "hoàn toàn"),
        (unicodedata.normalize("NFD", "ĐỨC HOÀ"), "đức hòa"),
    ],
)
def test_marks_stay_and_tones_are_placed_in_one_way(typed: str, marked: str) -> None:
    assert search.mark(typed) == marked


@given(TEXTS)
def test_folding_twice_is_folding_once(text: str) -> None:
    once = search.fold(text)

    assert search.fold(once) == once
    assert re.fullmatch(r"([a-z0-9]+( [a-z0-9]+)*)?", once)


@given(TEXTS)
def test_composed_and_decomposed_fold_and_mark_alike(text: str) -> None:
    composed, decomposed = unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)

    assert search.fold(composed) == search.fold(decomposed) == search.fold(text)
    assert search.mark(composed) == search.mark(decomposed) == search.mark(text)


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        ("CN may", "(cn | (cong <-> nhan) | (chi <-> nhanh) | (chu <-> nhat)) & may:*"),
        ("dang ky tam tru", "dang & ky & tam & tru:*"),
        ("HTX", "(htx:* | (hop <-> tac <-> xa))"),
        ("", ""),
        ("?!…", ""),
    ],
)
def test_a_query_asks_for_every_word_and_for_what_abbreviations_mean(typed: str, query: str) -> None:
    assert queries.tsquery(typed) == query


@given(TEXTS)
def test_a_query_speaks_only_of_words_and_operators(text: str) -> None:
    assert re.fullmatch(r"(?:[a-z0-9]{1,64}|:\*| & | \| | <-> |[!()])*", queries.tsquery(text))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(text=TEXTS)
async def test_postgresql_takes_whatever_was_typed(conn: asyncpg.Connection, text: str) -> None:
    assert await conn.fetchval("select $1::text::tsquery is not null", queries.tsquery(text))


def test_a_query_has_at_most_twelve_words_of_sixty_four_letters() -> None:
    query = queries.tsquery(" ".join(["x" * 100] * 50))

    assert query == " & ".join(["x" * 64] * 12) + ":*"


@pytest.mark.parametrize(("typed", "written"), FOUND)
async def test_what_is_typed_finds_what_is_written(typed: str, written: str, conn: asyncpg.Connection) -> None:
    found = await conn.fetchval(
        "select to_tsvector('simple', $1::text) @@ $2::text::tsquery", search.fold(written), queries.tsquery(typed)
    )

    assert found


@pytest.mark.parametrize(
    "text", ["CN.CN P Q. TP.HCM", "'; drop --", "a:*b & !c", "1e5 15m2 0x1f", "BHTN LĐPT CN", "\\", "<->", "x" * 3000]
)
async def test_postgresql_takes_every_query_and_keeps_every_word_whole(text: str, conn: asyncpg.Connection) -> None:
    folded = search.fold(text[:2000])

    query = await conn.fetchval("select $1::text::tsquery", queries.tsquery(text))
    kept = await conn.fetchval("select tsvector_to_array(to_tsvector('simple', $1))", folded)

    assert query is not None
    assert set(kept) == set(folded.split())


@pytest.mark.parametrize(("typed", "written", "matches", "why"), PAIRS)
async def test_every_collected_pair_holds(
    typed: str, written: str, matches: str, why: str, conn: asyncpg.Connection
) -> None:
    made = searchable(written, "")
    query = queries.parse(typed)

    found, rank = await conn.fetchrow(
        RANKED, made.search_text, made.title_marked, query.written(), " ".join(query.marked), " ".join(query.said())
    )

    assert found
    if matches == "0":
        assert rank < await conn.fetchval(RANK_OF_ITSELF, typed, search.fold(typed)), why


RANKED = "select to_tsvector('simple', $1::text) @@ $3::text::tsquery, " + search.rank(
    "$2::text", "split_part($1, E'\n', 1)", "$1"
).format(marked="$4::text", folded="$5::text")
RANK_OF_ITSELF = "select " + search.rank("$1::text", "$2::text", "$2::text").format(
    marked="$1::text", folded="$2::text"
)
