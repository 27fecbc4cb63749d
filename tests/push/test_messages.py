"""Messages to phones: every topic makes one that FCM takes, in every language, and nothing in it is too much."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from longan.devkit import fcm_rules
from longan.floor.messages.notices import NOTICES
from longan.rooms.push.models import Push
from longan.rooms.push.outside import message

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)


def push(topic: str, **given: object) -> Push:
    about = {
        "id": uuid4(), "lease_by": uuid4(), "claimed_at": NOW, "kind": "notice", "notification_id": uuid4(),
        "topic": topic, "subject_id": uuid4(), "attempts": 1, "expires_at": NOW + timedelta(hours=1),
        "target_kind": "fid", "target": "good-phone-1", "platform": "android", "locale": "vi",
        "collapse_key": NOTICES[topic].channel,
    }  # fmt: skip
    return Push(**{**about, **given})  # type: ignore[arg-type]


def made(topic: str, **given: object) -> dict[str, Any]:
    said: dict[str, Any] = msgspec.json.decode(message(push(topic, **given), NOW))["message"]
    return said


@pytest.mark.parametrize("given", [{}, {"gathered": 3}, {"kind": "removal"}, {"subject_id": None}])
@pytest.mark.parametrize("locale", ["vi", "en"])
@pytest.mark.parametrize("topic", NOTICES)
def test_every_topic_makes_a_message_that_fcm_takes(topic: str, locale: str, given: dict[str, object]) -> None:
    body = message(push(topic, locale=locale, **given), NOW)

    assert fcm_rules.target_of(fcm_rules.read(body)["message"]) == ("fid", "good-phone-1")


@pytest.mark.parametrize("topic", NOTICES)
def test_what_can_wait_does_not_wake_a_phone(topic: str) -> None:
    said = made(topic)

    patient = NOTICES[topic].urgency == "low"
    assert (said["android"]["priority"], said["apns"]["headers"]["apns-priority"]) == (
        ("normal", "5") if patient else ("high", "10")
    )


def test_a_push_to_nowhere_is_no_message() -> None:
    with pytest.raises(ValueError, match="fid"):
        message(push("security_notice", target=""), NOW)


def test_a_removal_has_nothing_to_show() -> None:
    said = made("security_notice", kind="removal")

    assert set(said) == {"android", "apns", "data", "fid", "webpush"}
    assert said["android"] == {"priority": "normal", "ttl": "3600s"}
    assert said["apns"]["payload"] == {"aps": {"content-available": 1}}


def test_an_alert_to_everybody_and_its_copy_to_one_person_replace_each_other() -> None:
    campaign = UUID(int=7)

    said = made("public_alert", subject_id=campaign)

    assert said["android"]["notification"]["tag"] == said["apns"]["headers"]["apns-collapse-id"] == str(campaign)
