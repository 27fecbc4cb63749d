"""Rules of the room: of what is said of a paper the last word holds, and what a new version of the procedure changes is
shown until it was seen."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.base.errors import NotFound, Stale
from longan.floor.database.page import Cursors
from longan.floor.procedures import procedure_papers
from longan.floor.procedures.procedure_papers import Paper, PaperCase, PaperChanges, Seen
from longan.floor.procedures.procedures import ProcedureDocument
from longan.floor.search.search import fold
from longan.rooms.checklists import store
from longan.rooms.checklists.models import (
    MOST_KEPT,
    CaseUnknown,
    Checklist,
    ChecklistDropped,
    ChecklistIn,
    ChecklistItem,
    ChecklistPage,
    ChecklistPaper,
    ChecklistsFull,
    Done,
    Kept,
    OtherProcedure,
    ProcedureUnknown,
    Tick,
    Ticks,
    Written,
)


def merged(ticks: Mapping[str, Done], said: Iterable[Tick], known: set[str], now: datetime) -> Ticks:
    """Of each paper the last word, whoever said it and in whatever order it arrived; of two at one moment that it is
    done. A phone whose clock goes ahead speaks at `now`. Nothing is said of papers that are not known."""
    last: Ticks = {key: done for key, done in ticks.items() if key in known}
    for tick in said:
        if tick.paper not in known:
            continue
        word = Done(tick.is_done, min(tick.at, now))
        before = last.get(tick.paper)
        if before is None or (word.at, word.is_done) > (before.at, before.is_done):
            last[tick.paper] = word
    return dict(sorted(last.items()))


async def keep(
    tx: asyncpg.Connection, account: UUID, checklist: UUID, said: ChecklistIn, versions: list[int] | None,
    now: datetime,
) -> Checklist:  # fmt: skip
    """Make it, or write what was said into it.

    Raises `ProcedureUnknown`, `CaseUnknown`, `ChecklistDropped`, `ChecklistsFull`, `OtherProcedure`, and `Stale` where
    none of the `versions` is the present one.
    """
    await store.wait(tx, account)
    kept = await store.one(tx, account, checklist)
    if kept is not None and kept.dropped_at is not None:
        raise ChecklistDropped
    if versions is not None and (kept is None or kept.version not in versions):
        raise Stale
    if kept is None:
        written = await _made(tx, account, said, now)
    else:
        written = _changed(kept, said, now)
    await store.put(tx, account, checklist, written, now)
    return await shown(tx, account, checklist)


async def _made(tx: asyncpg.Connection, account: UUID, said: ChecklistIn, now: datetime) -> Written:
    if (documents := await store.documents(tx, said.procedure_code)) is None:
        raise ProcedureUnknown
    cases = _cases(documents)
    if not _has(cases, said.case):
        raise CaseUnknown
    if await store.count(tx, account) >= MOST_KEPT:
        raise ChecklistsFull
    papers = procedure_papers.seen(cases, said.case)
    return Written(said.procedure_code, said.case, papers, merged({}, said.ticks, {p.key for p in papers}, now))


def _changed(kept: Kept, said: ChecklistIn, now: datetime) -> Written:
    if kept.procedure_code != said.procedure_code:
        raise OtherProcedure
    before, ticks = _papers(kept), _ticks(kept)
    if kept.documents is None:
        return Written(
            kept.procedure_code, kept.case_name, before, merged(ticks, said.ticks, {p.key for p in before}, now)
        )
    cases = _cases(kept.documents)
    if said.case != kept.case_name and not _has(cases, said.case):
        raise CaseUnknown
    present = procedure_papers.seen(cases, said.case if _has(cases, said.case) else None)
    every = {paper.key for paper in (*before, *procedure_papers.seen(cases))}
    moved = procedure_papers.carried(before, present)
    # Of several that have become one the last word holds.
    words = sorted(merged(ticks, said.ticks, every, now).items(), key=lambda each: (each[1].at, each[1].is_done))
    ticks = {moved.get(key, key): done for key, done in words}
    has_seen = said.papers_version == procedure_papers.version_of(cases)
    if has_seen or said.case != kept.case_name:
        # What is asked for no more is forgotten with its tick.
        keys = {paper.key for paper in present}
        return Written(kept.procedure_code, said.case, present, {k: d for k, d in ticks.items() if k in keys})
    return Written(kept.procedure_code, said.case, [_with_key(paper, moved) for paper in before], ticks)


def _with_key(paper: Seen, moved: Mapping[str, str]) -> Seen:
    return Seen(moved.get(paper.key, paper.key), paper.case, paper.name)


async def shown(conn: asyncpg.Connection, account: UUID, checklist: UUID) -> Checklist:
    """A checklist beside what is asked for now. Raises `NotFound`, also for one that was dropped."""
    kept = await store.one(conn, account, checklist)
    if kept is None or kept.dropped_at is not None:
        raise NotFound
    before, ticks = _papers(kept), _ticks(kept)
    cases = _present(kept, before)
    case_is_gone = kept.documents is not None and not _has(cases, kept.case_name)
    present = procedure_papers.seen(cases, None if case_is_gone or kept.documents is None else kept.case_name)
    changes = procedure_papers.changes(before, present)
    ticks = {procedure_papers.carried(before, present).get(key, key): done for key, done in ticks.items()}
    known = {paper.key: paper for case in cases for paper in case.papers}
    added = {paper.key for paper in changes.added}
    papers = [_ticked(paper, known[paper.key], ticks.get(paper.key), paper.key in added) for paper in present]
    return Checklist(
        id=kept.id, procedure_code=kept.procedure_code, procedure_name=kept.name, case=kept.case_name,
        is_gone=kept.documents is None, case_is_gone=case_is_gone,
        papers_cut=kept.documents is not None and (kept.documents_total or 0) > len(_documents(kept.documents)),
        papers=papers, done=sum(paper.is_done for paper in papers), changes=changes,
        papers_version=procedure_papers.version_of(cases), version=kept.version, created_at=kept.created_at,
        updated_at=kept.updated_at,
    )  # fmt: skip


def _ticked(seen: Seen, paper: Paper, done: Done | None, is_new: bool) -> ChecklistPaper:
    is_done = done is not None and done.is_done
    return ChecklistPaper(
        key=seen.key, case=seen.case, name=paper.name, originals=paper.originals, copies=paper.copies,
        has_form=paper.has_form, is_done=is_done, done_at=done.at if done is not None and is_done else None,
        is_new=is_new,
    )  # fmt: skip


async def page(
    conn: asyncpg.Connection, cursors: Cursors, account: UUID, procedure: str | None, cursor: str | None, limit: int
) -> ChecklistPage:
    """What the account keeps, the last one changed first. Raises `InvalidRequest` for a cursor of another list."""
    found = await store.page(conn, cursors, account, procedure, cursor, limit)
    return ChecklistPage([_brief(kept) for kept in found.items], found.next_cursor)


def _brief(kept: Kept) -> ChecklistItem:
    before, ticks = _papers(kept), _ticks(kept)
    cases = _present(kept, before)
    present = procedure_papers.seen(cases, kept.case_name if _has(cases, kept.case_name) else None)
    moved = procedure_papers.carried(before, present)
    done = {moved.get(key, key) for key, word in ticks.items() if word.is_done}
    changes: PaperChanges = procedure_papers.changes(before, present)
    return ChecklistItem(
        id=kept.id, procedure_code=kept.procedure_code, procedure_name=kept.name, case=kept.case_name,
        is_gone=kept.documents is None, done=len(done & {paper.key for paper in present}), total=len(present),
        has_changes=bool(changes), version=kept.version, updated_at=kept.updated_at,
    )  # fmt: skip


async def drop(
    tx: asyncpg.Connection, account: UUID, checklist: UUID, versions: list[int] | None, now: datetime
) -> None:
    """Raises `NotFound`, and `Stale` where none of the `versions` is the present one."""
    await store.wait(tx, account)
    if await store.drop(tx, account, checklist, versions, now):
        return
    kept = await store.one(tx, account, checklist)
    raise NotFound if kept is None or kept.dropped_at is not None else Stale


def _present(kept: Kept, before: list[Seen]) -> list[PaperCase]:
    """The cases of now; of a procedure that is gone those that were seen."""
    if kept.documents is not None:
        return _cases(kept.documents)
    return [PaperCase(paper.case, "hand_in", [Paper(paper.key, paper.name, 1, 0, False)], []) for paper in before]


def _documents(documents: str) -> list[ProcedureDocument]:
    return msgspec.json.decode(documents, type=list[ProcedureDocument])


@lru_cache(maxsize=256)
def _cases(documents: str) -> list[PaperCase]:
    return procedure_papers.papers_of(_documents(documents))


def _has(cases: list[PaperCase], case: str | None) -> bool:
    return case is None or any(each.case is not None and fold(each.case) == fold(case) for each in cases)


def _papers(kept: Kept) -> list[Seen]:
    return msgspec.json.decode(kept.papers, type=list[Seen])


def _ticks(kept: Kept) -> Ticks:
    return msgspec.json.decode(kept.ticks, type=Ticks)
