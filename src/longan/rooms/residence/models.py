"""Nouns of the room: what is to be declared of a stay, and the papers of the procedures as one ticks them off."""

from typing import Literal

import msgspec

from longan.floor.base.fields import Day
from longan.floor.housing_rules.temporary_residence import ResidenceStep
from longan.floor.procedures.procedure_papers import Paper, PaperCase

Host = Literal["landlord", "relative"]


class ResidenceProcedure(msgspec.Struct, frozen=True):
    """A procedure to keep a checklist of: `code`, a `case` of `papers` and `papers_version` go to `keep_checklist`, as
    from `get_procedure`. `forms` are the papers with a form to fill in."""

    code: str
    name: str
    papers: list[PaperCase]
    papers_version: str
    forms: list[Paper]
    source_url: str | None


class ResidenceHelp(msgspec.Struct, frozen=True):
    """`items` in the order in which they are due; `registered_until`: the last day for which temporary residence may
    be registered at once. `procedures` are those of the items that our copy of the national database has."""

    day: Day
    items: list[ResidenceStep]
    registered_until: Day | None
    procedures: list[ResidenceProcedure]


class Row(msgspec.Struct, frozen=True):
    """A procedure as the database has it; `detail` is JSON."""

    code: str
    name: str
    detail: str
