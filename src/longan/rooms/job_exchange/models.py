"""Nouns of the room: a file on its way in, its rows and what became of them."""

from typing import Any, Literal
from uuid import UUID

import msgspec

from longan.floor.base.errors import Conflict, FieldError
from longan.floor.base.fields import Count, Identifier, Timestamp, WardCode

Format = Literal["csv", "json_ld"]
RowStatus = Literal["waiting", "made", "changed", "same", "kept", "refused"]


class WardChoice(msgspec.Struct, frozen=True):
    """A ward that an ambiguous place may be."""

    ward_code: WardCode
    name: str


class Fault(msgspec.Struct, frozen=True):
    """Why a row was refused, as it is stored: as a field of `create_job`, and of an ambiguous place the choices."""

    pointer: str
    code: str
    choices: list[WardChoice] = []


class Given(msgspec.Struct, frozen=True):
    """A row as it came: where it begins, its key, its text, and what is wrong with it before it is read."""

    line: int
    source_key: str
    content: str
    wrong: list[FieldError] = []


class Upload(msgspec.Struct, frozen=True):
    """A file that was read as far as its form goes. `columns` and `unknown` headings are those of a CSV."""

    format: Format
    rows: list[Given]
    columns: list[str] = []
    unknown: list[str] = []


class JobImport(msgspec.Struct, frozen=True):
    """`state`: running, done, cancelled, or stopped because whoever began it is no member any more. `total` rows, of
    which were `made` drafts; `changed` (a draft under the same key said something else); found the `same`; `kept` (what
    stands under the key is no draft any more); `refused`. `unknown_columns` are headings that nothing was read of.
    `rows_until` is when the rows are forgotten.
    """

    id: Identifier
    employer_id: Identifier
    format: str
    publish: bool
    state: str
    total: Count
    made: Count
    changed: Count
    same: Count
    kept: Count
    refused: Count
    unknown_columns: list[str]
    created_at: Timestamp
    updated_at: Timestamp
    ended_at: Timestamp | None
    rows_until: Timestamp | None
    version: Count


class JobImportPage(msgspec.Struct, frozen=True):
    items: list[JobImport]
    next_cursor: str | None


class StoredRow(msgspec.Struct, frozen=True):
    """A row as the table has it; `wrong` and `unread` are JSON."""

    line: int
    status: str
    source_key: str | None
    job_id: UUID | None
    wrong: str
    unread: str


class StoredPage(msgspec.Struct, frozen=True):
    items: list[StoredRow]
    next_cursor: str | None


class RowError(msgspec.Struct, frozen=True):
    """One field: a pointer into what `create_job` takes (`/place` for a place in words), a code, words for a person,
    and the wards that an ambiguous place may be."""

    pointer: str
    code: str
    message: str
    choices: list[WardChoice]


class JobImportRow(msgspec.Struct, frozen=True):
    """`line` of the file, of a JSON-LD the number of the node. `status`: waiting, made, changed, same, kept, refused.
    `not_understood` are members of a node for which we have no field: kept as they came, and exported again."""

    line: Count
    status: str
    source_key: str | None
    job_id: Identifier | None
    errors: list[RowError]
    not_understood: list[str]


class JobImportRowPage(msgspec.Struct, frozen=True):
    items: list[JobImportRow]
    next_cursor: str | None


class Held(msgspec.Struct, frozen=True):
    """An import as the worker holds it."""

    employer_id: UUID
    account_id: UUID
    employer_name: str
    is_member: bool
    format: Format
    publish: bool
    columns: list[str]
    reached: int


class Waiting(msgspec.Struct, frozen=True):
    """A row the worker takes. `status` is `refused` where its form was wrong already."""

    line: int
    source_key: str
    content: str
    status: RowStatus


class Meant(msgspec.Struct):
    """What a row means: a draft's values, and its place where that is in words."""

    values: dict[str, Any]
    place: str | None
    wrong: list[Fault]
    unread: list[str] = []


class Settled(msgspec.Struct, frozen=True):
    """What became of a row."""

    line: int
    status: RowStatus
    job_id: UUID | None = None
    wrong: list[Fault] = []
    unread: list[str] = []


class ImportRunning(Conflict):
    code = "import_running"
    vi, en = "Đơn vị đang có một lần nhập tin chưa xong", "An import of this employer is still running"
