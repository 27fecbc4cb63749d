"""Nouns of the room: a posting as it is written, copied, changed, and listed for those who wrote it."""

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from longan.floor.base.fields import Count, Identifier, ProvinceCode, Text, Timestamp, Title, WardCode
from longan.floor.pay_and_days.pay import Pay, PayIn
from longan.floor.postings.drafts import (
    Benefits,
    Draft,
    Months,
    OccupationCode,
    Openings,
    ParkCode,
    Skills,
    WeekDays,
    WeekHours,
)
from longan.floor.postings.postings import Contract, Education, EmployerBrief, Shift

Clearable = Literal[
    "pay", "occupation_code", "contract", "shift", "week_hours", "week_days", "benefits", "experience_months",
    "education", "skills", "park_code",
]  # fmt: skip
CLEARED: Mapping[str, object] = {"pay": PayIn(), "benefits": [], "skills": []}
"""What a field holds when it was cleared; every other one null."""


class JobIn(Draft, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """A draft of the employer."""

    employer_id: Identifier


class CopyIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`expires_at`: when absent that of the posting, or in 30 days when that is over."""

    expires_at: Timestamp | None = None


class JobChange(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What is absent stays as it is; `clear` names what becomes unknown."""

    title: Title | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    ward_code: WardCode | UnsetType = UNSET
    pay: PayIn | UnsetType = UNSET
    openings: Openings | UnsetType = UNSET
    expires_at: Timestamp | UnsetType = UNSET
    occupation_code: OccupationCode | UnsetType = UNSET
    contract: Contract | UnsetType = UNSET
    shift: Shift | UnsetType = UNSET
    week_hours: WeekHours | UnsetType = UNSET
    week_days: WeekDays | UnsetType = UNSET
    benefits: Benefits | UnsetType = UNSET
    experience_months: Months | UnsetType = UNSET
    education: Education | UnsetType = UNSET
    skills: Skills | UnsetType = UNSET
    park_code: ParkCode | UnsetType = UNSET
    clear: Annotated[list[Clearable], Meta(max_length=11)] = []


class EmployerJob(msgspec.Struct, frozen=True):
    """A posting in the list of those who wrote it. `applications` are all that came in, `unanswered` those that nobody
    has looked at."""

    id: Identifier
    status: str
    title: str
    employer: EmployerBrief
    pay: Pay
    ward_code: WardCode
    province_code: ProvinceCode
    openings: Count
    filled: Count
    applications: Count
    unanswered: Count
    source: str
    published_at: Timestamp | None
    expires_at: Timestamp
    created_at: Timestamp
    updated_at: Timestamp
    version: Count


class EmployerJobPage(msgspec.Struct, frozen=True):
    items: list[EmployerJob]
    next_cursor: str | None


class FieldChange(msgspec.Struct, frozen=True):
    """`field` by its path in the posting (`title`, `pay/min`); `old` and `new` as text, a list with commas, null for
    what was or became unknown."""

    field: str
    old: str | None
    new: str | None


class JobEvent(msgspec.Struct, frozen=True):
    """What happened to a posting. Where `from_status` is `to_status`, `changes` say what was changed.

    `side` is `employer`, `official` or `system`; `changed_by` is null unless it was a member of the employer. `reason`
    is a code (`filled_elsewhere`, `all_hired`, `time_over`, …) or what the official wrote, null where none was given.
    """

    id: Identifier
    version: Count
    side: str
    changed_by: Identifier | None
    from_status: str
    to_status: str
    changes: list[FieldChange]
    reason: str | None
    changed_at: Timestamp


class JobEventPage(msgspec.Struct, frozen=True):
    items: list[JobEvent]
    next_cursor: str | None
