"""The benchmark's pure parts: what it generates, what it reads off the wire, what it prints."""

import ast
import struct
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench import limit, pairs, same
from bench.load import Failed, Measured
from bench.postings import EMPLOYER_COLUMNS, POSTING_COLUMNS, make
from bench.rows import OURS, ROWS, Figures
from bench.table import HEAD, aims, placed, refusals, render
from bench.wire import Reader
from longan.floor.setup import keys
from longan.floor.setup.crypto import Sealed

NOW = datetime(2026, 11, 22, tzinfo=UTC)
ROOT = Path(__file__).parents[2]


def message(kind: bytes, content: bytes) -> bytes:
    return kind + struct.pack("!i", len(content) + 4) + content


def run(rate: float, refused: float = 0.0) -> Measured:
    return Measured(rate, p50=1.0, p99=2.0, server_cost=100.0, database_cost=50.0, memory=90.0, refused=refused)


@pytest.fixture
def figures() -> Figures:
    row = next(row for row in ROWS if row.name == "jobs")
    runs = {OURS: [run(3_000), run(100), run(4_000)], row.limit: [run(10_000)] * 3, "FastAPI": [run(500, 0.001)] * 3}
    return Figures(row, runs, {OURS: 1.0, "FastAPI": 3.0})


def test_the_same_seed_makes_the_same_postings(keys_dir):
    numbers = Sealed(keys.load(keys_dir), "number")

    made, again = make(60, NOW, numbers, {}), make(60, NOW, numbers, {})

    assert made == again
    assert len(made.postings) == 60
    assert {len(row) for row in made.postings} == {len(POSTING_COLUMNS)}
    assert {len(row) for row in made.employers} == {len(EMPLOYER_COLUMNS)}


def test_generated_postings_are_open_and_oldest_first(keys_dir):
    made = make(60, NOW, Sealed(keys.load(keys_dir), "number"), {})

    published = [row[POSTING_COLUMNS.index("published_at")] for row in made.postings]

    assert published == sorted(published)
    assert all(moment < NOW < row[POSTING_COLUMNS.index("expires_at")]
               for moment, row in zip(published, made.postings, strict=True))  # fmt: skip


def test_no_worker_applies_to_a_job_twice():
    numbers = [*range(1_000), *range(pairs.JOBS, pairs.JOBS + 1_000), *range(7 * pairs.JOBS, 7 * pairs.JOBS + 1_000)]

    assert len({pairs.pair(number) for number in numbers}) == len(numbers)
    assert pairs.JOBS % pairs.WORKERS == 0
    assert pairs.RUNS > 100


def test_round_trips_and_statements_are_read_off_the_wire_however_it_is_cut():
    startup = struct.pack("!ii", 8, 80_877_103) + struct.pack("!ii", 8, 196_608)
    sent = startup + b"".join([
        message(b"P", b"one\0select 1\0\0\0"), message(b"D", b"Sone\0"), message(b"H", b""),
        message(b"B", b"\0one\0\0\0"), message(b"E", b"\0\0\0\0\0"), message(b"S", b""),
        message(b"Q", b"COMMIT;\0"),
    ])  # fmt: skip
    asked: list[int] = []
    executed: list[str] = []
    reader = Reader(lambda: asked.append(1), executed.append)

    for position in range(0, len(sent), 3):
        reader.feed(sent[position : position + 3])

    assert len(asked) == 3
    assert executed == ["select 1", "COMMIT;"]


def test_a_script_of_pgbench_fills_in_what_our_server_bound():
    written = limit.script(["BEGIN;", "-- people.me\nselect 1 where $1 = 2", "COMMIT;"])

    assert written.endswith(f"BEGIN;\n-- people.me\nselect 1 where {limit.WORKER} = 2;\nCOMMIT;\n")


def test_a_statement_without_known_values_stops_the_benchmark():
    with pytest.raises(Failed, match=r"people\.other"):
        limit.script(["-- people.other\nselect $1"])


def test_the_table_shows_medians_and_ratios(figures):
    lines = render([figures]).splitlines()

    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert tuple(cells[0]) == HEAD
    assert cells[2][1:3] == ["ours", "3,000"]
    assert cells[3][-2:] == ["0.30", "1.00"]
    assert cells[4][-2:] == ["6.00", "1.00"]
    assert len({len(line) for line in lines}) == 1


def test_an_aim_that_is_missed_is_said(figures):
    said = "\n".join(aims([figures]))

    assert "at least 10 times FastAPI: 6.00, **fell short**" in said
    assert "at most 150 MB: 90 MB, met" in said


def test_refused_requests_are_said(figures):
    assert refusals([figures]) == ["- first page of jobs, uncached: FastAPI refused 0.10% of a run's requests"]


def test_the_table_goes_between_its_marks():
    assert placed("a\n<!-- b -->\nold\n<!-- e -->\nz", "new", "<!-- b -->", "<!-- e -->") == (
        "a\n<!-- b -->\n\nnew\n\n<!-- e -->\nz"
    )


def test_answers_are_equal_but_for_how_they_are_written():
    mine = {"items": [{"at": "2026-11-22T01:02:03.120000Z"}], "next_cursor": "abc"}
    other = {"items": [{"at": "2026-11-22T01:02:03.12+00:00"}], "next_cursor": "xyz"}

    assert same.normal(mine) == same.normal(other)
    assert same.normal(mine) != same.normal({**other, "next_cursor": None})


def test_the_server_is_started_as_longan_api_is():
    """What `longan.cli.api` tells granian, but for what one worker under a benchmark must not do."""

    def told(file: Path) -> dict[str, str]:
        calls = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)]
        found = next(call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Granian")
        return {word.arg or "": ast.unparse(word.value) for word in found.keywords}

    ours, benched = told(ROOT / "src" / "longan" / "cli.py"), told(ROOT / "bench" / "serve.py")

    other = {"address", "port", "workers", "factory", "respawn_failed_workers", "process_name", "backpressure"}
    assert {name: value for name, value in ours.items() if name not in other} == {
        name: value for name, value in benched.items() if name not in other
    }


def test_the_peer_is_never_imported_by_the_harness():
    assert not [name for name in sys.modules if name.startswith("bench.peer")]
