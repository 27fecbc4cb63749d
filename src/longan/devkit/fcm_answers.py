"""Refusals as Google writes them."""

from aiohttp import web

from longan.devkit import wire
from longan.devkit.fcm_faults import Refusal
from longan.devkit.fcm_schema import Refused, Violation

RETRY_AFTER_SECONDS = 2
FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"
ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo"
BAD_GATEWAY = "<!DOCTYPE html><title>502 Bad Gateway</title>"


def refused(code: int, status: str, message: str, details: list[object]) -> web.Response:
    """An error of any Google API; without details the list of them is left out."""
    error: dict[str, object] = {"code": code, "message": message, "status": status}
    return wire.answer({"error": {**error, "details": details} if details else error}, code)


def by_fcm(refusal: Refusal) -> web.Response:
    """An error that carries FCM's own code."""
    details: list[object] = [{"@type": FCM_ERROR, "errorCode": refusal.error_code}]
    answer = refused(refusal.code, refusal.status, refusal.message, details)
    if refusal.error_code == "QUOTA_EXCEEDED":
        answer.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return answer


def invalid_argument(exc: Refused) -> web.Response:
    """400 with the fields; FCM's own code is there only when the body could be read."""
    details: list[object] = [{"@type": BAD_REQUEST, "fieldViolations": exc.violations}]
    if exc.by_fcm:
        details.append({"@type": FCM_ERROR, "errorCode": "INVALID_ARGUMENT"})
    return refused(400, "INVALID_ARGUMENT", str(exc), details)


def invalid_target(kind: str) -> web.Response:
    """400 about the phone's address."""
    text = "The registration token is not a valid FCM registration token"
    return invalid_argument(Refused([Violation(f"message.{kind}", text)], by_fcm=True))


def bad_gateway() -> web.Response:
    """A page of HTML from something in between."""
    return web.Response(status=502, text=BAD_GATEWAY, content_type="text/html")


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
