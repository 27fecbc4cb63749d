"""The one table, in Markdown: medians of the rounds, ratios, and which aims were met."""

import math
import statistics
from collections.abc import Callable, Sequence

from bench.load import Measured
from bench.rows import MOST_MEMORY, OURS, Figures

HEAD = ("what", "who", "requests/s", "p50 ms", "p99 ms", "CPU µs", "database CPU µs", "memory MB", "round trips",
        "ours to it", "its CPU to ours")  # fmt: skip


def render(figures: Sequence[Figures]) -> str:
    """The table, its columns in line for people who read it at a terminal."""
    lines = [list(HEAD), *(line for found in figures for line in _lines(found))]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    written = [
        "| " + " | ".join(
            cell.ljust(width) if column < 2 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ) + " |"
        for line in lines
    ]  # fmt: skip
    rule = "|" + "|".join("-" * (width + 1) + ("-" if column < 2 else ":") for column, width in enumerate(widths)) + "|"
    return "\n".join([written[0], rule, *written[1:]])


def _lines(figures: Figures) -> list[list[str]]:
    found = []
    for who in figures.row.contenders:
        runs = figures.runs[who]
        trips = figures.round_trips.get(who)
        found.append([
            figures.row.title if who == OURS else "",
            who,
            f"{rate(figures, who):,.0f}",
            f"{_median(runs, lambda run: run.p50):.2f}",
            f"{_median(runs, lambda run: run.p99):.2f}",
            _number(_median(runs, lambda run: run.server_cost)),
            _number(_median(runs, lambda run: run.database_cost)),
            _number(_median(runs, lambda run: run.memory)),
            "–" if trips is None else f"{trips:.2f}",
            "" if who == OURS else f"{ratio(figures, who):.2f}",
            "" if who == OURS else _number(_cost(figures, who) / _cost(figures, OURS), 2),
        ])  # fmt: skip
    return found


def rate(figures: Figures, who: str) -> float:
    """The median of requests per second."""
    return statistics.median(run.rate for run in figures.runs[who])


def ratio(figures: Figures, who: str) -> float:
    """How many times as many requests per second as `who` ours answers."""
    return rate(figures, OURS) / rate(figures, who)


def _cost(figures: Figures, who: str) -> float:
    return _median(figures.runs[who], lambda run: run.server_cost)


def aims(figures: Sequence[Figures]) -> list[str]:
    """A line for every aim: what was wanted, what was reached, and whether that is enough."""
    said = []
    for found in figures:
        row = found.row
        for who, least in ((row.limit, row.least_of_limit), (row.contenders[-1], row.least_of_peer)):
            if least is not None:
                reached = ratio(found, who)
                said.append(_aim(f"{row.title}: at least {least:g} times {who}", f"{reached:.2f}", reached >= least))
    memory = max((run.memory or 0.0 for found in figures for run in found.runs[OURS]), default=0.0)
    said.append(_aim(f"the API's worker: at most {MOST_MEMORY:.0f} MB", f"{memory:.0f} MB", memory <= MOST_MEMORY))
    return said


def refusals(figures: Sequence[Figures]) -> list[str]:
    """A line for every contender that could not answer everything."""
    return [
        f"- {found.row.title}: {who} refused {most:.2%} of a run's requests"
        for found in figures
        for who in found.row.contenders
        if (most := max(run.refused for run in found.runs[who]))
    ]


def _aim(wanted: str, reached: str, met: bool) -> str:
    return f"- {wanted}: {reached}, {'met' if met else '**fell short**'}"


def _median(runs: Sequence[Measured], of: Callable[[Measured], float | None]) -> float:
    """The median, or not a number where nothing is measured."""
    values = [value for value in map(of, runs) if value is not None]
    return statistics.median(values) if values else float("nan")


def _number(value: float, digits: int = 0) -> str:
    return "–" if math.isnan(value) else f"{value:,.{digits}f}"


def placed(page: str, report: str, begin: str, end: str) -> str:
    """The page with `report` between its two marks."""
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(end)
    if not rest or end not in rest:
        raise ValueError(f"the page has no marks {begin} and {end}")
    return f"{before}{begin}\n\n{report.strip()}\n\n{end}{after}"
