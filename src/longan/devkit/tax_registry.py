"""The tax registry's stand-in: knows whoever was entered, invents everybody else, and fails by its script.

It keeps the references of what it was asked, never about which code.
"""

import asyncio
import gzip
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from aiohttp import web

from longan.devkit import wire
from longan.floor.base.clock import Clock

DEVELOPMENT_KEY = "development-tax-registry"
KEPT = 1_000

Mode = Literal[
    "by_code", "not_found", "ceased", "paused", "other_name", "unavailable", "slow", "reset", "garbled", "page", "huge",
    "packed", "elsewhere", "other_code", "other_reference", "wrong_types", "hidden_letters",
]  # fmt: skip
HUGE_BYTES = 8 * 1024 * 1024
TaxCode = Annotated[str, msgspec.Meta(pattern=r"^(?:[0-9]{10}(?:-[0-9]{3})?|[0-9]{12})\Z")]


class Question(msgspec.Struct, forbid_unknown_fields=True):
    """What a client asks: who has this code."""

    reference: UUID
    tax_code: TaxCode


class Entry(msgspec.Struct, forbid_unknown_fields=True):
    """A taxpayer as a developer enters one."""

    tax_code: TaxCode
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    address: Annotated[str, msgspec.Meta(max_length=1_000)] | None = None
    result: Literal["active", "paused", "ceased", "not_found"] = "active"


class Lookup(msgspec.Struct):
    """A question that came."""

    sequence: int
    reference: UUID
    mode: Mode
    at: datetime


class Registry:
    """Who was entered, what was asked, and the script."""

    def __init__(self, key: str, clock: Clock, slow_seconds: float) -> None:
        self.key = key
        self.slow_seconds = slow_seconds
        self.entries: dict[str, Entry] = {}
        self.lookups: wire.Log[Lookup] = wire.Log(KEPT)
        self.faults: wire.Faults[Mode] = wire.Faults("by_code")
        self._clock = clock

    def next_mode(self, reference: UUID) -> Mode:
        """How the question at hand fares."""
        mode = self.faults.next()
        self.lookups.add(lambda sequence: Lookup(sequence, reference, mode, self._clock()))
        return mode

    def entry(self, tax_code: str) -> Entry:
        """Whoever was entered, else somebody who works under a name made of the code."""
        invented = Entry(tax_code, f"CÔNG TY TNHH SỐ {tax_code}", "Khu công nghiệp Đức Hòa 1, Tây Ninh")
        return self.entries.get(tax_code, invented)


REGISTRY = web.AppKey("tax_registry", Registry)
routes = web.RouteTableDef()


@routes.post("/taxpayers/lookups")
async def look_up(request: web.Request) -> web.StreamResponse:
    registry = request.app[REGISTRY]
    if (refused := wire.refused(request, registry.key)) is not None:
        return refused
    try:
        question = await wire.body_of(request, Question)
    except msgspec.DecodeError as exc:
        return wire.bad_request(str(exc))
    mode = registry.next_mode(question.reference)
    entry = registry.entry(question.tax_code)
    said: dict[str, object] = {
        "reference": str(question.reference), "tax_code": question.tax_code, "result": entry.result,
        "name": entry.name, "address": entry.address,
    }  # fmt: skip
    return await _answer(request, registry, mode, said)


async def _answer(request: web.Request, registry: Registry, mode: Mode, said: dict[str, object]) -> web.StreamResponse:
    if (fault := wire.fault(request, mode)) is not None:
        return fault
    whole = msgspec.json.encode(said)
    if mode == "garbled":
        return web.Response(body=whole[:20], content_type="application/json")
    # The next four would be believed by whoever reads pages, reads without end, unpacks without end or goes elsewhere.
    if mode == "page":
        return web.Response(body=whole, content_type="text/html")
    if mode == "huge":
        return web.Response(body=whole + b" " * HUGE_BYTES, content_type="application/json")
    if mode == "packed":
        packed = gzip.compress(whole + b" " * HUGE_BYTES)
        return web.Response(body=packed, content_type="application/json", headers={"Content-Encoding": "gzip"})
    if mode == "elsewhere":
        return web.Response(status=307, headers={"Location": "/taxpayers/elsewhere"})
    if mode == "slow":
        await asyncio.sleep(registry.slow_seconds)
    changed: dict[str, dict[str, object]] = {
        "not_found": {"result": "not_found", "name": None, "address": None},
        "ceased": {"result": "ceased"},
        "paused": {"result": "paused"},
        "other_name": {"name": "CÔNG TY CỔ PHẦN KHÁC TÊN"},
        "other_code": {"tax_code": "0100112437"},
        "other_reference": {"reference": str(UUID(int=0))},
        "wrong_types": {"result": True},
        "hidden_letters": {"name": "CÔNG TY \u202eHNHT"},
    }
    return wire.answer(said | changed.get(mode, {}))


@routes.post("/taxpayers/elsewhere")
async def say_yes(request: web.Request) -> web.Response:
    question = await wire.body_of(request, Question)
    return wire.answer(msgspec.structs.asdict(question) | {"result": "active", "name": "X", "address": None})


@routes.post("/tax-registry/entries")
async def enter(request: web.Request) -> web.Response:
    try:
        entry = await wire.body_of(request, Entry)
    except msgspec.DecodeError as exc:
        return wire.bad_request(str(exc))
    request.app[REGISTRY].entries[entry.tax_code] = entry
    return wire.answer(entry)


@routes.get("/tax-registry/lookups")
async def list_lookups(request: web.Request) -> web.Response:
    return wire.page_of(request.app[REGISTRY].lookups, request)


@routes.post("/tax-registry/faults")
async def script_faults(request: web.Request) -> web.Response:
    return await wire.scripted(request, request.app[REGISTRY].faults, wire.Script[Mode])
