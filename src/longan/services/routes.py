"""HTTP of the room."""

from typing import Annotated, cast

from litestar import get
from litestar.params import FromPath, QueryParameter

from longan.deps import Conn, Pages
from longan.errors import NotFound
from longan.page import Cursor, Limit
from longan.policy import decided
from longan.services import store
from longan.services.models import Audience, Level, OnlineLevel, Procedure, ProcedurePage, Search
from longan.several import commas, several

Words = Annotated[str | None, QueryParameter(max_length=200, description="Words, with or without marks")]
FieldCodes = Annotated[str | None, QueryParameter(max_length=400, description="One or several, separated by commas")]
Levels = Annotated[str | None, QueryParameter(max_length=400, description=commas(Level))]
OnlineLevels = Annotated[str | None, QueryParameter(max_length=400, description=commas(OnlineLevel))]
Audiences = Annotated[str | None, QueryParameter(max_length=400, description=commas(Audience))]

ITEM_EXAMPLE = {
    "code": "1.004194", "name": "Đăng ký tạm trú", "field_code": "G01-CA05", "field": "Đăng ký, quản lý cư trú",
    "agency": "Bộ Công an", "level": "xa", "levels": ["xa", "nganh_doc"], "online_level": "toan_trinh",
}  # fmt: skip


@get(
    "/v1/procedures",
    tags=["services"],
    opt=decided(
        auth="public", limit="lookup", cache="procedures", example={"items": [ITEM_EXAMPLE], "next_cursor": None}
    ),
)
async def list_procedures(
    conn: Conn,
    pages: Pages,
    q: Words = None,
    field_code: FieldCodes = None,
    level: Levels = None,
    online_level: OnlineLevels = None,
    audience: Audiences = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> ProcedurePage:
    """Public-service procedures, those that workers need first; with `q` the best matches first"""
    asked = Search(
        q=q or None,
        field_codes=several("field_code", field_code, str),
        levels=several("level", level, Level),
        online_levels=several("online_level", online_level, OnlineLevel),
        audiences=several("audience", audience, Audience),
    )
    return await store.search(conn, pages, asked, cursor, limit)


@get(
    "/v1/procedures/{code:str}",
    tags=["services"],
    opt=decided(auth="public", limit="lookup", cache="procedures", raises=(NotFound,)),
)
async def get_procedure(conn: Conn, code: FromPath[str]) -> Procedure:
    """One procedure: documents, ways to file with times and fees, agency, legal basis, steps, results"""
    if (procedure := await store.one(conn, code)) is None:
        raise NotFound
    return cast(Procedure, procedure)


HANDLERS = [list_procedures, get_procedure]
