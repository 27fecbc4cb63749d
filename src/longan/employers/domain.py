"""Rules of the room: what a tax code is, who registers an employer, who decides on it."""

import re
from datetime import datetime
from uuid import UUID

import asyncpg

from longan import queue
from longan.employers import store
from longan.employers.models import DecisionIn, Employer, EmployerIn
from longan.errors import FieldError, Forbidden, InvalidRequest, NotFound, WardUnknown
from longan.tokens import Principal

DECIDING = frozenset({"official", "administrator"})

# TT 105/2020/TT-BTC, annex 1.
WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)
_COMPANY = re.compile(r"([0-9]{10})(?:-?([0-9]{3}))?", re.ASCII)
# NĐ 137/2015/NĐ-CP, article 13: the province of the birth registration is 001 to 096, the rest has no check.
_PERSON = re.compile(r"0(?:0[1-9]|[1-8][0-9]|9[0-6])[0-9]{9}", re.ASCII)


def canonical(tax_code: str) -> str:
    """The tax code in its one spelling: 10 digits; a branch as 10, hyphen, 3; or a person's id number, 12 digits.

    Raises `InvalidRequest`: `bad_form` for what is none of these, `check_digit` for a code that was never issued.
    TT 86/2024/TT-BTC: since 2025-07-01 the code of a household business is the id number of its owner.
    """
    if _PERSON.fullmatch(tax_code):
        return tax_code
    found = _COMPANY.fullmatch(tax_code)
    if found is None or found[2] == "000":
        raise InvalidRequest(FieldError("/tax_code", "bad_form"))
    # A remainder of 0 would ask for the digit "10": such a stem is never issued.
    remainder = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, found[1][:9], strict=True)) % 11
    if int(found[1][9]) != 10 - remainder:
        raise InvalidRequest(FieldError("/tax_code", "check_digit"))
    return "-".join(part for part in found.groups() if part)


def is_personal(tax_code: str | None) -> bool:
    """Whether it is the id number of a person: an answer that shows it is kept nowhere, so it has no ETag."""
    return tax_code is not None and len(tax_code) == 12


async def register(tx: asyncpg.Connection, owner: UUID, employer: EmployerIn, now: datetime) -> Employer:
    """Raises `InvalidRequest` for a tax code that cannot be, `WardUnknown`, `EmployerExists`."""
    made = await store.insert(tx, owner, canonical(employer.tax_code), employer.name, employer.ward_code, now)
    if made is None:
        raise WardUnknown
    return await _shown(tx, made, owner, official=False)


async def decide(
    tx: asyncpg.Connection, official: Principal, employer: UUID, decision: DecisionIn, now: datetime
) -> Employer:
    """A decision that stands already is answered as it is, so that a retry is safe. Raises `Forbidden`, `NotFound`."""
    if not official.roles & DECIDING:
        raise Forbidden
    if await store.decide(tx, employer, decision, official.account_id, official.agency_code, now):
        await queue.add(tx, "employer_decided", employer_id=employer)
        await queue.add(tx, "jobs_changed")
    return await _shown(tx, employer, official.account_id, official=True)


def may_read_all(viewer: Principal | None) -> bool:
    """Whether the viewer is an official."""
    return viewer is not None and viewer.audience == "official" and bool(viewer.roles & DECIDING)


async def _shown(tx: asyncpg.Connection, employer: UUID, viewer: UUID, *, official: bool) -> Employer:
    found = await store.one(tx, employer, viewer, official=official)
    if found is None:
        raise NotFound
    return found
