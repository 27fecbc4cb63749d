"""HSDS 3.1 as JSON Schema, made from the table of its members."""

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

TABLE: dict[str, Any] = json.loads((Path(__file__).parent / "specification.json").read_text())
FORMATS = {
    "uuid": r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
    "uri": r"^https://[^ ]+$",
    "email": r"^[^@ ]+@[^@ ]+$",
    "date": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    "time": r"^[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})$",
}


def _member(kind: str | list[str]) -> dict[str, Any]:
    if isinstance(kind, list):
        return {"enum": kind}
    if kind.endswith("[]"):
        return {"type": "array", "items": _object(kind[:-2])}
    if kind.endswith("{}"):
        return _object(kind[:-2])
    if kind in FORMATS:
        return {"type": "string", "pattern": FORMATS[kind]}
    return {"type": kind}


def _object(name: str) -> dict[str, Any]:
    """Of an object that the table does not have, none may come."""
    return {"$ref": f"#/$defs/{name}"} if name in TABLE["objects"] else {"not": {}}


def _closed(of: dict[str, Any]) -> dict[str, Any]:
    members = {name: _member(kind) for name, kind in of["members"].items()}
    return {"type": "object", "properties": members, "required": of["required"], "additionalProperties": False}


def validator(name: str) -> Draft202012Validator:
    """What an object of that name must be. An unknown member, or null, is a fault."""
    made = {"$defs": {each: _closed(of) for each, of in TABLE["objects"].items()}, **_object(name)}
    return Draft202012Validator(made, format_checker=FormatChecker())


def faults(name: str, value: Any) -> list[str]:
    return [f"{error.json_path}: {error.message[:100]}" for error in validator(name).iter_errors(value)]


def page_faults(name: str, value: Any) -> list[str]:
    page = Draft202012Validator(_closed(TABLE["page"]))
    wrong = [error.message for error in page.iter_errors(value)]
    wrong += [f"without {member}" for member in TABLE["page"]["members"] if member not in value]
    return wrong + [fault for each in value.get("contents", []) for fault in faults(name, each)]
