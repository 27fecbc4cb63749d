"""The published document: true to the routes, kind to generated clients, with examples that hold."""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import jsonschema
import msgspec
import pytest
from litestar import Litestar
from litestar.datastructures import State

from longan.api import answers, guide, openapi, schemas
from longan.api.app import HANDLERS
from longan.api.routing import Operation, Routes
from longan.floor.base.errors import catalogue
from longan.floor.formats import strict_json
from longan.floor.requests import deps

ROOT = Path(__file__).resolve().parents[2]
ROUTES = Routes(Litestar(HANDLERS, dependencies=deps.providers(State()), openapi_config=None))
DOCUMENT = openapi.document(ROUTES)
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
OPERATIONS: dict[str, Operation] = {operation.name: operation for operation in ROUTES.operations}


def shown() -> Iterator[tuple[str, dict[str, Any]]]:
    for item in DOCUMENT["paths"].values():
        for method, operation in item.items():
            if method != "parameters":
                yield operation["operationId"], operation


SHOWN = dict(shown())
names = pytest.mark.parametrize("name", SHOWN)


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    """A part of the document, or what it refers to."""
    if "$ref" not in part:
        return part
    found: Any = DOCUMENT
    for step in part["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return resolved(found)


def check(value: object, schema: dict[str, Any]) -> None:
    whole = {**schema, "components": {"schemas": SCHEMAS}}
    jsonschema.Draft202012Validator(whole, format_checker=jsonschema.FormatChecker()).validate(value)


def media(operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every JSON content of ours in an operation: what is sent, and each answer. JSON-LD is schema.org's."""
    parts = [operation.get("requestBody", {}), *(resolved(answer) for answer in operation["responses"].values())]
    for part in parts:
        for kind, content in part.get("content", {}).items():
            if kind.endswith("json") and kind != "application/ld+json":
                yield content


def parts_of(value: object) -> Iterator[dict[str, Any]]:
    """Every object inside a schema, the schema included."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from parts_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from parts_of(inner)


def structs_of(schema: dict[str, Any], seen: set[str]) -> set[str]:
    """The names of all structs that a schema leads to."""
    for part in parts_of(schema):
        name = part.get("$ref", "").rpartition("/")[2] if isinstance(part.get("$ref"), str) else ""
        if name and name not in seen:
            seen.add(name)
            structs_of(SCHEMAS[name], seen)
    return seen


def structs_in(parts: Iterable[dict[str, Any]]) -> set[str]:
    """The names of all structs in the contents of request bodies or responses."""
    seen: set[str] = set()
    for part in parts:
        for content in resolved(part).get("content", {}).values():
            structs_of(content["schema"], seen)
    return seen


ASKED = structs_in(operation["requestBody"] for operation in SHOWN.values() if "requestBody" in operation)
TOLD = structs_in(answer for operation in SHOWN.values() for answer in operation["responses"].values())


def test_the_committed_document_is_the_served_one() -> None:
    assert (ROOT / "openapi.json").read_bytes() == openapi.whole().body, "run `make openapi` and commit the result"


def test_the_document_is_the_same_whatever_the_order_of_registration() -> None:
    turned = Routes(Litestar([*reversed(HANDLERS)], dependencies=deps.providers(State()), openapi_config=None))

    assert openapi.Document(turned).body == openapi.Document(ROUTES).body


def test_no_two_structs_share_a_name() -> None:
    assert not [name for name in SCHEMAS if "." in name], "rename one: generated clients hold on to the name"


def test_every_route_is_in_the_document_but_the_page_and_its_files() -> None:
    assert set(OPERATIONS) - set(SHOWN) == {"show_docs", "get_docs_asset", "get_asset_links", "get_apple_association"}


@names
def test_an_operation_has_one_described_tag_a_summary_and_a_description(name: str) -> None:
    operation = SHOWN[name]

    assert len(operation["tags"]) == 1
    assert operation["tags"][0] in guide.TAGS
    assert operation["summary"]
    assert operation["description"]


@names
def test_bodies_are_named_structs(name: str) -> None:
    if OPERATIONS[name].policy.refused is not None:
        # Open311 prescribes arrays without a name.
        return
    for content in media(SHOWN[name]):
        assert re.fullmatch(r"#/components/schemas/[A-Z][A-Za-z0-9]+", content["schema"].get("$ref", "")), content


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_struct_holds_no_union_but_with_null(name: str) -> None:
    for part in parts_of(SCHEMAS[name]):
        assert "oneOf" not in part
        assert "allOf" not in part
        if "anyOf" in part:
            assert len(part["anyOf"]) == 2
            assert {"type": "null"} in part["anyOf"]
            assert any("$ref" in arm for arm in part["anyOf"])


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_number_has_a_format_and_money_is_a_whole_64_bit_number(name: str) -> None:
    for part in parts_of(SCHEMAS[name].get("properties", {})):
        kinds = part.get("type", ())
        if "integer" in kinds or "number" in kinds:
            assert "format" in part, part
    for field, part in SCHEMAS[name].get("properties", {}).items():
        if re.fullmatch(r"(min|max|rent|price|amount|fee|deposit|.*_dong|.*_amount)", field) and "type" in part:
            assert "integer" in part["type"], f"{name}.{field}"
            assert part["format"] == "int64", f"{name}.{field}"


@pytest.mark.parametrize("name", sorted(TOLD - ASKED))
def test_what_is_answered_sends_every_field_and_closes_no_enumeration(name: str) -> None:
    schema = SCHEMAS[name]

    assert schema.get("required", []) == list(schema["properties"])
    for part in parts_of(schema):
        assert not isinstance(part.get("enum"), list), f"{name} would break old apps with a new value"


def test_a_struct_that_is_asked_and_answered_holds_no_enumeration() -> None:
    enumerated = [
        name for name in TOLD & ASKED if any(isinstance(part.get("enum"), list) for part in parts_of(SCHEMAS[name]))
    ]

    assert enumerated == []


@names
def test_every_example_fits_its_schema(name: str) -> None:
    for content in media(SHOWN[name]):
        several = [resolved(example)["value"] for example in content.get("examples", {}).values()]
        given = [content["example"]] if "example" in content else several

        assert given
        for value in given:
            check(value, content["schema"])


@names
def test_an_example_is_from_life(name: str) -> None:
    """Whose struct has a field without one adds it to FIELDS of api/examples.py, or gives the route its `example`."""
    for content in media(SHOWN[name]):
        assert "Ví dụ" not in json.dumps(content.get("example"), ensure_ascii=False)


@names
def test_the_example_of_a_request_is_taken_by_the_server(name: str) -> None:
    operation = SHOWN[name]
    if "requestBody" not in operation:
        return
    if (reads := OPERATIONS[name].policy.reads) is not None:
        for kind, content in operation["requestBody"]["content"].items():
            sent = content["example"] if isinstance(content["example"], str) else json.dumps(content["example"])
            assert reads(sent.encode(), kind)
        return
    example = operation["requestBody"]["content"]["application/json"]["example"]
    kind = OPERATIONS[name].handler.parsed_fn_signature.parameters["data"].annotation

    strict_json.decode(json.dumps(example).encode(), kind)


@names
def test_every_parameter_is_described_and_its_example_fits(name: str) -> None:
    for parameter in SHOWN[name].get("parameters", []):
        known = resolved(parameter)

        assert known.get("description"), f"{known['name']} needs words: in its QueryParameter or in api/guide.py"
        if "example" in known:
            check(known["example"], known["schema"])


@names
def test_a_bound_of_a_parameter_is_one_that_the_server_enforces(name: str) -> None:
    """Litestar looks at the bounds of QueryParameter and PathParameter, and never at those of a `Meta` inside."""
    fields = OPERATIONS[name].handler.parsed_fn_signature.parameters
    for parameter in map(resolved, SHOWN[name].get("parameters", [])):
        if parameter["in"] not in ("path", "query"):
            continue
        field = next(field for own, field in fields.items() if openapi.alias(own, field) == parameter["name"])
        unbounded = schemas.plain(field.raw, {})
        enforced = openapi.bounds(field.kwarg_definition)
        for key in ("minimum", "maximum", "minLength", "maxLength", "pattern"):
            if key in unbounded:
                assert enforced.get(key) == unbounded[key], f"{parameter['name']}: {key} is stated and not enforced"


@names
def test_the_token_the_key_and_the_version_are_asked_for_as_the_route_decided(name: str) -> None:
    policy, operation = OPERATIONS[name].policy, SHOWN[name]
    headers = {p["name"]: p for p in map(resolved, operation.get("parameters", [])) if p["in"] == "header"}

    if policy.auth == "public":
        assert operation["security"] == []
    else:
        assert operation["security"] == [*([{}] if policy.auth == "optional" else []), {"bearer": []}, {"dpop": []}]
    assert ("401" in operation["responses"]) >= (policy.auth not in ("public", "optional"))
    assert headers.get("Idempotency-Key", {}).get("required", False) == policy.idempotent
    assert headers.get("If-Match", {}).get("required", False) == policy.if_match


@names
def test_every_refusal_is_the_shared_problem_and_names_its_codes(name: str) -> None:
    operation, responses = OPERATIONS[name], SHOWN[name]["responses"]
    other = operation.handler.responses or {}
    if operation.policy.refused is not None:
        # Another specification than RFC 9457 prescribes its refusals: arrays, or XML.
        kinds = {kind for status, told in responses.items() if status >= "400" for kind in resolved(told)["content"]}
        assert kinds <= {"application/json", "text/xml"}
        return

    for problem in answers.refusals(operation):
        if problem.status in other:
            continue
        told = resolved(responses[str(problem.status)])
        assert told["content"]["application/problem+json"]["schema"] == {"$ref": "#/components/schemas/Problem"}
        assert f"`{problem.code}`" in told["description"]
        assert problem.code in told["content"]["application/problem+json"]["examples"]


def test_a_code_has_one_status() -> None:
    status: dict[str, int] = {}

    for operation in ROUTES.operations:
        for problem in operation.policy.raises:
            assert status.setdefault(problem.code, problem.status) == problem.status, problem.code
    for problem in catalogue():
        assert status.get(problem.code, problem.status) == problem.status, problem.code


class Shade(msgspec.Struct):
    depth: Annotated[int, msgspec.Meta(ge=0, le=9)]


class Paint(msgspec.Struct):
    colour: Literal["red", "blue"]
    name: str | None
    price: int
    shade: Shade | None
    finish: Annotated[str, msgspec.Meta(extra_json_schema={"x-extensible-enum": ["matt", "gloss"]})]
    coats: int | None = None
    unit: str = "l"
    tags: list[str] = []


def test_an_answer_is_described_as_open_and_whole() -> None:
    _, named = schemas.components([], [Paint])

    fields = named["Paint"]["properties"]
    assert fields["colour"]["type"] == "string"
    assert fields["colour"]["x-extensible-enum"] == ["blue", "red"]
    assert "`matt`, `gloss`" in fields["finish"]["description"]
    assert fields["name"] == {"type": ["string", "null"]}
    assert fields["shade"] == {"anyOf": [{"$ref": "#/components/schemas/Shade"}, {"type": "null"}]}
    assert fields["price"]["format"] == "int64"
    assert named["Shade"]["properties"]["depth"]["format"] == "int32"
    assert named["Paint"]["required"] == list(fields)


def test_a_request_is_described_as_closed_and_its_defaults_as_optional() -> None:
    _, named = schemas.components([Paint], [])

    fields = named["Paint"]["properties"]
    assert fields["colour"] == {"type": "string", "enum": ["blue", "red"]}
    assert fields["coats"] == {"type": ["integer", "null"], "format": "int64"}
    assert fields["unit"] == {"type": "string", "description": '`"l"` when absent'}
    assert named["Paint"]["required"] == ["colour", "name", "price", "shade", "finish"]
