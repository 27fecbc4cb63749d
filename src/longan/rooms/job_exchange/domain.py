"""Rules of the room: what a file may be, what its rows mean, and to whom the report belongs."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.base.errors import MESSAGES, FieldError, InvalidRequest, NotFound
from longan.floor.base.fields import Locale
from longan.floor.database import queue
from longan.floor.database.page import Cursors
from longan.floor.formats import json_ld, sheets
from longan.floor.formats.strict_json import field_error
from longan.floor.pay_and_days.pay import PayIn
from longan.floor.postings import drafts, job_ld, job_sheets
from longan.floor.postings.drafts import Draft
from longan.floor.search.search import fold
from longan.rooms.job_exchange import store
from longan.rooms.job_exchange.models import (
    Fault,
    Given,
    Held,
    ImportRunning,
    JobImport,
    JobImportPage,
    JobImportRow,
    JobImportRowPage,
    Meant,
    RowError,
    RowStatus,
    StoredRow,
    Upload,
    Waiting,
)

CSV, JSON_LD = "text/csv", "application/ld+json"
# What a file calls a field: whose fault is told need not be said to be missing as well.
MEMBERS = {
    "/place": "/ward_code", "/jobLocation": "/ward_code", "/validThrough": "/expires_at",
    "/totalJobOpenings": "/openings",
}  # fmt: skip
REPORT = ("line", "status", "source_key", "job_id", "errors", "not_understood")
_CHARSET = re.compile(r"""charset\s*=\s*"?([^\s";]{1,32})""", re.IGNORECASE)


def read(body: bytes, content_type: str) -> Upload:
    """A file of a kind that `import_jobs` takes. Raises the problems of `sheets`, `job_sheets` and `strict_json`."""
    charset = _CHARSET.search(content_type)
    if charset and charset[1].lower() not in ("utf-8", "utf8", "us-ascii"):
        raise sheets.NotUtf8(charset[1].lower())
    is_json = content_type.partition(";")[0].strip().lower() == JSON_LD
    return _once_each(_nodes(body) if is_json else _sheet(body))


def _sheet(body: bytes) -> Upload:
    sheet = sheets.read(body)
    columns = job_sheets.columns_of(sheet.header)
    rows: list[Given] = []
    for row in sheet.rows:
        if row.fault is not None:
            rows.append(Given(row.line, job_sheets.hashed([row.line, row.cells]), "[]", [FieldError("", row.fault)]))
            continue
        key, fault = job_sheets.source_key(columns, row.cells)
        rows.append(Given(row.line, key, msgspec.json.encode(row.cells).decode(), [fault] if fault else []))
    unknown = [name[:100] for name, column in zip(sheet.header, columns, strict=True) if name and not column]
    return Upload("csv", rows, columns, [name.replace("\0", "") for name in unknown])


def _nodes(body: bytes) -> Upload:
    rows: list[Given] = []
    for number, text in enumerate(json_ld.nodes(body), 1):
        node = job_ld.read(text)
        whole = len(text) <= json_ld.MOST_NODE
        rows.append(Given(number, node.source_key, text if whole else "{}", [] if whole else node.wrong))
    return Upload("json_ld", rows)


def _once_each(upload: Upload) -> Upload:
    """What has the key of a row before it is wrong: which of them is meant cannot be told."""
    seen: set[str] = set()
    rows: list[Given] = []
    for row in upload.rows:
        if row.source_key in seen and not row.wrong:
            row = msgspec.structs.replace(row, wrong=[FieldError("/source_key", "repeated")])
        seen.add(row.source_key)
        rows.append(row)
    return msgspec.structs.replace(upload, rows=rows)


async def begin(
    tx: asyncpg.Connection, member: UUID, employer: UUID, upload: Upload, *, publish: bool, now: datetime
) -> JobImport:
    """Raises `NotFound` for who is no member, `ImportRunning`."""
    try:
        made = await store.insert(tx, member, employer, upload, publish=publish, now=now)
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name == "imports_one_at_a_time":
            raise ImportRunning from error
        raise
    if made is None:
        raise NotFound
    await queue.add(tx, "job_import_goes_on", import_id=made)
    return await shown(tx, made, member)


async def cancel(tx: asyncpg.Connection, member: UUID, job_import: UUID, now: datetime) -> JobImport:
    """running -> cancelled; what was made of it stays. What is over stays as it is. Raises `NotFound`."""
    await store.cancel(tx, job_import, member, now)
    return await shown(tx, job_import, member)


async def shown(conn: asyncpg.Connection, job_import: UUID, member: UUID) -> JobImport:
    """Raises `NotFound`."""
    found = await store.one(conn, job_import, member)
    if found is None:
        raise NotFound
    return found


async def of_employer(
    conn: asyncpg.Connection, cursors: Cursors, employer: UUID, member: UUID, cursor: str | None, limit: int
) -> JobImportPage:
    """The newest first. Raises `NotFound`, `InvalidRequest` for a foreign cursor."""
    if not await store.is_member(conn, employer, member):
        raise NotFound
    return await store.of_employer(conn, cursors, employer, member, cursor, limit)


async def rows(
    conn: asyncpg.Connection, cursors: Cursors, job_import: UUID, member: UUID, status: RowStatus | None,
    cursor: str | None, limit: int, locale: Locale,
) -> JobImportRowPage:  # fmt: skip
    """In the order of the file. Raises `NotFound`, `InvalidRequest` for a foreign cursor."""
    await shown(conn, job_import, member)
    page = await store.rows(conn, cursors, job_import, member, status, cursor, limit)
    return JobImportRowPage([_told(row, locale) for row in page.items], page.next_cursor)


async def report(conn: asyncpg.Connection, job_import: UUID, member: UUID, locale: Locale) -> bytes:
    """All rows as a CSV that is safe to open. Raises `NotFound`."""
    await shown(conn, job_import, member)
    told = [_told(row, locale) for row in await store.report(conn, job_import, member)]
    lines = [
        (row.line, row.status, row.source_key, row.job_id and str(row.job_id), "; ".join(map(_words, row.errors)),
         ", ".join(row.not_understood))
        for row in told
    ]  # fmt: skip
    return sheets.written([REPORT, *lines])


def _told(row: StoredRow, locale: Locale) -> JobImportRow:
    faults = msgspec.json.decode(row.wrong, type=list[Fault])
    errors = [RowError(f.pointer, f.code, MESSAGES[f.code][locale == "en"], f.choices) for f in faults]
    unread = msgspec.json.decode(row.unread, type=list[str])
    return JobImportRow(row.line, row.status, row.source_key, row.job_id, errors, unread)


def _words(error: RowError) -> str:
    choices = ", ".join(f"{choice.ward_code} {choice.name}" for choice in error.choices)
    return f"{error.pointer} {error.code}: {error.message}" + (f" ({choices})" if choices else "")


def meant(row: Waiting, held: Held) -> Meant:
    """What a row says, before its place is known."""
    if held.format == "csv":
        said = job_sheets.read(held.columns, msgspec.json.decode(row.content, type=list[str]))
        return Meant(said.values, said.place, _faults(said.wrong))
    node = job_ld.read(row.content)
    foreign = node.organisation is not None and fold(node.organisation) != fold(held.employer_name)
    unread = [*node.unread, *(["hiringOrganization"] if foreign else [])]
    place = None if "ward_code" in node.values else node.place
    return Meant(node.values, place, _faults(node.wrong), unread)


def drafted(said: Meant, now: datetime) -> Draft | None:
    """The draft, or None and everything that is wrong with it in `said.wrong`."""
    values, wrong = said.values, said.wrong
    if not wrong:
        try:
            draft = msgspec.convert(values, Draft)
            drafts.check(draft, now)
        except msgspec.ValidationError:
            pass
        except InvalidRequest as error:
            wrong.extend(_faults(error.errors))
            return None
        else:
            return draft
    named = {fault.pointer for fault in wrong}
    named |= {field for fault in wrong for name, field in MEMBERS.items() if fault.pointer.startswith(name)}
    lacking = {**values, "pay": values.get("pay") or {}}
    for pointer, kind, value, required in _parts(lacking):
        if pointer in named:
            continue
        if value is None:
            if required:
                wrong.append(Fault(pointer, "required"))
            continue
        try:
            msgspec.convert(value, kind)
        except msgspec.ValidationError as error:
            fault = field_error(str(error), pointer)
            wrong.append(Fault(fault.pointer, fault.code))
    return None


def _parts(values: Mapping[str, Any]) -> list[tuple[str, Any, Any, bool]]:
    """Each field by itself, those of the pay too: pointer, type, value, whether it must be there."""
    return [
        *((f"/{name}", kind, values.get(name), required) for name, kind, required in _fields(Draft) if name != "pay"),
        *((f"/pay/{name}", kind, values["pay"].get(name), required) for name, kind, required in _fields(PayIn)),
    ]


@cache
def _fields(of: type[msgspec.Struct]) -> list[tuple[str, Any, bool]]:
    return [(field.name, field.type, field.required) for field in msgspec.structs.fields(of)]


def _faults(errors: Sequence[FieldError]) -> list[Fault]:
    return [Fault(error.pointer, error.code) for error in errors]
