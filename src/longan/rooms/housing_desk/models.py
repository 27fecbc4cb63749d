"""The nouns of the room."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from longan.floor.base.errors import Conflict, Forbidden
from longan.floor.base.fields import Count, Identifier, Note, Timestamp
from longan.floor.housing.housing_listings import Kind, Status
from longan.floor.pay_and_days.pay import Amount
from longan.floor.pictures.uploads import PhotoLink

AtDesk = Literal["in_review", "hidden", "suspended"]
Target = Literal["open", "draft", "suspended", "closed"]
PairOutcome = Literal["copied", "fine"]
VersionIn = Annotated[int, Meta(ge=1, le=2**31 - 1)]


class HousingCase(msgspec.Struct, frozen=True):
    """A listing that waits for an official. `confirmed`: how many people's reports count; `appealed`: its owner asks
    for another look."""

    housing_id: Identifier
    status: Status
    title: str
    kind: Kind
    rent: Amount
    ward_code: str
    confirmed: Count
    appealed: bool
    updated_at: Timestamp
    version: Count


class HousingCasePage(msgspec.Struct, frozen=True):
    items: list[HousingCase]
    next_cursor: str | None


class ReportOfCase(msgspec.Struct, frozen=True):
    """What somebody says of the listing; nothing says who."""

    reason_code: str
    note: str | None
    state: str
    created_at: Timestamp


class StepOfCase(msgspec.Struct, frozen=True):
    """What became of the listing before, and why."""

    side: str
    from_status: Status
    to_status: Status
    reason: str | None
    changed_at: Timestamp


class CaseRow(msgspec.Struct, frozen=True):
    """A listing for an official whose wards reach it. `own`: it is theirs, or they have reported it."""

    housing_id: UUID
    status: Status
    title: str
    description: str
    kind: Kind
    rent: int
    deposit: int | None
    price_flags: list[str]
    ward_code: str
    version: int
    own: bool
    appeal: str | None
    decided_by_me: bool
    employer_id: UUID | None
    reports: list[ReportOfCase]
    steps: list[StepOfCase]


class HousingCaseView(msgspec.Struct, frozen=True):
    """A listing as it stands, with what is said of it; `version` goes back with the decision. `appeal`: what its owner
    says against the step that took it from the lists."""

    housing_id: Identifier
    status: Status
    title: str
    description: str
    kind: Kind
    rent: Amount
    deposit: Amount | None
    price_flags: list[str]
    ward_code: str
    photos: list[PhotoLink]
    appeal: str | None
    reports: list[ReportOfCase]
    steps: list[StepOfCase]
    version: Count


class HousingDecisionIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Where the listing goes; `version` is the one that was read. `reason` is for its owner to read: it names nobody,
    least of all who reported."""

    to: Target
    reason: Note
    version: VersionIn


class HousingDecided(msgspec.Struct, frozen=True):
    housing_id: Identifier
    status: Status
    version: Count


class HousingAppealIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Why the listing should be shown again, and what was corrected."""

    text: Note


class HousingAppeal(msgspec.Struct, frozen=True):
    housing_id: Identifier
    text: str
    created_at: Timestamp


class SamePicture(msgspec.Struct, frozen=True):
    """Two listings of different owners that show one picture: the same file with `is_exact`, else one that looks the
    same. The earlier one was written first."""

    id: Identifier
    earlier_id: Identifier
    earlier_title: str
    earlier_status: Status
    later_id: Identifier
    later_title: str
    later_status: Status
    is_exact: bool
    found_at: Timestamp


class SamePicturePage(msgspec.Struct, frozen=True):
    items: list[SamePicture]
    next_cursor: str | None


class PairDecisionIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`fine`: both may show it. `copied`: the listing `copy_id` has it from the other one and is taken down; `reason`
    is for its owner to read."""

    outcome: PairOutcome
    reason: Note
    copy_id: Identifier | None = None


class PairDecided(msgspec.Struct, frozen=True):
    id: Identifier
    outcome: PairOutcome
    decided_at: Timestamp


class Pair(msgspec.Struct, frozen=True):
    """Two listings, for an official whose wards reach one of them."""

    listing_id: UUID
    other_id: UUID
    own: bool
    outcome: PairOutcome | None


class HousingNotAppealable(Conflict):
    """It is shown, or was appealed before."""

    code = "housing_not_appealable"
    vi, en = "Tin này không khiếu nại được lúc này", "There is nothing to appeal against now"


class HousingDecidedByYou(Forbidden):
    """An appeal is for another official than who decided first."""

    code = "housing_decided_by_you"
    vi, en = "Khiếu nại phải do cán bộ khác xem xét", "Somebody else decides on the appeal"


class PairDecidedAlready(Conflict):
    code = "pair_decided"
    vi, en = "Cặp tin này đã được quyết định", "These two were decided on already"
