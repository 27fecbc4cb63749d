"""From a request to its handler and back, by a plan made once for each operation.

Litestar says what a handler asks for: its route, the words it depends on, the types of its parameters. Calling the
handler its way reads all that again for every request, and costs more than most handlers do.
"""

import asyncio
import inspect
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, get_origin

import msgspec
from litestar import Request, Response
from litestar._kwargs import KwargsModel
from litestar.datastructures import State
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler

from longan.api.asgi import Scope
from longan.floor.base.errors import FieldError, InvalidRequest
from longan.floor.formats.strict_json import decode, field_error
from longan.floor.requests.exchange import Answer, Exchange, Stream

JSON = "application/json"
STREAM = "text/event-stream"
# What a handler or a word may ask for without anybody providing it.
GIVEN = frozenset({"exchange", "state", "request"})

ENCODE = msgspec.json.Encoder().encode


class Step(msgspec.Struct, frozen=True):
    """One word: what provides it, and the words it needs."""

    name: str
    provide: Callable[..., Any]
    needs: tuple[str, ...]


class Plan:
    """How one operation is answered. Raises `TypeError` for a handler that asks for what this does not know."""

    def __init__(self, handler: HTTPRouteHandler, model: KwargsModel, path: str, state: State) -> None:
        parameters = handler.parsed_fn_signature.parameters
        types = handler.signature_model.__annotations__
        self._call: Callable[..., Any] = handler.fn
        self._status = handler.status_code
        self._state = state
        self._streams = handler.opt["policy"].produces == STREAM
        self._reads: Callable[[bytes, str], object] | None = handler.opt["policy"].reads
        self._query = {
            each.field_alias: (each.field_name, types[each.field_name]) for each in model.expected_query_params
        }
        self._required = [each.field_alias for each in model.expected_query_params if each.is_required]
        self._defaults = {name: parameters[name].default for name in parameters if parameters[name].has_default}
        places = {part[1:-1].partition(":")[0]: place for place, part in enumerate(path.split("/")) if part[:1] == "{"}
        self._path = [
            (each.field_name, types[each.field_name], places[each.field_alias]) for each in model.expected_path_params
        ]
        self._body = parameters["data"].annotation if "data" in parameters else None
        self._steps: list[Step] = []
        self._context: Step | None = None
        provided = handler.resolve_dependencies()
        self._words = [name for name in parameters if name in provided or name in GIVEN]
        for name in self._words:
            self._plan(name, provided)
        if self._context is not None:
            self._words.remove(self._context.name)
        known = {*self._words, *(name for name, *_ in self._path), *(name for name, _ in self._query.values()), "data"}
        if unknown := set(parameters) - known - {self._context.name if self._context else ""}:
            raise TypeError(f"{handler.handler_name} asks for what nobody provides: {', '.join(sorted(unknown))}")

    def _plan(self, name: str, provided: dict[str, Provide]) -> None:
        if name in GIVEN or any(step.name == name for step in self._steps):
            return
        provide = provided[name].dependency
        signature = inspect.signature(provide)
        step = Step(name, provide, tuple(signature.parameters))
        for need in step.needs:
            self._plan(need, provided)
        if inspect.iscoroutinefunction(provide) or inspect.isasyncgenfunction(provide):
            raise TypeError(f"{name} waits while it is provided: let it give a context manager, or what waits later")
        if get_origin(signature.return_annotation) is not AbstractAsyncContextManager:
            self._steps.append(step)
        elif self._context is None:
            self._context = step
        else:
            raise TypeError(f"two connections for one request: {self._context.name} and {name}")

    async def answer(self, scope: Scope, exchange: Exchange, query: dict[str, str]) -> Answer | Stream:
        """The handler's answer, once its transaction is committed, or its stream. Raises what the handler raises, and
        `InvalidRequest` or `InvalidBody` before anything is opened for it."""
        values = self._parameters(scope, query)
        if self._body is not None and (exchange.body or "data" not in values):
            values["data"] = decode(exchange.body, self._body)
        if self._reads is not None:
            exchange.content = await asyncio.to_thread(self._reads, exchange.body, exchange.content_type)
        known: dict[str, Any] = {"exchange": exchange, "state": self._state}
        if "request" in self._words:
            known["request"] = Request(scope)  # type: ignore[arg-type]
        for step in self._steps:
            known[step.name] = step.provide(*[known[need] for need in step.needs])
        for name in self._words:
            values[name] = known[name]
        context = self._context
        if context is None:
            return self._answer(await self._call(**values))
        async with context.provide(*[known[need] for need in context.needs]) as values[context.name]:
            answer = self._answer(await self._call(**values))
            if exchange.keeps_answer and isinstance(answer, Answer):
                exchange.answer = answer
        if exchange.happened is not None:
            self._state.streams.happened(exchange.happened)
        return answer

    def _parameters(self, scope: Scope, query: dict[str, str]) -> dict[str, Any]:
        values = self._defaults.copy()
        wrong = [FieldError(f"?{name}", "required") for name in self._required if name not in query]
        for alias, text in query.items():
            name, kind = self._query[alias]
            try:
                values[name] = msgspec.convert(text, kind, strict=False)
            except msgspec.ValidationError as error:
                wrong.append(FieldError(f"?{alias}", field_error(str(error)).code))
        if self._path:
            parts = scope["path"].split("/")
            for name, kind, place in self._path:
                try:
                    values[name] = msgspec.convert(parts[place], kind, strict=False)
                except msgspec.ValidationError as error:
                    wrong.append(FieldError(f"?{name}", field_error(str(error)).code))
        if wrong:
            raise InvalidRequest(*wrong)
        return values

    def _answer(self, result: Any) -> Answer | Stream:
        if self._streams:
            return result  # type: ignore[no-any-return]
        if isinstance(result, Response):
            content, kind = result.content, str(result.media_type or JSON)
            if content is None:
                content = b""
            elif isinstance(content, str):
                content, kind = content.encode(), f"{kind}; charset=utf-8"
            body = content if isinstance(content, bytes) else ENCODE(content)
            return Answer(result.status_code or self._status, {"Content-Type": kind, **result.headers}, body)
        if self._status == 204:
            return Answer(204, {}, b"")
        return Answer(self._status, {"Content-Type": JSON}, ENCODE(result))
