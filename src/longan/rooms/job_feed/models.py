"""Nouns of the room: a posting as it is handed out, and where a reader of the feed stands."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from longan.floor.base.errors import Problem
from longan.floor.base.fields import Identifier
from longan.floor.postings.drafts import Draft


class Exported(msgspec.Struct, frozen=True):
    """`gone` when the public does not see it any more; `changed_in` is the transaction of its last change."""

    id: UUID
    draft: Draft
    employer_name: str
    ward_name: str
    province_name: str
    source_key: str | None
    extra: dict[str, Any] | None
    published_at: datetime | None
    created_at: datetime
    gone: bool
    changed_in: int


class Position(msgspec.Struct, frozen=True, array_like=True):
    """After the posting `id` of the transaction `number`. `begun` is the first transaction that was not over when its
    reader began: of what ended before it nobody need be told. `epoch` is where the numbers mean anything."""

    epoch: str
    begun: int
    number: int
    id: UUID


JobPosting = Annotated[msgspec.Raw, Meta(description="JobPosting of schema.org", extra_json_schema={"type": "object"})]


class FeedItem(msgspec.Struct, frozen=True):
    """`posting` is a JobPosting of schema.org; null where the job is not open any more (`removed`)."""

    id: Identifier
    removed: bool
    posting: JobPosting | None


class JobFeed(msgspec.Struct, frozen=True):
    """`since` is for the next request; `more`: there are items for it now."""

    items: list[FeedItem]
    since: str
    more: bool


class FeedRestarted(Problem):
    """The token is of a database that was restored or replaced since."""

    status, code = 410, "feed_restarted"
    vi, en = "Dấu vị trí không còn dùng được, hãy lấy lại từ đầu", "The token is good no more; start from the beginning"
