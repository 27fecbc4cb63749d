"""Nouns of the room: a dossier that somebody watches, and what its source says of it unasked."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from longan.floor.base.errors import Conflict
from longan.floor.base.fields import Timestamp
from longan.floor.dossiers.dossier_codes import CodeInput
from longan.floor.dossiers.dossier_following import EndedBy
from longan.floor.dossiers.dossier_proofs import SecondFactor
from longan.floor.dossiers.dossier_view import DossierState

MOST = 1_000
"""How many dossiers an account may watch: more than anybody files, and few enough to be counted with each new one."""

WatchId = Annotated[UUID, Meta(description="UUIDv4", examples=["4c0f2a6e-8f0d-4f0f-9d53-2c1f6f0b7a10"])]
SourceName = Literal["lgsp"]


class DossierWatched(Conflict):
    code = "dossier_watched"
    vi, en = "Bạn đang theo dõi hồ sơ này rồi", "You watch this dossier already"


class DossierWatchesFull(Conflict):
    code = "dossier_watches_full"
    vi, en = "Bạn đã theo dõi đủ 1.000 hồ sơ, hãy bỏ bớt", "You watch 1,000 dossiers; stop watching one first"


class WebhookHeard(Conflict):
    code = "webhook_heard"
    vi, en = "Thông báo này đã được nhận rồi", "This webhook was taken already"


class DossierWatchIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the receipt shows."""

    code: CodeInput
    second_factor: SecondFactor


class DossierWatch(DossierState, frozen=True):
    """The dossier as its source last said it is. `changed_at` is when we saw the last difference you were told of, null
    where there was none since somebody began to watch it. `ended_at` is null while its source is asked; `ended_by`:
    `done`, `missing` (its source has not known it for 30 days), `silent` (nothing has changed for a year)."""

    id: WatchId
    created_at: Timestamp
    changed_at: Timestamp | None
    ended_at: Timestamp | None
    ended_by: EndedBy | None


class DossierWatchPage(msgspec.Struct, frozen=True):
    items: list[DossierWatch]
    next_cursor: str | None


class WatchRow(msgspec.Struct, frozen=True):
    """A watch as the database has it."""

    id: UUID
    created_at: datetime
    dossier_id: UUID
    sealed: bytes
    as_of: datetime
    followed_at: datetime
    changed_at: datetime | None
    answers: int
    failures: int
    ended_at: datetime | None
    ended_by: EndedBy | None


class WatchRows(msgspec.Struct, frozen=True):
    items: list[WatchRow]
    next_cursor: str | None


class Followed(msgspec.Struct, frozen=True):
    """A dossier that is asked about, as whoever holds its row finds it."""

    id: UUID
    source: str
    code_sealed: bytes
    sealed: bytes
    as_of: datetime
    followed_at: datetime
    changed_at: datetime | None
    answers: int
    revision: int
    due_at: datetime | None
    rings: int
    lease: UUID | None
    failures: int
    missing_since: datetime | None
    ended_at: datetime | None


class Taken(msgspec.Struct, frozen=True):
    """What becomes of a followed dossier with an answer: its state, sealed for its row (None: as it was), when the
    source is asked next, whether its watchers are told of a difference."""

    sealed: bytes | None
    as_of: datetime
    due_at: datetime | None
    ended_by: EndedBy | None
    is_news: bool


class Watcher(msgspec.Struct, frozen=True):
    watch_id: UUID
    account_id: UUID


class DossierEventData(msgspec.Struct, frozen=True):
    code: CodeInput


class DossierEvent(msgspec.Struct, frozen=True):
    """That something about a dossier has changed, and never what: that is asked of the source. Other types are for
    others."""

    type: Annotated[str, Meta(max_length=60, examples=["dossier.changed"])]
    data: DossierEventData
