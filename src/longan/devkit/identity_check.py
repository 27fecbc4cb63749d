"""The identity provider's stand-in: goes by the last digit of the number, or by its script.

It keeps the references of what it was asked, never about whom.
"""

import asyncio
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from aiohttp import web

from longan.devkit import wire
from longan.floor.base.clock import Clock

DEVELOPMENT_KEY = "development-identity-check"
KEPT = 1_000

Mode = Literal[
    "by_number", "holder_confirmed", "confirmed", "not_matched", "unknown", "unavailable", "slow", "reset", "garbled",
    "page", "endless", "elsewhere", "other_person", "other_reference", "wrong_types",
]  # fmt: skip
RESULTS = ("holder_confirmed", "confirmed", "not_matched", "unknown")
# So that a developer can walk the officials' way too.
BY_LAST_DIGIT = {"7": "confirmed", "8": "not_matched", "9": "unknown"}
ENDLESS_BYTES = 8 * 1024 * 1024


class Question(msgspec.Struct, forbid_unknown_fields=True):
    """What a client asks: whether all of this is true of one person, and of the one who says it."""

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


class Provider:
    """What was asked, and the script."""

    def __init__(self, key: str, clock: Clock, slow_seconds: float) -> None:
        self.key = key
        self.slow_seconds = slow_seconds
        self.checks: wire.Log[Check] = wire.Log(KEPT)
        self.faults: wire.Faults[Mode] = wire.Faults("by_number")
        self._clock = clock

    def next_mode(self, reference: UUID) -> Mode:
        """How the question at hand fares."""
        mode = self.faults.next()
        self.checks.add(lambda sequence: Check(sequence, reference, mode, self._clock()))
        return mode


PROVIDER = web.AppKey("identity_provider", Provider)
routes = web.RouteTableDef()


@routes.post("/identity-checks")
async def check_identity(request: web.Request) -> web.StreamResponse:
    provider = request.app[PROVIDER]
    if (refused := wire.refused(request, provider.key)) is not None:
        return refused
    try:
        question = await wire.body_of(request, Question)
    except msgspec.DecodeError as exc:
        return wire.bad_request(str(exc))
    mode = provider.next_mode(question.reference)
    result = BY_LAST_DIGIT.get(question.number[-1], "holder_confirmed") if mode == "by_number" else mode
    said: dict[str, object] = {
        "reference": str(question.reference), "number": question.number, "full_name": question.full_name,
        "birth_date": question.birth_date, "result": result if result in RESULTS else "holder_confirmed",
    }  # fmt: skip
    return await _answer(request, provider, mode, said)


async def _answer(request: web.Request, provider: Provider, mode: Mode, said: dict[str, object]) -> web.StreamResponse:
    if (fault := wire.fault(request, mode)) is not None:
        return fault
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
    return wire.answer(msgspec.structs.asdict(question) | {"result": "holder_confirmed"})


@routes.get("/identity/checks")
async def list_checks(request: web.Request) -> web.Response:
    return wire.page_of(request.app[PROVIDER].checks, request)


@routes.post("/identity/faults")
async def script_faults(request: web.Request) -> web.Response:
    return await wire.scripted(request, request.app[PROVIDER].faults, wire.Script[Mode])
