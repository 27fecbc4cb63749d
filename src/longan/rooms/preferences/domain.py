"""Rules of the room: which choices are open, and until when it is quiet."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

import asyncpg
import msgspec

from longan.floor.access.tokens import Principal
from longan.floor.base import zones
from longan.floor.base.errors import FieldError, InvalidRequest, Stale
from longan.floor.base.fields import Locale
from longan.floor.messages.notices import NOTICES, Channel
from longan.rooms.preferences import store
from longan.rooms.preferences.models import (
    MINUTES_OF_A_DAY,
    WEEKDAYS,
    ChannelChoice,
    ChannelNotOffered,
    ChannelsChange,
    Choices,
    NeverLoud,
    NotificationPreferences,
    PreferencesChange,
    QuietHours,
    TopicChoice,
    TopicMandatory,
)

DAY = timedelta(days=1)
MINUTES_OF_A_WEEK = 7 * MINUTES_OF_A_DAY

V = TypeVar("V")


def quiet_until(patterns: Sequence[QuietHours], zone: ZoneInfo, moment: datetime) -> datetime | None:
    """The first moment from this one on that no pattern covers; None when they cover the whole week.

    `preferences.quiet_until` says the same in SQL. Where a clock is put forward in the quiet time, it lasts that hour
    longer; where it is put back, the hour that comes twice is quiet twice.
    """
    at = moment
    while at < moment + 8 * DAY:
        local = at.astimezone(zone).replace(tzinfo=None)
        around = (pattern.beginning_on(local.date() - before) for pattern in patterns for before in (timedelta(), DAY))
        ends = [found[1] for found in around if found is not None and found[0] <= local < found[1]]
        if not ends:
            return at
        at += max(ends) - local
    return None


def minutes_of_week(patterns: Sequence[QuietHours]) -> Iterator[tuple[int, int]]:
    """The quiet minutes as ranges from Monday 00:00 on, without the second; what goes over Sunday goes on on Monday."""
    for pattern in patterns:
        begins, ends = pattern.minutes()
        for day in {WEEKDAYS.index(each) for each in pattern.weekdays}:
            begin, end = day * MINUTES_OF_A_DAY + begins, day * MINUTES_OF_A_DAY + ends
            yield begin, min(end, MINUTES_OF_A_WEEK)
            if end > MINUTES_OF_A_WEEK:
                yield 0, end - MINUTES_OF_A_WEEK


def topics(said: Mapping[str, Mapping[str, bool]], locale: Locale) -> list[TopicChoice]:
    """Every topic with what was said to it, in the reader's language."""
    shown = []
    for topic, notice in NOTICES.items():
        name, about = notice.settings[locale]
        channels = []
        for channel in notice.channels:
            first, fixed = channel in notice.at_first, notice.fixed(channel)
            on = fixed or said.get(topic, {}).get(channel, first)
            channels.append(ChannelChoice(channel, on, first, fixed))
        why = None if notice.mandatory is None else notice.mandatory[locale]
        shown.append(TopicChoice(topic, name, about, notice.urgency, why is not None, why, notice.full, channels))
    return shown


async def shown(conn: asyncpg.Connection, me: Principal, locale: Locale, now: datetime) -> NotificationPreferences:
    return _shown(await store.choices(conn, me.account_id), locale, now)


def _shown(choices: Choices, locale: Locale, now: datetime) -> NotificationPreferences:
    until = quiet_until(choices.quiet_hours, ZoneInfo(choices.time_zone), now)
    return NotificationPreferences(
        topics(choices.said, locale), choices.lock_screen, choices.time_zone, choices.quiet_hours,
        None if until == now else until, choices.digest_at, choices.version,
    )  # fmt: skip


async def change(
    tx: asyncpg.Connection, me: Principal, wanted: PreferencesChange, versions: list[int] | None, locale: Locale,
    now: datetime,
) -> NotificationPreferences:  # fmt: skip
    """Raises `TopicMandatory`, `ChannelNotOffered`, `NeverLoud`, `InvalidRequest` for a topic or time zone that is
    none, `Stale` when the preferences were changed since."""
    said = {} if isinstance(wanted.topics, msgspec.UnsetType) else {
        topic: _allowed(topic, channels, locale) for topic, channels in wanted.topics.items()
    }  # fmt: skip
    zone = _given(wanted.time_zone)
    if zone is not None:
        zones.checked(zone, "/time_zone")
    quiet = _given(wanted.quiet_hours)
    if quiet is not None and quiet_until(quiet, ZoneInfo("UTC"), now) is None:
        raise NeverLoud
    saved = await store.save(
        tx, me.account_id, versions, said=said, lock_screen=_given(wanted.lock_screen), time_zone=zone,
        quiet_hours=None if quiet is None else [_tidy(each) for each in quiet],
        quiet=None if quiet is None else list(minutes_of_week(quiet)), digest_at=_given(wanted.digest_at), now=now,
    )  # fmt: skip
    if saved is None:
        raise Stale
    return _shown(saved, locale, now)


def _allowed(topic: str, channels: ChannelsChange, locale: Locale) -> dict[str, bool]:
    """What is switched, by channel."""
    pointer = "/topics/" + topic.replace("~", "~0").replace("/", "~1")
    notice = NOTICES.get(topic)
    if notice is None:
        raise InvalidRequest(FieldError(pointer, "not_one_of"))
    switched: dict[str, bool] = {}
    channel: Channel
    for channel in ("push", "zns", "sms"):
        on: bool | msgspec.UnsetType = getattr(channels, channel)
        if isinstance(on, msgspec.UnsetType):
            continue
        if channel not in notice.channels:
            raise ChannelNotOffered(members={"topic": topic, "channel": channel})
        if notice.mandatory is not None and notice.fixed(channel) and not on:
            raise TopicMandatory(members={"topic": topic, "channel": channel, "why": notice.mandatory[locale]})
        switched[channel] = on
    return switched


def _tidy(quiet: QuietHours) -> QuietHours:
    """Each day once, in the order of the week."""
    return msgspec.structs.replace(quiet, weekdays=[day for day in WEEKDAYS if day in quiet.weekdays])


def _given(value: V | msgspec.UnsetType) -> V | None:
    return None if isinstance(value, msgspec.UnsetType) else value
