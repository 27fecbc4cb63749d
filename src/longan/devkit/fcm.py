"""The stand-in for Firebase Cloud Messaging, HTTP v1: grants, schema, Google's refusals, and faults on demand."""

import asyncio
import secrets
from datetime import datetime
from typing import Annotated, Any

import msgspec
from aiohttp import web

from longan.clock import Clock
from longan.devkit import fcm_rules, wire
from longan.devkit.fcm_faults import REFUSALS, Faults, Refusal
from longan.devkit.fcm_grant import Account, GrantRefused, Grants

KEPT = 10_000
RETRY_AFTER_SECONDS = 2
FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
BAD_GATEWAY = "<!DOCTYPE html><title>502 Bad Gateway</title>"
BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"
ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo"


class Push(msgspec.Struct):
    """A message FCM has accepted. `message` is as it was sent, in the sender's own spelling of the fields."""

    sequence: int
    name: str
    target: str
    target_kind: str
    accepted_at: datetime
    message: dict[str, Any]


class Outage(msgspec.Struct, forbid_unknown_fields=True):
    """While `on`, every send is answered 503; with `grants`, `POST /token` as well."""

    on: bool
    grants: bool = False


class Latency(msgspec.Struct, forbid_unknown_fields=True):
    """How long every send waits before it is looked at, in milliseconds."""

    ms: Annotated[int, msgspec.Meta(ge=0, le=60_000)]


class Server:
    """The accepted pushes, the account that may send, and the switches."""

    def __init__(self, account: Account, clock: Clock, slow_seconds: float) -> None:
        self.account = account
        self.slow_seconds = slow_seconds
        self.grants = Grants(account, clock)
        self.faults = Faults()
        self.outage = Outage(False)
        self.latency = Latency(0)
        self.pushes: wire.Log[Push] = wire.Log(KEPT)
        self._clock = clock

    def accept(self, project: str, message: dict[str, Any], target_kind: str, target: str) -> str:
        """Logs the push and returns its name."""
        push = self.pushes.add(
            lambda sequence: Push(
                sequence=sequence,
                name=f"projects/{project}/messages/0:{sequence:016}%{secrets.token_hex(8)}",
                target=target,
                target_kind=target_kind,
                accepted_at=self._clock(),
                message=message,
            )
        )
        return push.name


SERVER = web.AppKey("fcm_server", Server)
routes = web.RouteTableDef()


def refused(code: int, status: str, message: str, details: list[object]) -> web.Response:
    """An error as Google writes it."""
    return wire.answer({"error": {"code": code, "message": message, "status": status, "details": details}}, code)


def refused_by_fcm(refusal: Refusal) -> web.Response:
    """An error that carries FCM's own code."""
    details: list[object] = [{"@type": FCM_ERROR, "errorCode": refusal.error_code}]
    answer = refused(refusal.code, refusal.status, refusal.message, details)
    if refusal.error_code == "QUOTA_EXCEEDED":
        answer.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return answer


def invalid_argument(exc: fcm_rules.Refused) -> web.Response:
    """400 with the fields; FCM's own code is there only when the body could be read."""
    details: list[object] = [{"@type": BAD_REQUEST, "fieldViolations": exc.violations}]
    if exc.by_fcm:
        details.append({"@type": FCM_ERROR, "errorCode": "INVALID_ARGUMENT"})
    return refused(400, "INVALID_ARGUMENT", str(exc), details)


def unauthenticated(reason: str) -> web.Response:
    """401 of the OAuth layer: no FcmError in it, unlike the 401 of a broken APNs key."""
    message = (
        "Request had invalid authentication credentials. "
        "Expected OAuth 2 access token, login cookie or other valid authentication credential."
    )
    service = {"service": "fcm.googleapis.com"}
    details: list[object] = [{"@type": ERROR_INFO, "reason": reason, "domain": "googleapis.com", "metadata": service}]
    answer = refused(401, "UNAUTHENTICATED", message, details)
    answer.headers["WWW-Authenticate"] = 'Bearer realm="https://accounts.google.com/", error="invalid_token"'
    return answer


def permission_denied(project: str) -> web.Response:
    """403 of IAM, for a project that is not the account's: no FcmError in it."""
    permission, resource = "cloudmessaging.messages.create", f"projects/{project}"
    return refused(
        403,
        "PERMISSION_DENIED",
        f"Permission '{permission}' denied on resource '//cloudresourcemanager.googleapis.com/{resource}' "
        "(or it may not exist).",
        [
            {
                "@type": ERROR_INFO,
                "reason": "IAM_PERMISSION_DENIED",
                "domain": "cloudresourcemanager.googleapis.com",
                "metadata": {"permission": permission, "resource": resource},
            }
        ],
    )


@routes.post("/token")
async def grant_token(request: web.Request) -> web.Response:
    server = request.app[SERVER]
    if server.outage.on and server.outage.grants:
        return wire.answer({"error": "internal_failure", "error_description": "Backend Error"}, 503)
    form = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    try:
        return wire.answer(server.grants.exchange(form, str(request.url)))
    except GrantRefused as exc:
        return wire.answer({"error": exc.error, "error_description": exc.description}, 400)


@routes.post("/v1/projects/{project}/messages:send")
async def send_message(request: web.Request) -> web.Response:
    server, project = request.app[SERVER], request.match_info["project"]
    if server.latency.ms:
        await asyncio.sleep(server.latency.ms / 1_000)
    if server.outage.on:
        return refused_by_fcm(REFUSALS["unavailable"])
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer":
        return unauthenticated("CREDENTIALS_MISSING")
    if not server.grants.is_good(token):
        return unauthenticated("ACCESS_TOKEN_EXPIRED")
    if project != server.account["project_id"]:
        return permission_denied(project)

    body = await request.read()
    try:
        order = fcm_rules.read(body)
    except fcm_rules.Refused as exc:
        return invalid_argument(exc)
    kind, target = fcm_rules.target_of(order["message"])
    fault = server.faults.next(target) if kind in ("token", "fid") else None
    if fault in REFUSALS:
        return refused_by_fcm(REFUSALS[fault])
    match fault:
        case "invalid":
            text = "The registration token is not a valid FCM registration token"
            return invalid_argument(fcm_rules.Refused([fcm_rules.Violation(f"message.{kind}", text)], by_fcm=True))
        case "badgateway":
            return web.Response(status=502, text=BAD_GATEWAY, content_type="text/html")
        case "reset-before":
            return wire.reset(request)

    if order.get("validateOnly"):
        return wire.answer({"name": f"projects/{project}/messages/fake_message_id"})
    name = server.accept(project, msgspec.json.decode(body)["message"], kind, target)
    match fault:
        case "reset-after":
            return wire.reset(request)
        case "garbled":
            return web.Response(body=b'{"name": "projects/', content_type="application/json")
        case "slow":
            await asyncio.sleep(server.slow_seconds)
    return wire.answer({"name": name})


@routes.get("/fcm/messages")
async def list_messages(request: web.Request) -> web.Response:
    return wire.page_of(request.app[SERVER].pushes, request)


@routes.post("/fcm/outage")
async def set_outage(request: web.Request) -> web.Response:
    server = request.app[SERVER]
    try:
        server.outage = await wire.body_of(request, Outage)
    except msgspec.DecodeError as exc:
        return wire.bad_request(str(exc))
    return wire.answer(server.outage)


@routes.post("/fcm/latency")
async def set_latency(request: web.Request) -> web.Response:
    server = request.app[SERVER]
    try:
        server.latency = await wire.body_of(request, Latency)
    except msgspec.DecodeError as exc:
        return wire.bad_request(str(exc))
    return wire.answer(server.latency)
