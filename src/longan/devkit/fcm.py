"""The stand-in for Firebase Cloud Messaging, HTTP v1: grants, schema, Google's refusals, and faults on demand."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import msgspec
from aiohttp import web

from longan.devkit import fcm_answers, fcm_rules, wire
from longan.devkit.fcm_faults import REFUSALS, Faults
from longan.devkit.fcm_grant import Account, GrantRefused, Grants
from longan.devkit.fcm_outage import Latency, Outage, Switches
from longan.devkit.fcm_schema import Refused
from longan.devkit.fcm_topics import Subscriptions
from longan.floor.base.clock import Clock

KEPT = 10_000


class Push(msgspec.Struct, frozen=True, gc=False):
    """A message FCM has accepted. `request` is the body it came in: to keep it as it came costs least."""

    sequence: int
    name: str
    target: str
    target_kind: str
    accepted_at: datetime
    request: bytes

    @property
    def message(self) -> dict[str, Any]:
        """The message in the sender's own spelling of the fields."""
        message: dict[str, Any] = msgspec.json.decode(self.request)["message"]
        return message

    @property
    def notification_id(self) -> str | None:
        """What the message says under this key of its data."""
        return (self.message.get("data") or {}).get("notification_id")


class Server:
    """The accepted pushes, the account that may send, and the switches."""

    def __init__(self, account: Account, clock: Clock, slow_seconds: float, kept: int = KEPT) -> None:
        self.account = account
        self.slow_seconds = slow_seconds
        self.clock = clock
        self.grants = Grants(account, clock)
        self.faults = Faults()
        self.switches = Switches()
        self.topics = Subscriptions()
        self.pushes: wire.Log[Push] = wire.Log(kept)

    @property
    def outage(self) -> Outage:
        return self.switches.outage

    @property
    def latency(self) -> Latency:
        return self.switches.latency

    def accept(self, project: str, request: bytes, target_kind: str, target: str) -> str:
        """Logs the push and returns its name."""
        push = self.pushes.add(
            lambda sequence: Push(
                sequence=sequence,
                name=f"projects/{project}/messages/0:{sequence:016}%{secrets.token_hex(8)}",
                target=target,
                target_kind=target_kind,
                accepted_at=self.clock(),
                request=request,
            )
        )
        return push.name

    async def turned_away(self, request: web.Request) -> web.Response | None:
        """What every call of the API must pass: latency, outage, access token, project."""
        await self.switches.wait()
        if (how := self.switches.how()) is not None:
            if how == "refused":
                return fcm_answers.by_fcm(REFUSALS["unavailable"])
            return await self.switches.break_off(request)
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer":
            return fcm_answers.unauthenticated("CREDENTIALS_MISSING")
        if not self.grants.is_good(token):
            return fcm_answers.unauthenticated("ACCESS_TOKEN_EXPIRED")
        if (project := request.match_info["project"]) != self.account["project_id"]:
            return fcm_answers.permission_denied(project)
        return None

    def fails_before(self, request: web.Request, fault: str | None, kind: str) -> web.Response | None:
        """The answer of a fault that strikes before anything was done; None for the others."""
        if fault in REFUSALS:
            return fcm_answers.by_fcm(REFUSALS[fault])
        match fault:
            case "invalid":
                return fcm_answers.invalid_target(kind)
            case "badgateway":
                return fcm_answers.bad_gateway()
            case "reset-before":
                return wire.reset(request)
        return None

    async def done(self, request: web.Request, fault: str | None, body: object) -> web.Response:
        """The answer to what was done, as far as the fault lets it through."""
        match fault:
            case "reset-after":
                return wire.reset(request)
            case "garbled":
                return web.Response(body=b'{"name": "projects/', content_type="application/json")
            case "slow":
                await asyncio.sleep(self.slow_seconds)
        return wire.answer(body)


SERVER = web.AppKey("fcm_server", Server)
routes = web.RouteTableDef()


@routes.post("/token")
async def grant_token(request: web.Request) -> web.Response:
    server = request.app[SERVER]
    if (how := server.switches.how()) is not None and (server.switches.outage.grants or how == "closed"):
        if how == "refused":
            return wire.answer({"error": "internal_failure", "error_description": "Backend Error"}, 503)
        return await server.switches.break_off(request)
    form = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    try:
        return wire.answer(server.grants.exchange(form, str(request.url)))
    except GrantRefused as exc:
        return wire.answer({"error": exc.error, "error_description": exc.description}, 400)


@routes.post("/v1/projects/{project}/messages:send")
async def send_message(request: web.Request) -> web.Response:
    server, project = request.app[SERVER], request.match_info["project"]
    if (refusal := await server.turned_away(request)) is not None:
        return refusal
    body = await request.read()
    try:
        order = fcm_rules.read(body)
    except Refused as exc:
        return fcm_answers.invalid_argument(exc)
    kind, target = fcm_rules.target_of(order["message"])
    fault = server.faults.next(kind, target)
    if (failure := server.fails_before(request, fault, kind)) is not None:
        return failure
    if order.get("validateOnly"):
        return wire.answer({"name": f"projects/{project}/messages/fake_message_id"})
    return await server.done(request, fault, {"name": server.accept(project, body, kind, target)})


class Envelope(msgspec.Struct):
    message: msgspec.Raw


@routes.get("/fcm/messages")
async def list_messages(request: web.Request) -> web.Response:
    target, notification_id = request.query.get("target"), request.query.get("notification_id")

    def shown(push: Push) -> object | None:
        if (target is not None and push.target != target) or (
            notification_id is not None and push.notification_id != notification_id
        ):
            return None
        return {
            "sequence": push.sequence, "name": push.name, "target": push.target, "target_kind": push.target_kind,
            "accepted_at": push.accepted_at,
            "message": msgspec.json.decode(push.request, type=Envelope).message,
        }  # fmt: skip

    return wire.page_of(request.app[SERVER].pushes, request, shown)


@routes.post("/fcm/outage")
async def set_outage(request: web.Request) -> web.Response:
    switches = request.app[SERVER].switches
    try:
        await switches.turn(await wire.body_of(request, Outage))
    except msgspec.DecodeError as exc:
        return wire.bad_request(str(exc))
    return wire.answer(switches.outage)


@routes.post("/fcm/latency")
async def set_latency(request: web.Request) -> web.Response:
    switches = request.app[SERVER].switches
    try:
        switches.latency = await wire.body_of(request, Latency)
    except msgspec.DecodeError as exc:
        return wire.bad_request(str(exc))
    return wire.answer(switches.latency)


async def closing(app: web.Application) -> AsyncIterator[None]:
    """An outage does not outlive the application."""
    yield
    await app[SERVER].switches.door.leave()
