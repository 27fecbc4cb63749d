"""The composition root: an app is a function of its settings; tests hand in their own pool and clock."""

import asyncio
import contextlib
import gc
import signal
from collections.abc import AsyncGenerator, Callable
from typing import Any

import redis.asyncio
from litestar import Litestar
from litestar.datastructures import State
from prometheus_client import CollectorRegistry, Gauge, start_http_server

from longan.api import advice, docs, health, openapi
from longan.api.auth import Authenticator
from longan.api.edge import Edge
from longan.api.log import AccessLog
from longan.floor.access.dpop import Proofs
from longan.floor.access.entrance import Entrance
from longan.floor.access.tokens import Tokens
from longan.floor.accounts import openid
from longan.floor.base import clock, errors
from longan.floor.database import calls, db
from longan.floor.database.page import Cursors
from longan.floor.dossiers import lgsp
from longan.floor.feedback import receivers
from longan.floor.pictures import object_storage
from longan.floor.requests import deps, limits
from longan.floor.requests.cache import Cache
from longan.floor.requests.idempotency import InFlight
from longan.floor.setup.crypto import Sealed
from longan.floor.setup.keys import keep_looking, load
from longan.floor.setup.settings import Settings, read
from longan.rooms.applications import routes as applications
from longan.rooms.assurance import routes as assurance
from longan.rooms.campaigns import routes as campaigns
from longan.rooms.catalogue import routes as catalogue
from longan.rooms.checklists import routes as checklists
from longan.rooms.device_keys import routes as device_keys
from longan.rooms.dossier_watches import routes as dossier_watches
from longan.rooms.dossiers import routes as dossiers
from longan.rooms.eligibility import routes as eligibility
from longan.rooms.eligibility_rules import routes as eligibility_rules
from longan.rooms.employers import routes as employers
from longan.rooms.events import routes as events
from longan.rooms.events.domain import Streams
from longan.rooms.fallback import routes as fallback
from longan.rooms.federation import routes as federation
from longan.rooms.federation.outside import HttpProvider
from longan.rooms.feedback import routes as feedback
from longan.rooms.feedback_desk import routes as feedback_desk
from longan.rooms.feedback_map import routes as feedback_map
from longan.rooms.feedback_results import routes as feedback_results
from longan.rooms.feedback_steps import routes as feedback_steps
from longan.rooms.feedback_units import routes as feedback_units
from longan.rooms.firebase import routes as firebase
from longan.rooms.firebase.outside import Firebase
from longan.rooms.handover import routes as handover
from longan.rooms.housing import routes as housing
from longan.rooms.housing_alerts import routes as housing_alerts
from longan.rooms.housing_desk import routes as housing_desk
from longan.rooms.housing_map import routes as housing_map
from longan.rooms.housing_reports import routes as housing_reports
from longan.rooms.housing_search import routes as housing_search
from longan.rooms.hsds import routes as hsds
from longan.rooms.identity import routes as identity
from longan.rooms.insights import routes as insights
from longan.rooms.job_alerts import routes as job_alerts
from longan.rooms.job_exchange import routes as job_exchange
from longan.rooms.job_feed import routes as job_feed
from longan.rooms.job_reports import routes as job_reports
from longan.rooms.job_room import routes as job_room
from longan.rooms.job_search import routes as job_search
from longan.rooms.job_shares import routes as job_shares
from longan.rooms.job_suggestions import routes as job_suggestions
from longan.rooms.job_templates import routes as job_templates
from longan.rooms.jobs import routes as jobs
from longan.rooms.labour import routes as labour
from longan.rooms.letting import routes as letting
from longan.rooms.listings import routes as listings
from longan.rooms.members import routes as members
from longan.rooms.moderation import routes as moderation
from longan.rooms.notifications import routes as notifications
from longan.rooms.offices import routes as offices
from longan.rooms.open311 import routes as open311
from longan.rooms.open311_keys import routes as open311_keys
from longan.rooms.open311_reports import routes as open311_reports
from longan.rooms.passkeys import routes as passkeys
from longan.rooms.people import routes as people
from longan.rooms.photos import routes as photos
from longan.rooms.places import routes as places
from longan.rooms.preferences import routes as preferences
from longan.rooms.privacy import routes as privacy
from longan.rooms.publishing import routes as publishing
from longan.rooms.push import routes as push
from longan.rooms.rating_results import routes as rating_results
from longan.rooms.ratings import routes as ratings
from longan.rooms.recommendations import routes as recommendations
from longan.rooms.recovery import routes as recovery
from longan.rooms.registry import routes as registry
from longan.rooms.residence import routes as residence
from longan.rooms.reviews import routes as reviews
from longan.rooms.saved_jobs import routes as saved_jobs
from longan.rooms.services import routes as services
from longan.rooms.sessions import routes as sessions
from longan.rooms.staff import routes as staff
from longan.rooms.viewing_numbers import routes as viewing_numbers
from longan.rooms.viewings import routes as viewings

HANDLERS: list[Any] = [
    *health.HANDLERS,
    *docs.HANDLERS,
    *identity.HANDLERS,
    *sessions.HANDLERS,
    *device_keys.HANDLERS,
    *passkeys.HANDLERS,
    *federation.HANDLERS,
    *firebase.HANDLERS,
    *assurance.HANDLERS,
    *reviews.HANDLERS,
    *recovery.HANDLERS,
    *staff.HANDLERS,
    *people.HANDLERS,
    *privacy.HANDLERS,
    *places.HANDLERS,
    *labour.HANDLERS,
    *employers.HANDLERS,
    *members.HANDLERS,
    *registry.HANDLERS,
    *job_search.HANDLERS,
    *job_exchange.HANDLERS,
    *job_feed.HANDLERS,
    *job_suggestions.HANDLERS,
    *jobs.HANDLERS,
    *job_reports.HANDLERS,
    *moderation.HANDLERS,
    *job_alerts.HANDLERS,
    *publishing.HANDLERS,
    *job_templates.HANDLERS,
    *saved_jobs.HANDLERS,
    *recommendations.HANDLERS,
    *job_shares.HANDLERS,
    *applications.HANDLERS,
    *insights.HANDLERS,
    *housing.HANDLERS,
    *housing_search.HANDLERS,
    *housing_map.HANDLERS,
    *housing_alerts.HANDLERS,
    *listings.HANDLERS,
    *letting.HANDLERS,
    *job_room.HANDLERS,
    *eligibility.HANDLERS,
    *eligibility_rules.HANDLERS,
    *residence.HANDLERS,
    *viewings.HANDLERS,
    *viewing_numbers.HANDLERS,
    *housing_reports.HANDLERS,
    *housing_desk.HANDLERS,
    *photos.HANDLERS,
    *feedback.HANDLERS,
    *feedback_map.HANDLERS,
    *feedback_desk.HANDLERS,
    *feedback_steps.HANDLERS,
    *feedback_units.HANDLERS,
    *feedback_results.HANDLERS,
    *services.HANDLERS,
    *catalogue.HANDLERS,
    *checklists.HANDLERS,
    *hsds.HANDLERS,
    *dossiers.HANDLERS,
    *offices.HANDLERS,
    *ratings.HANDLERS,
    *rating_results.HANDLERS,
    *dossier_watches.HANDLERS,
    *open311.HANDLERS,
    *open311_reports.HANDLERS,
    *open311_keys.HANDLERS,
    *handover.HANDLERS,
    *notifications.HANDLERS,
    *preferences.HANDLERS,
    *push.HANDLERS,
    *campaigns.HANDLERS,
    *fallback.HANDLERS,
    *events.HANDLERS,
]
# Every problem is known by now.
advice.check(errors.catalogue())

LOG_AFTER_SECONDS = 0.2


def create_app(settings: Settings, **given: Any) -> Edge:
    """The whole API. `given` replaces parts of the state: `pool`, `valkey`, `clock`, `document`."""
    keys = load(settings.keys_dir)
    registry = CollectorRegistry()
    log = AccessLog(registry)
    tokens = Tokens(keys, settings.public_url)
    valkey = given.get("valkey") or redis.asyncio.from_url(
        settings.redis_url, socket_timeout=0.5, socket_connect_timeout=0.5, max_connections=64
    )
    pool = given.get("pool") or db.create_pool(settings.database_url, settings.database_connections, "longan-api")
    now = given.get("clock", clock.utc)
    proofs = Proofs(
        keys.secrets["dpop-nonce"], settings.public_url, valkey, everybody=settings.dpop_nonces == "everybody"
    )
    state = State({
        "settings": settings, "keys": keys, "tokens": tokens, "pool": pool, "valkey": valkey, "clock": now,
        "phones": Sealed(keys, "phone"), "numbers": Sealed(keys, "number"), "cursors": Cursors(keys),
        "in_flight": InFlight(), "cache": Cache(valkey),
        "limiter": limits.Limiter(valkey, settings.rate_limit_scale),
        "strict": limits.Strict(valkey, settings.rate_limit_scale), "proofs": proofs,
        "storage": object_storage.of(settings),
        "authenticator": Authenticator(pool, tokens, proofs, now),
    })  # fmt: skip
    state.providers = {
        each: HttpProvider(party, development=settings.development) for each, party in openid.read(settings).items()
    }
    state.firebase = (
        Firebase(settings.firebase_project, settings.firebase_credentials)
        if settings.firebase_project and settings.firebase_credentials
        else None
    )
    state.dossier_source = lgsp.client(settings, valkey)
    state.receivers = receivers.read(settings)
    state.entrance = Entrance(tokens, state.authenticator.forget)
    state.streams = Streams(pool, valkey, state.authenticator.standing, now, settings.event_streams)
    Gauge("longan_event_streams", "Open streams of events", registry=registry).set_function(state.streams.__len__)

    @contextlib.asynccontextmanager
    async def opened(app: Litestar) -> AsyncGenerator[None, None]:
        """The pool and what runs beside the requests, for the life of the process."""
        background = [
            asyncio.create_task(job)
            for job in (
                log.keep_flushing(),
                calls.follow(valkey, state.cache, state.streams),
                limits.keep_flushing(state.limiter),
                keep_looking(keys),
                state.streams.keep_looking(),
                state.streams.keep_time(),
            )
        ]
        if "pool" not in given:
            await pool
            metrics = _serve_metrics(settings, registry)
        _when_told_to_end(state.streams.stop, log)
        try:
            yield
        finally:
            for job in background:
                job.cancel()
            await asyncio.gather(*background, return_exceptions=True)
            if "pool" not in given:
                metrics()
                await pool.close()
            if state.dossier_source is not None:
                await state.dossier_source.close()
            await valkey.aclose()

    app = Litestar(
        route_handlers=HANDLERS,
        dependencies=deps.providers(state),
        lifespan=[opened],
        state=state,
        openapi_config=None,
        logging_config=None,
    )
    edge = Edge(app, settings, log=log, cache=state.cache, limiter=state.limiter, authenticator=state.authenticator)
    state.document = given.get("document") or openapi.Document(edge.routes)
    return edge


def _when_told_to_end(stop: Callable[[], None], log: AccessLog) -> None:
    """Call `stop` at the signal that ends the process: granian waits for open connections before the app's life ends.
    A loop that handles a signal hears of it beside Python's own handler, which does nothing then and is free for us.
    What ended with it is written down soon: granian has been seen to break down while it waits."""
    loop = asyncio.get_running_loop()

    def end() -> None:
        stop()
        loop.call_later(LOG_AFTER_SECONDS, log.flush)

    for number in (signal.SIGTERM, signal.SIGINT):
        if signal.getsignal(number) not in (signal.SIG_DFL, signal.SIG_IGN, signal.default_int_handler, None):
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(end))


def _serve_metrics(settings: Settings, registry: CollectorRegistry) -> Any:
    """Metrics on a private port of their own; the second process of a machine takes the next one."""
    if not settings.metrics_port:
        return lambda: None
    for port in range(settings.metrics_port, settings.metrics_port + settings.workers):
        with contextlib.suppress(OSError):
            server, _thread = start_http_server(port, addr="127.0.0.1", registry=registry)
            return server.shutdown
    raise OSError(f"no free port for metrics from {settings.metrics_port} on")


def serve() -> Edge:
    """What granian loads: each of its processes reads the settings again."""
    app = create_app(read())
    # What stands after the start stays: the collector need not walk it again and again (a tenth of a request's time).
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    return app
