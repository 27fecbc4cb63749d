"""The stand-in of the national catalogue of procedures: answers in its wire format, its wrong codes and odd values
included, and fails by its script.

All its addresses begin with /national.
"""

import asyncio
import gzip
from typing import Annotated, Any, Literal
from uuid import NAMESPACE_URL, uuid5

import msgspec
from aiohttp import web

from longan.devkit import wire

KEPT = 1_000

Mode = Literal[
    "ok", "unavailable", "slow", "reset", "garbled", "page", "huge", "packed", "elsewhere", "wrong_types", "refuses",
    "endless", "cut_short", "other_procedure",
]  # fmt: skip


class Question(msgspec.Struct):
    """Of the list; the members that we do not read are those the portal's pages send."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=200)]
    lastId: str = ""  # noqa: N815
    q: str = ""


class One(msgspec.Struct):
    id: str


class Entry(msgspec.Struct, forbid_unknown_fields=True):
    """A procedure as a test enters one: members over those of `procedure`; null takes it away. With a `mode` it alone
    is told so, whatever the script says."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    fields: dict[str, Any] | None
    mode: Mode | None = None


class Call(msgspec.Struct):
    sequence: int
    what: str
    mode: str


class Source:
    """The procedures there are, in their order, and the script."""

    def __init__(self, slow_seconds: float) -> None:
        self.slow_seconds = slow_seconds
        self.procedures: dict[str, dict[str, Any]] = {each["code"]: each for each in samples()}
        self.modes: dict[str, Mode] = {}
        self.calls: wire.Log[Call] = wire.Log(KEPT)
        self.faults: wire.Faults[Mode] = wire.Faults("ok")


SOURCE = web.AppKey("procedures", Source)
routes = web.RouteTableDef()


def identifier(code: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"procedure:{code}"))


def procedure(code: str, name: str = "Đăng ký tạm trú", **fields: Any) -> dict[str, Any]:
    """One as `get-formality-by-citizen` tells it, with every part that a procedure must have."""
    return {
        "id": identifier(code), "code": code, "codeNotation": code, "name": name, "description": "", "decisionNo": "",
        "formalityType": "ASSIGNED_REGULATION", "state": "UPDATED", "type": "STANDARD", "isInternal": False,
        "isWard": True, "isProvince": False, "isMinistry": False, "isOtherAgency": False, "isUndetermined": False,
        "isVertical": False, "isFullProcess": True, "note": "", "keywords": "",
        "category": {"id": identifier("G01-CA05"), "name": "Đăng ký, quản lý cư trú", "code": "G01-CA05"},
        "departmentPromulgateCode": "G01", "departmentPromulgateName": "Bộ Công an",
        "executionSteps": [
            {"name": "", "description": "Nộp hồ sơ tại Công an cấp xã hoặc Cổng dịch vụ công quốc gia"},
            {"name": "", "description": "Nhận kết quả"},
        ],
        "executionMethods": [
            method("DIRECT", 3, fees=[fee(15_000)]), method("ONLINE", 3, fees=[fee(7_000)]),
        ],
        "executionCases": [
            {"name": "", "profileComponents": [paper("KQ001", "Tờ khai thay đổi thông tin cư trú (CT01)", form=True)]},
            {"name": "Ở nhà thuê, mượn, ở nhờ", "profileComponents": [paper("KQ002", "Hợp đồng thuê nhà", copies=1)]},
        ],
        "cases": [{"id": identifier(f"{code}.01"), "name": name, "code": f"{code}.01", "profileComponents": [],
                   "processingDay": {"qty": 3, "type": "WORKING_DAY"}}],
        "unitGroupsExecuting": [{"id": identifier("xa"), "name": "Công an cấp xã"}],
        "subjectTypesDetails": [{"id": identifier("DT1"), "name": "Công dân Việt Nam", "code": "ĐT1"}],
        "resultsDetails": [{"id": identifier("KQ"), "name": "Thông báo kết quả", "code": "KQ.G01.000001"}],
        "legalBasisesDetails": [{"id": identifier("68"), "name": "Luật Cư trú", "code": "68/2020/QH14"}],
        "requirementsAndConditions": "", "createdAt": 1_775_659_978_807, "updatedAt": 1_776_242_191_512,
        **fields,
    }  # fmt: skip


def method(channel: str, time: int | str, unit: str = "WORKING_DAY", **fields: Any) -> dict[str, Any]:
    return {"submissionMethod": channel, "processingTime": time, "processingTimeUnit": unit, "description": "",
            "fees": [], **fields}  # fmt: skip


def fee(value: int, kind: str = "SERVICE_FEE", **fields: Any) -> dict[str, Any]:
    return {"type": kind, "value": value, "currencyId": "", "currencyName": "Việt Nam Đồng", "attachment": None,
            "description": "", **fields}  # fmt: skip


def paper(code: str, name: str, *, copies: int = 0, form: bool = False) -> dict[str, Any]:
    attached = [{"id": identifier(code), "fileName": "mau.doc", "bucketName": "dvc", "filePath": "configuring/mau.doc"}]
    return {"profileComponentId": identifier(code), "originalQty": 0 if copies else 1, "copyQty": copies,
            "required": False, "hasElectronicForm": False, "isProcessingResult": False, "name": name, "code": code,
            "attachments": attached if form else []}  # fmt: skip


def samples() -> list[dict[str, Any]]:
    """One that changed, one that is new, and one of each oddity that the real catalogue has."""
    return [
        procedure("1.004194"),
        procedure("1.999001", "Xác nhận thông tin về cư trú qua ứng dụng"),
        procedure("1.0133611", "Mã thừa một số"),
        procedure("1.014955-Xoa", "Mã đã xóa"),
        procedure("2.009182739", "Mã thừa ba số"),
        procedure("1.011442.000.00.00.H38", "Biến thể của một tỉnh"),
        procedure("1.999002", "Phí khó tin", executionMethods=[method("DIRECT", 1, fees=[fee(10)])]),
        procedure("1.999003", "Không có thời hạn", executionMethods=[method("DIRECT", "Không", "OTHER")]),
    ]


def _fault(request: web.Request, source: Source, mode: Mode, whole: bytes) -> web.StreamResponse | None:
    if (fault := wire.fault(request, mode)) is not None:
        return fault
    if mode == "garbled":
        return web.Response(body=whole[:40], content_type="application/json")
    if mode == "page":
        # What the portal's firewall answers, with a status that looks well.
        return web.Response(text="<html><body>Request Rejected</body></html>", content_type="text/html")
    if mode == "packed":
        packed = gzip.compress(whole + b" " * 8 * 1024 * 1024)
        return web.Response(body=packed, content_type="application/json", headers={"Content-Encoding": "gzip"})
    if mode == "elsewhere":
        return web.Response(status=307, headers={"Location": "/national/elsewhere"})
    if mode == "refuses":
        return wire.answer({"code": "ERROR", "message": "ORA-00942", "data": None}, 201)
    return None


async def _said(request: web.Request, what: str, mode: Mode, body: object) -> web.StreamResponse:
    source = request.app[SOURCE]
    source.calls.add(lambda sequence: Call(sequence, what, mode))
    whole = msgspec.json.encode({"code": "OK", "data": body})
    if (fault := _fault(request, source, mode, whole)) is not None:
        return fault
    if mode == "huge":
        return await wire.huge(request, whole)
    if mode == "slow":
        await asyncio.sleep(source.slow_seconds)
    return web.Response(body=whole, status=201, content_type="application/json")


@routes.post("/api/v1/submitting/formality/list-all-public-formality-by-citizen")
async def list_all(request: web.Request) -> web.StreamResponse:
    source = request.app[SOURCE]
    try:
        asked = await wire.body_of(request, Question)
    except msgspec.DecodeError as exc:
        return wire.bad_request(str(exc))
    mode = source.faults.next()
    every = [each for each in source.procedures.values() if asked.q in each["code"] or asked.q in str(each["name"])]
    places = {each["id"]: place for place, each in enumerate(every, 1)}
    first = places.get(asked.lastId, 0) if mode != "endless" else 0
    page = every[first : first + asked.limit]
    items = [{"id": each["id"], "code": each["code"], "codeNotation": each["code"], "name": each["name"],
              "state": each["state"], "categories": [each["category"]["name"]]} for each in page]  # fmt: skip
    last = page[-1]["id"] if page else ""
    said: dict[str, Any] = {"items": items, "lastId": last, "total": len(every)}
    if mode == "wrong_types":
        said |= {"items": {"0": items}}
    if mode == "cut_short":
        said |= {"items": items[:1], "lastId": ""}
    if mode == "endless":
        said |= {"lastId": identifier(f"{source.calls.last_sequence}"), "total": None}
    return await _said(request, "list", mode, said)


@routes.post("/api/v1/configuring/formality/get-formality-by-citizen")
async def tell(request: web.Request) -> web.StreamResponse:
    source = request.app[SOURCE]
    try:
        asked = await wire.body_of(request, One)
    except msgspec.DecodeError as exc:
        return wire.bad_request(str(exc))
    mode = source.faults.next()
    found = next((each for each in source.procedures.values() if each["id"] == asked.id), None)
    if found is None:
        return wire.answer({"code": "NOT_FOUND", "data": None}, 201)
    mode = source.modes.get(found["code"], mode)
    if mode == "wrong_types":
        found = found | {"executionMethods": "[]", "name": 7, "isWard": "true"}
    if mode == "other_procedure":
        found = found | {"id": identifier("another")}
    return await _said(request, "detail", mode, found)


@routes.post("/elsewhere")
async def say_yes(request: web.Request) -> web.Response:
    return wire.answer({"code": "OK", "data": {"items": [], "lastId": "", "total": 0}})


@routes.post("/procedures")
async def enter(request: web.Request) -> web.Response:
    try:
        entry = await wire.body_of(request, Entry)
    except msgspec.DecodeError as exc:
        return wire.bad_request(str(exc))
    procedures, modes = request.app[SOURCE].procedures, request.app[SOURCE].modes
    modes.pop(entry.code, None)
    if entry.mode is not None:
        modes[entry.code] = entry.mode
    if entry.fields is None:
        procedures.pop(entry.code, None)
        return wire.answer({})
    procedures[entry.code] = procedures.get(entry.code, procedure(entry.code)) | entry.fields
    return wire.answer(procedures[entry.code])


@routes.post("/faults")
async def script_faults(request: web.Request) -> web.Response:
    return await wire.scripted(request, request.app[SOURCE].faults, wire.Script[Mode])


@routes.get("/calls")
async def list_calls(request: web.Request) -> web.Response:
    return wire.page_of(request.app[SOURCE].calls, request)


def create(slow_seconds: float) -> web.Application:
    """The stand-in by itself."""
    app = web.Application()
    app[SOURCE] = Source(slow_seconds)
    app.router.add_routes(routes)
    return app
