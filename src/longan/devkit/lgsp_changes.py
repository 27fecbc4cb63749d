"""What happens to the stand-in's dossiers by script, and the signed webhooks by which the platform tells of it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import uuid4

import aiohttp
import msgspec
from aiohttp import web

from longan.devkit import wire
from longan.devkit.lgsp import PLATFORM, Code, moment
from longan.devkit.sms_reports import signed
from longan.floor.base.clock import Clock

TRIES = 4
PAUSE_SECONDS = 0.3
KEPT = 1_000

Story = Literal["received", "supplement", "supplement_brought", "payment", "late", "done", "returned"]


class Change(msgspec.Struct, forbid_unknown_fields=True):
    """`after` so many seconds something happens to a dossier: a `story`, and `fields` over it as they go over the wire.
    The platform tells of it by a webhook, unless `webhook` is false: then it is found by asking."""

    code: Code
    story: Story | None = None
    fields: dict[str, Any] = {}
    after: Annotated[float, msgspec.Meta(ge=0, le=86_400)] = 0.0
    webhook: bool = True


class Hook(msgspec.Struct):
    """Where the platform tells of changes, and with which key."""

    url: str
    key: str


class Told(msgspec.Struct):
    """A webhook, and how it was answered; 0: by nobody."""

    sequence: int
    webhook_id: str
    status: int
    at: datetime


class Teller:
    """Changes dossiers beside the answers, and tells of it; a webhook that nobody takes is sent again a few times."""

    def __init__(self, hook: Hook | None, clock: Clock) -> None:
        self.hook = hook
        self.clock = clock
        self.told: wire.Log[Told] = wire.Log(KEPT)
        self._under_way: set[asyncio.Task[None]] = set()

    def later(self, app: web.Application, change: Change) -> None:
        task = asyncio.ensure_future(self._happen(app, change))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def close(self) -> None:
        for task in list(self._under_way):
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _happen(self, app: web.Application, change: Change) -> None:
        await asyncio.sleep(change.after)
        apply(app, change, self.clock())
        if change.webhook and self.hook is not None:
            await self.tell(self.hook, change.code)

    async def tell(self, hook: Hook, code: str) -> None:
        body = msgspec.json.encode({"type": "dossier.changed", "timestamp": self.clock(), "data": {"code": code}})
        webhook_id = f"msg_{uuid4().hex}"
        async with aiohttp.ClientSession() as session:
            for number in range(TRIES):
                if number:
                    await asyncio.sleep(PAUSE_SECONDS * 2**number)
                status = await _post(session, hook, body, self.clock(), webhook_id)
                self.told.add(lambda sequence, s=status: Told(sequence, webhook_id, s, self.clock()))  # type: ignore[misc]
                # It was taken, now or by a try whose answer was lost.
                if 200 <= status < 300 or status == 409:
                    return


async def _post(session: aiohttp.ClientSession, hook: Hook, body: bytes, at: datetime, webhook_id: str) -> int:
    try:
        async with session.post(
            hook.url, data=body, headers=signed(hook.key, body, at, webhook_id), allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=5),
        ) as answer:  # fmt: skip
            return answer.status
    except (aiohttp.ClientError, TimeoutError, OSError):
        return 0


TELLER = web.AppKey("lgsp_teller", Teller)
routes = web.RouteTableDef()


def hook_of(environ: Mapping[str, str]) -> Hook | None:
    """As the environment says; None where nobody wants to hear."""
    key, url = environ.get("LONGAN_LGSP_WEBHOOK_KEY"), environ.get("LONGAN_PUBLIC_URL")
    return Hook(f"{url.rstrip('/')}/v1/hooks/dossiers/lgsp", key) if key and url else None


def apply(app: web.Application, change: Change, now: datetime) -> None:
    dossiers = app[PLATFORM].dossiers
    before = dossiers.get(change.code, {"MaHoSo": change.code})
    told = {} if change.story is None else _story(change.story, before, now)
    dossiers[change.code] = before | told | change.fields


def _story(story: Story, before: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The fields that change."""

    def days(number: float) -> str:
        return moment(now + timedelta(days=number))

    asked = list(before.get("DanhSachHoSoBoSung") or [])
    match story:
        case "received":
            return {"TrangThaiHoSo": "2", "NgayTiepNhan": days(0), "NgayHenTra": days(15)} | _step(before, "2", now)
        case "supplement":
            missing = {"NgayBoSung": days(0), "NoiDungBoSung": "Bổ sung bản sao giấy khai sinh",
                       "DanhSachGiayToBoSung": [{"TenGiayTo": "Giấy khai sinh"}]}  # fmt: skip
            return {"TrangThaiHoSo": "5", "DanhSachHoSoBoSung": [*asked, missing]} | _step(before, "5", now)
        case "supplement_brought":
            brought = [{**each, "NgayTiepNhanBoSung": each.get("NgayTiepNhanBoSung") or days(0)} for each in asked]
            if brought:
                brought[-1]["NgayHenTraMoi"] = days(10)
            return {"TrangThaiHoSo": "4", "DanhSachHoSoBoSung": brought} | _step(before, "4", now)
        case "payment":
            return {"TrangThaiHoSo": "6"} | _step(before, "6", now)
        case "late":
            return {"NgayHenTra": days(-3)}
        case "done":
            return {"TrangThaiHoSo": "9", "NgayKetThucXuLy": days(0)} | _step(before, "9", now)
        case "returned":
            return {"TrangThaiHoSo": "10", "NgayTra": days(0)} | _step(before, "10", now)


def _step(before: Mapping[str, Any], status: str, now: datetime) -> dict[str, Any]:
    """One more step, where the dossier tells of its steps; else they follow from its moments, which cannot tell of a
    payment."""
    steps = list(before.get("QuaTrinhXuLy") or [])
    if not steps and status != "6":
        return {}
    if not steps and before.get("NgayTiepNhan"):
        steps = [{"TrangThai": "2", "ThoiDiemXuLy": before["NgayTiepNhan"]}]
    return {"QuaTrinhXuLy": [*steps, {"TrangThai": status, "ThoiDiemXuLy": moment(now)}]}


@routes.post("/lgsp/changes")
async def change(request: web.Request) -> web.Response:
    try:
        given = await wire.body_of(request, Change)
    except msgspec.DecodeError as exc:
        return wire.bad_request(str(exc))
    request.app[TELLER].later(request.app, given)
    return wire.answer(given, 202)


@routes.get("/lgsp/webhooks")
async def list_webhooks(request: web.Request) -> web.Response:
    return wire.page_of(request.app[TELLER].told, request)


async def telling(app: web.Application) -> AsyncIterator[None]:
    """What is still to happen ends with the application."""
    yield
    await app[TELLER].close()
