"""Keys are rotated while tokens are signed and read, and nobody notices (SECURITY T15)."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longan import cli
from longan.floor.access.tokens import LEEWAY, LIFETIME, InvalidToken, Tokens
from longan.floor.setup import keys
from longan.floor.setup.settings import BadSettings
from longan.rooms.sessions.routes import KEYS_SECONDS

URL = "https://id.test"
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
BEGIN, END = NOW + keys.KNOWN_BEFORE, NOW + keys.KNOWN_BEFORE + keys.RETIRED_AFTER
SECOND = timedelta(seconds=1)


@pytest.fixture
def folder_of_keys(tmp_path: Path) -> Path:
    keys.ensure(tmp_path / "keys")
    return tmp_path / "keys"


def signed(tokens: Tokens, now: datetime) -> tuple[str, str]:
    """A token, and the id of its key."""
    token = tokens.sign(uuid4(), uuid4(), "app", 0, now, now)
    return token, jwt.get_unverified_header(token)["kid"]


def published(tokens: Tokens, now: datetime) -> set[str]:
    return {key["kid"] for key in tokens.jwks(now)["keys"]}


def test_a_new_key_is_published_then_signs_and_the_old_one_goes_when_its_last_token_is_over(
    folder_of_keys: Path,
) -> None:
    (made,) = keys.rotate(folder_of_keys, ["access-app"], NOW)
    tokens = Tokens(keys.load(folder_of_keys), URL)
    new = "app-20261122T094000Z"

    assert made.name == "access-app.20261122T094000Z.pem"
    assert published(tokens, NOW) == {"app-1", new, "official-1"}
    last, by = signed(tokens, BEGIN - SECOND)
    assert (by, signed(tokens, BEGIN)[1]) == ("app-1", new)
    tokens.read(last, BEGIN + LIFETIME + LEEWAY - 2 * SECOND)
    assert published(tokens, END - SECOND) == {"app-1", new, "official-1"}
    assert published(tokens, END) == {new, "official-1"}
    assert signed(tokens, END)[1] == new


def test_a_token_of_a_retired_key_is_nobodys(folder_of_keys: Path) -> None:
    before = keys.load(folder_of_keys)
    keys.rotate(folder_of_keys, ["access-app"], NOW)
    held_by_a_thief = Tokens(before, URL)
    token, by = signed(held_by_a_thief, END)

    with pytest.raises(InvalidToken):
        Tokens(keys.load(folder_of_keys), URL).read(token, END)

    assert by == "app-1"
    Tokens(keys.load(folder_of_keys), URL).read(token, END - SECOND)


MOMENTS = st.integers(0, 2**31).map(lambda at: f"{datetime.fromtimestamp(at, UTC):%Y%m%dT%H%M%SZ}")
IDS = st.one_of(MOMENTS, st.sampled_from(["1", "9", "10", "20270101", "2026-11-22", "a-name-longer-than-a-moment"]))


@given(ring=st.sets(IDS, min_size=1, max_size=6), at=st.integers(0, 2**31), near=st.booleans())
def test_whatever_keys_there_are_the_one_that_signs_outlives_its_tokens(ring: set[str], at: int, near: bool) -> None:
    now = max(keys.begins(key_id) for key_id in ring) - 1 if near else float(at)

    signing = keys.newest_id(ring, now)

    end = keys.retires(ring, signing)
    assert end is None or end > now + (LIFETIME + LEEWAY).total_seconds()
    assert keys.begins(signing) <= now or all(keys.begins(key_id) > now for key_id in ring)


def test_whoever_keeps_our_public_keys_asks_again_before_a_new_one_signs() -> None:
    assert timedelta(seconds=KEYS_SECONDS + keys.LOOK_SECONDS) < keys.KNOWN_BEFORE
    assert LIFETIME + LEEWAY < keys.RETIRED_AFTER


def test_a_key_that_nobody_knows_the_moment_of_retires_none(folder_of_keys: Path) -> None:
    (folder_of_keys / "access-app.2.pem").write_bytes((folder_of_keys / "access-official.1.pem").read_bytes())
    tokens = Tokens(keys.load(folder_of_keys), URL)

    assert published(tokens, NOW) == {"app-1", "app-2", "official-1"}
    assert signed(tokens, NOW)[1] == "app-2"
    assert keys.retire(folder_of_keys, NOW + timedelta(days=9000)) == []


def test_what_is_of_no_use_any_more_is_removed_and_nothing_else(folder_of_keys: Path) -> None:
    keys.rotate(folder_of_keys, ["access-app", "access-official", "cursor"], NOW)
    before = {file.name for file in folder_of_keys.iterdir()}

    assert keys.retire(folder_of_keys, END - SECOND) == []
    gone = {file.name for file in keys.retire(folder_of_keys, END)}

    assert gone == {"access-app.1.pem", "access-official.1.pem"}
    assert {file.name for file in folder_of_keys.iterdir()} == before - gone
    assert keys.retire(folder_of_keys, END + timedelta(days=9000)) == []
    keys.load(folder_of_keys)


@pytest.mark.parametrize(
    ("purposes", "said"),
    [
        (["phone-index"], "cannot be rotated"), (["cursor", "number-index"], "cannot be rotated"),
        (["access"], "no keys for 'access'"), (["../cursor"], "no keys for"), (["cursor", "cursor.1"], "no keys for"),
    ],
)  # fmt: skip
def test_what_cannot_be_rotated_makes_nothing(folder_of_keys: Path, purposes: list[str], said: str) -> None:
    before = sorted(folder_of_keys.iterdir())

    with pytest.raises(BadSettings, match=said):
        keys.rotate(folder_of_keys, purposes, NOW)

    assert sorted(folder_of_keys.iterdir()) == before


def test_a_key_that_waits_is_not_overtaken(folder_of_keys: Path) -> None:
    keys.rotate(folder_of_keys, ["cursor"], NOW)

    with pytest.raises(BadSettings, match="has not begun yet"):
        keys.rotate(folder_of_keys, ["cursor"], BEGIN - SECOND)

    keys.rotate(folder_of_keys, ["cursor"], BEGIN)


def test_the_command_rotates_and_retires(
    folder_of_keys: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LONGAN_KEYS_DIR", str(folder_of_keys))

    codes = [cli.main(words) for words in (
        ["keys", "rotate", "--after", "0"], ["keys", "rotate", "one-time-code"], ["keys", "retire"], ["keys"],
        ["keys", "rotate", "phone-index"], ["keys", "rotates", "cursor"],
    )]  # fmt: skip

    assert codes == [0, 0, 0, 0, 2, 2]
    out, complaint = capsys.readouterr()
    made = [Path(line).name for line in out.splitlines() if "/access-" in line]
    assert sorted({name.split(".")[0] for name in made}) == ["access-app", "access-official"]
    assert {oct(file.stat().st_mode & 0o777) for file in folder_of_keys.iterdir()} == {"0o600"}
    assert {file.stat().st_uid for file in folder_of_keys.iterdir()} == {folder_of_keys.stat().st_uid}
    assert complaint.count("longan keys: ") == 2
    assert signed(Tokens(keys.load(folder_of_keys), URL), datetime.now(UTC))[1] != "app-1"


async def looked(ring: keys.Keys, until: Callable[[], bool]) -> None:
    """As a process does, but oftener."""
    looking = asyncio.create_task(keys.keep_looking(ring, every=0.01))
    async with asyncio.timeout(5):
        while not until():
            await asyncio.sleep(0.01)
    looking.cancel()
    with suppress(asyncio.CancelledError):
        await looking


async def test_a_process_learns_new_keys_and_forgets_removed_ones_while_it_runs(folder_of_keys: Path) -> None:
    ring = keys.load(folder_of_keys)
    tokens = Tokens(ring, URL)
    token, _ = signed(tokens, NOW)
    codes = ring.secrets["one-time-code"]

    keys.rotate(folder_of_keys, ["access-app", "one-time-code"], NOW, timedelta())
    await looked(ring, lambda: ring.version == 1)
    after = signed(tokens, NOW)[1]
    (folder_of_keys / "access-app.1.pem").unlink()
    await looked(ring, lambda: ring.version == 2)

    assert after == "app-20261122T093000Z"
    assert set(codes) == {"1", "20261122T093000Z"}
    assert not tokens.knows("app-1", NOW)
    with pytest.raises(InvalidToken):
        tokens.read(token, NOW)


@pytest.mark.parametrize("harm", ["half a key", "a weak key", "a key of no day", "no key at all", "no directory"])
async def test_a_process_goes_on_with_the_keys_it_has_when_the_directory_is_harmed(
    folder_of_keys: Path, harm: str, caplog: pytest.LogCaptureFixture
) -> None:
    ring = keys.load(folder_of_keys)
    file = folder_of_keys / "access-app.1.pem"
    match harm:
        case "half a key":
            (folder_of_keys / "access-app.2.pem").write_bytes(file.read_bytes()[:100])
        case "a weak key":
            (folder_of_keys / "cursor.2.key").write_text("00" * 32)
        case "a key of no day":
            (folder_of_keys / "cursor.20261322T000000Z.key").write_bytes((folder_of_keys / "cursor.1.key").read_bytes())
        case "no key at all":
            file.unlink()
        case _:
            folder_of_keys.rename(folder_of_keys.with_name("elsewhere"))

    looks = [ring.look() for _ in range(3)]

    assert looks == [None] * 3
    assert "could not be read again" in caplog.text
    assert Tokens(ring, URL).read(signed(Tokens(ring, URL), NOW)[0], NOW)


async def test_a_file_that_is_being_written_is_not_read(folder_of_keys: Path) -> None:
    ring = keys.load(folder_of_keys)
    (folder_of_keys / "access-app.20261122T093000Z.new").write_text("-----BEGIN")

    assert ring.look() is None
    assert keys.load(folder_of_keys).access["app"].keys() == {"1"}


async def test_the_public_keys_hold_nothing_private_and_may_be_kept_for_a_while(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/.well-known/jwks.json")

    assert answer.headers["Cache-Control"] == f"public, max-age={KEYS_SECONDS}"
    for key in answer.json()["keys"]:
        assert set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"}
        assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("EC", "P-256", "ES256", "sig")
