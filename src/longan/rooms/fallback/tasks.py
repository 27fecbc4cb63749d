"""What the worker does for the room: each minute what is due, and what the SMS room says of what it was promised."""

import asyncio
import hashlib
import logging
import time
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID, uuid4

import asyncpg
from cryptography.exceptions import InvalidTag

from longan.floor.database import db
from longan.floor.database.tasks import Context, unhurried
from longan.floor.messages import texting
from longan.floor.messages.notices import NOTICES, Carrier
from longan.floor.messages.texting import Plan
from longan.floor.setup.settings import BadSettings
from longan.rooms.fallback import store
from longan.rooms.fallback.domain import BATCH, claim, settlement
from longan.rooms.fallback.models import Access, Grant, Leased, Message, Settlement, TemplateData, Unreported, code_of
from longan.rooms.fallback.outside import GrantFailed, GrantRefused, HttpZns, Outcome, Zns

FAILURES_TO_OPEN = 5
OPEN_FOR = timedelta(seconds=30)
BUSY_FOR = timedelta(seconds=60)
EXHAUSTED_FOR = timedelta(hours=1)
NO_ACCESS_FOR = timedelta(seconds=60)
EARLY = timedelta(minutes=30)
REFRESH_LEASE = timedelta(seconds=30)
GRANT_FAILED_FOR = timedelta(seconds=60)
GRANT_REFUSED_FOR = timedelta(hours=1)
ANOTHER_REFRESHES_SECONDS = 0.2
KEEPING_TRIES = 5
# The next minute has its own round.
ROUND_SECONDS = 45.0
# Longer than the queue tries a task.
PROMISED_FOR = timedelta(hours=3)
KEPT = timedelta(days=30)

log = logging.getLogger("longan.fallback")


async def send_texts(context: Context) -> None:
    """Every minute: texts that are due, and those of which nothing was heard in time. Two workers share the work; what
    LONGAN_TEXTS says is read anew."""
    try:
        plan = texting.read(context.settings)
    except BadSettings:
        log.exception("LONGAN_TEXTS was changed for the worse: no texts until `longan check` is content with it")
        return
    if plan is None:
        await store.set_aside(context.pool, context.clock())
        return
    zns, end = _zns(context), time.monotonic() + ROUND_SECONDS
    opened = None if zns is None else await access(context, zns)
    while await follow_up(context, zns, opened) == BATCH and time.monotonic() < end:
        pass
    while time.monotonic() < end:
        closed = await _closed(context, zns, opened)
        found, leased = await claim(context.pool, plan, closed, context.clock())
        if zns is not None and opened is not None:
            handed = await asyncio.gather(
                *(hand_over(context, zns, plan, opened, each) for each in leased), return_exceptions=True
            )
            for failure in (each for each in handed if isinstance(each, Exception)):
                log.error("a text stays leased until it is put back: %s", type(failure).__name__)
        if found < BATCH:
            break
        opened = None if zns is None else await access(context, zns)


def _zns(context: Context) -> HttpZns | None:
    told = context.settings
    if not told.zalo_app_id:
        return None
    return HttpZns(context.http, told.zalo_url, told.zalo_oauth_url, told.zalo_app_id, told.zalo_app_secret)


async def _closed(context: Context, zns: Zns | None, opened: Access | None) -> dict[Carrier, datetime | str]:
    """Until when Zalo cannot be asked, or why it never can."""
    now = context.clock()
    if zns is None:
        return {"zns": "not_set_up"}
    until = await store.closed(context.pool, now)
    if opened is None:
        until = max(until or now, now + NO_ACCESS_FOR)
    return {} if until is None else {"zns": until}


async def hand_over(context: Context, zns: Zns, plan: Plan, access: Access, leased: Leased) -> None:
    """One try of a leased text, with no transaction open, and what comes of it."""
    text = leased.due
    try:
        phone = context.phones.open(text.phone_cipher or b"", text.account_id)
        template = plan.templates[text.topic][text.locale]
    except (InvalidTag, KeyError) as error:
        log.exception("text %s makes no message", text.id)
        following = texting.next_carrier(text.topic, text.carrier)
        made = Settlement("failed", type(error).__name__, following=following, refund=True)
    else:
        data = TemplateData(code_of(text.notification_id))
        said = await zns.send(access.token, Message(phone.removeprefix("+"), template, data, tracking_id=text.id.hex))
        now = context.clock()
        await _heed(context.pool, said, access, now)
        made = settlement(text, said, now)
    if not await store.settle(context.pool, text.id, leased.lease_by, made, context.clock()):
        log.warning("text %s was no longer ours when it was over", text.id)


async def _heed(pool: asyncpg.Pool, said: Outcome, access: Access, now: datetime) -> None:
    """What Zalo's answer means for all other texts."""
    match said.verdict:
        case "accepted" | "refused" | "night":
            await store.mended(pool)
        case "misfit":
            log.error("Zalo does not take our messages as they are: %s", said.error)
        case "exhausted":
            log.error("Zalo takes no more messages of ours for now: %s", said.error)
            await store.failed(pool, 1, now + EXHAUSTED_FOR)
        case "busy":
            wait = BUSY_FOR if said.retry_after is None else timedelta(seconds=said.retry_after)
            await store.failed(pool, 1, now + wait)
        case "token":
            await store.distrust(pool, access.version, now)
        case "failed" | "unsure":
            log.warning("Zalo failed: %s", said.error)
            await store.failed(pool, FAILURES_TO_OPEN, now + OPEN_FOR)


async def follow_up(context: Context, zns: Zns | None, access: Access | None) -> int:
    """Texts of which Zalo has not said in time that they arrived: it is asked, and then the next carrier takes over.
    Where there is none, what Zalo may never have had is tried once more, under the same tracking id. How many there
    were."""
    now = context.clock()
    if lost := await store.reap(context.pool, now, now + texting.WAITS["urgent"]):
        log.warning("%d texts came back from a worker that died", lost)
    texts = await store.unreported(context.pool, now, BATCH)
    await asyncio.gather(*(_follow(context.pool, zns, access, text, now) for text in texts))
    return len(texts)


async def _follow(pool: asyncpg.Pool, zns: Zns | None, access: Access | None, text: Unreported, now: datetime) -> None:
    following = texting.next_carrier(text.topic, "zns") if text.topic in NOTICES else None
    if zns and access and text.message_id and await zns.reached(access.token, text.message_id):
        await store.follow_up(pool, text, "delivered", None, None, now)
    elif following is not None and text.sms_wanted:
        await store.follow_up(pool, text, "sent", "not_reported", following, now)
    elif text.message_id is None and text.doubted == 0:
        await store.follow_up(pool, text, "queued", "not_reported", None, now)
    else:
        await store.follow_up(pool, text, "sent", "not_reported", None, now)


async def access(context: Context, zns: Zns) -> Access | None:
    """A token that opens Zalo, fetched by one worker at a time, early; None while there is none. A failure is
    remembered for all."""
    seed_token = context.settings.zalo_refresh_token
    seed = hashlib.sha256(seed_token.encode()).digest()
    for _ in range(10):
        now, found = context.clock(), await store.grant(context.pool)
        if found is None or found.seed != seed:
            row = uuid4()
            await store.plant(context.pool, row, seed, context.phones.seal(seed_token, row))
            continue
        good = None
        if found.access_sealed is not None and found.expires_at is not None and found.expires_at > now:
            good = Access(context.phones.open(found.access_sealed, found.id), found.version)
        fresh = good is not None and found.expires_at is not None and found.expires_at > now + EARLY
        if fresh or (found.failed_until is not None and found.failed_until > now):
            return good
        by = uuid4()
        if await store.begin_refresh(context.pool, found.version, by, now, now + REFRESH_LEASE):
            # A worker that stops must not leave with the only good token.
            await asyncio.shield(_refresh(context, zns, found, by))
        elif good is not None:
            return good
        else:
            await asyncio.sleep(ANOTHER_REFRESHES_SECONDS)
    return None


async def _refresh(context: Context, zns: Zns, found: Grant, by: UUID) -> None:
    """Use the refresh token, under our lease on it, and keep what comes of it."""
    now, seal, failed_until, tokens = context.clock(), context.phones.seal, None, None
    try:
        granted = await zns.refresh(context.phones.open(found.refresh_sealed, found.id))
        ends = now + timedelta(seconds=granted.seconds)
        tokens = (seal(granted.refresh, found.id), seal(granted.access, found.id), ends)
    except GrantRefused as error:
        log.exception("Zalo refuses our refresh token (%s): authorise the application anew", error)  # noqa: TRY401
        failed_until = now + GRANT_REFUSED_FOR
    except GrantFailed as error:
        log.warning("no new token from Zalo: %s", error)
        failed_until = now + GRANT_FAILED_FOR
    await _keep(context.pool, by, tokens, failed_until)


async def _keep(
    pool: asyncpg.Pool, by: UUID, tokens: tuple[bytes, bytes, datetime] | None, failed_until: datetime | None
) -> None:
    """Write down what a refresh gave, and try hard: the token before it is of no use any more."""
    for number in range(1, KEEPING_TRIES + 1):
        try:
            ours = await store.end_refresh(pool, by, tokens, failed_until)
        except db.LOST:
            if number == KEEPING_TRIES:
                raise
            await asyncio.sleep(number)
        else:
            if tokens is not None and not ours:
                log.error("new tokens of Zalo came too late to be kept: authorise the application anew")
            return


async def note_text(
    context: Context, *, reference: UUID, status: Literal["sent", "obsolete", "delivered", "failed"],
    reason: str | None = None,
) -> None:  # fmt: skip
    """What the room that sends text messages, or its gateway, says of one of ours."""
    before: tuple[Literal["promised", "sent"], ...] = (
        ("promised", "sent") if status in ("delivered", "failed") else ("promised",)
    )
    await store.note(context.pool, reference, "sms", status, reason, before, context.clock())


async def prune_texts(context: Context) -> None:
    """Every hour: forget what became of old texts, and give up what was promised long ago."""
    now = context.clock()
    async with unhurried(context.pool) as tx:
        await store.prune(tx, now - PROMISED_FOR, now - KEPT, now)


TASKS = {"note_text": note_text}
SCHEDULE = {"send_texts": ("* * * * *", send_texts), "prune_texts": ("41 * * * *", prune_texts)}
