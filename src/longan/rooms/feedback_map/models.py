"""The nouns of the room."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from longan.floor.base.errors import Unprocessable
from longan.floor.base.fields import Count, Identifier, Timestamp
from longan.floor.feedback.feedback_states import Status

Sort = Literal["newest", "distance", "centre"]
Degrees = Annotated[float, Meta(description="Degrees, rounded")]


class FeedbackChoice(msgspec.Struct, frozen=True):
    key: str
    name: str


class FeedbackQuestion(msgspec.Struct, frozen=True):
    """`datatype` as Open311 has it; `values` to choose from for the two kinds of list."""

    code: str
    datatype: str
    required: bool
    text: str
    values: list[FeedbackChoice]


class FeedbackElsewhere(msgspec.Struct, frozen=True):
    """Whom to turn to instead."""

    law: str | None
    where: str
    phone: str | None


class FeedbackCategory(msgspec.Struct, frozen=True):
    """`accept_hours` are working hours until it is accepted (`urgent_hours` where an answer makes it urgent),
    `working_days` until it is answered. What is not handled here has `elsewhere`, and no terms."""

    code: str
    name: str
    is_handled: bool
    questions: list[FeedbackQuestion]
    accept_hours: Count
    urgent_hours: Count
    working_days: Count
    elsewhere: FeedbackElsewhere | None


class FeedbackCategories(msgspec.Struct, frozen=True):
    items: list[FeedbackCategory]


class PublicFeedback(msgspec.Struct, frozen=True):
    """A report as everybody sees it: `description` is what an official has approved, the place is rounded to about
    55 m. `distance_km` is from the point that was asked for."""

    id: Identifier
    code: str
    category_code: str
    description: str
    lat: Degrees | None
    lon: Degrees | None
    ward_code: str | None
    ward: str | None
    status: str
    supporters: Count
    due_at: Timestamp | None
    answered_at: Timestamp | None
    created_at: Timestamp
    distance_km: float | None


class PublicFeedbackPage(msgspec.Struct, frozen=True):
    items: list[PublicFeedback]
    next_cursor: str | None


class FeedbackStep(msgspec.Struct, frozen=True):
    status: str
    at: Timestamp


class FeedbackPicture(msgspec.Struct, frozen=True):
    id: Identifier
    width: Count
    height: Count
    url: str
    thumbnail_url: str


class FeedbackPage(msgspec.Struct, frozen=True):
    """One public report: `answer` is the public result, `rating` the stars its sender gave."""

    id: Identifier
    code: str
    category_code: str
    category: str
    description: str
    answer: str | None
    lat: Degrees | None
    lon: Degrees | None
    ward_code: str | None
    ward: str | None
    status: str
    is_urgent: bool
    supporters: Count
    rating: int | None
    due_at: Timestamp | None
    created_at: Timestamp
    answered_at: Timestamp | None
    closed_at: Timestamp | None
    steps: list[FeedbackStep]
    photos: list[FeedbackPicture]


class SimilarFeedback(msgspec.Struct, frozen=True):
    """A report that may be of the same thing; `own`: the caller has sent it, and may be the only one who sees it."""

    id: Identifier
    code: str
    own: bool
    description: str
    status: str
    supporters: Count
    supported: bool
    distance_m: Count
    created_at: Timestamp


class SimilarFeedbackList(msgspec.Struct, frozen=True):
    """The nearest first. `within_m`, `within_days`: how near and how fresh they are."""

    items: list[SimilarFeedback]
    within_m: Count
    within_days: Count


class FeedbackCluster(msgspec.Struct, frozen=True):
    """So many reports in one cell of the tile, with their middle. Of a single one `code`, category and status."""

    lat: Degrees
    lon: Degrees
    count: Count
    code: str | None
    category_code: str | None
    status: str | None


class FeedbackTile(msgspec.Struct, frozen=True):
    """A tile of a web map (z, x to the east, y to the south), its reports in 8 x 8 cells at most."""

    z: Count
    x: Count
    y: Count
    total: Count
    clusters: list[FeedbackCluster]


class FeedbackCategoryCount(msgspec.Struct, frozen=True):
    category_code: str
    name: str
    count: Count


class FeedbackStatusCount(msgspec.Struct, frozen=True):
    status: Status
    count: Count


class FeedbackFacets(msgspec.Struct, frozen=True):
    """How many reports there are of each category among those of the asked statuses, and of each status among those of
    the asked categories; `total` of both."""

    total: Count
    categories: list[FeedbackCategoryCount]
    statuses: list[FeedbackStatusCount]


class Asked(msgspec.Struct, frozen=True):
    """What a list of public reports is asked for. `box` is west, south, east, north."""

    now: datetime
    wards: list[str] | None = None
    category_code: str | None = None
    status: Status | None = None
    is_open: bool | None = None
    lat: float | None = None
    lon: float | None = None
    metres: float | None = None
    box: tuple[float, float, float, float] | None = None


class Tile(msgspec.Struct, frozen=True):
    z: int
    x: int
    y: int


class BoxInvalid(Unprocessable):
    """A box ends where it begins, or before; across the 180th meridian none is taken."""

    code = "box_invalid"
    vi, en = "Khung bản đồ không hợp lệ", "The box is not valid"
