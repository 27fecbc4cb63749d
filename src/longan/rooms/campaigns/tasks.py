"""What the worker does for the room: people are told in batches, each in one transaction with how far it came.

So a worker that dies at any point leaves whole batches behind, and whoever goes on begins after the last of them:
nobody is skipped, and nobody is told twice. The notices themselves are told once as well (`telling.tell`).
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.database import calls, queue
from longan.floor.database.tasks import Context, unhurried
from longan.floor.messages.notices import NOTICES
from longan.floor.messages.telling import tell
from longan.rooms.campaigns import domain, store
from longan.rooms.campaigns.models import Standing

BATCH = 1_000
# So many accounts are looked at for a batch at most, however few of them belong to the audience.
WINDOW = 10_000
# A turn ends long before the worker would end it; another task goes on.
TURN_SECONDS = 20.0
# How often somebody is due while a campaign is spread over time.
TICK = timedelta(seconds=10)
# The clock of the queue is the database's, and not quite ours.
EARLY = timedelta(seconds=1)
LEFT_BEHIND = timedelta(minutes=2)


class Turn(msgspec.Struct, frozen=True):
    """What came of one step: who was told, and whether there is more to do at once."""

    told: Sequence[UUID] = ()
    more: bool = False


async def campaign_goes_on(context: Context, *, campaign_id: UUID) -> None:
    """Tell whoever is due; what remains is promised again."""
    until = asyncio.get_running_loop().time() + TURN_SECONDS
    while asyncio.get_running_loop().time() < until:
        turn = await step(context.pool, campaign_id, context.settings.province_code, context.clock())
        if turn.told:
            await calls.happened(context.valkey, turn.told)
        if not turn.more:
            return
    async with context.pool.acquire() as connection, connection.transaction():
        await queue.add(connection, "campaign_goes_on", campaign_id=campaign_id)


async def step(
    pool: asyncpg.Pool, campaign_id: UUID, home: str, now: datetime, batch: int = BATCH, window: int = WINDOW
) -> Turn:
    """Begin a campaign whose time has come, or tell its next people: one transaction."""
    async with pool.acquire() as connection, connection.transaction():
        tx: asyncpg.Connection = connection  # type: ignore[assignment]
        campaign = await store.held(tx, campaign_id)
        if campaign is None or campaign.next_at is None or campaign.next_at > now + EARLY:
            return Turn()
        if campaign.state == "scheduled":
            await _begin(tx, campaign, home, now)
            return Turn(more=True)
        wanted = min(due(campaign, now), batch)
        if not wanted:
            await _later(tx, campaign_id, now)
            return Turn()
        taken = await store.take(tx, campaign, wanted, window, now)
        if taken.accounts:
            await tell(tx, taken.accounts, campaign.kind, campaign_id, domain.announced(campaign), campaign_id, now)
        await store.progress(tx, campaign_id, taken, now)
        if taken.last:
            await store.move(tx, campaign_id, "done", "done", None, now)
        return Turn(taken.accounts, not taken.last)


def due(campaign: Standing, now: datetime) -> int:
    """How many more should have been told by now: a share of the audience, and in the end whoever is left."""
    if campaign.spread_from is None or campaign.planned is None:
        raise ValueError("a campaign that has not begun")
    elapsed = (now - campaign.spread_from).total_seconds()
    if elapsed >= campaign.spread_seconds:
        return BATCH
    # The first ones at once, so that the end is not a tick too late.
    share = ceil(campaign.planned * (elapsed + TICK.total_seconds()) / campaign.spread_seconds)
    return max(0, share - campaign.told)


async def _begin(tx: asyncpg.Connection, campaign: Standing, home: str, now: datetime) -> None:
    """Whoever joins after this is not told. An alert goes out to its topics first: that is one message for all."""
    await store.begin(tx, campaign.id, await store.count(tx, campaign, now), now)
    said = domain.announced(campaign)
    for condition, locale in domain.conditions(campaign, await store.version_on(tx, now), home):
        await store.alert(tx, campaign.id, condition, now)
        await queue.add(
            tx, "send_public_alert", campaign_id=campaign.id, condition=condition, locale=locale,
            title=said.title if locale == "vi" else said.title_en,
            body=said.body if locale == "vi" else said.body_en, expires_at=now + NOTICES[campaign.kind].life,
        )  # fmt: skip


async def _later(tx: asyncpg.Connection, campaign: UUID, now: datetime) -> None:
    """Go on when the next people are due."""
    await store.wait(tx, campaign, now + TICK)
    await queue.add(tx, "campaign_goes_on", after=TICK, campaign_id=campaign)


async def public_alert_sent(
    context: Context, *, campaign_id: UUID, condition: str, message_name: str | None, error: str | None
) -> None:
    """What FCM said to a message to topics, for the record."""
    await store.alert_settled(context.pool, campaign_id, condition, message_name, error, context.clock())


async def keep_campaigns_going(context: Context) -> None:
    """Every minute: campaigns whose task was lost go on, and what became of their notices is counted."""
    now = context.clock()
    for campaign in await store.left(context.pool, now - LEFT_BEHIND):
        async with context.pool.acquire() as connection, connection.transaction():
            await queue.add(connection, "campaign_goes_on", campaign_id=campaign)
    for campaign in await store.to_tally(context.pool, now):
        async with unhurried(context.pool) as tx:
            await store.tally(tx, campaign, now)


TASKS = {"campaign_goes_on": campaign_goes_on, "public_alert_sent": public_alert_sent}
SCHEDULE = {"keep_campaigns_going": ("* * * * *", keep_campaigns_going)}
