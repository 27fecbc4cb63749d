"""Who may buy, buy on lease or rent social housing, by what they say of themselves: an answer that explains itself.

Every criterion is met, not met, or unknown, with the law and the words; unknown stays unknown in the answer unless
another criterion decides it alone. The answer is a preview, never a promise: the investor and the Department of
Construction decide.
"""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from longan.floor.base.fields import Dong
from longan.floor.housing_rules.social_housing_rules import (
    Group,
    GroupNumber,
    Household,
    IncomeCaps,
    Opening,
    Rules,
    Wish,
    rules,
)
from longan.floor.housing_rules.social_housing_words import (
    HOUSEHOLD_WORDS,
    HOUSING_WORDS,
    INCOME_WORDS,
    NO_RULE,
    OPENING_WORDS,
    WISHES,
)
from longan.floor.pay_and_days.dated_rules import Bilingual, Dated, on
from longan.floor.pay_and_days.money_said import en, vi

Verdict = Literal["met", "not_met", "unknown"]
Outcome = Literal["conditions_met", "conditions_not_met", "not_known"]
Name = Literal[
    "group", "renting", "housing", "no_house", "not_helped", "small_house", "far_house", "income",
]  # fmt: skip
Fact = Literal[
    "wish", "groups", "household", "income_month", "spouse_income_month", "has_house", "house_m2", "house_people",
    "house_far_from_work", "was_helped",
]  # fmt: skip

MOST_PEOPLE = 50
"""Who are registered in a house."""

HOUSEHOLDS: tuple[Household, ...] = ("single", "single_parent", "couple")
OPENINGS: dict[Opening, Verdict] = {"yes": "met", "no": "not_met", "by_province": "unknown"}
OUTCOMES: dict[Verdict, Outcome] = {
    "met": "conditions_met", "not_met": "conditions_not_met", "unknown": "not_known",
}  # fmt: skip


class SocialHousingCase(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody says of themselves; null where they do not know or do not say.

    `groups` are numbers of Luật Nhà ở Điều 76, empty for none of them. Income is net, in đồng a month, averaged over 12
    months. `has_house`: they or their spouse are named on a certificate with a house in the province of the project;
    of that house the floor in m2, the people who are registered in it, and whether it is far from work. `was_helped`:
    they have bought social housing, or were helped with housing, in that province. `papers` are the ones they have.
    """

    wish: Wish
    groups: Annotated[list[GroupNumber], Meta(max_length=12)] | None = None
    household: Household | None = None
    income_month: Dong | None = None
    spouse_income_month: Dong | None = None
    has_house: bool | None = None
    house_m2: Annotated[float, Meta(ge=1, le=10_000)] | None = None
    house_people: Annotated[int, Meta(ge=1, le=MOST_PEOPLE)] | None = None
    house_far_from_work: bool | None = None
    was_helped: bool | None = None
    has_contract: bool | None = None
    papers: Annotated[list[Annotated[str, Meta(max_length=64)]], Meta(max_length=40)] | None = None


class Criterion(msgspec.Struct, frozen=True):
    """One step of the answer. `law` names text and article, null where no rule of that day is known; `unknown` are the
    facts that would decide it. `of`: the criterion of which it is one of several ways, null for one that counts for
    itself."""

    name: Name
    verdict: Verdict
    law: str | None
    vi: str
    en: str
    unknown: list[Fact]
    of: Name | None = None


class GroupAnswer(msgspec.Struct, frozen=True):
    """The answer as a member of one group; `number` is null where none was named."""

    number: int | None
    outcome: Outcome
    trace: list[Criterion]


class SocialHousingAnswer(msgspec.Struct, frozen=True):
    """`outcome` is that of the best group, whose `trace` says how; `others` are the answers for the other groups that
    were named. `notice` always goes with it."""

    wish: Wish
    outcome: Outcome
    group: int | None
    trace: list[Criterion]
    others: list[GroupAnswer]
    notice: Bilingual


def judge(case: SocialHousingCase, day: date, of: Rules | None = None) -> SocialHousingAnswer:
    """The answer by the rules of that day."""
    of = of or rules()
    numbers: list[int | None] = [None] if not case.groups else [*dict.fromkeys(case.groups)]
    answers = [_as_member(case, number, day, of) for number in numbers]
    best = max(answers, key=_good)
    others = [answer for answer in answers if answer is not best]
    return SocialHousingAnswer(case.wish, best.outcome, best.number, best.trace, others, of.notice)


def every(verdicts: Sequence[Verdict]) -> Verdict:
    """What all of them together come to: one that is not met decides, then one that is unknown."""
    return "not_met" if "not_met" in verdicts else "unknown" if "unknown" in verdicts else "met"


def any_of(verdicts: Sequence[Verdict]) -> Verdict:
    """What the best of several ways comes to."""
    return "met" if "met" in verdicts else "unknown" if "unknown" in verdicts else "not_met"


def _good(answer: GroupAnswer) -> tuple[int, int]:
    rank = ("conditions_not_met", "not_known", "conditions_met").index(answer.outcome)
    return rank, -sum(each.verdict == "not_met" for each in answer.trace)


def _as_member(case: SocialHousingCase, number: int | None, day: date, of: Rules) -> GroupAnswer:
    group = None if number is None else on([group for group in of.groups if group.number == number], day)
    trace = [_group(case, number, group)]
    if case.wish == "rent":
        trace.append(_stated("renting", on(of.renting, day), "met", []))
    else:
        trace += _housing(case, day, of)
        trace.append(_income(case, number, group, on(of.income_caps, day)))
    together = every([each.verdict for each in trace if each.of is None])
    return GroupAnswer(number, OUTCOMES[together], trace)


def _group(case: SocialHousingCase, number: int | None, group: Group | None) -> Criterion:
    law = "Luật Nhà ở 2023 Điều 76" if group is None else group.law
    if number is None:
        if case.groups is None:
            words = "Chưa biết bạn thuộc nhóm đối tượng nào", "Which group you belong to is not known"
            return Criterion("group", "unknown", law, *words, ["groups"])
        words = "Bạn không thuộc nhóm đối tượng nào", "You belong to none of the groups"
        return Criterion("group", "not_met", law, *words, [])
    if group is None:
        return Criterion("group", "unknown", None, *NO_RULE, [])
    opening = group.rents if case.wish == "rent" else group.buys
    vi_says, en_says = (each.format(*WISHES[case.wish]) for each in OPENING_WORDS[opening])
    verdict = OPENINGS[opening]
    return Criterion(
        "group", verdict, law, f"Nhóm {number}: {group.name.vi}: {vi_says}",
        f"Group {number}: {group.name.en}: {en_says}", [],
    )  # fmt: skip


def _housing(case: SocialHousingCase, day: date, of: Rules) -> list[Criterion]:
    """The condition of housing, then the ways to meet it: no house and no help before, a small house, a far one."""
    has, helped, far = case.has_house, case.was_helped, case.house_far_from_work
    no_house = _stated("no_house", on(of.no_house, day), _unless(has), _asked(has, "has_house"), "housing")
    not_helped = _stated("not_helped", on(of.not_helped, day), _unless(helped), _asked(helped, "was_helped"), "housing")
    small = _small_house(case, day, of)
    # Of a distance that the province has not set, or nobody has found, nothing can be said but that it is not far.
    far_verdict: Verdict = "not_met" if has is False or far is False else "unknown"
    facts = _asked(has, "has_house") or _asked(far, "house_far_from_work") if far_verdict == "unknown" else []
    ways = [no_house, not_helped, small]
    first = every([no_house.verdict, not_helped.verdict])
    verdicts = [first, small.verdict]
    if (far_rule := on(of.far_house, day)) is not None:
        ways.append(_stated("far_house", far_rule, far_verdict, facts, "housing"))
        verdicts.append(far_verdict)
    together = any_of(verdicts)
    unknown = [] if together != "unknown" else list(dict.fromkeys(fact for way in ways for fact in way.unknown))
    return [Criterion("housing", together, no_house.law, *HOUSING_WORDS[together], unknown), *ways]


def _small_house(case: SocialHousingCase, day: date, of: Rules) -> Criterion:
    rule = on(of.small_house, day)
    if rule is None or case.has_house is False:
        return _stated("small_house", rule, "not_met", [], "housing")
    if case.has_house is None or case.house_m2 is None or case.house_people is None:
        facts = [
            *_asked(case.has_house, "has_house"), *_asked(case.house_m2, "house_m2"),
            *_asked(case.house_people, "house_people"),
        ]  # fmt: skip
        return _stated("small_house", rule, "unknown", facts, "housing")
    is_small = case.house_m2 < rule.m2_a_person_below * case.house_people
    return _stated("small_house", rule, "met" if is_small else "not_met", [], "housing")


def _income(case: SocialHousingCase, number: int | None, group: Group | None, caps: IncomeCaps | None) -> Criterion:
    if number is None:
        return Criterion(
            "income", "unknown", None, "Điều kiện về thu nhập tùy theo nhóm đối tượng",
            "The condition of income depends on the group", ["groups"] if case.groups is None else [],
        )  # fmt: skip
    if group is None:
        return Criterion("income", "unknown", None, *NO_RULE, [])
    if group.income != "capped":
        verdict: Verdict = "unknown" if group.income == "elsewhere" else "met"
        return Criterion("income", verdict, group.law, *INCOME_WORDS[group.income], [])
    if caps is None:
        return Criterion("income", "unknown", None, *NO_RULE, [])
    households = HOUSEHOLDS if case.household is None else (case.household,)
    found = {_within(case, household, caps) for household in households}
    capped: Verdict = found.pop() if len(found) == 1 else "unknown"
    unknown: list[Fact] = []
    if capped == "unknown":
        spouse = case.spouse_income_month if case.household == "couple" else 0
        unknown = [
            *_asked(case.household, "household"), *_asked(case.income_month, "income_month"),
            *_asked(spouse, "spouse_income_month"),
        ]  # fmt: skip
    vi_note, en_note = ("", "") if caps.note is None else (f". {caps.note.vi}", f". {caps.note.en}")
    vi_caps, en_caps = _caps(caps, households)
    vi_text = f"Thu nhập thực nhận bình quân {caps.months} tháng không quá {vi_caps}{vi_note}"
    en_text = f"Net income averaged over {caps.months} months not above {en_caps}{en_note}"
    return Criterion("income", capped, caps.law, vi_text, en_text, unknown)


def _within(case: SocialHousingCase, household: Household, caps: IncomeCaps) -> Verdict:
    cap, own = caps.of(household), case.income_month
    spouse = case.spouse_income_month if household == "couple" else 0
    if (own or 0) + (spouse or 0) > cap:
        return "not_met"
    return "unknown" if own is None or spouse is None else "met"


def _caps(caps: IncomeCaps, households: Sequence[Household]) -> tuple[str, str]:
    said = [(HOUSEHOLD_WORDS[household], caps.of(household)) for household in households]
    return (
        ", ".join(f"{vi(cap)} ({words[0]})" for words, cap in said),
        ", ".join(f"{en(cap)} ({words[1]})" for words, cap in said),
    )


def _stated(name: Name, rule: Dated | None, verdict: Verdict, unknown: list[Fact], of: Name | None = None) -> Criterion:
    """A criterion in the words of its rule; unknown where there is no rule for that day."""
    text: Bilingual | None = getattr(rule, "text", None)
    if rule is None or text is None:
        return Criterion(name, "unknown", None, *NO_RULE, [], of)
    return Criterion(name, verdict, rule.law, text.vi, text.en, unknown, of)


def _unless(said: bool | None) -> Verdict:
    return "unknown" if said is None else "not_met" if said else "met"


def _asked(value: object, fact: Fact) -> list[Fact]:
    return [fact] if value is None else []
