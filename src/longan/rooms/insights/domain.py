"""Rules of the room: what of the market may be told without telling of a single employer.

A group is told when it has at least 10 postings, of at least 3 employers: ten postings of one employer would be that
employer. The groups that are too small are told together, as `rest`, because whoever has the total can work them out;
where the rest would itself be too small, the smallest groups join it until it is not. Hence each group that is not told
stands together with another one, and no sum or difference of what is told speaks of fewer than 10 postings or 3
employers (`small_groups` parts them). A median is told where 10 postings of 3 employers have a pay, and rounded, so
that it is nobody's own.
"""

from collections.abc import Sequence

from longan.floor.dossiers.small_groups import apart
from longan.rooms.insights.models import Cell, JobMarket, MarketGroup, Row, Sum, Told

LEAST_POSTINGS = 10
LEAST_EMPLOYERS = 3
ROUNDED_TO = 10_000


def may_tell(cells: Sequence[Cell]) -> bool:
    """Whether these together are enough postings of enough employers."""
    employers = {employer for cell in cells for employer in cell.employers}
    return sum(cell.postings for cell in cells) >= LEAST_POSTINGS and len(employers) >= LEAST_EMPLOYERS


def told(cells: Sequence[Cell]) -> Told:
    """What may be told of a dimension whose groups and total these are."""
    total = next((cell for cell in cells if cell.is_total), None)
    parts = apart([cell for cell in cells if not cell.is_total], may_tell, _size)
    if total is None or parts is None or not may_tell([total]):
        return Told(None, [], None)
    shown, hidden = parts
    shown.sort(key=lambda cell: (-cell.postings, cell.key is None, cell.key))
    rest = Sum(sum(cell.postings for cell in hidden), sum(cell.openings for cell in hidden), None) if hidden else None
    groups_told = [MarketGroup(cell.key, cell.name, cell.postings, cell.openings, median(cell)) for cell in shown]
    return Told(Sum(total.postings, total.openings, median(total)), groups_told, rest)


def _size(cell: Cell) -> tuple[int, str]:
    return cell.postings, cell.key or ""


def median(cell: Cell) -> int | None:
    """The cell's median pay as it may be told."""
    if cell.median_month is None or cell.paid < LEAST_POSTINGS or len(cell.paying) < LEAST_EMPLOYERS:
        return None
    return (cell.median_month + ROUNDED_TO // 2) // ROUNDED_TO * ROUNDED_TO or None


def market(dimension: str, rows: Sequence[Row]) -> JobMarket:
    """The answer, of what was counted last."""
    sums = {row.part: Sum(row.postings, row.openings, row.median_month) for row in rows if row.part != "group"}
    groups = [
        MarketGroup(row.key, row.name, row.postings, row.openings, row.median_month)
        for row in rows
        if row.part == "group"
    ]
    if dimension == "month":
        groups.sort(key=lambda group: group.key or "")
    counted_at = rows[0].counted_at if rows else None
    return JobMarket(dimension, counted_at, sums.get("total"), groups, sums.get("rest"))
