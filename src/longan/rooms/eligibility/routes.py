"""HTTP of the room."""

from datetime import date
from typing import Annotated

import msgspec
from litestar import delete, get, post, put
from litestar.params import JSONBody, QueryParameter

from longan.floor.accounts.personal import PERSONS, Persons
from longan.floor.base.errors import ConsentRequired, NotFound, Stale
from longan.floor.housing_rules.housing_projects import ProjectKind, projects
from longan.floor.housing_rules.social_housing import SocialHousingCase
from longan.floor.housing_rules.social_housing_rules import rules
from longan.floor.housing_rules.social_housing_texts import FAMILY, InForce
from longan.floor.places.ward import WardCode
from longan.floor.requests.deps import Conn, Ex, Me, Now, Tx
from longan.floor.requests.policy import Proof, decided
from longan.rooms.eligibility import domain
from longan.rooms.eligibility.models import (
    HousingProjectList,
    MySocialHousingCase,
    SocialHousingCheck,
    SocialHousingRules,
)

# SECURITY A13: whoever holds a recycled number has a code by SMS, and not the device of the one who said it.
ON_MY_DEVICE = Proof(acr=1, max_age=None)

AsOf = Annotated[date | None, QueryParameter(description="By the rules of this day, YYYY-MM-DD; today when not given")]

OfKind = Annotated[ProjectKind | None, QueryParameter(description="Only projects of this kind")]

CASE = {
    "wish": "buy", "groups": [6], "household": "couple", "income_month": 12_000_000,
    "spouse_income_month": 11_000_000, "has_house": False, "was_helped": False, "has_contract": True,
    "papers": ["application"],
}  # fmt: skip


# What the rules in the package say, so that no example tells of others.
DAY = date(2026, 11, 22)
PACKAGED = InForce(None, None, "", rules())
CHECK = msgspec.to_builtins(domain.checked(msgspec.convert(CASE, SocialHousingCase), DAY, PACKAGED, []))
_RULES = msgspec.to_builtins(domain.shown(PACKAGED, DAY, []))
RULES = _RULES | {"groups": _RULES["groups"][5:6], "papers": _RULES["papers"][:1]}
PROJECTS = msgspec.to_builtins({"items": projects()[:1]})
MINE = {
    "case": dict.fromkeys(SocialHousingCase.__struct_fields__) | CASE, "check": CHECK, "version": 1,
    "created_at": "2026-11-22T02:00:00Z", "updated_at": "2026-11-22T02:00:00Z",
    "forgotten_at": "2027-11-22T02:00:00Z",
}  # fmt: skip


@post(
    "/v1/social-housing/check",
    tags=["eligibility"],
    status_code=200,
    opt=decided(auth="public", limit="lookup", request_example=CASE, example=CHECK),
)
async def check_social_housing(
    tx: Tx, now: Now, data: JSONBody[SocialHousingCase], as_of: AsOf = None
) -> SocialHousingCheck:
    """Which conditions of social housing are met by what you say: a preview, no decision; nothing is kept

    Criterion by criterion with its law, what is not known, which papers are missing, what would change the answer, the
    forms and the procedures. Show `answer.notice` with it. The investor and the Department of Construction decide.
    """
    return await domain.check(tx, data, as_of, now)


@get(
    "/v1/social-housing/rules",
    tags=["eligibility"],
    opt=decided(auth="public", limit="lookup", cache=FAMILY, example=RULES),
)
async def get_social_housing_rules(conn: Conn, now: Now, exchange: Ex, as_of: AsOf = None) -> SocialHousingRules:
    """The rules of social housing that hold on a day: groups, conditions, caps of income, papers, each with its law"""
    found, fingerprint = await domain.rules_on(conn, as_of, now)
    return exchange.tagged(found, 1, fingerprint, found.as_of.isoformat(), found.procedures)


@get(
    "/v1/social-housing/projects",
    tags=["eligibility"],
    opt=decided(auth="public", limit="lookup", cache=FAMILY, example=PROJECTS),
)
async def list_housing_projects(kind: OfKind = None, ward_code: WardCode = None) -> (
    HousingProjectList
):  # fmt: skip
    """Projects of social housing and houses for workers, as the press had them: `source`, `source_year`, `as_of`"""
    return domain.listed_projects(kind, ward_code)


@get(
    "/v1/me/social-housing-case",
    tags=["eligibility"],
    dependencies=PERSONS,
    opt=decided(auth="app", limit="lookup", proof=ON_MY_DEVICE, raises=(NotFound,), example=MINE),
)
async def get_my_social_housing_case(
    conn: Conn, persons: Persons, me: Me, now: Now, exchange: Ex
) -> MySocialHousingCase:
    """The case you keep, with the answer to it by today's rules

    A session by a code alone is not enough (level 1): the number of the phone may have a new owner.
    """
    found = await domain.mine(conn, persons, me.account_id, now)
    return exchange.tagged(found, found.version, found.check)


@put(
    "/v1/me/social-housing-case",
    tags=["eligibility"],
    dependencies=PERSONS,
    opt=decided(
        auth="app", limit="write", may_match=True, request_example=CASE, example=MINE,
        raises=(ConsentRequired, NotFound, Stale),
    ),
)  # fmt: skip
async def put_my_social_housing_case(
    tx: Tx, persons: Persons, me: Me, now: Now, exchange: Ex, data: JSONBody[SocialHousingCase]
) -> MySocialHousingCase:
    """Keep your case, in the place of the one you kept before; only after `give_consent` to `social_housing`

    It is sealed with a key of your own, nobody searches in it, and it is forgotten a year after you last wrote it, when
    you delete it, and when you withdraw the consent. With `If-Match` it is refused (412) where it was changed since.
    """
    kept = await domain.keep(tx, persons, me.account_id, data, exchange.versions_if_given(), now)
    return exchange.tagged(kept, kept.version, kept.check)


@delete("/v1/me/social-housing-case", tags=["eligibility"], opt=decided(auth="app", limit="write", raises=(NotFound,)))
async def delete_my_social_housing_case(tx: Tx, me: Me) -> None:
    """Keep your case no longer"""
    await domain.drop(tx, me.account_id)


HANDLERS = [
    check_social_housing, get_social_housing_rules, list_housing_projects, get_my_social_housing_case,
    put_my_social_housing_case, delete_my_social_housing_case,
]  # fmt: skip
