"""Lists with optional filters and several orders, assembled from named pieces of SQL that are each written once.

`where ($1 is null or ...)` would hide every index from the planner; a query of only the pieces in use does not. For the
same reason the limit stands in it as a number: a plan for any limit is a plan for a tenth of the table.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from string import Formatter
from typing import Any, TypeVar, get_args, get_type_hints
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.base.errors import FieldError, InvalidRequest
from longan.floor.database.db import many
from longan.floor.database.page import Cursors

P = TypeVar("P", bound=msgspec.Struct)
L = TypeVar("L", bound="Listing")


class Order(msgspec.Struct, frozen=True):
    """`by` the ORDER BY, `after` the keyset condition over `{after_0}`…, `position` the row's columns that make a
    cursor, `kind` their type as a tuple, `needs` the value without which the order means nothing."""

    by: str
    after: str
    position: tuple[str, ...]
    kind: object
    needs: str | None = None


def newest(at: str, key: str) -> Order:
    """The latest first; `key` is a UUID, for those of one moment. Both are columns as `alias.name`."""
    return Order(
        by=f"{at} desc, {key} desc",
        after=f"({at}, {key}) < ({{after_0}}, {{after_1}})",
        position=(at.rpartition(".")[2], key.rpartition(".")[2]),
        kind=tuple[datetime, UUID],
    )


def oldest(at: str, key: str) -> Order:
    """As `newest`, the other way round: for queues."""
    latest = newest(at, key)
    return msgspec.structs.replace(latest, by=f"{at}, {key}", after=latest.after.replace("<", ">"))


class Listing(msgspec.Struct, frozen=True):
    """`select` (up to its WHERE) holds a place `{name}` for each value, `where` the filters by name.

    `columns` are expressions that stand for `{name}` in any piece: the value on which each depends, what it is without
    that value, and what with it.
    """

    name: str
    select: str
    where: Mapping[str, str]
    orders: Mapping[str, Order]
    columns: Mapping[str, tuple[str, str, str]] = {}

    async def page(
        self, conn: asyncpg.Connection, cursors: Cursors, sort: str, values: dict[str, Any], cursor: str | None,
        limit: int, kind: type[P], asked: Mapping[str, object] | None = None,
    ) -> P:  # fmt: skip
        """A page (a struct of `items` and `next_cursor`) of what fits `values`; a filter is in use when all values it
        speaks of are given. The cursor is bound to what was asked, everything but the time: `asked` where the values
        are made from it, and may be others tomorrow, else the values.

        Raises `InvalidRequest` for a cursor of another list, or an order whose value is missing.
        """
        order = self.orders[sort]
        if order.needs is not None and order.needs not in values:
            raise InvalidRequest(FieldError("?sort", "needs_both"))
        scope = self.scope(sort, values if asked is None else asked)
        given = values
        if cursor is not None:
            position: tuple[Any, ...] = cursors.read(cursor, scope, order.kind)  # type: ignore[arg-type]
            given = {**values, **{f"after_{number}": value for number, value in enumerate(position)}}
        sql, names = assembled(self.name, sort, frozenset(given), limit + 1)
        rows = await conn.fetch(sql, *(given[name] for name in names))
        more = len(rows) > limit
        last = cursors.write(scope, [rows[limit - 1][column] for column in order.position]) if more else None
        return kind(many(rows[:limit], item(kind)), last)

    def scope(self, sort: str, asked: Mapping[str, object]) -> list[object]:
        """What a cursor is bound to."""
        return [self.name, sort, *sorted((name, str(value)) for name, value in asked.items() if name != "now")]

    def statement(self, sort: str, given: frozenset[str], limit: int) -> tuple[str, tuple[str, ...]]:
        """The SQL when these values are given, and their order as its parameters."""
        order = self.orders[sort]
        chosen = {
            name: with_it if value in given else without for name, (value, without, with_it) in self.columns.items()
        }
        parts = [filled(self.select, chosen), *(f"   and {each}" for each in self.conditions(given, order.after))]
        return self.numbered("\n".join([*parts, f" order by {filled(order.by, chosen)}", f" limit {limit}"]))

    def conditions(self, given: frozenset[str], *more: str) -> list[str]:
        """Those that are in use when these values are given, with the columns of which they speak."""
        every = [self.with_columns(condition) for condition in (*self.where.values(), *more)]
        return [each for each in every if places(each) <= given]

    def numbered(self, text: str) -> tuple[str, tuple[str, ...]]:
        """The statement with its parameters in the place of their names, and the names in their order."""
        names = tuple(dict.fromkeys(places_in_order(text)))
        return f"-- {self.name}\n" + text.format_map({name: f"${n}" for n, name in enumerate(names, 1)}), names

    def every(self) -> Iterator[str]:
        """The statement with no filter, with each, and with all, in every order, as the first page and as a later one:
        for the test that prepares them."""
        base = places(filled(self.select, {name: without for name, (_, without, _) in self.columns.items()}))
        filters = [places(self.with_columns(condition)) for condition in self.where.values()]
        filters += [frozenset({value}) | places(with_it) for value, _, with_it in self.columns.values()]
        for sort, order in self.orders.items():
            after = places(self.with_columns(order.after))
            needed = base | (places(self.with_columns(order.by)) if order.needs else frozenset())
            for values in {frozenset(), *filters, frozenset().union(*filters)}:
                given = needed | values
                yield self.statement(sort, given, 21)[0]
                yield self.statement(sort, given | after, 21)[0]

    def with_columns(self, text: str) -> str:
        """The text with the columns as they are when their values are given."""
        return filled(text, {name: with_it for name, (_, _, with_it) in self.columns.items()})


LISTINGS: dict[str, Listing] = {}


def listing(made: L) -> L:
    """Register a listing under its name."""
    LISTINGS[made.name] = made
    return made


@cache
def item(page: type[Any]) -> type[Any]:
    """What a page is made of."""
    return get_args(get_type_hints(page)["items"])[0]  # type: ignore[no-any-return]


@cache
def assembled(name: str, sort: str, given: frozenset[str], limit: int) -> tuple[str, tuple[str, ...]]:
    return LISTINGS[name].statement(sort, given, limit)


def places_in_order(text: str) -> Iterator[str]:
    return (place for _, place, _, _ in Formatter().parse(text) if place is not None)


def places(text: str) -> frozenset[str]:
    return frozenset(places_in_order(text))


def filled(text: str, chosen: Mapping[str, str]) -> str:
    for name, expression in chosen.items():
        text = text.replace(f"{{{name}}}", expression)
    return text
