"""How pushes are sent, and heard of: claimed with a lease, sent without a transaction, settled in groups.

At least once. A steady window of requests is fed from the outbox. Nothing is retried here: a push that failed goes back
to the outbox with the time of its next try, so that a restart, another worker or a long outage lose nothing.
"""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg

from longan.floor.access.tokens import Principal
from longan.floor.base.clock import Clock
from longan.floor.database import db, queue
from longan.floor.messages.notices import NOTICES
from longan.rooms.push import store
from longan.rooms.push.models import Push, ReceiptsIn, Settlement
from longan.rooms.push.outside import Outcome, PushService

# Requests at a time, and pushes that wait their turn beside them.
WINDOW = 200
AHEAD = 200
# A second, of all workers together: half of what Google grants a project.
RATE = 5_000.0
POLL_SECONDS = 0.25
TICK_SECONDS = 0.05
# Whoever was claimed so long ago and is not sent yet is asked again whether anybody wants it.
FRESH_SECONDS = 3.0
REAP_SECONDS = 5.0
# Longer than two rounds of the window at the longest time a request may take.
LEASE = timedelta(seconds=60)
# With these pauses the last try is about an hour after the first, when Google says to give up.
MOST_TRIES = 12
FIRST_PAUSE_SECONDS = 10.0
LONGEST_PAUSE_SECONDS = 600.0
BUSY_SECONDS = 60.0
CREDENTIALS_SECONDS = 60.0
CARRIER_SECONDS = 300.0

EVERYTHING = "everything"
# Settled pushes are not kept longer.
OLDEST_RECEIPT = timedelta(days=30)

# The next round may go well: PostgreSQL is away (asyncpg may be surprised by it in the middle of a statement), or chose
# us to end a deadlock.
PASSING = (*db.LOST, asyncpg.InternalClientError, asyncpg.TransactionRollbackError)

log = logging.getLogger("longan.push")


async def report(tx: asyncpg.Connection, me: Principal, given: ReceiptsIn, now: datetime) -> None:
    """Keep what a phone says of the caller's pushes. Its clock may be wrong, so nothing was later than now. Whoever
    tapped on a push has read the notice."""
    oldest = now - OLDEST_RECEIPT
    heard = [(each.notification_id, min(max(each.at, oldest), now), each.event == "opened") for each in given.receipts]
    if opened := await store.report(tx, me.account_id, given.installation_id, heard, now):
        await queue.add(tx, "notices_opened", account_id=me.account_id, notification_ids=opened)


class Lanes:
    """What is paused: everything, or the phones of one platform. After a pause of everything one push tries the way."""

    def __init__(self) -> None:
        self._until: dict[str, datetime] = {}
        self.careful = False

    def pause(self, lane: str, until: datetime) -> None:
        self._until[lane] = max(until, self._until.get(lane, until))
        self.careful = self.careful or lane == EVERYTHING

    def closed(self, platform: str, now: datetime) -> datetime | None:
        """When the lane of a platform opens again, None when it is open."""
        until = max((self._until[lane] for lane in (EVERYTHING, platform) if lane in self._until), default=now)
        return until if until > now else None


def quiet_from(now: datetime) -> datetime | None:
    """When the busy minutes are over, two before and after each quarter of an hour, in which everybody's jobs send
    (Google's word, docs/cloud-messaging/scale-fcm); None outside of them. What can wait waits until then."""
    past = (now.minute * 60 + now.second) % 900
    return None if 120 <= past < 780 else now + timedelta(seconds=(120 - past) % 900)


def next_try(attempts: int, now: datetime, pace: float, retry_after: float | None) -> datetime:
    """Exponential with jitter, from 10 s to 10 minutes, and never before what the server asked for."""
    pause = min(FIRST_PAUSE_SECONDS * 2 ** (attempts - 1), LONGEST_PAUSE_SECONDS) * pace
    pause *= 1 + random.random() / 2  # noqa: S311  (nobody gains by guessing it)
    return now + timedelta(seconds=max(pause, retry_after or 0.0))


class Sender:
    """Sends what the outbox holds. Any number of them, in any number of processes, share the work.

    `pace` below 1 shortens the pauses, `lease` is how long a push stays with a sender that died, `quiet` says when the
    busy minutes are over: for tests.
    """

    def __init__(
        self, pool: asyncpg.Pool, service: PushService, clock: Clock, *, pace: float = 1.0, lease: timedelta = LEASE,
        quiet: Callable[[datetime], datetime | None] = quiet_from,
    ) -> None:  # fmt: skip
        self._pool = pool
        self._service = service
        self._clock = clock
        self._pace = pace
        self._lease = lease
        self._quiet = quiet
        self._patient = [topic for topic, notice in NOTICES.items() if notice.urgency == "low"]
        self._window = asyncio.Semaphore(WINDOW)
        self._lanes = Lanes()
        self._sending: set[asyncio.Task[None]] = set()
        self._over: list[Settlement] = []
        self._pause_until: datetime | None = None
        self._reap_at = 0.0
        self._stopping = False

    async def run(self, stop: asyncio.Event, grace: float) -> None:
        """Send until `stop`, then finish within `grace` seconds and give back every lease."""
        stopped = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                try:
                    more = await self._round()
                except PASSING as error:
                    log.warning("the outbox is out of reach: %s", type(error).__name__)
                    await asyncio.wait({stopped}, timeout=1.0)
                    continue
                if not more:
                    await asyncio.wait({stopped}, timeout=TICK_SECONDS if self._sending else POLL_SECONDS)
        finally:
            stopped.cancel()
            await self._finish(grace)

    async def _round(self) -> bool:
        """Settle, put back, claim; whether there may be more to claim at once."""
        await self._settle()
        if time.monotonic() >= self._reap_at:
            if lost := await store.reap(self._pool, self._clock()):
                log.warning("%d pushes came back from a sender that died", lost)
            self._reap_at = time.monotonic() + min(REAP_SECONDS, self._lease.total_seconds())
        now = self._clock()
        if self._pause_until is not None:
            await store.pause(self._pool, self._service.project, self._pause_until, now)
            self._pause_until = None
        room = WINDOW + AHEAD - len(self._sending)
        wanted = int(not self._sending) if self._lanes.careful else room
        # Claims of a few pushes cost as much as large ones.
        if not wanted or room < AHEAD // 2 or self._lanes.closed(EVERYTHING, now) or not await self._service.ready():
            return False
        if not await store.due(self._pool, now):
            return False
        claimed, looked_at = await store.claim(
            self._pool, self._service.project, RATE, wanted, now, lease=uuid4(), until=now + self._lease,
            most_tries=MOST_TRIES, patient=self._patient, patient_until=self._quiet(now),
        )  # fmt: skip
        for push in claimed:
            self._begin(self._send(push, time.monotonic()))
        return looked_at == wanted

    def _begin(self, sending: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(sending)
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _send(self, push: Push, claimed_at: float) -> None:
        """One try of a leased push, whose result waits to be settled."""
        begun = False
        try:
            async with self._window:
                if self._stopping:
                    made = Settlement(push, "queued", error="worker_stopped", uncounted=True)
                elif until := self._lanes.closed(push.platform, self._clock()):
                    made = Settlement(push, "queued", until, error="lane_paused", uncounted=True)
                elif time.monotonic() - claimed_at > FRESH_SECONDS:
                    made = Settlement(push, "queued", uncounted=True)
                else:
                    begun = True
                    made = self._judged(push, await self._service.send(push, self._clock()))
        except asyncio.CancelledError:
            again = next_try(push.attempts, self._clock(), self._pace, None) if begun else None
            made = Settlement(push, "queued", again, error="worker_stopped", uncounted=not begun)
        except ValueError:
            log.exception("push %s makes no valid message", push.id)
            made = Settlement(push, "dead", error="invalid_message")
        except Exception as error:
            # Among them a topic that only a newer version of the code knows: it may be tried there.
            log.exception("push %s could not be tried", push.id)
            made = self._again(push, self._clock(), None, type(error).__name__)
        self._over.append(made)

    def _judged(self, push: Push, outcome: Outcome) -> Settlement:
        """What a try means for its push and for the others."""
        now = self._clock()
        error = outcome.error
        if outcome.verdict in ("accepted", "unregistered", "refused", "carrier"):
            self._lanes.careful = False  # FCM hears us again
        match outcome.verdict:
            case "accepted":
                return Settlement(push, "sent", message_name=outcome.message_name)
            case "unregistered":
                return Settlement(push, "gone", error=error)
            case "refused":
                log.error("FCM refused push %s: %s", push.id, error)
                return Settlement(push, "dead", error=error)
            case "busy":
                wait = BUSY_SECONDS * self._pace if outcome.retry_after is None else outcome.retry_after
                until = now + timedelta(seconds=wait)
                self._lanes.pause(EVERYTHING, until)
                self._pause_until = max(until, self._pause_until or until)
                log.warning("FCM asks for a pause of %.0f s: %s", wait, error)
                return self._again(push, now, wait, error)
            case "credentials":
                until = now + timedelta(seconds=CREDENTIALS_SECONDS * self._pace)
                self._lanes.pause(EVERYTHING, until)
                log.error("FCM does not take our credentials or project, all pushes wait: %s", error)
                return Settlement(push, "queued", until, error=error, uncounted=True)
            case "carrier":
                until = now + timedelta(seconds=CARRIER_SECONDS * self._pace)
                self._lanes.pause(push.platform, until)
                log.error("the key for %s in Firebase is broken, its pushes wait: %s", push.platform, error)
                return Settlement(push, "queued", until, error=error, uncounted=True)
            case "failed":
                return self._again(push, now, outcome.retry_after, error)

    def _again(self, push: Push, now: datetime, retry_after: float | None, error: str | None) -> Settlement:
        if push.attempts >= MOST_TRIES:
            return Settlement(push, "dead", error=error)
        return Settlement(push, "queued", next_try(push.attempts, now, self._pace, retry_after), error=error)

    async def _settle(self) -> None:
        """Write down what is over; on failure it stays waiting, so that nothing is sent again only for that."""
        if not self._over:
            return
        group = self._over[:500]
        settled = await store.settle(self._pool, group, self._clock())
        del self._over[: len(group)]
        states = [settlement.state for settlement in group]
        log.info("pushes settled", extra={state: states.count(state) for state in sorted(set(states))})
        if settled < len(group):
            log.warning("%d pushes were no longer ours when they were over", len(group) - settled)

    async def _finish(self, grace: float) -> None:
        """Let requests in flight end, give back what was not begun, write everything down."""
        self._stopping = True
        if self._sending:
            _, late = await asyncio.wait(self._sending, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late)
        try:
            while self._over:
                await self._settle()
        except PASSING as error:
            log.warning("%d pushes stay leased until they are put back: %s", len(self._over), type(error).__name__)
