"""What people are asked of an office, as dated data: a list holds from the first day of a month on.

Our own questions: no form of the state for them could be verified. All of a list are answered, so that whoever answers
one of them is in no smaller group than whoever answers another; and a list begins with a month, because a month is
what results are told of.
"""

import csv
from collections.abc import Sequence
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Literal, Protocol

import msgspec

from longan.floor.base.errors import FieldError, InvalidRequest

Kind = Literal["score", "yes_no"]

OVERALL = "overall"
"""The question that every list has."""


class Question(msgspec.Struct, frozen=True):
    """`score` is answered with 1 (bad) to 5 (good), `yes_no` with true or false."""

    valid_from: date
    code: str
    kind: Kind
    text_vi: str
    text_en: str


class Answer(Protocol):
    """What somebody says to a question: a score, or yes or no."""

    @property
    def question(self) -> str: ...
    @property
    def score(self) -> int | None: ...
    @property
    def yes(self) -> bool | None: ...


class BadQuestions(ValueError):
    """The data of the questions is none: nothing starts with it."""


@cache
def _all() -> tuple[Question, ...]:
    text = (files("longan.reference") / "data" / "rating_questions.csv").read_text("utf-8")
    read = msgspec.convert(list(csv.DictReader(text.splitlines())), tuple[Question, ...])
    for begins in {each.valid_from for each in read}:
        codes = [each.code for each in read if each.valid_from == begins]
        if begins.day != 1 or OVERALL not in codes or len(codes) != len(set(codes)):
            raise BadQuestions(f"the list from {begins} does not begin with a month, or lacks or repeats a question")
    return read


@cache
def questions(day: date) -> dict[str, Question]:
    """The list in force on that day, by code, in its order; the first one for the days before."""
    begun = {each.valid_from for each in _all() if each.valid_from <= day} or {min(q.valid_from for q in _all())}
    return {each.code: each for each in _all() if each.valid_from == max(begun)}


def scores(answers: Sequence[Answer], day: date) -> dict[str, int]:
    """The answers as they are counted: 1 to 5, and 0 or 1 for no and yes. Raises `InvalidRequest` naming each that is
    of no question of the list, is given twice or in the other way, and the list where one is missing."""
    asked, found, wrong = questions(day), dict[str, int](), list[FieldError]()
    for place, answer in enumerate(answers):
        question = asked.get(answer.question)
        given, other = (
            (answer.yes, answer.score) if question and question.kind == "yes_no" else (answer.score, answer.yes)
        )
        name = "yes" if question and question.kind == "yes_no" else "score"
        if question is None:
            wrong.append(FieldError(f"/answers/{place}/question", "not_one_of"))
        elif answer.question in found:
            wrong.append(FieldError(f"/answers/{place}/question", "repeated"))
        elif given is None or other is not None:
            wrong.append(FieldError(f"/answers/{place}/{name}", "required" if given is None else "one_of_them"))
        else:
            found[answer.question] = int(given)
    if wrong or found.keys() != asked.keys():
        raise InvalidRequest(*(wrong or [FieldError("/answers", "required")]))
    return {code: found[code] for code in asked}
