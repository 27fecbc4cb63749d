"""What FCM takes: a send request read by the schema, then by the rules that no schema can say."""

import re

from longan.devkit import fcm_schema
from longan.devkit.fcm_schema import Json, Object, Refused, Violation
from longan.devkit.fcm_topics import TOPIC, is_condition

TARGETS = ("token", "fid", "topic", "condition")

PAYLOAD_BYTES = 4096
TOPIC_PAYLOAD_BYTES = 2048
LONGEST_TTL = 2_419_200

RESERVED_KEY = re.compile(r"(from|message_type|gcm)\Z|google|gcm\.notification")
LABEL = re.compile(r"[a-zA-Z0-9\-_.~%]{1,50}")
COLOR = re.compile(r"#[0-9a-fA-F]{6}")


def read(body: bytes) -> Object:
    """The request in lowerCamelCase, without nulls. Raises Refused."""
    try:
        return _checked(body)
    except RecursionError as exc:
        raise Refused([Violation("", "Invalid JSON payload received. It is nested too deeply.")], by_fcm=False) from exc


def _checked(body: bytes) -> Object:
    request = fcm_schema.parsed(body)
    message = request.get("message", {})
    if len(found := _targets(message)) > 1:
        text = f"Invalid value at 'message' (oneof), oneof field 'target' is already set. Cannot set '{found[1]}'"
        raise Refused([Violation("message", text)], by_fcm=False)
    if broken := _broken_rules(message, len(body)):
        raise Refused(broken, by_fcm=True)
    return request


def target_of(message: Object) -> tuple[str, str]:
    """The kind of the one target of a message that was read, and its text."""
    kind = _targets(message)[0]
    return kind, message[kind]


def _targets(message: Object) -> list[str]:
    return [kind for kind in TARGETS if message.get(kind)]


def _broken_rules(message: Object, size: int) -> list[Violation]:
    if not _targets(message):
        return [Violation("message", "Recipient of the message is not set.")]
    android, apns, webpush = (message.get(part, {}) for part in ("android", "apns", "webpush"))
    broken = [
        Violation(f"message{path}.data[{place}].key", f"Invalid data payload key: {key}")
        for path, part in (("", message), (".android", android), (".webpush", webpush))
        for place, key in enumerate(part.get("data", ()))
        if RESERVED_KEY.match(key)
    ]
    for path, part in (("", message), (".android", android), (".apns", apns), (".webpush", webpush)):
        label = part["fcmOptions"].get("analyticsLabel") if "fcmOptions" in part else None
        if label is not None and LABEL.fullmatch(label) is None:
            broken.append(Violation(f"message{path}.fcm_options.analytics_label", "Invalid analytics label."))
    if float(android.get("ttl", "0s")[:-1]) > LONGEST_TTL:
        broken.append(Violation("message.android.ttl", "Invalid ttl: it is longer than 4 weeks."))
    if COLOR.fullmatch(android.get("notification", {}).get("color", "#000000")) is None:
        broken.append(Violation("message.android.notification.color", "Invalid color: it must be of the form #rrggbb."))
    if not webpush.get("fcmOptions", {}).get("link", "https://").startswith("https://"):
        broken.append(Violation("message.webpush.fcm_options.link", "Invalid link: HTTPS is required."))
    if message.get("topic") and TOPIC.fullmatch(message["topic"]) is None:
        broken.append(Violation("message.topic", "Invalid topic name."))
    if message.get("condition") and not is_condition(message["condition"]):
        broken.append(Violation("message.condition", "Invalid condition."))
    limit = TOPIC_PAYLOAD_BYTES if message.get("topic") or message.get("condition") else PAYLOAD_BYTES
    # A payload is a part of the request, so what is as small as a whole needs no counting.
    return broken if size <= limit else broken + _too_big(message, android, apns, webpush, limit)


def _too_big(message: Object, android: Object, apns: Object, webpush: Object, limit: int) -> list[Violation]:
    notification, data = message.get("notification", {}), message.get("data", {})
    shown_on_android = {**notification, **android.get("notification", {})}
    payloads = {
        "Android": _bytes(shown_on_android) + _bytes(android.get("data", data)),
        "APNs": _bytes(notification) + _bytes(data) + _bytes(apns.get("payload", {})),
        "Web Push": _bytes({**notification, **webpush.get("notification", {})}) + _bytes(webpush.get("data", data)),
    }
    return [Violation("message", f"{name} message is too big") for name, size in payloads.items() if size > limit]


def _bytes(value: Json) -> int:
    """Keys and values as FCM's limit counts them, without the punctuation of JSON."""
    if isinstance(value, dict):
        return sum(len(key.encode()) + _bytes(item) for key, item in value.items())
    if isinstance(value, list):
        return sum(map(_bytes, value))
    return len(value.encode()) if isinstance(value, str) else len(str(value))
