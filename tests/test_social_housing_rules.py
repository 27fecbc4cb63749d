"""The rules of social housing are data that is read like code."""

import gzip
import json
from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longan.floor.housing_rules.social_housing_rules import GROUPS, MOST_BYTES, read, rules
from longan.floor.pay_and_days.dated_rules import BadRules, on, packaged

FILE = packaged("social_housing_rules.toml").decode()


@pytest.mark.parametrize(
    ("day", "single", "single_parent", "couple", "named"),
    [
        (date(2024, 8, 1), 15, 15, 30, "100/2024"),
        (date(2025, 10, 9), 15, 15, 30, "100/2024"),
        (date(2025, 10, 10), 20, 30, 40, "261/2025"),
        (date(2026, 4, 6), 20, 30, 40, "261/2025"),
        (date(2026, 4, 7), 25, 35, 50, "136/2026"),
    ],
)
def test_each_day_has_the_caps_of_its_decree(
    day: date, single: int, single_parent: int, couple: int, named: str
) -> None:
    caps = on(rules().income_caps, day)

    assert caps is not None
    assert [caps.of("single"), caps.of("single_parent"), caps.of("couple")] == [
        single * 10**6, single_parent * 10**6, couple * 10**6,
    ]  # fmt: skip
    assert named in caps.law


def test_before_the_law_there_are_no_rules() -> None:
    assert on(rules().income_caps, date(2024, 7, 31)) is None


def test_all_twelve_groups_are_there_and_say_from_where_they_are_known() -> None:
    assert {group.number for group in rules().groups} == set(GROUPS)
    assert all(group.law and group.source for group in rules().groups)


def test_the_papers_are_those_of_the_procedure() -> None:
    lines = gzip.decompress(packaged("procedures.jsonl.gz")).decode().splitlines()
    found = {procedure["code"]: procedure for procedure in map(json.loads, lines)}

    codes = {document["code"] for code in rules().procedures for document in found[code]["detail"]["documents"]}

    named = {paper.procedure_document for paper in rules().papers if paper.procedure_document is not None}
    assert named and named <= codes


def test_the_notice_promises_nothing() -> None:
    assert "không bảo đảm" in rules().notice.vi and "no promise" in rules().notice.en


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("valid_to = 2025-10-09\nlaw = \"NĐ 100/2024/NĐ-CP Điều 30\"", "valid_to = 2025-10-10\nlaw = \"NĐ 100\""),
        ("valid_to = 2025-10-09\nlaw = \"NĐ 100/2024/NĐ-CP Điều 30\"", "valid_to = 2025-10-08\nlaw = \"NĐ 100\""),
        ("valid_to = 2026-04-06\n", ""),
        ("number = 12", "number = 11"),
        ("number = 12", "number = 13"),
        ("single = 25000000", "single = 55000000"),
        ("single_parent = 35000000", "single_parents = 35000000"),
        ('income = "elsewhere"', 'income = "unknown"'),
        ('id = "proof_of_merit"', 'id = "proof_of_poverty"'),
        ('id = "proof_of_merit"', 'id = "Proof"'),
        ("groups = [9, 10, 11]", "groups = [9, 9]"),
        ("groups = [9, 10, 11]\n", ""),
        ('procedures = ["1.014632"]', 'procedures = ["1.014632", "1.014632"]'),
        ('procedures = ["1.014632"]', "procedures = []"),
        ("m2_a_person_below = 15", "m2_a_person_below = 0"),
        ('needed_for = "small_house"', 'needed_for = "no_house"'),
        ("couple = 50000000", "couple = 50000000\ncouple = 50000000"),
        ("[[renting]]", "[[renting_out]]"),
        ("không bảo đảm bạn được xét duyệt", "bạn được xét duyệt"),
        ("no promise that you will be approved", "you will be approved"),
    ],
    ids=[
        "overlap", "gap", "two without an end", "a group twice", "no such group", "a single above a couple",
        "unknown key", "unknown value", "a paper twice", "misspelt id", "a group of a paper twice",
        "membership of no group", "procedure twice", "no procedure", "no area", "a paper is missing", "key twice",
        "unknown table", "a notice that promises", "a notice that promises in English",
    ],
)  # fmt: skip
def test_a_text_that_contradicts_itself_is_refused(before: str, after: str) -> None:
    assert before in FILE

    with pytest.raises(BadRules):
        read(FILE.replace(before, after, 1).encode())


def test_a_text_without_end_is_refused_unread() -> None:
    with pytest.raises(BadRules):
        read(b"#" * (MOST_BYTES + 1))


PLAIN = msgspec.toml.decode(FILE.encode())
DATED = sorted((name, at) for name, rows in PLAIN.items() if name not in ("notice", "procedures")
               for at in range(len(rows)))  # fmt: skip


DAYS = st.dates(date(2020, 1, 1), date(2030, 1, 1))
KEYS = {key for name, at in DATED for key in PLAIN[name][at]}


def changed() -> dict[str, Any]:
    """The rules in the package as they are read, to be changed."""
    found: dict[str, Any] = msgspec.toml.decode(FILE.encode())
    return found


def toml(said: dict[str, Any]) -> bytes:
    plain = [f"{name} = {_value(value)}" for name, value in said.items() if name in ("notice", "procedures")]
    rows = [
        "\n".join([f"[[{name}]]", *(f"{key} = {_value(value)}" for key, value in row.items())])
        for name, table in said.items() if name not in ("notice", "procedures") for row in table
    ]  # fmt: skip
    return "\n".join(plain + rows).encode()


def _value(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_value(each)}" for key, each in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False)


def test_what_is_changed_was_whole_before() -> None:
    assert read(toml(changed())) == rules()


@given(st.sampled_from(DATED), DAYS, DAYS)
def test_of_one_rule_no_day_is_ever_ruled_twice(row: tuple[str, int], start: date, end: date) -> None:
    """Whatever days a rule is given: the text is refused, or each day has at most one of each."""
    name, at = row
    said = changed()
    said[name][at] |= {"valid_from": start, "valid_to": end}

    try:
        found = read(toml(said))
    except BadRules:
        return

    alike = [
        each for each in getattr(found, name)
        if getattr(each, "number", getattr(each, "id", None)) == said[name][at].get("number", said[name][at].get("id"))
    ]  # fmt: skip
    edges = {day for each in alike for day in (each.valid_from, each.valid_to) if day is not None}
    assert start <= end
    assert all(sum(each.on(day) for each in alike) <= 1 for day in edges)


@given(st.sampled_from(DATED))
def test_a_rule_that_stands_twice_is_refused(row: tuple[str, int]) -> None:
    name, at = row
    said = changed()
    said[name].append(said[name][at])

    with pytest.raises(BadRules):
        read(toml(said))


@given(st.sampled_from(DATED), st.from_regex("[a-z_]{1,12}", fullmatch=True))
def test_a_key_that_nobody_knows_is_refused_wherever_it_stands(row: tuple[str, int], key: str) -> None:
    name, at = row
    known = changed()
    if key in KEYS:
        return
    known[name][at][key] = 1

    with pytest.raises(BadRules):
        read(toml(known))


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_whatever_is_sent_is_refused_and_breaks_nothing(text: bytes) -> None:
    for given_ in (text, FILE.encode() + text):
        try:
            read(given_)
        except BadRules:
            continue
