"""Nouns of the room: what is asked, a rating, and how many answered what."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from longan.floor.base.errors import Conflict, Forbidden, Problem, RateLimited, Unprocessable
from longan.floor.base.fields import Day, Identifier, Note
from longan.floor.dossiers.dossier_codes import CodeInput
from longan.floor.dossiers.rating_questions import Kind

Score = Annotated[int, Meta(ge=1, le=5)]
VisitToken = Annotated[
    str, Meta(min_length=1, max_length=1_024, description="What the QR code of the counter holds: its last segment")
]


class RatingQuestion(msgspec.Struct, frozen=True):
    """A `score` is from 1 (bad) to 5 (good)."""

    code: str
    kind: Kind
    text: str


class RatingQuestions(msgspec.Struct, frozen=True):
    items: list[RatingQuestion]


class AnswerIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`question` is the `code` of one: a `score` is answered with `score`, 1 (bad) to 5 (good), a `yes_no` with
    `yes`."""

    question: Annotated[str, Meta(max_length=40)]
    score: Score | None = None
    yes: bool | None = None


AnswersIn = Annotated[list[AnswerIn], Meta(max_length=20, description="One to each of `list_rating_questions`")]


class DossierRatingIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`words` are read by officials of the office only, without the numbers of persons that may stand in them."""

    code: CodeInput
    answers: AnswersIn
    words: Note | None = None


class VisitRatingIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """As `DossierRatingIn`, for a visit."""

    token: VisitToken
    answers: AnswersIn
    words: Note | None = None


class Rated(msgspec.Struct, frozen=True):
    """`id` is good for taking the rating back (`withdraw_rating`) until the end of `withdraw_until`; that is null for
    whoever was not signed in."""

    id: Annotated[UUID, Meta(description="UUIDv4; keep it: nothing else leads back to the rating")]
    office_id: Identifier
    rated_on: Day
    withdraw_until: Day | None


class NewRating(msgspec.Struct, frozen=True):
    """A rating to be written down; `subject` and `rater` are keyed hashes."""

    id: UUID
    office_id: UUID
    subject: bytes | None
    rater: bytes | None
    rated_on: date
    answers: dict[str, int]
    words: str | None


class SigningKey(msgspec.Struct, frozen=True):
    """A key of a kiosk in use."""

    office_id: UUID
    kiosk_id: UUID
    public_key: bytes


class SeenDossier(msgspec.Struct, frozen=True):
    """What was last seen of a dossier, sealed for its row."""

    id: UUID
    sealed: bytes


class Answered(msgspec.Struct, frozen=True):
    """How many of an office's raters gave a question a score; `listed`: whether the office may be named."""

    office_id: UUID
    listed: bool
    question: str
    score: int
    people: int


class Result(msgspec.Struct, frozen=True):
    """A line of what is told of a month."""

    part: Literal["total", "office", "rest"]
    office_id: UUID | None
    question: str
    ratings: int
    average: float | None
    scores: list[int] | None


class DossierUnproven(Forbidden):
    code = "dossier_unproven"
    vi, en = "Hãy tra cứu hồ sơ này trước", "Look this dossier up first"


class DossierUnfinished(Conflict):
    code = "dossier_unfinished"
    vi, en = "Hồ sơ chưa giải quyết xong, hoặc đã xong từ lâu", "The dossier is not finished, or was long ago"


class AlreadyRated(Conflict):
    code = "already_rated"
    vi, en = "Lần này đã được đánh giá", "This was rated already"


class VisitTokenInvalid(Unprocessable):
    code = "visit_token_invalid"
    vi, en = "Mã QR này không đúng", "This is no QR code of a counter"


class VisitTokenExpired(Problem):
    status, code = 410, "visit_token_expired"
    vi, en = "Mã QR đã hết hạn, xin quét mã mới", "The QR code is over; scan a new one"


class TooManyVisits(RateLimited):
    code = "too_many_visits"
    vi, en = "Quầy này đã nhận đủ đánh giá trong ngày", "This counter has had its ratings of the day"
