"""Cases of identity: what people say of themselves, sealed with the data key of each, and the steps of a case.

The person makes one and takes it back (room `assurance`, which also asks providers); an official claims it and decides
(room `reviews`).
"""

from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.accounts.citizen_card import Sex
from longan.floor.accounts.personal import Column, Particulars
from longan.floor.base.errors import Conflict
from longan.floor.database import queue
from longan.floor.setup.crypto import PersonKey, PersonKeys, Wrapped

How = Literal["official", "provider", "federation"]

COLUMNS: tuple[Column, ...] = ("number", "full_name", "birth_date", "sex", "address")
EMPTIED = (
    "number_index = null, number = null, full_name = null, birth_date = null, sex = null, address = null, "
    "version = c.version + 1"
)
SEALED = """c.id, c.account_id, c.number, c.full_name, c.birth_date, c.sex, c.address, k.wrap_key, k.wrapped,
       k.version as key_version, c.source, c.provider_said,
       exists (select from assurance.identities t
                where t.number_index = c.number_index and t.account_id <> c.account_id) as number_taken,
       c.version"""


class SealedCase(msgspec.Struct, frozen=True):
    """A case as the database keeps it, with the data key of its person, wrapped; without the key it is unreadable."""

    id: UUID
    account_id: UUID
    number: bytes | None
    full_name: bytes | None
    birth_date: bytes | None
    sex: bytes | None
    address: bytes | None
    wrap_key: str | None
    wrapped: bytes | None
    key_version: int | None
    source: str
    provider_said: str | None
    number_taken: bool
    version: int


class AnotherPerson(Conflict):
    """An account never becomes another person's: whoever got hold of it could otherwise make it theirs."""

    code = "identity_of_another"
    vi, en = "Tài khoản đã xác nhận cho một số định danh khác", "This account is confirmed for another number"


class NumberTaken(Conflict):
    """One person, one account. Whose the other account is, is not said."""

    code = "number_taken"
    vi, en = "Số định danh đã được xác nhận ở tài khoản khác", "Another account is confirmed for this number"


def sealed(key: PersonKey, who: Particulars, case: UUID) -> dict[Column, bytes | None]:
    """The columns of a case. One letter for the sex: the length of what is sealed shows."""
    said: dict[Column, str | None] = {
        "number": who.number, "full_name": who.full_name, "birth_date": who.birth_date.isoformat(),
        "sex": who.sex[0], "address": who.address,
    }  # fmt: skip
    return {
        column: None if value is None else key.seal(value, f"assurance.cases.{column}", case)
        for column, value in said.items()
    }


def opened(keys: PersonKeys, case: SealedCase | None) -> Particulars | None:
    """What is in a case; None once it was taken out, or the person's key is gone."""
    if case is None or case.wrap_key is None or case.wrapped is None or case.key_version is None or case.number is None:
        return None
    key = keys.open(Wrapped(case.wrap_key, case.wrapped, case.key_version), case.account_id)
    said: dict[Column, str | None] = {
        column: None if (value := getattr(case, column)) is None else key.open(
            value, f"assurance.cases.{column}", case.id
        )
        for column in COLUMNS
    }  # fmt: skip
    number, letter = said["number"], said["sex"]
    if number is None or said["full_name"] is None or said["birth_date"] is None:
        return None
    born = datetime.strptime(said["birth_date"], "%Y-%m-%d").date()  # noqa: DTZ007  (a date has no zone)
    sex: Sex = "male" if letter == "m" else "female"
    return Particulars(number, said["full_name"], born, sex, said["address"])


# Who has claimed a case and left it is no reason for it to wait for ever.
CLAIM = """-- identity_cases.claim
update assurance.cases c
   set state = 'in_review', claimed_by = $2,
       claimed_at = case when c.claimed_by = $2 then c.claimed_at else $3::timestamptz end, version = c.version + 1
 where c.id = $1
   and (c.state = 'submitted' or c.state = 'in_review' and (c.claimed_by = $2 or c.claimed_at < $4::timestamptz))
returning c.id"""


async def claim(tx: asyncpg.Connection, case: UUID, official: UUID, now: datetime, left_before: datetime) -> bool:
    """Whether the case is the official's to decide: it was free, theirs, or claimed before `left_before`."""
    return await tx.fetchval(CLAIM, case, official, now, left_before) is not None


# An account never becomes another person's. What an earlier case of the account held is no longer needed.
CONFIRM = f"""-- identity_cases.confirm
with decided as (
    update assurance.cases c
       set state = 'confirmed', decided_how = $3, decided_by = $2, agency_code = $4, decided_at = $5, reason_code = $6,
           reason = $7, version = c.version + 1
     where c.id = $1
       and (c.state = 'submitted' and $2::uuid is null or c.state = 'in_review' and c.claimed_by = $2)
    returning c.id, c.account_id, c.number_index),
put as (
    insert into assurance.identities as i (account_id, confirmed_at, confirmed_by, case_id, number_index)
    select d.account_id, $5, $3, d.id, d.number_index from decided d
    on conflict (account_id) do update
       set confirmed_at = excluded.confirmed_at, confirmed_by = excluded.confirmed_by, case_id = excluded.case_id,
           number_index = excluded.number_index
     where i.number_index is null or i.number_index = excluded.number_index
    returning i.account_id),
earlier as (
    update assurance.cases c set {EMPTIED}
      from decided d
     where c.account_id = d.account_id and c.id <> d.id and c.state = 'confirmed')
select d.account_id, exists (select from put) as put from decided d"""


async def confirm(
    tx: asyncpg.Connection, case: UUID, how: How, now: datetime, *, official: UUID | None = None,
    agency_code: str | None = None, reason_code: str | None = None, reason: str | None = None,
) -> bool:  # fmt: skip
    """Confirm a case and promise to tell the person; False when it is not where it can be: `submitted` for a provider,
    claimed by the official for an official. Raises `NumberTaken`, `AnotherPerson`."""
    try:
        row = await tx.fetchrow(CONFIRM, case, official, how, agency_code, now, reason_code, reason)
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name == "identities_one_per_number":
            raise NumberTaken from error
        raise
    if row is None:
        return False
    if not row["put"]:
        raise AnotherPerson
    await _tell(tx, row["account_id"], case, "identity_confirmed")
    return True


REFUSE = f"""-- identity_cases.refuse
update assurance.cases c
   set state = 'refused', decided_how = 'official', decided_by = $2, agency_code = $3, decided_at = $4,
       reason_code = $5, reason = $6, {EMPTIED}
 where c.id = $1 and c.state = 'in_review' and c.claimed_by = $2
returning c.account_id"""


async def refuse(
    tx: asyncpg.Connection, case: UUID, official: UUID, agency_code: str | None, now: datetime, reason_code: str,
    reason: str,
) -> bool:  # fmt: skip
    """Refuse a case, forget what was in it, and promise to tell the person; False when it is not the official's."""
    account: UUID | None = await tx.fetchval(REFUSE, case, official, agency_code, now, reason_code, reason)
    if account is None:
        return False
    await _tell(tx, account, case, "identity_refused")
    return True


async def _tell(tx: asyncpg.Connection, account: UUID, case: UUID, what: str) -> None:
    await queue.add(tx, "security_notice", account_id=account, what=what, fact=case)
