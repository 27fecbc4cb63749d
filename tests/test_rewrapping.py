"""Keys at rest are rotated while people go on reading, and the old ones may then be thrown away."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from longan.cli import main
from longan.devkit import embedded
from longan.floor.accounts import identity_cases, personal
from longan.floor.accounts.personal import Particulars
from longan.floor.housing_rules import social_housing_cases
from longan.floor.setup import keys, rewrapping
from longan.floor.setup.crypto import PersonKeys, Sealed
from longan.floor.setup.rewrapping import TARGETS
from longan.rooms.assurance import domain
from tests.assurance.conftest import particulars, patiently
from tests.conftest import new_account

SECOND = "fedcba9876543210" * 4
PURPOSES = ("person-wrap", "phone-cipher", "number-cipher")


def nothing(label: str, done: int, total: int) -> None:
    """Nobody listens."""


@pytest.fixture
def second(keys_dir: Path, tmp_path: Path) -> Path:
    """The keys of all tests in a directory of its own, and a second one for each that seals."""
    for file in keys_dir.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    for purpose in PURPOSES:
        (tmp_path / f"{purpose}.2.key").write_text(SECOND)
    return tmp_path


async def test_every_sealed_column_is_known(conn: asyncpg.Connection) -> None:
    """What is forgotten here would be unreadable once the old key is gone."""
    rows = await conn.fetch(
        """select table_schema || '.' || table_name || '.' || column_name from information_schema.columns
            where data_type = 'bytea' and (column_name like '%cipher' or column_name like '%sealed%')"""
    )

    # What the data key of a person seals stays as it is: of that key only the wrapping is made anew.
    of_persons = {social_housing_cases.PLACE}
    assert {row[0] for row in rows} == {target.column for target in TARGETS} | of_persons


async def test_everything_is_brought_over_and_the_old_keys_are_of_no_use(
    conn: asyncpg.Connection, second: Path, app: Any, keys_dir: Path
) -> None:
    old, new = keys.load(keys_dir), keys.load(second)
    account = await new_account(conn, app)
    key = await personal.key_for(conn, PersonKeys(old), account, app.app.state.clock())
    sealed = key.seal("080090012345", "assurance.cases.number", account)
    claims = uuid4()
    await conn.execute(
        """insert into federation.claims (id, account_id, issuer, acr, sealed, created_at)
           values ($1, $2, 'x', 2, $3, $4)""",
        claims, account, Sealed(old, "number").seal("{}", claims), app.app.state.clock(),
    )  # fmt: skip
    phones = {row["id"]: row["phone_cipher"] for row in await conn.fetch(
        "select id, phone_cipher from identity.accounts where phone_cipher is not null")}  # fmt: skip
    told: list[tuple[str, int, int]] = []

    left = await rewrapping.rewrap(conn, new, lambda *progress: told.append(progress), batch=7)

    assert left == 0
    for purpose in PURPOSES:
        (second / f"{purpose}.1.key").unlink()
    alone = keys.load(second)
    again = await personal.key_of(conn, PersonKeys(alone), account)
    assert again is not None
    assert again.open(sealed, "assurance.cases.number", account) == "080090012345"
    for row in await conn.fetch("select id, phone_cipher from identity.accounts where phone_cipher is not null"):
        before = Sealed(old, "phone").open(phones[row["id"]], row["id"])
        assert Sealed(alone, "phone").open(row["phone_cipher"], row["id"]) == before
    assert (
        Sealed(alone, "number").open(
            await conn.fetchval("select sealed from federation.claims where id = $1", claims), claims
        )
        == "{}"
    )
    steps = [(done, total) for label, done, total in told if label == "identity.accounts.phone_cipher"]
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)
    assert steps[-1] == (len(phones), len(phones))
    assert await rewrapping.rewrap(conn, alone, nothing) == 0


async def test_what_changes_meanwhile_is_not_overwritten(conn: asyncpg.Connection, second: Path, app: Any) -> None:
    """Somebody takes another phone between our reading the row and our writing it."""
    account, phones = await new_account(conn, app), Sealed(keys.load(second), "phone")
    read = await conn.fetchval("select phone_cipher from identity.accounts where id = $1", account)
    theirs = phones.seal("+84911111111", account)
    await conn.execute("update identity.accounts set phone_cipher = $2 where id = $1", account, theirs)

    await conn.execute(
        TARGETS[0].sql(rewrapping.PUT), [account], [read], [phones.seal(phones.open(read, account), account)]
    )

    assert await conn.fetchval("select phone_cipher from identity.accounts where id = $1", account) == theirs


async def test_a_key_that_has_not_begun_is_not_used_yet(
    conn: asyncpg.Connection, keys_dir: Path, tmp_path: Path, app: Any
) -> None:
    for file in keys_dir.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "person-wrap.29991231T000000Z.key").write_text(SECOND)
    account, ring = await new_account(conn, app), keys.load(tmp_path)
    await personal.key_for(conn, PersonKeys(ring), account, app.app.state.clock())

    assert await rewrapping.rewrap(conn, ring, nothing) == 0

    assert await conn.fetchval("select wrap_key from assurance.person_keys where account_id = $1", account) == "1"


async def test_two_hundred_go_on_reading_while_their_keys_are_wrapped_anew(real: Any, second: Path) -> None:
    """SECURITY P2: no answer fails, before, while and after; the running processes learn of the key as it comes."""
    state = real.app.app.state
    persons, now = PersonKeys(state["keys"]), state.clock()
    readers: list[tuple[UUID, dict[str, str]]] = []
    async with real.pool.acquire() as connection:
        for number in range(200):
            account = await new_account(connection, real.app)
            who = Particulars(**{**particulars(f"{number:06d}"), "birth_date": now.date().replace(1990, 3, 15)})
            case = await domain.take_claims(connection, persons, account, who, now)
            assert case is not None
            await identity_cases.confirm(connection, case, "federation", now)
            if number % 20 == 0:
                readers.append((account, await real.bearer(account, acr=2)))
    found = keys.load(second)
    state["keys"].take(found)
    ended = asyncio.Event()
    answers: list[int] = []

    async def read(headers: dict[str, str], number: int) -> None:
        while not ended.is_set():
            answer = await patiently(lambda: real.client.post("/v1/me/identity/reveal", headers=headers))
            answers.append(answer.status_code)
            assert answer.json()["number"] == particulars(f"{number * 20:06d}")["number"]
            await asyncio.sleep(0.05)

    async def wrap() -> int:
        connection = await asyncpg.connect(real.url)
        try:
            await asyncio.sleep(0.2)
            return await rewrapping.rewrap(connection, found, nothing, batch=5)
        finally:
            await connection.close()
            await asyncio.sleep(0.2)
            ended.set()

    left, *_ = await asyncio.gather(wrap(), *(read(headers, n) for n, (_, headers) in enumerate(readers)))

    assert left == 0
    assert set(answers) == {200} and len(answers) > 40
    assert await real.pool.fetchval("select count(*) from assurance.person_keys where wrap_key <> '2'") == 0


def test_the_command_says_what_it_does(real_command: Any, second: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = real_command(second)

    said = capsys.readouterr().out
    assert code == 0
    assert "identity.accounts.phone_cipher: " in said


@pytest.fixture
async def copied(services: Any, template: str) -> Any:
    name = f"rewrap_{uuid4().hex}"
    yield await embedded.create_database(services.database_url, name, template=template)
    await embedded.drop_database(services.database_url, name)


@pytest.fixture
def real_command(copied: str, services: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    def run(directory: Path) -> int:
        for name, value in {
            "ENV": "development", "DATABASE_URL": copied, "REDIS_URL": services.redis_url, "KEYS_DIR": str(directory),
            "PUBLIC_URL": "http://127.0.0.1:8000", "PROVINCE_CODE": "80",
        }.items():  # fmt: skip
            monkeypatch.setenv(f"LONGAN_{name}", value)
        return main(["keys", "rewrap"])

    return run
