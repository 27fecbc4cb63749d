"""What people are told: the topics, what fills their words, and how long it is worth telling."""

from collections.abc import Mapping
from datetime import timedelta
from importlib.resources import files
from string import Formatter
from typing import Literal, get_args

import msgspec

from longan.fields import Locale

SubjectKind = Literal["application", "employer", "account"]


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
    """The topics, with their words from notices.toml."""
    kind = dict[str, dict[str, dict[Locale, Words]]]
    text = files("longan").joinpath("notices.toml").read_bytes()
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
