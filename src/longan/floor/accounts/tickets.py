"""Tickets with which staff get the passkey of their duty: room `staff` gives them, room `passkeys` redeems them.

Whoever approves a role is handed its ticket, so the ticket alone opens nothing: redeeming it takes a one-time code to
the account's own phone as well (SECURITY Z7).
"""

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec

from longan.floor.accounts import accounts
from longan.floor.accounts.accounts import AccountDisabled
from longan.floor.base.errors import CoolingOff, Problem
from longan.floor.database.db import maybe
from longan.floor.setup.crypto import Sealed, digest, new_secret

LIFE = timedelta(hours=24)


class EnrolmentOver(Problem):
    status, code = 410, "enrolment_over"
    vi, en = "Vé đăng ký khoá truy cập không còn hiệu lực", "The enrolment ticket is over, was used, or is none"


class Holder(msgspec.Struct, frozen=True):
    """For whom a ticket was given."""

    account_id: UUID
    phone_cipher: bytes
    disabled_at: datetime | None
    cooling_until: datetime | None

    def phone(self, phones: Sealed) -> str:
        return phones.open(self.phone_cipher, self.account_id)


# The newest is the only one that is good.
GIVE = """-- tickets.give
with older as (
    update staff.enrolments e set ended_at = $4 where e.account_id = $2 and e.ended_at is null)
insert into staff.enrolments (digest, account_id, proposal_id, expires_at) values ($1, $2, $3, $5)"""


async def give(tx: asyncpg.Connection, account: UUID, proposal: UUID | None, now: datetime) -> str:
    """A new ticket, kept as its digest."""
    ticket = new_secret()
    await accounts.lock(tx, account)
    await tx.execute(GIVE, digest(ticket), account, proposal, now, now + LIFE)
    return ticket


GOOD = """e.digest = $1 and e.ended_at is null and e.expires_at > $2
   and exists (select from identity.roles r
                where r.account_id = e.account_id and r.role in ('official', 'administrator')
                  and (r.ends_at is null or r.ends_at > $2))"""

HOLDER = f"""-- tickets.holder
select a.id as account_id, a.phone_cipher, a.disabled_at, a.cooling_until
  from staff.enrolments e
  join identity.accounts a on a.id = e.account_id
 where {GOOD} and a.phone_cipher is not null"""


async def holder(conn: asyncpg.Connection, ticket: str, now: datetime) -> Holder:
    """Raises `EnrolmentOver` (also where nobody of the staff with a phone is meant), `AccountDisabled`, `CoolingOff`
    while the phone is too new to be believed."""
    found = maybe(await conn.fetchrow(HOLDER, digest(ticket), now), Holder)
    if found is None:
        raise EnrolmentOver
    if found.disabled_at is not None:
        raise AccountDisabled
    if found.cooling_until is not None and found.cooling_until > now:
        raise CoolingOff(members={"until": found.cooling_until})
    return found


USE = f"""-- tickets.use
update staff.enrolments e set ended_at = $2 where {GOOD} returning true"""


async def use(tx: asyncpg.Connection, ticket: str, now: datetime) -> None:
    """Raises `EnrolmentOver` in every transaction but the one in which the ticket is used up."""
    if not await tx.fetchval(USE, digest(ticket), now):
        raise EnrolmentOver


# Not turned into a citizen's passkeys: who holds the office's key holds nothing of the person's.
RESIGN = """-- tickets.resign
with gone as (
    select a.id from identity.accounts a
     where a.id = $1
       and not exists (select from identity.roles r
                        where r.account_id = a.id and r.role in ('official', 'administrator')
                          and (r.ends_at is null or r.ends_at > $2))),
over as (
    update staff.enrolments e set ended_at = $2 from gone where e.account_id = gone.id and e.ended_at is null)
delete from passkeys.credentials c using gone where c.account_id = gone.id and c.for_staff"""


async def resign(tx: asyncpg.Connection, account: UUID, now: datetime) -> None:
    """Whoever has no role of the staff any more has no open ticket and no passkey of that duty either."""
    await accounts.lock(tx, account)
    await tx.execute(RESIGN, account, now)
