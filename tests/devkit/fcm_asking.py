"""How the tests ask the FCM stand-in."""

from datetime import UTC, datetime
from typing import Any

import aiohttp
import jwt

from longan.devkit import fcm_grant

PROJECT = f"/v1/projects/{fcm_grant.PROJECT}"
SEND = f"{PROJECT}/messages:send"
FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"
SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
START = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)

Json = dict[str, Any]


class Clock:
    """A clock the test moves."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


def assertion(account: dict[str, str], **changed: object) -> str:
    issued = int(START.timestamp())
    claims = {
        "iss": account["client_email"],
        "aud": fcm_grant.GOOGLE_AUDIENCE,
        "scope": SCOPE,
        "iat": issued,
        "exp": issued + 3_600,
        **changed,
    }
    return jwt.encode(
        {name: claim for name, claim in claims.items() if claim is not None}, account["private_key"], "RS256"
    )


async def grant(session: aiohttp.ClientSession, signed: str, kind: str = fcm_grant.GRANT_TYPE) -> tuple[int, Json]:
    async with session.post("/token", data={"grant_type": kind, "assertion": signed}) as answer:
        return answer.status, await answer.json()


async def send(session: aiohttp.ClientSession, message: object, **order: object) -> tuple[int, Json]:
    async with session.post(SEND, json={"message": message, **order}) as answer:
        return answer.status, await answer.json()


async def accepted(session: aiohttp.ClientSession, **asked: str | int) -> list[Json]:
    async with session.get("/fcm/messages", params=asked) as answer:
        assert answer.status == 200
        items: list[Json] = (await answer.json())["items"]
        return items


def to(target: str, **more: object) -> Json:
    return {"fid": target, "data": {"notification_id": "1"}, **more}
