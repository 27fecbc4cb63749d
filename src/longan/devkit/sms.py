"""The SMS gateway's stand-in: takes messages as the real one would, keeps the last thousand, shows the code in them."""

import asyncio
import re
import secrets
from collections import OrderedDict
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID, uuid4

import msgspec
from aiohttp import web

from longan.clock import Clock
from longan.devkit import wire

DEVELOPMENT_KEY = "development"
KEPT = 1_000

CODE = re.compile(r"(?<![0-9])[0-9]{6}(?![0-9])")

Mode = Literal["ok", "unavailable", "slow", "reset", "garbled"]


class Submission(msgspec.Struct, forbid_unknown_fields=True):
    """What a client hands in: the number in E.164, the text, and the client's own id of this message."""

    to: Annotated[str, msgspec.Meta(pattern=r"^\+[1-9][0-9]{7,14}\Z")]
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=1_600)]
    reference: UUID


class Sms(msgspec.Struct):
    """A message the gateway has accepted; `code` is the first run of exactly six digits in its text."""

    sequence: int
    message_id: UUID
    phone: str
    text: str
    code: str | None
    reference: UUID
    at: datetime


class Script(msgspec.Struct, forbid_unknown_fields=True):
    """How the next `times` messages fare; without `times`, all of them until the next script."""

    mode: Mode
    times: Annotated[int, msgspec.Meta(ge=1)] | None = None


class Gateway:
    """The accepted messages, by number and by reference, and the script of faults."""

    def __init__(self, key: str, clock: Clock, slow_seconds: float) -> None:
        self.key = key
        self.slow_seconds = slow_seconds
        self.messages: wire.Log[Sms] = wire.Log(KEPT)
        self.script = Script("ok")
        self._clock = clock
        self._by_reference: OrderedDict[UUID, Sms] = OrderedDict()

    def accept(self, submission: Submission) -> Sms:
        """The message under this reference: the one accepted before, or a new one."""
        known = self._by_reference.get(submission.reference)
        if known is not None:
            return known
        found = CODE.search(submission.text)
        message = self.messages.add(
            lambda sequence: Sms(
                sequence=sequence,
                message_id=uuid4(),
                phone=submission.to,
                text=submission.text,
                code=found[0] if found else None,
                reference=submission.reference,
                at=self._clock(),
            )
        )
        self._by_reference[submission.reference] = message
        if len(self._by_reference) > KEPT:
            self._by_reference.popitem(last=False)
        return message

    def latest(self, phone: str) -> Sms | None:
        """The newest kept message to this number."""
        return next((message for message in self.messages.newest(KEPT) if message.phone == phone), None)

    def next_mode(self) -> Mode:
        """How the message at hand fares; uses up one of the script's times."""
        mode = self.script.mode
        if self.script.times is not None:
            self.script.times -= 1
            if self.script.times == 0:
                self.script = Script("ok")
        return mode


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
    given = request.headers.get("Authorization", "")
    if not secrets.compare_digest(given.encode(), f"Bearer {gateway.key}".encode()):
        return wire.answer({"error": "unauthorized", "message": "The API key is missing or wrong"}, 401)
    try:
        submission = await wire.body_of(request, Submission)
    except msgspec.DecodeError as exc:
        return wire.bad_request(str(exc))

    mode = gateway.next_mode()
    if mode == "unavailable":
        return wire.answer({"error": "unavailable", "message": "The gateway is down"}, 503)
    if mode == "reset":
        return wire.reset(request)
    message = gateway.accept(submission)
    if mode == "slow":
        await asyncio.sleep(gateway.slow_seconds)
    if mode == "garbled":
        return web.Response(body=b'{"message_id": "', status=202, content_type="application/json")
    return wire.answer({"message_id": message.message_id, "status": "accepted"}, 202)


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
    try:
        script = await wire.body_of(request, Script)
    except msgspec.DecodeError as exc:
        return wire.bad_request(str(exc))
    request.app[GATEWAY].script = script
    return wire.answer(script)
