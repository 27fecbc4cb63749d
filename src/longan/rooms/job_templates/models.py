"""Nouns of the room: a template, what it is made of, and what is made of it."""

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from longan.floor.base.errors import Conflict
from longan.floor.base.fields import Count, Identifier, Name, Timestamp, WardCode
from longan.floor.pay_and_days.pay import Pay
from longan.floor.postings.drafts import Work
from longan.floor.postings.postings import Benefit, Contract, Education, Shift

Days = Annotated[
    int, Meta(ge=1, le=365, description="How long a draft that is made of it is to be done", extra_json_schema={
        "format": "int32"
    })
]  # fmt: skip


class TemplateIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Of `job` and `job_id`, a posting of the employer whose words are taken, exactly one."""

    name: Name
    days: Days = 30
    job: Work | None = None
    job_id: Identifier | None = None


class TemplateChange(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What is absent stays as it is; `job` is replaced whole."""

    name: Name | UnsetType = UNSET
    days: Days | UnsetType = UNSET
    job: Work | UnsetType = UNSET


class UseIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`expires_at`: when absent, after the days of the template."""

    expires_at: Timestamp | None = None


class TemplateJob(msgspec.Struct, frozen=True):
    """What a template says of a job; null is what it does not say."""

    title: str
    description: str
    ward_code: WardCode
    pay: Pay
    openings: Count
    occupation_code: str | None
    contract: Contract | None
    shift: Shift | None
    week_hours: Count | None
    week_days: Count | None
    benefits: list[Benefit]
    experience_months: Count | None
    education: Education | None
    skills: list[str]
    park_code: str | None


class Template(msgspec.Struct, frozen=True):
    id: Identifier
    employer_id: Identifier
    name: str
    days: Count
    job: TemplateJob
    created_at: Timestamp
    updated_at: Timestamp
    version: Count


class TemplateBrief(msgspec.Struct, frozen=True):
    """A template in a list; `title` is that of its job."""

    id: Identifier
    name: str
    days: Count
    title: str
    created_at: Timestamp
    updated_at: Timestamp
    version: Count


class TemplatePage(msgspec.Struct, frozen=True):
    items: list[TemplateBrief]
    next_cursor: str | None


class Kept(msgspec.Struct, frozen=True):
    """A template as it is kept."""

    employer_id: UUID
    version: int
    days: int
    work: Work


class TemplateExists(Conflict):
    code = "template_exists"
    vi, en = "Đơn vị đã có mẫu tin với tên này", "The employer has a template of this name already"
