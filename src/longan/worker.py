"""The back door: keeps what the API promised, runs what is due at fixed times, and sends pushes.

PostgreSQL may go and come back: the worker reconnects. What it cannot foresee ends the process with a code, and whoever
supervises it starts it again; nothing is lost by that.
"""

import asyncio
import logging
import random
import signal
import sys
import time
import traceback
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import aiohttp
import asyncpg
import msgspec
import redis.asyncio
import uvloop
from pgqueuer import QueueManager, SchedulerManager
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.domain.errors import RetryRequested
from pgqueuer.domain.models import Job, Schedule

from longan.floor.base import clock
from longan.floor.database import db, queue, reminders, tasks
from longan.floor.database.tasks import Context, Declared
from longan.floor.requests import idempotency
from longan.floor.setup.crypto import Sealed
from longan.floor.setup.keys import keep_looking, load
from longan.floor.setup.settings import BadSettings, Settings
from longan.rooms.applications import tasks as applications
from longan.rooms.assurance import tasks as assurance
from longan.rooms.campaigns import tasks as campaigns
from longan.rooms.catalogue import tasks as catalogue
from longan.rooms.checklists import tasks as checklists
from longan.rooms.device_keys import tasks as device_keys
from longan.rooms.dossier_watches import tasks as dossier_watches
from longan.rooms.dossiers import tasks as dossiers
from longan.rooms.eligibility import tasks as eligibility
from longan.rooms.eligibility_rules import tasks as eligibility_rules
from longan.rooms.employers import tasks as employers
from longan.rooms.fallback import tasks as fallback
from longan.rooms.federation import tasks as federation
from longan.rooms.feedback import tasks as feedback
from longan.rooms.feedback_desk import tasks as feedback_desk
from longan.rooms.feedback_results import tasks as feedback_results
from longan.rooms.firebase import tasks as firebase
from longan.rooms.handover import tasks as handover
from longan.rooms.housing_alerts import tasks as housing_alerts
from longan.rooms.housing_desk import tasks as housing_desk
from longan.rooms.housing_map import tasks as housing_map
from longan.rooms.housing_reports import tasks as housing_reports
from longan.rooms.identity import tasks as identity
from longan.rooms.insights import tasks as insights
from longan.rooms.job_alerts import tasks as job_alerts
from longan.rooms.job_exchange import tasks as job_exchange
from longan.rooms.job_feed import tasks as job_feed
from longan.rooms.job_reports import tasks as job_reports
from longan.rooms.jobs import tasks as jobs
from longan.rooms.letting import tasks as letting
from longan.rooms.members import tasks as members
from longan.rooms.moderation import tasks as moderation
from longan.rooms.notifications import tasks as notifications
from longan.rooms.open311_reports import tasks as open311_reports
from longan.rooms.passkeys import tasks as passkeys
from longan.rooms.photos import tasks as photos
from longan.rooms.publishing import tasks as publishing
from longan.rooms.push import tasks as push
from longan.rooms.push.domain import PASSING, Sender
from longan.rooms.push.outside import Fcm
from longan.rooms.ratings import tasks as ratings
from longan.rooms.recovery import tasks as recovery
from longan.rooms.registry import tasks as registry
from longan.rooms.saved_jobs import tasks as saved_jobs
from longan.rooms.sessions import tasks as sessions
from longan.rooms.staff import tasks as staff
from longan.rooms.viewings import tasks as viewings

ROOMS = {
    "assurance": assurance,
    "campaigns": campaigns,
    "catalogue": catalogue,
    "checklists": checklists,
    "device_keys": device_keys,
    "dossier_watches": dossier_watches,
    "dossiers": dossiers,
    "eligibility": eligibility,
    "eligibility_rules": eligibility_rules,
    "employers": employers,
    "fallback": fallback,
    "feedback": feedback,
    "feedback_desk": feedback_desk,
    "feedback_results": feedback_results,
    "federation": federation,
    "firebase": firebase,
    "identity": identity,
    "job_alerts": job_alerts,
    "insights": insights,
    "job_exchange": job_exchange,
    "job_feed": job_feed,
    "job_reports": job_reports,
    "jobs": jobs,
    "publishing": publishing,
    "applications": applications,
    "letting": letting,
    "housing_alerts": housing_alerts,
    "housing_map": housing_map,
    "viewings": viewings,
    "housing_reports": housing_reports,
    "housing_desk": housing_desk,
    "members": members,
    "moderation": moderation,
    "notifications": notifications,
    "passkeys": passkeys,
    "photos": photos,
    "handover": handover,
    "open311_reports": open311_reports,
    "push": push,
    "ratings": ratings,
    "recovery": recovery,
    "saved_jobs": saved_jobs,
    "registry": registry,
    "sessions": sessions,
    "staff": staff,
}

POLL = timedelta(seconds=0.5)
BATCH = 10
AT_ONCE = 20
# A task whose worker fell silent for so long is taken over by another.
HEARTBEAT = timedelta(seconds=30)
TASK_SECONDS = 60.0
# Longer than the server lets any statement take: a task whose connection is not back by then waits for a server that
# hangs.
CONNECTION_SECONDS = 30.0
# With pauses from 1 s to 5 minutes the last try is about an hour after the first.
MOST_TRIES = 20
LONGEST_PAUSE_SECONDS = 300.0
# Taken over so often in a row, a task is taken to kill its workers.
MOST_TAKE_OVERS = 4
GRACE_SECONDS = 3.0
ANSWERS_KEPT = timedelta(hours=24)
LOG_KEPT = timedelta(days=3)

log = logging.getLogger("longan.worker")


class TaskFailed(Exception):
    """What is kept of a failure: kind and place, never the message, which may hold what nobody should read."""


class Lines(logging.Formatter):
    """One JSON object for a log record: what was given as `extra` too, and of an exception only kind and place."""

    _USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: value for name, value in vars(record).items() if name not in self._USUAL}
        if record.exc_info and record.exc_info[1]:
            line["exception"] = story(record.exc_info[1])
        return msgspec.json.encode(line, enc_hook=str).decode()


def story(error: BaseException) -> str:
    """The kind of an exception and where it came from, innermost call last."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    return " < ".join(
        [type(error).__name__, *(f"{frame.name} {frame.filename}:{frame.lineno}" for frame in frames[::-1])]
    )


async def run_task(context: Context, topic: str, declared: Declared, job: Job) -> None:
    """One try of a task. Raises `RetryRequested` for another, `TaskFailed` when there will be none."""
    begun = time.monotonic()
    about = {"topic": topic, "task": job.id, "tries": job.attempts + 1}
    try:
        await refuse_deadly(context, job)
        async with asyncio.timeout(TASK_SECONDS):
            await declared.run(context, job.payload or b"{}")
    except asyncio.CancelledError:
        # pgqueuer takes a cancelled task for one that nobody wants any more, and deletes it.
        raise RetryRequested(delay=timedelta(), reason="the worker stopped") from None
    except Exception as error:
        if isinstance(error, msgspec.DecodeError | TaskFailed) or job.attempts + 1 >= MOST_TRIES:
            log.exception("task failed for good", extra=about)
            raise TaskFailed(story(error)) from None
        pause = min(2.0**job.attempts, LONGEST_PAUSE_SECONDS) * (1 + random.random() / 2)  # noqa: S311
        log.warning("task failed", extra={**about, "again_in": round(pause, 1)}, exc_info=True)
        raise RetryRequested(delay=timedelta(seconds=pause), reason=story(error)) from None
    log.info("task done", extra={**about, "ms": round((time.monotonic() - begun) * 1000, 1)})


async def refuse_deadly(context: Context, job: Job) -> None:
    """Raise `TaskFailed` for a task that was begun again and again and never ended: a take-over counts as no try."""
    if await queue.taken_over(context.pool, job.id) > MOST_TAKE_OVERS:
        raise TaskFailed("its workers kept dying")


async def prune_floor(context: Context) -> None:
    """Forget answers that nobody asks for again, and what happened to tasks that are over."""
    now = context.clock()
    async with tasks.unhurried(context.pool) as tx:
        await tx.execute(idempotency.PRUNE, now - ANSWERS_KEPT)
        await queue.prune(tx, now - LOG_KEPT)


async def ring_reminders(context: Context) -> None:
    """Every minute: what was promised for now becomes a task."""
    await reminders.ring(context.pool, context.clock())


def schedule() -> dict[str, tasks.Timed]:
    """What happens at fixed times, by name."""
    timed: dict[str, tasks.Timed] = {
        "prune_floor": ("*/10 * * * *", prune_floor),
        "ring_reminders": ("* * * * *", ring_reminders),
    }
    for room in ROOMS.values():
        timed |= getattr(room, "SCHEDULE", {})
    return timed


async def serve_queue(context: Context, connection: asyncpg.Connection, stop: asyncio.Event) -> None:
    """Run tasks and schedules over a connection until `stop`, or until the connection fails, which raises."""
    queries = Queries(AsyncpgDriver(connection))
    manager, scheduler = QueueManager(queries), SchedulerManager(queries)
    for topic, declared in tasks.gathered({name: room.TASKS for name, room in ROOMS.items()}).items():

        async def attempt(job: Job, topic: str = topic, declared: Declared = declared) -> None:
            await run_task(context, topic, declared, job)

        manager.entrypoint(topic, on_failure="hold", accepts_context=False)(attempt)
    for name, (expression, function) in schedule().items():

        async def at_its_time(_: Schedule, function: Callable[[Context], Awaitable[None]] = function) -> None:
            await function(context)

        scheduler.schedule(name, expression, accepts_context=False)(at_its_time)

    stopped = asyncio.create_task(stop.wait())
    runs = [
        asyncio.create_task(
            manager.run(
                dequeue_timeout=POLL, batch_size=BATCH, max_concurrent_tasks=AT_ONCE, heartbeat_timeout=HEARTBEAT,
                log_aggregation_interval=timedelta(),
            )
        ),
        asyncio.create_task(scheduler.run()),
    ]  # fmt: skip
    try:
        await asyncio.wait([*runs, stopped], return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopped.cancel()
        manager.shutdown.set()
        scheduler.shutdown.set()
        _, late = await asyncio.wait(runs, timeout=GRACE_SECONDS)
        for run in late:
            run.cancel()
        results = await asyncio.gather(*runs, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, asyncio.CancelledError):
            raise result


async def keep_promises(context: Context, stop: asyncio.Event) -> None:
    """Serve the queue, over a new connection whenever the old one is lost."""
    while not stop.is_set():
        try:
            connection = await asyncpg.connect(
                context.settings.database_url, timeout=5.0, command_timeout=10.0,
                server_settings={"application_name": "longan-worker", "timezone": "UTC"},
            )  # fmt: skip
            try:
                await serve_queue(context, connection, stop)
            finally:
                connection.terminate()
        except PASSING as error:
            log.warning("the queue is out of reach: %s", type(error).__name__)
            await asyncio.sleep(1.0)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncGenerator[Context, None]:
    """What tasks may use, for the life of the process."""
    keys = load(settings.keys_dir)
    valkey = redis.asyncio.from_url(settings.redis_url, socket_timeout=2.0, socket_connect_timeout=2.0)
    # No limit here: pushes have their window and tasks their number, and neither may wait for the other.
    async with (
        db.create_pool(
            settings.database_url, settings.database_connections, "longan-worker", CONNECTION_SECONDS
        ) as pool,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar()) as http,
    ):
        looking = asyncio.create_task(keep_looking(keys))
        try:
            yield Context(
                pool=pool, valkey=valkey, http=http, settings=settings, keys=keys, phones=Sealed(keys, "phone"),
                clock=clock.utc,
            )  # fmt: skip
        finally:
            looking.cancel()
            await valkey.aclose()


async def main(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT. Raises `BadSettings`."""
    if settings.fcm_credentials is None:
        raise BadSettings("LONGAN_FCM_CREDENTIALS must name the service-account file from Firebase.")
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with opened(settings) as context:
        fcm = Fcm(context.http, settings.fcm_base_url, settings.fcm_credentials, context.clock)
        sender = Sender(context.pool, fcm, context.clock)
        log.info("the worker is at work")
        works = [
            asyncio.create_task(keep_promises(context, stop)),
            asyncio.create_task(sender.run(stop, GRACE_SECONDS)),
            *(
                asyncio.create_task(run(context, stop))
                for room in ROOMS.values()
                for run in getattr(room, "STEADY", ())
            ),
        ]
        await asyncio.wait(works, return_when=asyncio.FIRST_EXCEPTION)
        stop.set()
        results = await asyncio.gather(*works, return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
    log.info("the worker has stopped")


def run(settings: Settings) -> int:
    """The process: its exit code is 0 after a signal, 1 after what it could not foresee. Raises `BadSettings`."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(Lines())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # Its own lines repeat ours.
    logging.getLogger("pgqueuer").setLevel(logging.ERROR)
    try:
        uvloop.run(main(settings))
    except BadSettings:
        raise
    except Exception:
        log.exception("the worker ends")
        return 1
    return 0
