"""Nothing that is said on social housing is a promise: whoever decides is named, and it is not us."""

import inspect
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import msgspec
import pytest

from longan.api.advice import BY_CODE
from longan.api.guide import TAGS
from longan.floor.base.errors import Problem
from longan.floor.housing_rules import social_housing_words
from longan.floor.housing_rules.social_housing import judge
from longan.floor.housing_rules.social_housing_changes import changes, papers
from longan.floor.housing_rules.social_housing_models import model_cases, read
from longan.floor.housing_rules.social_housing_rules import rules
from longan.floor.pay_and_days.dated_rules import BadRules, packaged
from longan.rooms.eligibility.routes import HANDLERS
from longan.rooms.eligibility_rules import models
from longan.rooms.eligibility_rules.routes import HANDLERS as OF_OFFICIALS

DAYS = (date(2020, 1, 1), date(2024, 8, 1), date(2025, 10, 10), date(2026, 4, 7), date(2027, 1, 1))
# To deny a promise is none.
DENIED = re.compile(r"không bảo đảm bạn được xét duyệt|no promise that you will be approved")
PROMISES = re.compile(
    r"bảo đảm|đảm bảo|cam kết|chắc chắn|hứa|sẽ được|được duyệt|trúng tuyển|bạn đủ điều kiện|bạn được (mua|thuê)"
    r"|guarantee|promis|you (are eligible|qualify|will (get|be approved|receive|own))|entitled|certainly|assured"
    r"|approved for",
    re.IGNORECASE,
)


def strings(value: object) -> Iterator[str]:
    """Every text in it, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from strings(key)
            yield from strings(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from strings(inner)


def said() -> Iterator[tuple[str, str]]:
    for name, value in vars(social_housing_words).items():
        if name.isupper():
            yield from ((name, text) for text in strings(value))
    for name in ("social_housing_rules.toml", "social_housing_cases.toml"):
        yield from ((name, text) for text in strings(msgspec.toml.decode(packaged(name))))
    for problem in vars(models).values():
        if isinstance(problem, type) and issubclass(problem, Problem):
            yield from ((problem.code, text) for text in (problem.vi, problem.en))
            yield from ((problem.code, text) for text in strings(msgspec.to_builtins(BY_CODE.get(problem.code))))
    for handler in (*HANDLERS, *OF_OFFICIALS):
        yield handler.fn.__name__, inspect.getdoc(handler.fn) or ""
    for tag in ("eligibility", "eligibility_rules"):
        yield tag, TAGS[tag]
    for each in model_cases().values():
        for day in DAYS:
            answer = [judge(each.case, day), changes(each.case, day), papers(each.case, day)]
            yield from ((f"{each.id} on {day}", text) for text in strings(msgspec.to_builtins(answer)))


def promises(text: str) -> list[Any]:
    return PROMISES.findall(DENIED.sub("", text))


def test_no_text_promises_anything() -> None:
    found = {(where, text) for where, text in said() if promises(text)}

    assert not found


@pytest.mark.parametrize(
    "text",
    [
        "Bạn đủ điều kiện mua nhà ở xã hội", "Chắc chắn được duyệt", "Bạn sẽ được mua", "You qualify for a flat",
        "You will be approved", "This is guaranteed",
    ],
)  # fmt: skip
def test_a_promise_would_be_found(text: str) -> None:
    assert promises(text)


def test_every_answer_says_who_decides() -> None:
    for each in model_cases().values():
        for day in DAYS:
            notice = judge(each.case, day).notice
            assert "Chủ đầu tư và Sở Xây dựng quyết định" in notice.vi
            assert "no decision" in notice.en


def test_the_invented_people_stand_on_both_sides_of_every_cap() -> None:
    cases = [each.case for each in model_cases().values()]

    assert len(cases) == 28
    for caps in rules().income_caps:
        outcomes = {judge(case, caps.valid_from).outcome for case in cases}
        assert outcomes == {"conditions_met", "conditions_not_met", "not_known"}


@pytest.mark.parametrize(
    "change",
    [('id = "worker_single_18m"', 'id = "worker_single_12m"'), ('wish = "rent"', 'wish = "have"'), ("groups", "grops")],
    ids=["doubled", "no such wish", "misspelt"],
)
def test_invented_people_are_read_like_code(change: tuple[str, str]) -> None:
    with pytest.raises(BadRules):
        read(packaged("social_housing_cases.toml").decode().replace(*change).encode())
