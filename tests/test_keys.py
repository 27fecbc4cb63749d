"""Keys: made once, told apart by purpose and id, refused when weak."""

from pathlib import Path

import pytest

from longan.floor.setup import keys
from longan.floor.setup.settings import BadSettings


def test_keys_are_made_once_and_for_their_owner_alone(tmp_path: Path) -> None:
    keys.ensure(tmp_path / "keys")
    before = {file.name: file.read_bytes() for file in (tmp_path / "keys").iterdir()}

    keys.ensure(tmp_path / "keys")

    assert {file.name: file.read_bytes() for file in (tmp_path / "keys").iterdir()} == before
    assert {oct(file.stat().st_mode & 0o777) for file in (tmp_path / "keys").iterdir()} == {"0o600"}
    assert len(set(before.values())) == len(keys.AUDIENCES) + len(keys.SECRETS)


def test_the_tenth_key_is_newer_than_the_ninth(tmp_path: Path) -> None:
    keys.ensure(tmp_path)
    for number in (9, 10):
        (tmp_path / f"cursor.{number}.key").write_text(f"{number:02d}" + "0123456789abcdef" * 4)

    loaded = keys.load(tmp_path)

    assert loaded.newest("cursor").hex().startswith("10")
    assert set(loaded.secrets["cursor"]) == {"1", "9", "10"}


def test_a_second_index_key_is_refused_because_nothing_filed_under_the_first_would_be_found(tmp_path: Path) -> None:
    keys.ensure(tmp_path)
    (tmp_path / "phone-index.2.key").write_text("0123456789abcdef" * 4)

    with pytest.raises(BadSettings, match="two keys for 'phone-index'"):
        keys.load(tmp_path)


def test_keys_do_not_show_themselves(tmp_path: Path) -> None:
    keys.ensure(tmp_path)

    assert repr(keys.load(tmp_path)) == "Keys(…)"
