"""Lists with optional filters and several orders, assembled from named pieces of SQL that are each written once.

`where ($1 is null or ...)` would hide every index from the planner; a query of only the pieces in use does not.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from string import Formatter
from typing import Any, TypeVar, get_args, get_type_hints

import asyncpg
import msgspec

from longan.db import many
from longan.errors import FieldError, InvalidRequest
from longan.page import Cursors

P = TypeVar("P")


class Order(msgspec.Struct, frozen=True):
    """`by` the ORDER BY, `after` the keyset condition over `{after_0}`…, `position` the row's columns that make a
    cursor, `kind` their type as a tuple, `needs` the value without which the order means nothing."""

    by: str
    after: str
    position: tuple[str, ...]
    kind: object
    needs: str | None = None


class Listing(msgspec.Struct, frozen=True):
    """`select` holds a place `{name}` for each value, and for each of `columns` the expression that stands there when
    its value is given (the second of the pair) or not (the first); `where` the filters by name."""

    name: str
    select: str
    where: Mapping[str, str]
    orders: Mapping[str, Order]
    columns: Mapping[str, tuple[str, str, str]] = {}

    async def page(
        self, conn: asyncpg.Connection, cursors: Cursors, sort: str, values: dict[str, Any], cursor: str | None,
        limit: int, kind: type[P],
    ) -> P:  # fmt: skip
        """A page (a struct of `items` and `next_cursor`) of what fits `values`; a filter is in use when all values it
        speaks of are given. The cursor is bound to everything but the time.

        Raises `InvalidRequest` for a cursor of another list, or an order whose value is missing.
        """
        order = self.orders[sort]
        if order.needs is not None and order.needs not in values:
            raise InvalidRequest(FieldError("?sort", "needs_both"))
        scope = [self.name, sort, *sorted((name, str(value)) for name, value in values.items() if name != "now")]
        filters = {name for name, condition in self.where.items() if _places(condition) <= values.keys()}
        given = {**values, "limit": limit + 1}
        if cursor is not None:
            position = cursors.read(cursor, scope, order.kind)  # type: ignore[arg-type]
            given |= {f"after_{number}": value for number, value in enumerate(position)}
            filters.add("after")
        sql, names = _assembled(self.name, sort, frozenset(filters), frozenset(values))
        rows = await conn.fetch(sql, *(given[name] for name in names))
        more = len(rows) > limit
        position = [rows[limit - 1][column] for column in order.position] if more else None
        item = get_args(get_type_hints(kind)["items"])[0]
        return kind(many(rows[:limit], item), cursors.write(scope, position) if position else None)  # type: ignore[call-arg]

    def every(self) -> Iterator[str]:
        """The statement with no filter, with each, and with all, in every order: for the test that prepares them."""
        for sort in self.orders:
            for filters in (frozenset(), *(frozenset({name}) for name in self.where), frozenset(self.where)):
                for after in (False, True):
                    yield _assembled(self.name, sort, filters | ({"after"} if after else frozenset()), frozenset("*"))[
                        0
                    ]


LISTINGS: dict[str, Listing] = {}


def listing(made: Listing) -> Listing:
    """Register a listing under its name."""
    LISTINGS[made.name] = made
    return made


@cache
def _places(text: str) -> frozenset[str]:
    return frozenset(place for _, place, _, _ in Formatter().parse(text) if place is not None)


@cache
def _assembled(name: str, sort: str, filters: frozenset[str], given: frozenset[str]) -> tuple[str, tuple[str, ...]]:
    made = LISTINGS[name]
    order = made.orders[sort]
    parts = [made.select, *(f"   and {made.where[f]}" for f in made.where if f in filters)]
    if "after" in filters:
        parts.append(f"   and {order.after}")
    parts.append(f" order by {order.by}\n limit {{limit}}")
    text = "\n".join(parts)
    chosen = {
        column: (with_it if needed in given or given == frozenset("*") else without)
        for column, (needed, without, with_it) in made.columns.items()
    }
    text = _fill(text, chosen)
    names: list[str] = []
    for _, place, _, _ in Formatter().parse(text):
        if place is not None and place not in names:
            names.append(place)
    numbered = {place: f"${number}" for number, place in enumerate(names, 1)}
    return f"-- {name}\n" + text.format_map(numbered), tuple(names)


def _fill(text: str, chosen: Mapping[str, str]) -> str:
    for column, expression in chosen.items():
        text = text.replace(f"{{{column}}}", expression)
    return text
