"""Nouns of the room: what everybody is told of a month, and what officials are told of their own office."""

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from longan.floor.base.fields import Count, Identifier, Timestamp

Month = Annotated[str, Meta(description="YYYY-MM", examples=["2026-10"])]
Average = Annotated[float, Meta(description="1 (bad) to 5 (good), to one place")]


class QuestionFigures(msgspec.Struct, frozen=True):
    """`scores`: how many gave 1, 2, 3, 4 and 5, or have said no and yes; null where fewer than 10 gave one of them, or
    it could be worked out that they did. `average` is null of a question for yes or no."""

    question: str
    average: Average | None
    scores: list[Count] | None


class Figures(msgspec.Struct, frozen=True):
    ratings: Count
    questions: list[QuestionFigures]


class MonthRatings(msgspec.Struct, frozen=True):
    """`rest`: the offices that are not told by themselves, together. A month is told once, on the 8th of the next one,
    and stays as it is: `told_at` is null, and so are the others, until then; `total` is null where less than 10 people
    have rated anything."""

    month: Month
    told_at: Timestamp | None
    total: Figures | None
    rest: Figures | None


class OfficeBrief(msgspec.Struct, frozen=True):
    id: Identifier
    agency_code: str
    unit: str | None
    name: str
    ward_code: str


class OfficeRatings(msgspec.Struct, frozen=True):
    office: OfficeBrief
    month: Month
    ratings: Count
    questions: list[QuestionFigures]


class OfficeRatingsPage(msgspec.Struct, frozen=True):
    items: list[OfficeRatings]
    next_cursor: str | None


class OwnAnswers(msgspec.Struct, frozen=True):
    """How many answered a question so: 1 to 5, or 0 and 1 for no and yes."""

    question: str
    score: Count
    people: Count


class OwnResults(msgspec.Struct, frozen=True):
    """Ratings that were shown together, in `month`; they were made before it, in one month or several. There are never
    fewer than five, and what fewer have said waits for more."""

    month: Month
    ratings: Count
    answers: list[OwnAnswers]


class OwnResultsPage(msgspec.Struct, frozen=True):
    items: list[OwnResults]
    next_cursor: str | None


class RatingWords(msgspec.Struct, frozen=True):
    """`overall` is the writer's answer to that question, `month` that of `OwnResults`."""

    id: Annotated[UUID, Meta(description="UUIDv4, for nothing but telling words apart")]
    month: Month
    overall: Count
    words: str


class RatingWordsPage(msgspec.Struct, frozen=True):
    items: list[RatingWords]
    next_cursor: str | None


class Part(msgspec.Struct, frozen=True):
    """The total of a month, or the rest."""

    part: str
    ratings: int
    questions: list[QuestionFigures]
