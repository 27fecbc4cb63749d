"""Nouns of the room: a dossier as whoever holds its receipt sees it."""

from typing import Annotated

import msgspec
from msgspec import Meta

from longan.dossier_clock import Clock
from longan.dossier_codes import CodeInput
from longan.dossier_proofs import SecondFactor
from longan.fields import Count, Day, Timestamp


class LookupIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the receipt shows."""

    code: CodeInput
    second_factor: SecondFactor


class SupplementRequest(msgspec.Struct, frozen=True):
    """What the citizen was asked for: in the office's words, and by its list. `answered_at` is null until they brought
    it."""

    asked_at: Timestamp
    words: str
    papers: list[str]
    answered_at: Timestamp | None


class DossierState(msgspec.Struct, frozen=True):
    """`status` is a key of the national list, `status_code` its number, `status_name` its Vietnamese name.

    `clock`: `running`; `stopped` while something is asked of the citizen; `not_begun` before the receipt; `ended`.
    `due_on` is null while the clock is stopped (it will be `working_days_left` after it runs again) and where the
    office has promised no day. `due_is_estimated`: days off on the way there are not announced yet. `late_by` counts
    working days. `applicant` is masked.
    `as_of` is when the source said so; `stale`: it does not answer now, and the countdown goes by what it said then.
    """

    code: str
    status: str
    status_code: str
    status_name: str
    clock: Clock
    received_on: Day | None
    due_on: Day | None
    due_is_estimated: bool
    working_days_left: Count | None
    late_by: Count
    procedure_code: Annotated[str, Meta(description="As `get_procedure` takes it")] | None
    office: str | None
    applicant: str | None
    supplements: list[SupplementRequest]
    as_of: Timestamp
    stale: bool
