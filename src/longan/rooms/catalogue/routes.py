"""HTTP of the room."""

from typing import Annotated
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, JSONBody, PathParameter, QueryParameter

from longan.floor.base.errors import Forbidden, IllegalTransition, InvalidBody, NotFound, Stale
from longan.floor.database.page import Cursor, Limit
from longan.floor.formats.sheets import FileEmpty, FileTooLarge, NotUtf8
from longan.floor.procedures.procedure_publishing import ProcedureChanged
from longan.floor.requests.deps import Conn, Ex, Locale, Me, Now, Pages, Tx
from longan.floor.requests.policy import Proof, decided
from longan.rooms.catalogue import domain
from longan.rooms.catalogue.models import (
    AnotherOfficialPublishes,
    ImportedProcedurePage,
    ImportedProcedureWhole,
    ImportState,
    ItemKind,
    NothingToPublish,
    ProcedureComparison,
    ProcedureImport,
    ProcedureImportPage,
    ProcedureImportRunning,
    ProcedurePublicationIn,
    ProcedurePullIn,
    ProcedureVersionPage,
    ProcedureVersionWhole,
)

WITH_PASSKEY = Proof(acr=3, max_age=None)
WITH_PASSKEY_JUST_NOW = Proof(acr=3)

OfKind = Annotated[ItemKind | None, QueryParameter(description="Only those of this kind")]
Doubtful = Annotated[bool | None, QueryParameter(description="Only those that are doubtful, or only the others")]
WithProblem = Annotated[str | None, QueryParameter(max_length=40, description="Only those with this problem, by code")]
InState = Annotated[ImportState | None, QueryParameter(description="Only imports in this state")]
VersionNumber = Annotated[int, QueryParameter(ge=1, le=2**31 - 1, description="The number of a version")]
OneVersion = Annotated[str, PathParameter(description="The number of a version")]

FILE = {domain.LINES: (
    '{"code": "OK", "data": {"id": "019d2bfd-3fe0-70ac-b9d6-5e9e20d6eef7", "code": "1.001193", "name": "Thủ tục đăng '
    'ký khai sinh", "state": "UPDATED", "type": "STANDARD", "isWard": true, "category": {"code": "G15-TP07", "name": '
    '"Hộ tịch"}, "departmentPromulgateCode": "G15", "departmentPromulgateName": "Bộ Tư pháp"}}\n'
)}  # fmt: skip
IMPORT_ID, OFFICIAL_ID = "0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a11", "0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a12"
IMPORT = {
    "id": IMPORT_ID, "origin": "source", "is_whole": True, "codes": [], "state": "drafted", "failure": None,
    "total": 6302, "new": 12, "changed": 84, "withdrawn": 3, "unchanged": 6190, "refused": 13, "doubtful": 5,
    "published": 0, "outdated": 0, "imported_by": OFFICIAL_ID, "imported_at": "2026-11-22T02:00:00Z",
    "published_by": None, "valid_from": None, "reason": None, "updated_at": "2026-11-22T02:12:00Z", "ended_at": None,
    "version": 130,
}  # fmt: skip
PROBLEM = {
    "code": "fee_suspicious", "weight": "doubtful", "pointer": "/executionMethods/0/fees/0/value", "said": "10",
    "message": "Mức phí khó tin: 10",
}  # fmt: skip
ITEM = {
    "code": "1.004194", "name": "Đăng ký tạm trú", "kind": "changed", "state": "open", "is_doubtful": True,
    "base_version": 1, "parts": ["documents", "methods"], "problems": [PROBLEM],
}  # fmt: skip
PROCEDURE = {
    "code": "1.004194", "code_valid": True, "name": "Đăng ký tạm trú", "field_code": "G01-CA05",
    "field": "Đăng ký, quản lý cư trú", "agency_code": "G01", "agency": "Bộ Công an", "level": "xa", "levels": ["xa"],
    "online_level": "toan_trinh", "audience": ["cong_dan_viet_nam"], "worker_group": "cu_tru",
    "updated_on": "2026-04-29", "is_complete": True, "kind": "standard", "decision_number": None,
    "life_event": "cu_tru_va_giay_to_tuy_than", "service_groups": [], "executing_agencies": ["Công an cấp xã"],
    "authorities": [], "coordinating_agencies": [], "channels": ["direct"], "fee_min": 15000, "fee_max": 15000,
    "cases": [{"name": "Đăng ký tạm trú", "time": 3, "time_unit": "working_day"}],
    "documents": [{"case": None, "code": "KQ001", "name": "Tờ khai", "originals": 1, "copies": 0, "has_form": True}],
    "documents_total": 1, "results": [{"code": None, "name": "Thông báo kết quả"}],
    "legal_basis": [{"code": "68/2020/QH14", "name": "Luật Cư trú"}], "conditions": None,
    "steps": ["Nộp hồ sơ tại Công an cấp xã"], "source_url": None, "captured_on": "2026-07-18",
    "methods": [{"channel": "direct", "time": 3, "time_unit": "working_day", "time_text": None, "fees": [
        {"kind": "service_fee", "amount": 15000, "currency": "VND", "note": None}], "note": None}],
}  # fmt: skip
VERSION = {
    "code": "1.004194", "version": 2, "kind": "published", "origin": "source", "name": "Đăng ký tạm trú",
    "valid_from": "2026-11-22", "published_at": "2026-11-22T03:00:00Z",
    "fingerprint": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
}  # fmt: skip
OF_THEN = {**{name: value for name, value in VERSION.items() if name != "name"}, "procedure": PROCEDURE}
DIFFERENCE = {
    "part": "documents", "kind": "changed", "case": None,
    "before": "«Tờ khai», 1 bản chính, 0 bản sao", "after": "«Tờ khai», 1 bản chính, 1 bản sao",
    "words": "Sửa giấy tờ: «Tờ khai», 1 bản chính, 0 bản sao → «Tờ khai», 1 bản chính, 1 bản sao",
}  # fmt: skip
WHOLE = {
    **{name: value for name, value in ITEM.items() if name != "parts"}, "differences": [DIFFERENCE],
    "procedure": PROCEDURE,
}  # fmt: skip
COMPARISON = {"code": "1.004194", "from_version": 1, "to_version": 2, "differences": [DIFFERENCE]}


@post(
    "/v1/procedure-imports",
    tags=["catalogue"],
    opt=decided(
        auth="official", limit="file", idempotent=True, proof=WITH_PASSKEY, takes=(domain.LINES,),
        largest=domain.MOST_BYTES, reads=domain.opened, request_example=FILE, example=IMPORT,
        raises=(Forbidden, ProcedureImportRunning, NotUtf8, InvalidBody, FileTooLarge, FileEmpty),
    ),
)  # fmt: skip
async def import_procedures(tx: Tx, me: Me, now: Now, exchange: Ex) -> ProcedureImport:
    """Procedures from a file, in the wire format of the national catalogue; nothing is published by it

    One answer of the catalogue as it is, a JSON list of them, or one on each line. What is wrong with a procedure is
    named in `list_imported_procedures`; whatever is not in the file stays as it is.
    """
    made = await domain.bring(tx, me, exchange.content, now)
    return exchange.tagged(made, made.version)


@post(
    "/v1/procedure-imports/pulls",
    tags=["catalogue"],
    opt=decided(
        auth="official", limit="file", idempotent=True, proof=WITH_PASSKEY, request_example={"codes": ["1.004194"]},
        example=IMPORT, raises=(Forbidden, ProcedureImportRunning),
    ),
)  # fmt: skip
async def pull_procedures(tx: Tx, me: Me, now: Now, exchange: Ex, data: JSONBody[ProcedurePullIn]) -> ProcedureImport:
    """Procedures from the national catalogue itself, all or a few; nothing is published by it

    What the catalogue has no more is a withdrawal, to be published like a change.
    """
    made = await domain.pull(tx, me, data, now)
    return exchange.tagged(made, made.version)


@get(
    "/v1/procedure-imports",
    tags=["catalogue"],
    opt=decided(
        auth="official", limit="lookup", proof=WITH_PASSKEY, raises=(Forbidden,),
        example={"items": [IMPORT], "next_cursor": None},
    ),
)  # fmt: skip
async def list_procedure_imports(
    conn: Conn, me: Me, pages: Pages, now: Now, status: InState = None, cursor: Cursor = None, limit: Limit = 20
) -> ProcedureImportPage:
    """Imports of procedures, the newest first"""
    return await domain.imports(conn, pages, me, status, cursor, limit, now)


@get(
    "/v1/procedure-imports/{procedure_import_id:uuid}",
    tags=["catalogue"],
    opt=decided(auth="official", limit="lookup", proof=WITH_PASSKEY, raises=(Forbidden, NotFound), example=IMPORT),
)
async def get_procedure_import(
    conn: Conn, me: Me, now: Now, exchange: Ex, procedure_import_id: FromPath[UUID]
) -> ProcedureImport:
    """How far an import has come, and how much it would change"""
    found = await domain.shown(conn, me, procedure_import_id, now)
    return exchange.tagged(found, found.version)


@get(
    "/v1/procedure-imports/{procedure_import_id:uuid}/procedures",
    tags=["catalogue"],
    opt=decided(
        auth="official",
        limit="lookup",
        proof=WITH_PASSKEY,
        raises=(Forbidden, NotFound),
        example={"items": [ITEM], "next_cursor": None},
    ),
)
async def list_imported_procedures(
    conn: Conn,
    me: Me,
    pages: Pages,
    now: Now,
    locale: Locale,
    procedure_import_id: FromPath[UUID],
    kind: OfKind = None,
    doubtful: Doubtful = None,
    problem: WithProblem = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> ImportedProcedurePage:
    """What an import would do to each procedure, and what is wrong with it; kept for 90 days"""
    return await domain.items(
        conn, pages, me, procedure_import_id, kind, doubtful, problem, cursor, limit, locale, now
    )  # fmt: skip


@get(
    "/v1/procedure-imports/{procedure_import_id:uuid}/procedures/{code:str}",
    tags=["catalogue"],
    opt=decided(auth="official", limit="lookup", proof=WITH_PASSKEY, raises=(Forbidden, NotFound), example=WHOLE),
)
async def get_imported_procedure(
    conn: Conn, me: Me, now: Now, locale: Locale, procedure_import_id: FromPath[UUID], code: FromPath[str]
) -> ImportedProcedureWhole:
    """One procedure of an import: every difference in words, and what it would be"""
    return await domain.item(conn, me, procedure_import_id, code, locale, now)


@post(
    "/v1/procedure-imports/{procedure_import_id:uuid}/publication",
    tags=["catalogue"],
    status_code=200,
    opt=decided(
        auth="official", limit="write", proof=WITH_PASSKEY_JUST_NOW,
        request_example={"version": 130, "codes": ["1.004194"]}, example=IMPORT,
        raises=(Forbidden, NotFound, AnotherOfficialPublishes, IllegalTransition, Stale, NothingToPublish,
                ProcedureChanged),
    ),
)  # fmt: skip
async def publish_procedures(
    tx: Tx, me: Me, now: Now, exchange: Ex, procedure_import_id: FromPath[UUID], data: JSONBody[ProcedurePublicationIn]
) -> ProcedureImport:
    """Make what you have looked at a version of each procedure; not what you imported yourself

    409 `procedure_changed`: `procedure_codes` have a newer version than the one they were compared with. The rest of
    an import can be published later.
    """
    made = await domain.publish(tx, me, procedure_import_id, data, now)
    return exchange.tagged(made, made.version)


@post(
    "/v1/procedure-imports/{procedure_import_id:uuid}/discard",
    tags=["catalogue"],
    status_code=200,
    opt=decided(
        auth="official",
        limit="write",
        proof=WITH_PASSKEY,
        raises=(Forbidden, NotFound, IllegalTransition),
        example=IMPORT,
    ),
)
async def discard_procedure_import(
    tx: Tx, me: Me, now: Now, exchange: Ex, procedure_import_id: FromPath[UUID]
) -> ProcedureImport:
    """Leave the rest of an import unpublished; what was published of it stays"""
    ended = await domain.discard(tx, me, procedure_import_id, now)
    return exchange.tagged(ended, ended.version)


@get(
    "/v1/procedures/{code:str}/versions",
    tags=["catalogue"],
    opt=decided(
        auth="public",
        limit="lookup",
        cache="procedures",
        raises=(NotFound,),
        example={"items": [VERSION], "next_cursor": None},
    ),
)
async def list_procedure_versions(
    conn: Conn, pages: Pages, code: FromPath[str], cursor: Cursor = None, limit: Limit = 20
) -> ProcedureVersionPage:
    """Every version of a procedure, the newest first; a withdrawn one ends with that"""
    return await domain.versions(conn, pages, code, cursor, limit)


@get(
    "/v1/procedures/{code:str}/versions/{version:str}",
    tags=["catalogue"],
    opt=decided(auth="public", limit="lookup", cache="procedures", raises=(NotFound,), example=OF_THEN),
)
async def get_procedure_version(conn: Conn, code: FromPath[str], version: OneVersion) -> ProcedureVersionWhole:
    """What a procedure was in one version"""
    return await domain.version(conn, code, version)


@get(
    "/v1/procedures/{code:str}/differences",
    tags=["catalogue"],
    opt=decided(auth="public", limit="lookup", cache="procedures", raises=(NotFound,), example=COMPARISON),
)
async def compare_procedure_versions(
    conn: Conn, locale: Locale, code: FromPath[str], from_version: VersionNumber, to_version: VersionNumber
) -> ProcedureComparison:
    """What differs between any two versions of a procedure, paper by paper, in words"""
    return await domain.compared(conn, code, from_version, to_version, locale)


HANDLERS = [
    import_procedures, pull_procedures, list_procedure_imports, get_procedure_import, list_imported_procedures,
    get_imported_procedure, publish_procedures, discard_procedure_import, list_procedure_versions,
    get_procedure_version, compare_procedure_versions,
]  # fmt: skip
