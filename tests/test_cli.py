"""The command line in production form: what is missing or weak stops the start with one sentence and code 2."""

import asyncio
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from longan import cli
from longan.devkit import embedded, fcm_grant
from longan.floor.setup import keys
from longan.migrations import schema
from tests.conftest import Copies
from tests.running import free_ports

COMMANDS = ("api", "worker", "migrate", "check", "seed")
REQUIRED = ("DATABASE_URL", "REDIS_URL", "KEYS_DIR", "PUBLIC_URL", "PROVINCE_CODE")
START_SECONDS = 60.0

Told = tuple[int, str, str]
Environment = dict[str, str]


@pytest.fixture
def production(services: embedded.Services, database_url: str, folder: Path, keys_dir: Path) -> Environment:
    """Settings with which everything starts: https addresses that nobody calls, and a service account."""
    credentials = folder / "service-account.json"
    if not credentials.exists():
        credentials.write_text(json.dumps(fcm_grant.service_account("https://oauth.example")))
    return {
        "LONGAN_DATABASE_URL": database_url,
        "LONGAN_REDIS_URL": services.redis_url,
        "LONGAN_KEYS_DIR": str(keys_dir),
        "LONGAN_PUBLIC_URL": "https://api.longan.example",
        "LONGAN_PROVINCE_CODE": "80",
        "LONGAN_SMS_URL": "https://sms.example",
        "LONGAN_SMS_KEY": secrets.token_hex(16),
        "LONGAN_FCM_CREDENTIALS": str(credentials),
    }


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Told]:
    """`run(environment, "check")` -> code, what it printed, what it complained of. Only for what ends by itself."""

    def told(environment: Environment, *words: str) -> Told:
        for name in [name for name in os.environ if name.startswith(("LONGAN_", "FIREBASE_"))]:
            monkeypatch.delenv(name)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        code = cli.main(words)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return told


async def refusal(run: Callable[..., Told], environment: Environment, *words: str) -> str:
    """The one sentence with which a command refuses."""
    # A loop of its own runs in the command, hence the thread.
    code, out, complaint = await asyncio.to_thread(run, environment, *words)
    assert code == 2, out + complaint
    assert complaint.startswith(f"longan {words[0]}: ")
    assert complaint.count("\n") == 1
    return complaint


@pytest.fixture
async def empty_database(services: embedded.Services) -> AsyncIterator[str]:
    name = f"cli_{uuid4().hex}"
    yield await embedded.create_database(services.database_url, name)
    await embedded.drop_database(services.database_url, name)


@pytest.fixture
async def own_database(copies: Copies) -> AsyncIterator[str]:
    """Migrated and loaded, and nobody else's."""
    async with copies.one() as url:
        yield url


def test_longan_alone_lists_its_commands(run: Callable[..., Told]) -> None:
    code, out, _ = run({})

    assert code == 0
    assert all(f"\n    {command} " in out for command in (*COMMANDS, "dev", "keys", "openapi"))


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize("command", COMMANDS)
async def test_a_missing_setting_is_named(
    run: Callable[..., Told], production: Environment, command: str, name: str
) -> None:
    environment = {key: value for key, value in production.items() if key != f"LONGAN_{name}"}

    assert f"LONGAN_{name} is not set" in await refusal(run, environment, command)


WEAK = {
    "a database of another kind": ({"LONGAN_DATABASE_URL": "mysql://db/longan"}, "LONGAN_DATABASE_URL"),
    "a cache of another kind": ({"LONGAN_REDIS_URL": "http://cache"}, "LONGAN_REDIS_URL"),
    "a public address without TLS": ({"LONGAN_PUBLIC_URL": "http://api.longan.example"}, "LONGAN_PUBLIC_URL"),
    "a province that is none": ({"LONGAN_PROVINCE_CODE": "long-an"}, "LONGAN_PROVINCE_CODE"),
    "the local SMS gateway": ({"LONGAN_SMS_URL": "http://127.0.0.1:8002"}, "LONGAN_SMS_URL"),
    "the local SMS gateway, with TLS": ({"LONGAN_SMS_URL": "https://localhost:8002"}, "LONGAN_SMS_URL"),
    "no SMS gateway": ({"LONGAN_SMS_URL": ""}, "LONGAN_SMS_URL"),
    "an SMS gateway without TLS": ({"LONGAN_SMS_URL": "http://sms.example"}, "LONGAN_SMS_URL"),
    "no key of the SMS gateway": ({"LONGAN_SMS_KEY": ""}, "LONGAN_SMS_KEY"),
    "a short key of the SMS gateway": ({"LONGAN_SMS_KEY": "development"}, "LONGAN_SMS_KEY"),
    "the local FCM server": ({"LONGAN_FCM_BASE_URL": "http://127.0.0.1:8002"}, "LONGAN_FCM_BASE_URL"),
    "no service account": ({"LONGAN_FCM_CREDENTIALS": ""}, "LONGAN_FCM_CREDENTIALS"),
    "a service account that is not there": ({"LONGAN_FCM_CREDENTIALS": "nowhere.json"}, "LONGAN_FCM_CREDENTIALS"),
    "Firebase's emulator": ({"FIREBASE_AUTH_EMULATOR_HOST": "127.0.0.1:9099"}, "FIREBASE_AUTH_EMULATOR_HOST"),
    "rate limits that do not limit": ({"LONGAN_RATE_LIMIT_SCALE": "1000"}, "LONGAN_RATE_LIMIT_SCALE"),
    "a proxy that is no address": ({"LONGAN_TRUSTED_PROXIES": "nginx"}, "LONGAN_TRUSTED_PROXIES"),
    "a port that is no number": ({"LONGAN_PORT": "http"}, "LONGAN_PORT"),
    "an environment nobody knows": ({"LONGAN_ENV": "staging"}, "LONGAN_ENV"),
}


@pytest.mark.parametrize("weak", WEAK)
@pytest.mark.parametrize("command", ["api", "worker", "migrate", "check"])
async def test_a_weak_setting_is_named(
    run: Callable[..., Told], production: Environment, command: str, weak: str
) -> None:
    changed, named = WEAK[weak]

    assert named in await refusal(run, production | changed, command)


def on_another_curve(directory: Path) -> None:
    key = ec.generate_private_key(ec.SECP384R1())
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (directory / "access-app.1.pem").write_bytes(key.private_bytes(*form))


SPOILT: dict[str, tuple[Callable[[Path], object], str]] = {
    "another curve": (on_another_curve, "access-app.1.pem in LONGAN_KEYS_DIR must be an EC P-256 key"),
    "no PEM": (lambda d: (d / "access-official.1.pem").write_text("key"), "access-official.1.pem in LONGAN_KEYS_DIR"),
    "one byte again and again": (lambda d: (d / "cursor.1.key").write_text("61" * 32), "cursor.1.key in LONGAN_KEYS_D"),
    "too short": (lambda d: (d / "cursor.1.key").write_text(secrets.token_hex(16)), "is weak"),
    "no hexadecimal": (lambda d: (d / "phone-index.1.key").write_text("secret"), "must be hexadecimal"),
    "a key is missing": (lambda d: (d / "phone-cipher.1.key").unlink(), "no key for 'phone-cipher'"),
}


@pytest.mark.parametrize("spoilt", SPOILT)
@pytest.mark.parametrize("command", ["api", "worker", "check"])
async def test_a_weak_key_is_named(
    run: Callable[..., Told], production: Environment, tmp_path: Path, command: str, spoilt: str
) -> None:
    spoil, named = SPOILT[spoilt]
    keys.ensure(tmp_path / "keys")
    spoil(tmp_path / "keys")

    assert named in await refusal(run, production | {"LONGAN_KEYS_DIR": str(tmp_path / "keys")}, command)


async def test_a_directory_of_keys_that_is_not_there_is_named(
    run: Callable[..., Told], production: Environment, tmp_path: Path
) -> None:
    assert "is no directory" in await refusal(run, production | {"LONGAN_KEYS_DIR": str(tmp_path / "keys")}, "api")


@pytest.fixture(scope="module")
async def database_of_another_locale(services: embedded.Services) -> str:
    connection = await asyncpg.connect(services.database_url)
    await connection.execute(
        "create database cli_other template template0 encoding 'UTF8' locale_provider builtin builtin_locale 'C'"
    )
    await connection.close()
    return services.database_url.replace("/longan?", "/cli_other?")


@pytest.mark.parametrize("command", COMMANDS)
async def test_a_database_that_folds_by_another_locale_is_refused(
    run: Callable[..., Told], production: Environment, database_of_another_locale: str, command: str
) -> None:
    said = await refusal(run, production | {"LONGAN_DATABASE_URL": database_of_another_locale}, command)

    assert "locale_provider builtin builtin_locale 'C.UTF-8'" in said


@pytest.mark.parametrize("command", ["api", "worker", "check", "seed"])
async def test_an_empty_database_is_refused(
    run: Callable[..., Told], production: Environment, empty_database: str, command: str
) -> None:
    said = await refusal(run, production | {"LONGAN_DATABASE_URL": empty_database}, command)

    assert "run `longan migrate`" in said


async def test_a_database_that_is_behind_is_refused_and_one_that_is_ahead_is_not(
    run: Callable[..., Told], production: Environment, own_database: str
) -> None:
    environment = production | {"LONGAN_DATABASE_URL": own_database}
    connection = await asyncpg.connect(own_database)

    await connection.execute("update alembic_version set version_num = '0001'")
    said = await refusal(run, environment, "check")
    await connection.execute("update alembic_version set version_num = '9999'")
    code, _, _ = await asyncio.to_thread(run, environment, "check")

    assert "run `longan migrate`" in said
    assert code == 0
    await connection.close()


@pytest.mark.parametrize("command", ["migrate", "check", "seed"])
async def test_a_database_that_is_away_is_named(
    run: Callable[..., Told], production: Environment, command: str
) -> None:
    (port,) = free_ports(1)
    environment = production | {"LONGAN_DATABASE_URL": f"postgresql://longan@127.0.0.1:{port}/longan"}

    assert "does not answer at LONGAN_DATABASE_URL" in await refusal(run, environment, command)


async def test_a_database_that_does_not_exist_is_named(
    run: Callable[..., Told], production: Environment, services: embedded.Services
) -> None:
    environment = production | {"LONGAN_DATABASE_URL": services.database_url.replace("/longan?", "/nowhere?")}

    assert "refuses what LONGAN_DATABASE_URL says" in await refusal(run, environment, "api")


async def test_a_cache_that_is_away_is_named(run: Callable[..., Told], production: Environment) -> None:
    (port,) = free_ports(1)
    environment = production | {"LONGAN_REDIS_URL": f"redis://127.0.0.1:{port}"}

    assert "does not answer at LONGAN_REDIS_URL" in await refusal(run, environment, "check")


async def test_the_sample_is_refused_outside_development(run: Callable[..., Told], production: Environment) -> None:
    assert "development only" in await refusal(run, production, "seed", "--sample")


async def test_lists_of_a_province_that_cannot_be_loaded_are_named(
    run: Callable[..., Told], production: Environment, own_database: str, tmp_path: Path
) -> None:
    environment = production | {"LONGAN_DATABASE_URL": own_database}
    (tmp_path / "own").mkdir()

    said = await refusal(run, environment, "seed", "--lists", str(tmp_path / "own"))

    assert "holds none of parks.csv, wage_regions.csv" in said


async def test_good_settings_pass_the_check(run: Callable[..., Told], production: Environment) -> None:
    code, out, complaint = await asyncio.to_thread(run, production, "check")

    assert (code, complaint) == (0, "")
    assert json.loads(out) == {"settings": "ok", "keys": "ok", "database": "ok", "cache": "ok"}


async def test_migrate_and_seed_make_a_database_that_passes_the_check(
    run: Callable[..., Told], production: Environment, empty_database: str
) -> None:
    environment = production | {"LONGAN_DATABASE_URL": empty_database}

    codes = [(await asyncio.to_thread(run, environment, command))[0] for command in ("migrate", "migrate", "seed")]
    code, _, _ = await asyncio.to_thread(run, environment, "check")

    assert codes == [0, 0, 0]
    assert code == 0


def test_keys_are_made_once(run: Callable[..., Told], tmp_path: Path) -> None:
    first = run({}, "keys", str(tmp_path / "keys"))
    before = {file: file.read_bytes() for file in (tmp_path / "keys").iterdir()}

    second = run({}, "keys", str(tmp_path / "keys"))

    assert first == second
    assert {file: file.read_bytes() for file in (tmp_path / "keys").iterdir()} == before
    assert {file.stat().st_mode & 0o777 for file in before} == {0o600}


def test_the_number_in_the_name_of_the_newest_migration_is_its_revision() -> None:
    config = Config()
    config.set_main_option("script_location", str(schema.SCRIPTS))

    assert ScriptDirectory.from_config(config).get_heads() == [schema.head()]


class Api:
    """`longan api` as an operator starts it."""

    def __init__(self, environment: Environment, log: Path) -> None:
        port, metrics_port = free_ports(2)
        ours = {name: value for name, value in os.environ.items() if not name.startswith("LONGAN_")}
        self.url = f"http://127.0.0.1:{port}"
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "longan", "api"],
                env={**ours, **environment, "LONGAN_PORT": str(port), "LONGAN_METRICS_PORT": str(metrics_port)},
                stdout=output,
                stderr=output,
            )

    async def answers(self, client: httpx.AsyncClient) -> httpx.Response:
        """/readyz, as soon as there is an answer."""
        until = time.monotonic() + START_SECONDS
        while True:
            assert self.process.poll() is None and time.monotonic() < until, self.log.read_text()
            try:
                return await client.get(f"{self.url}/readyz")
            except httpx.TransportError:
                await asyncio.sleep(0.1)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(START_SECONDS)


async def test_the_api_in_production_knows_no_persona(
    production: Environment, own_database: str, tmp_path: Path
) -> None:
    api = Api(production | {"LONGAN_DATABASE_URL": own_database}, tmp_path / "api.log")
    async with httpx.AsyncClient(trust_env=False) as client:
        ready = await api.answers(client)
        asked = await client.post(f"{api.url}/v1/auth/otp", json={"phone": "+84900000021"})
        entry = {"challenge_id": asked.json()["challenge_id"], "code": "000000"}
        refused = await client.post(f"{api.url}/v1/auth/otp/verify", json=entry)
    code = api.stop()

    assert ready.json() == {"status": "ok", "database": "ok", "cache": "ok"}
    assert asked.status_code == 202
    assert (refused.status_code, refused.json()["code"]) == (422, "otp_invalid")
    assert code == 0


async def test_the_api_starts_while_the_database_is_away_and_says_so(production: Environment, tmp_path: Path) -> None:
    (port,) = free_ports(1)
    environment = production | {"LONGAN_DATABASE_URL": f"postgresql://longan@127.0.0.1:{port}/longan"}
    api = Api(environment, tmp_path / "api.log")
    async with httpx.AsyncClient(trust_env=False) as client:
        ready = await api.answers(client)
    code = api.stop()

    assert (ready.status_code, ready.json()["database"]) == (503, "down")
    assert "PostgreSQL does not answer yet" in api.log.read_text()
    assert code == 0
