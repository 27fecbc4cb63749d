"""What is taken and what is not is dated data; a text that speaks of something else is known by its words."""

from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longan.floor.feedback.feedback_terms import (
    AnswersInvalid,
    Question,
    Value,
    answers,
    categories,
    meant_elsewhere,
    terms,
)
from longan.floor.search.search import fold
from longan.reference import load
from tests.conftest import nothing

TODAY = date(2026, 11, 22)
HEADER = (
    "province_code,code,valid_from,valid_to,place,name_vi,name_en,questions,accept_hours,urgent_hours,working_days,"
    "is_handled,elsewhere,cues,source\n"
)


async def test_the_categories_of_1022_are_there_and_what_is_for_others_says_for_whom(conn: asyncpg.Connection) -> None:
    found = await categories(conn, TODAY)

    handled = [code for code, each in found.items() if each.is_handled]
    assert handled == [
        "ha_tang", "giao_thong", "trat_tu_do_thi", "moi_truong", "an_ninh", "y_te", "du_lich", "vien_thong", "tthc",
        "chinh_sach", "thai_do", "khac",
    ]  # fmt: skip
    assert {code: each.elsewhere and each.elsewhere.phone for code, each in found.items() if not each.is_handled} == {
        "khieu_nai": None, "to_cao": None, "toi_pham": "113", "chay": "114", "cap_cuu": "115",
    }  # fmt: skip
    assert all((each.accept_hours, each.urgent_hours) == (8, 4) for each in found.values() if each.is_handled)
    assert (await terms(conn, TODAY)).reopen_times == 2
    assert await categories(conn, date(2025, 6, 30)) == {}


async def test_another_province_and_another_day_have_other_categories(conn: asyncpg.Connection, tmp_path: Path) -> None:
    (tmp_path / "feedback_categories.csv").write_text(
        HEADER
        + '79,khac,2026-01-01,,12,Việc khác,Other,"[]",8,2,3,true,,,test\n'
        + '79,du_lich,2026-01-01,2026-06-30,7,Du lịch,Tourism,"[]",8,4,3,true,,,test\n'
        + ',khac,2027-01-01,,12,Khác nữa,Other,"[]",6,3,5,true,,,test\n'
    )
    (tmp_path / "feedback_terms.csv").write_text(
        "province_code,code,valid_from,value,source\n79,reopen_days,2026-01-01,30,test\n"
    )

    for _ in range(2):
        await load.load_own(conn, nothing, tmp_path)

    theirs, ours, later = [
        await categories(conn, day, province)
        for day, province in ((TODAY, "79"), (TODAY, "80"), (date(2027, 1, 1), "80"))
    ]
    assert [each["khac"].working_days for each in (theirs, ours, later)] == [3, 7, 5]
    assert ("du_lich" in theirs, "du_lich" in ours) == (False, True)
    assert [(await terms(conn, TODAY, each)).reopen_days for each in ("79", "80")] == [30, 7]


async def test_every_cue_is_found_alone_in_capitals_and_without_marks(conn: asyncpg.Connection) -> None:
    known = (await categories(conn, TODAY)).values()
    for each in known:
        for cue in each.cues:
            for text in (cue, f"Hôm qua {cue.upper()}!", fold(cue)):
                assert each in meant_elsewhere(text, known), text


@given(text=st.text(max_size=60))
def test_a_text_without_cues_means_nothing_else(text: str) -> None:
    assert meant_elsewhere(text, []) == []


QUESTIONS = [
    Question(code="so", datatype="number", text_vi="", text_en="", required=True),
    Question(code="luc", datatype="datetime", text_vi="", text_en=""),
    Question(code="chu", datatype="string", text_vi="", text_en=""),
    Question(
        code="nhieu", datatype="multivaluelist", text_vi="", text_en="", urgent=["b"],
        values=[Value("a", "", ""), Value("b", "", "")],
    ),
]  # fmt: skip


def test_answers_are_kept_in_the_kind_of_their_question() -> None:
    given_ = {"so": ["12.5"], "luc": ["2026-11-22T01:00:00Z"], "nhieu": ["b", "a"]}

    assert answers(QUESTIONS, given_, "/attributes") == (
        {"so": 12.5, "luc": "2026-11-22T01:00:00Z", "nhieu": ["a", "b"]}, True,
    )  # fmt: skip
    assert answers(QUESTIONS, {"so": ["7"]}, "/attributes") == ({"so": 7}, False)


@given(
    given_=st.dictionaries(
        st.sampled_from(["so", "luc", "chu", "nhieu", "la"]), st.lists(st.text(max_size=20), max_size=3), max_size=5
    )
)
def test_answers_fit_or_each_wrong_one_is_named(given_: dict[str, Any]) -> None:
    try:
        kept, _ = answers(QUESTIONS, given_, "/a")
    except AnswersInvalid as refused:
        assert refused.errors and {each.pointer.rpartition("/")[2] for each in refused.errors} <= {*given_, "so"}
    else:
        assert kept.keys() == {code for code, values in given_.items() if values} and "so" in kept


@pytest.mark.parametrize("value", ["1e5", "١٢", "NaN", "", " 1", "0x1"])
def test_what_is_no_number_is_refused(value: str) -> None:
    with pytest.raises(AnswersInvalid):
        answers(QUESTIONS, {"so": [value]}, "/a")
