"""Lists with optional filters: what is asked is what is in the statement, and pages neither skip nor repeat."""

from pathlib import Path

import asyncpg
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from longan.floor.base.errors import InvalidRequest
from longan.floor.database.listing import Listing, Order, listing
from longan.floor.database.page import Cursors
from longan.floor.setup import keys


class Number(msgspec.Struct):
    n: int
    third: int
    far: int | None


class Numbers(msgspec.Struct):
    items: list[Number]
    next_cursor: str | None


NUMBERS = listing(
    Listing(
        name="tests.numbers",
        select="""select n, n % 3 as third, {far} as far
  from generate_series(1, 25) n
 where n > {floor}""",
        columns={"far": ("centre", "null::int", "abs(n - {centre}::int)")},
        where={"most": "n <= {most}", "odd": "n % 2 = {odd}", "reach": "{far} <= {reach}"},
        orders={
            "up": Order(by="n", after="n > {after_0}", position=("n",), kind=tuple[int]),
            "thirds": Order(
                by="n % 3 desc, n desc",
                after="(n % 3, n) < ({after_0}, {after_1})",
                position=("third", "n"),
                kind=tuple[int, int],
            ),
            "near": Order(
                by="{far}, n",
                after="({far}, n) > ({after_0}, {after_1})",
                position=("far", "n"),
                kind=tuple[int, int],
                needs="centre",
            ),
        },
    )
)


@pytest.fixture(scope="session")
def cursors(keys_dir: Path) -> Cursors:
    return Cursors(keys.load(keys_dir))


async def all_pages(
    conn: asyncpg.Connection, cursors: Cursors, sort: str, values: dict[str, int], limit: int
) -> list[int]:
    found: list[int] = []
    cursor = None
    while True:
        page = await NUMBERS.page(conn, cursors, sort, {"floor": 0, **values}, cursor, limit, Numbers)
        assert len(page.items) <= limit
        found += [item.n for item in page.items]
        if (cursor := page.next_cursor) is None:
            return found


def expected(sort: str, values: dict[str, int]) -> list[int]:
    centre = values.get("centre", 0)
    fitting = [
        n
        for n in range(1, 26)
        if n <= values.get("most", 25)
        and ("odd" not in values or n % 2 == values["odd"])
        and ("reach" not in values or "centre" not in values or abs(n - centre) <= values["reach"])
    ]
    orders = {"up": lambda n: (n,), "thirds": lambda n: (-(n % 3), -n), "near": lambda n: (abs(n - centre), n)}
    return sorted(fitting, key=orders[sort])


VALUES = st.fixed_dictionaries(
    {},
    optional={
        "most": st.integers(0, 30), "odd": st.integers(0, 1), "centre": st.integers(1, 25), "reach": st.integers(0, 9),
    },
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(sort=st.sampled_from(["up", "thirds", "near"]), values=VALUES, limit=st.integers(1, 30))
async def test_the_pages_together_are_what_fits_each_once_and_in_order(
    conn: asyncpg.Connection, cursors: Cursors, sort: str, values: dict[str, int], limit: int
) -> None:
    if sort == "near":
        values = {"centre": 12, **values}

    found = await all_pages(conn, cursors, sort, values, limit)

    assert found == expected(sort, values)


def test_a_filter_stands_in_the_statement_only_when_all_it_speaks_of_is_given() -> None:
    plain, _ = NUMBERS.statement("up", frozenset({"floor"}), 21)
    half, _ = NUMBERS.statement("up", frozenset({"floor", "reach"}), 21)
    full, names = NUMBERS.statement("up", frozenset({"floor", "reach", "centre"}), 21)

    assert "<=" not in plain
    assert "null::int as far" in plain
    assert half == plain
    assert "abs(n - $1::int) <= $3" in full
    assert names == ("centre", "floor", "reach")


def test_the_limit_is_a_number_in_the_statement_so_that_a_kept_plan_knows_it() -> None:
    statement, names = NUMBERS.statement("up", frozenset({"floor"}), 21)

    assert statement.endswith("limit 21")
    assert names == ("floor",)


@pytest.mark.parametrize(
    ("sort", "values"),
    [("thirds", {"most": 20}), ("up", {"most": 19}), ("up", {"most": 20, "odd": 1}), ("up", {})],
    ids=["another order", "another value", "a filter more", "a filter less"],
)
async def test_a_cursor_of_another_list_is_refused(
    conn: asyncpg.Connection, cursors: Cursors, sort: str, values: dict[str, int]
) -> None:
    page = await NUMBERS.page(conn, cursors, "up", {"floor": 0, "most": 20}, None, 5, Numbers)

    with pytest.raises(InvalidRequest) as refused:
        await NUMBERS.page(conn, cursors, sort, {"floor": 0, **values}, page.next_cursor, 5, Numbers)

    assert refused.value.errors[0].pointer == "?cursor"


async def test_the_time_may_move_between_two_pages(conn: asyncpg.Connection, cursors: Cursors) -> None:
    page = await NUMBERS.page(conn, cursors, "up", {"floor": 0, "now": 1}, None, 5, Numbers)

    following = await NUMBERS.page(conn, cursors, "up", {"floor": 0, "now": 2}, page.next_cursor, 5, Numbers)

    assert [item.n for item in following.items] == [6, 7, 8, 9, 10]


async def test_an_order_without_the_value_it_needs_is_refused(conn: asyncpg.Connection, cursors: Cursors) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await NUMBERS.page(conn, cursors, "near", {"floor": 0}, None, 5, Numbers)

    assert (refused.value.errors[0].pointer, refused.value.errors[0].code) == ("?sort", "needs_both")


async def test_every_statement_a_list_can_make_is_prepared_by_the_house_test(conn: asyncpg.Connection) -> None:
    made = set(NUMBERS.every())

    for statement in made:
        await conn.prepare(statement)
    for sort in NUMBERS.orders:
        for extra in (set(), {"most"}, {"odd"}, {"centre", "reach"}, {"centre", "reach", "most", "odd"}):
            given = frozenset({"floor", *extra, *({"centre"} if sort == "near" else ())})
            assert NUMBERS.statement(sort, given, 21)[0] in made
