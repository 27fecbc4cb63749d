"""What a province takes reports of (1022), with which questions and terms, and whom to turn to for what it does not:
dated data of `reference.feedback_categories` and `reference.feedback_terms`."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Literal, TypeAlias

import asyncpg
import msgspec

from longan.floor.base.errors import FieldError, Unprocessable
from longan.floor.database.db import many
from longan.floor.search.search import fold, mark

Datatype = Literal["string", "text", "number", "datetime", "singlevaluelist", "multivaluelist"]
"""As Open311 GeoReport v2 names them."""

Connection: TypeAlias = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy
Answers: TypeAlias = dict[str, "str | int | float | list[str]"]
"""By the codes of the questions, as `feedback.reports.attributes` keeps them."""

MAX_TEXT = 1_000
_NUMBER = re.compile(r"-?[0-9]{1,12}([.][0-9]{1,6})?")
_WORDS = re.compile(r"\w+")


class AnswersInvalid(Unprocessable):
    code = "answers_invalid"
    vi, en = "Có câu trả lời chưa đúng với câu hỏi", "Some answers do not fit their questions"


class Value(msgspec.Struct, frozen=True):
    """One of the answers to choose from."""

    key: str
    name_vi: str
    name_en: str


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What a category asks. `values` are there for the two kinds of list; an answer among `urgent` makes the report an
    urgent one."""

    code: str
    datatype: Datatype
    required: bool = False
    text_vi: str
    text_en: str
    values: list[Value] = []
    urgent: list[str] = []


class Elsewhere(msgspec.Struct, frozen=True):
    """Whom to turn to instead. `law` and `phone` are null where there is none."""

    law: str | None
    where_vi: str
    where_en: str
    phone: str | None


class Category(msgspec.Struct, frozen=True):
    """`accept_hours`, and `urgent_hours` in their place for what is urgent, are working hours until a report is
    accepted, `working_days` until it is answered; all 0 for what is not handled here, which has an `elsewhere`. `cues`
    are words, with their marks, by which a text may speak of it."""

    code: str
    name_vi: str
    name_en: str
    questions: list[Question]
    accept_hours: int
    urgent_hours: int
    working_days: int
    is_handled: bool
    elsewhere: Elsewhere | None
    cues: list[str]


class Terms(msgspec.Struct, frozen=True):
    """The numbers of the rules.

    An answer may be called in question `reopen_times` times, each within `reopen_days` days; a report is closed after
    those by itself. `similar_metres`, `similar_days`: how near and how fresh reports are that may be of the same thing.
    `reports_a_day`: how many an account may send.
    """

    reopen_times: int
    reopen_days: int
    similar_metres: int
    similar_days: int
    reports_a_day: int


# The province's own row goes before the one of everywhere, of each the newest that has come.
CATEGORIES = """-- feedback_terms.categories
select k.code, k.name_vi, k.name_en, k.questions::text, coalesce(k.accept_hours, 0)::integer as accept_hours,
       coalesce(k.urgent_hours, 0)::integer as urgent_hours, coalesce(k.working_days, 0)::integer as working_days,
       k.is_handled, k.elsewhere::text, k.cues
  from (select distinct on (c.code) c.*
          from reference.feedback_categories c
         where c.valid_from <= $1 and (c.province_code is null or c.province_code = $2)
         order by c.code, c.province_code nulls last, c.valid_from desc) k
 where k.valid_to is null or k.valid_to >= $1
 order by k.place, k.code"""


async def categories(conn: Connection, day: date, province: str | None = None) -> dict[str, Category]:
    """The categories of a day, of everywhere and of the province, in the order in which they are offered; what is not
    handled here is among them."""
    rows = await conn.fetch(CATEGORIES, day, province)
    return {row["code"]: _category(row) for row in rows}


def _category(row: asyncpg.Record) -> Category:
    given = dict(row)
    given["questions"] = msgspec.json.decode(given["questions"])
    given["elsewhere"] = None if given["elsewhere"] is None else msgspec.json.decode(given["elsewhere"])
    return msgspec.convert(given, Category)


TERMS = """-- feedback_terms.terms
select distinct on (t.code) t.code, t.value
  from reference.feedback_terms t
 where t.valid_from <= $1 and (t.province_code is null or t.province_code = $2)
 order by t.code, t.province_code nulls last, t.valid_from desc"""


class _Number(msgspec.Struct, frozen=True):
    code: str
    value: int


async def terms(conn: Connection, day: date, province: str | None = None) -> Terms:
    """The numbers that hold on a day. Raises `msgspec.ValidationError` where the data lacks one."""
    return msgspec.convert(
        {each.code: each.value for each in many(await conn.fetch(TERMS, day, province), _Number)}, Terms
    )


def meant_elsewhere(text: str, known: Iterable[Category]) -> list[Category]:
    """What is not handled here and a text speaks of, by its words: with their marks, or without where its writer uses
    none. It may be otherwise meant: who wrote it is to be asked."""
    plain = text.isascii()
    said = f" {fold(text) if plain else _marked(text)} "
    return [
        each for each in known
        if any(f" {fold(cue) if plain else _marked(cue)} " in said for cue in each.cues)
    ]  # fmt: skip


def _marked(text: str) -> str:
    return " ".join(_WORDS.findall(mark(text)))


def answers(questions: Sequence[Question], given: Mapping[str, Sequence[str]], pointer: str) -> tuple[Answers, bool]:
    """The answers as they are kept, and whether one of them makes the report urgent. `given` are the values of each
    code. Raises `AnswersInvalid`, which names each wrong one as `pointer`/code."""
    found: Answers = {}
    wrong: dict[str, str] = {}
    asked = {each.code: each for each in questions}
    for code in given.keys() - asked.keys():
        wrong[code] = "unknown"
    for question in questions:
        values = given.get(question.code, ())
        if not values:
            wrong |= {question.code: "required"} if question.required else {}
            continue
        try:
            found[question.code] = _answer(question, values)
        except ValueError as error:
            wrong[question.code] = str(error)
    if wrong:
        raise AnswersInvalid(*(FieldError(f"{pointer}/{code}", what) for code, what in sorted(wrong.items())))
    return found, any(value in asked[code].urgent for code in found for value in given[code])


def _answer(question: Question, values: Sequence[str]) -> str | int | float | list[str]:
    """Raises `ValueError` with the key of a message."""
    keys = [value.key for value in question.values]
    if question.datatype in ("singlevaluelist", "multivaluelist") and not set(values) <= set(keys):
        raise ValueError("not_one_of")
    if question.datatype == "multivaluelist":
        return [key for key in keys if key in values]
    if len(values) > 1:
        raise ValueError("repeated")
    value = values[0]
    if question.datatype == "number":
        if _NUMBER.fullmatch(value) is None:
            raise ValueError("bad_form")
        return float(value) if "." in value else int(value)
    if question.datatype == "datetime":
        try:
            msgspec.convert(value, Annotated[datetime, msgspec.Meta(tz=True)])
        except msgspec.ValidationError:
            raise ValueError("bad_time") from None
    if len(value) > MAX_TEXT:
        raise ValueError("too_long")
    return value
