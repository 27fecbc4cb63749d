"""The outside systems' stand-ins on one loopback address: SMS gateway, FCM, and a page of phones that show what came.

`python -m longan.devkit.stand_ins --port 8002 --credentials .longan/fcm.json` runs them as a process of their own.
"""

import argparse
import asyncio
import errno
import os
import signal
import sys
from pathlib import Path

import uvloop
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from longan.devkit import (
    fcm,
    fcm_grant,
    fcm_subscriptions,
    identity_check,
    identity_client,
    identity_provider,
    lgsp,
    lgsp_changes,
    open311,
    phones,
    procedures_source,
    sms,
    tax_registry,
    zalo,
)
from longan.floor.base import clock as clocks

HOST = "127.0.0.1"
PORT = 8002
SLOW_SECONDS = 20.0  # longer than the 15 s a sender waits


def create(
    *,
    account: fcm_grant.Account | None = None,
    sms_key: str = sms.DEVELOPMENT_KEY,
    identity_key: str = identity_check.DEVELOPMENT_KEY,
    registry_key: str = tax_registry.DEVELOPMENT_KEY,
    lgsp_password: str = lgsp.DEVELOPMENT_PASSWORD,
    dossier_hook: lgsp_changes.Hook | None = None,
    client_key: EllipticCurvePublicKey | None = None,
    clock: clocks.Clock = clocks.utc,
    slow_seconds: float = SLOW_SECONDS,
    kept: int = fcm.KEPT,
    zalo_account: zalo.Account = zalo.DEVELOPMENT,
) -> web.Application:
    """The stand-ins and their page. Without `account` they make a service account: `credentials` hands it out. FCM's
    log holds the last `kept` pushes."""
    app = web.Application()
    app[sms.GATEWAY] = sms.Gateway(sms_key, clock, slow_seconds)
    app[identity_provider.PROVIDER] = identity_provider.Provider(clock, client_key, slow_seconds)
    app[identity_check.PROVIDER] = identity_check.Provider(identity_key, clock, slow_seconds)
    app[tax_registry.REGISTRY] = tax_registry.Registry(registry_key, clock, slow_seconds)
    app[lgsp.PLATFORM] = lgsp.Platform(lgsp_password, clock, slow_seconds)
    app[fcm.SERVER] = fcm.Server(account or fcm_grant.service_account(f"http://{HOST}"), clock, slow_seconds, kept)
    app.router.add_routes([*sms.routes, *identity_check.routes, *identity_provider.routes, *fcm.routes])
    app.router.add_routes([*fcm_subscriptions.routes, *phones.routes, *tax_registry.routes, *lgsp.routes])
    app[lgsp_changes.TELLER] = lgsp_changes.Teller(dossier_hook, clock)
    app.router.add_routes(lgsp_changes.routes)
    app.cleanup_ctx.extend([sms.reporting, fcm.closing, lgsp_changes.telling])
    app[open311.ENDPOINT] = open311.Endpoint(open311.DEVELOPMENT_KEY, clock, slow_seconds)
    app.router.add_routes(open311.routes)
    # Another gateway, for when the first one fails: all its addresses begin with /second.
    second = sms.create(sms_key, clock, slow_seconds)
    app.add_subapp("/second", second)
    app.add_subapp("/national", procedures_source.create(slow_seconds))
    # Zalo's two addresses both begin with /zalo.
    messenger = zalo.create(zalo_account, clock, slow_seconds)
    app.add_subapp("/zalo", messenger)
    app[zalo.ZALO] = messenger[zalo.ZALO]
    app[phones.SCREENS] = phones.Screens(
        app[fcm.SERVER],
        {
            "sms": app[sms.GATEWAY].messages,
            "sms_second": second[sms.GATEWAY].messages,
            "zalo": messenger[zalo.ZALO].messages,
        },
    )
    return app


async def serve(host: str, port: int, app: web.Application | None = None) -> web.AppRunner:
    """Listens, on a free port when `port` is 0. The caller ends it with `await runner.cleanup()`."""
    # Addresses hold phone numbers, so no access log; a slow answer must not hold up the end.
    app = app or create()
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError:
        await runner.cleanup()
        raise
    if (server := app.get(fcm.SERVER)) is not None:
        server.switches.door.of(runner)
    return runner


def address(runner: web.AppRunner) -> str:
    """Where a served application listens, for example `http://127.0.0.1:8002`."""
    host, port = runner.addresses[0][:2]
    return f"http://{host}:{port}"


def credentials(runner: web.AppRunner) -> dict[str, str]:
    """The service account that may send to this runner's FCM: what LONGAN_FCM_CREDENTIALS' file holds."""
    return fcm_grant.pointed_at(runner.app[fcm.SERVER].account, address(runner))


async def _run(port: int, kept_in: Path, sms_key: str, identity_key: str, registry_key: str, kept: int) -> None:
    account = fcm_grant.kept(kept_in, f"http://{HOST}:{port}")
    providers = kept_in.with_name(identity_client.FILE)
    client_key = identity_client.kept(providers, f"http://{HOST}:{port}")
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    made = create(
        account=account, sms_key=sms_key, identity_key=identity_key, registry_key=registry_key,
        lgsp_password=os.environ.get("LONGAN_LGSP_PASSWORD") or lgsp.DEVELOPMENT_PASSWORD,
        dossier_hook=lgsp_changes.hook_of(os.environ),
        client_key=client_key, kept=kept, zalo_account=zalo.account_of(os.environ),
    )  # fmt: skip
    runner = await serve(HOST, port, made)
    fcm_grant.kept(kept_in, address(runner))
    identity_client.kept(providers, address(runner))
    print(f"The stand-ins listen on {address(runner)}", flush=True)
    await ended.wait()
    await runner.cleanup()


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) < 65_536:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text} is not a port (0 to 65535)")


def _count(text: str) -> int:
    if text.isascii() and text.isdigit() and 0 < int(text) <= 10_000_000:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text} is no number of pushes (1 to 10000000)")


def main() -> None:
    """Serves until SIGINT or SIGTERM. Says in one sentence why it cannot start."""
    if os.environ.get("LONGAN_ENV") != "development":
        sys.exit("The stand-ins exist only in development: LONGAN_ENV is not `development`.")
    parser = argparse.ArgumentParser(prog="longan.devkit.stand_ins", description="Local SMS gateway and FCM server.")
    parser.add_argument("--port", type=_port, default=os.environ.get("LONGAN_DEVKIT_PORT") or str(PORT))
    parser.add_argument(
        "--credentials",
        type=Path,
        default=os.environ.get("LONGAN_FCM_CREDENTIALS"),
        help="the file that keeps the FCM service account; made when missing (default: LONGAN_FCM_CREDENTIALS)",
    )
    parser.add_argument("--kept", type=_count, default=fcm.KEPT, help=f"how many pushes FCM's log holds ({fcm.KEPT})")
    given = parser.parse_args()
    if given.credentials is None:
        parser.error("--credentials or LONGAN_FCM_CREDENTIALS must name the file that keeps the service account")
    sms_key = os.environ.get("LONGAN_SMS_KEY") or sms.DEVELOPMENT_KEY
    identity_key = os.environ.get("LONGAN_IDENTITY_CHECK_KEY") or identity_check.DEVELOPMENT_KEY
    registry_key = os.environ.get("LONGAN_TAX_REGISTRY_KEY") or tax_registry.DEVELOPMENT_KEY
    try:
        # It is the peer of benchmarks, which must not measure the stand-in.
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
            loop.run(_run(given.port, given.credentials, sms_key, identity_key, registry_key, given.kept))
    except ValueError as exc:
        sys.exit(f"{exc}.")
    except OSError as exc:
        if exc.errno != errno.EADDRINUSE:
            raise
        sys.exit(f"Port {given.port} is taken: set LONGAN_DEVKIT_PORT to a free one.")


if __name__ == "__main__":
    main()
