"""What the worker does for the room beside sending, which is `domain.Sender`: alerts to everybody, and cleaning up."""

import asyncio
import logging
from datetime import datetime, timedelta
from uuid import UUID

from longan.floor.database import queue
from longan.floor.database.tasks import Context, Task, unhurried
from longan.floor.messages import alerts
from longan.rooms.push import store
from longan.rooms.push.outside import Fcm

KEPT = timedelta(days=30)
# Of a phone that is out of use.
REMEMBERED = timedelta(days=30)

log = logging.getLogger("longan.push")


class NotNow(Exception):
    """FCM, or our way to it, may take it later."""


async def send_public_alert(
    context: Context, *, campaign_id: UUID, condition: str, locale: str, title: str, body: str, expires_at: datetime
) -> None:
    """An alert to the topics of FCM that apps subscribe to. Doubles are harmless, for they bear one tag. The campaign
    hears what became of it."""
    name, error = None, None
    now = context.clock()
    if expires_at <= now:
        error = "expired"
    elif not await store.stands(context.pool, campaign_id):
        error = "stopped"
    else:
        fcm = await _fcm(context)
        made = await fcm.post(alerts.message(alerts.Alert(campaign_id, condition, title, body, expires_at), now), now)
        if made.verdict not in ("accepted", "refused"):
            log.warning("an alert waits: %s", made.error)
            raise NotNow
        name, error = made.message_name, made.error
    log.info("alert over", extra={"locale": locale, "error": error})
    async with context.pool.acquire() as connection, connection.transaction():
        await queue.add(
            connection, "public_alert_sent",
            campaign_id=campaign_id, condition=condition, message_name=name, error=error,
        )  # fmt: skip


async def _fcm(context: Context) -> Fcm:
    assert context.settings.fcm_credentials is not None
    fcm = Fcm(context.http, context.settings.fcm_base_url, context.settings.fcm_credentials, context.clock)
    for _ in range(10):
        if await fcm.ready():
            return fcm
        await asyncio.sleep(0.1)
    raise NotNow


async def log_depth(context: Context) -> None:
    """Once a minute: how much waits, and for how long."""
    now = context.clock()
    depth = await store.depth(context.pool, now)
    waits = (now - depth.oldest_due).total_seconds() if depth.oldest_due else 0.0
    log.info(
        "pushes", extra={"queued": depth.queued, "due": depth.due, "leased": depth.leased, "dead": depth.dead,
                         "oldest_due_seconds": round(waits, 1)},
    )  # fmt: skip


async def prune_push(context: Context) -> None:
    """Forget what became of old pushes."""
    async with unhurried(context.pool) as tx:
        await store.prune(tx, context.clock() - KEPT)


async def retire_devices(context: Context) -> None:
    """Once a day: send nothing more to phones that were not heard of for 270 days."""
    now = context.clock()
    async with unhurried(context.pool) as tx:
        retired = await store.retire(tx, now, now - REMEMBERED)
    log.info("phones put out of use", extra={"silent": retired})


TASKS: dict[str, Task] = {"send_public_alert": send_public_alert}
SCHEDULE = {
    "log_depth": ("* * * * *", log_depth),
    "prune_push": ("*/10 * * * *", prune_push),
    "retire_devices": ("47 3 * * *", retire_devices),
}
