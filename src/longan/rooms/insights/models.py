"""Nouns of the room: what an employer sees of its postings, and what everybody sees of the market."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from longan.floor.base.fields import Count, Day, Identifier, Timestamp
from longan.floor.pay_and_days.pay import Amount
from longan.floor.postings.postings import Status

Dimension = Literal["occupation", "ward", "shift", "month"]
Hours = Annotated[float, Meta(description="Hours, to one place")]


class ViewDay(msgspec.Struct, frozen=True):
    """A day in Viet Nam: how often postings were opened, and by how many people."""

    day: Day
    views: Count
    viewers: Count


class StepCount(msgspec.Struct, frozen=True):
    status: str
    applications: Count


class JobFigures(msgspec.Struct, frozen=True):
    """`views`, `viewers` and `days` count from `since` on, days without a view left out; the rest counts what there is
    now. `answered` had a first answer, which is the employer's first step, `viewed` among them; `answer_hours` is the
    median time to it, null while nobody was answered."""

    job_id: Identifier
    status: Status
    openings: Count
    filled: Count
    since: Day
    views: Count
    viewers: Count
    days: list[ViewDay]
    saves: Count
    applications: Count
    by_status: list[StepCount]
    answered: Count
    answer_hours: Hours | None


class EmployerFigures(msgspec.Struct, frozen=True):
    """As `JobFigures`, over all postings of the employer. `response_rate` and `response_hours` are those that everybody
    sees; null below ten applications."""

    employer_id: Identifier
    postings: Count
    open_postings: Count
    since: Day
    views: Count
    viewers: Count
    days: list[ViewDay]
    saves: Count
    applications: Count
    by_status: list[StepCount]
    answered: Count
    answer_hours: Hours | None
    response_rate: float | None
    response_hours: Hours | None


class JobSummary(msgspec.Struct, frozen=True):
    """One posting in the list; `views` and `viewers` of as many days back as views are kept."""

    job_id: Identifier
    title: str
    status: Status
    created_at: Timestamp
    published_at: Timestamp | None
    openings: Count
    filled: Count
    views: Count
    viewers: Count
    saves: Count
    applications: Count
    answered: Count
    answer_hours: Hours | None


class JobSummaryPage(msgspec.Struct, frozen=True):
    items: list[JobSummary]
    next_cursor: str | None


class MarketGroup(msgspec.Struct, frozen=True):
    """`key` is an occupation's code (two figures), a ward's, a shift or a month (YYYY-MM); null for postings that do
    not say it. `median_month` is the median effective pay in đồng a month, rounded to 10,000; null where fewer than 10
    postings of 3 employers tell theirs."""

    key: str | None
    name: str | None
    postings: Count
    openings: Count
    median_month: Amount | None


class Sum(msgspec.Struct, frozen=True):
    postings: Count
    openings: Count
    median_month: Amount | None


class JobMarket(msgspec.Struct, frozen=True):
    """`items` with the most postings first, months in their order. `rest` are the groups that are not told, together.
    `counted_at` is null, and the rest empty, while there is nothing that may be told."""

    dimension: str
    counted_at: Timestamp | None
    total: Sum | None
    items: list[MarketGroup]
    rest: Sum | None


class Cell(msgspec.Struct, frozen=True):
    """A group as it was counted. `employers` and `paying` hold at most three: more need not be told apart. `paying` are
    those of the `paid` postings, which have an effective pay."""

    key: str | None
    name: str | None
    is_total: bool
    postings: int
    openings: int
    employers: list[UUID]
    paid: int
    paying: list[UUID]
    median_month: int | None


class Told(msgspec.Struct, frozen=True):
    """What may be told of a dimension: the groups by themselves, and all the others together."""

    total: Sum | None
    groups: list[MarketGroup]
    rest: Sum | None


class Row(msgspec.Struct, frozen=True):
    """A line of what was told last."""

    part: str
    key: str | None
    name: str | None
    postings: int
    openings: int
    median_month: int | None
    counted_at: datetime
