"""Nouns of the room: a checklist as a phone keeps it, and as it stands beside what the procedure asks for now."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from longan.floor.base.errors import Conflict, FieldError, Problem, Unprocessable
from longan.floor.base.fields import LINE, Count, Timestamp
from longan.floor.procedures.procedure_papers import CaseName, PaperChanges, PaperKey, Seen

MOST_KEPT = 200
MOST_TICKS = 300

ClientId = Annotated[UUID, Meta(description="Made by the phone", examples=["0192f0c1-6d1e-7c3a-9b1e-3f7c1f0e2a11"])]
Version = Annotated[int, Meta(description="Rises with each change; what ETag and If-Match speak of")]
Code = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9._-]+$", examples=["1.004194"])]
Key = Annotated[str, Meta(min_length=1, max_length=80, pattern=LINE)]
Case = Annotated[str, Meta(min_length=1, max_length=300, pattern=LINE)]
PapersVersion = Annotated[str, Meta(pattern="^[0-9a-f]{16}$", max_length=16, examples=["8f14e45fceea167a"])]


class Tick(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """That a paper is done, or not any more, as the phone said at that moment."""

    paper: Key
    is_done: bool
    at: Timestamp


class ChecklistIn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`case` is one of the procedure's `papers`, null for all of them; the last one that is sent holds.
    `papers_version` is that of the papers the person has seen: where it is the present one, what changed before is no
    longer news."""

    procedure_code: Code
    case: Case | None = None
    ticks: Annotated[list[Tick], Meta(max_length=MOST_TICKS)] = []
    papers_version: PapersVersion | None = None


class ChecklistPaper(msgspec.Struct, frozen=True):
    """A paper to tick off. `is_new`: it was not asked for when the person last saw the list."""

    key: PaperKey
    case: CaseName
    name: str
    originals: Count
    copies: Count
    has_form: bool
    is_done: bool
    done_at: Timestamp | None
    is_new: bool


class Checklist(msgspec.Struct, frozen=True):
    """A checklist beside what is asked for now. `changes` are those since the person saw it last. `is_gone`: there is
    no such procedure any more; the papers are as they were seen then. `case_is_gone`: the case is none of the
    procedure's any more, and all papers are listed. `papers_cut`: the source lists fewer papers than it counts."""

    id: ClientId
    procedure_code: str
    procedure_name: str | None
    case: CaseName
    is_gone: bool
    case_is_gone: bool
    papers_cut: bool
    papers: list[ChecklistPaper]
    done: Count
    changes: PaperChanges
    papers_version: str
    version: Version
    created_at: Timestamp
    updated_at: Timestamp


class ChecklistItem(msgspec.Struct, frozen=True):
    """A checklist in a list; `total` counts what is asked for now."""

    id: ClientId
    procedure_code: str
    procedure_name: str | None
    case: CaseName
    is_gone: bool
    done: Count
    total: Count
    has_changes: bool
    version: Version
    updated_at: Timestamp


class ChecklistPage(msgspec.Struct, frozen=True):
    items: list[ChecklistItem]
    next_cursor: str | None


class Done(msgspec.Struct, frozen=True):
    """The last word on a paper."""

    is_done: bool
    at: datetime


Ticks = dict[str, Done]


class Kept(msgspec.Struct, frozen=True):
    """A row: `papers` as last seen, `ticks` by their keys; beside it, as JSON, the documents that the procedure has
    now, null where there is none."""

    id: UUID
    procedure_code: str
    case_name: str | None
    papers: str
    ticks: str
    version: int
    created_at: datetime
    updated_at: datetime
    dropped_at: datetime | None
    name: str | None
    documents: str | None
    documents_total: int | None


class Written(msgspec.Struct, frozen=True):
    """What is to be stored."""

    procedure_code: str
    case_name: str | None
    papers: list[Seen]
    ticks: Ticks


class ChecklistsFull(Conflict):
    code = "checklists_full"
    vi, en = "Bạn đã giữ quá nhiều danh sách giấy tờ, hãy bỏ bớt", "You keep too many checklists; let some go first"


class ChecklistDropped(Problem):
    status, code = 410, "checklist_dropped"
    vi, en = "Danh sách này đã được xóa trên máy khác", "This checklist was deleted on another phone"


class OtherProcedure(Conflict):
    code = "checklist_of_another_procedure"
    vi, en = "Danh sách này là của thủ tục khác", "This checklist is that of another procedure"


class CaseUnknown(Unprocessable):
    code = "procedure_case_unknown"
    vi, en = "Thủ tục không có trường hợp này", "The procedure has no such case"

    def __init__(self) -> None:
        super().__init__(FieldError("/case", "not_found"))


class ProcedureUnknown(Unprocessable):
    code = "procedure_unknown"
    vi, en = "Không có thủ tục với mã này", "There is no procedure with this code"

    def __init__(self) -> None:
        super().__init__(FieldError("/procedure_code", "not_found"))
