"""Nouns of the room: a phone, a notice and its words, a push on its way."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from importlib.resources import files
from string import Formatter
from typing import Annotated, Literal, get_args
from uuid import UUID

import msgspec
from msgspec import Meta

from longan.fields import Count, Identifier, Locale, Timestamp

TargetKind = Literal["fid", "token"]
Platform = Literal["android", "ios", "web"]
SubjectKind = Literal["application", "employer", "account"]

INSTALLATION = r"^[A-Za-z0-9._~-]{8,128}(?!\n)$"
Target = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9_.:~%=+/-]{8,1024}(?!\n)$", max_length=1024, examples=["dmLz9wXoQ7qk3Yf1rT0aBc"])
]


class DeviceIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Where pushes go: a Firebase installation id (`fid`) or an FCM registration token."""

    target: Target
    target_kind: TargetKind
    platform: Platform
    locale: Locale = "vi"


class Device(msgspec.Struct, frozen=True):
    """A phone as it stands. Its target is never shown again."""

    installation_id: str
    target_kind: TargetKind
    platform: Platform
    locale: Locale
    registered_at: Timestamp


class Subject(msgspec.Struct, frozen=True):
    kind: SubjectKind
    id: Identifier


class Notification(msgspec.Struct, frozen=True):
    """A notice in the reader's language; `subject` is what to open, null when there is nothing to open."""

    id: Identifier
    topic: str
    title: str
    body: str
    subject: Subject | None
    created_at: Timestamp
    read_at: Timestamp | None


class NotificationPage(msgspec.Struct, frozen=True):
    """`unread_count` counts the whole inbox, whatever this page shows."""

    items: list[Notification]
    next_cursor: str | None
    unread_count: Count


class InboxRow(msgspec.Struct, frozen=True):
    """A notice as it is kept: `params` is the JSON that its words are made with."""

    id: UUID
    topic: str
    subject_id: UUID | None
    params: str
    created_at: datetime
    read_at: datetime | None


class InboxPage(msgspec.Struct, frozen=True):
    items: list[InboxRow]
    next_cursor: str | None


class Push(msgspec.Struct, frozen=True):
    """A push that this worker has leased: where it goes now, and which try this is."""

    id: UUID
    lease_by: UUID
    notification_id: UUID
    topic: str
    subject_id: UUID | None
    attempts: int
    expires_at: datetime
    target_kind: TargetKind
    target: str
    platform: Platform
    locale: Locale


class Settlement(msgspec.Struct, frozen=True):
    """What became of a leased push. `uncounted` gives the try back: it was not the push's fault, or never happened."""

    push: Push
    state: Literal["queued", "sent", "gone", "dead"]
    not_before: datetime | None = None
    message_name: str | None = None
    error: str | None = None
    uncounted: bool = False


class Moved(msgspec.Struct, frozen=True):
    status: Literal[
        "viewed", "shortlisted", "interview", "offer", "hired", "rejected", "withdrawn", "expired", "obsolete"
    ]
    job_title: str
    employer_name: str


class Received(msgspec.Struct, frozen=True):
    job_title: str
    employer_name: str


class Decided(msgspec.Struct, frozen=True):
    decision: Literal["verified", "rejected"]
    employer_name: str


class Security(msgspec.Struct, frozen=True):
    """Something happened to the account itself, which its owner must hear of although they may have done it."""

    what: Literal[
        "new_sign_in", "session_evicted", "session_expiring", "refresh_token_reused", "passkey_added",
        "passkey_removed", "way_in_added", "way_in_removed", "phone_changed", "recovery_begun", "recovered",
        "recovery_of_staff", "identity_confirmed", "identity_refused", "role_granted", "role_ended", "role_kept",
        "signed_out_by_staff", "staff_signed_out", "device_key_enrolled", "device_key_removed", "passkey_counter_back",
    ]  # fmt: skip


Params = Moved | Received | Decided | Security
Words = tuple[str, str]  # title and body


class Notice(msgspec.Struct, frozen=True):
    """What a topic says. `words[variant][locale]` are for the inbox, filled with the params; the variant is the value
    of the param `chosen_by`. `push[locale]` is for the lock screen and the foreign carriers on the way: it never has
    params. Pushes of one `channel` replace each other while a phone is away; after `life` a push is not worth sending.
    """

    params: type[Params]
    subject: SubjectKind
    channel: str
    life: timedelta
    push: Mapping[Locale, Words]
    words: Mapping[str, Mapping[Locale, Words]]
    chosen_by: str | None = None


def _notices() -> dict[str, Notice]:
    """The topics, with their words from words.toml."""
    kind = dict[str, dict[str, dict[Locale, Words]]]
    text = files("longan.notifications").joinpath("words.toml").read_bytes()
    written = msgspec.toml.decode(text, type=kind)

    def notice(
        topic: str, params: type[Params], subject: SubjectKind, channel: str, life: timedelta, chosen_by: str | None
    ) -> Notice:
        words = {variant if chosen_by else "": said for variant, said in written[topic].items() if variant != "push"}
        return Notice(params, subject, channel, life, written[topic]["push"], words, chosen_by)

    return {
        "application_moved": notice(
            "application_moved", Moved, "application", "applications", timedelta(days=3), "status"
        ),
        "application_received": notice(
            "application_received", Received, "application", "hiring", timedelta(days=1), None
        ),
        "employer_decided": notice("employer_decided", Decided, "employer", "employers", timedelta(days=3), "decision"),
        "security_notice": notice("security_notice", Security, "account", "security", timedelta(days=3), "what"),
    }


NOTICES = _notices()

# A row of a newer version of the code, read by an older one while both run.
UNKNOWN: Mapping[Locale, Words] = {
    "vi": ("Thông báo mới", "Hãy cập nhật ứng dụng để xem thông báo này."),
    "en": ("New notice", "Update the app to see this notice."),
}


def shown(row: InboxRow, locale: Locale) -> Notification:
    """The notice in the reader's language."""
    notice = NOTICES.get(row.topic)
    subject = None if notice is None or row.subject_id is None else Subject(notice.subject, row.subject_id)
    title, body = UNKNOWN[locale]
    if notice is not None:
        try:
            given = msgspec.structs.asdict(msgspec.json.decode(row.params, type=notice.params))
        except msgspec.ValidationError:
            given = None
        if given is not None:
            words = notice.words[given[notice.chosen_by] if notice.chosen_by else ""][locale]
            title, body = (text.format_map(given) for text in words)
    return Notification(row.id, row.topic, title, body, subject, row.created_at, row.read_at)


def _check(topic: str, notice: Notice) -> None:
    """Raise `TypeError` for words that their params cannot fill, or that some reader would miss."""
    fields = {field.name: field.type for field in msgspec.structs.fields(notice.params)}
    variants = set(get_args(fields[notice.chosen_by])) if notice.chosen_by else {""}
    if set(notice.words) != variants:
        raise TypeError(f"{topic} has words for {sorted(notice.words)}, but needs them for {sorted(variants)}")
    for by_locale in (notice.push, *notice.words.values()):
        if set(by_locale) != set(get_args(Locale)):
            raise TypeError(f"{topic} does not speak every language")
    for text in (text for by_locale in notice.words.values() for words in by_locale.values() for text in words):
        if not {name for _, name, _, _ in Formatter().parse(text) if name is not None} <= fields.keys():
            raise TypeError(f"{topic}: nothing fills {text!r}")


for _topic, _notice in NOTICES.items():
    _check(_topic, _notice)
