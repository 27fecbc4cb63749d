"""What an operation may answer: its success, the usual refusals and its own, each said once and shared."""

import json
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from litestar import Response

from longan.api.examples import Examples
from longan.api.routing import Operation
from longan.api.schemas import Schema
from longan.floor.access.dpop import DpopRequired, InvalidDpopProof, UseDpopNonce
from longan.floor.access.entrance import SignedIn
from longan.floor.base.errors import (
    MESSAGES,
    CoolingOff,
    IdempotencyInProgress,
    IdempotencyKeyMissing,
    IdempotencyKeyReused,
    IfMatchRequired,
    InsufficientAuthentication,
    InvalidBody,
    InvalidRequest,
    NotAcceptable,
    NotFound,
    PayloadTooLarge,
    Problem,
    RateLimited,
    Stale,
    Unauthenticated,
    Unavailable,
    UnsupportedMediaType,
)

HEADERS: dict[str, Schema] = {
    "X-Request-Id": {
        "description": "Finds this request in our logs; your own when you sent a good one.",
        "schema": {"type": "string"},
        "example": "0f3c9a1b2d4e5f60",
    },
    "Content-Language": {
        "description": "The language of titles, names and messages.",
        "schema": {"type": "string"},
        "example": "vi",
    },
    "Location": {
        "description": "Where it is, for a short while.",
        "schema": {"type": "string", "format": "uri"},
        "example": "https://s3.example.vn/longan/pictures/0f3c?X-Amz-Signature=9d",
    },
    "ETag": {
        "description": "The version of this answer: send it back in If-None-Match, or in If-Match when you change it.",
        "schema": {"type": "string"},
        "example": '"v3"',
    },
    "RateLimit-Policy": {
        "description": "The bucket that counted this request: `q` requests in `w` seconds.",
        "schema": {"type": "string"},
        "example": '"lookup";q=120;w=60',
    },
    "RateLimit": {
        "description": "What is left in the bucket: `r` requests until it opens again in `t` seconds.",
        "schema": {"type": "string"},
        "example": '"lookup";r=87;t=21',
    },
    "Retry-After": {
        "description": "Seconds to wait before trying again.",
        "schema": {"type": "integer", "format": "int32"},
        "example": 21,
    },
    "WWW-Authenticate": {
        "description": "RFC 6750, RFC 9449: what kind of token is wanted, and what was wrong with what came.",
        "schema": {"type": "string"},
        "example": 'Bearer realm="longan", error="invalid_token"',
    },
    "DPoP-Nonce": {
        "description": "For the next proof of the device's key (RFC 9449 section 8); comes where a proof came.",
        "schema": {"type": "string"},
        "example": "3vXK0eB6l7pXnq8nTzq0r2mY",
    },
    "Idempotent-Replayed": {
        "description": "`true` when this key was used before: nothing was done now, and this is the first answer.",
        "schema": {"type": "string", "enum": ["true"]},
        "example": "true",
    },
}

_ERRORS: Schema = {"type": "array", "items": {"type": "object"}}
_OF_STATUS = {
    401: ("WWW-Authenticate", "DPoP-Nonce"),
    429: ("RateLimit-Policy", "RateLimit", "Retry-After"),
    503: ("Retry-After",),
}


def refusals(operation: Operation) -> list[type[Problem]]:
    """The refusals that follow from what an operation has decided, and its own."""
    policy = operation.policy
    found: list[type[Problem]] = [InvalidRequest, NotAcceptable]
    if operation.takes_body:
        found += [InvalidBody]
    if operation.method in ("POST", "PUT", "PATCH"):
        found += [PayloadTooLarge, UnsupportedMediaType]
    if policy.idempotent:
        found += [IdempotencyKeyMissing, IdempotencyInProgress, IdempotencyKeyReused]
    if policy.if_match:
        found += [Stale, IfMatchRequired]
    if policy.may_match:
        found += [Stale]
    if policy.auth not in ("public", "optional"):
        found += [Unauthenticated]
    if policy.auth not in ("public", "optional") or is_way_in(operation):
        found += [InvalidDpopProof, UseDpopNonce]
    if answered(operation) is SignedIn:
        found += [DpopRequired]
    if policy.proof is not None:
        found += [InsufficientAuthentication, CoolingOff]
    if "{" in operation.path:
        found += [NotFound]
    if policy.limit is not None:
        found += [RateLimited]
    return [*found, Problem, Unavailable, *policy.raises]


def has_etag(operation: Operation) -> bool:
    """Whether the answer carries an ETag: it comes from a cache, or the handler tags it."""
    return operation.policy.cache is not None or not {"tagged", "etag"}.isdisjoint(
        operation.handler.fn.__code__.co_names
    )


def example(problem: type[Problem]) -> Schema:
    """What a client gets to see of a problem, as an Example Object."""
    fields = [("/pay/min", "too_small")] if problem is InvalidRequest else []
    return {
        "summary": problem.en,
        "value": {
            "type": f"/problems/{problem.code}",
            "title": problem.vi,
            "status": problem.status,
            "code": problem.code,
            "instance": "/v1/jobs",
            "request_id": "0f3c9a1b2d4e5f60",
            "errors": [{"pointer": pointer, "code": code, "message": MESSAGES[code][0]} for pointer, code in fields],
        },
    }


class Answers:
    """The responses of all operations. `shared` and `problems` gather what they refer to."""

    def __init__(self, references: dict[object, Schema], examples: Examples) -> None:
        self.shared: dict[str, Schema] = {}
        self.problems: dict[str, Schema] = {}
        self._references = references
        self._examples = examples

    def of(self, operation: Operation) -> Schema:
        """The responses of one operation, by status."""
        handler = operation.handler
        made = {str(handler.status_code): self._success(operation)}
        if operation.method == "GET" and has_etag(operation):
            made["304"] = self._share("NotModified", {
                "description": "You hold this version already (If-None-Match).",
                "headers": _headers("ETag", "X-Request-Id"),
            })  # fmt: skip
        if operation.policy.refused is not None:
            return {**made, **_refused(operation)}
        by_status: dict[int, list[type[Problem]]] = {}
        for problem in refusals(operation):
            codes = by_status.setdefault(problem.status, [])
            if problem.code not in {other.code for other in codes}:
                codes.append(problem)
        for status, problems in by_status.items():
            made.setdefault(str(status), self._refusal(status, problems))
        for status, extra in (handler.responses or {}).items():
            if status != handler.status_code:
                made[str(status)] = {
                    "description": extra.description,
                    "headers": _headers("X-Request-Id"),
                    "content": self._content(extra.data_container, ["application/json"], None),
                }
        return {status: made[status] for status in sorted(made)}

    def _success(self, operation: Operation) -> Schema:
        handler, policy = operation.handler, operation.policy
        names = ["X-Request-Id"]
        if policy.limit is not None:
            names += ["RateLimit-Policy", "RateLimit"]
        if policy.idempotent:
            names += ["Idempotent-Replayed"]
        if handler.status_code == HTTPStatus.FOUND:
            names += ["Location"]
        made: Schema = {"description": HTTPStatus(handler.status_code).phrase}
        if (kind := answered(operation)) is not None:
            names += ["Content-Language", *(["ETag"] if has_etag(operation) else [])]
            made["content"] = self._content(kind, policy.produces.split(", "), policy.example)
        return {**made, "headers": _headers(*names)}

    def _content(self, kind: object, produces: Iterable[str], example: object) -> Schema:
        content: Schema = {}
        # By the kind, where an operation has several.
        several = example if isinstance(example, dict) else {}
        for media in produces:
            own = several.get(media, example)
            if media.endswith("json"):
                schema = self._references[kind]
                content[media] = {
                    "schema": schema,
                    "example": self._examples.of(schema) if own is None else own,
                }
            else:
                content[media] = {"schema": {"type": "string"}} | ({"example": own} if own else {})
        return content

    def _refusal(self, status: int, problems: list[type[Problem]]) -> Schema:
        for problem in problems:
            self.problems.setdefault(problem.code, example(problem))
        ordered = sorted(problems, key=lambda problem: problem.code)
        name = "Or".join(problem.code.title().replace("_", "") for problem in ordered)
        return self._share(name, {
            "description": "; ".join(f"`{problem.code}`: {problem.en}" for problem in ordered),
            "headers": _headers("X-Request-Id", *_OF_STATUS.get(status, ())),
            "content": {
                "application/problem+json": {
                    "schema": {"$ref": "#/components/schemas/Problem"},
                    "examples": {p.code: {"$ref": f"#/components/examples/{p.code}"} for p in ordered},
                }
            },
        })  # fmt: skip

    def _share(self, name: str, response: Schema) -> Schema:
        self.shared.setdefault(name, response)
        return {"$ref": f"#/components/responses/{name}"}


def _refused(operation: Operation) -> Schema:
    """The refusals of a route that writes them as another specification prescribes: an example of each status."""
    made: Schema = {}
    for problem in refusals(operation):
        bare = problem.__new__(problem)
        Problem.__init__(bare)
        status, kind, body = operation.policy.refused(bare, "vi", operation.path)  # type: ignore[misc]
        media = kind.partition(";")[0]
        shown = json.loads(body) if media == "application/json" else body.decode()
        told = made.setdefault(str(status), {
            "description": "", "headers": _headers("X-Request-Id", *_OF_STATUS.get(status, ())),
            "content": {
                media: {"schema": _ERRORS if isinstance(shown, list) else {"type": "string"}, "example": shown}
            },
        })  # fmt: skip
        if problem.en not in told["description"]:
            told["description"] += f"{'; ' * bool(told['description'])}{problem.en}"
    return made


def answered(operation: Operation) -> Any:
    """The type of an operation's answer, None when it has no body."""
    handler = operation.handler
    if handler.responses and handler.status_code in handler.responses:
        return handler.responses[handler.status_code].data_container
    returned = handler.parsed_fn_signature.return_type
    kind = returned.inner_types[0].annotation if returned.is_subclass_of(Response) else returned.annotation
    return None if kind is type(None) else kind


def is_way_in(operation: Operation) -> bool:
    """Whether it lies on the way to a session, from the first step on: there a key may be brought without a token."""
    begins = operation.method == "POST" and operation.policy.auth in ("public", "optional")
    return begins or answered(operation) is SignedIn


def _headers(*names: str) -> Schema:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
