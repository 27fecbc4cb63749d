"""What an operator writes down of providers and of Firebase: the start is refused where it would be unsafe."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from longan.floor.accounts import openid
from longan.floor.setup.settings import BadSettings, Settings, check

GOOD: dict[str, Any] = {
    "id": "vneid", "name": {"vi": "VNeID", "en": "VNeID"}, "issuer": "https://sso.example.vn", "client_id": "longan",
    "redirect_uri": "vn.longan.app://signed-in", "authentication": "private_key_jwt", "key_file": "key.pem",
}  # fmt: skip


@pytest.fixture
def written(tmp_path: Path) -> Path:
    keys: dict[str, Any] = {
        "key.pem": ec.generate_private_key(ec.SECP256R1()),
        "other_curve.pem": ec.generate_private_key(ec.SECP384R1()),
        "weak.pem": rsa.generate_private_key(65537, 1024),
    }
    for name, key in keys.items():
        (tmp_path / name).write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (tmp_path / "short").write_text("too short")
    (tmp_path / "secret").write_text("a secret that is long enough\n")
    return tmp_path


def told(settings: Settings, written: Path, *providers: dict[str, Any], env: Any = "production") -> Settings:
    file = written / "providers.json"
    file.write_text(json.dumps({"providers": list(providers)}))
    return msgspec.structs.replace(settings, oidc_providers=file, env=env)


def test_a_provider_is_read_with_its_key_beside_the_file(settings: Settings, written: Path) -> None:
    secret = {**GOOD, "id": "sso", "issuer": "https://sso2.example.vn", "authentication": "client_secret_basic",
              "secret_file": "secret"}  # fmt: skip

    parties = openid.read(told(settings, written, GOOD, secret))

    assert list(parties) == ["vneid", "sso"]
    assert parties["sso"].secret == "a secret that is long enough"
    assert "secret" not in repr(parties["sso"]) and "long enough" not in repr(parties)


def test_without_a_file_there_are_no_providers(settings: Settings) -> None:
    assert openid.read(settings) == {}


@pytest.mark.parametrize("differs", [
    {"issuer": "http://sso.example.vn"}, {"issuer": "https://user:pass@sso.example.vn"}, {"issuer": "sso.example.vn"},
    {"issuer": "https://sso.example.vn?a=b"}, {"issuer": "https://[sso.example.vn"},
    {"redirect_uri": "http://app.example.vn"}, {"redirect_uri": "app"}, {"redirect_uri": "https://app.example.vn#x"},
    {"key_file": None}, {"key_file": "missing.pem"}, {"key_file": "secret"}, {"key_file": "weak.pem"},
    {"key_file": "other_curve.pem"}, {"authentication": "client_secret_post"},
    {"authentication": "client_secret_post", "secret_file": "short"}, {"authentication": "none"},
    {"algorithms": []}, {"algorithms": ["HS256"]}, {"algorithms": ["none"]}, {"scopes": ["profile"]},
    {"levels": {"high": 3}}, {"clock_skew": 3600}, {"max_age": -1}, {"id": "VNeID"}, {"id": "a\n"}, {"secret": "x"},
], ids=str)  # fmt: skip
def test_a_provider_that_would_be_unsafe_stops_the_start(
    settings: Settings, written: Path, differs: dict[str, Any]
) -> None:
    with pytest.raises(BadSettings):
        openid.read(told(settings, written, {**GOOD, **differs}))


@pytest.mark.parametrize("second", [{"id": "other"}, {"issuer": "https://other.example.vn"}])
def test_an_id_or_an_issuer_twice_stops_the_start(settings: Settings, written: Path, second: dict[str, Any]) -> None:
    with pytest.raises(BadSettings, match="twice"):
        openid.read(told(settings, written, GOOD, {**GOOD, **second}))


@pytest.mark.parametrize("content", ["", "[]", '{"providers": 7}', "\udcff"])
def test_a_file_that_is_none_stops_the_start(settings: Settings, tmp_path: Path, content: str) -> None:
    file = tmp_path / "providers.json"
    file.write_bytes(content.encode("utf-8", "surrogateescape"))

    with pytest.raises(BadSettings, match="LONGAN_OIDC_PROVIDERS"):
        openid.read(msgspec.structs.replace(settings, oidc_providers=file))
    with pytest.raises(BadSettings, match="No such file"):
        openid.read(msgspec.structs.replace(settings, oidc_providers=tmp_path / "nowhere.toml"))


def test_plain_http_is_for_development_alone(settings: Settings, written: Path) -> None:
    local = {**GOOD, "issuer": "http://127.0.0.1:8002/identity", "redirect_uri": "http://127.0.0.1:8002/landed"}

    assert openid.read(told(settings, written, local, env="development"))
    with pytest.raises(BadSettings):
        openid.read(told(settings, written, local))


EMULATOR = {"FIREBASE_AUTH_EMULATOR_HOST": "127.0.0.1:9099"}


def test_where_firebase_signs_people_in_its_emulator_stops_the_start_even_in_development(
    settings: Settings, written: Path
) -> None:
    offered = msgspec.structs.replace(settings, firebase_project="p", firebase_credentials=written / "secret")

    check(offered, {})
    check(settings, EMULATOR)
    with pytest.raises(BadSettings, match="unsigned"):
        check(offered, EMULATOR)
    with pytest.raises(BadSettings, match="unsigned"):
        check(msgspec.structs.replace(settings, env="production"), EMULATOR)


@pytest.mark.parametrize("file", [None, Path("/nowhere.json")])
def test_firebase_without_an_account_that_may_ask_stops_the_start(settings: Settings, file: Path | None) -> None:
    with pytest.raises(BadSettings, match="LONGAN_FIREBASE_CREDENTIALS"):
        check(msgspec.structs.replace(settings, firebase_project="p", firebase_credentials=file), {})
