"""SQL of the room, each statement above the function that runs it."""

from datetime import datetime
from uuid import UUID

import asyncpg

from longan.floor.access.memberships import MemberRole
from longan.floor.database.db import many, maybe
from longan.floor.database.listing import Listing, listing, newest, oldest
from longan.floor.database.page import Cursors
from longan.rooms.members.models import (
    AlreadyInvited,
    Answer,
    Asked,
    Counted,
    Held,
    MyInvitationPage,
    SealedInvitationPage,
    SealedPage,
    Told,
)

# Whoever changes members of an employer, or lets one in, holds its row: they do it one after the other.
HOLD = """-- members.hold
select e.id from employers.employers e where e.id = $1 for no key update"""

STAFF = """-- members.staff
select m.id, m.account_id, m.role from members.members m where m.employer_id = $1"""


async def hold(tx: asyncpg.Connection, employer: UUID) -> list[Held]:
    """The members of an employer as they are and stay until this transaction ends."""
    await tx.execute(HOLD, employer)
    return many(await tx.fetch(STAFF, employer), Held)


LIST = listing(
    Listing(
        name="members.list",
        select="""select m.id, a.phone_cipher, a.id as sealed_for, p.full_name, m.role,
       m.account_id = {account_id} as me, m.created_at
  from members.members m
  join identity.accounts a on a.id = m.account_id
  left join people.profiles p on p.account_id = m.account_id
 where m.employer_id = {employer_id}
   and exists (select from members.members o where o.employer_id = m.employer_id and o.account_id = {account_id})""",
        where={},
        orders={"oldest": oldest("m.created_at", "m.id")},
    )
)


async def members(
    conn: asyncpg.Connection, cursors: Cursors, employer: UUID, account: UUID, cursor: str | None, limit: int
) -> SealedPage:
    """The colleagues of a member, nobody for anybody else. Raises `InvalidRequest` for a cursor of another list."""
    values = {"employer_id": employer, "account_id": account}
    return await LIST.page(conn, cursors, "oldest", values, cursor, limit, SealedPage)


SET_ROLE = """-- members.set_role
update members.members m set role = $3 where m.employer_id = $1 and m.id = $2"""


async def set_role(tx: asyncpg.Connection, employer: UUID, member: UUID, role: MemberRole) -> None:
    await tx.execute(SET_ROLE, employer, member, role)


REMOVE = """-- members.remove
delete from members.members m where m.employer_id = $1 and m.id = $2"""


async def remove(tx: asyncpg.Connection, employer: UUID, member: UUID) -> None:
    """They do not act for the employer any more, from the moment this commits: every statement asks."""
    await tx.execute(REMOVE, employer, member)


COUNTED = """-- members.counted
select (select count(*) from members.members m where m.employer_id = $1)::integer as members,
       count(*) filter (where i.answered_at is null and i.expires_at > $3)::integer as waiting,
       count(*) filter (where i.created_at > $4)::integer as lately,
       exists (select from members.members m
                 join identity.accounts a on a.id = m.account_id
                where m.employer_id = $1 and a.phone_index = $2) as is_member,
       coalesce(bool_or(i.phone_index = $2 and i.answer = 'declined'), false) as declined
  from members.invitations i
 where i.employer_id = $1"""


async def counted(tx: asyncpg.Connection, employer: UUID, phone: bytes, now: datetime, since: datetime) -> Counted:
    """`since`: from when on an invitation was lately. What was declined is kept for a month and counts as long."""
    found = maybe(await tx.fetchrow(COUNTED, employer, phone, now, since), Counted)
    if found is None:
        raise RuntimeError("a count returned nothing")
    return found


# One that expired without an answer is made anew; sealed for its row, the number stays as it is.
INVITE = """-- members.invite
insert into members.invitations as i
    (id, employer_id, phone_index, phone_cipher, role, invited_by, created_at, expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (employer_id, phone_index) where answered_at is null do update
   set role = excluded.role, invited_by = excluded.invited_by, created_at = excluded.created_at,
       expires_at = excluded.expires_at
 where i.expires_at <= excluded.created_at
returning i.id"""


async def invite(
    tx: asyncpg.Connection, invitation: UUID, employer: UUID, phone: bytes, cipher: bytes, role: MemberRole,
    account: UUID, now: datetime, expires_at: datetime,
) -> UUID:  # fmt: skip
    """Its id. Raises `AlreadyInvited`."""
    made: UUID | None = await tx.fetchval(INVITE, invitation, employer, phone, cipher, role, account, now, expires_at)
    if made is None:
        raise AlreadyInvited
    return made


ROLE = """-- members.role
select m.role from members.members m where m.employer_id = $1 and m.account_id = $2"""


async def role(conn: asyncpg.Connection, employer: UUID, account: UUID) -> MemberRole | None:
    """What the account is in the employer, None for nothing."""
    found: MemberRole | None = await conn.fetchval(ROLE, employer, account)
    return found


INVITATIONS = listing(
    Listing(
        name="members.invitations",
        select="""select i.id, i.phone_cipher, i.role,
       coalesce(i.answer, case when i.expires_at > {now} then 'waiting' else 'expired' end) as state,
       i.created_at, i.expires_at
  from members.invitations i
 where i.employer_id = {employer_id}
   and exists (select from members.members m
                where m.employer_id = i.employer_id and m.account_id = {account_id} and m.role = 'owner')""",
        where={},
        orders={"newest": newest("i.created_at", "i.id")},
    )
)


async def invitations(
    conn: asyncpg.Connection, cursors: Cursors, employer: UUID, owner: UUID, cursor: str | None, limit: int,
    now: datetime,
) -> SealedInvitationPage:  # fmt: skip
    """Whom the owner's employer has asked, nobody for anybody else. Raises `InvalidRequest` for a foreign cursor."""
    values = {"employer_id": employer, "account_id": owner, "now": now}
    return await INVITATIONS.page(conn, cursors, "newest", values, cursor, limit, SealedInvitationPage)


WITHDRAW = """-- members.withdraw
update members.invitations i set answer = 'withdrawn', answered_at = $3, phone_cipher = null
 where i.id = $2 and i.employer_id = $1 and i.answered_at is null
returning true"""


async def withdraw(tx: asyncpg.Connection, employer: UUID, invitation: UUID, now: datetime) -> bool:
    """Whether there was something to withdraw."""
    return bool(await tx.fetchval(WITHDRAW, employer, invitation, now))


MINE = listing(
    Listing(
        name="members.mine",
        select="""select i.id, e.id as "employer.id", e.name as "employer.name",
       e.status = 'verified' as "employer.verified", i.role, i.created_at, i.expires_at
  from identity.accounts a
  join members.invitations i on i.phone_index = a.phone_index and i.answered_at is null and i.expires_at > {now}
  join employers.employers e on e.id = i.employer_id
 where a.id = {account_id} and not privacy.blocked(a.id, e.id)""",
        where={},
        orders={"newest": newest("i.created_at", "i.id")},
    )
)


async def mine(
    conn: asyncpg.Connection, cursors: Cursors, account: UUID, cursor: str | None, limit: int, now: datetime
) -> MyInvitationPage:
    """What waits for whoever has the phone of the account. Raises `InvalidRequest` for a cursor of another list."""
    values = {"account_id": account, "now": now}
    return await MINE.page(conn, cursors, "newest", values, cursor, limit, MyInvitationPage)


ASKED = """-- members.asked
select i.employer_id, i.role, i.answer, i.account_id is not distinct from a.id as mine, i.expires_at
  from identity.accounts a
  join members.invitations i on i.phone_index = a.phone_index
 where a.id = $1 and i.id = $2"""


async def asked(tx: asyncpg.Connection, account: UUID, invitation: UUID) -> Asked | None:
    """An invitation of the phone that the account has now."""
    return maybe(await tx.fetchrow(ASKED, account, invitation), Asked)


ANSWER = """-- members.answer
update members.invitations i set answer = $3, answered_at = $4, account_id = $1, phone_cipher = null
  from identity.accounts a
 where a.id = $1 and i.id = $2 and i.phone_index = a.phone_index and i.answered_at is null and i.expires_at > $4
returning true"""


async def answer(tx: asyncpg.Connection, account: UUID, invitation: UUID, said: Answer, now: datetime) -> bool:
    """Whether it was there to be answered."""
    return bool(await tx.fetchval(ANSWER, account, invitation, said, now))


TOLD = """-- members.told (worker)
select a.id as account_id, e.id as employer_id, e.name as employer_name, e.status = 'verified' as verified,
       i.created_at,
       (select count(*) from notifications.inbox n
         where n.account_id = a.id and n.topic = 'employer_invitation' and n.created_at > $3)::integer as lately
  from members.invitations i
  join identity.accounts a on a.phone_index = i.phone_index and a.disabled_at is null
  join employers.employers e on e.id = i.employer_id
 where i.id = $1 and i.answered_at is null and i.expires_at > $2"""


async def told(pool: asyncpg.Pool, invitation: UUID, now: datetime, since: datetime) -> Told | None:
    """Whose account an open invitation is for; None when nobody has that phone."""
    return maybe(await pool.fetchrow(TOLD, invitation, now, since), Told)


OWNERS = """-- members.owners (worker)
select e.name as employer_name,
       array(select m.account_id from members.members m
              where m.employer_id = e.id and m.role = 'owner' and m.account_id <> $2) as owners
  from employers.employers e
 where e.id = $1"""


async def owners(pool: asyncpg.Pool, employer: UUID, but: UUID) -> tuple[str, list[UUID]] | None:
    """The name of an employer and its owners, but for one account."""
    row = await pool.fetchrow(OWNERS, employer, but)
    return None if row is None else (row["employer_name"], row["owners"])


PRUNE = """-- members.prune (worker)
delete from members.invitations i where i.expires_at < $1"""


async def prune(tx: asyncpg.pool.PoolConnectionProxy, before: datetime) -> None:
    await tx.execute(PRUNE, before)
