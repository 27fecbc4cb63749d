"""What a person at the terminal sees of `longan dev`."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn

MOST_LINES = 20
# What is done, how much of it, of how much.
Tell = Callable[[str, int, int], None]


class Terminal:
    """Lines and progress bars; without a terminal, lines only."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False, soft_wrap=True)
        self._was_there = self._console.file.isatty()

    @property
    def gone(self) -> bool:
        """Whether it was closed. A signal says so to the first process in it only, and make does not pass that on."""
        return self._was_there and not self._console.file.isatty()

    @contextmanager
    def step(self, title: str) -> Iterator[Tell]:
        """A bar while it lasts, a line when it is done. The step tells how much of how much it has done."""
        began = time.monotonic()
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(),
                   TimeElapsedColumn())  # fmt: skip
        with Progress(
            *columns, console=self._console, transient=True, disable=not self._console.is_terminal
        ) as progress:
            task = progress.add_task(title, total=None)
            yield lambda what, done, total: progress.update(
                task, description=f"{title}: {what}", completed=done, total=total
            )
        self.line("✓", f"{title} [dim]({time.monotonic() - began:.1f} s)[/]")

    def line(self, mark: str, text: str) -> None:
        self._console.print(f" [green]{mark}[/] {text}")

    def warn(self, text: str) -> None:
        self._console.print(f" ! {text}", style="yellow", markup=False)

    def wrong(self, text: str) -> None:
        self._console.print(f" ✗ {text}", style="red", markup=False)

    def log(self, name: str, lines: Sequence[str]) -> None:
        """Lines of a child's log; of a flood only the beginning."""
        for line in lines[:MOST_LINES]:
            self._console.print(f" {name}: {line}", style="yellow", markup=False)
        if len(lines) > MOST_LINES:
            self._console.print(f" {name}: and {len(lines) - MOST_LINES} lines more", style="yellow", markup=False)

    def say(self, text: str) -> None:
        self._console.print(text, markup=False)

    def blank(self) -> None:
        self._console.print()
