"""What may be told of the market: never fewer than 10 postings or 3 employers, and nothing that gives them away."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from longan.rooms.insights.domain import LEAST_EMPLOYERS, LEAST_POSTINGS, may_tell, median, told
from longan.rooms.insights.models import Cell

EMPLOYERS = [UUID(int=number) for number in range(12)]


def cell(key: str | None, postings: list[tuple[int, int, int | None]], *, is_total: bool = False) -> Cell:
    """As SQL counts it: postings are employer, openings, pay."""
    paid = sorted(pay for _, _, pay in postings if pay is not None)
    return Cell(
        key, key, is_total, len(postings), sum(openings for _, openings, _ in postings),
        sorted({EMPLOYERS[employer] for employer, _, _ in postings})[:3], len(paid),
        sorted({EMPLOYERS[employer] for employer, _, pay in postings if pay is not None})[:3],
        paid[(len(paid) - 1) // 2] if paid else None,
    )  # fmt: skip


# Many postings of few employers, for that is where a rule goes wrong.
block = st.tuples(
    st.sampled_from(["a", "b", "c", "d", None]), st.integers(0, 4), st.integers(1, 50),
    st.none() | st.integers(1_000_000, 50_000_000), st.integers(1, 12),
)  # fmt: skip
markets = st.lists(block, max_size=14).map(
    lambda blocks: [(key, employer, openings, pay) for key, employer, openings, pay, n in blocks for _ in range(n)]
)
Posting = tuple[str | None, int, int, int | None]


def counted(postings: list[Posting]) -> list[Cell]:
    keys = sorted({key for key, *_ in postings}, key=str)
    cells = [cell(key, [(e, o, p) for k, e, o, p in postings if k == key]) for key in keys]
    return [*cells, cell(None, [(e, o, p) for _, e, o, p in postings], is_total=True)]


@given(markets)
def test_no_group_is_smaller_than_ten_postings_of_three_employers(postings: list[Posting]) -> None:
    for group in told(counted(postings)).groups:
        own = [(key, employer) for key, employer, *_ in postings if key == group.key]
        assert len(own) == group.postings >= LEAST_POSTINGS
        assert len({employer for _, employer in own}) >= LEAST_EMPLOYERS


@given(markets)
def test_what_is_left_of_the_total_is_nothing_or_a_group_that_could_be_told(postings: list[Posting]) -> None:
    found = told(counted(postings))
    if found.total is None:
        assert (found.groups, found.rest) == ([], None)
        return
    shown = {group.key for group in found.groups}
    left = [(employer, openings) for key, employer, openings, _ in postings if key not in shown]

    assert found.total.postings == len(postings)
    assert found.total.openings == sum(openings for _, _, openings, _ in postings)
    assert (found.rest is None) == (not left)
    if found.rest is not None:
        assert (found.rest.postings, found.rest.openings) == (len(left), sum(openings for _, openings in left))
        assert len(left) >= LEAST_POSTINGS
        assert len({employer for employer, _ in left}) >= LEAST_EMPLOYERS


@given(markets)
def test_a_group_that_is_too_small_never_stands_alone(postings: list[Posting]) -> None:
    cells = counted(postings)
    found = told(cells)
    shown = {group.key for group in found.groups}

    hidden = [each for each in cells if not each.is_total and each.key not in shown]

    if found.total is not None and any(not may_tell([each]) for each in hidden):
        assert len(hidden) >= 2


@given(markets)
def test_as_much_as_may_be_told_is_told(postings: list[Posting]) -> None:
    """No group is held back but the small ones and, smallest first, those it takes to hide them."""
    cells = counted(postings)
    found = told(cells)
    if found.total is None:
        return
    shown = [group.postings for group in found.groups]
    held = [each for each in cells if not each.is_total and each.key not in {group.key for group in found.groups}]
    extra = [each for each in held if may_tell([each])]

    assert all(each.postings <= least for each in extra for least in shown)
    if extra:
        spared = max(extra, key=lambda each: (each.postings, each.key is not None, each.key or ""))
        assert extra == [spared] or not may_tell([each for each in held if each is not spared])


@given(markets)
def test_a_median_is_of_ten_postings_of_three_employers_and_rounded(postings: list[Posting]) -> None:
    for each in counted(postings):
        shown = median(each)
        if shown is None:
            continue
        own = [
            (employer, pay)
            for key, employer, _, pay in postings
            if pay is not None and (each.is_total or key == each.key)
        ]
        assert len(own) >= LEAST_POSTINGS
        assert len({employer for employer, _ in own}) >= LEAST_EMPLOYERS
        assert shown % 10_000 == 0


def test_ten_postings_of_one_employer_are_that_employer() -> None:
    one = cell("a", [(1, 5, None)] * 40)
    others = cell("b", [(employer, 2, None) for employer in range(4)] * 5)
    both = cell(None, [(1, 5, None)] * 40 + [(employer, 2, None) for employer in range(4)] * 5, is_total=True)

    found = told([one, others, both])

    assert found.groups == []
    assert found.rest is not None and found.rest.postings == 60


def test_nine_postings_are_hidden_together_with_the_next_smallest() -> None:
    groups = {"a": 30, "b": 20, "c": 9}
    postings: list[Posting] = [(key, n % 5, 1, None) for key, count in groups.items() for n in range(count)]

    found = told(counted(postings))

    assert [group.key for group in found.groups] == ["a"]
    assert found.rest is not None and found.rest.postings == 29
