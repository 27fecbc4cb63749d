"""Texts to those whom no push reaches: what is worth one, its words, and what it may cost (LONGAN_TEXTS)."""

import unicodedata
from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Annotated, get_args

import msgspec
from msgspec import Meta

from longan.floor.base.fields import Locale
from longan.floor.messages.notices import NOTICES, Carrier, Params
from longan.floor.setup.settings import BadSettings, Settings

CARRIERS: tuple[Carrier, ...] = get_args(Carrier)

# Vietnam has one zone and no summer time; budgets and days are counted there.
HOME = timezone(timedelta(hours=7))
LONGEST_SMS = 160
DAY_BEGINS, DAY_ENDS = 7, 21

# Of topics that speak of many things, these are worth money. Where the room recovery texts by itself, and where the
# person has just done it with the phone in hand, another text says nothing new.
WORTH_A_TEXT: Mapping[str, frozenset[str]] = {
    "security_notice": frozenset({
        "refresh_token_reused", "passkey_added", "passkey_removed", "way_in_added", "way_in_removed",
        "identity_confirmed", "identity_refused", "role_granted", "role_ended", "signed_out_by_staff",
        "device_key_enrolled", "passkey_counter_back",
    }),
    "application_moved": frozenset({"interview", "offer", "hired"}),
}  # fmt: skip

# How long a push, and then each carrier, has to arrive before the next one is asked.
WAITS = {"urgent": timedelta(minutes=3), "normal": timedelta(minutes=10)}


def wait(topic: str) -> timedelta:
    """What the topic leaves a carrier to bring it."""
    return WAITS.get(NOTICES[topic].urgency, WAITS["normal"])


def decent(topic: str, now: datetime) -> datetime:
    """When a text of the topic may ring whoever said nothing of quiet hours: at once, or when people are up."""
    there = now.astimezone(HOME)
    if NOTICES[topic].urgency == "urgent" or DAY_BEGINS <= there.hour < DAY_ENDS:
        return now
    return midnight(now) + timedelta(days=int(there.hour >= DAY_ENDS), hours=DAY_BEGINS)


def first_carrier(topic: str, params: Params) -> Carrier | None:
    """By what a notice goes when no push brings it; None for what is not worth a text."""
    notice = NOTICES[topic]
    worth = WORTH_A_TEXT.get(topic)
    if not notice.carriers or (worth is not None and getattr(params, notice.chosen_by or "") not in worth):
        return None
    return notice.carriers[0]


def next_carrier(topic: str, carrier: Carrier) -> Carrier | None:
    """What is asked after `carrier`."""
    carriers = NOTICES[topic].carriers
    following = carriers[carriers.index(carrier) + 1 :] if carrier in carriers else ()
    return following[0] if following else None


def plain(topic: str, locale: Locale) -> str:
    """The words of the lock screen without marks: one part of 160 characters, and nothing about anybody."""
    title, body = NOTICES[topic].push[locale]
    spelt = unicodedata.normalize("NFD", f"{title}: {body}".replace("đ", "d").replace("Đ", "D"))
    return "".join(letter for letter in spelt if not unicodedata.combining(letter))


Dong = Annotated[int, Meta(ge=0, le=10**12)]
Price = Annotated[int, Meta(ge=1, le=100_000)]
TemplateId = Annotated[str, Meta(pattern=r"^[0-9]{1,20}(?!\n)$", max_length=20)]


class Rate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a message of a carrier costs, and what may be spent on it in a month; both in đồng."""

    price: Price
    budget: Dong


NOTHING = Rate(1, 0)


class Tariff(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The rates from a day on. A carrier without a rate sends nothing."""

    since: date = msgspec.field(name="from")
    zns: Rate = NOTHING
    sms: Rate = NOTHING

    def rate(self, carrier: Carrier) -> Rate:
        return self.zns if carrier == "zns" else self.sms


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What LONGAN_TEXTS says: rates, Zalo's templates by topic and language, and how many texts of both carriers
    together a person may get in a day."""

    tariffs: Annotated[list[Tariff], Meta(min_length=1)]
    templates: Mapping[str, Mapping[Locale, TemplateId]] = {}
    texts_a_day: Annotated[int, Meta(ge=1, le=100)] = 3

    def tariff(self, now: datetime) -> Tariff:
        """The rates in force; before the first ones nothing may be spent."""
        today = now.astimezone(HOME).date()
        begun = [tariff for tariff in self.tariffs if tariff.since <= today]
        return max(begun, key=lambda tariff: tariff.since) if begun else Tariff(today)


def month(now: datetime) -> date:
    """The month whose budget a message sent now is paid from."""
    return now.astimezone(HOME).date().replace(day=1)


def midnight(now: datetime) -> datetime:
    """When the day began for which texts are counted."""
    return now.astimezone(HOME).replace(hour=0, minute=0, second=0, microsecond=0)


def read(settings: Settings) -> Plan | None:
    """The plan in LONGAN_TEXTS, None without one: then nobody is texted. Raises `BadSettings`."""
    if settings.texts is None:
        if settings.zalo_app_id:
            raise BadSettings("LONGAN_TEXTS must name the file with Zalo's templates and rates.")
        return None
    try:
        plan = msgspec.toml.decode(settings.texts.read_bytes(), type=Plan)
    except OSError as error:
        raise BadSettings(f"LONGAN_TEXTS names {settings.texts}: {error.strerror}.") from error
    except (ValueError, msgspec.DecodeError) as error:
        raise BadSettings(f"LONGAN_TEXTS names {settings.texts}, which is not as it should be: {error}.") from error
    if len({tariff.since for tariff in plan.tariffs}) < len(plan.tariffs):
        raise BadSettings(f"{settings.texts} has two tariffs from the same day.")
    if settings.zalo_app_id:
        wanted = {topic for topic, notice in NOTICES.items() if "zns" in notice.carriers}
        if wrong := sorted(wanted ^ plan.templates.keys()):
            raise BadSettings(f"{settings.texts} must have Zalo templates for {sorted(wanted)}: see {wrong}.")
        if dumb := sorted(topic for topic, ids in plan.templates.items() if set(ids) != set(get_args(Locale))):
            raise BadSettings(f"{settings.texts} must have a template in each language for {dumb}.")
    return plan


def _check(topic: str) -> None:
    """Raise `TypeError` for a topic whose texts would cost more than a part, or would never be due."""
    notice = NOTICES[topic]
    if notice.urgency == "low":
        raise TypeError(f"{topic} waits for the digest, so no text of it is ever due")
    if topic in WORTH_A_TEXT and not WORTH_A_TEXT[topic] <= notice.words.keys():
        raise TypeError(f"{topic} has no words for {sorted(WORTH_A_TEXT[topic] - notice.words.keys())}")
    for locale in get_args(Locale):
        text = plain(topic, locale)
        if not text.isascii() or len(text) > LONGEST_SMS:
            raise TypeError(f"{topic}: {text!r} is no text message of one part")


for _topic in (topic for topic, notice in NOTICES.items() if notice.carriers):
    _check(_topic)
