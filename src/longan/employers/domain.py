"""Rules of the room: what a tax code is, who registers an employer, who decides on it."""

import re
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from longan import memberships, officials, queue
from longan.citizen_card import masked
from longan.crypto import Sealed
from longan.employers import store
from longan.employers.models import DecisionIn, Employer, EmployerIn
from longan.errors import FieldError, Forbidden, InvalidRequest, NotFound, WardUnknown
from longan.tokens import Principal

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


def is_personal(tax_code: str) -> bool:
    """Whether it is the id number of a person, and whole: an answer that shows it is kept nowhere, it has no ETag."""
    return _PERSON.fullmatch(tax_code) is not None


async def register(
    tx: asyncpg.Connection, numbers: Sealed, owner: UUID, employer: EmployerIn, now: datetime
) -> Employer:
    """Raises `InvalidRequest` for a tax code that cannot be, `WardUnknown`, `EmployerExists`."""
    code, made = canonical(employer.tax_code), await store.new_id(tx)
    personal = is_personal(code)
    if not await store.insert(
        tx, made, index=numbers.index(code), tax_code=None if personal else code,
        cipher=numbers.seal(code, made) if personal else None, name=employer.name, ward_code=employer.ward_code,
        now=now,
    ):  # fmt: skip
        raise WardUnknown
    await memberships.add(tx, made, owner, "owner", now)
    # The answer is kept under its Idempotency-Key, so it is masked even for the owner.
    return await shown(tx, numbers, made, None, now)


async def decide(
    tx: asyncpg.Connection, numbers: Sealed, official: Principal, employer: UUID, decision: DecisionIn, now: datetime
) -> Employer:
    """A decision that stands already is answered as it is, so that a retry is safe.

    Raises `Forbidden` for who is not appointed for labour, or not in the employer's ward; `NotFound`.
    """
    await officials.demand(tx, official, "labour", now)
    if not await _decides(tx, official, await _found(tx, employer, None), now):
        raise Forbidden
    if await store.decide(tx, employer, decision, official.account_id, official.agency_code, now):
        await queue.add(tx, "employer_decided", employer_id=employer)
        await queue.add(tx, "jobs_changed")
    return await shown(tx, numbers, employer, None, now)


async def shown(
    conn: asyncpg.Connection, numbers: Sealed, employer: UUID, viewer: Principal | None, now: datetime
) -> Employer:
    """An employer as `viewer` may see it, None as anybody may. Raises `NotFound`."""
    row = await _found(conn, employer, viewer)
    code = row["tax_code"] or numbers.open(row["tax_code_cipher"], row["id"])
    if is_personal(code) and not (row["is_member"] or await _decides(conn, viewer, row, now)):
        code = masked(code)
    return msgspec.convert({**row, "tax_code": code}, Employer)


async def _found(conn: asyncpg.Connection, employer: UUID, viewer: Principal | None) -> asyncpg.Record:
    """Raises `NotFound`."""
    row = await store.one(conn, employer, viewer.account_id if viewer else None)
    if row is None:
        raise NotFound
    return row


async def _decides(conn: asyncpg.Connection, viewer: Principal | None, row: asyncpg.Record, now: datetime) -> bool:
    """Whether the viewer is appointed to decide on an employer: for labour, in its ward."""
    return viewer is not None and await officials.may(
        conn, viewer, "labour", row["ward_version"], row["ward_code"], now
    )
