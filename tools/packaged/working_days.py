"""The days off of the state and its working Saturdays; the statuses of a dossier and what they do to its clock."""

from collections.abc import Iterator
from datetime import date

from .files import Row, line

HOLIDAYS_HEADER = ("day", "name", "kind", "status")
STATUSES_HEADER = ("valid_from", "code", "key", "name", "clock", "next", "note")

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
# The day the national portal opened; from when on the list itself holds is written nowhere that was found.
STATUSES_VALID_FROM = "2019-12-09"
CLOCKS = {"new": "not_begun", "open": "running", "waiting_citizen": "stopped", "done": "ended", "closed": "ended"}


def holidays(rows: list[Row]) -> Iterator[tuple[str, ...]]:
    """Raises `ValueError` for a row whose weekday is not that of its day."""
    for row in rows:
        if WEEKDAYS[date.fromisoformat(row["date"]).weekday()] != row["weekday"]:
            raise ValueError(f"{row['date']} is no {row['weekday']}")
        yield row["date"], line(row["name"]), row["kind"], row["status"]


def statuses(rows: list[Row]) -> Iterator[tuple[str, ...]]:
    """Raises `ValueError` where the column `clock_runs` does not fit the group."""
    for row in rows:
        clock = CLOCKS[row["group"]]
        if (clock == "running") != (row["clock_runs"] == "1"):
            raise ValueError(f"the clock of status {row['code']}")
        yield (
            STATUSES_VALID_FROM, row["code"], row["key"], line(row["name"]), clock, row["usual_next"],
            line(row["note"]),
        )  # fmt: skip
