"""What the worker does for the room."""

from datetime import timedelta
from uuid import UUID

from longan.crypto import one_time_code
from longan.identity import store
from longan.identity.domain import CODE_LIFE
from longan.identity.outside import HttpSmsGateway, SmsFailed
from longan.tasks import Context

FAILURES_TO_OPEN = 5
OPEN_FOR = timedelta(seconds=30)
KEPT_FOR = timedelta(days=1)

# Without marks a message is one part of 160 characters; with them it would be two of 67 each, at twice the price.
TEXTS = {
    "vi": "Ma xac thuc Long An ID cua ban la {code}, het han sau {minutes} phut. Khong dua ma nay cho bat ky ai.",
    "en": "{code} is your Long An ID code. It expires in {minutes} minutes. Do not share it with anyone.",
}


async def send_one_time_code(context: Context, *, challenge_id: UUID) -> None:
    """Send the code of a challenge that still waits for it.

    Raises `SmsFailed` so that the queue tries again; whether the gateway failed or is left alone for a while.
    """
    now = context.clock()
    challenge = await store.unsent(context.pool, challenge_id, now)
    if challenge is None:
        return
    _, open_until = await store.ready(context.pool, now)
    if open_until is not None:
        raise SmsFailed("the gateway is left alone")
    key = context.keys.secrets["one-time-code"][challenge.code_key]
    code = one_time_code(key, challenge.nonce, challenge.id, challenge.purpose)
    phone = context.phones.open(challenge.phone_cipher, challenge.id)
    text = TEXTS[challenge.locale].format(code=code, minutes=int(CODE_LIFE.total_seconds()) // 60)
    gateway = HttpSmsGateway(context.http, context.settings.sms_url, context.settings.sms_key)
    try:
        await gateway.send(phone, text, challenge.id)
    except SmsFailed:
        await store.failed(context.pool, FAILURES_TO_OPEN, context.clock() + OPEN_FOR)
        raise
    await store.sent(context.pool, challenge_id, context.clock())


async def prune_identity(context: Context) -> None:
    """Once a day: forget codes that were over a day ago."""
    await store.prune(context.pool, context.clock() - KEPT_FOR)


TASKS = {"send_one_time_code": send_one_time_code}
SCHEDULE = {"prune_identity": ("17 3 * * *", prune_identity)}
