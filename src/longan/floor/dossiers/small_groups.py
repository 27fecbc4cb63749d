"""Small groups: what may be told of parts and their total so that nobody can work out a part that is too small.

What is not told stands together as the rest. Whoever has the total has the rest by subtraction, so the rest must be
enough as well: where it is not, the smallest of the others join it until it is. So every number that is told, and
every sum and difference of such, is of parts that are enough together.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")

FEWEST = 10
"""People in a group of which something is told."""


def apart(
    groups: Sequence[T], is_enough: Callable[[Sequence[T]], bool], size: Callable[[T], tuple[int, str]],
    may_stand: Callable[[T], bool] = lambda group: True,
) -> tuple[list[T], list[T]] | None:  # fmt: skip
    """The groups that may be told by themselves, the largest first, and those that may be told together only; None
    where not even all of them together are enough. What may not stand alone is told together with others, whatever its
    size. `size` orders the groups, and leaves nothing to chance."""
    if not is_enough(groups):
        return None
    alone = [may_stand(group) and is_enough([group]) for group in groups]
    shown = sorted((group for group, stands in zip(groups, alone, strict=True) if stands), key=size, reverse=True)
    hidden = [group for group, stands in zip(groups, alone, strict=True) if not stands]
    while hidden and not is_enough(hidden):
        hidden.append(shown.pop())
    return shown, hidden
