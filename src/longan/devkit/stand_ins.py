"""The outside systems' stand-ins on one loopback address: SMS gateway, FCM, and a page that shows what they took.

`python -m longan.devkit.stand_ins --port 8002 --credentials .longan/fcm.json` runs them as a process of their own.
"""

import argparse
import asyncio
import errno
import html
import os
import signal
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import msgspec
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from longan import clock as clocks
from longan.devkit import fcm, fcm_grant, identity_check, identity_client, identity_provider, sms

HOST = "127.0.0.1"
PORT = 8002
SLOW_SECONDS = 20.0  # longer than the 15 s a sender waits
SHOWN = 20
HERE = timezone(timedelta(hours=7))

PAGE = """<!doctype html>
<html lang="vi"><head><meta charset="utf-8"><meta http-equiv="refresh" content="3">
<meta name="viewport" content="width=device-width"><title>Long An ID: hộp thư thử</title>
<style>body{{font:16px system-ui;margin:2rem auto;max-width:60rem;padding:0 1rem}}
table{{border-collapse:collapse;width:100%}}td,th{{border-bottom:1px solid #ccc;padding:.4rem;text-align:left;
vertical-align:top;overflow-wrap:anywhere}}b{{font-size:1.3rem;letter-spacing:.1em}}</style></head><body>
<h1>Long An ID: hộp thư thử</h1>
<p>Không có gì ở đây rời khỏi máy này. / Nothing here ever left this machine.</p>
<h2>Tin nhắn SMS</h2>
<table><tr><th>Lúc<th>Số máy<th>Mã<th>Nội dung</tr>{messages}</table>
<h2>Thông báo đẩy (FCM)</h2>
<table><tr><th>Lúc<th>Thiết bị<th>Nội dung</tr>{pushes}</table>
</body></html>
"""


def create(
    *,
    account: fcm_grant.Account | None = None,
    sms_key: str = sms.DEVELOPMENT_KEY,
    identity_key: str = identity_check.DEVELOPMENT_KEY,
    client_key: EllipticCurvePublicKey | None = None,
    clock: clocks.Clock = clocks.utc,
    slow_seconds: float = SLOW_SECONDS,
) -> web.Application:
    """Both stand-ins and their page. Without `account` they make a service account: `credentials` hands it out."""
    app = web.Application()
    app[sms.GATEWAY] = sms.Gateway(sms_key, clock, slow_seconds)
    app[identity_provider.PROVIDER] = identity_provider.Provider(clock, client_key, slow_seconds)
    app[identity_check.PROVIDER] = identity_check.Provider(identity_key, clock, slow_seconds)
    app[fcm.SERVER] = fcm.Server(account or fcm_grant.service_account(f"http://{HOST}"), clock, slow_seconds)
    app.router.add_routes([*sms.routes, *identity_check.routes, *identity_provider.routes, *fcm.routes])
    app.router.add_get("/", show_page)
    app.cleanup_ctx.append(sms.reporting)
    # Another gateway, for when the first one fails: all its addresses begin with /second.
    app.add_subapp("/second", sms.create(sms_key, clock, slow_seconds))
    return app


async def serve(host: str, port: int, app: web.Application | None = None) -> web.AppRunner:
    """Listens, on a free port when `port` is 0. The caller ends it with `await runner.cleanup()`."""
    # Addresses hold phone numbers, so no access log; a slow answer must not hold up the end.
    runner = web.AppRunner(app or create(), access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError:
        await runner.cleanup()
        raise
    return runner


def address(runner: web.AppRunner) -> str:
    """Where a served application listens, for example `http://127.0.0.1:8002`."""
    host, port = runner.addresses[0][:2]
    return f"http://{host}:{port}"


def credentials(runner: web.AppRunner) -> dict[str, str]:
    """The service account that may send to this runner's FCM: what LONGAN_FCM_CREDENTIALS' file holds."""
    return fcm_grant.pointed_at(runner.app[fcm.SERVER].account, address(runner))


async def show_page(request: web.Request) -> web.Response:
    messages = "".join(
        _row(message.at, message.phone, f"<b>{message.code or ''}</b>", html.escape(message.text))
        for message in request.app[sms.GATEWAY].messages.newest(SHOWN)
    )
    pushes = "".join(
        _row(push.accepted_at, html.escape(push.target), html.escape(msgspec.json.encode(push.message).decode()))
        for push in request.app[fcm.SERVER].pushes.newest(SHOWN)
    )
    return web.Response(text=PAGE.format(messages=messages, pushes=pushes), content_type="text/html")


def _row(at: datetime, *cells: str) -> str:
    return "<tr>" + "".join(f"<td>{cell}" for cell in (f"{at.astimezone(HERE):%H:%M:%S}", *cells)) + "</tr>"


async def _run(port: int, kept_in: Path, sms_key: str, identity_key: str) -> None:
    account = fcm_grant.kept(kept_in, f"http://{HOST}:{port}")
    providers = kept_in.with_name(identity_client.FILE)
    client_key = identity_client.kept(providers, f"http://{HOST}:{port}")
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    made = create(account=account, sms_key=sms_key, identity_key=identity_key, client_key=client_key)
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
    given = parser.parse_args()
    if given.credentials is None:
        parser.error("--credentials or LONGAN_FCM_CREDENTIALS must name the file that keeps the service account")
    sms_key = os.environ.get("LONGAN_SMS_KEY") or sms.DEVELOPMENT_KEY
    identity_key = os.environ.get("LONGAN_IDENTITY_CHECK_KEY") or identity_check.DEVELOPMENT_KEY
    try:
        asyncio.run(_run(given.port, given.credentials, sms_key, identity_key))
    except ValueError as exc:
        sys.exit(f"{exc}.")
    except OSError as exc:
        if exc.errno != errno.EADDRINUSE:
            raise
        sys.exit(f"Port {given.port} is taken: set LONGAN_DEVKIT_PORT to a free one.")


if __name__ == "__main__":
    main()
