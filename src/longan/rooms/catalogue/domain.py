"""Rules of the room: what a file of procedures may be, who may publish what of it, and what differs.

Whoever brings procedures in does not publish them: what people read here decides which papers they carry to an office
and what they pay, so two pairs of eyes see it (SECURITY Z7), wherever it came from.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.access import officials
from longan.floor.access.tokens import Principal
from longan.floor.base.errors import (
    FieldError,
    Forbidden,
    IllegalTransition,
    InvalidBody,
    InvalidRequest,
    NotFound,
    Stale,
)
from longan.floor.base.fields import Locale
from longan.floor.database import queue
from longan.floor.database.page import Cursors
from longan.floor.formats import sheets, strict_json
from longan.floor.pay_and_days.wages import day_of
from longan.floor.procedures.procedure_difference_words import told
from longan.floor.procedures.procedure_differences import FOLLOWING, differences
from longan.floor.procedures.procedure_publishing import ProcedureChanged
from longan.floor.procedures.procedure_wire import Read, read, refused
from longan.floor.procedures.procedure_wire_text import PROBLEMS, WireProblem, words_of
from longan.floor.procedures.procedures import Procedure
from longan.rooms.catalogue import store
from longan.rooms.catalogue.models import (
    AnotherOfficialPublishes,
    ImportedProcedure,
    ImportedProcedurePage,
    ImportedProcedureWhole,
    ImportProblem,
    ImportState,
    ItemKind,
    NothingToPublish,
    ProcedureComparison,
    ProcedureDifference,
    ProcedureImport,
    ProcedureImportPage,
    ProcedureImportRunning,
    ProcedurePublicationIn,
    ProcedurePullIn,
    ProcedureVersionPage,
    ProcedureVersionWhole,
    StoredItem,
)

LINES = "application/jsonl"
MOST_BYTES = 10 * 1024 * 1024
MOST_PROCEDURES = 5_000
FUNCTION: officials.Function = "public_services"
FIRST_DAY = date(2000, 1, 1)
_CHARSET = re.compile(r"""charset\s*=\s*"?([^\s";]{1,32})""", re.IGNORECASE)


class Upload(msgspec.Struct, frozen=True):
    """What stands in a file; the day on which it came is not known yet."""

    reads: list[Read]


def opened(body: bytes, content_type: str) -> Upload:
    """A file as it is sent to `import_procedures`: one procedure, a list of them, or one on each line, as the national
    catalogue answers or as collectors keep it. Raises `NotUtf8`, `FileEmpty`, `FileTooLarge`, `InvalidBody`."""
    charset = _CHARSET.search(content_type)
    if charset and charset[1].lower() not in ("utf-8", "utf8", "us-ascii"):
        raise sheets.NotUtf8(charset[1].lower())
    sheets.demand_utf8(body)
    body = body.removeprefix(b"\xef\xbb\xbf")
    pieces = _pieces(body)
    if not pieces:
        raise sheets.FileEmpty
    if len(pieces) > MOST_PROCEDURES:
        raise sheets.FileTooLarge("procedures", MOST_PROCEDURES)
    values = map(_value, pieces)
    return Upload(
        list(once_each(refused("", "not_json") if each is InvalidBody else read(each, None) for each in values))
    )


def _pieces(body: bytes) -> list[bytes]:
    """The procedures of a document: in a list, in `items`, in `data`, or itself; else a procedure on each line."""
    lines = [line for line in body.splitlines() if line.strip()]
    if body.lstrip()[:1] != b"[" and len(lines) > 1 and not _is_json(body) and any(map(_is_json, lines)):
        return lines
    try:
        for _ in range(4):
            if body.lstrip()[:1] == b"[":
                return [bytes(piece) for piece in msgspec.json.decode(body, type=list[msgspec.Raw])]
            inside = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
            within = inside.get("items") or inside.get("data")
            if within is None or bytes(within).lstrip()[:1] not in (b"[", b"{"):
                return [body]
            body = bytes(within)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidBody from error
    return [body]


def _is_json(text: bytes) -> bool:
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _value(piece: bytes) -> object:
    try:
        return strict_json.loads(piece)
    except InvalidBody:
        return InvalidBody


def once_each(reads: Iterator[Read], seen: set[str] | None = None) -> Iterator[Read]:
    """What has the code of one before it is refused: which of them is meant cannot be told. `seen` are codes that came
    before."""
    seen = set() if seen is None else seen
    for each in reads:
        if each.procedure is not None and each.code in seen:
            again = [*each.problems, WireProblem("code_repeated", "/code", each.code)]
            yield Read(each.code, each.name, None, again)
        else:
            seen |= {each.code} if each.procedure is not None else set()
            yield each


async def bring(tx: asyncpg.Connection, me: Principal, upload: Upload, now: datetime) -> ProcedureImport:
    """Raises `Forbidden`, `ProcedureImportRunning`."""
    await _demand(tx, me, now)
    made = await _begun(tx, me, "upload", now)
    await store.add(tx, made, [_taken_on(each, day_of(now)) for each in upload.reads])
    await queue.add(tx, "procedures_compare", import_id=made)
    return await _one(tx, made)


def _taken_on(each: Read, day: date) -> Read:
    if each.procedure is None:
        return each
    return msgspec.structs.replace(each, procedure=msgspec.structs.replace(each.procedure, captured_on=day))


async def pull(tx: asyncpg.Connection, me: Principal, asked: ProcedurePullIn, now: datetime) -> ProcedureImport:
    """Raises `Forbidden`, `ProcedureImportRunning`."""
    await _demand(tx, me, now)
    codes = list(dict.fromkeys(asked.codes or []))
    made = await _begun(tx, me, "source", now, codes)
    await queue.add(tx, "procedures_pull", import_id=made)
    return await _one(tx, made)


async def _begun(tx: asyncpg.Connection, me: Principal, origin: str, now: datetime, codes: Sequence[str] = ()) -> UUID:
    try:
        return await store.insert(
            tx, me.account_id, origin, now, codes=codes, is_whole=origin == "source" and not codes
        )
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name == "imports_one_at_a_time":
            raise ProcedureImportRunning from error
        raise


async def publish(
    tx: asyncpg.Connection, me: Principal, procedure_import: UUID, asked: ProcedurePublicationIn, now: datetime
) -> ProcedureImport:
    """drafted -> publishing.

    Raises `Forbidden`, `NotFound`, `AnotherOfficialPublishes`, `IllegalTransition`, `Stale` for another version than
    the one that was read, `InvalidRequest` for a day to come or a code that cannot be published, `NothingToPublish`,
    `ProcedureChanged` where a newer version came in between.
    """
    await _demand(tx, me, now)
    await store.hold(tx, procedure_import)
    found = await _one(tx, procedure_import)
    if found.imported_by == me.account_id:
        raise AnotherOfficialPublishes
    if found.state != "drafted":
        raise IllegalTransition(found.state, "publishing")
    today = day_of(now)
    valid_from = asked.valid_from or today
    if not FIRST_DAY <= valid_from <= today:
        raise InvalidRequest(FieldError("/valid_from", "too_large" if valid_from > today else "too_small"))
    chosen = await store.chosen(tx, procedure_import, asked.codes)
    known = set(chosen)
    if wrong := [n for n, code in enumerate(asked.codes or []) if code not in known]:
        raise InvalidRequest(*(FieldError(f"/codes/{number}", "not_found") for number in wrong[:100]))
    if not chosen:
        raise NothingToPublish
    if behind := await store.outdated(tx, procedure_import, chosen):
        raise ProcedureChanged(members={"procedure_codes": behind[:100]})
    if not await store.approve(
        tx, procedure_import, chosen, me.account_id, asked.version, valid_from, asked.reason, now
    ):
        raise Stale
    await queue.add(tx, "procedures_publish", import_id=procedure_import)
    return await _one(tx, procedure_import)


async def discard(tx: asyncpg.Connection, me: Principal, procedure_import: UUID, now: datetime) -> ProcedureImport:
    """running or drafted -> closed; what was published of it stays. Raises `Forbidden`, `NotFound`,
    `IllegalTransition` while it is published."""
    await _demand(tx, me, now)
    await store.hold(tx, procedure_import)
    found = await _one(tx, procedure_import)
    if not await store.close(tx, procedure_import, now) and found.state == "publishing":
        raise IllegalTransition(found.state, "closed")
    return await _one(tx, procedure_import)


async def shown(conn: asyncpg.Connection, me: Principal, procedure_import: UUID, now: datetime) -> ProcedureImport:
    """Raises `Forbidden`, `NotFound`."""
    await officials.demand(conn, me, FUNCTION, now)
    return await _one(conn, procedure_import)


async def imports(
    conn: asyncpg.Connection, cursors: Cursors, me: Principal, state: ImportState | None, cursor: str | None,
    limit: int, now: datetime,
) -> ProcedureImportPage:  # fmt: skip
    """The newest first. Raises `Forbidden`, `InvalidRequest` for a foreign cursor."""
    await officials.demand(conn, me, FUNCTION, now)
    return await store.imports(conn, cursors, state, cursor, limit)


async def items(
    conn: asyncpg.Connection, cursors: Cursors, me: Principal, procedure_import: UUID, kind: ItemKind | None,
    is_doubtful: bool | None, problem: str | None, cursor: str | None, limit: int, locale: Locale, now: datetime,
) -> ImportedProcedurePage:  # fmt: skip
    """Raises `Forbidden`, `NotFound`, `InvalidRequest` for a foreign cursor."""
    await shown(conn, me, procedure_import, now)
    page = await store.items(conn, cursors, procedure_import, kind, is_doubtful, problem, cursor, limit)
    listed = [
        ImportedProcedure(
            row.code, row.name, row.kind, row.state, row.is_doubtful, row.base_version, row.parts,
            _problems(row, locale),
        )
        for row in page.items
    ]  # fmt: skip
    return ImportedProcedurePage(listed, page.next_cursor)


async def item(
    conn: asyncpg.Connection, me: Principal, procedure_import: UUID, code: str, locale: Locale, now: datetime
) -> ImportedProcedureWhole:
    """Raises `Forbidden`, `NotFound`."""
    await shown(conn, me, procedure_import, now)
    if (found := await store.item(conn, procedure_import, code)) is None:
        raise NotFound
    row, before, after = found
    changes = _told(before, after, locale) if row.kind == "changed" and before and after else []
    whole = msgspec.json.decode(after, type=Procedure) if after else None
    return ImportedProcedureWhole(
        row.code, row.name, row.kind, row.state, row.is_doubtful, row.base_version, _problems(row, locale), changes,
        whole,
    )  # fmt: skip


async def versions(
    conn: asyncpg.Connection, cursors: Cursors, code: str, cursor: str | None, limit: int
) -> ProcedureVersionPage:
    """The newest first. Raises `NotFound` for a code that never was one, `InvalidRequest` for a foreign cursor."""
    page = await store.versions(conn, cursors, code, cursor, limit)
    if not page.items and cursor is None:
        raise NotFound
    return page


async def version(conn: asyncpg.Connection, code: str, text: str) -> ProcedureVersionWhole:
    """Raises `NotFound`, for what is no number too."""
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
    if (found := (await store.some(conn, code, [number])).get(number)) is None:
        raise NotFound
    head, content = found
    return ProcedureVersionWhole(
        head.code, head.version, head.kind, head.origin, head.valid_from, head.published_at, head.fingerprint,
        msgspec.json.decode(content, type=Procedure),
    )  # fmt: skip


async def compared(
    conn: asyncpg.Connection, code: str, from_version: int, to_version: int, locale: Locale
) -> ProcedureComparison:
    """Raises `NotFound`."""
    found = await store.some(conn, code, [from_version, to_version])
    if from_version not in found or to_version not in found:
        raise NotFound
    changes = _told(found[from_version][1], found[to_version][1], locale)
    return ProcedureComparison(code, from_version, to_version, changes)


def _told(before: str, after: str, locale: Locale) -> list[ProcedureDifference]:
    """Without what only follows from other differences."""
    found = differences(*(msgspec.json.decode(side, type=Procedure) for side in (before, after)))
    said = [(each, told(each, locale)) for each in found if each.part not in FOLLOWING]
    return [
        ProcedureDifference(each.part, each.kind, words.case, words.before, words.after, words.words)
        for each, words in said
    ]


def _problems(row: StoredItem, locale: Locale) -> list[ImportProblem]:
    found = msgspec.json.decode(row.problems, type=list[WireProblem])
    return [
        ImportProblem(each.code, PROBLEMS[each.code].weight, each.pointer, each.said, words_of(each, locale))
        for each in found
    ]


async def _one(conn: asyncpg.Connection, procedure_import: UUID) -> ProcedureImport:
    if (found := await store.one(conn, procedure_import)) is None:
        raise NotFound
    return found


async def _demand(tx: asyncpg.Connection, me: Principal, now: datetime) -> None:
    """The catalogue has no ward: it is for officials who are appointed for everywhere. Raises `Forbidden`."""
    if not await officials.may(tx, me, FUNCTION, None, None, now):
        raise Forbidden
