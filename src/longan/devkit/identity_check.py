"""The identity provider's stand-in: goes by the last digit of the number, or by its script.

It keeps the references of what it was asked, never about whom.
"""

import asyncio
import secrets
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from aiohttp import web

from longan.clock import Clock
from longan.devkit import wire

DEVELOPMENT_KEY = "development-identity-check"
KEPT = 1_000

Mode = Literal[
    "by_number", "confirmed", "not_matched", "unknown", "unavailable", "slow", "reset", "garbled", "page", "endless",
    "elsewhere",
    "other_person", "other_reference", "wrong_types",
]  # fmt: skip
RESULTS = ("confirmed", "not_matched", "unknown")
# So that a developer can walk the officials' way too.
BY_LAST_DIGIT = {"8": "not_matched", "9": "unknown"}
ENDLESS_BYTES = 8 * 1024 * 1024


class Question(msgspec.Struct, forbid_unknown_fields=True):
    """What a client asks: whether all of this is true of one person."""

    reference: UUID
    number: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{12}\Z")]
    full_name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    birth_date: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")]
    sex: Literal["male", "female"]


class Check(msgspec.Struct):
    """A question that was answered."""

    sequence: int
    reference: UUID
    mode: Mode
    at: datetime


class Script(msgspec.Struct, forbid_unknown_fields=True):
    """How the next `times` questions fare; without `times`, all of them until the next script."""

    mode: Mode
    times: Annotated[int, msgspec.Meta(ge=1)] | None = None


class Provider:
    """What was asked, and the script."""

    def __init__(self, key: str, clock: Clock, slow_seconds: float) -> None:
        self.key = key
        self.slow_seconds = slow_seconds
        self.checks: wire.Log[Check] = wire.Log(KEPT)
        self.script = Script("by_number")
        self._clock = clock

    def next_mode(self, reference: UUID) -> Mode:
        """How the question at hand fares; uses up one of the script's times."""
        mode = self.script.mode
        if self.script.times is not None:
            self.script.times -= 1
            if self.script.times == 0:
                self.script = Script("by_number")
        self.checks.add(lambda sequence: Check(sequence, reference, mode, self._clock()))
        return mode


PROVIDER = web.AppKey("identity_provider", Provider)
routes = web.RouteTableDef()


@routes.post("/identity-checks")
async def check_identity(request: web.Request) -> web.StreamResponse:
    provider = request.app[PROVIDER]
    given = request.headers.get("Authorization", "")
    if not secrets.compare_digest(given.encode(), f"Bearer {provider.key}".encode()):
        return wire.answer({"error": "unauthorized", "message": "The API key is missing or wrong"}, 401)
    try:
        question = await wire.body_of(request, Question)
    except msgspec.DecodeError as exc:
        return wire.bad_request(str(exc))
    mode = provider.next_mode(question.reference)
    result = BY_LAST_DIGIT.get(question.number[-1], "confirmed") if mode == "by_number" else mode
    said: dict[str, object] = {
        "reference": str(question.reference), "number": question.number, "full_name": question.full_name,
        "birth_date": question.birth_date, "result": result if result in RESULTS else "confirmed",
    }  # fmt: skip
    return await _answer(request, provider, mode, said)


async def _answer(request: web.Request, provider: Provider, mode: Mode, said: dict[str, object]) -> web.StreamResponse:
    if mode == "unavailable":
        return wire.answer({"error": "unavailable", "message": "The provider is down"}, 503)
    if mode == "reset":
        return wire.reset(request)
    if mode == "garbled":
        return web.Response(body=b'{"reference": "', content_type="application/json")
    # The next three would say yes, to whoever reads a page, reads without end or goes elsewhere for it.
    if mode == "page":
        return web.Response(body=msgspec.json.encode(said), content_type="text/html")
    if mode == "endless":
        return web.Response(body=msgspec.json.encode(said) + b" " * ENDLESS_BYTES, content_type="application/json")
    if mode == "elsewhere":
        return web.Response(status=307, headers={"Location": "/identity/elsewhere"})
    if mode == "slow":
        await asyncio.sleep(provider.slow_seconds)
    number = str(said["number"])
    changed: dict[str, dict[str, object]] = {
        "other_person": {"number": number[:-1] + str(9 - int(number[-1]))},
        "other_reference": {"reference": str(UUID(int=0))},
        "wrong_types": {"result": True},
    }
    return wire.answer(said | changed.get(mode, {}))


@routes.post("/identity/elsewhere")
async def say_yes(request: web.Request) -> web.Response:
    question = await wire.body_of(request, Question)
    return wire.answer(msgspec.structs.asdict(question) | {"result": "confirmed"})


@routes.get("/identity/checks")
async def list_checks(request: web.Request) -> web.Response:
    return wire.page_of(request.app[PROVIDER].checks, request)


@routes.post("/identity/faults")
async def script_faults(request: web.Request) -> web.Response:
    try:
        script = await wire.body_of(request, Script)
    except msgspec.DecodeError as exc:
        return wire.bad_request(str(exc))
    request.app[PROVIDER].script = script
    return wire.answer(script)
