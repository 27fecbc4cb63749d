"""Every error becomes application/problem+json (RFC 9457), in the caller's language, in one place; on the few routes
that follow another specification, what that one prescribes."""

import logging

import asyncpg
import msgspec

from longan.floor.base.errors import (
    MESSAGES,
    InvalidRequest,
    Problem,
    Unavailable,
)
from longan.floor.requests.exchange import Exchange

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


def answer(problem: Problem, exchange: Exchange, path: str) -> tuple[int, str, bytes]:
    """Status, content type and body."""
    if exchange.policy is not None and exchange.policy.refused is not None:
        return exchange.policy.refused(problem, exchange.locale, path)
    return problem.status, CONTENT_TYPE, body(problem, exchange, path)


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
        case asyncpg.DataError():
            return InvalidRequest()
        case asyncpg.SerializationError() | asyncpg.DeadlockDetectedError() | asyncpg.LockNotAvailableError():
            return Unavailable(1)
        case _:
            log.error("unforeseen error", exc_info=error)
            return Problem()
