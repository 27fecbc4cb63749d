"""The stand-in for Zalo Notification Service: tokens that are good once, templates, refusals, faults on demand, and
events about what has reached a phone. It never knows a tracking id again: the same one twice is two messages."""

import asyncio
import hashlib
import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import aiohttp
import msgspec
from aiohttp import web

from longan.devkit import wire
from longan.devkit.sms_reports import PAUSE_SECONDS, TRIES, Reporter
from longan.floor.base.clock import Clock
from longan.floor.base.fields import Locale
from longan.floor.messages.notices import NOTICES

KEPT = 1_000
TOKEN_SECONDS = 90_000
FIRST_TEMPLATE = 500_001
PRICE, BUDGET = 300, 3_000_000
SMS_PRICE, SMS_BUDGET = 850, 3_000_000

# Of what is accepted: `undelivered` never reaches the phone, `unreported` does and no event says so, `lying` is said to
# have and never does.
Mode = Literal[
    "ok", "unavailable", "slow", "reset", "reset-after", "garbled", "no-account", "refused", "quota", "balance",
    "night", "expired", "bad-template", "unknown", "too-many", "undelivered", "unreported", "lying",
]  # fmt: skip
TokenMode = Literal["ok", "unavailable", "reset", "garbled", "refused"]

REFUSALS: dict[str, tuple[int, str]] = {
    "no-account": (-118, "Zalo account not existed"),
    "refused": (-141, "User has refused to receive messages of this Official Account"),
    "quota": (-144, "OA has exceeded the daily quota"),
    "balance": (-115, "Out of quota"),
    "night": (-133, "Messages of this kind are not sent at night"),
    "bad-template": (-131, "ZNS template is not approved"),
    "unknown": (-100, "Unknown error"),
}
PHONE = r"^84[0-9]{9}\Z"


class Account(msgspec.Struct, frozen=True):
    """Who may send, and where events about it go: nowhere when `webhook` is empty."""

    app_id: str = "development"
    app_secret: str = "development"
    oa_secret: str = "development"
    refresh_token: str = "development"
    webhook: str = ""


class Submission(msgspec.Struct, forbid_unknown_fields=True):
    """What a client hands in."""

    phone: Annotated[str, msgspec.Meta(pattern=PHONE)]
    template_id: Annotated[str, msgspec.Meta(min_length=1, max_length=20)]
    template_data: dict[str, Annotated[str, msgspec.Meta(min_length=1, max_length=30)]]
    tracking_id: Annotated[str, msgspec.Meta(min_length=1, max_length=48)]


class Letter(msgspec.Struct):
    """A message that Zalo has accepted, as the person reads it; `delivered` when it has reached the phone."""

    sequence: int
    message_id: str
    phone: str
    text: str
    template_id: str
    template_data: dict[str, str]
    tracking_id: str
    delivered: bool
    at: datetime


DEVELOPMENT = Account()


def templates() -> dict[str, tuple[str, Locale]]:
    """The templates that Zalo has approved, by their ids."""
    speak: tuple[Locale, ...] = ("vi", "en")
    topics = sorted(topic for topic, notice in NOTICES.items() if "zns" in notice.carriers)
    made = [(topic, locale) for topic in topics for locale in speak]
    return {str(FIRST_TEMPLATE + number): each for number, each in enumerate(made)}


def write_plan(path: Path) -> None:
    """The file of LONGAN_TEXTS for this stand-in."""
    lines = [
        "texts_a_day = 10", "", "[[tariffs]]", "from = 2026-01-01",
        f"zns = {{ price = {PRICE}, budget = {BUDGET} }}", f"sms = {{ price = {SMS_PRICE}, budget = {SMS_BUDGET} }}",
    ]  # fmt: skip
    by_topic: dict[str, dict[str, str]] = {}
    for number, (topic, locale) in templates().items():
        by_topic.setdefault(topic, {})[locale] = number
    for topic, ids in by_topic.items():
        lines += ["", f"[templates.{topic}]", *(f'{locale} = "{number}"' for locale, number in ids.items())]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")


def account_of(environ: Mapping[str, str]) -> Account:
    """The account that the settings of the worker and the API name."""
    named = {field: environ.get(f"LONGAN_ZALO_{field.upper()}", "") for field in Account.__struct_fields__[:4]}
    public = environ.get("LONGAN_PUBLIC_URL", "")
    webhook = f"{public.rstrip('/')}/v1/hooks/zalo" if public else ""
    return Account(**{field: value for field, value in named.items() if value}, webhook=webhook)


def signature(account: Account, body: bytes, timestamp: str) -> str:
    """The value of X-ZEvent-Signature."""
    signed = account.app_id.encode() + body + timestamp.encode() + account.oa_secret.encode()
    return f"mac={hashlib.sha256(signed).hexdigest()}"


def event(account: Account, letter: Letter, at: datetime) -> dict[str, Any]:
    """What Zalo says when a message has reached a phone."""
    ms = str(int(at.timestamp() * 1000))
    return {
        "event_name": "user_received_message", "app_id": account.app_id, "oa_id": "1", "sender": {"id": "1"},
        "recipient": {"id": "2"}, "timestamp": ms,
        "message": {"delivery_time": ms, "msg_id": letter.message_id, "tracking_id": letter.tracking_id},
    }  # fmt: skip


class Zalo:
    """What was accepted, and what of it has reached a phone; the tokens that are good, and the scripts of faults."""

    def __init__(self, account: Account, clock: Clock, slow_seconds: float) -> None:
        self.account = account
        self.slow_seconds = slow_seconds
        self.accepted: wire.Log[Letter] = wire.Log(KEPT)
        self.messages: wire.Log[Letter] = wire.Log(KEPT)
        self.faults: wire.Faults[Mode] = wire.Faults("ok")
        self.token_faults: wire.Faults[TokenMode] = wire.Faults("ok")
        self.reporter = Reporter("", clock)
        self.refreshes = 0
        self._clock = clock
        self._refresh_token = account.refresh_token
        self._good: OrderedDict[str, datetime] = OrderedDict()

    def refresh(self, given: str) -> dict[str, str] | None:
        """A new pair for the refresh token, which is used up by that; None for any other."""
        if not secrets.compare_digest(given.encode(), self._refresh_token.encode()):
            return None
        self.refreshes += 1
        token, self._refresh_token = f"za.{secrets.token_hex(16)}", f"zr.{secrets.token_hex(16)}"
        self._good[token] = self._clock() + timedelta(seconds=TOKEN_SECONDS)
        return {"access_token": token, "refresh_token": self._refresh_token, "expires_in": str(TOKEN_SECONDS)}

    def is_good(self, token: str) -> bool:
        return token in self._good and self._good[token] > self._clock()

    def distrust(self) -> None:
        self._good.clear()

    def accept(self, given: Submission, words: str, mode: Mode) -> Letter:
        letter = Letter(
            sequence=0, message_id=secrets.token_hex(10), phone=f"+{given.phone}", text=words,
            template_id=given.template_id, template_data=given.template_data, tracking_id=given.tracking_id,
            delivered=mode not in ("undelivered", "lying"), at=self._clock(),
        )  # fmt: skip
        for shown in (self.accepted, *([self.messages] if letter.delivered else [])):
            shown.add(lambda sequence: msgspec.structs.replace(letter, sequence=sequence))
        if self.account.webhook and mode not in ("undelivered", "unreported"):
            self.reporter.later(self._report(letter))
        return letter

    async def _report(self, letter: Letter) -> None:
        said = event(self.account, letter, self._clock())
        body = msgspec.json.encode(said)
        headers = {
            "X-ZEvent-Signature": signature(self.account, body, said["timestamp"]), "Content-Type": "application/json",
        }  # fmt: skip
        async with aiohttp.ClientSession() as session:
            for number in range(TRIES):
                if number:
                    await asyncio.sleep(PAUSE_SECONDS * 2**number)
                try:
                    async with session.post(
                        self.account.webhook, data=body, headers=headers, timeout=aiohttp.ClientTimeout(total=5)
                    ) as answer:
                        if answer.status == 200:
                            return
                except (aiohttp.ClientError, TimeoutError, OSError):
                    pass


ZALO = web.AppKey("zalo", Zalo)
routes = web.RouteTableDef()


def refused(code: int, message: str) -> web.Response:
    """Zalo refuses with status 200."""
    return wire.answer({"error": code, "message": message})


@routes.post("/v4/oa/access_token")
async def grant_token(request: web.Request) -> web.Response:
    zalo = request.app[ZALO]
    mode = zalo.token_faults.next()
    if (fault := wire.fault(request, mode)) is not None:
        return fault
    form = await request.post()
    if request.headers.get("secret_key") != zalo.account.app_secret or form.get("app_id") != zalo.account.app_id:
        return wire.answer({"error": -14004, "error_name": "Invalid app secret key"})
    pair = None if mode == "refused" else zalo.refresh(str(form.get("refresh_token", "")))
    if pair is None:
        return wire.answer({"error": -14020, "error_name": "Invalid refresh token"})
    if mode == "garbled":
        return web.Response(body=b'{"access_token": "', content_type="application/json")
    return wire.answer(pair)


@routes.post("/message/template")
async def send_message(request: web.Request) -> web.Response:
    zalo = request.app[ZALO]
    mode = zalo.faults.next()
    if (fault := wire.fault(request, mode)) is not None:
        return fault
    if mode == "too-many":
        return web.Response(status=429, headers={"Retry-After": "2"})
    if mode == "expired":
        zalo.distrust()
    if not zalo.is_good(request.headers.get("access_token", "")):
        return refused(-124, "Access token invalid")
    try:
        given = await wire.body_of(request, Submission)
    except msgspec.DecodeError as exc:
        return refused(-122, f"Body format is invalid: {exc}")
    if (meant := templates().get(given.template_id)) is None:
        return refused(-109, "Template ID invalid")
    if set(given.template_data) != {"code"}:
        return refused(-112, "Template data invalid")
    if mode in REFUSALS:
        return refused(*REFUSALS[mode])
    title, body = NOTICES[meant[0]].push[meant[1]]
    letter = zalo.accept(given, f"{title}: {body} ({given.template_data['code']})", mode)
    match mode:
        case "reset-after":
            return wire.reset(request)
        case "garbled":
            return web.Response(body=b'{"error": 0, "data": {"msg_id": "', content_type="application/json")
        case "slow":
            await asyncio.sleep(zalo.slow_seconds)
    ms = str(int(letter.at.timestamp() * 1000))
    quota = {"dailyQuota": "500", "remainingQuota": "499"}
    data = {"msg_id": letter.message_id, "sent_time": ms, "quota": quota}
    return wire.answer({"error": 0, "message": "Success", "data": data})


@routes.get("/message/status")
async def show_status(request: web.Request) -> web.Response:
    zalo = request.app[ZALO]
    if not zalo.is_good(request.headers.get("access_token", "")):
        return refused(-124, "Access token invalid")
    wanted = request.query.get("message_id", "")
    found = next((letter for letter in zalo.accepted.newest(KEPT) if letter.message_id == wanted), None)
    status = -1 if found is None else int(found.delivered)
    ms = "" if found is None else str(int(found.at.timestamp() * 1000))
    return wire.answer({"error": 0, "message": "Success", "data": {"status": status, "delivery_time": ms}})


@routes.get("/messages")
async def list_messages(request: web.Request) -> web.Response:
    return wire.page_of(request.app[ZALO].messages, request)


@routes.post("/faults")
async def script_faults(request: web.Request) -> web.Response:
    return await wire.scripted(request, request.app[ZALO].faults, wire.Script[Mode])


@routes.post("/token-faults")
async def script_token_faults(request: web.Request) -> web.Response:
    return await wire.scripted(request, request.app[ZALO].token_faults, wire.Script[TokenMode])


def create(account: Account, clock: Clock, slow_seconds: float) -> web.Application:
    """Zalo at the root of an application: both its addresses are this one."""
    app = web.Application()
    app[ZALO] = Zalo(account, clock, slow_seconds)
    app.router.add_routes(routes)
    app.cleanup_ctx.append(_reporting)
    return app


async def _reporting(app: web.Application) -> AsyncIterator[None]:
    """What is still to be reported ends with the application."""
    yield
    await app[ZALO].reporter.close()
