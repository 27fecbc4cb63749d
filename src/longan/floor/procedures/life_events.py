"""Events of a life and the procedures they bring with them: dated, and named by the words that people say."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import msgspec

from longan.floor.search.queries import Query
from longan.floor.search.search import Phrase, words

# What is said beside the name of an event and asks for nothing more.
_FILLERS = frozenset(
    words(
        "anh bạn bị cần chị cho chuẩn có da đang đăng để em gì giấy hồ khi ký làm mình mới muốn nào như ở đâu phải sau "
        "sơ sắp thế thì thủ tục tờ tôi tui vừa và việc xin được"
    )
)
MOST_SUGGESTED = 4


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A procedure, by its code, and when one needs it."""

    code: str
    vi: str
    en: str
    valid_from: date | None = None
    valid_to: date | None = None

    def holds_on(self, day: date) -> bool:
        return (self.valid_from or day) <= day <= (self.valid_to or day)


class LifeEvent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What happens, the words for it, and the steps in the order in which one meets them."""

    code: str
    vi: str
    en: str
    valid_from: date
    words: tuple[str, ...]
    steps: tuple[Step, ...]

    def names(self) -> set[Phrase]:
        """What it is called: "Thuê nhà, ở trọ", and each of the two."""
        parts = (part for name in (self.vi, self.en) for part in (name, *name.split(",")))
        return {tuple(words(part)) for part in parts}

    def phrases(self) -> Iterator[Phrase]:
        yield from self.names()
        yield from (tuple(words(each)) for each in self.words)


class Named(msgspec.Struct, frozen=True):
    """That a search names an event. `codes` of the procedures, in their order; `says_all` when the rest of the words
    asks for nothing more; `by_name` when it is called by its own name; `spoken` as it was typed."""

    event: LifeEvent
    codes: list[str]
    says_all: bool
    by_name: bool
    spoken: str


@cache
def _all() -> tuple[LifeEvent, ...]:
    read: dict[str, Any] = tomllib.loads((files("longan.reference") / "data" / "life_events.toml").read_text("utf-8"))
    return msgspec.convert(read["events"], tuple[LifeEvent, ...])


@lru_cache(maxsize=4)
def _on(day: date) -> Mapping[str, LifeEvent]:
    known = (event for event in _all() if event.valid_from <= day)
    return {
        event.code: msgspec.structs.replace(event, steps=tuple(step for step in event.steps if step.holds_on(day)))
        for event in known
    }


def on(day: date) -> Mapping[str, LifeEvent]:
    """Those of a day by their codes, with the steps that hold on it."""
    return _on(day)


@lru_cache(maxsize=4)
def _phrases(day: date) -> Mapping[Phrase, str]:
    found: dict[Phrase, str] = {}
    for event in on(day).values():
        for phrase in event.phrases():
            found.setdefault(phrase, event.code)
    return found


def named(query: Query, day: date) -> Named | None:
    """The event that the words name, by the longest of its names; None for several alternatives."""
    if len(query.alternatives) != 1:
        return None
    said, known = query.free(), _phrases(day)
    for length in range(min(len(said), max(map(len, known))), 0, -1):
        for start in range(len(said) - length + 1):
            phrase = tuple(word or "" for word in said[start : start + length])
            if phrase not in known:
                continue
            event = on(day)[known[phrase]]
            rest = [*said[:start], *said[start + length :]]
            return Named(
                event=event,
                codes=[step.code for step in event.steps],
                says_all=all(word in _FILLERS for word in rest) and not query.without,
                by_name=phrase in event.names(),
                spoken=" ".join(query.marked[start : start + length]),
            )
    return None


def begun(typed: Sequence[str], day: date) -> list[LifeEvent]:
    """The events one of whose names goes on from what is typed so far, its last word perhaps unfinished."""
    if not typed:
        return []
    head, last = tuple(typed[:-1]), typed[-1]
    found = (
        known
        for phrase, known in _phrases(day).items()
        if len(phrase) >= len(typed) and phrase[: len(head)] == head and phrase[len(head)].startswith(last)
    )
    return [on(day)[code] for code in dict.fromkeys(found)][:MOST_SUGGESTED]


def of(code: str, day: date) -> list[LifeEvent]:
    """The events that bring a procedure with them."""
    return [event for event in on(day).values() if any(step.code == code for step in event.steps)]
