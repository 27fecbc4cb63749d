"""`longan dev`, with small processes in the place of the API and the worker: started, killed, mended, gone."""

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from longan.devkit import ports
from longan.devkit.children import News
from longan.devkit.processes import CannotStart

# A server with a worker of its own, as granian has: the worker outlives a server that is killed.
API = """
import http.server, json, os, pathlib, sys, time
pathlib.Path(os.environ["LONGAN_DATA_DIR"], "seen.json").write_text(json.dumps(dict(os.environ)))
print('{"level":"info","event":"quiet"}\\n{"level": "warning", "event": "loud"}', flush=True)
if os.fork() == 0:
    time.sleep(60)
class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/readyz" else 404)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(os.environ["LONGAN_PORT"])), Ready).serve_forever()
"""
IDLE = "import time; time.sleep(60)"
BROKEN = "raise SystemExit('no such table')"
PROGRAM = """
import json, sys, asyncio
from pathlib import Path
from longan.devkit import supervisor
from longan.devkit.children import Child

given = json.loads(sys.argv[1])
settings = supervisor.Development(**{**given["settings"], "data_dir": Path(given["settings"]["data_dir"])})

async def prepare(database_url, keys_dir, embedded, terminal):
    print("PREPARING", embedded, flush=True)
    await asyncio.sleep(given["seconds"])

def children(settings):
    ready = {"api": f"http://127.0.0.1:{settings.port}/readyz"}
    return [Child(name=name, arguments=(sys.executable, "-c", code), ready=ready.get(name, ""))
            for name, code in given["children"]]

greet = lambda settings, terminal: print("GREETED", flush=True)
sys.exit(supervisor.run(settings, greet=greet, children=children, prepare=prepare))
"""


class Started:
    """A `longan dev` in a process of its own."""

    def __init__(
        self,
        data_dir: Path,
        embedded: bool,
        seconds: float,
        ports: list[int],
        terminal: bool,
        children: dict[str, str],
    ) -> None:
        self.ports = ports
        settings = {"data_dir": str(data_dir), "port": ports[0], "metrics_port": ports[1], "devkit_port": ports[2]}
        settings["s3_url"] = "http://elsewhere"
        if not embedded:
            settings |= {"database_url": "postgresql://elsewhere/longan", "redis_url": "redis://elsewhere"}
        given = {"settings": settings, "seconds": seconds, "children": list(children.items())}
        self.data_dir = data_dir
        self.settings = settings
        self.output, theirs = os.openpty() if terminal else os.pipe()
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, json.dumps(given)],
            env={**os.environ, "HTTP_PROXY": "http://127.0.0.1:9"},
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        self.said = ""
        self.seen: set[int] = set()

    def until(self, words: str) -> str:
        """What it has said, once `words` are among it."""
        deadline = time.monotonic() + 15
        while words not in self.said:
            ready, _, _ = select.select([self.output], [], [], deadline - time.monotonic())
            fresh = os.read(self.output, 65536) if ready else b""
            assert fresh, f"{words!r} was never said, but: {self.said}"
            self.said += fresh.decode()
        return self.said

    def descendants(self) -> dict[int, str]:
        """Everything it started: process ids and command lines."""
        parents = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
        found = {self.process.pid}
        while grown := {pid for pid, parent in parents.items() if parent in found} - found:
            found |= grown
        self.seen |= found
        return {pid: Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ") for pid in found if not gone(pid)}

    def pid_of(self, words: str) -> int:
        return min(pid for pid, line in self.descendants().items() if words in line and pid != self.process.pid)

    def nothing_is_left(self) -> None:
        deadline = time.monotonic() + 10
        while left := [pid for pid in self.seen if not gone(pid)]:
            assert time.monotonic() < deadline, f"left behind: {left}"
            time.sleep(0.02)


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def free_ports() -> list[int]:
    tried = [socket.socket() for _ in range(3)]
    for each in tried:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in tried]
    for each in tried:
        each.close()
    return ports


Start = Callable[..., Started]


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    """The folder of all these tests, one after the other: a cluster is made once, and found again."""
    with tempfile.TemporaryDirectory(prefix="longan-test-", ignore_cleanup_errors=True) as folder:
        if os.geteuid() == 0:
            Path(folder).chmod(0o711)
        yield Path(folder) / "data"


@pytest.fixture
def start(data_dir: Path) -> Iterator[Start]:
    """Starts one; whatever a failed test leaves is killed by its process id."""
    started: list[Started] = []

    def make(
        *, folder: Path = data_dir, embedded: bool = False, seconds: float = 0, ports: list[int] | None = None,
        terminal: bool = False, **children: str,
    ) -> Started:  # fmt: skip
        started.append(Started(folder, embedded, seconds, ports or free_ports(), terminal, children))
        return started[-1]

    yield make
    for each in started:
        each.descendants()
        for pid in each.seen:
            if not gone(pid):
                os.kill(pid, signal.SIGKILL)
        each.process.wait()
        with contextlib.suppress(OSError):
            os.close(each.output)


def test_it_starts_all_mends_what_is_killed_and_leaves_nothing_behind(start: Start) -> None:
    dev = start(embedded=True, worker=IDLE, api=API)
    dev.until("loud")
    assert "GREETED" in dev.said and "quiet" not in dev.said
    api, worker = dev.pid_of("HTTPServer"), dev.pid_of(IDLE)
    postgres, valkey = dev.pid_of("bin/postgres"), dev.pid_of("valkey-server")
    seen = json.loads((dev.data_dir / "seen.json").read_text())
    assert seen["LONGAN_ENV"] == "development"
    assert seen["LONGAN_DATABASE_URL"] == f"postgresql://longan@/longan?host={dev.data_dir}/postgres&port=5432"
    assert seen["LONGAN_REDIS_URL"] == f"unix://{dev.data_dir}/valkey/valkey.sock"
    assert seen["LONGAN_KEYS_DIR"] == f"{dev.data_dir}/keys"
    assert "HTTP_PROXY" not in seen

    for pid in (api, worker, postgres, valkey):
        os.kill(pid, signal.SIGKILL)
    for words in ("api ended by SIGKILL", "worker ended by SIGKILL", "PostgreSQL has ended", "Valkey has ended",
                  "api started again", "worker started again"):  # fmt: skip
        dev.until(words)
    now = {dev.pid_of("HTTPServer"), dev.pid_of(IDLE), dev.pid_of("bin/postgres"), dev.pid_of("valkey-server")}
    dev.process.terminate()

    dev.until("Everything has stopped")
    assert dev.process.wait(15) == 0
    assert len(now) == 4 and not now & {api, worker, postgres, valkey}
    dev.nothing_is_left()
    assert (dev.data_dir / "dev.lock").read_text() == ""


def test_killed_itself_it_leaves_nothing_behind_not_even_grandchildren(start: Start) -> None:
    dev = start(worker=IDLE, api=API)
    dev.until("GREETED")
    assert len(dev.descendants()) == 5  # itself, the keeper, the worker, the API and what it forked

    dev.process.kill()

    dev.process.wait()
    dev.nothing_is_left()
    assert (dev.data_dir / "dev.lock").read_text() == str(dev.process.pid)


def test_after_a_kill_it_waits_for_what_still_has_its_ports(start: Start, tmp_path: Path) -> None:
    lock = tmp_path / "dev.lock"
    lock.write_text("4194304")  # what a killed one leaves
    left_behind = socket.socket()
    left_behind.bind(("127.0.0.1", 0))

    dev = start(folder=tmp_path, ports=[left_behind.getsockname()[1], *free_ports()[1:]], api=API)
    while lock.read_text() != str(dev.process.pid):
        assert dev.process.poll() is None
        time.sleep(0.02)
    time.sleep(0.2)
    left_behind.close()

    assert "The end of what a killed start left behind" in dev.until("GREETED")


def test_without_a_kill_a_taken_port_is_told_at_once(start: Start, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))

        dev = start(folder=tmp_path, ports=[*free_ports()[:2], taken.getsockname()[1]], api=API)

        assert dev.process.wait(5) == 1
        dev.until(f"Port {taken.getsockname()[1]} is taken: set LONGAN_DEVKIT_PORT")


@pytest.mark.parametrize(
    ("spoiled", "said"),
    [
        ("dev.lock", "dev.lock cannot be written (Is a directory): set LONGAN_DATA_DIR"),
        ("log/api.log", "log/api.log: Is a directory. Put that right, or set LONGAN_DATA_DIR"),
    ],
)
def test_a_folder_that_cannot_be_written_is_told_in_a_sentence(
    start: Start, tmp_path: Path, spoiled: str, said: str
) -> None:
    (tmp_path / spoiled).mkdir(parents=True)

    dev = start(folder=tmp_path, api=API)

    assert dev.process.wait(15) == 1
    assert said in dev.until("LONGAN_DATA_DIR")
    assert "Traceback" not in dev.said
    dev.nothing_is_left()


def test_credentials_that_are_spoiled_are_named_and_left_alone(start: Start, tmp_path: Path) -> None:
    (tmp_path / "fcm.json").write_text("")

    dev = start(folder=tmp_path, api=API)

    assert dev.process.wait(15) == 1
    assert "fcm.json is not a service account's JSON file: move it away" in dev.until("new one")
    assert (tmp_path / "fcm.json").read_text() == ""


def test_a_second_one_in_the_folder_is_refused_and_ctrl_c_while_the_first_prepares_stops_it(start: Start) -> None:
    first = start(embedded=True, seconds=60, api=API)
    first.until("PREPARING")
    first.descendants()
    second = start()

    assert second.process.wait(15) == 1
    assert f"`longan dev` already runs in {first.data_dir} (process {first.process.pid})" in second.until("already")
    first.process.send_signal(signal.SIGINT)

    assert first.process.wait(15) == 0
    first.nothing_is_left()


def test_two_signals_while_a_child_is_not_ready_yet_stop_it_in_order(start: Start) -> None:
    dev = start(api=IDLE)
    dev.until("PREPARING")
    while not any(IDLE in line and pid != dev.process.pid for pid, line in dev.descendants().items()):
        time.sleep(0.02)

    dev.process.send_signal(signal.SIGHUP)
    dev.process.send_signal(signal.SIGINT)

    assert dev.process.wait(15) == 0
    dev.nothing_is_left()


def test_it_ends_with_its_terminal_though_no_signal_tells(start: Start, tmp_path: Path) -> None:
    dev = start(folder=tmp_path, terminal=True, worker=IDLE, api=API)
    dev.until("GREETED")
    dev.descendants()

    os.close(dev.output)

    dev.process.wait(15)
    dev.nothing_is_left()


def test_a_child_that_does_not_start_ends_it_with_the_end_of_its_log(start: Start) -> None:
    dev = start(worker=IDLE, api=BROKEN)

    assert dev.process.wait(15) == 1

    assert "api ended with code 1" in dev.until("no such table")
    dev.nothing_is_left()


@pytest.mark.parametrize("variable", ["LONGAN_PORT", "LONGAN_METRICS_PORT", "LONGAN_DEVKIT_PORT"])
def test_a_port_that_cannot_be_used_is_named_with_its_setting(variable: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        fine = dict(zip(("LONGAN_PORT", "LONGAN_METRICS_PORT", "LONGAN_DEVKIT_PORT"), free_ports(), strict=True))
        other = fine["LONGAN_DEVKIT_PORT" if variable == "LONGAN_PORT" else "LONGAN_PORT"]
        ports.check(fine)
        with pytest.raises(ports.Taken, match=f"Port {port} is taken: set {variable} to another one.$"):
            ports.check(fine | {variable: port})
    with pytest.raises(CannotStart, match=f"{variable} is 70000"):
        ports.check(fine | {variable: 70_000})
    with pytest.raises(CannotStart, match="are both"):
        ports.check(fine | {variable: other})


def test_of_several_taken_ports_each_is_named() -> None:
    with socket.socket() as one, socket.socket() as two:
        for each in (one, two):
            each.bind(("127.0.0.1", 0))

        with pytest.raises(ports.Taken, match=r"set LONGAN_PORT to .* set LONGAN_DEVKIT_PORT to"):
            ports.check({"LONGAN_PORT": one.getsockname()[1], "LONGAN_DEVKIT_PORT": two.getsockname()[1]})


def test_only_warnings_and_worse_are_news_and_a_traceback_stays_whole(tmp_path: Path) -> None:
    log = tmp_path / "api.log"
    news = News(log)
    assert news.read() == []

    log.write_text(
        '[INFO] Starting granian\n{"level":"debug","event":"a"}\n[WARNING] slow\n{"level": "error", "event": "b"}\n'
        '{"event":"c","level":"info"}\nTraceback (most recent call last):\n  File "x"\nValueError: y\nINFO:z:w\nERR'
    )

    assert news.read() == ["[WARNING] slow", '{"level": "error", "event": "b"}', "Traceback (most recent call last):",
                           '  File "x"', "ValueError: y"]  # fmt: skip
    with log.open("a") as file:
        file.write("OR:z:half a line\n")
    assert news.read() == ["ERROR:z:half a line"]
