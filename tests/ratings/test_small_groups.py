"""What is told of a month: nobody works out a group of fewer than ten, however they add and subtract.

Two months with the same published numbers look alike from outside. So a set of raters is isolated where every such
month agrees on how many they are: where each vector that all published sums ignore sums to nothing over the set.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from fractions import Fraction
from math import lcm
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from longan.floor.dossiers.rating_questions import Question
from longan.floor.dossiers.small_groups import FEWEST, apart
from longan.rooms.ratings.domain import SCORES, Group, average, told
from longan.rooms.ratings.models import Answered, Result

BEGUN = date(2025, 7, 1)
OVERALL = Question(BEGUN, "overall", "score", "", "")
FEES = Question(BEGUN, "extra_fees", "yes_no", "", "")
OFFICES = [UUID(int=number) for number in range(1, 9)]

# Around ten is where a rule goes wrong; a few are large enough to be told in all their parts.
people = st.sampled_from([0, 0, 1, 2, 5, 8, 9, 10, 10, 11, 12, 19, 20, 40])
DIGIT = 2**40
Cell = tuple[int, int]
Month = dict[Cell, int]


def months(offices: int, scores: Sequence[int]) -> st.SearchStrategy[Month]:
    """How many gave which score to which office."""
    return st.fixed_dictionaries({(office, score): people for office in range(offices) for score in scores})


def published(month: Month, listed: Sequence[bool], question: Question) -> list[Result]:
    """The month as it is told."""
    answered = [
        Answered(OFFICES[office], listed[office], question.code, score, number)
        for (office, score), number in month.items()
        if number
    ]
    return told(answered, {question.code: question})


def sums(month: Month, results: Sequence[Result], question: Question) -> Iterator[tuple[dict[Cell, int], int]]:
    """Each number that is told: how often each rater is counted in it, and what it is. Averages are taken for exact,
    which is more than is told."""
    named = {each.office_id for each in results if each.part == "office"}
    for each in results:
        cells = [
            (office, score)
            for office, score in month
            if each.part == "total"
            or (each.part == "office" and OFFICES[office] == each.office_id)
            or (each.part == "rest" and OFFICES[office] not in named)
        ]
        yield dict.fromkeys(cells, 1), each.ratings
        if each.average is not None:
            yield {cell: cell[1] for cell in cells}, sum(cell[1] * month[cell] for cell in cells)
        for score, number in zip(SCORES[question.kind], each.scores or [], strict=False):
            yield dict.fromkeys([cell for cell in cells if cell[1] == score], 1), number


def unseen(cells: Sequence[Cell], told_of: Sequence[dict[Cell, int]]) -> list[list[int]]:
    """A basis of all changes of the cells that none of the sums sees, in whole numbers."""
    reduced = [[Fraction(each.get(cell, 0)) for cell in cells] for each in told_of]
    pivots: list[int] = []
    for column in range(len(cells)):
        at = len(pivots)
        found = next((number for number in range(at, len(reduced)) if reduced[number][column]), None)
        if found is None:
            continue
        reduced[at], reduced[found] = reduced[found], reduced[at]
        reduced[at] = [value / reduced[at][column] for value in reduced[at]]
        for number, row in enumerate(reduced):
            if number != at and row[column]:
                factor = row[column]
                reduced[number] = [a - factor * b for a, b in zip(row, reduced[at], strict=True)]
        pivots.append(column)
    basis = []
    for free in (column for column in range(len(cells)) if column not in pivots):
        vector = [Fraction(0)] * len(cells)
        vector[free] = Fraction(1)
        for row, column in zip(reduced, pivots, strict=False):
            vector[column] = -row[free]
        scale = lcm(*(value.denominator for value in vector))
        basis.append([int(value * scale) for value in vector])
    return basis


def isolated(month: Month, told_of: Sequence[dict[Cell, int]]) -> Iterator[tuple[list[Cell], int]]:
    """Every set of raters that the sums give away, and how many they are."""
    cells = list(month)
    basis = unseen(cells, told_of)
    assert all(abs(value) * len(cells) < DIGIT // 2 for vector in basis for value in vector)
    changes, sizes = [0], [0]  # the sums over all vectors as the digits of one number, which is 0 where each of them is
    for place, cell in enumerate(cells):
        step = sum(vector[place] * DIGIT**number for number, vector in enumerate(basis))
        changes += [change + step for change in changes]
        sizes += [size + month[cell] for size in sizes]
    for chosen, (change, size) in enumerate(zip(changes, sizes, strict=True)):
        if chosen and change == 0:
            yield [cell for place, cell in enumerate(cells) if chosen >> place & 1], size


def is_told(size: int) -> bool:
    """An office that nobody has rated may be known as such: it is nobody."""
    return size == 0 or size >= FEWEST


listings = st.lists(st.sampled_from([True, True, True, False]), min_size=8, max_size=8)


@settings(max_examples=150, deadline=None)
@given(months(2, SCORES["score"]), listings)
def test_no_sum_or_difference_of_what_is_told_speaks_of_fewer_than_ten(month: Month, listed: list[bool]) -> None:
    said = list(sums(month, published(month, listed, OVERALL), OVERALL))

    for counted, number in said:
        assert number == sum(times * month[cell] for cell, times in counted.items())
        assert sum(month[cell] for cell in counted) >= FEWEST
    for members, size in isolated(month, [counted for counted, _ in said]):
        assert is_told(size), (members, size)


@settings(max_examples=60, deadline=None)
@given(months(3, SCORES["score"]), listings)
def test_nor_of_three_offices(month: Month, listed: list[bool]) -> None:
    said = [counted for counted, _ in sums(month, published(month, listed, OVERALL), OVERALL)]

    for members, size in isolated(month, said):
        assert is_told(size), (members, size)


@settings(max_examples=150, deadline=None)
@given(months(6, SCORES["yes_no"]), listings)
def test_nor_of_fewer_who_were_asked_for_money(month: Month, listed: list[bool]) -> None:
    results = published(month, listed, FEES)

    for members, size in isolated(month, [counted for counted, _ in sums(month, results, FEES)]):
        assert is_told(size), (members, size)
    assert all(each.average is None for each in results), "the average of yes and no is how many said yes"


@settings(max_examples=80, deadline=None)
@given(months(3, SCORES["yes_no"]), months(3, SCORES["yes_no"]), listings)
def test_nor_of_two_months_together(first: Month, second: Month, listed: list[bool]) -> None:
    said = [counted for counted, _ in sums(first, published(first, listed, FEES), FEES)]
    said += [
        {(office + 3, score): times for (office, score), times in counted.items()}
        for counted, _ in sums(second, published(second, listed, FEES), FEES)
    ]
    both = first | {(office + 3, score): number for (office, score), number in second.items()}

    for members, size in isolated(both, said):
        assert is_told(size), (members, size)


@given(months(4, SCORES["score"]), listings)
def test_the_total_is_of_everybody_and_what_is_not_told_by_itself_is_in_the_rest(
    month: Month, listed: list[bool]
) -> None:
    results = published(month, listed, OVERALL)
    everybody = sum(month.values())
    if everybody < FEWEST:
        assert results == []
        return
    parts = {part: [each for each in results if each.part == part] for part in ("total", "office", "rest")}

    assert [each.ratings for each in parts["total"]] == [everybody]
    assert sum(each.ratings for each in (*parts["office"], *parts["rest"])) == everybody
    assert all(listed[OFFICES.index(each.office_id)] for each in parts["office"] if each.office_id)


def test_one_small_office_takes_the_smallest_other_with_it() -> None:
    month = {(0, 5): 4, (1, 5): 40, (2, 5): 11, (3, 5): 30}

    results = published(month, [True] * 4, OVERALL)

    assert [(each.part, each.office_id, each.ratings) for each in results] == [
        ("total", None, 85), ("office", OFFICES[1], 40), ("office", OFFICES[3], 30), ("rest", None, 15)
    ]  # fmt: skip


def test_an_office_that_no_official_has_listed_is_never_named() -> None:
    results = published({(0, 5): 40, (1, 5): 30}, [False, True], OVERALL)

    assert [(each.part, each.office_id, each.ratings) for each in results] == [
        ("total", None, 70), ("office", OFFICES[1], 30), ("rest", None, 40)
    ]  # fmt: skip


def test_how_many_said_yes_is_told_where_they_are_enough_and_so_are_those_that_are_left() -> None:
    alone = published({(0, 0): 60, (0, 1): 12, (1, 0): 39, (1, 1): 1}, [True] * 2, FEES)
    among = published({(0, 0): 60, (0, 1): 12, (1, 0): 39, (1, 1): 10}, [True] * 2, FEES)

    assert [(each.part, each.scores) for each in alone] == [("total", [99, 13]), ("office", None), ("office", None)]
    assert [each.scores for each in among] == [[99, 22], [60, 12], [39, 10]]


def test_averages_have_one_place_and_halves_go_up() -> None:
    assert average(Group(None, False, {4: 3, 5: 1})) == 4.3
    assert average(Group(None, False, {1: 1, 2: 19})) == 2.0
    assert average(Group(None, False, {5: 10})) == 5.0


@given(st.lists(st.integers(0, 30), max_size=8))
def test_what_is_hidden_is_never_too_small(sizes: list[int]) -> None:
    parts = apart(list(enumerate(sizes)), lambda groups: sum(n for _, n in groups) >= FEWEST, lambda g: (g[1], str(g)))
    if parts is None:
        assert sum(sizes) < FEWEST
        return
    shown, hidden = parts

    assert sorted([*shown, *hidden]) == list(enumerate(sizes))
    assert all(size >= FEWEST for _, size in shown)
    assert not hidden or sum(size for _, size in hidden) >= FEWEST
