"""Faults of the FCM stand-in, scripted by the target's name: `unavailable-2-xyz` fails twice, then is accepted."""

import re
from collections import OrderedDict
from typing import NamedTuple

KEPT_TARGETS = 10_000

SCRIPTED = re.compile(
    r"(unregistered|sender-mismatch|invalid|apns|quota|unavailable|internal"
    r"|badgateway|slow|reset-before|reset-after|garbled)-(?:([0-9]{1,4})-)?"
)
# What is wrong with a phone: it does not pass, so a number in the name is only a part of it, and no topic has it.
OF_PHONES = frozenset({"unregistered", "sender-mismatch", "invalid", "apns"})
# A target without a number fails on every try; this one would be sent over and over.
FIRST_TIME_ONLY = frozenset({"reset-after"})


class Refusal(NamedTuple):
    """An error of FCM: HTTP status, `error.status`, the FcmError's errorCode, `error.message`."""

    code: int
    status: str
    error_code: str
    message: str


REFUSALS = {
    "unregistered": Refusal(404, "NOT_FOUND", "UNREGISTERED", "Requested entity was not found."),
    "sender-mismatch": Refusal(403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH", "SenderId mismatch"),
    "apns": Refusal(401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR", "Auth error from APNS or Web Push Service"),
    "quota": Refusal(429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED", "Quota exceeded for the message target."),
    "unavailable": Refusal(503, "UNAVAILABLE", "UNAVAILABLE", "The service is currently unavailable."),
    "internal": Refusal(500, "INTERNAL", "INTERNAL", "Internal error encountered."),
}


class Faults:
    """Counts the tries of each scripted target."""

    def __init__(self) -> None:
        self._tries: OrderedDict[str, int] = OrderedDict()

    def next(self, kind: str, target: str) -> str | None:
        """The fault this try of `target` runs into, or None when it goes well. Counts the try."""
        found = SCRIPTED.match(target)
        if found is None:
            return None
        fault, number = found[1], found[2]
        if fault in OF_PHONES:
            return fault if kind in ("token", "fid") else None
        if number is None and fault not in FIRST_TIME_ONLY:
            return fault
        tries = self._tries.pop(target, 0) + 1
        self._tries[target] = tries
        if len(self._tries) > KEPT_TARGETS:
            self._tries.popitem(last=False)
        return fault if tries <= int(number or 1) else None
