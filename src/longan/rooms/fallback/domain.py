"""Rules of the room: when a text is due, what may be spent on it, and what each answer of a carrier means."""

import logging
import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import msgspec

from longan.floor.base.errors import SignatureInvalid
from longan.floor.database import queue
from longan.floor.messages import texting
from longan.floor.messages.notices import NOTICES, Carrier
from longan.floor.messages.texting import Plan, Tariff
from longan.floor.setup.settings import Settings
from longan.rooms.fallback import store
from longan.rooms.fallback.models import Due, Go, Leased, Leave, PutOff, Settlement, Verdict, ZaloEvent
from longan.rooms.fallback.outside import Outcome, is_signed

BATCH = 20
# Longer than Zalo is given to answer.
LEASE = timedelta(seconds=60)
# More than fit into the longest wait, so that time ends it first.
MOST_TRIES = 20
FIRST_PAUSE_SECONDS = 10.0
LONGEST_PAUSE_SECONDS = 120.0
TOKEN_PAUSE = timedelta(seconds=30)
NIGHT_ENDS = 6  # o'clock, when Zalo brings messages again
LATER_VERSION_KNOWS = timedelta(minutes=5)

log = logging.getLogger("longan.fallback")


class Purse:
    """What may still be spent this month, and how many texts each person has had today."""

    def __init__(self, tariff: Tariff, spent: Mapping[Carrier, int], texts_a_day: int) -> None:
        self._left = {carrier: tariff.rate(carrier).budget - spent[carrier] for carrier in texting.CARRIERS}
        self._tariff = tariff
        self._texts_a_day = texts_a_day
        self._more: dict[object, int] = {}

    def pay(self, text: Due) -> int | str:
        """The price in đồng, which is now spent, or why it is not."""
        if text.charged:
            return 0
        if text.today + self._more.get(text.account_id, 0) >= self._texts_a_day:
            return "enough_today"
        price = self._tariff.rate(text.carrier).price
        if price > self._left[text.carrier]:
            return "over_budget"
        self._left[text.carrier] -= price
        self._more[text.account_id] = self._more.get(text.account_id, 0) + 1
        return price


def judged(text: Due, now: datetime, purse: Purse, closed: Mapping[Carrier, datetime | str]) -> Verdict:
    """What is to be done with a text that is due. `closed`: until when a carrier cannot be asked, or why never."""
    if text.expires_at <= now:
        return Leave("expired", "too_late")
    if text.topic not in NOTICES:
        return PutOff(now + LATER_VERSION_KNOWS, "unknown_topic")
    wait, following = texting.wait(text.topic), texting.next_carrier(text.topic, text.carrier)
    if not text.wanted:
        return Leave("obsolete", "not_wanted", following if text.sms_wanted else None)
    if text.arrived:
        return Leave("obsolete", "arrived")
    if text.pushed_at is not None and text.pushed_at + wait > now:
        return PutOff(text.pushed_at + wait, "push_may_arrive")
    if (loud_at := max(text.quiet_until, texting.decent(text.topic, now))) > now:
        return PutOff(loud_at, "quiet_hours")
    if text.phone_cipher is None:
        return Leave("failed", "no_number")
    give_up_at = text.give_up_at or now + wait
    until = closed.get(text.carrier)
    if isinstance(until, str):
        return Leave("failed", until, following)
    if give_up_at <= now or text.attempts >= MOST_TRIES or (until is not None and until >= give_up_at):
        return Leave("failed", "not_handed_over", following)
    if until is not None and until > now:
        return PutOff(until, "carrier_closed", give_up_at)
    price = purse.pay(text)
    if isinstance(price, str):
        return Leave("withheld", price, following if price == "over_budget" else None)
    return Go(price, give_up_at)


async def claim(
    pool: asyncpg.Pool, plan: Plan, closed: Mapping[Carrier, datetime | str], now: datetime
) -> tuple[int, list[Leased]]:
    """Judge what is due, and take what goes out: text messages are promised to the room that sends them, what goes to
    Zalo is leased to us. How many texts there were."""
    tariff, month, leased = plan.tariff(now), texting.month(now), []
    budgets = {carrier: tariff.rate(carrier).budget for carrier in texting.CARRIERS}
    async with pool.acquire() as tx, tx.transaction():
        purse = Purse(tariff, await store.purse(tx, month, budgets), plan.texts_a_day)
        texts = await store.due(tx, now, texting.midnight(now), BATCH)
        for text in texts:
            match judged(text, now, purse, closed):
                case Leave(state, error, following):
                    await store.leave(tx, text.id, state, error, following, now)
                    if error == "over_budget" and await store.tell_operators(tx, text.carrier, month, now):
                        log.error(
                            "the month's budget for %s is spent: nothing more goes that way", text.carrier,
                            extra={"carrier": text.carrier, "month": month, "budget": budgets[text.carrier]},
                        )  # fmt: skip
                case PutOff(until, error, give_up_at):
                    await store.put_off(tx, text.id, until, error, give_up_at)
                case Go(price, give_up_at) if text.carrier == "sms":
                    await store.take(tx, text.id, now, price, month, give_up_at, None)
                    await queue.add(
                        tx, "send_text", sealed=text.phone_cipher, row=text.account_id, about=text.topic,
                        locale=text.locale, reference=text.id, notice=text.notification_id,
                    )  # fmt: skip
                case Go(price, give_up_at):
                    lease = uuid4()
                    await store.take(tx, text.id, now, price, month, give_up_at, (lease, now + LEASE))
                    leased.append(Leased(msgspec.structs.replace(text, give_up_at=give_up_at), lease))
    return len(texts), leased


def settlement(text: Due, said: Outcome, now: datetime) -> Settlement:
    """What Zalo's answer means for the text."""
    wait, following = texting.wait(text.topic), texting.next_carrier(text.topic, text.carrier)
    match said.verdict:
        case "accepted" | "unsure":
            return Settlement("sent", said.error, said.message_id, report_by=now + wait)
        case "refused" | "misfit":
            return Settlement("failed", said.error, following=following, refund=True)
        case "night" if NOTICES[text.topic].urgency == "urgent":
            return Settlement("failed", said.error, following=following, refund=True)
        case "night":
            morning = texting.midnight(now) + timedelta(hours=NIGHT_ENDS)
            morning += timedelta(days=1) if morning <= now else timedelta()
            # Not all at the same second.
            morning += timedelta(seconds=random.uniform(0, 600))  # noqa: S311
            return Settlement(
                "queued", said.error, not_before=morning, give_up_at=morning + wait, refund=True, uncounted=True
            )
        case "exhausted" | "busy":  # the carrier is closed from now on, which the next claim sees
            return Settlement("queued", said.error, not_before=now, refund=True, uncounted=True)
        case "token":
            return Settlement("queued", said.error, not_before=now + TOKEN_PAUSE, refund=True)
        case "failed":
            pause = min(FIRST_PAUSE_SECONDS * 2.0**text.attempts, LONGEST_PAUSE_SECONDS)
            pause *= 1 + random.random() / 2  # noqa: S311  (nobody gains by guessing it)
            return Settlement("queued", said.error, not_before=now + timedelta(seconds=pause), refund=True)


async def heard(
    tx: asyncpg.Connection, settings: Settings, signature: str, body: bytes, event: ZaloEvent, now: datetime
) -> bool:
    """Whether Zalo speaks of a message of ours: that has reached a phone, whenever and however often that is said.

    Raises `SignatureInvalid`.
    """
    if not is_signed(settings.zalo_app_id, settings.zalo_oa_secret, signature, body, event.timestamp, now):
        raise SignatureInvalid
    if event.event_name != "user_received_message" or event.message is None or not event.message.delivery_time:
        return False
    try:
        text = UUID(event.message.tracking_id)
    except ValueError:
        return False  # about what others sent for the same Official Account
    return await store.note(tx, text, "zns", "delivered", None, ("leased", "sent", "queued", "failed"), now)
