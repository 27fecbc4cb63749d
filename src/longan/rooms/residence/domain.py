"""Rules of the room: what is due when, beside the papers that the procedures ask for now."""

from datetime import UTC, datetime

import asyncpg
import msgspec

from longan.floor.base.errors import FieldError, InvalidRequest
from longan.floor.housing_rules.temporary_residence import (
    REGISTRATION,
    STAY_NOTICE,
    Filing,
    FilingDetail,
    ResidenceStep,
    Stay,
    checklist,
)
from longan.floor.procedures.procedure_links import portal_url
from longan.floor.procedures.procedure_papers import papers_of, version_of
from longan.floor.procedures.procedures import ProcedureDocument
from longan.rooms.residence import store
from longan.rooms.residence.models import ResidenceHelp, ResidenceProcedure, Row

# Of stays before the law of 2020 nothing is known here, and nobody plans one so far ahead.
EARLIEST, LATEST = datetime(2021, 7, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


class Documents(msgspec.Struct, frozen=True):
    """What is taken of `services.procedures.detail` beside what a filing takes."""

    documents: list[ProcedureDocument]


async def helped(conn: asyncpg.Connection, stay: Stay) -> ResidenceHelp:
    """Raises `InvalidRequest` for a time without a zone, or on a day of which nothing can be known."""
    if stay.arrives_at.tzinfo is None:
        raise InvalidRequest(FieldError("?arrives_at", "bad_time"))
    if not EARLIEST <= stay.arrives_at < LATEST:
        raise InvalidRequest(FieldError("?arrives_at", "too_small" if stay.arrives_at < EARLIEST else "too_large"))
    rows = await store.procedures(conn, [STAY_NOTICE, REGISTRATION])
    found = checklist(stay, {row.code: filing(row) for row in rows})
    shown = sorted(map(procedure, rows), key=lambda each: each.code != STAY_NOTICE)
    return ResidenceHelp(found.day, sorted(found.items, key=_due), found.registered_until, shown)


def filing(row: Row) -> Filing:
    detail = msgspec.json.decode(row.detail, type=FilingDetail)
    return Filing(row.code, row.name, msgspec.structs.replace(detail, source_url=portal_url(detail.source_url)))


def procedure(row: Row) -> ResidenceProcedure:
    cases = papers_of(msgspec.json.decode(row.detail, type=Documents).documents)
    forms = {paper.key: paper for case in cases for paper in case.papers if paper.has_form}
    url = filing(row).detail.source_url
    return ResidenceProcedure(row.code, row.name, cases, version_of(cases), list(forms.values()), url)


def _due(step: ResidenceStep) -> tuple[bool, datetime]:
    """What has an hour first, in its order; the others as the rules have them."""
    return step.due_at is None, step.due_at or LATEST
