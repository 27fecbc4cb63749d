"""`python -m bench.fcm`: how many messages a second the local FCM server takes in a process of its own, all checked.

It is the peer of what measures our sending, so it must not be what is measured. The caller is the cheapest there is:
connections that write ready-made requests and count the answers. The server's memory is looked at once its log is full
and at the end.
"""

import argparse
import asyncio
import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import jwt
import msgspec
import uvloop

from bench import machine
from longan.devkit import fcm, fcm_grant, fcm_rules
from longan.devkit.processes import end, last_lines, spawn

LEAST_PER_SECOND = 5_000.0
MOST_GROWTH_MEGABYTES = 5.0
CONNECTIONS = 100
START_SECONDS = 20.0
ROUND = 10_000


def message(number: int) -> bytes:
    """A request as our worker makes it."""
    same = f"01993f0a-0000-7000-8000-{number:012x}"
    return msgspec.json.encode({"message": {
        "fid": f"good-{number}",
        "notification": {"title": "Long An ID", "body": "Hồ sơ ứng tuyển có tin mới. Mở ứng dụng để xem."},
        "data": {"notification_id": same, "topic": "application_moved", "subject_kind": "application",
                 "subject_id": same},
        "android": {"collapse_key": "applications", "priority": "high", "ttl": "259200s",
                    "notification": {"channel_id": "applications", "tag": same}},
        "apns": {"headers": {"apns-collapse-id": same, "apns-expiration": "1795000000", "apns-priority": "10"},
                 "payload": {"aps": {"sound": "default", "thread-id": "applications"}}},
        "webpush": {"headers": {"TTL": "259200", "Urgency": "high"}, "notification": {"tag": same}},
    }})  # fmt: skip


def main(arguments: Sequence[str]) -> int:
    """0 when it took LEAST_PER_SECOND and its memory stayed flat."""
    parser = argparse.ArgumentParser(prog="python -m bench.fcm", description=__doc__)
    parser.add_argument("--messages", type=int, default=100_000, help="how many in all (100000)")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="longan-bench-") as name:
        file, log, port = Path(name) / "fcm.json", Path(name) / "stand-ins.log", machine.free_port()
        around = {**os.environ, "LONGAN_ENV": "development"}
        order = (sys.executable, "-m", "longan.devkit.stand_ins", "--port", str(port), "--credentials", str(file))
        process = spawn(order, log=log, environment=around)
        try:
            token = _token(port, file, log)
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
                return loop.run(_measured(port, token, process.pid, given.messages))
        finally:
            end(process, signal.SIGTERM)


def _token(port: int, file: Path, log: Path) -> str:
    """An access token, once the server is there."""
    url, deadline = f"http://127.0.0.1:{port}", time.monotonic() + START_SECONDS
    while True:
        try:
            httpx.get(f"{url}/fcm/messages", trust_env=False)
            break
        except httpx.HTTPError:
            if time.monotonic() > deadline:
                raise RuntimeError(f"the local FCM server did not start:\n{last_lines(log, 0)}") from None
            time.sleep(0.1)
    account, now = msgspec.json.decode(file.read_bytes()), int(time.time())
    claims = {"iss": account["client_email"], "aud": account["token_uri"], "iat": now, "exp": now + 3_600,
              "scope": "https://www.googleapis.com/auth/firebase.messaging"}  # fmt: skip
    form = {"grant_type": fcm_grant.GRANT_TYPE, "assertion": jwt.encode(claims, account["private_key"], "RS256")}
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = httpx.post(f"{url}/token", content=urlencode(form), headers=headers, trust_env=False)
    return str(answer.raise_for_status().json()["access_token"])


async def _measured(port: int, token: str, pid: int, messages: int) -> int:
    await _round(port, token, range(fcm.KEPT))
    early, rates, costs = machine.resident_megabytes(pid), [], []
    for first in range(fcm.KEPT, fcm.KEPT + messages, ROUND):
        spent, began = machine.processor_seconds(pid), time.perf_counter()
        await _round(port, token, range(first, first + ROUND))
        rates.append(ROUND / (time.perf_counter() - began))
        costs.append((machine.processor_seconds(pid) - spent) / ROUND)
    grown = machine.resident_megabytes(pid) - early
    body = message(1)
    began = time.process_time()
    for _ in range(ROUND):
        fcm_rules.read(body)
    checking = (time.process_time() - began) / ROUND
    rate, cost = statistics.median(rates), statistics.median(costs)
    print(f"accepted   {rate:6.0f} a second ({min(rates):.0f} to {max(rates):.0f}; at least {LEAST_PER_SECOND:.0f})")
    print(f"processor  {cost * 1e6:6.0f} µs each, {checking * 1e6:.0f} of them to check it; {len(body)} bytes")
    print(f"memory     {early:6.0f} MB with a full log, {grown:+.1f} after {messages:,} more")
    return 0 if rate >= LEAST_PER_SECOND and grown <= MOST_GROWTH_MEGABYTES else 1


async def _round(port: int, token: str, numbers: range) -> None:
    """Send these messages over CONNECTIONS connections. Raises RuntimeError when one is not accepted."""
    head = (
        f"POST /v1/projects/{fcm_grant.PROJECT}/messages:send HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        f"Authorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: "
    ).encode()
    requests = iter([head + b"%d\r\n\r\n" % len(body) + body for body in map(message, numbers)])
    loop = asyncio.get_running_loop()
    callers = [Caller(requests, loop.create_future()) for _ in range(CONNECTIONS)]
    await asyncio.gather(
        *(loop.create_connection(lambda caller=caller: caller, "127.0.0.1", port) for caller in callers)
    )
    await asyncio.gather(*(caller.done for caller in callers))


class Caller(asyncio.Protocol):
    """One connection: the next request as soon as the last one is answered."""

    def __init__(self, requests: Iterator[bytes], done: asyncio.Future[None]) -> None:
        self.done = done
        self._requests = requests
        self._got = b""

    def connection_made(self, transport: Any) -> None:
        self._transport: asyncio.Transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, ended, body = self._got.partition(b"\r\n\r\n")
        if not ended or len(body) < int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]):
            return
        if not head.startswith(b"HTTP/1.1 200 "):
            self.done.set_exception(RuntimeError(self._got.decode()))
            self._transport.close()
            return
        self._got = b""
        self._next()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or RuntimeError("the server has gone"))

    def _next(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self.done.set_result(None)
            self._transport.close()
        else:
            self._transport.write(request)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
