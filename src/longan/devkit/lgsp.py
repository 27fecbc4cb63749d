"""The stand-in of the integration platform (LGSP): speaks of dossiers as the province's is assumed to, with a few that
a developer can look up, and fails by its script.

It keeps which services it was asked for, never about which dossier.
"""

import asyncio
import gzip
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from aiohttp import web

from longan.devkit import wire
from longan.floor.base.clock import Clock
from longan.floor.base.zones import HOME

DEVELOPMENT_PASSWORD = "development-lgsp"
USER, UNIT = "longan", "H53"
KEPT = 1_000
SESSION_LIFE = timedelta(minutes=30)

Mode = Literal[
    "by_code", "unknown", "unavailable", "slow", "reset", "vanish", "garbled", "page", "huge", "packed", "elsewhere",
    "other_code", "wrong_types", "bad_moment", "new_status", "forgets", "system_error",
]  # fmt: skip
LoginMode = Literal["ok", "refused", "unavailable", "slow", "garbled"]
Code = Annotated[str, msgspec.Meta(min_length=8, max_length=40)]


class Login(msgspec.Struct):
    username: str
    password: str


class Question(msgspec.Struct):
    session: str
    madonvi: str
    service: str
    mahoso: str


class Entry(msgspec.Struct, forbid_unknown_fields=True):
    """A dossier as a test enters one: the fields that go over the wire."""

    code: Code
    fields: dict[str, Any]


class Call(msgspec.Struct):
    """A request that came."""

    sequence: int
    service: str
    mode: str
    at: datetime


class Platform:
    """The dossiers there are, who has signed in until when, what was asked, and the scripts."""

    def __init__(self, password: str, clock: Clock, slow_seconds: float) -> None:
        self.password = password
        self.clock = clock
        self.slow_seconds = slow_seconds
        self.dossiers: dict[str, dict[str, Any]] = dict(samples(clock()))
        self.sessions: dict[str, datetime] = {}
        self.calls: wire.Log[Call] = wire.Log(KEPT)
        self.faults: wire.Faults[Mode] = wire.Faults("by_code")
        self.login_faults: wire.Faults[LoginMode] = wire.Faults("ok")

    def noted(self, service: str, mode: str) -> None:
        self.calls.add(lambda sequence: Call(sequence, service, mode, self.clock()))

    def is_open(self, session: str) -> bool:
        return self.sessions.get(session, self.clock()) > self.clock()


PLATFORM = web.AppKey("lgsp", Platform)
routes = web.RouteTableDef()


def moment(at: datetime) -> str:
    return at.astimezone(ZoneInfo(HOME)).strftime("%Y%m%d%H%M%S")


def samples(now: datetime) -> Iterator[tuple[str, dict[str, Any]]]:
    """One of each kind of story, told from today: codes and numbers stay, days move along."""

    def ago(days: float) -> str:
        return moment(now - timedelta(days=days))

    def filed(code: str, phone: str, procedure: str, status: str, received: float, due: float, **more: Any) -> Any:
        return code, {
            "MaHoSo": code, "MaTTHC": procedure, "TrangThaiHoSo": status, "NgayTiepNhan": ago(received),
            "NgayHenTra": ago(due), "DonViXuLy": "Sở Xây dựng", "ChuHoSo": "Nguyễn Văn Thử", "SoDienThoai": phone,
            "MaDoiTuong": "080090012345", **more,
        }  # fmt: skip

    asked = {"NgayBoSung": ago(5), "NoiDungBoSung": "Bổ sung bản sao hợp đồng thuê nhà",
             "DanhSachGiayToBoSung": [{"TenGiayTo": "Hợp đồng thuê nhà"}, {"TenGiayTo": "Ảnh 3x4"}]}  # fmt: skip
    yield filed("H53.16-261102-0001", "0901234567", "1.004194", "4", 3, -20)
    yield filed("H53.16-261102-0007", "0901234567", "1.014632", "5", 12, -4, DanhSachHoSoBoSung=[asked])
    steps = [{"TrangThai": "2", "ThoiDiemXuLy": ago(8)}, {"TrangThai": "6", "ThoiDiemXuLy": ago(2)}]
    yield filed("H53.16-261102-0012", "0901234567", "1.004194", "6", 8, -6, QuaTrinhXuLy=steps)
    yield filed("H53.16-261102-0020", "0901234567", "1.004194", "4", 40, 21)
    yield filed("H53.16-261102-0031", "0901234567", "1.004194", "9", 30, 10, NgayKetThucXuLy=ago(12))
    yield filed("000.00.16.H53-261102-0042", "0901234567", "1.004194", "1", 0, -15, NgayTiepNhan="", NgayHenTra="")


@routes.post("/mapapi/login")
async def log_in(request: web.Request) -> web.StreamResponse:
    platform = request.app[PLATFORM]
    mode = platform.login_faults.next()
    platform.noted("login", mode)
    if (fault := wire.fault(request, mode)) is not None:
        return fault
    if mode == "slow":
        await asyncio.sleep(platform.slow_seconds)
    try:
        given = await wire.body_of(request, Login)
    except msgspec.DecodeError as exc:
        return wire.bad_request(str(exc))
    if mode == "refused" or (given.username, given.password) != (USER, platform.password):
        return wire.answer({"error_code": "-2", "message": "Sai tài khoản hoặc mật khẩu"})
    if mode == "garbled":
        return wire.answer({"error_code": 0, "session": ["?"]})
    session = secrets.token_hex(16)
    platform.sessions[session] = platform.clock() + SESSION_LIFE
    return wire.answer({"error_code": "0", "message": "", "session": session})


@routes.post("/mapapi/g")
async def look_up(request: web.Request) -> web.StreamResponse:
    platform = request.app[PLATFORM]
    try:
        asked = await wire.body_of(request, Question)
    except msgspec.DecodeError as exc:
        return wire.bad_request(str(exc))
    if not platform.is_open(asked.session):
        platform.noted(asked.service, "session_over")
        return wire.answer({"error_code": "-1", "message": "Phiên làm việc đã hết hạn"})
    if asked.service != "TraCuuHoSo":
        return wire.answer({"error_code": "99", "message": "Không có dịch vụ này"})
    mode = platform.faults.next()
    platform.noted(asked.service, mode)
    return await _answer(request, platform, mode, asked)


async def _answer(request: web.Request, platform: Platform, mode: Mode, asked: Question) -> web.StreamResponse:
    if (fault := wire.fault(request, mode)) is not None:
        return fault
    if mode == "vanish":
        # Read, and never answered: the connection ends without a word.
        if request.transport is not None:
            request.transport.close()
        return web.Response()
    known = platform.dossiers.get(asked.mahoso)
    said: dict[str, object] = {"error_code": "0", "message": "", "result": [known]}
    if known is None or mode == "unknown":
        said = {"error_code": "1", "message": "Không tìm thấy hồ sơ", "result": []}
    whole = msgspec.json.encode(said)
    # The next five would be believed by whoever reads pages, reads without end, unpacks without end or goes elsewhere.
    if mode == "garbled":
        return web.Response(body=whole[:40], content_type="application/json")
    if mode == "page":
        return web.Response(body=whole, content_type="text/html")
    if mode == "huge":
        return await wire.huge(request, whole)
    if mode == "packed":
        packed = gzip.compress(whole + b" " * 8 * 1024 * 1024)
        return web.Response(body=packed, content_type="application/json", headers={"Content-Encoding": "gzip"})
    if mode == "elsewhere":
        return web.Response(status=307, headers={"Location": "/mapapi/elsewhere"})
    if mode == "slow":
        await asyncio.sleep(platform.slow_seconds)
    if mode == "forgets":
        platform.sessions.clear()
        return wire.answer({"error_code": "-1", "message": "Phiên làm việc đã hết hạn"})
    if mode == "system_error":
        return wire.answer({"error_code": "99", "message": f"ORA-00942 {asked.mahoso}"})
    changed: dict[str, dict[str, object]] = {
        "other_code": {"MaHoSo": "H53.16-200101-9999"},
        "wrong_types": {"NgayTiepNhan": 20261102080000, "DanhSachHoSoBoSung": "[]"},
        "bad_moment": {"NgayTiepNhan": "20260230080000"},
        "new_status": {"TrangThaiHoSo": "77"},
    }
    return wire.answer(said | ({"result": [known | changed[mode]]} if known and mode in changed else {}))


@routes.post("/mapapi/elsewhere")
async def say_yes(request: web.Request) -> web.Response:
    asked = await wire.body_of(request, Question)
    return wire.answer({"error_code": "0", "result": [request.app[PLATFORM].dossiers.get(asked.mahoso)]})


@routes.post("/lgsp/dossiers")
async def enter(request: web.Request) -> web.Response:
    try:
        entry = await wire.body_of(request, Entry)
    except msgspec.DecodeError as exc:
        return wire.bad_request(str(exc))
    dossiers = request.app[PLATFORM].dossiers
    dossiers[entry.code] = dossiers.get(entry.code, {"MaHoSo": entry.code}) | entry.fields
    return wire.answer(dossiers[entry.code])


@routes.post("/lgsp/faults")
async def script_faults(request: web.Request) -> web.Response:
    return await wire.scripted(request, request.app[PLATFORM].faults, wire.Script[Mode])


@routes.post("/lgsp/login-faults")
async def script_login_faults(request: web.Request) -> web.Response:
    return await wire.scripted(request, request.app[PLATFORM].login_faults, wire.Script[LoginMode])


@routes.post("/lgsp/sessions/forget")
async def forget(request: web.Request) -> web.Response:
    request.app[PLATFORM].sessions.clear()
    return wire.answer({})


@routes.get("/lgsp/calls")
async def list_calls(request: web.Request) -> web.Response:
    return wire.page_of(request.app[PLATFORM].calls, request)
