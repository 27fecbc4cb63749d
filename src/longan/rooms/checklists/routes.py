"""HTTP of the room."""

from typing import Annotated
from uuid import UUID

from litestar import delete, get, put
from litestar.params import FromPath, JSONBody, QueryParameter

from longan.floor.base.errors import NotFound, Stale
from longan.floor.database.page import Cursor, Limit
from longan.floor.requests.deps import Conn, Ex, Me, Now, Pages, Tx
from longan.floor.requests.policy import decided
from longan.rooms.checklists import domain
from longan.rooms.checklists.models import (
    CaseUnknown,
    Checklist,
    ChecklistDropped,
    ChecklistIn,
    ChecklistPage,
    ChecklistsFull,
    OtherProcedure,
    ProcedureUnknown,
)

OfProcedure = Annotated[
    str | None,
    QueryParameter(
        max_length=40, description="Only those of this procedure: what to show beside a dossier that asks for papers"
    ),
]

IN_EXAMPLE = {
    "procedure_code": "1.004194", "case": None, "papers_version": "8f14e45fceea167a",
    "ticks": [{"paper": "000.00.00.G01-KQ003630", "is_done": True, "at": "2026-11-22T02:00:00Z"}],
}  # fmt: skip
KNOWN_EXAMPLE = {
    "id": "0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a11", "procedure_code": "1.004194", "procedure_name": "Đăng ký tạm trú",
    "case": None, "is_gone": False, "done": 1, "version": 3, "updated_at": "2026-11-22T02:00:00Z",
}  # fmt: skip
PAPER_EXAMPLE = {
    "key": "000.00.00.G01-KQ003630", "case": None, "name": "Tờ khai thay đổi thông tin cư trú (Mẫu CT01)",
    "originals": 1, "copies": 0, "has_form": True, "is_done": True, "done_at": "2026-11-22T02:00:00Z", "is_new": False,
}  # fmt: skip
CHANGES_EXAMPLE = {
    "added": [], "renamed": [],
    "removed": [{"key": "000.00.00.G01-KQ003639", "case": None, "name": "Hợp đồng thuê nhà"}],
}  # fmt: skip
ONE_EXAMPLE = KNOWN_EXAMPLE | {
    "case_is_gone": False, "papers_cut": False, "papers": [PAPER_EXAMPLE], "changes": CHANGES_EXAMPLE,
    "papers_version": "8f14e45fceea167a", "created_at": "2026-11-20T02:00:00Z",
}  # fmt: skip
LIST_EXAMPLE = {"items": [KNOWN_EXAMPLE | {"total": 4, "has_changes": True}], "next_cursor": None}


@get("/v1/me/checklists", tags=["checklists"], opt=decided(auth="app", limit="lookup", example=LIST_EXAMPLE))
async def list_checklists(
    conn: Conn, me: Me, pages: Pages, procedure_code: OfProcedure = None, cursor: Cursor = None, limit: Limit = 20
) -> ChecklistPage:
    """The checklists you keep, the last one changed first, with how many of their papers are done"""
    return await domain.page(conn, pages, me.account_id, procedure_code, cursor, limit)


@get(
    "/v1/me/checklists/{checklist_id:uuid}",
    tags=["checklists"],
    opt=decided(auth="app", limit="lookup", raises=(NotFound,), example=ONE_EXAMPLE),
)
async def get_checklist(conn: Conn, me: Me, exchange: Ex, checklist_id: FromPath[UUID]) -> Checklist:
    """A checklist beside what the procedure asks for now; `changes` are those since it was last seen"""
    found = await domain.shown(conn, me.account_id, checklist_id)
    return exchange.tagged(found, found.version, found.papers_version)


@put(
    "/v1/me/checklists/{checklist_id:uuid}",
    tags=["checklists"],
    opt=decided(
        auth="app", limit="write", may_match=True, request_example=IN_EXAMPLE, example=ONE_EXAMPLE,
        raises=(ChecklistDropped, ChecklistsFull, OtherProcedure, CaseUnknown, ProcedureUnknown, Stale),
    ),
)  # fmt: skip
async def keep_checklist(
    tx: Tx, me: Me, now: Now, exchange: Ex, checklist_id: FromPath[UUID], data: JSONBody[ChecklistIn]
) -> Checklist:
    """Keep a checklist under an id of the phone's own, or write into it what was ticked off meanwhile

    Made for phones that are offline: it may be sent again, late, and from several phones in any order. Of each paper
    the tick with the latest `at` holds; ticks that are not sent stay as they are. With `If-Match` it is refused
    instead (412) where anything changed since. Send the `papers_version` of the papers on the screen: `changes` end
    when the present one was seen. One that was deleted stays so (410).
    """
    kept = await domain.keep(tx, me.account_id, checklist_id, data, exchange.versions_if_given(), now)
    return exchange.tagged(kept, kept.version, kept.papers_version)


@delete(
    "/v1/me/checklists/{checklist_id:uuid}",
    tags=["checklists"],
    opt=decided(auth="app", limit="write", may_match=True, raises=(NotFound, Stale)),
)
async def drop_checklist(tx: Tx, me: Me, now: Now, exchange: Ex, checklist_id: FromPath[UUID]) -> None:
    """Keep a checklist no longer, on no phone"""
    await domain.drop(tx, me.account_id, checklist_id, exchange.versions_if_given(), now)


HANDLERS = [list_checklists, get_checklist, keep_checklist, drop_checklist]
