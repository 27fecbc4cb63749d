"""The published document: OpenAPI 3.1, made once from the same table of routes that serves the requests."""

import hashlib
import json
from importlib.metadata import version
from typing import Any

from litestar import Litestar
from litestar.datastructures import State
from litestar.params import ParameterKwarg
from litestar.types import Empty
from litestar.typing import FieldDefinition

from longan.api import guide
from longan.api.answers import HEADERS, Answers, answered, has_etag, is_way_in, refusals
from longan.api.dispatch import STREAM
from longan.api.examples import Examples
from longan.api.problems import ProblemBody
from longan.api.routing import Operation, Routes
from longan.api.schemas import Schema, components, plain
from longan.floor.requests import deps
from longan.floor.requests.limits import CLASSES
from longan.floor.requests.policy import Policy

METHODS = ("GET", "PUT", "POST", "PATCH", "DELETE")

# Every request may carry these.
ALWAYS = ("AcceptLanguage", "RequestId")

HEADER_PARAMETERS: dict[str, Schema] = {
    "AcceptLanguage": {
        "name": "Accept-Language",
        "in": "header",
        "description": "`vi` (unless you say otherwise) or `en`: titles, names and messages; never codes.",
        "schema": {"type": "string", "maxLength": 200},
        "example": "vi",
    },
    "RequestId": {
        "name": "X-Request-Id",
        "in": "header",
        "description": "Your own id for this request; another is made when it is absent or of another form.",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9-]{8,64}$"},
    },
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "required": True,
        "description": "A new UUID for each thing to be done, the same one for each try of it. Kept 24 hours.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[!#-\[\]-~]+$"},
        "example": "0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a12",
    },
    "IfMatch": {
        "name": "If-Match",
        "in": "header",
        "required": True,
        "description": "The ETag of the version you are changing, or `*`.",
        "schema": {"type": "string"},
        "example": '"v3"',
    },
    "MayMatch": {
        "name": "If-Match",
        "in": "header",
        "description": "The ETag of the version you have seen, or `*`: nothing happens when it was changed since.",
        "schema": {"type": "string"},
        "example": '"v3"',
    },
    "DPoP": {
        "name": "DPoP",
        "in": "header",
        "description": "A proof of the device's key (RFC 9449, ES256, with our nonce): the session is bound to it.",
        "schema": {"type": "string", "maxLength": 2048},
    },
    "LastEventId": {
        "name": "Last-Event-ID",
        "in": "header",
        "description": "The `id` of the last event you have: what happened since comes first.",
        "schema": {"type": "string", "maxLength": 200},
        "example": "8160",
    },
    "IfNoneMatch": {
        "name": "If-None-Match",
        "in": "header",
        "description": "The ETag you hold: 304 without a body when it is still the current one.",
        "schema": {"type": "string"},
    },
}

_ACCESS = {
    "public": "Needs no token.",
    "optional": "Needs no token; with one you see what is yours.",
    "app": "Needs a token of audience `app`.",
    "official": "Needs a token of audience `official`.",
    "any": "Needs a token.",
}
_TOKEN: list[Schema] = [{"bearer": []}, {"dpop": []}]
_SECURITY: dict[str, list[Schema]] = {"public": [], "optional": [{}, *_TOKEN]}
_BOUNDS = {
    "ge": "minimum", "le": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum", "min_length": "minLength",
    "max_length": "maxLength", "pattern": "pattern", "multiple_of": "multipleOf",
}  # fmt: skip


class Document:
    """The document of an app's routes: `value`, its bytes and their strong ETag, and which operations raise a code."""

    def __init__(self, routes: Routes) -> None:
        self.value = document(routes)
        self.raised: dict[str, list[str]] = {}
        for operation in _shown(routes):
            for code in dict.fromkeys(problem.code for problem in refusals(operation)):
                self.raised.setdefault(code, []).append(operation.name)
        self.body = (json.dumps(self.value, ensure_ascii=False, indent=1) + "\n").encode()
        self.etag = f'"{hashlib.blake2b(self.body, digest_size=12).hexdigest()}"'


def whole() -> Document:
    """The document as it is served, without settings, keys or a database."""
    from longan.api.app import HANDLERS  # the app is made of this module

    return Document(Routes(Litestar(HANDLERS, dependencies=deps.providers(State()), openapi_config=None)))


def document(routes: Routes) -> Schema:
    """The document as an object, in one order whatever the order of registration."""
    shown = _shown(routes)
    asked = [body for operation in shown if (body := _body(operation)) is not None]
    told = [kind for operation in shown if (kind := answered(operation)) is not None]
    extra = [spec.data_container for operation in shown for spec in (operation.handler.responses or {}).values()]
    references, named = components(dict.fromkeys(asked), dict.fromkeys([*told, *extra, ProblemBody]))
    examples = Examples(named)
    answers = Answers(references, examples)
    paths: Schema = {}
    for operation in shown:
        item = paths.setdefault(operation.path, {"parameters": [_parameter_reference(name) for name in ALWAYS]})
        item[operation.method.lower()] = _operation(operation, references, examples, answers)
    used = {tag for operation in shown for tag in operation.handler.tags}
    headers = {name for operation in shown for name in _header_names(operation)} | set(ALWAYS)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": guide.TITLE,
            "version": version("longan-id"),
            "summary": guide.SUMMARY,
            "description": guide.DESCRIPTION,
            "contact": guide.CONTACT,
            "license": guide.LICENSE,
        },
        "servers": [{"url": "/", "description": "Where this document came from"}],
        "tags": [{"name": tag, "description": words} for tag, words in guide.TAGS.items() if tag in used],
        "paths": paths,
        "components": {
            "schemas": named,
            "responses": dict(sorted(answers.shared.items())),
            "parameters": {name: value for name, value in HEADER_PARAMETERS.items() if name in headers},
            "examples": dict(sorted(answers.problems.items())),
            "headers": _used_headers(paths, answers),
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "`access_token` of `verify_otp` or `refresh_session`.",
                },
                "dpop": {
                    "type": "http",
                    "scheme": "dpop",
                    "description": "`access_token` of a session bound to a key, beside a `DPoP` proof (RFC 9449).",
                },
            },
        },
    }


def _shown(routes: Routes) -> list[Operation]:
    return sorted(
        (operation for operation in routes.operations if operation.handler.resolve_include_in_schema()),
        key=lambda operation: (operation.path, METHODS.index(operation.method)),
    )


def _operation(operation: Operation, references: dict[object, Schema], examples: Examples, answers: Answers) -> Schema:
    handler, policy = operation.handler, operation.policy
    summary, _, rest = (handler.fn.__doc__ or "").strip().partition("\n")
    words = [" ".join(rest.split()), _ACCESS[policy.auth], _limit(operation)]
    made: Schema = {
        "operationId": operation.name,
        "tags": list(handler.tags),
        "summary": summary,
        "description": " ".join(part for part in words if part),
        "security": _SECURITY.get(policy.auth, _TOKEN),
    }
    parameters = [*_parameters(operation, examples), *map(_parameter_reference, _header_names(operation))]
    if parameters:
        made["parameters"] = parameters
    if policy.takes:
        made["requestBody"] = {"required": True, "content": {kind: _file(kind, policy) for kind in policy.takes}}
    elif (body := _body(operation)) is not None:
        schema = references[body]
        example = examples.of(schema) if policy.request_example is None else policy.request_example
        made["requestBody"] = {
            "required": handler.parsed_fn_signature.parameters["data"].default is Empty,
            "content": {"application/json": {"schema": schema, "example": example}},
        }
    return {**made, "responses": answers.of(operation)}


def _limit(operation: Operation) -> str:
    if operation.policy.limit is None:
        return "Not limited."
    signed_in, address = CLASSES[operation.policy.limit]
    counted = f"{signed_in.quota} requests in {signed_in.seconds} seconds" + (
        "" if operation.policy.auth == "public" and signed_in == address else " for an account"
    )
    if operation.policy.auth in ("public", "optional") and signed_in != address:
        counted += f", {address.quota} for an address without a token"
    return f"Limit `{operation.policy.limit}`: {counted}."


def _body(operation: Operation) -> object | None:
    if not operation.takes_body or operation.policy.takes:
        return None
    data: FieldDefinition = operation.handler.parsed_fn_signature.parameters["data"]
    # `JSONBody[X | None] = None` is a body that may be left out, not one that may be null.
    kinds: list[object] = [inner.annotation for inner in data.inner_types if not inner.is_none_type]
    return kinds[0] if data.is_optional else data.annotation


def _file(kind: str, policy: Policy) -> Schema:
    examples = policy.request_example
    schema: Schema = {"type": "object"} if kind.endswith("json") else {"type": "string"}
    return {"schema": schema} | ({"example": examples[kind]} if isinstance(examples, dict) else {})


def _header_names(operation: Operation) -> list[str]:
    policy = operation.policy
    asked = {
        "IdempotencyKey": policy.idempotent,
        "IfMatch": policy.if_match,
        "MayMatch": policy.may_match,
        "DPoP": is_way_in(operation),
        "LastEventId": policy.produces == STREAM,
        "IfNoneMatch": operation.method == "GET" and has_etag(operation),
    }
    return [name for name, wanted in asked.items() if wanted]


def _parameter_reference(name: str) -> Schema:
    return {"$ref": f"#/components/parameters/{name}"}


def _parameters(operation: Operation, examples: Examples) -> list[Schema]:
    fields: dict[str, FieldDefinition] = operation.handler.parsed_fn_signature.parameters
    in_path = [(name, "path") for name in fields if f"{{{name}}}" in operation.path]
    in_query = [(name, "query") for name in fields if alias(name, fields[name]) in operation.parameters]
    return [_parameter(operation, name, place, examples) for name, place in in_path + in_query]


def alias(name: str, field: FieldDefinition) -> str:
    kwarg = field.kwarg_definition
    return (isinstance(kwarg, ParameterKwarg) and (kwarg.query or kwarg.name)) or name


def _parameter(operation: Operation, name: str, place: str, examples: Examples) -> Schema:
    field: FieldDefinition = operation.handler.parsed_fn_signature.parameters[name]
    kwarg = field.kwarg_definition
    schema = plain(field.raw, bounds(kwarg))
    told = kwarg.description if isinstance(kwarg, ParameterKwarg) else None
    description = told or guide.PARAMETERS.get(name) or schema.get("description")
    required = place == "path" or field.default is Empty
    if not required and field.default is not None:
        schema["default"] = field.default
    made: Schema = {"name": alias(name, field), "in": place, "required": required}
    if description:
        made["description"] = description
    # A page that tries an operation fills in the examples of parameters: only those without which there is no answer.
    if required:
        made["example"] = examples.of(schema, name, operation.name)
    return {**made, "schema": {key: value for key, value in schema.items() if key not in ("description", "examples")}}


def bounds(kwarg: Any) -> Schema:
    return {key: value for name, key in _BOUNDS.items() if (value := getattr(kwarg, name, None)) is not None}


def _used_headers(paths: Schema, answers: Answers) -> Schema:
    text = json.dumps([paths, answers.shared])
    return {name: value for name, value in HEADERS.items() if f'"#/components/headers/{name}"' in text}
