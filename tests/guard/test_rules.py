"""The rules are data that is read like code: what contradicts itself does not start."""

from datetime import date

import pytest

from longan.floor.guard.guard_rules import COMPUTED, BadRules, book, read

HEAD = """
[[limits]]
valid_from = 2021-01-01
hold = 50
pause_after = 3
reports_a_day = 10
note_days = 365
appeal_days = 30
traces_days = 90
pay_postings = 20
pay_spreads = 3.0
pay_times = 2.0
copied_passages = 24
copied_share = 0.5

[words]
denial = ["không"]
between = ["thu"]
yet_it_holds = ["nếu"]
"""


def rule(identifier: str, extra: str = 'patterns = ["cọc"]', valid_from: str = "2021-01-01") -> str:
    return f"""
[[rules]]
id = "{identifier}"
valid_from = {valid_from}
weight = 60
law = {{ vi = "Luật", en = "Law" }}
title = {{ vi = "Cọc", en = "Deposit" }}
explanation = {{ vi = "Bỏ", en = "Drop" }}
{extra}
"""


ALL = HEAD + "".join(rule(each, "") for each in sorted(COMPUTED))


def test_the_rules_of_the_package_can_be_read() -> None:
    rules = book()

    assert {each.rule.id for each in rules.rules} > COMPUTED
    assert rules.limits_on(date(2026, 11, 22)).hold == 50


def test_every_rule_says_its_law_and_what_to_change_in_both_languages() -> None:
    for each in book().rules:
        assert all(each.rule.law.values()) and all(each.rule.title.values()) and all(each.rule.explanation.values())


@pytest.mark.parametrize(
    ("article", "identifier"),
    [("Điều 11 khoản 2", "recruitment_fee"), ("Điều 17 khoản 2", "deposit"), ("Điều 17 khoản 1", "holding_papers"),
     ("Điều 8 khoản 1", "discrimination"), ("Điều 26", "unpaid_probation"), ("Điều 94", "pay_held_back")],
)  # fmt: skip
def test_a_rule_names_the_article_it_stands_on(article: str, identifier: str) -> None:
    found = book().rule(identifier, date(2026, 11, 22))

    assert found is not None
    assert article in found.law["vi"]


@pytest.mark.parametrize(
    "wrong",
    [
        ALL + rule("deposit") + rule("deposit"),
        ALL + rule("deposit", 'valid_to = 2024-12-31\npatterns = ["cọc"]') + rule("deposit", valid_from="2024-12-31"),
        ALL + rule("deposit", 'valid_to = 2020-12-31\npatterns = ["cọc"]'),
        ALL + rule("deposit", "patterns = []"),
        ALL + rule("pay_too_high_too", ""),
        ALL + rule("deposit", 'patterns = ["<nothing> cọc"]'),
        ALL + rule("deposit", 'patterns = ["(đặt|) cọc"]'),
        ALL + rule("deposit", 'patterns = ["đặt? cọc"]'),
        ALL + rule("deposit", 'patterns = ["..3"]'),
        ALL + rule("deposit", 'patterns = ["đặt ((cọc)"]'),
        ALL + rule("deposit", 'patterns = ["!!!"]'),
        ALL + rule("deposit", 'pattern = ["cọc"]'),
        ALL + rule("deposit", 'patterns = ["cọc"]').replace("weight = 60", "weight = 0", 5),
        ALL + rule("Deposit"),
        ALL.replace('en = "Law"', 'fr = "Loi"', 1),
        ALL.replace("hold = 50", "holds = 50"),
        ALL.replace('denial = ["không"]', ""),
        HEAD,
        HEAD.partition("[words]")[1] + HEAD.partition("[words]")[2],
        "[[rules",
    ],
)
def test_rules_that_contradict_themselves_are_refused(wrong: str) -> None:
    with pytest.raises(BadRules):
        read(wrong.encode())


def test_a_rule_may_change_on_a_day() -> None:
    older = rule("deposit", 'valid_to = 2024-12-31\npatterns = ["cọc"]')
    newer = rule("deposit", valid_from="2025-01-01").replace("weight = 60", "weight = 70")

    rules = read((ALL + older + newer).encode())

    assert [rules.rule("deposit", day).weight for day in (date(2024, 12, 31), date(2025, 1, 1))] == [60, 70]  # type: ignore[union-attr]
    assert [each.rule.weight for each in rules.on(date(2025, 1, 1)) if each.rule.id == "deposit"] == [70]
