"""Nouns of the room: a campaign as it is written, shown and agreed on, whom it is for, and who was told."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from longan.floor.base.errors import Conflict, Forbidden, Unprocessable
from longan.floor.base.fields import Count, Day, Identifier, Locale, Note, Timestamp, Title, WardCode
from longan.floor.postings.drafts import OccupationCode

Kind = Literal["announcement", "public_alert"]
State = Literal["draft", "proposed", "scheduled", "running", "paused", "stopped", "done"]
Role = Literal["worker", "employer_member"]
Status = Literal["inbox_only", "queued", "sent", "delivered", "opened", "failed", "obsolete"]

OldWardCode = Annotated[
    str,
    Meta(pattern="^[0-9]{3}([0-9]{2})?$", max_length=5, description="Ward code of the list before", examples=["27718"]),
]
Wards = Annotated[list[WardCode], Meta(min_length=1, max_length=200)]
OldWards = Annotated[list[OldWardCode], Meta(min_length=1, max_length=200)]
SpreadSeconds = Annotated[
    int,
    Meta(ge=0, le=604_800, description="Over how long people are told; 0: all at once",
         extra_json_schema={"format": "int32"}),
]  # fmt: skip
Version = Annotated[int, Meta(ge=1, le=2**31 - 1, extra_json_schema={"format": "int32"})]


class Text(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Plain text; the only links in it are to our own https address."""

    title: Title
    body: Note


class AudienceIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Whom it is for: who fits all that is named. `ward_codes` are of the list in force now, `old_ward_codes` of the
    one before: all their successors. Without either it is for everybody, wherever they live. `occupation_code` is for
    whoever says that they work in it, or in what lies below it: `81` holds `8153`."""

    ward_codes: Wards | None = None
    old_ward_codes: OldWards | None = None
    role: Role | None = None
    locale: Locale | None = None
    occupation_code: OccupationCode | None = None


class CampaignIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Without `en` everybody reads `vi`. It begins at `starts_at`, or as soon as it is approved. A `public_alert` is
    urgent and for everybody in its wards, in either language."""

    kind: Kind
    vi: Text
    en: Text | None = None
    audience: AudienceIn = AudienceIn()
    starts_at: Timestamp | None = None
    spread_seconds: SpreadSeconds = 0


class CampaignChange(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What is absent stays; `audience` is replaced as a whole."""

    vi: Text | UnsetType = UNSET
    en: Text | UnsetType = UNSET
    audience: AudienceIn | UnsetType = UNSET
    starts_at: Timestamp | UnsetType = UNSET
    spread_seconds: SpreadSeconds | UnsetType = UNSET
    clear: Annotated[list[Literal["en", "starts_at"]], Meta(max_length=2)] = []


class CampaignDecision(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`version` of the campaign as you read it: something else is not approved."""

    decision: Literal["approved", "refused"]
    version: Version
    reason: Note | None = None


class WhyIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    reason: Note | None = None


class Audience(msgspec.Struct, frozen=True):
    """`ward_codes` of the list `ward_version`, null for everywhere; `old_ward_codes`: which of them were named so."""

    ward_version: Day | None
    ward_codes: list[str] | None
    old_ward_codes: list[str] | None
    role: Role | None
    locale: Locale | None
    occupation_code: OccupationCode | None


class Counts(msgspec.Struct, frozen=True):
    """People by the furthest that their notice came, a minute old at most. `inbox_only`: no phone was to ring."""

    told: Count
    inbox_only: Count
    queued: Count
    sent: Count
    delivered: Count
    opened: Count
    failed: Count
    obsolete: Count


class Alerts(msgspec.Struct, frozen=True):
    """Messages to topics; how many phones heard them nobody knows."""

    promised: Count
    accepted: Count
    refused: Count


class Said(msgspec.Struct, frozen=True):
    title: str
    body: str


class Campaign(msgspec.Struct, frozen=True):
    """`planned`: how many it was for when it began, rounded as in the preview; null before."""

    id: Identifier
    kind: str
    state: str
    vi: Said
    en: Said | None
    audience: Audience
    starts_at: Timestamp | None
    spread_seconds: Count
    drafted_by: Identifier
    drafted_at: Timestamp
    proposed_by: Identifier | None
    proposed_at: Timestamp | None
    approved_by: Identifier | None
    approved_at: Timestamp | None
    begun_at: Timestamp | None
    ended_at: Timestamp | None
    planned: str | None
    counts: Counts
    alerts: Alerts
    updated_at: Timestamp
    version: Count


class CampaignItem(msgspec.Struct, frozen=True):
    """A campaign in a list; `title` in Vietnamese."""

    id: Identifier
    kind: str
    state: str
    title: str
    starts_at: Timestamp | None
    drafted_by: Identifier
    updated_at: Timestamp


class CampaignPage(msgspec.Struct, frozen=True):
    items: list[CampaignItem]
    next_cursor: str | None


class Look(msgspec.Struct, frozen=True):
    """How it looks in a language: in the inbox, and on a lock screen, where only who chose so has the whole text."""

    locale: Locale
    title: str
    body: str
    push_title: str
    push_body: str


class CampaignPreview(msgspec.Struct, frozen=True):
    """`people` the audience holds now: `<10`, or two digits that count and zeros. `conditions` of FCM's topics that an
    alert goes to."""

    people: str
    looks: list[Look]
    conditions: list[str]


class Step(msgspec.Struct, frozen=True):
    """Something that happened to a campaign; `account_id` is null where its time had come."""

    id: Identifier
    action: str
    account_id: Identifier | None
    version: Count
    reason: str | None
    at: Timestamp


class StepPage(msgspec.Struct, frozen=True):
    items: list[Step]
    next_cursor: str | None


class Recipient(msgspec.Struct, frozen=True):
    account_id: Identifier
    told_at: Timestamp
    status: str


class RecipientPage(msgspec.Struct, frozen=True):
    items: list[Recipient]
    next_cursor: str | None


class Standing(msgspec.Struct, frozen=True):
    """A campaign as its rules see it."""

    id: UUID
    kind: Kind
    state: State
    title: str
    body: str
    title_en: str | None
    body_en: str | None
    ward_version: date | None
    ward_codes: list[str] | None
    old_ward_codes: list[str] | None
    role: Role | None
    locale: Locale | None
    occupation_code: str | None
    starts_at: datetime | None
    spread_seconds: int
    version: int
    proposed_by: UUID | None
    proposed_at: datetime | None
    begun_at: datetime | None
    spread_from: datetime | None
    paused_at: datetime | None
    planned: int | None
    told: int
    reached: UUID
    next_at: datetime | None


class Batch(msgspec.Struct, frozen=True):
    """Who is told now; every account up to `reached` was looked at, and when `last`, every account."""

    accounts: list[UUID]
    reached: UUID
    last: bool


class TextRefused(Unprocessable):
    """The errors name the text and what is wrong with it."""

    code = "text_refused"
    vi, en = "Nội dung này không được gửi đi", "This text may not be sent"


class AudienceUnknown(Unprocessable):
    """The errors name the codes."""

    code = "audience_unknown"
    vi, en = "Có mã xã, phường hoặc nghề không tồn tại", "A ward or the occupation does not exist"


class AudienceNotPublic(Unprocessable):
    code = "audience_not_public"
    vi, en = "Cảnh báo công cộng dành cho mọi người trong địa bàn", "A public alert is for everybody in its wards"


class BeyondYourWards(Forbidden):
    """The errors name the wards; without any it is for everywhere, which takes an appointment for everywhere."""

    code = "beyond_your_wards"
    vi, en = "Đối tượng nhận vượt quá địa bàn của bạn", "The audience reaches beyond your wards"


class AnotherPersonDecides(Forbidden):
    code = "another_person_decides"
    vi, en = "Cần một người khác, trên thiết bị khác, quyết định", "Somebody else, at another device, has to decide"


class ProposalLapsed(Conflict):
    code = "campaign_proposal_lapsed"
    vi, en = "Đề nghị này không còn hiệu lực, hãy đề nghị lại", "The proposal stands no more; propose it again"
