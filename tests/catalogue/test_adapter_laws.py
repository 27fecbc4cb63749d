"""The adapter of the national catalogue: whatever comes, it names what is wrong and never raises."""

import copy
from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from longan.devkit.procedures_source import fee, method, paper, procedure, samples
from longan.floor.procedures.procedure_wire import read
from longan.floor.procedures.procedure_wire_text import PROBLEMS, words_of
from longan.floor.procedures.procedures import Procedure

DAY = date(2026, 11, 22)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=30),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(max_size=10), inside, max_size=4),
    max_leaves=12,
)
WHOLE = procedure("1.004194")


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(place for key, each in inside for place in places(each, (*at, key)))]


def codes(value: object) -> set[str]:
    return {problem.code for problem in read(value, DAY).problems}


def fits(said: Any) -> None:
    """What was read is a procedure that can be stored, or a refusal with a name."""
    refusing = [each for each in said.problems if PROBLEMS[each.code].weight == "refused"]
    assert (said.procedure is None) == bool(refusing)
    if said.procedure is not None:
        again = msgspec.json.decode(msgspec.json.encode(said.procedure), type=Procedure)
        assert again == said.procedure
    for each in said.problems:
        assert each.said is None or len(each.said) <= 80
        assert words_of(each, "vi") and words_of(each, "en")
    msgspec.json.encode(said.problems)


@settings(deadline=None, max_examples=200)
@given(json_values)
def test_whatever_comes_is_read_or_named(value: object) -> None:
    fits(read(value, DAY))


@settings(deadline=None, max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_procedure_with_anything_in_any_place_is_read_or_named(data: st.DataObject) -> None:
    value = copy.deepcopy(WHOLE)
    place = data.draw(st.sampled_from([each for each in places(value) if each]))
    holder: Any = value
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = data.draw(json_values)

    fits(read(value, DAY))


@settings(deadline=None)
@given(st.text(max_size=20).filter(bool))
def test_a_member_that_nobody_knows_is_named(name: str) -> None:
    value = {**copy.deepcopy(WHOLE)}
    known = set(value) | {"fees", "parentId"}
    if name in known:
        return
    value[name] = 1

    found = read(value, DAY)

    assert any(each.code == "field_unknown" for each in found.problems) or name.strip() == "" or found.problems


def test_a_whole_procedure_is_read_part_by_part() -> None:
    found = read(WHOLE, DAY)

    assert found.problems == [] and found.procedure is not None
    made = found.procedure
    assert (made.code, made.name, made.field, made.agency) == (
        "1.004194", "Đăng ký tạm trú", "Đăng ký, quản lý cư trú", "Bộ Công an",
    )  # fmt: skip
    assert (made.levels, made.level, made.online_level, made.channels) == (
        ["xa"], "xa", "toan_trinh", ["direct", "online"],
    )  # fmt: skip
    assert [(m.channel, m.time, m.time_unit, m.fees[0].amount) for m in made.methods] == [
        ("direct", 3, "working_day", 15_000), ("online", 3, "working_day", 7_000),
    ]  # fmt: skip
    assert [(d.case, d.code, d.originals, d.copies, d.has_form) for d in made.documents] == [
        (None, "KQ001", 1, 0, True), ("Ở nhà thuê, mượn, ở nhờ", "KQ002", 0, 1, False),
    ]  # fmt: skip
    assert (made.fee_min, made.fee_max, made.updated_on) == (7_000, 15_000, date(2026, 4, 15))
    assert made.source_url == f"https://dichvucong.gov.vn/thu-tuc-hanh-chinh/{WHOLE['id']}"


@pytest.mark.parametrize(
    "wrapped",
    [{"code": "OK", "data": WHOLE}, {"id": WHOLE["id"], "code": "1.004194", "name": "x", "detail": WHOLE},
     {"code": "OK", "data": {"detail": WHOLE}}],
    ids=["answer", "collected", "both"],
)  # fmt: skip
def test_an_answer_and_a_collected_file_are_unwrapped(wrapped: object) -> None:
    assert read(wrapped, DAY) == read(WHOLE, DAY)


@pytest.mark.parametrize(
    ("code", "problem", "said"),
    [
        ("1.0133611", "code_dirty", "1.0133611"), ("1.014955-Xoa", "code_dirty", "1.014955-Xoa"),
        ("2.009182739", "code_dirty", "2.009182739"), ("1.011442.000.00.00.H38", "code_local", "1.011442"),
        ("1.000948.H38", "code_local", "1.000948"), ("", "code_missing", None),
        ("1.00419４", "code_dirty", "1.00419４"),
        ("1.004194\n", None, None), ("H53.16-261102-0007", "code_dirty", "H53.16-261102-0007"),
    ],
)  # fmt: skip
def test_a_dirty_code_is_named_and_never_taken(code: str, problem: str | None, said: str | None) -> None:
    found = read(procedure(code), DAY)

    named = [(each.code, each.said) for each in found.problems]
    assert named == ([(problem, said)] if problem else [])
    assert (found.procedure is None) == bool(problem)


@pytest.mark.parametrize(
    ("fields", "problem", "weight"),
    [
        ({"executionMethods": [method("DIRECT", 1, fees=[fee(10)])]}, "fee_suspicious", "doubtful"),
        ({"executionMethods": [method("DIRECT", "Không", "OTHER")]}, "time_in_words", "noted"),
        ({"executionMethods": [method("DIRECT", 1, "FORTNIGHT")]}, "unit_unknown", "refused"),
        ({"executionMethods": [method("PIGEON", 1)]}, "channel_unknown", "refused"),
        ({"executionMethods": [method("DIRECT", 1, fees=[fee(5_000, "BRIBE")])]}, "fee_kind_unknown", "refused"),
        ({"executionMethods": [method("DIRECT", 1, fees=[fee(5, currencyName="E")])]}, "currency_unknown", "refused"),
        ({"executionMethods": [method("DIRECT", 1.5)]}, "wrong_type", "refused"),
        ({"executionMethods": [method("DIRECT", -1)]}, "out_of_range", "refused"),
        ({"isWard": False}, "level_missing", "refused"),
        ({"isWard": False, "isUndetermined": True}, "level_unknown", "doubtful"),
        ({"state": "ABOLISHED"}, "state_unknown", "refused"),
        ({"type": "HOLY"}, "kind_unknown", "doubtful"),
        ({"subjectTypesDetails": [{"id": "x", "name": "Rô-bốt", "code": "DT99"}]}, "subject_unknown", "doubtful"),
        ({"newPart": []}, "field_unknown", "noted"),
        ({"executionCases": [{"name": "", "profileComponents": [paper("K", " ")]}]}, "paper_without_name", "noted"),
        ({"executionSteps": []}, "part_missing", "noted"),
        ({"description": "<b>Đậm</b>"}, "markup", "noted"),
        ({"description": "x" * 50_001}, "too_long", "refused"),
        ({"name": "  "}, "name_missing", "refused"),
        ({"category": None}, "field_missing", "refused"),
        ({"departmentPromulgateName": ""}, "agency_missing", "refused"),
    ],
)  # fmt: skip
def test_an_oddity_is_named_with_its_weight(fields: dict[str, Any], problem: str, weight: str) -> None:
    found = read(procedure("1.004194", isFullProcess=False, **fields), DAY)

    assert problem in {each.code for each in found.problems}
    assert PROBLEMS[problem].weight == weight
    assert (found.procedure is None) == (weight == "refused")


def test_a_time_in_words_and_one_in_digits_as_text_are_kept_apart() -> None:
    methods = [method("DIRECT", "Không", "OTHER"), method("ONLINE", "05"), method("POSTAL", "-")]

    found = read(procedure("1.004194", executionMethods=methods), DAY).procedure

    assert found is not None
    assert [(m.time, m.time_text) for m in found.methods] == [(None, "Không"), (5, None), (None, None)]


def test_what_cannot_be_seen_is_left_out_of_texts() -> None:
    found = read(procedure("1.004194", "Đăng\u200b ký \u202etạm\u0000 trú"), DAY).procedure

    assert found is not None and found.name == "Đăng ký tạm trú"


def test_the_samples_of_the_stand_in_show_each_oddity() -> None:
    assert {each["code"]: codes(each) for each in samples()} == {
        "1.004194": set(), "1.999001": set(), "1.0133611": {"code_dirty"}, "1.014955-Xoa": {"code_dirty"},
        "2.009182739": {"code_dirty"}, "1.011442.000.00.00.H38": {"code_local"},
        "1.999002": {"fee_suspicious", "online_unlikely"}, "1.999003": {"time_in_words", "online_unlikely"},
    }  # fmt: skip
