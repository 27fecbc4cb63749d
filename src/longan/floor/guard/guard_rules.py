"""The rules of the honesty guard: dated data, read and checked like code before anything is judged by it."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Annotated

import msgspec
from msgspec import Meta

from longan.floor.base.fields import Locale
from longan.floor.search.search import words

# Found by more than reading: guard.py knows how.
COMPUTED = frozenset({"pay_too_high", "shared_phone", "copied_text", "confirmed_reports", "taken_down_before"})

# Words of a pattern may stand on both sides of any mark that ends no sentence, for a dot in between hides nothing.
ANYWHERE, WITHIN = r"(?: [,~])? ", r"(?: ,)? "
NUMBER = r"[0-9][a-z0-9]*(?: [0-9]{3})*"
MONEY = (
    r"(?:[0-9]+(?:k|tr|trieu|ngan|nghin|cu|xi|lit|d|dong|vnd)[0-9]*|(?:[0-9]{1,3}(?: [0-9]{3})+|[0-9]{5,})(?:d|vnd)?"
    r"|[0-9]+(?: [0-9]{1,3})? (?:k|tr|trieu|ngan|nghin|cu|xi|lit|dong|vnd))"
)

AMOUNTS = {"#": NUMBER, "$": MONEY, "@": r"(?:1[5-9]|[2-6][0-9])"}

Said = dict[Locale, Annotated[str, Meta(min_length=1)]]


class BadRules(TypeError):
    """Rules that contradict each other or say nothing: the process does not start with them."""


class Dated(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """In force from the first day to the last, both included; without a last day until it is changed."""

    valid_from: date
    valid_to: date | None = None

    def on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class Limits(Dated, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`hold`: the score from which an official is to decide. `pause_after`: so many confirmed reports pause a posting.
    `reports_a_day` of one account, whose notes are kept `note_days` after they were decided on. A decision can be
    appealed for `appeal_days`. `traces_days`: how long a phone and a text are known again. Pay is too high above
    `pay_spreads` times the distance of the quartiles over the median and above `pay_times` the median, where at least
    `pay_postings` are known. A text is copied when so many of its passages, and such a share of them, are another's."""

    hold: int
    pause_after: int
    reports_a_day: int
    note_days: int
    appeal_days: int
    traces_days: int
    pay_postings: int
    pay_spreads: float
    pay_times: float
    copied_passages: int
    copied_share: float


class Rule(Dated, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`law` names article and text, or says that it is no law; `title` what was found, `explanation` what to change."""

    id: Annotated[str, Meta(pattern="^[a-z][a-z_]+$")]
    weight: Annotated[int, Meta(ge=1, le=100)]
    law: Said
    title: Said
    explanation: Said
    patterns: list[str] = []
    exceptions: list[str] = []


class Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    limits: list[Limits]
    words: dict[str, list[str]]
    rules: list[Rule]


class Compiled(msgspec.Struct, frozen=True):
    rule: Rule
    patterns: tuple[re.Pattern[str], ...]
    exceptions: tuple[re.Pattern[str], ...]


class Book(msgspec.Struct, frozen=True):
    """All rules. `known` are the words they are made of, `denials` what stands before a thing that is not done."""

    limits: list[Limits]
    rules: list[Compiled]
    known: frozenset[str]
    denials: re.Pattern[str]

    def limits_on(self, day: date) -> Limits:
        return next(limits for limits in self.limits if limits.on(day))

    def on(self, day: date) -> Iterator[Compiled]:
        return (each for each in self.rules if each.rule.on(day))

    def rule(self, identifier: str, day: date) -> Rule | None:
        """The rule of this name on a day, or the last one there was."""
        named = [each.rule for each in self.rules if each.rule.id == identifier]
        return next((rule for rule in named if rule.on(day)), named[-1] if named else None)


@cache
def book() -> Book:
    """The rules in the package. Raises `BadRules`."""
    return read((files("longan.reference") / "data" / "guard_rules.toml").read_bytes())


def read(toml: bytes) -> Book:
    """Raises `BadRules` for what is misspelt, doubled, overlapping or says nothing."""
    try:
        written = msgspec.toml.decode(toml, type=Written)
    except msgspec.DecodeError as error:
        raise BadRules(str(error)) from error
    _check(written)
    known = _literals(written)
    rules = [
        Compiled(
            rule,
            tuple(_compiled(pattern, written.words, ANYWHERE) for pattern in rule.patterns),
            tuple(_compiled(pattern, written.words, WITHIN) for pattern in rule.exceptions),
        )
        for rule in written.rules
    ]
    return Book(written.limits, rules, known, _denials(written.words))


def _check(written: Written) -> None:
    _check_dates("limits", written.limits)
    if not written.limits:
        raise BadRules("there are no limits")
    for identifier in dict.fromkeys(rule.id for rule in written.rules):
        _check_dates(identifier, [rule for rule in written.rules if rule.id == identifier])
    for rule in written.rules:
        if bool(rule.patterns) == (rule.id in COMPUTED):
            raise BadRules(f"{rule.id}: what is read has patterns, what is computed has none")
        for said in (rule.law, rule.title, rule.explanation):
            if set(said) != {"vi", "en"}:
                raise BadRules(f"{rule.id} does not speak every language")
    if missing := COMPUTED - {rule.id for rule in written.rules}:
        raise BadRules(f"there is no rule for {sorted(missing)}")
    if unspoken := {"denial", "between", "yet_it_holds"} - set(written.words):
        raise BadRules(f"there are no words for {sorted(unspoken)}")


def _check_dates(name: str, dated: list[Limits] | list[Rule]) -> None:
    ordered = sorted(dated, key=lambda each: each.valid_from)
    for each in ordered:
        if each.valid_to is not None and each.valid_to < each.valid_from:
            raise BadRules(f"{name} ends before it begins")
    for one, other in pairwise(ordered):
        if one.valid_to is None or one.valid_to >= other.valid_from:
            raise BadRules(f"{name} is there twice on {other.valid_from}")


# A pattern is a row of: a word; (one|or another); <a list of words by name>; # a number; $ an amount of money; @ the
# age of a worker; ..3 up to three words of the same sentence. After one of the others ? means perhaps, * up to six.
ELEMENT = re.compile(
    r"\.\.(?P<gap>[1-9][0-9]?)(?!\S)|(?:\((?P<choice>[^()]+)\)|<(?P<list>\w+)>|(?P<word>[^\s()<>?*]+))(?P<times>[?*]?)"
)


def _compiled(pattern: str, lists: Mapping[str, list[str]], between: str) -> re.Pattern[str]:
    made, first, place = "", True, 0
    for found in ELEMENT.finditer(pattern):
        if pattern[place : found.start()].strip():
            raise BadRules(f"{pattern!r}: {pattern[place : found.start()]!r} cannot be read")
        place = found.end()
        if found["gap"]:
            made += rf"(?:(?: ,)? [a-z0-9]+){{0,{found['gap']}}}?"
            continue
        one = _choice(pattern, found, lists, between)
        if first and found["times"]:
            raise BadRules(f"{pattern!r} begins with what may be absent")
        lead = "(?<= )" if first else between
        made += {"": f"{lead}{one}", "?": f"(?:{lead}{one})?", "*": f"(?:{lead}{one}){{0,6}}"}[found["times"]]
        first = False
    if first or pattern[place:].strip():
        raise BadRules(f"{pattern!r} cannot be read")
    return re.compile(made + r"(?![a-z0-9])", re.ASCII)


def _choice(pattern: str, found: re.Match[str], lists: Mapping[str, list[str]], between: str) -> str:
    if found["list"] is not None and found["list"] not in lists:
        raise BadRules(f"{pattern!r}: there is no list {found['list']!r}")
    spoken = lists[found["list"]] if found["list"] else (found["choice"] or found["word"]).split("|")
    return rf"(?:{'|'.join(_phrase(each, pattern, between) for each in spoken)})(?![a-z0-9])"


def _phrase(spoken: str, pattern: str, between: str) -> str:
    made = [AMOUNTS[part] if part in AMOUNTS else between.join(words(part)) for part in spoken.split()]
    if not all(made) or not made:
        raise BadRules(f"{pattern!r}: {spoken!r} is no word")
    return between.join(made)


def _denials(lists: Mapping[str, list[str]]) -> re.Pattern[str]:
    """A denial that reaches to the end of what is searched: "không", and nothing but small words since."""
    denial, between, yet = (
        "|".join(_phrase(each, name, WITHIN) for each in lists[name]) for name in ("denial", "between", "yet_it_holds")
    )
    return re.compile(
        rf"(?<= )(?P<yet>(?:{yet}) )?(?:{denial})(?![a-z0-9])(?:{WITHIN}(?:{between})(?![a-z0-9])){{0,12}}(?: ,)? $",
        re.ASCII,
    )


def _literals(written: Written) -> frozenset[str]:
    patterns = [pattern for rule in written.rules for pattern in (*rule.patterns, *rule.exceptions)]
    spoken = [each for pattern in patterns for each in re.split(r"<\w+>|\.\.[1-9]|[()|?*#$]", pattern)]
    spoken += [each for name in written.words for each in written.words[name]]
    return frozenset(word for each in spoken for word in words(each) if len(word) > 1)
