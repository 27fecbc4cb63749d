"""Rules of the state that hold from one day to another: data that is read and checked like code before it is used."""

from collections.abc import Sequence
from datetime import date, timedelta
from importlib.resources import files
from itertools import groupby, pairwise
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

DAY = timedelta(days=1)

Words = Annotated[str, Meta(min_length=1, max_length=1_000)]
Source = Annotated[str, Meta(min_length=3, max_length=1_000)]


class BadRules(TypeError):
    """Rules that contradict each other or say nothing: nothing is judged by them."""


class Bilingual(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The same in both languages."""

    vi: Words
    en: Words


class Dated(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """In force from the first day to the last, both included; without a last day until it is changed. `law` names the
    text and its article; `source` says from where we know it, and how surely."""

    valid_from: date
    valid_to: date | None = None
    law: Words
    source: Source

    def on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


S = TypeVar("S", bound=msgspec.Struct)
D = TypeVar("D", bound=Dated)


def packaged(name: str) -> bytes:
    """A file of the reference data in the package."""
    return (files("longan.reference") / "data" / name).read_bytes()


def decoded(toml: bytes, shape: type[S]) -> S:
    """Raises `BadRules` for what is misspelt, doubled or of another kind."""
    try:
        return msgspec.toml.decode(toml, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRules(str(error)) from error


def on(rules: Sequence[D], day: date) -> D | None:
    """The one in force on that day, None when there is none."""
    return next((rule for rule in rules if rule.on(day)), None)


def check_days(name: str, rules: Sequence[Dated], *, whole: bool = True) -> None:
    """Raises `BadRules` where one ends before it begins or two hold on the same day; when they are to be `whole`, also
    where none holds on a day between two of them."""
    ordered = sorted(rules, key=lambda rule: rule.valid_from)
    for rule in ordered:
        if rule.valid_to is not None and rule.valid_to < rule.valid_from:
            raise BadRules(f"{name}: one from {rule.valid_from} ends before it begins")
    for earlier, later in pairwise(ordered):
        if earlier.valid_to is None or earlier.valid_to >= later.valid_from:
            raise BadRules(f"{name}: those from {earlier.valid_from} and from {later.valid_from} overlap")
        if whole and earlier.valid_to + DAY != later.valid_from:
            raise BadRules(f"{name}: nothing holds between {earlier.valid_to} and {later.valid_from}")


def check_days_of_each(name: str, rules: Sequence[tuple[str, Dated]], *, whole: bool = True) -> None:
    """As `check_days`, for rules that go by an identifier of their own."""
    ordered = sorted(rules, key=lambda pair: pair[0])
    for identifier, alike in groupby(ordered, key=lambda pair: pair[0]):
        check_days(f"{name} {identifier}", [rule for _, rule in alike], whole=whole)
