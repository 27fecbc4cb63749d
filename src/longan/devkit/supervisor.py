"""`longan dev`: starts all of it, watches over it, mends what dies, and leaves no process behind."""

import asyncio
import errno
import os
import secrets
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import msgspec

from longan.devkit import fcm_grant, identity_client, lgsp, object_store, open311_client, ports, zalo
from longan.devkit.children import Child, Running, ready
from longan.devkit.embedded import Postgres, Services, Valkey
from longan.devkit.object_store import ObjectStore
from longan.devkit.placing import make_data_dir
from longan.devkit.ports import HOST
from longan.devkit.processes import CannotStart, Keeper, hold, names_somebody
from longan.devkit.server import PAUSE_SECONDS, Server
from longan.devkit.terminal import Terminal
from longan.floor.setup.settings import BadSettings

PROVINCE_CODE = "80"  # that of the sample data
CREDENTIALS = "fcm.json"
TEXTS = "texts.toml"
LOOK_SECONDS = 0.2
OF_THE_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Development(msgspec.Struct, frozen=True, kw_only=True):
    """What `longan dev` is told. Without an address the embedded server is used."""

    data_dir: Path = Path(".longan")
    port: int = 8000
    metrics_port: int = 8001
    devkit_port: int = 8002
    s3_port: int = 8003
    database_url: str | None = None
    redis_url: str | None = None
    s3_url: str | None = None
    workers: int = 1


Children = Callable[[Development], Sequence[Child]]
Prepare = Callable[[str, Path, bool, Terminal], Awaitable[None]]
Greet = Callable[[Development, Terminal], None]


def children(settings: Development) -> list[Child]:
    """In the order of their start; they are stopped in the opposite order."""
    return [
        Child(
            name="stand-ins",
            arguments=(sys.executable, "-m", "longan.devkit.stand_ins"),
            ready=f"http://{HOST}:{settings.devkit_port}/",
        ),
        Child(name="worker", arguments=(sys.executable, "-m", "longan", "worker")),
        Child(
            name="api",
            arguments=(sys.executable, "-m", "longan", "api"),
            ready=f"http://{HOST}:{settings.port}/readyz",
        ),
    ]


def environment(settings: Development, services: Services, storage: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of the children: ours, that of the object storage we have started, and every LONGAN_* variable
    that follows from the settings."""
    stand_ins = f"http://{HOST}:{settings.devkit_port}"
    return {
        "LONGAN_PROVINCE_CODE": PROVINCE_CODE,
        # What they call is on this machine, where no proxy finds it.
        **{name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")},
        "PYTHONUNBUFFERED": "1",
        "LONGAN_ENV": "development",
        "LONGAN_DATA_DIR": str(settings.data_dir),
        "LONGAN_DATABASE_URL": services.database_url,
        "LONGAN_REDIS_URL": services.redis_url,
        "LONGAN_KEYS_DIR": str(settings.data_dir / "keys"),
        "LONGAN_PORT": str(settings.port),
        "LONGAN_METRICS_PORT": str(settings.metrics_port),
        "LONGAN_DEVKIT_PORT": str(settings.devkit_port),
        "LONGAN_PUBLIC_URL": f"http://{HOST}:{settings.port}",
        "LONGAN_WORKERS": str(settings.workers),
        "LONGAN_SMS_URL": stand_ins,
        "LONGAN_SMS_KEY": (sms_key := secrets.token_hex(16)),
        "LONGAN_SMS_FALLBACK_URL": f"{stand_ins}/second",
        "LONGAN_SMS_FALLBACK_KEY": sms_key,
        "LONGAN_IDENTITY_CHECK_URL": stand_ins,
        "LONGAN_IDENTITY_CHECK_KEY": secrets.token_hex(16),
        "LONGAN_TAX_REGISTRY_URL": stand_ins,
        "LONGAN_TAX_REGISTRY_KEY": secrets.token_hex(16),
        "LONGAN_LGSP_URL": stand_ins,
        "LONGAN_PROCEDURES_URL": f"{stand_ins}/national",
        "LONGAN_LGSP_USER": lgsp.USER,
        "LONGAN_LGSP_PASSWORD": secrets.token_hex(16),
        "LONGAN_LGSP_UNIT": lgsp.UNIT,
        "LONGAN_LGSP_WEBHOOK_KEY": secrets.token_hex(32),
        "LONGAN_FCM_BASE_URL": stand_ins,
        "LONGAN_FCM_CREDENTIALS": str(settings.data_dir / CREDENTIALS),
        "LONGAN_OIDC_PROVIDERS": str(settings.data_dir / identity_client.FILE),
        "LONGAN_HANDOVER_ENDPOINTS": str(settings.data_dir / open311_client.FILE),
        "LONGAN_TEXTS": str(settings.data_dir / TEXTS),
        "LONGAN_ZALO_URL": f"{stand_ins}/zalo",
        "LONGAN_ZALO_OAUTH_URL": f"{stand_ins}/zalo",
        "LONGAN_ZALO_APP_ID": "360846524940903967",
        "LONGAN_ZALO_APP_SECRET": secrets.token_hex(16),
        "LONGAN_ZALO_OA_SECRET": secrets.token_hex(16),
        "LONGAN_ZALO_REFRESH_TOKEN": secrets.token_hex(32),
        **(storage or {}),
    }


def make_credentials(settings: Development) -> None:
    """What the stand-ins know us by, the account the worker signs with and the API's key: there before any starts."""
    stand_ins = f"http://{HOST}:{settings.devkit_port}"
    try:
        fcm_grant.kept(settings.data_dir / CREDENTIALS, stand_ins)
        identity_client.kept(settings.data_dir / identity_client.FILE, stand_ins)
        open311_client.kept(settings.data_dir / open311_client.FILE, stand_ins)
        zalo.write_plan(settings.data_dir / TEXTS)
    except ValueError as error:
        raise CannotStart(f"{error}: move it away, and a new one is made.") from error


async def prepare(database_url: str, keys_dir: Path, embedded: bool, terminal: Terminal) -> None:
    # Not at the top: it takes a second to import, and a taken port should be told at once.
    from longan.devkit import preparing

    await preparing.prepare(database_url, keys_dir, embedded, terminal)


def run(settings: Development, *, greet: Greet, children: Children = children, prepare: Prepare = prepare) -> int:
    """Run it until Ctrl-C or SIGTERM: 0. What cannot start is told in a sentence: 1. Call it in the main thread."""
    terminal = Terminal()
    try:
        asyncio.run(Supervisor(settings, terminal, children, prepare, greet).work())
    except (CannotStart, BadSettings) as error:
        terminal.wrong(str(error))
        return 1
    except OSError as error:
        if error.filename is None and error.errno not in OF_THE_DISK:
            raise
        what = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
        terminal.wrong(f"{what}. Put that right, or set LONGAN_DATA_DIR to a folder that you may write.")
        return 1
    if not terminal.gone:
        terminal.line("·", "Everything has stopped")
    return 0


class Supervisor:
    """Everything that was started, and the order in which it ends."""

    def __init__(
        self, settings: Development, terminal: Terminal, children: Children, prepare: Prepare, greet: Greet
    ) -> None:
        self._settings = settings
        self._terminal = terminal
        self._choose = children
        self._prepare = prepare
        self._greet = greet
        self._servers: list[Server] = []
        self._children: list[Running] = []
        self._stopping = False

    async def work(self) -> None:
        """Start, greet, watch until a signal comes or the terminal goes; end all in the opposite order, always."""
        task = asyncio.current_task()

        def stop() -> None:
            if not self._stopping and task is not None:  # a second Ctrl-C must not cut the ending short
                self._stopping = True
                task.cancel()

        for number in STOPS:
            asyncio.get_running_loop().add_signal_handler(number, stop)
        with ExitStack() as endings:
            try:
                await self._start(endings)
                self._greet(self._settings, self._terminal)
                await self._watch()
            except asyncio.CancelledError:
                if not self._stopping:
                    raise
                if not self._terminal.gone:
                    self._terminal.line("·", "Stopping")
            finally:
                self._stopping = True

    async def _start(self, endings: ExitStack) -> None:
        data_dir = make_data_dir(self._settings.data_dir)
        self._settings = msgspec.structs.replace(self._settings, data_dir=data_dir)
        await self._take(data_dir / "dev.lock", endings)
        keeper = Keeper()
        endings.callback(keeper.close)
        services = await self._services(endings)
        embedded = self._settings.database_url is None
        await self._prepare(services.database_url, data_dir / "keys", embedded, self._terminal)
        around = environment(self._settings, services, await self._storage(endings))
        make_credentials(self._settings)
        for child in self._choose(self._settings):
            running = Running(child, data_dir / "log", around, keeper)
            endings.callback(running.stop)
            running.start()
            self._children.append(running)
        for running in self._children:
            with self._terminal.step(running.child.name):
                await ready(running)

    async def _take(self, lock: Path, endings: ExitStack) -> None:
        """The folder and the ports; what a start that was killed has left behind may still have the ports."""
        killed = names_somebody(lock)  # who ends in order empties it
        held = endings.enter_context(hold(lock, "`longan dev`"))
        endings.callback(held.truncate, 0)
        ours = {
            "LONGAN_PORT": self._settings.port,
            "LONGAN_METRICS_PORT": self._settings.metrics_port,
            "LONGAN_DEVKIT_PORT": self._settings.devkit_port,
        }
        if self._settings.s3_url is None and object_store.program() is not None:
            ours["LONGAN_S3_PORT"] = self._settings.s3_port
        try:
            ports.check(ours)
        except ports.Taken:
            if not killed:
                raise
            with self._terminal.step("The end of what a killed start left behind"):
                await ports.until_free(ours)

    async def _services(self, endings: ExitStack) -> Services:
        settings = self._settings
        database_url, redis_url = settings.database_url, settings.redis_url
        if database_url is None:
            postgres = Postgres(settings.data_dir)
            await self._serve(postgres, endings)
            database_url = postgres.dsn
        if redis_url is None:
            valkey = Valkey(settings.data_dir)
            await self._serve(valkey, endings)
            redis_url = valkey.url
        return Services(database_url, redis_url)

    async def _storage(self, endings: ExitStack) -> dict[str, str]:
        """What tells of the object storage we start; of none where it is somebody else's, or there is no program."""
        if self._settings.s3_url is not None:
            return {}
        if object_store.program() is None:
            self._terminal.warn(object_store.MISSING)
            return {}
        store = ObjectStore(self._settings.data_dir, self._settings.s3_port)
        await self._serve(store, endings)
        return store.environment()

    async def _serve(self, server: Server, endings: ExitStack) -> None:
        endings.callback(server.stop)
        with self._terminal.step(server.title):
            await up(server)
        self._servers.append(server)

    async def _watch(self) -> None:
        while not self._terminal.gone:
            await asyncio.sleep(LOOK_SECONDS)
            for server in self._servers:
                if not server.alive:
                    self._terminal.warn(f"{server.title} has ended; starting it again.")
                    await up(server)
            for running in self._children:
                self._terminal.log(running.child.name, running.news.read())
                if story := running.mend():
                    self._terminal.warn(story)


async def up(server: Server) -> None:
    """Start the server, and let signals through while it starts. Raises `CannotStart`."""
    for _ in server.starting():
        await asyncio.sleep(PAUSE_SECONDS)
