"""What the worker does for the room: asks sources about dossiers that are due, without end, and reminds people.

Dossiers are claimed with a lease, asked about without a transaction, and taken in one by one, each in a transaction
with what its watchers are told. A worker that dies loses its leases and nothing else: nobody is told what was not taken
in, and whoever asks again finds the same difference.
"""

import asyncio
import contextlib
import logging
import random
import time
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import msgspec

from longan.floor.database import calls, db
from longan.floor.database.tasks import Context, Task, Timed, unhurried
from longan.floor.dossiers import dossier_reminders, lgsp
from longan.floor.dossiers.dossier_following import MISSING_FOR, again
from longan.floor.dossiers.dossier_proofs import remember, without_person
from longan.floor.dossiers.dossier_view import reckoned
from longan.floor.dossiers.lgsp import Source, SourceDown, SourceUnasked
from longan.floor.dossiers.lgsp_answers import Dossier
from longan.floor.messages.notices import DossierReminder
from longan.floor.messages.telling import tell
from longan.floor.pay_and_days import working_days
from longan.floor.pay_and_days.wages import day_of
from longan.floor.pay_and_days.working_days import Calendar
from longan.floor.setup.crypto import Sealed
from longan.rooms.dossier_watches import store
from longan.rooms.dossier_watches.domain import SOURCE, opened, take_in
from longan.rooms.dossier_watches.models import Followed

# Longer than waiting for a turn and for the answer takes.
LEASE = timedelta(seconds=60)
PATIENCE = 20.0
# Of the time that whoever looks something up waits for a turn, the other half is left to such people.
AHEAD = lgsp.PATIENCE / 2
POLL_SECONDS = 0.5
# Claims of one dossier cost as much as those of many.
LEAST_ROOM = 8
CALENDAR_SECONDS = 60.0
SUMMARY_SECONDS = 60.0
LONGEST_REST = 30.0
GRACE_SECONDS = 2.0
# The database may be away in the middle of a statement, or have chosen us to end a deadlock.
PASSING = (*db.LOST, asyncpg.InternalClientError, asyncpg.TransactionRollbackError)

KEPT = timedelta(days=90)
HEARD_KEPT = timedelta(hours=1)
FORGOTTEN_AT_ONCE = 500
# While a source does not answer nobody is told what may be over.
LATER = timedelta(hours=1)

log = logging.getLogger("longan.dossier_watches")


class Tally(msgspec.Struct):
    """What was done since the last line in the log."""

    asked: int = 0
    changed: int = 0
    failed: int = 0
    most_late_seconds: float = 0.0


class Poller:
    """Asks about whatever is due. Any number of them, in any number of processes, share the work and the pace."""

    def __init__(self, context: Context, source: Source, *, lease: timedelta = LEASE) -> None:
        self._pool = context.pool
        self._valkey = context.valkey
        self._clock = context.clock
        self._numbers = Sealed(context.keys, "number")
        self._source = source
        self._lease = lease
        self._asking: set[asyncio.Task[None]] = set()
        self._careful = False
        self._rest_until = 0.0
        self._calendar: Calendar | None = None
        self._calendar_until = 0.0
        self._tally = Tally()
        self._tell_at = time.monotonic() + SUMMARY_SECONDS

    async def run(self, stop: asyncio.Event) -> None:
        stopped = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                try:
                    busy = await self._round()
                except PASSING as error:
                    log.warning("the dossiers are out of reach: %s", type(error).__name__)
                    busy = False
                waiting = {stopped, *self._asking} if busy else {stopped}
                await asyncio.wait(waiting, timeout=POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopped.cancel()
            await self._finish()

    async def once(self) -> int:
        """Ask about all that is due now, and wait for it; about how many that was."""
        found = 0
        while await self._round():
            found += len(self._asking)
            await asyncio.gather(*self._asking)
        return found

    async def _round(self) -> bool:
        """Claim what is due; whether something is under way."""
        self._summarise()
        room = store.AT_ONCE - len(self._asking)
        # After a rest one question goes first.
        wanted = int(not self._asking) if self._careful else room
        if wanted and (self._careful or room >= LEAST_ROOM) and time.monotonic() >= self._rest_until:
            now, lease = self._clock(), uuid4()
            calendar = await self._working_days()
            for each in await store.claim(self._pool, SOURCE, lease, now + self._lease, wanted, now):
                if each.due_at is not None and each.due_at > store.RUNG:
                    late = (now - each.due_at).total_seconds()
                    self._tally.most_late_seconds = max(self._tally.most_late_seconds, late)
                task = asyncio.create_task(self._follow(each, lease, calendar))
                self._asking.add(task)
                task.add_done_callback(self._asking.discard)
        return bool(self._asking)

    async def _follow(self, held: Followed, lease: UUID, calendar: Calendar) -> None:
        """One question, and what its answer makes of the dossier."""
        try:
            try:
                found = await self._source.dossier(self._numbers.open(held.code_sealed, held.id), PATIENCE)
            except SourceUnasked as unasked:
                self._careful = True
                self._rest_until = time.monotonic() + min(unasked.retry_after, LONGEST_REST)
                await store.give_back(self._pool, [held.id], lease)
                return
            except SourceDown:
                self._tally.failed += 1
                await self._put_off(held, lease, missing=False)
                return
            self._careful = False
            self._tally.asked += 1
            await self._answered(held, lease, found, calendar)
        except asyncio.CancelledError:
            await store.give_back(self._pool, [held.id], lease)
            raise
        except PASSING as error:
            # Its lease ends, and it is asked about again.
            log.warning("an answer could not be kept: %s", type(error).__name__)
        except Exception:
            log.exception("an answer could not be taken in")
            with contextlib.suppress(*PASSING):
                await self._put_off(held, lease, missing=False)

    async def _answered(self, held: Followed, lease: UUID, found: Dossier | None, calendar: Calendar) -> None:
        now, missing = self._clock(), found is None
        if missing and (held.missing_since is None or now - held.missing_since < MISSING_FOR):
            await self._put_off(held, lease, missing=True)
            return
        state = opened(self._numbers, held) if found is None else without_person(found)
        async with self._pool.acquire() as tx, tx.transaction():
            told = await take_in(
                tx, self._numbers, held, state, calendar, random.random(), now, missing=missing  # noqa: S311
            )  # fmt: skip
            if told is not None and found is not None and state != opened(self._numbers, held):
                await remember(tx, self._numbers, found, now)
        if told:
            self._tally.changed += 1
            await calls.happened(self._valkey, told)

    async def _put_off(self, held: Followed, lease: UUID, *, missing: bool) -> None:
        now = self._clock()
        until = now + again(held.failures + 1, random.random())  # noqa: S311
        await store.put_off(self._pool, held.id, lease, held.rings, until, now, missing=missing)

    async def _working_days(self) -> Calendar:
        """The calendar, as it was a minute ago at most."""
        if self._calendar is None or time.monotonic() >= self._calendar_until:
            async with self._pool.acquire() as connection:
                self._calendar = await working_days.load(connection)
            self._calendar_until = time.monotonic() + CALENDAR_SECONDS
        return self._calendar

    def _summarise(self) -> None:
        if time.monotonic() < self._tell_at:
            return
        if self._tally != Tally():
            log.info("dossiers asked about", extra=msgspec.structs.asdict(self._tally))
        self._tally, self._tell_at = Tally(), time.monotonic() + SUMMARY_SECONDS

    async def _finish(self) -> None:
        """Let what is under way end, and give back the rest."""
        if self._asking:
            _, late = await asyncio.wait(self._asking, timeout=GRACE_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)


async def follow_dossiers(context: Context, stop: asyncio.Event) -> None:
    """Until `stop`; nothing where no source is set up."""
    source = lgsp.client(context.settings, context.valkey, ahead=AHEAD)
    if source is None:
        await stop.wait()
        return
    try:
        await Poller(context, source).run(stop)
    finally:
        await source.close()


async def dossier_overdue(context: Context, *, dossier_id: UUID, due_on: date) -> None:
    """The morning after it was due: whoever watches it hears by how many working days it is late, once for that day."""
    now = context.clock()
    async with context.pool.acquire() as tx, tx.transaction():
        held = await store.hold_id(tx, dossier_id)
        if held is None or held.ended_at is not None:
            return
        calendar = await working_days.load(tx)
        at = reckoned(opened(Sealed(context.keys, "number"), held), calendar, now)
        if at.clock != "running" or at.due_on is None:
            return
        if at.due_on != due_on or not at.late_by:
            # Days off were announced since it was promised: it is due on another day, and that is asked about anew.
            day = working_days.next_working(calendar, max(at.due_on, day_of(now)) + working_days.DAY)
            await dossier_reminders.overdue(tx, dossier_id, at.due_on, dossier_reminders.morning(day))
            return
        if held.failures:
            await dossier_reminders.overdue(tx, dossier_id, due_on, now + LATER)
            return
        said = DossierReminder("overdue", at.late_by)
        told = await _tell(tx, dossier_id, said, f"overdue:{dossier_id}:{due_on}", now)
    await calls.happened(context.valkey, told)


async def dossier_waiting(context: Context, *, dossier_id: UUID, since: datetime, days: int) -> None:
    """Something was asked of the citizen so many working days ago, and they have not brought it."""
    now, numbers = context.clock(), Sealed(context.keys, "number")
    async with context.pool.acquire() as tx, tx.transaction():
        held = await store.hold_id(tx, dossier_id)
        if held is None or held.ended_at is not None:
            return
        found, calendar = opened(numbers, held), await working_days.load(tx)
        if reckoned(found, calendar, now).clock != "stopped" or found.changes[-1].at != since:
            return
        said = DossierReminder("payment_waiting" if found.status == "6" else "supplement_waiting", days)
        told = await _tell(tx, dossier_id, said, f"waiting:{dossier_id}:{since.isoformat()}:{days}", now)
        await dossier_reminders.waiting(tx, dossier_id, since, calendar, now)
    await calls.happened(context.valkey, told)


async def _tell(
    tx: asyncpg.pool.PoolConnectionProxy, dossier: UUID, said: DossierReminder, fact: str, now: datetime
) -> list[UUID]:
    told = await store.watchers(tx, dossier)
    for each in told:
        await tell(tx, [each.account_id], "dossier_reminder", each.watch_id, said, fact, now)
    return [each.account_id for each in told]


async def forget_dossier_watches(context: Context) -> None:
    """Every night in Viet Nam: of what ended long ago nothing is kept, nor which webhooks came."""
    now, more = context.clock(), True
    while more:
        async with unhurried(context.pool) as tx:
            over = await store.forget(tx, now - KEPT, FORGOTTEN_AT_ONCE)
            for dossier in over:
                await store.let_go(tx, dossier)
            await store.forget_heard(tx, now - HEARD_KEPT)
            more = len(over) == FORGOTTEN_AT_ONCE


TASKS: dict[str, Task] = {"dossier_overdue": dossier_overdue, "dossier_waiting": dossier_waiting}
SCHEDULE: dict[str, Timed] = {"forget_dossier_watches": ("45 18 * * *", forget_dossier_watches)}
STEADY = (follow_dossiers,)
