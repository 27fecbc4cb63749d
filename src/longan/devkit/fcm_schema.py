"""A send request read by the reviewed schema of `fcm_schema.json`: unknown fields refused, in Google's words.

Nearly every request is right. Those are checked by types made once from the schema; whatever they refuse is read again
field by field, which also knows nulls and rarer spellings of values, and says what is wrong.
"""

import re
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, UnsetType

Json = Any
Object = dict[str, Json]

SCHEMAS: dict[str, Object] = msgspec.json.decode(files("longan.devkit").joinpath("fcm_schema.json").read_bytes())[
    "schemas"
]

DURATION = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?s")
TIMESTAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})")
# Surely a time: days that only some months have, and other zones, are left to the slower reading.
PLAIN_TIMESTAMP = (
    r"[12][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?Z"
)


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


@cache
def snake(name: str) -> str:
    """The proto spelling of a field, in which Google names it in refusals."""
    return re.sub("([A-Z])", r"_\1", name).lower()


# FCM reads a field in both spellings; firebase-admin mixes them.
SPELLINGS = {
    schema: {spelling: name for name in body["properties"] for spelling in (name, snake(name))}
    for schema, body in SCHEMAS.items()
}
# What each spelling stands for, and the schema of what is in it where that has spellings too.
RENAMED = {
    schema: {spelling: (name, SCHEMAS[schema]["properties"][name].get("$ref")) for spelling, name in spellings.items()}
    for schema, spellings in SPELLINGS.items()
}


def parsed(body: bytes) -> Object:
    """The request in lowerCamelCase, without nulls. Raises Refused, and RecursionError for one nested too deeply."""
    try:
        given: Json = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise Refused([Violation("", "Invalid JSON payload received. The body is not JSON.")], by_fcm=False) from exc
    return renamed(given) if is_plain(body) else read(given)


def is_plain(body: bytes) -> bool:
    """Whether the body is surely what `read` would take, and would change nothing but the spelling of fields in."""
    try:
        PLAIN.decode(body)
    except msgspec.DecodeError:
        return False
    return True


def renamed(given: Object, schema: str = "SendMessageRequest") -> Object:
    """A plain request in lowerCamelCase."""
    names = RENAMED[schema]
    return {
        name: item if inside is None else renamed(item, inside)
        for (name, inside), item in ((names[key], item) for key, item in given.items())
    }


def read(given: Json) -> Object:
    """The request in lowerCamelCase, without nulls. Raises Refused with everything that the schema does not allow."""
    violations: list[Violation] = []
    request: Object = _read({"$ref": "SendMessageRequest"}, given, "", violations)
    if violations:
        raise Refused(violations, by_fcm=False)
    return request


@cache
def _type_of(name: str) -> type[msgspec.Struct]:
    fields = [
        (spelling, _plain_type(SCHEMAS[name]["properties"][field]) | UnsetType, msgspec.UNSET)
        for spelling, field in SPELLINGS[name].items()
    ]
    return msgspec.defstruct(name, fields, forbid_unknown_fields=True, gc=False)


def _plain_type(schema: Object) -> Any:
    if "$ref" in schema:
        return _type_of(schema["$ref"])
    match schema["type"]:
        case "object":
            return dict[str, _plain_type(schema["additionalProperties"])]  # type: ignore[misc]
        case "array":
            return list[_plain_type(schema["items"])]  # type: ignore[misc]
        case "string" if "enum" in schema:
            return Literal[tuple(spelling for value in schema["enum"] for spelling in (value, value.lower()))]
        case "string" if schema.get("format") == "google-duration":
            return Annotated[str, Meta(pattern=f"^{DURATION.pattern}\\Z")]
        case "string" if schema.get("format") == "google-datetime":
            return Annotated[str, Meta(pattern=f"^{PLAIN_TIMESTAMP}\\Z")]
        case "integer":
            return Annotated[int, Meta(ge=-(2**31), lt=2**31)]
    return {"string": str, "boolean": bool, "number": float, "any": Any}[schema["type"]]


PLAIN = msgspec.json.Decoder(_type_of("SendMessageRequest"))


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
