"""The questions of a category as attributes of GeoReport v2, and the answers of a form to them."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from longan.floor.base.errors import FieldError
from longan.floor.feedback.feedback_terms import Category, Question
from longan.floor.formats.georeport import AttributeValue, ServiceAttribute

LONGEST_STRING = 500
LONGEST_TEXT = 2_000
_NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?", re.ASCII)
HINTS = {
    "datetime": ("Ngày giờ theo ISO 8601, ví dụ 2026-11-22T08:00:00+07:00", "ISO 8601: 2026-11-22T08:00:00+07:00"),
    "number": ("Chữ số, dấu chấm cho phần thập phân", "Digits, with a point for decimals"),
}


def promise(category: Category, locale: str) -> str:
    """Until when a report of the category is taken up and answered, in words: its `service_notice`."""
    hours, days = category.accept_hours, category.working_days
    if locale == "en":
        return f"Taken up within {hours} working hours, answered within {days} working days."
    return f"Tiếp nhận trong {hours} giờ làm việc, trả lời trong {days} ngày làm việc."


def attributes(questions: Sequence[Question], locale: str) -> list[ServiceAttribute]:
    """In the order in which the category asks."""
    english = locale == "en"
    return [
        ServiceAttribute(
            variable=True,
            code=each.code,
            datatype=each.datatype,
            required=each.required,
            datatype_description=HINTS[each.datatype][english] if each.datatype in HINTS else None,
            order=place,
            description=each.text_en if english else each.text_vi,
            values=[AttributeValue(one.key, one.name_en if english else one.name_vi) for one in each.values],
        )
        for place, each in enumerate(questions, 1)
    ]


def answers(questions: Sequence[Question], given: dict[str, list[str]]) -> tuple[dict[str, Any], list[FieldError]]:
    """The answers by the question's code, and what is wrong with them: what is missing, unknown or of another kind."""
    known = {each.code: each for each in questions}
    wrong = [FieldError(f"/attribute[{code}]", "unknown") for code in given if code not in known]
    wrong += [
        FieldError(f"/attribute[{each.code}]", "required")
        for each in questions
        if each.required and each.code not in given
    ]
    said: dict[str, Any] = {}
    for code, values in given.items():
        if code in known:
            said[code], fault = _answer(known[code], values)
            if fault is not None:
                wrong.append(FieldError(f"/attribute[{code}]", fault))
    return said, wrong


def is_urgent(questions: Sequence[Question], said: dict[str, Any]) -> bool:
    """Whether one of the answers is among those that make a report urgent."""
    return any(
        not {said[each.code]}.isdisjoint(each.urgent)
        if isinstance(said[each.code], str)
        else isinstance(said[each.code], list) and not set(said[each.code]).isdisjoint(each.urgent)
        for each in questions
        if each.code in said
    )


def _answer(question: Question, values: list[str]) -> tuple[Any, str | None]:
    kind = question.datatype
    if kind == "multivaluelist":
        keys = {each.key for each in question.values}
        chosen = list(dict.fromkeys(values))
        return chosen, None if keys.issuperset(chosen) else "not_one_of"
    if len(values) > 1:
        return None, "repeated"
    value = values[0]
    if kind == "singlevaluelist":
        return value, None if value in {each.key for each in question.values} else "not_one_of"
    if kind == "number":
        if _NUMBER.fullmatch(value) is None:
            return None, "bad_form"
        return (float(value) if "." in value else int(value)), None
    if kind == "datetime":
        try:
            return datetime.fromisoformat(value).isoformat(), None
        except ValueError:
            return None, "bad_time"
    longest = LONGEST_TEXT if kind == "text" else LONGEST_STRING
    if len(value) > longest:
        return None, "too_long"
    return value, "bad_text" if kind == "string" and "\n" in value else None
