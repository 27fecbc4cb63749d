"""The rules of social housing: dated data (`social_housing_rules.toml`), read and checked like code before anybody is
told anything by it. An official may publish another text of the same form; it is checked in the same way."""

from collections import Counter
from functools import cache
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from longan.floor.base.fields import PositiveAmount
from longan.floor.pay_and_days.dated_rules import (
    BadRules,
    Bilingual,
    Dated,
    check_days,
    check_days_of_each,
    decoded,
    packaged,
)

Wish = Literal["buy", "lease_purchase", "rent"]
Household = Literal["single", "single_parent", "couple"]
GroupNumber = Annotated[int, Meta(ge=1, le=12)]
Income = Literal["capped", "none", "elsewhere", "membership"]
Opening = Literal["yes", "no", "by_province"]
Need = Literal[
    "application", "no_house", "small_house", "membership", "membership_without_contract", "income_with_contract",
    "income_without_contract",
]  # fmt: skip
ProcedureCode = Annotated[str, Meta(pattern=r"^[0-9]\.[0-9]{6}$")]

MOST_BYTES = 200_000
GROUPS = range(1, 13)
DENIAL = Bilingual("không bảo đảm bạn được xét duyệt", "no promise that you will be approved")


class Group(Dated, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One of the twelve of Điều 76. `buys` covers buying on lease; `by_province`: only where the province lets it."""

    number: GroupNumber
    buys: Opening
    rents: Opening
    income: Income
    name: Bilingual


class Text(Dated, frozen=True, forbid_unknown_fields=True, kw_only=True):
    text: Bilingual


class SmallHouse(Text, frozen=True, forbid_unknown_fields=True, kw_only=True):
    m2_a_person_below: Annotated[int, Meta(ge=1, le=100)]


class IncomeCaps(Dated, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The most that may be earned a month, in đồng, averaged over so many `months`; of a couple, by both together."""

    single: PositiveAmount
    couple: PositiveAmount
    single_parent: PositiveAmount | None = None
    months: Annotated[int, Meta(ge=1, le=60)]
    note: Bilingual | None = None

    def of(self, household: Household) -> int:
        if household == "couple":
            return self.couple
        return self.single_parent or self.single if household == "single_parent" else self.single


class Paper(Dated, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Needed for one condition; by members of `groups` only, where some are named."""

    id: Annotated[str, Meta(pattern="^[a-z][a-z_]{1,60}$")]
    needed_for: Need
    name: Bilingual
    groups: tuple[GroupNumber, ...] = ()
    form: Annotated[str, Meta(min_length=1, max_length=60)] | None = None
    procedure_document: Annotated[str, Meta(min_length=1, max_length=60)] | None = None


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of them, of all days. `notice` goes with every answer; `procedures` are codes of the national database."""

    notice: Bilingual
    procedures: list[ProcedureCode]
    groups: list[Group]
    renting: list[Text]
    no_house: list[Text]
    not_helped: list[Text]
    small_house: list[SmallHouse]
    far_house: list[Text]
    income_caps: list[IncomeCaps]
    papers: list[Paper]


@cache
def rules() -> Rules:
    """Those in the package. Raises `BadRules`."""
    return read(packaged("social_housing_rules.toml"))


def read(toml: bytes) -> Rules:
    """Raises `BadRules` for what is misspelt, doubled, overlapping, contradicts itself or says nothing."""
    if len(toml) > MOST_BYTES:
        raise BadRules("longer than any such text")
    found = decoded(toml, Rules)
    for name in ("renting", "no_house", "not_helped", "small_house", "far_house", "income_caps"):
        check_days(name, getattr(found, name))
    check_days_of_each("group", [(f"{group.number:02}", group) for group in found.groups])
    check_days_of_each("paper", [(paper.id, paper) for paper in found.papers])
    _check_notice(found.notice)
    _check_whole(found)
    _check_caps(found)
    _check_papers(found)
    return found


def _check_notice(notice: Bilingual) -> None:
    """It goes with every answer, and says of each that it is no promise."""
    if DENIAL.vi not in notice.vi or DENIAL.en not in notice.en:
        raise BadRules(f"notice: it has to say {DENIAL.vi!r} and {DENIAL.en!r}")


def _check_whole(found: Rules) -> None:
    if missing := sorted(set(GROUPS) - {group.number for group in found.groups}):
        raise BadRules(f"groups {missing} are missing")
    if doubled := [code for code, times in Counter(found.procedures).items() if times > 1]:
        raise BadRules(f"procedures {doubled} stand twice")
    for name in ("renting", "no_house", "not_helped", "small_house", "income_caps", "procedures"):
        if not getattr(found, name):
            raise BadRules(f"{name}: there is none")


def _check_caps(found: Rules) -> None:
    for caps in found.income_caps:
        if not caps.single <= caps.of("single_parent") <= caps.couple:
            raise BadRules(f"income_caps of {caps.valid_from}: a single, a single parent, a couple may not have less")


def _check_papers(found: Rules) -> None:
    """What a condition needs must be there, and nothing may need a paper of a group that does not need it."""
    for need in ("application", "no_house", "small_house", "income_with_contract"):
        if not any(paper.needed_for == need for paper in found.papers):
            raise BadRules(f"papers: there is none for {need}")
    for paper in found.papers:
        if len(set(paper.groups)) != len(paper.groups):
            raise BadRules(f"paper {paper.id}: a group stands twice")
        if paper.needed_for == "membership" and not paper.groups:
            raise BadRules(f"paper {paper.id}: of which groups it proves membership is not said")
