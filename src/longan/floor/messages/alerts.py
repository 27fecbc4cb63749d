"""Public alerts: the topics of FCM that apps subscribe to by themselves, and the one message that goes to them.

Anybody's app may subscribe to a topic, so what is said there is for everybody and holds nothing of anybody. FCM tells
nothing of who heard it. Limits: https://firebase.google.com/docs/cloud-messaging/topic-messaging.
"""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec

from longan.floor.base.fields import Locale
from longan.floor.messages.notices import NOTICES

TOPIC = "public_alert"
TOPICS_IN_CONDITION = 5
MOST_BYTES = 2048


class Alert(msgspec.Struct, frozen=True):
    """What everybody hears whose app subscribes to a topic of `condition`, until `expires_at`."""

    campaign_id: UUID
    condition: str
    title: str
    body: str
    expires_at: datetime


class TooLong(Exception):
    """It does not fit into a message to a topic."""


def topic_of(version: date, code: str, locale: Locale) -> str:
    """The topic of a ward or a province of the list `version`, in a language."""
    return f"alerts.{version.isoformat()}.{code}.{locale}"


def conditions(version: date, codes: Sequence[str], locale: Locale) -> list[str]:
    """The conditions that together are true for every topic of `codes` once."""
    topics = [topic_of(version, code, locale) for code in sorted(set(codes))]
    return [
        " || ".join(f"'{topic}' in topics" for topic in topics[first : first + TOPICS_IN_CONDITION])
        for first in range(0, len(topics), TOPICS_IN_CONDITION)
    ]


def message(alert: Alert, now: datetime) -> bytes:
    """The body of the request to FCM. On a phone that also gets the campaign's own push one replaces the other, for
    both bear the campaign's id. Raises `TooLong`."""
    notice = NOTICES[TOPIC]
    same = str(alert.campaign_id)
    seconds_left = max(0, int((alert.expires_at - now).total_seconds()))
    made = msgspec.json.encode({
        "message": {
            "condition": alert.condition,
            "notification": {"title": alert.title, "body": alert.body},
            "data": {"topic": TOPIC, "subject_kind": notice.subject, "subject_id": same},
            "android": {
                "collapse_key": notice.channel,
                "priority": "high",
                "ttl": f"{seconds_left}s",
                "notification": {"channel_id": notice.channel, "tag": same},
            },
            "apns": {
                "headers": {
                    "apns-collapse-id": same,
                    "apns-expiration": str(int(alert.expires_at.timestamp())),  # a UNIX time, not a duration
                    "apns-priority": "10",
                },
                "payload": {"aps": {"sound": "default", "thread-id": notice.channel}},
            },
            "webpush": {
                "headers": {"TTL": str(seconds_left), "Urgency": "high"},
                "notification": {"tag": same},
            },
        }
    })  # fmt: skip
    # FCM counts a part of it only; to count all of it needs no knowledge of which.
    if len(made) > MOST_BYTES:
        raise TooLong
    return made
