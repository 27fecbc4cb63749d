"""Nouns of the room: a posting that is kept, and that one was opened."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from longan.floor.base.errors import Conflict
from longan.floor.base.fields import Count, Day, Identifier, ProvinceCode, Timestamp, WardCode
from longan.floor.pay_and_days.pay import Pay
from longan.floor.postings.postings import EmployerBrief

MOST_SAVED = 500
MOST_TIMES = 100

SavedStatus = Literal["open", "paused", "closed", "expired", "unavailable"]
Times = Annotated[int, Meta(ge=1, le=MOST_TIMES, extra_json_schema={"format": "int32"})]


class SavedJob(msgspec.Struct, frozen=True):
    """A posting somebody keeps, as it stands now. `unavailable`: it waits for an official or was taken down by one;
    its `title` is null then, and comes back with it."""

    id: Identifier
    status: SavedStatus
    title: str | None
    employer: EmployerBrief
    pay: Pay
    ward_code: WardCode
    province_code: ProvinceCode
    published_at: Timestamp | None
    expires_at: Timestamp
    saved_at: Timestamp


class SavedJobPage(msgspec.Struct, frozen=True):
    items: list[SavedJob]
    next_cursor: str | None


class JobView(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """That a posting was opened: `times` on that day so far, as the phone counts them; `day` is Viet Nam's."""

    job_id: Identifier
    day: Day
    times: Times = 1


class JobViewsIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    views: Annotated[list[JobView], Meta(min_length=1, max_length=100)]


class JobViewsRecorded(msgspec.Struct, frozen=True):
    """How many of them count: not those of a day to come or of more than a week ago, of no public posting, or of one
    whose employer the caller speaks for."""

    recorded: Count


class Ending(msgspec.Struct, frozen=True):
    """A posting that ends, as whoever keeps it is told."""

    employer_id: UUID
    job_title: str
    employer_name: str
    expires_at: datetime


class SavedJobsFull(Conflict):
    code = "saved_jobs_full"
    vi, en = "Bạn đã lưu quá nhiều việc, hãy bỏ bớt", "You keep too many jobs; let some go first"
