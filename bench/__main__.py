"""`make bench`: starts everything, measures, prints one table."""

import argparse
import shutil
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from bench import machine, servers
from bench.contest import Contest, pgbench
from bench.data import POSTINGS
from bench.limit import CONNECTIONS as POOL
from bench.load import CONNECTIONS, Failed
from bench.rows import ROWS, Figures
from bench.table import aims, placed, refusals, render
from longan.devkit.placing import make_data_dir
from longan.devkit.processes import CannotStart, hold
from longan.devkit.terminal import Terminal

HOME = Path(".longan")
PAGE = Path("docs/benchmarks.md")
BEGIN, END = "<!-- table -->", "<!-- end of table -->"
COMMAND = "python -m bench"


def main(arguments: list[str]) -> int:
    """0 when everything was measured, whether or not the aims were met."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.write and given.only:
        parser.error("--write needs every row: leave --only out")
    terminal = Terminal()
    if shutil.which("wrk") is None:
        terminal.wrong("wrk is not on the PATH, and it is what drives the servers: apt-get install wrk")
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    rows = [row for row in ROWS if not given.only or row.name in given.only]
    try:
        with hold(make_data_dir(HOME) / "bench.lock", "The benchmark"):
            with terminal.step("The peer's environment"):
                peer = servers.peer_python((HOME / "bench-venv").resolve())
            contest = Contest((HOME / "bench").resolve(), peer, terminal)
            figures = list(contest.run(rows, given.seconds, given.rounds))
        report = _report(figures, " ".join([COMMAND, *arguments]), given.seconds, given.rounds, peer)
    except (Failed, CannotStart) as error:
        terminal.wrong(str(error))
        return 1
    except KeyboardInterrupt:
        return 130
    print(f"\n{report}")
    if given.write:
        PAGE.write_text(placed(PAGE.read_text(), report, BEGIN, END))
        terminal.line("✓", f"{PAGE} holds this table")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--seconds", type=int, default=5, help="how long each run lasts (5)")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each contender, of which medians are taken (3)")
    parser.add_argument("--only", action="append", choices=[row.name for row in ROWS], metavar="ROW",
                        help=f"only this one of {', '.join(row.name for row in ROWS)}; can be repeated")  # fmt: skip
    parser.add_argument("--write", action="store_true", help=f"put the table into {PAGE}")
    return parser


def _report(figures: list[Figures], command: str, seconds: int, rounds: int, peer: Path) -> str:
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    how = (
        f"`{command}`, {day}: {rounds} rounds of {seconds} s, contenders in turn, medians; {POSTINGS:,} postings; "
        f"one worker each, {CONNECTIONS} connections (pgbench: {POOL}, as many as our pool)."
    )
    return "\n".join([
        how, "", *(f"- {line}" for line in [machine.processor(), *machine.versions(peer, pgbench())]), "",
        render(figures), "", *aims(figures), *refusals(figures),
    ])  # fmt: skip


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
