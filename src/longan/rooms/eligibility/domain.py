"""Rules of the room: an answer with everything one needs to go on, and what is kept of a person only if they say so."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import TypeVar
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.accounts import consents, personal
from longan.floor.base.errors import NotFound, Stale
from longan.floor.housing_rules.housing_projects import ProjectKind, projects
from longan.floor.housing_rules.social_housing import SocialHousingCase, judge
from longan.floor.housing_rules.social_housing_cases import PURPOSE, SealedHousingCase, opened, seal
from longan.floor.housing_rules.social_housing_changes import NeededPaper, changes, papers
from longan.floor.housing_rules.social_housing_rules import IncomeCaps, Rules, SmallHouse, Text
from longan.floor.housing_rules.social_housing_texts import InForce, in_force
from longan.floor.pay_and_days.dated_rules import Dated, on
from longan.floor.pay_and_days.wages import day_of
from longan.floor.procedures.procedure_links import portal_url
from longan.floor.setup.crypto import PersonKeys
from longan.rooms.eligibility import store
from longan.rooms.eligibility.models import (
    HousingProjectList,
    KeptCase,
    KeptSocialHousingCase,
    Listed,
    MySocialHousingCase,
    NeededForm,
    ProcedureLink,
    SocialHousingChange,
    SocialHousingCheck,
    SocialHousingCondition,
    SocialHousingGroup,
    SocialHousingIncome,
    SocialHousingPaper,
    SocialHousingRules,
)

KEPT_FOR = timedelta(days=365)

D = TypeVar("D", bound=Dated)


async def check(
    conn: asyncpg.Connection, case: SocialHousingCase, as_of: date | None, now: datetime
) -> SocialHousingCheck:
    """The answer by the rules that hold now, as of a day; nothing of the case is kept."""
    found = await in_force(conn)
    listed = await store.procedures(conn, found.rules.procedures)
    return checked(case, as_of or day_of(now), found, listed)


def checked(case: SocialHousingCase, day: date, found: InForce, listed: Iterable[Listed]) -> SocialHousingCheck:
    needed = papers(case, day, found.rules)
    return SocialHousingCheck(
        as_of=day,
        rules_id=found.id,
        answer=judge(case, day, found.rules),
        changes=[
            SocialHousingChange(each.fact, said(each.given), said(each.needed), each.outcome, each.vi, each.en)
            for each in changes(case, day, found.rules)
        ],
        papers=needed,
        missing=[paper.id for paper in needed if not paper.held],
        forms=forms(needed),
        procedures=links(found.rules.procedures, listed),
    )


def said(value: float | bool | str | None) -> str | None:
    """A value of any kind in one: as it would be sent, without quotes."""
    return value if value is None or isinstance(value, str) else msgspec.json.encode(value).decode()


def forms(needed: Sequence[NeededPaper]) -> list[NeededForm]:
    """Each form once, with the papers that are made with it. Forms of one number in two texts are two."""
    found: dict[tuple[str, str], list[str]] = {}
    for paper in needed:
        if paper.form is not None:
            found.setdefault((paper.form, paper.law), []).append(paper.id)
    return [NeededForm(form, law, made) for (form, law), made in found.items()]


def links(codes: Sequence[str], listed: Iterable[Listed]) -> list[ProcedureLink]:
    """In the order of the rules."""
    known = {each.code: each for each in listed}
    return [
        ProcedureLink(
            code,
            known[code].name if code in known else None,
            portal_url(known[code].source_url if code in known else None),
        )
        for code in codes
    ]


async def rules_on(conn: asyncpg.Connection, as_of: date | None, now: datetime) -> tuple[SocialHousingRules, str]:
    """What holds on a day by the text that holds now, and that text's fingerprint."""
    found = await in_force(conn)
    listed = await store.procedures(conn, found.rules.procedures)
    return shown(found, as_of or day_of(now), listed), found.fingerprint


def shown(found: InForce, day: date, listed: Iterable[Listed]) -> SocialHousingRules:
    of = found.rules
    caps = on(of.income_caps, day)
    return SocialHousingRules(
        as_of=day,
        id=found.id,
        published_at=found.published_at,
        notice=of.notice,
        groups=[
            SocialHousingGroup(
                each.number, each.name.vi, each.name.en, each.buys, each.rents, each.income, each.law, each.source,
                each.valid_from, each.valid_to,
            )
            for each in _holding(of.groups, day)
        ],
        conditions=list(_conditions(of, day)),
        income=None if caps is None else _income(caps),
        papers=[
            SocialHousingPaper(
                each.id, each.name.vi, each.name.en, each.needed_for, list(each.groups), each.form,
                each.procedure_document, each.law, each.source, each.valid_from, each.valid_to,
            )
            for each in _holding(of.papers, day)
        ],
        procedures=links(of.procedures, listed),
        changes_on=sorted({rule.valid_from for rule in _every(of)}),
    )  # fmt: skip


def _holding(dated: Iterable[D], day: date) -> list[D]:
    return [each for each in dated if each.on(day)]


def _every(of: Rules) -> list[Dated]:
    return [
        *of.groups, *of.renting, *of.no_house, *of.not_helped, *of.small_house, *of.far_house, *of.income_caps,
        *of.papers,
    ]  # fmt: skip


def _conditions(of: Rules, day: date) -> Iterable[SocialHousingCondition]:
    named: dict[str, Sequence[Text]] = {
        "renting": of.renting, "no_house": of.no_house, "not_helped": of.not_helped, "small_house": of.small_house,
        "far_house": of.far_house,
    }  # fmt: skip
    for name, rules in named.items():
        if (rule := on(rules, day)) is not None:
            below = rule.m2_a_person_below if isinstance(rule, SmallHouse) else None
            yield SocialHousingCondition(
                name, rule.text.vi, rule.text.en, below, rule.law, rule.source, rule.valid_from, rule.valid_to
            )


def _income(caps: IncomeCaps) -> SocialHousingIncome:
    return SocialHousingIncome(
        caps.single, caps.of("single_parent"), caps.couple, caps.months, caps.note, caps.law, caps.source,
        caps.valid_from, caps.valid_to,
    )  # fmt: skip


def listed_projects(kind: ProjectKind | None, ward_code: str | None) -> HousingProjectList:
    return HousingProjectList(
        [
            each
            for each in projects()
            if (kind is None or each.kind == kind) and (ward_code is None or each.ward_code == ward_code)
        ]
    )


async def keep(
    tx: asyncpg.Connection, keys: PersonKeys, account: UUID, case: SocialHousingCase, versions: list[int] | None,
    now: datetime,
) -> MySocialHousingCase:  # fmt: skip
    """Raises `ConsentRequired`, and `Stale` where none of the `versions` is the present one."""
    await consents.demand(tx, account, PURPOSE, now)
    before = await store.mine(tx, account, now) if versions is not None else None
    key = await personal.key_for(tx, keys, account, now)
    gone = versions is not None and before is None
    if gone or await store.keep(tx, account, seal(key, case, account), versions, now) is None:
        raise Stale
    return await mine(tx, keys, account, now)


async def mine(conn: asyncpg.Connection, keys: PersonKeys, account: UUID, now: datetime) -> MySocialHousingCase:
    """Raises `NotFound`, also for a case that cannot be opened any more."""
    row = await store.mine(conn, account, now)
    case = None if row is None else _opened(keys, row)
    if row is None or case is None:
        raise NotFound
    return MySocialHousingCase(
        case=KeptSocialHousingCase(**msgspec.structs.asdict(case)),
        check=await check(conn, case, None, now),
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
        forgotten_at=row.updated_at + KEPT_FOR,
    )


def _opened(keys: PersonKeys, row: KeptCase) -> SocialHousingCase | None:
    return opened(keys, SealedHousingCase(row.account_id, row.sealed, row.wrap_key, row.wrapped, row.key_version))


async def drop(tx: asyncpg.Connection, account: UUID) -> None:
    """Raises `NotFound` when nothing is kept."""
    if not await store.drop(tx, account):
        raise NotFound
