"""Nouns of the room: topics and their ways to the phone, hours of quiet, and what a person has said to them."""

from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from longan.floor.base.errors import Unprocessable
from longan.floor.base.fields import Count, Timestamp
from longan.floor.base.zones import HOME, TimeZone
from longan.floor.messages.notices import Channel, Urgency

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LockScreen = Literal["discreet", "full"]
MINUTES_OF_A_DAY = 24 * 60

HourMinute = Annotated[
    str,
    Meta(
        pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$",
        max_length=5,
        description="HH:MM in the person's time zone",
        examples=["22:00"],
    ),
]


class QuietHours(msgspec.Struct, frozen=True):
    """Quiet from `begins` on each of these days until `ends`: on the same day, or on the next one where `ends` is not
    later than `begins`, as in the night or after a night shift. At `ends` itself it is no longer quiet."""

    weekdays: Annotated[list[Weekday], Meta(min_length=1, max_length=7)]
    begins: HourMinute
    ends: HourMinute

    def minutes(self) -> tuple[int, int]:
        """Begin and end in minutes from the midnight before it begins."""
        begins, ends = (int(each[:2]) * 60 + int(each[3:]) for each in (self.begins, self.ends))
        return begins, ends if ends > begins else ends + MINUTES_OF_A_DAY

    def beginning_on(self, day: date) -> tuple[datetime, datetime] | None:
        """The quiet time that begins on this day, in local time; None where there is none."""
        if WEEKDAYS[day.weekday()] not in self.weekdays:
            return None
        midnight = datetime.combine(day, time())
        begins, ends = self.minutes()
        return midnight + timedelta(minutes=begins), midnight + timedelta(minutes=ends)


class QuietHoursIn(QuietHours, forbid_unknown_fields=True, frozen=True):
    """Quiet hours as they are chosen."""


class ChannelChoice(msgspec.Struct, frozen=True):
    """A way of a topic to the phone. `at_first`: whether it is on while nothing was said. `fixed`: nobody can switch
    it off."""

    channel: Channel
    on: bool
    at_first: bool
    fixed: bool


class TopicChoice(msgspec.Struct, frozen=True):
    """A topic, in the reader's language; the inbox has it whatever is chosen. `urgency`: `urgent` comes in quiet hours
    too, `low` waits for the push of the day. `why` says why a mandatory topic cannot be switched off. `full_text`:
    whether its words may stand on the lock screen where the person chose so."""

    topic: str
    name: str
    about: str
    urgency: Urgency
    mandatory: bool
    why: str | None
    full_text: bool
    channels: list[ChannelChoice]


class NotificationPreferences(msgspec.Struct, frozen=True):
    """`quiet_until`: it is quiet now, and until then; null when it is not. `digest_at`: when the push of the day comes
    for what can wait. `lock_screen`: `discreet` pushes say that there is news, `full` ones what it is."""

    topics: list[TopicChoice]
    lock_screen: LockScreen
    time_zone: str
    quiet_hours: list[QuietHours]
    quiet_until: Timestamp | None
    digest_at: HourMinute
    version: Count


class ChannelsChange(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The ways to switch on or off; what is absent stays as it is."""

    push: bool | UnsetType = UNSET
    zns: bool | UnsetType = UNSET
    sms: bool | UnsetType = UNSET


class PreferencesChange(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What is absent stays as it is. `quiet_hours` are given all together; an empty list means none."""

    topics: Annotated[dict[Annotated[str, Meta(max_length=40)], ChannelsChange], Meta(max_length=100)] | UnsetType = (
        UNSET
    )
    lock_screen: LockScreen | UnsetType = UNSET
    time_zone: TimeZone | UnsetType = UNSET
    quiet_hours: Annotated[list[QuietHoursIn], Meta(max_length=20)] | UnsetType = UNSET
    digest_at: HourMinute | UnsetType = UNSET


class Choices(msgspec.Struct, frozen=True):
    """What a person has said, as it is kept: `said` is topic, channel, on."""

    said: dict[str, dict[str, bool]] = {}
    lock_screen: LockScreen = "discreet"
    time_zone: str = HOME
    quiet_hours: list[QuietHours] = []
    digest_at: str = "18:00"
    version: int = 0


class TopicMandatory(Unprocessable):
    """`topic` of the problem cannot be switched off; `why` says the reason in the reader's language."""

    code = "topic_mandatory"
    vi, en = "Mục này không tắt được", "This cannot be switched off"


class ChannelNotOffered(Unprocessable):
    """`topic` of the problem does not come by `channel`."""

    code = "channel_not_offered"
    vi, en = "Mục này không gửi qua kênh đó", "This is not sent by that channel"


class NeverLoud(Unprocessable):
    """The quiet hours leave no minute of the week."""

    code = "never_loud"
    vi, en = "Giờ yên lặng không được kín cả tuần", "Quiet hours must leave some time of the week"
