"""The stand-in of another system's Open311 endpoint (GeoReport v2, JSON and XML): takes reports, lists them, closes
them by hand, and fails by its script.

It writes its documents with other means than we do, so that a mistake of ours meets somebody who does not share it.
"""

import asyncio
import json
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from xml.etree import ElementTree

import msgspec
from aiohttp import web

from longan.devkit import wire
from longan.devkit.open311_lies import spoilt
from longan.floor.base.clock import Clock

DEVELOPMENT_KEY = "development-open311"
KEPT = 1_000

Mode = Literal[
    "ok", "token", "refused", "proxy", "unavailable", "reset", "lost", "vanish", "garbled", "page", "huge", "packed",
    "elsewhere", "wrong_types", "bomb", "external", "slow", "broken",
]  # fmt: skip
ReadMode = Literal[
    "ok", "unavailable", "reset", "garbled", "page", "huge", "packed", "elsewhere", "wrong_types", "bomb", "external",
    "other_id", "new_status", "slow", "not_shown", "hostile_words",
]  # fmt: skip


class Held(msgspec.Struct):
    """A report as it came, and what became of it."""

    id: str
    token: str
    at: datetime
    fields: dict[str, str]
    status: Literal["open", "closed"] = "open"
    status_notes: str | None = None
    redeemed: bool = True


class Change(msgspec.Struct, forbid_unknown_fields=True):
    """What a test says of a report."""

    status: Literal["open", "closed"]
    status_notes: Annotated[str, msgspec.Meta(max_length=20_000)] | None = None
    redeemed: bool = True


class Call(msgspec.Struct):
    """A request that came."""

    sequence: int
    what: str
    mode: str
    at: datetime


class Endpoint:
    """The reports it has, what was asked, and the scripts."""

    def __init__(self, key: str, clock: Clock, slow_seconds: float) -> None:
        self.key = key
        self.clock = clock
        self.slow_seconds = slow_seconds
        self.held: dict[str, Held] = {}
        self.calls: wire.Log[Call] = wire.Log(KEPT)
        self.faults: wire.Faults[Mode] = wire.Faults("ok")
        self.read_faults: wire.Faults[ReadMode] = wire.Faults("ok")

    def noted(self, what: str, mode: str) -> None:
        self.calls.add(lambda sequence: Call(sequence, what, mode, self.clock()))

    def take(self, fields: dict[str, str], *, redeemed: bool) -> Held:
        number = f"LAS-{293944 + len(self.held)}"
        made = self.held[number] = Held(number, f"t{len(self.held)}", self.clock(), fields, redeemed=redeemed)
        return made


ENDPOINT = web.AppKey("open311", Endpoint)
routes = web.RouteTableDef()


def document(form: str, root: str, item: str, records: list[dict[str, Any]], status: int = 200) -> web.Response:
    """The records in the format that was asked for."""
    if form == "json":
        return web.Response(text=json.dumps(records), status=status, content_type="application/json")
    top = ElementTree.Element(root)
    for record in records:
        inner = ElementTree.SubElement(top, item)
        for name, value in record.items():
            ElementTree.SubElement(inner, name).text = None if value is None else str(value)
    body = ElementTree.tostring(top, encoding="utf-8", xml_declaration=True)
    return web.Response(body=body, status=status, content_type="text/xml")


def errors(form: str, status: int, words: str) -> web.Response:
    return document(form, "errors", "error", [{"code": status, "description": words}], status)


def told(held: Held) -> dict[str, Any]:
    """A report as GET requests tells of it."""
    return {
        "service_request_id": held.id, "status": held.status, "status_notes": held.status_notes,
        "service_name": "Hạ tầng", "service_code": held.fields.get("service_code"),
        "description": held.fields.get("description"), "agency_responsible": None, "service_notice": None,
        "requested_datetime": held.at.isoformat(), "updated_datetime": held.at.isoformat(), "expected_datetime": None,
        "address": held.fields.get("address_string"), "address_id": None, "zipcode": None,
        "lat": held.fields.get("lat"), "long": held.fields.get("long"), "media_url": held.fields.get("media_url"),
    }  # fmt: skip


@routes.post("/longanso/v2/requests.{form:(json|xml)}")
async def create(request: web.Request) -> web.StreamResponse:
    endpoint, form = request.app[ENDPOINT], request.match_info["form"]
    mode = endpoint.faults.next()
    endpoint.noted("create", mode)
    fields = {name: str(value) for name, value in (await request.post()).items()}
    if mode == "lost":
        return _gone(request)
    if (fault := wire.fault(request, mode)) is not None:
        return fault
    if mode == "proxy":
        return web.Response(status=404, text="<html>no upstream</html>", content_type="text/html")
    if fields.pop("api_key", "") != endpoint.key:
        return errors(form, 403, "Invalid api_key received -- can't proceed with create_request.")
    if mode == "refused" or not fields.get("service_code"):
        return errors(form, 400, "service_code was not provided")
    held = endpoint.take(fields, redeemed=mode != "token")
    if mode == "vanish":
        return _gone(request)
    if mode == "broken":
        return web.Response(status=500, text="ORA-00942", content_type="text/plain")
    if mode == "slow":
        await asyncio.sleep(endpoint.slow_seconds)
    record = {"token": held.token} if mode == "token" else {"service_request_id": held.id}
    good = document(form, "service_requests", "request", [{**record, "service_notice": None, "account_id": None}])
    return await spoilt(request, mode, form, good) or good


@routes.get("/longanso/v2/tokens/{token}.{form:(json|xml)}")
async def redeem(request: web.Request) -> web.StreamResponse:
    endpoint, form, token = request.app[ENDPOINT], request.match_info["form"], request.match_info["token"]
    held = next((each for each in endpoint.held.values() if each.token == token), None)
    if held is None:
        endpoint.noted("token", "unknown")
        return errors(form, 404, "token not found")
    record = {"service_request_id": held.id if held.redeemed else None, "token": token}
    return await _read(request, "token", form, [record])


@routes.get("/longanso/v2/requests.{form:(json|xml)}")
async def list_requests(request: web.Request) -> web.StreamResponse:
    endpoint, form, query = request.app[ENDPOINT], request.match_info["form"], request.query
    since, until = (datetime.fromisoformat(query[name]) for name in ("start_date", "end_date"))
    found = [
        told(each)
        for each in endpoint.held.values()
        if since <= each.at.astimezone(UTC) <= until and each.fields.get("service_code") == query["service_code"]
    ]
    return await _read(request, "list", form, found)


@routes.get("/longanso/v2/requests/{id}.{form:(json|xml)}")
async def one(request: web.Request) -> web.StreamResponse:
    endpoint, form = request.app[ENDPOINT], request.match_info["form"]
    held = endpoint.held.get(request.match_info["id"])
    if held is None:
        endpoint.noted("one", "unknown")
        return errors(form, 404, "service_request_id not found")
    return await _read(request, "one", form, [told(held)])


async def _read(request: web.Request, what: str, form: str, records: list[dict[str, Any]]) -> web.StreamResponse:
    endpoint = request.app[ENDPOINT]
    mode = endpoint.read_faults.next()
    endpoint.noted(what, mode)
    if (fault := wire.fault(request, mode)) is not None:
        return fault
    # Whoever believes one of these sees what is not so.
    lie: dict[str, object] = {"status": "closed", "status_notes": "It never happened"}
    changed: dict[str, dict[str, object]] = dict.fromkeys(("garbled", "page", "huge", "packed"), lie) | {
        "other_id": {"service_request_id": "LAS-1", **lie},
        "new_status": {"status": "archived"},
        "hostile_words": {"status": "closed", "status_notes": "<a href='https://evil.example'>đã xong</a>"},
    }
    shown = [] if mode == "not_shown" else [record | changed.get(mode, {}) for record in records]
    good = document(form, "service_requests", "request", shown)
    if mode == "slow":
        await asyncio.sleep(endpoint.slow_seconds)
    return await spoilt(request, mode, form, good) or good


def _gone(request: web.Request) -> web.Response:
    """Read, and never answered: the connection ends without a word."""
    if request.transport is not None:
        request.transport.close()
    return web.Response()


@routes.get("/longanso/v2/elsewhere.{form}")
async def say_yes(request: web.Request) -> web.Response:
    number = next(reversed(request.app[ENDPOINT].held), "LAS-1")
    record = {"service_request_id": number, "status": "closed", "status_notes": "elsewhere"}
    return document(request.match_info["form"], "service_requests", "request", [record])


@routes.post("/longanso/reports/{id}")
async def change(request: web.Request) -> web.Response:
    held = request.app[ENDPOINT].held.get(request.match_info["id"])
    try:
        said = await wire.body_of(request, Change)
    except msgspec.DecodeError as exc:
        return wire.bad_request(str(exc))
    if held is None:
        return wire.answer({"error": "not_found", "message": "There is no such report"}, 404)
    held.status, held.status_notes, held.redeemed = said.status, said.status_notes, said.redeemed
    return wire.answer(held)


@routes.get("/longanso/reports")
async def list_held(request: web.Request) -> web.Response:
    return wire.answer({"items": list(request.app[ENDPOINT].held.values())})


@routes.post("/longanso/faults")
async def script_faults(request: web.Request) -> web.Response:
    return await wire.scripted(request, request.app[ENDPOINT].faults, wire.Script[Mode])


@routes.post("/longanso/read-faults")
async def script_read_faults(request: web.Request) -> web.Response:
    return await wire.scripted(request, request.app[ENDPOINT].read_faults, wire.Script[ReadMode])


@routes.get("/longanso/calls")
async def list_calls(request: web.Request) -> web.Response:
    return wire.page_of(request.app[ENDPOINT].calls, request)
