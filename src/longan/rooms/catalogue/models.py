"""Nouns of the room: an import of procedures, what it would change, and the versions there have been."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from longan.floor.base.errors import Conflict, Forbidden, Unprocessable
from longan.floor.base.fields import Count, Day, Identifier, Note, Timestamp
from longan.floor.procedures.procedures import Procedure, ProcedureCode, ProcedureName

ItemKind = Literal["new", "changed", "withdrawn", "unchanged", "refused"]
ImportState = Literal["running", "drafted", "publishing", "closed", "failed"]
NationalCode = Annotated[str, Meta(pattern=r"^[0-9]\.[0-9]{6}$", max_length=8, examples=["1.004194"])]
AtVersion = Annotated[int, Meta(ge=1, le=2**31 - 1, description="`version` of the import as you read it")]


class ProcedurePullIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`codes`: only these; without them everything the national catalogue has."""

    codes: Annotated[list[NationalCode], Meta(min_length=1, max_length=50)] | None = None


class ProcedurePublicationIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`codes`: only these, doubtful ones among them; without them everything that is not doubtful. `valid_from`: the
    day from which on it holds, today where it is left out, never later."""

    version: AtVersion
    codes: Annotated[list[NationalCode], Meta(min_length=1, max_length=5_000)] | None = None
    valid_from: date | None = None
    reason: Note | None = None


class ProcedureImport(msgspec.Struct, frozen=True):
    """`state`: running (read and compared), drafted (to be looked at), publishing, closed, or failed (`failure` says
    why the source was not believed). Of `total` procedures so many are new, changed, withdrawn, unchanged, refused; of
    those that may be published some are doubtful, and go out only by name. `outdated` had a newer version when they
    were to be published. `published_by` decided last.
    """

    id: Identifier
    origin: str
    is_whole: bool
    codes: list[str]
    state: str
    failure: str | None
    total: Count
    new: Count
    changed: Count
    withdrawn: Count
    unchanged: Count
    refused: Count
    doubtful: Count
    published: Count
    outdated: Count
    imported_by: Identifier
    imported_at: Timestamp
    published_by: Identifier | None
    valid_from: Day | None
    reason: str | None
    updated_at: Timestamp
    ended_at: Timestamp | None
    version: Count


class ProcedureImportPage(msgspec.Struct, frozen=True):
    items: list[ProcedureImport]
    next_cursor: str | None


class ImportProblem(msgspec.Struct, frozen=True):
    """`weight`: refused, doubtful or noted. `pointer` into what came, `said` what stood there, cut."""

    code: str
    weight: str
    pointer: str
    said: str | None
    message: str


class ImportedProcedure(msgspec.Struct, frozen=True):
    """`parts` are those that would change. `state`: open, approved, published, outdated. `base_version` is the version
    it was compared with, 0 for none."""

    code: str
    name: str | None
    kind: str
    state: str
    is_doubtful: bool
    base_version: Count
    parts: list[str]
    problems: list[ImportProblem]


class ImportedProcedurePage(msgspec.Struct, frozen=True):
    items: list[ImportedProcedure]
    next_cursor: str | None


class ProcedureDifference(msgspec.Struct, frozen=True):
    """One paper, step, way to file ... or one value. `kind`: added, removed, changed, moved. `case` where it concerns
    the papers of one case. `words` say all of it to a person."""

    part: str
    kind: str
    case: str | None
    before: str | None
    after: str | None
    words: str


class ImportedProcedureWhole(msgspec.Struct, frozen=True):
    """With everything it would change, and what it would be; of a withdrawn one what it was."""

    code: str
    name: str | None
    kind: str
    state: str
    is_doubtful: bool
    base_version: Count
    problems: list[ImportProblem]
    differences: list[ProcedureDifference]
    procedure: Procedure | None


class ProcedureVersion(msgspec.Struct, frozen=True):
    """`kind`: seeded (it came with the software), published, withdrawn. `origin`: software, upload, source. Equal
    contents have equal fingerprints (SHA-256, hexadecimal)."""

    code: ProcedureCode
    version: Count
    kind: str
    origin: str
    name: ProcedureName
    valid_from: Day
    published_at: Timestamp
    fingerprint: str


class ProcedureVersionPage(msgspec.Struct, frozen=True):
    items: list[ProcedureVersion]
    next_cursor: str | None


class ProcedureVersionWhole(msgspec.Struct, frozen=True):
    """A version with what the procedure was then."""

    code: ProcedureCode
    version: Count
    kind: str
    origin: str
    valid_from: Day
    published_at: Timestamp
    fingerprint: str
    procedure: Procedure


class ProcedureComparison(msgspec.Struct, frozen=True):
    """What happened between two versions, in the order in which people read it."""

    code: ProcedureCode
    from_version: Count
    to_version: Count
    differences: list[ProcedureDifference]


class StoredItem(msgspec.Struct, frozen=True):
    """A procedure of an import as the table has it; `problems` are JSON."""

    place: int
    code: str
    name: str | None
    kind: str
    state: str
    is_doubtful: bool
    base_version: int
    parts: list[str]
    problems: str


class StoredPage(msgspec.Struct, frozen=True):
    items: list[StoredItem]
    next_cursor: str | None


class Held(msgspec.Struct, frozen=True):
    """An import as the worker holds it."""

    id: UUID
    is_whole: bool
    codes: list[str]
    state: str
    is_read: bool
    position: str
    failures: int
    published_by: UUID | None
    valid_from: date | None


class Waiting(msgspec.Struct, frozen=True):
    """A procedure that is to be compared or published; `content` is JSON."""

    place: int
    code: str
    kind: str
    content: str
    base_version: int


class ProcedureImportRunning(Conflict):
    code = "procedure_import_running"
    vi, en = "Một lần nhập thủ tục khác chưa xong", "Another import of procedures is still running"


class AnotherOfficialPublishes(Forbidden):
    """Whoever brought procedures in does not decide that they hold."""

    code = "another_official_publishes"
    vi, en = "Người nhập không được tự công bố", "Whoever imported it may not publish it"


class NothingToPublish(Unprocessable):
    code = "nothing_to_publish"
    vi, en = "Không có thủ tục nào để công bố", "There is nothing to publish"
