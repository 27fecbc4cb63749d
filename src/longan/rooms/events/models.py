"""Nouns of the room: an event, and the refusal of one stream too many."""

import random
from uuid import UUID

import msgspec

from longan.floor.base.errors import Unavailable


class Event(msgspec.Struct, frozen=True):
    """`kind` says what happened and `subject_id` to what; the rest is asked for where it belongs."""

    sequence: int
    kind: str
    subject_id: UUID | None


class Told(msgspec.Struct, frozen=True):
    """What a stream says of an event."""

    kind: str
    subject_id: UUID | None


class Missed(msgspec.Struct, frozen=True):
    """Where a stream begins. `seen` is the snapshot of which all is known: what it does not hold comes next. `events`
    happened since the last one the client has; None when that cannot be told. `newest` is the log's last sequence."""

    seen: str
    newest: int | None
    events: list[Event] | None


RESET = "reset"


def place(last: str) -> int | None:
    """The sequence that a Last-Event-ID says; None for what we never gave anybody."""
    return int(last) if last.isascii() and last.isdigit() and len(last) < 19 else None


def written(event: Event) -> bytes:
    """As it goes out (HTML section 9.2, server-sent events)."""
    return b"id: %d\nevent: %b\ndata: %b\n\n" % (
        event.sequence, event.kind.encode(), msgspec.json.encode(Told(event.kind, event.subject_id))
    )  # fmt: skip


def reset(newest: int | None) -> bytes:
    """The client may have missed something and loads what it shows; from here on it misses nothing. Where the log is
    empty there is nothing to go on from, and the next stream begins like this too."""
    place = b"" if newest is None else b"id: %d\n" % newest
    return place + b"event: %b\ndata: %b\n\n" % (RESET.encode(), msgspec.json.encode(Told(RESET, None)))


def retry() -> bytes:
    """How long a client waits before it comes back; not all the same, for all lose their streams together."""
    return b"retry: %d\n\n" % random.randint(1_000, 5_000)  # noqa: S311


PING = b":\n\n"


class TooManyStreams(Unavailable):
    code = "too_many_streams"
    vi, en = "Đang có quá nhiều kết nối trực tiếp, xin thử lại sau", "Too many streams are open; please try again later"

    def __init__(self) -> None:
        super().__init__(random.randint(5, 30))  # noqa: S311
