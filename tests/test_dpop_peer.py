"""The client that the world uses, openid-client, over real HTTP: what it takes for DPoP is what we do."""

import base64
import json
import subprocess
from typing import Any

import pytest

from longan.devkit.sample.personas import PERSONAS
from longan.floor.accounts.accounts import STAFF
from tests.peering import NODE, environment, installed
from tests.running import Service, service

__all__ = ["service"]

WORKER = next(persona.phone for persona in PERSONAS if not STAFF & {persona.role})
OFFICIAL = next(persona.phone for persona in PERSONAS if persona.role == "official")
NONCE = [401, "use_dpop_nonce"]


def walked(service: Service, phone: str) -> tuple[str, dict[str, dict[str, Any]]]:
    """The thumbprint of the app's key, and its steps by name."""
    folder = installed("openid_client")
    ran = subprocess.run(
        [NODE, "app.mjs", service.api, phone], cwd=folder, env=environment(), capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    return told["thumbprint"], {step["name"]: step for step in told["steps"]}


def answers(step: dict[str, Any], path: str) -> list[list[Any]]:
    return [[status, problem] for _, asked, status, problem in step["requests"] if asked == path]


def claims(token: str) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return made


@pytest.fixture(scope="module")
def worker(service: Service) -> tuple[str, dict[str, dict[str, Any]]]:
    return walked(service, WORKER)


@pytest.fixture(scope="module")
def official(service: Service) -> tuple[str, dict[str, dict[str, Any]]]:
    return walked(service, OFFICIAL)


@pytest.mark.parametrize("who", ["worker", "official"])
def test_it_signs_in_with_its_key_and_calls_with_what_it_got(who: str, request: pytest.FixtureRequest) -> None:
    thumbprint, steps = request.getfixturevalue(who)
    signed_in = steps["sign in"]["came"]

    assert signed_in["token_type"] == "dpop"
    assert claims(signed_in["access_token"])["cnf"] == {"jkt": thumbprint}
    assert steps["get_me"]["came"]["id"] == signed_in["account_id"]
    assert "items" in steps["get_me with a query"]["came"] or who == "official"


@pytest.mark.parametrize("who", ["worker", "official"])
def test_it_signs_in_a_second_time_with_our_nonce(who: str, request: pytest.FixtureRequest) -> None:
    _, steps = request.getfixturevalue(who)

    assert answers(steps["sign in"], "/v1/auth/otp/verify") == [NONCE, [200, None]]


def test_an_official_calls_a_second_time_with_our_nonce_and_a_worker_need_not(
    worker: tuple[str, Any], official: tuple[str, Any]
) -> None:
    assert answers(official[1]["get_me without a nonce"], "/v1/me") == [NONCE, [200, None]]
    assert answers(worker[1]["get_me without a nonce"], "/v1/me") == [[200, None]]


@pytest.mark.parametrize("who", ["worker", "official"])
def test_its_token_is_nothing_without_the_key(who: str, request: pytest.FixtureRequest) -> None:
    _, steps = request.getfixturevalue(who)

    assert answers(steps["without the key"], "/v1/me") == [[401, "unauthenticated"]]
    assert answers(steps["with another key"], "/v1/me")[-1] == [401, "invalid_dpop_proof"]


@pytest.mark.parametrize("who", ["worker", "official"])
def test_it_goes_on_with_the_refresh_token(who: str, request: pytest.FixtureRequest) -> None:
    thumbprint, steps = request.getfixturevalue(who)
    renewed = steps["refresh"]["came"]

    assert renewed["token_type"] == "dpop"
    assert claims(renewed["access_token"])["cnf"] == {"jkt": thumbprint}
    assert steps["get_me after it"]["came"]["id"] == steps["sign in"]["came"]["account_id"]
