"""What the worker does for the room: text messages, by whichever gateway takes them."""

from datetime import timedelta
from typing import Literal
from uuid import UUID

from longan.floor.accounts import codes
from longan.floor.base.fields import Locale
from longan.floor.database import queue
from longan.floor.database.tasks import Context
from longan.floor.messages import texting
from longan.rooms.identity import domain, store
from longan.rooms.identity.outside import HttpSmsGateway, SmsFailed

FAILURES_TO_OPEN = 5
OPEN_FOR = timedelta(seconds=30)
KEPT_FOR = timedelta(days=1)

# Without marks a message is one part of 160 characters; with them it would be two of 67 each, at twice the price.
CODES = {
    "vi": "Ma xac thuc Long An ID cua ban la {code}, het han sau {minutes} phut. Khong dua ma nay cho bat ky ai.",
    "en": "{code} is your Long An ID code. It expires in {minutes} minutes. Do not share it with anyone.",
}
Words = Literal["phone_changed", "recovery_begun", "recovery_of_staff", "recovered"]
TEXTS: dict[Words, dict[Locale, str]] = {
    "phone_changed": {
        "vi": "Long An ID: tai khoan cua ban da chuyen sang so dien thoai khac. Neu khong phai ban, hay bao ngay.",
        "en": "Long An ID: your account has moved to another phone number. If it was not you, tell us at once.",
    },
    "recovery_begun": {
        "vi": "Long An ID: co nguoi xin chuyen tai khoan cua ban sang so khac sau 72 gio. Neu khong phai ban, hay mo "
              "ung dung va huy.",
        "en": "Long An ID: somebody asks to move your account to another number in 72 hours. If it was not you, open "
              "the app and cancel.",
    },
    "recovery_of_staff": {
        "vi": "Long An ID: co nguoi xin khoi phuc tai khoan can bo nay. Viec do bi tu choi; neu la ban, hay gap quan "
              "tri vien de lay ve moi.",
        "en": "Long An ID: somebody asked to recover this staff account. It was refused; if it was you, ask an "
              "administrator for a ticket.",
    },
    "recovered": {
        "vi": "Long An ID: tai khoan cua ban da chuyen sang so nay. Ban co the dang nhap.",
        "en": "Long An ID: your account has moved to this number. You can sign in.",
    },
}  # fmt: skip


async def send_one_time_code(context: Context, *, challenge_id: UUID) -> None:
    """Send the code of a challenge that still waits for it, not by the gateway that has failed to deliver it.

    Raises `SmsFailed` so that the queue tries again, when no gateway took it or all are left alone for a while.
    """
    found = await store.unsent(context.pool, challenge_id, context.clock())
    if found is None:
        return
    challenge, failed_by = found
    code = codes.code_of(context.keys.secrets["one-time-code"], challenge)
    phone = context.phones.open(challenge.phone_cipher, challenge.id)
    text = CODES[challenge.locale].format(code=code, minutes=int(codes.LIFE.total_seconds()) // 60)
    gateway = await _hand_over(context, phone, text, challenge.id, failed_by)
    await store.sent(context.pool, challenge_id, gateway, context.clock())


async def send_text(
    context: Context, *, sealed: bytes, row: UUID, locale: Locale, reference: UUID, words: Words | None = None,
    about: str | None = None, notice: UUID | None = None,
) -> None:  # fmt: skip
    """Send the `words`, or those of the topic they are `about`, to a phone that was `sealed` for `row`. Where they
    stand in for the push of a `notice`, it must still be wanted, and whoever asked hears what came of it. Raises
    `SmsFailed`."""
    if notice is not None and not await store.still_wanted(context.pool, notice, context.clock()):
        await _tell(context, reference, "obsolete")
        return
    text = TEXTS[words][locale] if words is not None else texting.plain(about or "", locale)
    await _hand_over(context, context.phones.open(sealed, row), text, reference, None)
    if notice is not None:
        await _tell(context, reference, "sent")


async def _tell(context: Context, reference: UUID, status: str) -> None:
    async with context.pool.acquire() as tx, tx.transaction():
        await queue.add(tx, "note_text", reference=reference, status=status)


async def _hand_over(context: Context, phone: str, text: str, reference: UUID, but: str | None) -> str:
    """The gateway that took the message: the first that is well, else the second. Raises `SmsFailed`."""
    resting = await store.resting(context.pool, context.clock())
    last: SmsFailed = SmsFailed("every gateway is left alone")
    for name, (url, key) in context.settings.sms_gateways.items():
        if name == but or name in resting:
            continue
        status_url = f"{context.settings.public_url}/v1/hooks/sms/{name}/status"
        try:
            await HttpSmsGateway(context.http, url, key, status_url).send(phone, text, reference)
        except SmsFailed as error:
            await store.failed(context.pool, name, FAILURES_TO_OPEN, context.clock() + OPEN_FOR)
            last = error
        else:
            await store.mended(context.pool, name)
            return name
    raise last


async def watch_codes(context: Context) -> None:
    """Every ten minutes: whether somebody is paid for our messages."""
    await domain.watch(context.pool, context.clock())


async def prune_identity(context: Context) -> None:
    """Once a day: forget codes that were over a day ago, and wrong ones that count no more."""
    now = context.clock()
    await store.prune(context.pool, now - KEPT_FOR, now - codes.FAILURES_KEPT)


TASKS = {"send_one_time_code": send_one_time_code, "send_text": send_text}
SCHEDULE = {"prune_identity": ("17 3 * * *", prune_identity), "watch_codes": ("*/10 * * * *", watch_codes)}
