"""The papers of a procedure as one ticks them off: by case, the notes among them apart, each known by a lasting key."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from longan.floor.base.fields import Count
from longan.floor.procedures.procedures import ProcedureDocument
from longan.floor.search.search import fold

Kind = Literal["hand_in", "show"]
PaperKey = Annotated[str, Meta(description="Lasts from version to version", examples=["000.00.00.G01-KQ003630"])]
CaseName = Annotated[str, Meta(description="Only in this case; null: in every case")] | None

_BULLET = re.compile(r"^(?:[\s*+•-]|\(\*\))+|[\s:;]+$")
_SHOWN = ("giay to phai xuat trinh", "giay to xuat trinh")
# Headings that say no more than that papers follow.
_NO_CASE = (
    *_SHOWN, "giay to phai nop", "thanh phan ho so", "thanh phan ho so bao gom", "ho so bao gom", "ho so gom",
    "thanh phan ho so gom", "ho so",
)  # fmt: skip
_NOTES = ("luu y", "ghi chu", "vi du")
# How a sentence begins that asks for no paper, where the source counts none either.
_SENTENCES = (
    "truong hop", "doi voi", "nguoi", "ca nhan", "co quan", "khi", "viec", "neu", "tuy tung", "khong quy dinh",
    "thanh phan ho so",
)  # fmt: skip


class Paper(msgspec.Struct, frozen=True):
    """A paper in so many originals and copies. `has_form`: there is a form to fill in, at the national portal."""

    key: PaperKey
    name: str
    originals: Count
    copies: Count
    has_form: bool


class PaperCase(msgspec.Struct, frozen=True):
    """The papers of a case, to hand in or only to show, and what the source notes among them."""

    case: CaseName
    kind: Kind
    papers: list[Paper]
    notes: list[str]


class Seen(msgspec.Struct, frozen=True):
    """A paper as somebody saw it on a list."""

    key: str
    case: str | None
    name: str


class Renamed(msgspec.Struct, frozen=True):
    """A paper that is called otherwise now."""

    key: PaperKey
    before: str
    after: str


class PaperChanges(msgspec.Struct, frozen=True):
    """From what was seen to what is asked for now."""

    added: list[Seen]
    removed: list[Seen]
    renamed: list[Renamed]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.renamed)


def papers_of(documents: Sequence[ProcedureDocument]) -> list[PaperCase]:
    """The cases in the order of the source; one that holds nothing but a heading is left out."""
    times = Counter(document.code for document in documents)
    cases: dict[tuple[str | None, Kind], PaperCase] = {}
    keys: set[str] = set()
    for document in documents:
        heading = fold(document.case or "")
        kind: Kind = "show" if heading.startswith(_SHOWN) else "hand_in"
        noted = heading.startswith(_NOTES)
        case = None if noted or heading in _NO_CASE else _bare(document.case or "") or None
        found = cases.setdefault((case, kind), PaperCase(case, kind, [], []))
        name = _bare(document.name)
        if noted or _is_note(document):
            found.notes.append(name)
            continue
        key = document.code if document.code and times[document.code] == 1 else _made(document, case, name)
        if key not in keys:
            keys.add(key)
            found.papers.append(Paper(key, name, document.originals, document.copies, document.has_form))
    return [found for found in cases.values() if found.papers or found.notes]


def seen(cases: Iterable[PaperCase], case: str | None = None) -> list[Seen]:
    """The papers as a list of them shows them; with `case` only those of that case and of every case."""
    wanted = None if case is None else fold(case)
    return [
        Seen(paper.key, each.case, paper.name)
        for each in cases
        if wanted is None or each.case is None or fold(each.case) == wanted
        for paper in each.papers
    ]


def version_of(cases: Iterable[PaperCase]) -> str:
    """Sixteen hexadecimal digits that change when a paper comes, goes or is called otherwise."""
    return hashlib.blake2b(msgspec.json.encode(seen(cases)), digest_size=8).hexdigest()


def carried(before: Sequence[Seen], now: Sequence[Seen]) -> Mapping[str, str]:
    """Keys of before with those of now, of papers that got another key and nothing else."""
    kept = {paper.key for paper in now} & {paper.key for paper in before}
    free: dict[tuple[str | None, str], list[str]] = {}
    for paper in reversed(now):
        if paper.key not in kept:
            free.setdefault((paper.case, fold(paper.name)), []).append(paper.key)
    found: dict[str, str] = {}
    for paper in before:
        if paper.key not in kept and (same := free.get((paper.case, fold(paper.name)))):
            found[paper.key] = same.pop()
    return found


def changes(before: Sequence[Seen], now: Sequence[Seen]) -> PaperChanges:
    """What was added, removed and renamed; another spelling of the same words is no change."""
    moved = carried(before, now)
    then = {moved.get(paper.key, paper.key): paper for paper in before}
    keys = {paper.key for paper in now}
    return PaperChanges(
        added=[paper for paper in now if paper.key not in then],
        removed=[paper for key, paper in then.items() if key not in keys],
        renamed=[
            Renamed(paper.key, then[paper.key].name, paper.name)
            for paper in now
            if paper.key in then and fold(then[paper.key].name) != fold(paper.name)
        ],
    )


def _is_note(document: ProcedureDocument) -> bool:
    name = fold(document.name)
    counted = document.originals or document.copies or document.has_form
    return (name.startswith(_NOTES) and not document.has_form) or (not counted and name.startswith(_SENTENCES))


def _bare(text: str) -> str:
    return _BULLET.sub("", text.strip()) or text.strip()


def _made(document: ProcedureDocument, case: str | None, name: str) -> str:
    """A key for a paper whose code is missing or stands for several."""
    said = f"{fold(case or '')}\n{fold(name)}".encode()
    return f"{document.code or 'paper'}~{hashlib.blake2b(said, digest_size=4).hexdigest()}"
