"""Schemas of the document: msgspec's own, said the way that generated clients understand best."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

# A JSON Schema (2020-12), or another part of the document.
Schema = dict[str, Any]

TEMPLATE = "#/components/schemas/{name}"

# What a struct is called in the document where its name in the code would not mean anything to a client.
NAMES = {"ProblemBody": "Problem", "ErrorItem": "ProblemField"}

# The values known today of a text that may get more of them.
OPEN = "x-extensible-enum"

MAX_INT32 = 2**31 - 1


def components(requests: Iterable[object], answers: Iterable[object]) -> tuple[dict[object, Schema], dict[str, Schema]]:
    """A reference for each type, and the named schemas of all structs in them, in alphabetical order.

    What is only ever answered is described as open: an enumeration is text, because a value added later must not break
    an app that is out already; and a field with a default is required, because it is always sent.
    """
    asked = list(requests)
    kinds = list(dict.fromkeys([*asked, *answers]))
    whole, found = msgspec.json.schema_components(kinds, ref_template=TEMPLATE)
    references = dict(zip(kinds, whole, strict=True))
    closed: set[str] = set()
    for kind in asked:
        _reach(references[kind], found, closed)
    named = {renamed(name): tidy(schema, answer=name not in closed) for name, schema in found.items()}
    return (
        {kind: tidy(schema, answer=kind not in asked) for kind, schema in references.items()},
        {name: named[name] for name in sorted(named)},
    )


def plain(kind: object, bounds: Schema) -> Schema:
    """The schema of a parameter's type within `bounds`; `null` cannot be sent in a URL, so it is left out."""
    schema: Schema = msgspec.json.schema(kind)
    return tidy({**(_arm(schema) or schema), **bounds}, answer=False)


def tidy(schema: Mapping[str, Any], *, answer: bool) -> Schema:
    """The same schema for client generators: null without a union, a format for every number, defaults in words."""
    if "$ref" in schema:
        return {"$ref": _renamed(schema["$ref"])}
    arm = _arm(schema)
    if arm is not None and "$ref" not in arm:
        inner = tidy(arm, answer=answer)
        return {**inner, **{key: value for key, value in schema.items() if key != "anyOf"}, **_nullable(inner)}
    made = {key: value for key, value in schema.items() if key != "title"}
    if "description" in made:
        made["description"] = " ".join(made["description"].split())
    if arm is not None:
        made["anyOf"] = [tidy(arm, answer=answer), {"type": "null"}]
    for key in ("items", "additionalProperties"):
        if isinstance(made.get(key), dict):
            made[key] = tidy(made[key], answer=answer)
    if "properties" in made:
        _tidy_properties(made, answer=answer)
    if "enum" in made or OPEN in made:
        return _enumeration(made, answer=answer)
    if made.get("type") == "integer":
        made.setdefault("format", "int32" if made.get("maximum", MAX_INT32 + 1) <= MAX_INT32 else "int64")
    elif made.get("type") == "number":
        made.setdefault("format", "double")
    return made


def _tidy_properties(made: Schema, *, answer: bool) -> None:
    required = list(made.get("required", []))
    properties: Schema = {}
    for name, field in made["properties"].items():
        properties[name] = tidy({key: value for key, value in field.items() if key != "default"}, answer=answer)
        if answer and "default" in field:
            required.append(name)
        elif field.get("default") not in (None, []):
            # As `default` it would make the field one that must be given, in generated TypeScript.
            _say(properties[name], f"`{json.dumps(field['default'], ensure_ascii=False)}` when absent")
    made["properties"] = properties
    made["required"] = [name for name in properties if name in required]
    if not made["required"]:
        del made["required"]


def _enumeration(made: Schema, *, answer: bool) -> Schema:
    values = made.get("enum") or made[OPEN]
    kind = {str: "string", int: "integer", bool: "boolean"}[type(values[0])]
    if not answer and OPEN not in made:
        return {"type": kind, **made}
    known = ", ".join(f"`{value}`" for value in values)
    opened = {"type": kind, **{key: value for key, value in made.items() if key != "enum"}, OPEN: values}
    _say(opened, f"Now one of {known}; more may come, so be ready for a value you do not know")
    return opened


def _say(schema: Schema, words: str) -> None:
    """Add a sentence to a description."""
    schema["description"] = f"{schema['description'].rstrip('.')}. {words}" if "description" in schema else words


def _reach(part: object, named: Mapping[str, Any], seen: set[str]) -> None:
    """Add to `seen` the names of all structs that a schema leads to."""
    if isinstance(part, dict):
        name = str(part.get("$ref", "")).rpartition("/")[2]
        if name in named and name not in seen:
            seen.add(name)
            _reach(named[name], named, seen)
        for inner in part.values():
            _reach(inner, named, seen)
    elif isinstance(part, list):
        for inner in part:
            _reach(inner, named, seen)


def _arm(schema: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What a nullable schema is when it is not null; None for a schema that is no such pair."""
    arms = schema.get("anyOf", ())
    others: list[Mapping[str, Any]] = [arm for arm in arms if arm != {"type": "null"}]
    return others[0] if len(arms) == 2 and len(others) == 1 else None


def _nullable(inner: Schema) -> Schema:
    made: Schema = {"type": [inner["type"], "null"]}
    if "enum" in inner:
        made["enum"] = [*inner["enum"], None]
    return made


def renamed(name: str) -> str:
    """The name of a struct in the document."""
    return NAMES.get(name, name)


def _renamed(reference: str) -> str:
    start, _, name = reference.rpartition("/")
    return f"{start}/{renamed(name)}"
