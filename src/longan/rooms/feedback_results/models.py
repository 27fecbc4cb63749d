"""Nouns of the room: figures of a month, with nothing in them that would point at one report."""

import msgspec

from longan.floor.base.fields import Count, Day, Identifier, Timestamp


class FeedbackFigures(msgspec.Struct, frozen=True):
    """Of the reports that were sent in a month (in Viet Nam), whose first day is `month`.

    `accepted_in_time_percent` and `answered_in_time_percent` are of those whose term is over or met; `reopened` is how
    often an answer was called in question; `rating` the mean of the stars, in tenths. Where less than ten stand behind
    a number it is null.
    """

    month: Day
    category_code: str
    unit_id: Identifier | None
    unit_name: str | None
    received: Count | None
    refused: Count | None
    answered: Count | None
    accepted_in_time_percent: Count | None
    answered_in_time_percent: Count | None
    reopened: Count | None
    rating_tenths: Count | None


class FeedbackFiguresPage(msgspec.Struct, frozen=True):
    """`counted_at`: when the figures were counted; null as long as there are none."""

    items: list[FeedbackFigures]
    counted_at: Timestamp | None


class PublicFigures(msgspec.Struct, frozen=True):
    """As for officials, of all units together."""

    month: Day
    category_code: str
    received: Count | None
    answered: Count | None
    accepted_in_time_percent: Count | None
    answered_in_time_percent: Count | None
    rating_tenths: Count | None


class PublicFiguresPage(msgspec.Struct, frozen=True):
    items: list[PublicFigures]
    counted_at: Timestamp | None


class Sums(msgspec.Struct, frozen=True):
    """What is known of a month and a category (and a unit), before small groups are kept back."""

    month: Day
    category_code: str
    unit_id: Identifier | None
    unit_name: str | None
    received: int
    refused: int
    accept_judged: int
    accepted_in_time: int
    answer_judged: int
    answered_in_time: int
    answered: int
    reopened: int
    rated: int
    stars: int
    counted_at: Timestamp
