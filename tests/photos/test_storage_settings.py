"""A storage that is named must be named whole; production's must be reached by TLS."""

from pathlib import Path

import pytest

from longan.floor.pictures import object_storage
from longan.floor.setup.settings import BadSettings, read

BASE = {
    "LONGAN_ENV": "development", "LONGAN_DATABASE_URL": "postgresql://x/y", "LONGAN_REDIS_URL": "redis://x",
    "LONGAN_KEYS_DIR": "keys", "LONGAN_PUBLIC_URL": "https://id.example.vn", "LONGAN_PROVINCE_CODE": "80",
}  # fmt: skip


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    (tmp_path / "secret").write_text("0123456789abcdef\n")
    return tmp_path / "secret"


def test_without_an_address_there_is_no_storage() -> None:
    assert object_storage.of(read(BASE)) is None


def test_a_storage_named_whole_is_there(secret: Path) -> None:
    told = {"LONGAN_S3_URL": "http://127.0.0.1:1", "LONGAN_S3_ACCESS_KEY": "a", "LONGAN_S3_SECRET": str(secret)}

    storage = object_storage.of(read(BASE | told))

    assert storage is not None
    assert "0123456789abcdef" not in storage.to_get("pictures/x", 60)


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"LONGAN_S3_SECRET": ""}, "LONGAN_S3_SECRET"),
        ({"LONGAN_S3_SECRET": "/nowhere"}, "LONGAN_S3_SECRET"),
        ({"LONGAN_S3_ACCESS_KEY": ""}, "LONGAN_S3_ACCESS_KEY"),
        ({"LONGAN_S3_URL": "ftp://storage"}, "LONGAN_S3_URL"),
    ],
)
def test_a_storage_named_by_half_stops_the_start(secret: Path, more: dict[str, str], named: str) -> None:
    told = {"LONGAN_S3_URL": "http://127.0.0.1:1", "LONGAN_S3_ACCESS_KEY": "a", "LONGAN_S3_SECRET": str(secret)}

    with pytest.raises(BadSettings, match=named):
        read(BASE | told | more)


def test_production_does_not_send_phones_to_an_address_without_tls(secret: Path) -> None:
    told = {"LONGAN_S3_URL": "http://s3.example.vn", "LONGAN_S3_ACCESS_KEY": "a", "LONGAN_S3_SECRET": str(secret)}

    with pytest.raises(BadSettings, match="LONGAN_S3_URL must be an https"):
        read(BASE | told | {"LONGAN_ENV": "production"})
