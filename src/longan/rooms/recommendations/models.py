"""Nouns of the room: a job that may suit, why it does, and what a person does not want."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from longan.floor.base.errors import Conflict
from longan.floor.base.fields import Count, Identifier, ProvinceCode, Timestamp, WardCode
from longan.floor.pay_and_days.pay import Pay
from longan.floor.postings.drafts import OccupationCode
from longan.floor.postings.postings import EmployerBrief

PURPOSE = "job_recommendations"
MOST_HIDDEN = 500

ReasonCode = Literal[
    "near_home", "occupation", "similar_occupation", "like_your_jobs", "pay", "pay_nearly", "shift", "skills",
    "experience", "education", "new",
]  # fmt: skip
HiddenKind = Literal["job", "employer", "occupation"]


class RecommendationReason(msgspec.Struct, frozen=True):
    """`points` that it adds to the score; `text` says it to the reader."""

    code: ReasonCode
    points: Annotated[int, Meta(ge=1)]
    text: str


class RecommendedJob(msgspec.Struct, frozen=True):
    """`score` is the sum of the points of its reasons, and nothing else. `distance_km` is from the middle of the
    caller's ward to that of the job's; null when either is unknown."""

    id: Identifier
    title: str
    employer: EmployerBrief
    pay: Pay
    ward_code: WardCode
    province_code: ProvinceCode
    published_at: Timestamp
    expires_at: Timestamp
    distance_km: float | None
    score: Count
    reasons: list[RecommendationReason]


class RecommendedJobPage(msgspec.Struct, frozen=True):
    items: list[RecommendedJob]
    next_cursor: str | None


class HiddenIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One of the three. An occupation holds what lies below it."""

    job_id: Identifier | None = None
    employer_id: Identifier | None = None
    occupation_code: OccupationCode | None = None


class Hidden(msgspec.Struct, frozen=True):
    """What is not recommended any more. `name` of the job, employer or occupation; null while a job is not public."""

    id: Identifier
    kind: HiddenKind
    job_id: Identifier | None
    employer_id: Identifier | None
    occupation_code: OccupationCode | None
    name: str | None
    hidden_at: Timestamp


class HiddenPage(msgspec.Struct, frozen=True):
    items: list[Hidden]
    next_cursor: str | None


class Seeker(msgspec.Struct, frozen=True):
    """What a person has said of themself and done, as far as jobs are compared with it. `version` of their profile;
    `liked` are occupations of jobs they keep, opened or applied for."""

    consented: bool
    version: int
    lat: float | None
    lon: float | None
    occupation_code: str | None
    skills: list[str]
    experience_months: int | None
    education: str | None
    shifts: list[str]
    wanted_month_pay: int | None
    liked: list[str]


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a page ended. What was published after `began`, when the first page was asked for, is on none of them, and
    `liked` stays as it was then, so that what one keeps or opens in between moves nothing."""

    began: datetime
    version: int
    liked: list[str]
    score: int
    published_at: datetime
    id: UUID


class Scored(msgspec.Struct, frozen=True):
    """A posting with the points of each part; `skilled` numbers the seeker's skills that it speaks of, from 1."""

    id: UUID
    title: str
    employer: EmployerBrief
    pay: Pay
    ward_code: str
    province_code: str
    published_at: datetime
    expires_at: datetime
    distance_km: float | None
    score: int
    near_home: int
    occupation: int
    like_your_jobs: int
    pay_points: int
    shift: int
    skilled: list[int]
    skills: int
    experience: int
    asks_experience: bool
    education: int
    asks_education: bool
    new: int


class TooMuchHidden(Conflict):
    code = "too_much_hidden"
    vi, en = "Bạn đã ẩn quá nhiều, hãy bỏ bớt", "You have hidden too much; take some back first"
