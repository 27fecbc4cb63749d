"""HTTP of the room."""

from typing import Annotated

from litestar import get
from litestar.params import FromPath, QueryParameter

from longan.floor.base.errors import NotFound
from longan.floor.base.several import commas, several
from longan.floor.database.page import Cursor, Limit
from longan.floor.places import ward
from longan.floor.procedures.procedure_words import Who
from longan.floor.procedures.procedures import Audience, Level, OnlineLevel
from longan.floor.requests.deps import Conn, Home, Locale, Now, Pages
from longan.floor.requests.policy import decided
from longan.rooms.services import domain, store
from longan.rooms.services.models import (
    PROCEDURE_EXAMPLE,
    FieldList,
    LifeEventList,
    LifeEventShown,
    PersonaList,
    ProcedureFacets,
    ProcedurePage,
    ProcedureShown,
    ProcedureSuggestionList,
    Search,
)  # fmt: skip

Words = Annotated[
    str | None,
    QueryParameter(
        max_length=200,
        description="Words of the name, the field, the agency, or what people say for it, with or without marks; at "
        'most 12. `"in quotes"` side by side, `-without`, `this OR that`; a code; or an event of a life: "sinh con"',
    ),
]
FieldCodes = Annotated[str | None, QueryParameter(max_length=400, description="One or several, separated by commas")]
Levels = Annotated[str | None, QueryParameter(max_length=400, description=commas(Level))]
OnlineLevels = Annotated[str | None, QueryParameter(max_length=400, description=commas(OnlineLevel))]
Audiences = Annotated[str | None, QueryParameter(max_length=400, description=f"Who may file. {commas(Audience)}")]
WhoAmI = Annotated[str | None, QueryParameter(max_length=400, description=f"What somebody is. {commas(Who)}")]
LifeEvent = Annotated[
    str | None, QueryParameter(max_length=40, description="Only what this event brings: list_life_events")
]
Province = Annotated[
    str | None,
    QueryParameter(pattern="^[0-9]{2}$", max_length=2, description="Not what other provinces have issued for theirs"),
]
Typed = Annotated[str, QueryParameter(max_length=60, description="What is typed so far, with or without marks")]

ITEM_EXAMPLE = {
    "code": "1.004194", "name": "Đăng ký tạm trú", "field_code": "G01-CA05", "field": "Đăng ký, quản lý cư trú",
    "agency": "Bộ Công an", "level": "xa", "levels": ["xa", "nganh_doc"], "online_level": "toan_trinh",
    "code_valid": True, "matched": [{"field": "name", "words": ["tạm trú"]}],
}  # fmt: skip
PAGE_EXAMPLE = {"items": [ITEM_EXAMPLE], "next_cursor": None, "guesses": [], "life_event": None}
FACETS_EXAMPLE = {
    "total": 1,
    "facets": {
        "field_code": [{"value": "G01-CA05", "name": "Đăng ký, quản lý cư trú", "count": 1}],
        "level": [{"value": "xa", "name": None, "count": 1}],
        "online_level": [{"value": "toan_trinh", "name": None, "count": 1}], "audience": [],
        "who": [{"value": "tenant", "name": None, "count": 1}],
    },
}  # fmt: skip
SUGGESTIONS_EXAMPLE = {
    "items": [
        {"kind": "life_event", "text": "Chuyển chỗ ở", "value": "chuyen_cho_o"},
        {"kind": "procedure", "text": "Đăng ký tạm trú", "value": "1.004194"},
    ]
}
STEP_EXAMPLE = {"when": "Ở nơi mới từ 30 ngày", "procedure": ITEM_EXAMPLE | {"matched": []}}


@get(
    "/v1/procedures",
    tags=["services"],
    opt=decided(auth="public", limit="lookup", cache="procedures", example=PAGE_EXAMPLE),
)
async def list_procedures(
    conn: Conn,
    now: Now,
    home: Home,
    locale: Locale,
    pages: Pages,
    q: Words = None,
    field_code: FieldCodes = None,
    level: Levels = None,
    online_level: OnlineLevels = None,
    audience: Audiences = None,
    who: WhoAmI = None,
    life_event: LifeEvent = None,
    province_code: Province = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> ProcedurePage:
    """Public-service procedures, those that workers need first; with `q` the best matches first

    Where `q` names an event of a life, `life_event` says which, and its procedures are among those found. A word that
    no procedure has is read as those that look like it, and `guesses` says so. What other provinces have issued for
    themselves comes last.
    """
    asked = _asked(q, field_code, level, online_level, audience, who, life_event, province_code)
    return await domain.find(conn, pages, home, now, locale, asked, cursor, limit)


@get(
    "/v1/procedures/facets",
    tags=["services"],
    opt=decided(auth="public", limit="lookup", cache="procedures", example=FACETS_EXAMPLE),
)
async def get_procedure_facets(
    conn: Conn,
    now: Now,
    home: Home,
    q: Words = None,
    field_code: FieldCodes = None,
    level: Levels = None,
    online_level: OnlineLevels = None,
    audience: Audiences = None,
    who: WhoAmI = None,
    life_event: LifeEvent = None,
    province_code: Province = None,
) -> ProcedureFacets:
    """How many of what `list_procedures` finds by the same filters are of which field, level and so on"""
    asked = _asked(q, field_code, level, online_level, audience, who, life_event, province_code)
    return await domain.facets(conn, home, now, asked)


def _asked(
    q: str | None, field_code: str | None, level: str | None, online_level: str | None, audience: str | None,
    who: str | None, life_event: str | None, province_code: str | None,
) -> Search:  # fmt: skip
    return Search(
        q=q or None,
        field_codes=several("field_code", field_code, str),
        levels=several("level", level, Level),
        online_levels=several("online_level", online_level, OnlineLevel),
        audiences=several("audience", audience, Audience),
        who=several("who", who, Who),
        life_event=life_event,
        province_code=province_code,
    )


@get(
    "/v1/procedures/suggestions",
    tags=["services"],
    opt=decided(auth="public", limit="lookup", cache="procedures", example=SUGGESTIONS_EXAMPLE),
)
async def suggest_procedures(
    conn: Conn, now: Now, home: Home, locale: Locale, pages: Pages, q: Typed
) -> ProcedureSuggestionList:
    """Events of a life, procedures and fields for what is typed so far; procedures from the third letter on"""
    return await domain.suggest(conn, pages, home, now, locale, q)


@get(
    "/v1/procedures/fields",
    tags=["services"],
    opt=decided(auth="public", limit="lookup", cache="procedures"),
)
async def list_procedure_fields(conn: Conn) -> FieldList:
    """All fields of administration with how many procedures each has, those of many first"""
    return await store.fields(conn)


@get(
    "/v1/procedures/personas",
    tags=["services"],
    opt=decided(auth="public", limit="lookup", cache="procedures"),
)
async def list_procedure_personas(locale: Locale) -> PersonaList:
    """What somebody may be ("I am a landlord"), for the filter `who`"""
    return domain.personas(locale)


@get(
    "/v1/life-events",
    tags=["services"],
    opt=decided(auth="public", limit="lookup", cache="procedures"),
)
async def list_life_events(now: Now, locale: Locale) -> LifeEventList:
    """Events of a life (a birth, a lost job, a move) that bring procedures with them"""
    return domain.events(now, locale)


@get(
    "/v1/life-events/{code:str}",
    tags=["services"],
    opt=decided(
        auth="public", limit="lookup", cache="procedures", raises=(NotFound,),
        example={"code": "chuyen_cho_o", "name": "Chuyển chỗ ở", "valid_from": "2025-07-01", "steps": [STEP_EXAMPLE]},
    ),
)  # fmt: skip
async def get_life_event(conn: Conn, now: Now, locale: Locale, code: FromPath[str]) -> LifeEventShown:
    """An event of a life and its procedures, in the order in which one meets them"""
    return await domain.event(conn, now, locale, code)


@get(
    "/v1/procedures/{code:str}",
    tags=["services"],
    opt=decided(auth="public", limit="lookup", cache="procedures",
                raises=(NotFound, *ward.PROBLEMS), example=PROCEDURE_EXAMPLE),
)  # fmt: skip
async def get_procedure(
    conn: Conn, now: Now, home: Home, locale: Locale, code: FromPath[str], ward_code: ward.WardCode = None,
    old_ward_code: ward.OldWardCode = None, place: ward.PlaceName = None,
) -> ProcedureShown:  # fmt: skip
    """One procedure, explained: papers by case, ways to file with times and fees, where to go, forms, legal basis

    A fee of 0 or of a few đồng never means that nothing is to be paid: `reading` says what to do. `notes` are rules
    that hold for it today; `related` are procedures that are the same for a person, or come next. `where` names the
    offices that are listed; those of communes only for a ward, which may be named as it is now or was before.
    """
    return await domain.shown(conn, home, now, locale, code, (ward_code, old_ward_code, place))


HANDLERS = [
    list_procedures, get_procedure_facets, suggest_procedures, list_procedure_fields, list_procedure_personas,
    list_life_events, get_life_event, get_procedure,
]  # fmt: skip
