"""Lists over very many rows, which cost about the same for common words and rare ones.

With a common word the rows of a page lie among the first of the order's own index; with a rare one all its rows are few
and quickly gathered. Which it is nobody knows before, and a wrong guess reads the whole table. So the first rows of the
order are looked through, and only when they do not fill the page are all matches gathered: those are few then.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg

from longan.floor.base.errors import FieldError, InvalidRequest
from longan.floor.database.db import many
from longan.floor.database.listing import Listing, Order, P, assembled, filled, item, newest, places
from longan.floor.database.page import Cursors

RANKED = 200
"""At most so many of the newest matches are put into the order of relevance; the others follow, the newest first."""

WALK = 4_000
"""Rows of an order's index that are looked through before all matches are gathered: they hold a page of what one row in
two hundred has. Where they fill the first page, the ranked ones are among them."""

FAR = 20_000
"""As WALK, where `frequent` is among the values: one knows that the words are no rare ones, so that all their matches
are very many. The next row of an index lies beside the last one; matches that are gathered lie anywhere."""

NEWEST, RELEVANCE = "newest", "relevance"
FIRST = (datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0))
BEYOND = -1
"""As a rank: older than the ranked ones."""

POSITION = ("rank", "published_at", "id", "oldest_at", "oldest_id")


def relevance(rank: str, at: str, key: str) -> Order:
    """The best first, of the newest matches. The oldest of these is a part of the cursor: what is published meanwhile,
    or closed, moves nothing from one side of it to the other."""
    return Order(
        by=f"{rank} desc, {at} desc, {key} desc",
        after=f"({rank}, {at}, {key}) < ({{after_0}}::int, {{after_1}}::timestamptz, {{after_2}}::uuid) "
        f"and ({at}, {key}) >= ({{after_3}}::timestamptz, {{after_4}}::uuid)",
        position=POSITION,
        kind=tuple[int, datetime, UUID, datetime, UUID],
        needs="marked",
    )


class Walked(Listing, frozen=True, kw_only=True):
    """A list of `table`, the one of the alias `alias`, whose rows have a `published_at` and an `id`, and of which
    `always` holds. `select` has places `{rows}`, where the rows come from, and `{oldest}`, after the last column.

    The orders are `newest`, `relevance`, and any others that an index has. `steps` are how many of its rows are looked
    through, where that is not WALK and FAR. `hints` are conditions that follow from others and change nothing of what
    is found, but lead PostgreSQL to an index where all matches are gathered. `bands` of an order are conditions, from
    the narrowest, of which the rows come before all others: `frequent` matches are gathered within them first.
    """

    table: str
    alias: str
    always: str
    steps: Mapping[str, tuple[int, int]] = {}
    hints: Mapping[str, str] = {}
    bands: Mapping[str, Sequence[str]] = {}

    async def page(
        self, conn: asyncpg.Connection, cursors: Cursors, sort: str, values: dict[str, Any], cursor: str | None,
        limit: int, kind: type[P], asked: Mapping[str, object] | None = None,
    ) -> P:  # fmt: skip
        """As `Listing.page`. In the order of relevance the page at which the ranked ones end may be a short one."""
        if sort != RELEVANCE:
            return await super().page(conn, cursors, sort, values, cursor, limit, kind, asked)
        if "marked" not in values:
            raise InvalidRequest(FieldError("?sort", "needs_both"))
        scope, oldest = self.scope(sort, values if asked is None else asked), FIRST
        given, order = values, sort
        if cursor is not None:
            position: tuple[Any, ...] = cursors.read(cursor, scope, self.orders[sort].kind)  # type: ignore[arg-type]
            oldest = position[3:]
            if position[0] == BEYOND:
                given, order = {**values, "after_0": position[1], "after_1": position[2]}, NEWEST
            else:
                given = {**values, **{f"after_{number}": value for number, value in enumerate(position)}}
        sql, names = assembled(self.name, order, frozenset(given), limit + 1)
        rows = await conn.fetch(sql, *(given[name] for name in names))
        found = many(rows[:limit], item(kind))
        if order == NEWEST:
            on = rows[limit - 1] if len(rows) > limit else None
            last = (BEYOND, on["published_at"], on["id"], *oldest) if on else None
        elif len(rows) > limit:
            last = tuple(rows[limit - 1][column] for column in POSITION)
        else:
            oldest = (rows[0]["oldest_at"], rows[0]["oldest_id"]) if rows else oldest
            last = (BEYOND, *oldest, *oldest) if oldest[0] > FIRST[0] else None
        return kind(found, cursors.write(scope, last) if last else None)

    def statement(self, sort: str, given: frozenset[str], limit: int) -> tuple[str, tuple[str, ...]]:
        """As `Listing.statement`."""
        order = self.orders[sort]
        chosen = {
            name: with_it if value in given else without for name, (value, without, with_it) in self.columns.items()
        }
        by, filters = filled(order.by, chosen), self.conditions(given)
        later = [self.with_columns(order.after)] if "after_0" in given else []
        every = [*filters, *self.leading(given)]
        held = ["true"]
        walk = self.steps.get(sort, (WALK, FAR))["frequent" in given]
        bands = self.bands.get(sort, ()) if "frequent" in given else ()
        if sort == RELEVANCE:
            steps = self._ranked_later(filters, every, walk) if later else self._ranked(filters, every, limit, walk)
            oldest = "{after_3}::timestamptz as oldest_at, {after_4}::uuid as oldest_id"
            if not later:
                oldest = f"""coalesce((select o.published_at from oldest o), '{FIRST[0].isoformat()}') as oldest_at,
       coalesce((select o.id from oldest o), '{FIRST[1]}') as oldest_id"""
            held = [*held, *later]
        elif filters:
            steps, oldest = self._first(by, filters, every, later, limit, walk, bands), ""
        else:
            steps, oldest, held = "", "", [self.always, *later]
        rows = f"picked p join {self.table} on {self.alias}.id = p.id" if steps else self.table
        select = self.select.replace("{rows}", rows).replace("{oldest}", f",\n       {oldest}" if oldest else "")
        conditions = f" where {' and '.join(held)}"
        return self.numbered("\n".join(filter(None, [
            steps, filled(select, chosen), conditions, f" order by {by}", f" limit {limit}",
        ])))  # fmt: skip

    def leading(self, given: frozenset[str]) -> list[str]:
        """The hints that are in use when these values are given."""
        return [hint for text in self.hints.values() if places(hint := self.with_columns(text)) <= given]

    def every(self) -> Iterator[str]:
        """As `Listing.every`, and each hint with its filters."""
        yield from super().every()
        texts = [*self.where.values(), *(f"{{{value}}}{with_it}" for value, _, with_it in self.columns.values())]
        filters = frozenset[str]().union(*(places(self.with_columns(text)) for text in texts))
        for hint in self.hints.values():
            for sort in self.orders:
                yield self.statement(sort, filters | places(self.with_columns(hint)), 21)[0]

    def _first(
        self, by: str, filters: list[str], every: list[str], later: list[str], limit: int, walk: int,
        bands: Sequence[str],
    ) -> str:  # fmt: skip
        """The page's rows, in an order that an index has. The rows of a subquery come as it has put them into order;
        to say the order again would be to look through all of them, where the order is one of distance."""
        steps = [
            f"""walked as materialized (
    select {self.alias}.id from ({self._from([self.always, *later])} order by {by} limit {walk}) {self.alias}
     where {" and ".join(filters)} limit {limit})"""
        ]
        names = ["walked"]

        def gathered(*band: str) -> str:
            short = " and ".join(f"(select count(*) from {name}) < {limit}" for name in names)
            return f"""(
    select {self.alias}.id from ({self._from([self.always, *later, *every, *band])} offset 0) {self.alias}
     where {short} order by {by} limit {limit})"""

        for number, band in enumerate(bands):
            steps.append(f"band_{number} as materialized {gathered(band)}")
            names.append(f"band_{number}")
        full = [f"    select s.id from {name} s where (select count(*) from {name}) = {limit}" for name in names]
        picked = "\n     union all\n".join([*full, gathered()])
        return ",\n".join([f"with {steps[0]}", *steps[1:], f"picked as (\n{picked})"])

    def _ranked(self, filters: list[str], every: list[str], limit: int, walk: int) -> str:
        """The rows to put into order for the first page, the newest that fit: of the first rows when these fill it or
        are all there are, else of all."""
        by = newest(f"{self.alias}.published_at", f"{self.alias}.id").by
        key = f"{self.alias}.id, {self.alias}.published_at"
        return f"""with walked as materialized (
    select {key} from ({self._from([self.always])} order by {by} limit {walk}) {self.alias}
     where {" and ".join(filters) or "true"} limit {RANKED}),
enough as materialized (select count(*) >= {limit} as is_so from walked),
picked as materialized (
    select w.id, w.published_at from walked w where (select e.is_so from enough e)
     union all
    (select {key} from ({self._from([self.always, *every])} offset 0) {self.alias}
      where not (select e.is_so from enough e) order by {by} limit {RANKED})),
oldest as materialized (
    select p.published_at, p.id
      from picked p
     where (select count(*) from picked) = {RANKED}
        or (select e.is_so from enough e) and exists ({self._from([self.always])} order by {by} offset {walk} limit 1)
     order by p.published_at, p.id limit 1)"""

    def _ranked_later(self, filters: list[str], every: list[str], walk: int) -> str:
        """The rows to put into order for a later page: those that fit and are not older than the oldest of those of the
        first."""
        by = newest(f"{self.alias}.published_at", f"{self.alias}.id").by
        after = f"({self.alias}.published_at, {self.alias}.id) >= ({{after_3}}::timestamptz, {{after_4}}::uuid)"
        bounds = [self.always, after]
        return f"""with walked as materialized (
    select {self.alias}.id, {" and ".join(filters) or "true"} as fits
      from ({self._from(bounds)} order by {by} limit {walk}) {self.alias}),
seen as materialized (select count(*) < {walk} as every from walked),
picked as (
    select w.id from walked w where w.fits and (select s.every from seen s)
     union all
    (select {self.alias}.id from ({self._from([*bounds, *every])} offset 0) {self.alias}
      where not (select s.every from seen s)))"""

    def _from(self, conditions: list[str]) -> str:
        return f"select {self.alias}.* from {self.table} where {' and '.join(conditions)}"
