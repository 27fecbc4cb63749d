"""`make demo`: shows the whole way to people, and fails when it is not what it says."""

import os
import re
import subprocess
import sys

import httpx
import pytest
from rich.console import Console

from longan.devkit.walk import Walk, Wrong, pretty, short
from tests.running import Service, free_ports, service

__all__ = ["service"]


def demo(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "longan.devkit.demo"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_the_demo_walks_the_whole_way(service: Service) -> None:
    done = demo(service.environment)

    assert done.returncode == 0, done.stdout + done.stderr
    assert re.findall(r"^([0-9]+)\. ", done.stdout, re.MULTILINE) == [str(number) for number in range(1, 12)]
    assert "20 answers, 1 of them different, 19 replayed: one application." in done.stdout
    assert '"code": "already_applied"' in done.stdout
    assert '"unread_count": 1' in done.stdout
    assert "Everything was as it should be" in done.stdout


def test_the_demo_walks_the_same_way_again(service: Service) -> None:
    walks = [demo(service.environment) for _ in range(2)]

    assert [done.returncode for done in walks] == [0, 0], walks[-1].stdout


def test_without_the_service_the_demo_says_so_in_one_line() -> None:
    (port,) = free_ports(1)

    done = demo({**os.environ, "LONGAN_PORT": str(port)})

    assert done.returncode == 1
    assert "start it with `make run`" in done.stdout
    assert len(done.stdout.splitlines()) == 1
    assert not done.stderr


def test_without_the_local_gateway_the_demo_says_so(service: Service) -> None:
    (port,) = free_ports(1)

    done = demo({**service.environment, "LONGAN_DEVKIT_PORT": str(port)})

    assert done.returncode == 1
    assert "set LONGAN_DEVKIT_PORT" in done.stdout.splitlines()[-1]


def test_a_service_that_is_not_ready_fails_the_demo(service: Service) -> None:
    done = demo({**service.environment, "LONGAN_PORT": service.environment["LONGAN_DEVKIT_PORT"]})

    assert done.returncode == 1
    assert "not ready" in done.stdout


async def test_an_answer_of_another_status_ends_the_walk_with_its_problem(service: Service) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        walk = Walk(client, service.api, service.api, Console(quiet=True))

        with pytest.raises(Wrong, match=r"should be answered 202, and is 429 \(rate_limited: .*again in 60 s\)"):
            await walk.ask("POST", "/v1/auth/otp", {"phone": "+84900000093"}, expect=202)


def test_what_is_shown_is_short_and_each_thing_that_fits_stands_in_a_line() -> None:
    value = {"text": "a" * 200, "items": [1, 2, 3, 4], "deep": {"er": {"and": {"deeper": {"still": 1}}}}}

    shown = pretty(short(value), "")

    assert shown.splitlines()[1:] == [
        f'  "text": "{"a" * 79}…",',
        '  "items": [1, 2, "… and 2 more"],',
        '  "deep": {"er": {"and": {"deeper": "…"}}}',
        "}",
    ]
