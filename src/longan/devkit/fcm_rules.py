"""What FCM takes: a send request read by the reviewed schema of `fcm_schema.json`, then by the rules it cannot say."""

import re
from datetime import datetime
from importlib.resources import files
from typing import Any

import msgspec

Json = Any
Object = dict[str, Json]

SCHEMAS: dict[str, Object] = msgspec.json.decode(files("longan.devkit").joinpath("fcm_schema.json").read_bytes())[
    "schemas"
]
TARGETS = ("token", "fid", "topic", "condition")

PAYLOAD_BYTES = 4096
TOPIC_PAYLOAD_BYTES = 2048
LONGEST_TTL = 2_419_200
TOPICS_IN_CONDITION = 5

DURATION = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?s")
TIMESTAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})")
RESERVED_KEY = re.compile(r"(from|message_type|gcm)\Z|google|gcm\.notification")
LABEL = re.compile(r"[a-zA-Z0-9\-_.~%]{1,50}")
TOPIC = re.compile(r"[a-zA-Z0-9\-_.~%]{1,900}")
TOPIC_TEST = re.compile(r"'[a-zA-Z0-9\-_.~%]{1,900}' in topics")
# One step of reading a condition in which \0 stands for "is in this topic": not, and, or, brackets.
REDUCIBLE = re.compile(r"!+\0|\0(&&|\|\|)\0|\(\0\)")
COLOR = re.compile(r"#[0-9a-fA-F]{6}")


class Violation(msgspec.Struct):
    """One entry of google.rpc.BadRequest: the field's path in proto spelling, and what is wrong with it."""

    field: str
    description: str


class Refused(Exception):
    """INVALID_ARGUMENT. `by_fcm` tells a broken rule of FCM from a body that did not parse: the answers differ."""

    def __init__(self, violations: list[Violation], *, by_fcm: bool) -> None:
        super().__init__("\n".join(violation.description for violation in violations))
        self.violations = violations
        self.by_fcm = by_fcm


def snake(name: str) -> str:
    """The proto spelling of a field, in which Google names it in refusals."""
    return re.sub("([A-Z])", r"_\1", name).lower()


# FCM reads a field in both spellings.
SPELLINGS = {
    schema: {spelling: name for name in body["properties"] for spelling in (name, snake(name))}
    for schema, body in SCHEMAS.items()
}


def read(body: bytes) -> Object:
    """The request in lowerCamelCase, without nulls. Raises Refused."""
    try:
        return _checked(msgspec.json.decode(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise Refused([Violation("", "Invalid JSON payload received. The body is not JSON.")], by_fcm=False) from exc


def _checked(given: Json) -> Object:
    violations: list[Violation] = []
    request: Object = _read({"$ref": "SendMessageRequest"}, given, "", violations)
    message = request.get("message", {})
    if not violations and len(found := _targets(message)) > 1:
        text = f"Invalid value at 'message' (oneof), oneof field 'target' is already set. Cannot set '{found[1]}'"
        violations.append(Violation("message", text))
    if violations:
        raise Refused(violations, by_fcm=False)
    if broken := _broken_rules(message):
        raise Refused(broken, by_fcm=True)
    return request


def target_of(message: Object) -> tuple[str, str]:
    """The kind of the one target of a message that was read, and its text."""
    kind = _targets(message)[0]
    return kind, message[kind]


def _targets(message: Object) -> list[str]:
    return [kind for kind in TARGETS if message.get(kind)]


def _read(schema: Object, value: Json, path: str, violations: list[Violation]) -> Json:
    if "$ref" in schema:
        return _read_message(schema["$ref"], value, path, violations)
    kind = schema["type"]
    if kind == "object" and isinstance(value, dict):
        items = schema["additionalProperties"]
        return {
            key: _read(items, item, f"{path}[{place}].value", violations)
            for place, (key, item) in enumerate(value.items())
        }
    if kind == "array" and isinstance(value, list):
        return [_read(schema["items"], item, f"{path}[{place}]", violations) for place, item in enumerate(value)]
    if kind != "any" and not _fits(schema, value):
        violations.append(_invalid(path, _proto_type(schema), value))
    return value


def _read_message(name: str, value: Json, path: str, violations: list[Violation]) -> Object:
    if not isinstance(value, dict):
        violations.append(_invalid(path, f"type.googleapis.com/google.firebase.fcm.v1.{name}", value))
        return {}
    fields: Object = {}
    for key, item in value.items():
        field = SPELLINGS[name].get(key)
        if field is None:
            at = f" at '{path}'" if path else ""
            text = f'Invalid JSON payload received. Unknown name "{key}"{at}: Cannot find field.'
            violations.append(Violation(path, text))
        elif item is not None:  # in proto3 JSON a null stands for a field left out
            inside = f"{path}.{snake(field)}" if path else snake(field)
            fields[field] = _read(SCHEMAS[name]["properties"][field], item, inside, violations)
    return fields


def _fits(schema: Object, value: Json) -> bool:
    match schema["type"]:
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
            return whole and not isinstance(value, bool) and -(2**31) <= value < 2**31
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "string" if not isinstance(value, str):
            return False
        case "string":
            # Google reads enum names in any case; firebase-admin sends `high`.
            if "enum" in schema:
                return value.upper() in schema["enum"]
            if schema.get("format") == "google-duration":
                return DURATION.fullmatch(value) is not None
            return schema.get("format") != "google-datetime" or _is_timestamp(value)
    return False


def _is_timestamp(text: str) -> bool:
    if TIMESTAMP.fullmatch(text) is None:
        return False
    try:
        datetime.fromisoformat(re.sub(r"\.[0-9]+", "", text))
    except ValueError:
        return False
    return True


def _proto_type(schema: Object) -> str:
    if schema.get("format") in ("google-duration", "google-datetime"):
        name = "Duration" if schema["format"] == "google-duration" else "Timestamp"
        return f"type.googleapis.com/google.protobuf.{name}"
    if "enum" in schema:
        return "TYPE_ENUM"
    kinds = {"string": "TYPE_STRING", "boolean": "TYPE_BOOL", "integer": "TYPE_INT32", "number": "TYPE_FLOAT"}
    return kinds.get(schema["type"], "Map" if schema["type"] == "object" else "List")


def _invalid(path: str, proto_type: str, value: Json) -> Violation:
    return Violation(path, f"Invalid value at '{path}' ({proto_type}), {msgspec.json.encode(value).decode()}")


def _broken_rules(message: Object) -> list[Violation]:
    if not _targets(message):
        return [Violation("message", "Recipient of the message is not set.")]
    android, apns, webpush = (message.get(part, {}) for part in ("android", "apns", "webpush"))
    broken = [
        Violation(f"message{path}.data[{place}].key", f"Invalid data payload key: {key}")
        for path, part in (("", message), (".android", android), (".webpush", webpush))
        for place, key in enumerate(part.get("data", {}))
        if RESERVED_KEY.match(key)
    ]
    for path, part in (("", message), (".android", android), (".apns", apns), (".webpush", webpush)):
        label = part.get("fcmOptions", {}).get("analyticsLabel")
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
    if message.get("condition") and not _is_condition(message["condition"]):
        broken.append(Violation("message.condition", "Invalid condition."))
    return broken + _too_big(message, android, apns, webpush)


def _is_condition(condition: str) -> bool:
    tests, count = TOPIC_TEST.subn("\0", condition)
    tests = tests.replace(" ", "")
    if "\0" in condition or not 0 < count <= TOPICS_IN_CONDITION or len(tests) > 100:
        return False
    while (shorter := REDUCIBLE.sub("\0", tests)) != tests:
        tests = shorter
    return tests == "\0"


def _too_big(message: Object, android: Object, apns: Object, webpush: Object) -> list[Violation]:
    limit = TOPIC_PAYLOAD_BYTES if message.get("topic") or message.get("condition") else PAYLOAD_BYTES
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
    return len(value.encode()) if isinstance(value, str) else len(msgspec.json.encode(value))
