"""Nouns of the room: how far the question to the tax registry is, and what it said."""

from datetime import date, datetime
from uuid import UUID

import msgspec

from longan.floor.base.fields import Count, Identifier, Timestamp


class Registration(msgspec.Struct, frozen=True):
    """`state`: `waiting` since `opened_at` (the registry is asked again at `next_try_at`; `tries` failed so far, the
    last one by `last_failure`), `answered`, or `not_asked`: no registry is set up, or it was decided before.

    The rest is for the officials who decide, null for everybody else: `result` is `active`, `paused`, `ceased` or
    `not_found`; name and address are those registered; `same_name` whether it is the name that waits for a decision,
    but for capitals, marks and punctuation.
    """

    employer_id: Identifier
    state: str
    opened_at: Timestamp
    tries: Count
    tried_at: Timestamp | None
    next_try_at: Timestamp | None
    last_failure: str | None
    answered_at: Timestamp | None
    result: str | None
    registered_name: str | None
    registered_address: str | None
    same_name: bool | None


class Kept(msgspec.Struct, frozen=True):
    """What `checks.sealed` holds."""

    name: str | None
    address: str | None


class Check(msgspec.Struct, frozen=True):
    """The newest question about an employer, and who looks at it; without an id it was never asked. `name` is the one
    that waits for a decision."""

    id: UUID | None
    state: str
    opened_at: datetime
    tries: int
    tried_at: datetime | None
    next_try_at: datetime | None
    last_failure: str | None
    answered_at: datetime | None
    result: str | None
    sealed: bytes | None
    name: str
    ward_version: date
    ward_code: str
    is_member: bool
    belongs: bool


class Question(msgspec.Struct, frozen=True):
    """A question that waits, for the worker. Of the two tax codes one is None. `wanted`: it is still to be decided."""

    employer_id: UUID
    tax_code: str | None
    tax_code_cipher: bytes | None
    tries: int
    wanted: bool
