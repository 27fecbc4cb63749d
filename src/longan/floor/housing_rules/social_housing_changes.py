"""What would change an answer on social housing: the single facts that would turn it, and whose answer turns when the
rules do."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Literal, TypeAlias

import msgspec

from longan.floor.base.fields import Day
from longan.floor.housing_rules.social_housing import (
    HOUSEHOLDS,
    MOST_PEOPLE,
    Fact,
    Outcome,
    SocialHousingAnswer,
    SocialHousingCase,
    judge,
)
from longan.floor.housing_rules.social_housing_rules import GROUPS, Need, Paper, Rules, Wish, rules
from longan.floor.housing_rules.social_housing_words import (
    FACT_WORDS,
    HOUSEHOLD_WORDS,
    OUTCOME_WORDS,
    WISHES,
    YES_NO_WORDS,
)
from longan.floor.pay_and_days.dated_rules import on
from longan.floor.pay_and_days.money_said import en, vi

Value: TypeAlias = int | float | bool | str | None
Turned: TypeAlias = Fact | Literal["day"]
Try: TypeAlias = tuple[Turned, Value, SocialHousingCase, date]
"""What is changed to what, and the case and the day then."""

M2_STEP = 0.1


class AnswerChange(msgspec.Struct, frozen=True):
    """One change that would turn the answer to `outcome`: `fact` from `given` (null for what was not said) to
    `needed`. Of amounts, areas and people it is the smallest there is. Of groups `needed` is the one more to belong
    to; `day`: from that day on other rules hold."""

    fact: Turned
    given: Value
    needed: Value
    outcome: Outcome
    vi: str
    en: str


class NeededPaper(msgspec.Struct, frozen=True):
    """A paper to hand in. `held` is null where it was not said which ones there are. `certain`: that it is needed does
    not hang on something unknown."""

    id: str
    vi: str
    en: str
    form: str | None
    law: str
    procedure_document: str | None
    held: bool | None
    certain: bool


class Shift(msgspec.Struct, frozen=True):
    """A case whose answer is another one by other rules, and the criteria whose verdicts differ."""

    case: str
    wish: Wish
    group: int | None
    before: Outcome
    after: Outcome
    criteria: list[str]


class RulesPreview(msgspec.Struct, frozen=True):
    """Of so many `cases`: those that shift, and how many go from which outcome to which ("a > b")."""

    day: Day
    cases: int
    shifts: list[Shift]
    counts: dict[str, int]


def changes(case: SocialHousingCase, day: date, of: Rules | None = None) -> list[AnswerChange]:
    """All single changes that turn the answer, what nobody has said first; each has been tried."""
    of = of or rules()
    now = judge(case, day, of).outcome
    found = []
    for fact, needed, other, on_day in _tries(case, day, of):
        outcome = judge(other, on_day, of).outcome
        if outcome != now:
            given = day.isoformat() if fact == "day" else _given(case, fact)
            found.append(AnswerChange(fact, given, needed, outcome, *_words(fact, needed, outcome)))
    return sorted(found, key=lambda change: (change.given is not None, change.outcome != "conditions_met"))


def papers(case: SocialHousingCase, day: date, of: Rules | None = None) -> list[NeededPaper]:
    """What has to be handed in by whoever's case it is, on that day, as a member of the group of the answer."""
    of = of or rules()
    answer = judge(case, day, of)
    needs = dict(_needs(case, answer))
    found = []
    for paper in of.papers:
        if not paper.on(day) or paper.needed_for not in needs:
            continue
        if paper.groups and answer.group not in paper.groups:
            continue
        held = None if case.papers is None else paper.id in case.papers
        found.append(_needed(paper, held, certain=needs[paper.needed_for]))
    return found


def preview(before: Rules, after: Rules, cases: Iterable[tuple[str, SocialHousingCase]], day: date) -> RulesPreview:
    """Whose answer is another one by the rules `after` than by those `before`, on one day."""
    shifts, count = [], 0
    for name, case in cases:
        count += 1
        old, new = judge(case, day, before), judge(case, day, after)
        if old.outcome != new.outcome:
            shifts.append(Shift(name, case.wish, new.group, old.outcome, new.outcome, _differing(old, new)))
    counts = Counter(f"{shift.before} > {shift.after}" for shift in shifts)
    return RulesPreview(day, count, shifts, dict(sorted(counts.items())))


def _tries(case: SocialHousingCase, day: date, of: Rules) -> Iterator[Try]:
    """Every single change that could matter."""

    def told(fact: Fact, *values: Value) -> Iterator[Try]:
        for value in values:
            if value != getattr(case, fact):
                yield fact, value, msgspec.structs.replace(case, **{fact: value}), day

    yield from told("has_house", False, True)
    yield from told("was_helped", False, True)
    yield from told("house_far_from_work", False, True)
    yield from told("household", *HOUSEHOLDS)
    yield from told("wish", *WISHES)
    yield from told("income_month", *_incomes(case, day, of, case.spouse_income_month))
    if case.household == "couple":
        yield from told("spouse_income_month", *_incomes(case, day, of, case.income_month))
    yield from _houses(case, day, of)
    for number in GROUPS:
        if number not in (case.groups or ()):
            yield "groups", number, msgspec.structs.replace(case, groups=[*(case.groups or ()), number]), day
    for later in _later_days(day, of):
        yield "day", later.isoformat(), case, later


def _incomes(case: SocialHousingCase, day: date, of: Rules, others: int | None) -> Iterator[int]:
    """The most that keeps a cap, and the least that does not."""
    caps = on(of.income_caps, day)
    if caps is None:
        return
    for household in HOUSEHOLDS if case.household is None else (case.household,):
        left = caps.of(household) - ((others or 0) if household == "couple" else 0)
        if left >= 0:
            yield left
            yield left + 1


def _houses(case: SocialHousingCase, day: date, of: Rules) -> Iterator[Try]:
    """The nearest number of people, and the nearest area, on either side of a small house."""
    rule = on(of.small_house, day)
    if rule is None:
        return
    least = rule.m2_a_person_below
    if case.house_m2 is not None:
        enough = math.floor(case.house_m2 / least) + 1
        for people in (enough, enough - 1):
            if 1 <= people <= MOST_PEOPLE and people != case.house_people:
                yield "house_people", people, msgspec.structs.replace(case, house_people=people), day
    if case.house_people is not None:
        limit = float(least * case.house_people)
        for area in (round(limit - M2_STEP, 1), limit):
            if area != case.house_m2:
                yield "house_m2", area, msgspec.structs.replace(case, house_m2=area), day


def _later_days(day: date, of: Rules) -> list[date]:
    """The days after this one on which a rule begins to hold, the first one first."""
    dated = [*of.groups, *of.renting, *of.no_house, *of.not_helped, *of.small_house, *of.far_house, *of.income_caps]
    return sorted({rule.valid_from for rule in dated if rule.valid_from > day})


def _needs(case: SocialHousingCase, answer: SocialHousingAnswer) -> Iterator[tuple[Need, bool]]:
    """Which papers are asked for, and whether that is certain."""
    yield "application", True
    yield "membership", True
    # Of people of group 5 who do not say, either may be asked for.
    has = True if answer.group != 5 else case.has_contract
    if has is not False:
        yield "income_with_contract", has is True
    if has is not True:
        yield "membership_without_contract", has is False
        if case.wish != "rent":
            yield "income_without_contract", has is False
    if case.wish == "rent":
        return
    if case.has_house is not True:
        yield "no_house", case.has_house is False
    if case.has_house is not False:
        yield "small_house", case.has_house is True


def _needed(paper: Paper, held: bool | None, *, certain: bool) -> NeededPaper:
    return NeededPaper(
        paper.id, paper.name.vi, paper.name.en, paper.form, paper.law, paper.procedure_document, held, certain
    )


def _differing(old: SocialHousingAnswer, new: SocialHousingAnswer) -> list[str]:
    before = {criterion.name: criterion.verdict for criterion in old.trace}
    return [criterion.name for criterion in new.trace if before.get(criterion.name) != criterion.verdict]


def _given(case: SocialHousingCase, fact: Fact) -> Value:
    value = getattr(case, fact)
    if fact == "groups":
        return None if value is None else ", ".join(map(str, value))
    given: Value = value
    return given


def _words(fact: Turned, needed: Value, outcome: Outcome) -> tuple[str, str]:
    vi_then, en_then = OUTCOME_WORDS[outcome]
    if fact == "wish":
        vi_what, en_what = next(words for wish, words in WISHES.items() if wish == needed)
        vi_if, en_if = f"xin {vi_what}", f"you wished to {en_what}"
    elif fact in YES_NO_WORDS:
        vi_if, en_if = YES_NO_WORDS[fact][bool(needed)]
    else:
        vi_value, en_value = _value_words(fact, needed)
        vi_form, en_form = FACT_WORDS[fact]
        vi_if, en_if = vi_form.format(vi_value), en_form.format(en_value)
    return f"Nếu {vi_if} thì {vi_then}", f"If {en_if}: {en_then}"


def _value_words(fact: Turned, needed: Value) -> tuple[str, str]:
    if fact == "household":
        return next(words for household, words in HOUSEHOLD_WORDS.items() if household == needed)
    if fact in ("income_month", "spouse_income_month") and isinstance(needed, int):
        return vi(needed), en(needed)
    if isinstance(needed, float):
        return f"{needed:g}".replace(".", ","), f"{needed:g}"
    return str(needed), str(needed)
