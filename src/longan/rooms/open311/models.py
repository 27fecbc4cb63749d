"""Nouns of the room: a report as it may be read, and what GeoReport says of a category."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from longan.floor.base.errors import Problem


class Found(msgspec.Struct, frozen=True):
    """A report as it may be read; `lat` and `lon` are of the public point, `answer` is the public result."""

    code: str
    status: str
    category_code: str
    description: str | None
    answer: str | None
    unit: str | None
    created_at: datetime
    updated_at: datetime
    due_at: datetime | None
    ward_code: str | None
    ward: str | None
    province: str | None
    lat: float | None
    lon: float | None
    photo_id: UUID | None


class Described(msgspec.Struct, frozen=True):
    """What GeoReport says of a category and nobody else needs."""

    category_code: str
    service_type: Literal["realtime", "batch"]
    group_vi: str
    group_en: str
    keywords: str


class TokenFor(msgspec.Struct, frozen=True):
    """What a token stands for: `code` of the report once there is one."""

    state: Literal["filed", "waiting", "refused"]
    token: str
    code: str | None


class ServiceUnknown(Problem):
    status, code = 404, "open311_service_unknown"
    vi, en = "Không có service_code này", "The service_code was not found"


class ReportRefused(Problem):
    status, code = 404, "open311_report_refused"
    vi, en = (
        "Phản ánh không thuộc phạm vi tiếp nhận; khiếu nại, tố cáo, tin báo tội phạm có nơi tiếp nhận riêng",
        "The report is not for this service: complaints, denunciations and news of crimes have ways of their own",
    )


class RangeTooLong(Problem):
    status, code = 400, "open311_range_too_long"
    vi, en = "start_date và end_date cách nhau tối đa 90 ngày", "start_date and end_date may not span more than 90 days"
