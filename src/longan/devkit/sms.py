"""The SMS gateway's stand-in: takes messages as the real one would, keeps the last thousand, shows the code in them and
reports what became of them."""

import asyncio
import re
from collections import OrderedDict
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID, uuid4

import msgspec
from aiohttp import web

from longan.devkit import wire
from longan.devkit.sms_reports import Reporter
from longan.floor.base.clock import Clock

DEVELOPMENT_KEY = "development"
KEPT = 1_000

CODE = re.compile(r"(?<![0-9])[0-9]{6}(?![0-9])")

# Those after `garbled` show later: `undelivered` is reported as failed, `late` takes its time, `lying` reports as
# delivered what never reaches the phone.
Mode = Literal["ok", "unavailable", "slow", "reset", "garbled", "undelivered", "late", "lying"]


class Submission(msgspec.Struct, forbid_unknown_fields=True):
    """What a client hands in: the number in E.164, the text, the client's own id of this message, and where it wants to
    hear what became of it."""

    to: Annotated[str, msgspec.Meta(pattern=r"^\+[1-9][0-9]{7,14}\Z")]
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=1_600)]
    reference: UUID
    status_url: Annotated[str, msgspec.Meta(pattern="^https?://", max_length=500)] | None = None


class Sms(msgspec.Struct):
    """A message the gateway has accepted; `code` is the first run of exactly six digits in its text."""

    sequence: int
    message_id: UUID
    phone: str
    text: str
    code: str | None
    reference: UUID
    at: datetime


class Gateway:
    """The accepted messages, by number and by reference, and the script of faults."""

    def __init__(self, key: str, clock: Clock, slow_seconds: float) -> None:
        self.key = key
        self.slow_seconds = slow_seconds
        self.messages: wire.Log[Sms] = wire.Log(KEPT)
        self.faults: wire.Faults[Mode] = wire.Faults("ok")
        self.reporter = Reporter(key, clock)
        self._clock = clock
        self._accepted: OrderedDict[UUID, UUID] = OrderedDict()

    def accept(self, submission: Submission, mode: Mode = "ok") -> UUID:
        """The id of the message under this reference: the one accepted before, or a new one, which then fares as `mode`
        says."""
        known = self._accepted.get(submission.reference)
        if known is not None:
            return known
        message_id = self._accepted[submission.reference] = uuid4()
        if len(self._accepted) > KEPT:
            self._accepted.popitem(last=False)
        if mode == "late":
            self.reporter.later(self._deliver_late(submission, message_id))
            return message_id
        if mode not in ("undelivered", "lying"):
            self._deliver(submission, message_id)
        self._report(submission, mode)
        return message_id

    def _deliver(self, submission: Submission, message_id: UUID) -> None:
        found = CODE.search(submission.text)
        self.messages.add(
            lambda sequence: Sms(
                sequence=sequence,
                message_id=message_id,
                phone=submission.to,
                text=submission.text,
                code=found[0] if found else None,
                reference=submission.reference,
                at=self._clock(),
            )
        )

    async def _deliver_late(self, submission: Submission, message_id: UUID) -> None:
        await asyncio.sleep(self.slow_seconds)
        self._deliver(submission, message_id)
        self._report(submission, "ok")

    def _report(self, submission: Submission, mode: Mode) -> None:
        if submission.status_url is None:
            return
        failed = mode == "undelivered"
        self.reporter.later(
            self.reporter.tell(
                submission.status_url, submission.reference, "failed" if failed else "delivered",
                "unreachable" if failed else None,
            )
        )  # fmt: skip

    def latest(self, phone: str) -> Sms | None:
        """The newest kept message to this number."""
        return next((message for message in self.messages.newest(KEPT) if message.phone == phone), None)


GATEWAY = web.AppKey("sms_gateway", Gateway)
routes = web.RouteTableDef()


def international(phone: str) -> str:
    """A Vietnamese number in E.164, from `0901…`, `84901…`, `+84901…` or ` 84901…` (a `+` not escaped in a URL)."""
    digits = re.sub(r"[ .\-()]", "", phone)
    if digits.startswith("+"):
        return digits
    return "+84" + digits[1:] if digits.startswith("0") else "+" + digits


@routes.post("/sms/messages")
async def send_message(request: web.Request) -> web.Response:
    gateway = request.app[GATEWAY]
    if (refused := wire.refused(request, gateway.key)) is not None:
        return refused
    try:
        submission = await wire.body_of(request, Submission)
    except msgspec.DecodeError as exc:
        return wire.bad_request(str(exc))

    mode = gateway.faults.next()
    if (fault := wire.fault(request, mode)) is not None:
        return fault
    message_id = gateway.accept(submission, mode)
    if mode == "slow":
        await asyncio.sleep(gateway.slow_seconds)
    if mode == "garbled":
        return web.Response(body=b'{"message_id": "', status=202, content_type="application/json")
    return wire.answer({"message_id": message_id, "status": "accepted"}, 202)


@routes.get("/sms/messages")
async def list_messages(request: web.Request) -> web.Response:
    return wire.page_of(request.app[GATEWAY].messages, request)


@routes.get("/sms/latest")
async def show_latest(request: web.Request) -> web.Response:
    phone = request.query.get("phone", "")
    if not phone.strip():
        return wire.bad_request("phone is missing")
    message = request.app[GATEWAY].latest(international(phone))
    if message is None:
        return wire.answer({"error": "not_found", "message": "Nothing was sent to this number"}, 404)
    return wire.answer(
        {
            "phone": message.phone,
            "text": message.text,
            "code": message.code,
            "reference": message.reference,
            "at": message.at,
        }
    )


@routes.post("/sms/faults")
async def script_faults(request: web.Request) -> web.Response:
    return await wire.scripted(request, request.app[GATEWAY].faults, wire.Script[Mode])


def create(key: str, clock: Clock, slow_seconds: float) -> web.Application:
    """One gateway at the root of an application."""
    app = web.Application()
    app[GATEWAY] = Gateway(key, clock, slow_seconds)
    app.router.add_routes(routes)
    app.cleanup_ctx.append(reporting)
    return app


async def reporting(app: web.Application) -> AsyncIterator[None]:
    """What is still to be reported ends with the application."""
    yield
    await app[GATEWAY].reporter.close()
