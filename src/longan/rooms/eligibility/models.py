"""Nouns of the room: an answer with its papers and procedures, the rules of a day, a case that somebody keeps."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from longan.floor.base.fields import Count, Day, Identifier, Timestamp
from longan.floor.housing_rules.housing_projects import HousingProject
from longan.floor.housing_rules.social_housing import Outcome, SocialHousingAnswer
from longan.floor.housing_rules.social_housing_changes import NeededPaper
from longan.floor.housing_rules.social_housing_rules import GroupNumber, Household, Income, Need, Opening, Wish
from longan.floor.pay_and_days.dated_rules import Bilingual
from longan.floor.pay_and_days.pay import Amount

SquareMetres = Annotated[float, Meta(extra_json_schema={"format": "double"})]
ChangedFact = Literal[
    "wish", "groups", "household", "income_month", "spouse_income_month", "has_house", "house_m2", "house_people",
    "house_far_from_work", "was_helped", "day",
]  # fmt: skip


class ProcedureLink(msgspec.Struct, frozen=True):
    """A procedure of the national database; `name` is null where it is not in our copy, `url` its own page at the
    national portal, or the portal's front page."""

    code: str
    name: str | None
    url: str


class NeededForm(msgspec.Struct, frozen=True):
    """A form to fill in, by its number in `law`, and the papers that are made with it."""

    form: str
    law: str
    papers: list[str]


class SocialHousingChange(msgspec.Struct, frozen=True):
    """One change that would turn the answer to `outcome`: `fact` from `given`, null for what was not said, to `needed`.
    Both are written as in JSON, without quotes: `25000000`, `false`, `couple`. Of `groups`, `needed` is the one more to
    belong to; of `day` the first one on which other rules hold."""

    fact: ChangedFact
    given: str | None
    needed: str | None
    outcome: Outcome
    vi: str
    en: str


class SocialHousingCheck(msgspec.Struct, frozen=True):
    """A preview by what was said and the rules of the day `as_of`; no decision. `rules_id` is null while the rules that
    came with the software hold. `papers` are asked for, `missing` those of them that are not at hand. `changes` are
    the single facts that would turn the answer."""

    as_of: Day
    rules_id: Identifier | None
    answer: SocialHousingAnswer
    changes: list[SocialHousingChange]
    papers: list[NeededPaper]
    missing: list[str]
    forms: list[NeededForm]
    procedures: list[ProcedureLink]


class SocialHousingGroup(msgspec.Struct, frozen=True):
    """One of the twelve of Luật Nhà ở 2023 Điều 76, with what it may do and which income is asked of it."""

    number: GroupNumber
    vi: str
    en: str
    buys: Opening
    rents: Opening
    income: Income
    law: str
    source: str
    valid_from: Day
    valid_to: Day | None


class SocialHousingCondition(msgspec.Struct, frozen=True):
    """A condition of the day in the words of its rule. `m2_a_person_below` is of the small house only."""

    name: str
    vi: str
    en: str
    m2_a_person_below: Count | None
    law: str
    source: str
    valid_from: Day
    valid_to: Day | None


class SocialHousingIncome(msgspec.Struct, frozen=True):
    """The most that may be earned, in đồng a month, averaged over so many `months`; by a couple together."""

    single: Amount
    single_parent: Amount
    couple: Amount
    months: Count
    note: Bilingual | None
    law: str
    source: str
    valid_from: Day
    valid_to: Day | None


class SocialHousingPaper(msgspec.Struct, frozen=True):
    """A paper that a condition asks for; of members of `groups` only, where some are named."""

    id: str
    vi: str
    en: str
    needed_for: Need
    groups: list[int]
    form: str | None
    procedure_document: str | None
    law: str
    source: str
    valid_from: Day
    valid_to: Day | None


class SocialHousingRules(msgspec.Struct, frozen=True):
    """What holds on the day `as_of`. `id` and `published_at` are null for the rules that came with the software.
    `changes_on` are all days on which a rule begins to hold."""

    as_of: Day
    id: Identifier | None
    published_at: Timestamp | None
    notice: Bilingual
    groups: list[SocialHousingGroup]
    conditions: list[SocialHousingCondition]
    income: SocialHousingIncome | None
    papers: list[SocialHousingPaper]
    procedures: list[ProcedureLink]
    changes_on: list[Day]


class HousingProjectList(msgspec.Struct, frozen=True):
    items: list[HousingProject]


class KeptSocialHousingCase(msgspec.Struct, frozen=True, kw_only=True):
    """What you said of yourself, as you sent it; null where nothing was said."""

    wish: Wish
    groups: list[GroupNumber] | None
    household: Household | None
    income_month: Amount | None
    spouse_income_month: Amount | None
    has_house: bool | None
    house_m2: SquareMetres | None
    house_people: Count | None
    house_far_from_work: bool | None
    was_helped: bool | None
    has_contract: bool | None
    papers: list[str] | None


class MySocialHousingCase(msgspec.Struct, frozen=True):
    """What you keep of yourself, and the answer to it today. It is forgotten at `forgotten_at` unless it is written
    again, and whenever the consent is withdrawn."""

    case: KeptSocialHousingCase
    check: SocialHousingCheck
    version: Count
    created_at: Timestamp
    updated_at: Timestamp
    forgotten_at: Timestamp


class KeptCase(msgspec.Struct, frozen=True):
    """A row; the key is wrapped."""

    account_id: UUID
    sealed: bytes
    wrap_key: str
    wrapped: bytes
    key_version: int
    version: int
    created_at: datetime
    updated_at: datetime


class Listed(msgspec.Struct, frozen=True):
    """A procedure as its row has it."""

    code: str
    name: str
    source_url: str | None
