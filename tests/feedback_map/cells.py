"""Where a public point lies, reckoned without the database."""

import math

from longan.floor.feedback.feedback_cells import FINEST, GRID, cell_of


def gathered(number: int) -> int:
    """Every second bit of a number, from the last one on."""
    return int("".join(f"{number:b}"[::-1][::2])[::-1] or "0", 2)


def column_and_row(cell: int) -> tuple[int, int]:
    return gathered(cell), gathered(cell >> 1)


def rounded(lat: float, lon: float) -> tuple[int, int]:
    """The public point, in steps of the grid; halves to the even one, as PostgreSQL does."""
    return round(lat * GRID), round(lon * GRID)


def cell_at(lat: float, lon: float, level: int = FINEST) -> int:
    """The cell in which a public point lies, as `feedback.cell` has it."""
    steps_north, steps_east = rounded(lat, lon)
    north = min(max(steps_north / GRID, -85.0), 85.0)
    x = (steps_east / GRID + 180) / 360 * 2**FINEST
    y = (1 - math.asinh(math.tan(math.radians(north))) / math.pi) / 2 * 2**FINEST
    top = 2**FINEST - 1
    return cell_of(min(max(int(x), 0), top), min(max(int(y), 0), top)) >> 2 * (FINEST - level)
