"""Nouns of the room: a text of rules, and whose answers it changes."""

from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from longan.floor.base.errors import Conflict, Forbidden, Unprocessable
from longan.floor.base.fields import Count, Day, Identifier, Note, Timestamp
from longan.floor.housing_rules.social_housing import Outcome
from longan.floor.housing_rules.social_housing_changes import Shift
from longan.floor.housing_rules.social_housing_rules import MOST_BYTES

TOML = Annotated[str, Meta(min_length=1, max_length=MOST_BYTES, description="TOML, as social_housing_rules.toml")]


class RulesIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The whole text, all days in it, and a `note` on what is new."""

    text: TOML
    note: Note


class PreviewIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`day`: by the rules of which day the answers are compared; today where it is left out."""

    day: Annotated[date, Meta(description="YYYY-MM-DD")] | None = None


class SavedShift(msgspec.Struct, frozen=True):
    """At least so many kept `cases` go from one outcome to another, or keep theirs; counted down to whole tens."""

    before: Outcome
    after: Outcome
    cases: Count


class SavedShifts(msgspec.Struct, frozen=True):
    """Kept cases in groups of ten and more. `rest`: those of all smaller groups together, null where there are none."""

    groups: list[SavedShift]
    rest: Count | None


class HousingRulesPreview(msgspec.Struct, frozen=True):
    """Whose answer is another one by the new text than by the text `against` (null: the one that came with the
    software), on a `day`. `shifts`: of `model_cases` invented people, one by one. `saved`: null where fewer than ten
    people keep a case; nobody is ever named."""

    day: Day
    against: Identifier | None
    made_at: Timestamp
    model_cases: Count
    shifts: list[Shift]
    saved: SavedShifts | None


class HousingRulesItem(msgspec.Struct, frozen=True):
    """A text in the list. `follows` is the text that held before it; `holds` whether it is the one in force."""

    id: Identifier
    note: str
    drafted_by: Identifier
    drafted_at: Timestamp
    is_previewed: bool
    published_by: Identifier | None
    published_at: Timestamp | None
    follows: Identifier | None
    holds: bool


class HousingRulesPage(msgspec.Struct, frozen=True):
    items: list[HousingRulesItem]
    next_cursor: str | None


class HousingRulesText(msgspec.Struct, frozen=True):
    """A text whole, with its preview: null until one was asked for and made; `preview_asked_at` is when."""

    id: Identifier
    note: str
    drafted_by: Identifier
    drafted_at: Timestamp
    is_previewed: bool
    published_by: Identifier | None
    published_at: Timestamp | None
    follows: Identifier | None
    holds: bool
    text: str
    preview_asked_at: Timestamp | None
    preview: HousingRulesPreview | None


class Kept(msgspec.Struct, frozen=True):
    """A row; `preview` is JSON."""

    id: UUID
    note: str
    drafted_by: Identifier
    drafted_at: Timestamp
    is_previewed: bool
    published_by: UUID | None
    published_at: Timestamp | None
    follows: UUID | None
    holds: bool
    text: str
    preview_asked_at: Timestamp | None
    preview_against: UUID | None
    preview: str | None
    newest: UUID | None


class RulesRefused(Unprocessable):
    """`reason` says what is misspelt, doubled, overlapping or contradicts itself, and where."""

    code = "rules_refused"
    vi, en = "Bộ quy định có lỗi, chưa lưu", "The rules hold an error and were not kept"

    def __init__(self, reason: str) -> None:
        super().__init__(members={"reason": reason})


class RulesByTheSamePerson(Forbidden):
    code = "rules_need_another_official"
    vi, en = "Người soạn không được tự công bố", "Whoever drafted it may not publish it"


class RulesNotPreviewed(Conflict):
    code = "rules_not_previewed"
    vi, en = "Cần xem trước thay đổi rồi mới công bố", "Look at what it changes before it is published"


class RulesMovedOn(Conflict):
    code = "rules_moved_on"
    vi, en = "Đã có bộ quy định mới hơn, hãy xem trước lại", "Newer rules hold since; preview it again"


class RulesPublished(Conflict):
    code = "rules_published"
    vi, en = "Bộ quy định này đã được công bố", "These rules were published already"
