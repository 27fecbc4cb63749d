"""Every error becomes application/problem+json (RFC 9457), in the caller's language, in one place."""

import logging
import re
from typing import Any

import asyncpg
import msgspec
from litestar import Request, Response
from litestar.exceptions import (
    ClientException,
    HTTPException,
    MethodNotAllowedException,
    NotFoundException,
    SerializationException,
    ValidationException,
)

from longan.deps import exchange_of
from longan.errors import (
    MESSAGES,
    FieldError,
    InvalidBody,
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    Problem,
    Unavailable,
)
from longan.exchange import Exchange
from longan.idempotency import Replay
from longan.strict_json import field_error

CONTENT_TYPE = "application/problem+json"

log = logging.getLogger("longan.api")


class ErrorItem(msgspec.Struct, frozen=True):
    """One field: an RFC 6901 pointer into the body, `?name` for a query parameter, `Name:` for a header."""

    pointer: str
    code: str
    message: str


class ProblemBody(msgspec.Struct, frozen=True):
    """RFC 9457, with a stable `code`, words for a person, and the id that finds the request in our logs."""

    type: str
    title: str
    status: int
    code: str
    instance: str
    request_id: str
    errors: list[ErrorItem] = []


def body(problem: Problem, exchange: Exchange, path: str) -> bytes:
    english = exchange.locale == "en"
    answer = ProblemBody(
        type=f"/problems/{problem.code}",
        title=problem.en if english else problem.vi,
        status=problem.status,
        code=problem.code,
        instance=path,
        request_id=exchange.request_id,
        errors=[ErrorItem(e.pointer, e.code, MESSAGES[e.code][english]) for e in problem.errors],
    )
    return msgspec.json.encode({**msgspec.to_builtins(answer), **problem.members})


def of(error: Exception) -> Problem:
    """The problem that an exception is. What nobody foresaw is a 500, and logged with its traceback."""
    match error:
        case Problem():
            return error
        case ValidationException():
            return InvalidRequest(*(_of_parameter(item) for item in _items(error.extra)))
        case SerializationException():
            return InvalidBody()
        case NotFoundException():
            return NotFound()
        case MethodNotAllowedException():
            return MethodNotAllowed(headers={"Allow": (error.headers or {}).get("allow", "")})
        case asyncpg.DataError():
            return InvalidRequest()
        case asyncpg.SerializationError() | asyncpg.DeadlockDetectedError() | asyncpg.LockNotAvailableError():
            return Unavailable(1)
        case ClientException() | HTTPException() if error.status_code < 500:
            return InvalidRequest()
        case ExceptionGroup(exceptions=(first, *_)):
            # Litestar's wrapping of what a dependency said on its way out, after an error of the handler.
            return of(first)
        case _:
            log.error("unforeseen error", exc_info=error)
            return Problem()


def handle(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Litestar's exception handler for everything."""
    exchange = exchange_of(request)
    if isinstance(error, Replay):
        again = error.answer
        return Response(again.body, status_code=again.status, headers={**again.headers, "Idempotent-Replayed": "true"})
    problem = of(error)
    exchange.code = problem.code
    return Response(
        body(problem, exchange, request.scope["path"][:200]),
        status_code=problem.status,
        media_type=CONTENT_TYPE,
        headers=problem.headers,
    )


def _items(extra: object) -> list[dict[str, str]]:
    return [item for item in extra if isinstance(item, dict)] if isinstance(extra, list) else []


def _of_parameter(item: dict[str, str]) -> FieldError:
    key = item.get("key", "").split(".")[0]
    message = item.get("message", "")
    if "Missing required" in message:
        return FieldError(f"?{key}", "required")
    return FieldError(f"?{key}", field_error(re.sub(r" - at `.*", "", message)).code)
