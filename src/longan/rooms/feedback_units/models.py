"""Nouns of the room: units, routing rules, and who changed them."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from longan.floor.base.errors import Conflict, FieldError, Unprocessable
from longan.floor.base.fields import Count, Day, Identifier, Name, Timestamp, WardCode

AgencyCode = Annotated[str, Meta(min_length=1, max_length=30, pattern=r"^[A-Z0-9][A-Z0-9.\-]*$", examples=["H53.903"])]
CategoryCode = Annotated[str, Meta(min_length=2, max_length=40, pattern="^[a-z0-9_]{2,40}$", examples=["giao_thong"])]
WardCodes = Annotated[list[WardCode], Meta(min_length=1, max_length=200)]
CategoryCodes = Annotated[list[CategoryCode], Meta(min_length=1, max_length=50)]
Clearable = Literal["agency_code", "ward_codes", "category_codes"]
Action = Literal["unit_added", "unit_changed", "unit_ended", "rule_added", "rule_ended"]


class FeedbackUnit(msgspec.Struct, frozen=True):
    """A unit. `agency_code`: officials of this agency are its own and hear of its terms; null: all who sit at the desk
    of the ward. `ward_codes` are of the list `ward_version`, null is the whole province; `category_codes` null is all.
    `ended_on` is the first day on which it is given nothing new."""

    id: Identifier
    name: str
    province_code: str
    agency_code: str | None
    ward_version: Day | None
    ward_codes: list[str] | None
    category_codes: list[str] | None
    valid_from: Day
    ended_on: Day | None
    version: Count


class FeedbackUnitPage(msgspec.Struct, frozen=True):
    items: list[FeedbackUnit]
    next_cursor: str | None


class FeedbackUnitIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`ward_codes` are of the list in force now; without them the whole province. `valid_from`: today when absent."""

    name: Name
    agency_code: AgencyCode | None = None
    ward_codes: WardCodes | None = None
    category_codes: CategoryCodes | None = None
    valid_from: Day | None = None


class FeedbackUnitChange(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What is absent stays; `clear` empties by name. With `ended_on` it ends: today, or a day to come."""

    name: Name | UnsetType = UNSET
    agency_code: AgencyCode | UnsetType = UNSET
    ward_codes: WardCodes | UnsetType = UNSET
    category_codes: CategoryCodes | UnsetType = UNSET
    ended_on: Day | UnsetType = UNSET
    clear: Annotated[list[Clearable], Meta(max_length=3)] = []


class RoutingRule(msgspec.Struct, frozen=True):
    """Reports of the category and the ward go to the unit; null is all of them. `ended_on` is the first day on which it
    holds no more."""

    id: Identifier
    unit_id: Identifier
    unit_name: str
    category_code: str | None
    ward_version: Day | None
    ward_code: str | None
    valid_from: Day
    ended_on: Day | None


class RoutingRulePage(msgspec.Struct, frozen=True):
    items: list[RoutingRule]
    next_cursor: str | None


class RoutingRuleIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`ward_code` is of the list in force now. `valid_from`: today when absent. Where another rule of the same category
    and ward holds, `replace` ends that one on that day."""

    unit_id: Identifier
    category_code: CategoryCode | None = None
    ward_code: WardCode | None = None
    valid_from: Day | None = None
    replace: bool = False


class RoutingChange(msgspec.Struct, frozen=True):
    """Who changed what, and when; `before` and `after` hold the unit or rule as it was and is, null where there was
    none."""

    id: Identifier
    action: str
    unit_id: Identifier
    rule_id: Identifier | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    by: Identifier
    agency_code: str | None
    at: Timestamp


class RoutingChangePage(msgspec.Struct, frozen=True):
    items: list[RoutingChange]
    next_cursor: str | None


class ChangeRow(msgspec.Struct, frozen=True):
    """As it is stored: JSON."""

    id: UUID
    action: str
    unit_id: UUID
    rule_id: UUID | None
    before: str | None
    after: str | None
    by: UUID
    agency_code: str | None
    at: Timestamp


class ChangeRowPage(msgspec.Struct, frozen=True):
    items: list[ChangeRow]
    next_cursor: str | None


class NewUnit(msgspec.Struct, frozen=True):
    """A unit as it will be stored."""

    name: str
    province_code: str
    agency_code: str | None
    ward_version: date | None
    ward_codes: list[str] | None
    category_codes: list[str] | None
    valid_from: date
    ended_on: date | None


class UnitNameTaken(Conflict):
    code = "feedback_unit_name_taken"
    vi, en = "Đã có đơn vị mang tên này", "A unit of this name exists"

    def __init__(self) -> None:
        super().__init__(FieldError("/name", "not_one_of"))


class RuleOverlaps(Conflict):
    """Another rule of the same category and ward holds on one of the days."""

    code = "routing_rule_overlaps"
    vi, en = "Đã có quy tắc cho loại việc và địa bàn này", "A rule for this category and ward exists"


class UnitHasRules(Conflict):
    """Rules would lead to a unit that has ended, or to one that does not handle what they say."""

    code = "feedback_unit_has_rules"
    vi, en = "Vẫn còn quy tắc chuyển đến đơn vị này", "Rules still lead to this unit"


class CategoryUnknown(Unprocessable):
    code = "feedback_category_unknown"
    vi, en = "Không có loại phản ánh này", "There is no such category of reports"

    def __init__(self, pointer: str = "/category_code") -> None:
        super().__init__(FieldError(pointer, "not_found"))
