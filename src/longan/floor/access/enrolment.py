"""Keys of devices: which of them an account has enrolled, so that a code on such a device says more than a code alone.

A key is enrolled by the sign-in that opens the account, by a passkey on that device, by the owner from a device that
is enrolled (room `device_keys`), or, while nobody has confirmed who the owner is, by having waited. A code on a new
device never makes an account with a confirmed identity more than acr 0 (SECURITY A13: numbers are given to others).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID, uuid4

import asyncpg

from longan.floor.database import queue

WAIT = timedelta(hours=72)
# Of those that are enrolled, and of all others: who makes a new key at each sign-in forgets the eldest.
MOST_KEYS = 20

# A key that was removed stays removed until somebody stronger than a code enrols it.
SEEN = """-- enrolment.seen
insert into device_keys.keys as k
       (account_id, thumbprint, device_name, platform, first_seen_at, last_seen_at, enrolled_at, enrolled_by)
values ($1, $2, $3, $4, $5, $5, case when $6::text is not null then $5::timestamptz end, $6)
on conflict (account_id, thumbprint) do update
   set last_seen_at = $5,
       device_name = coalesce($3, k.device_name),
       platform = coalesce($4, k.platform),
       (enrolled_at, enrolled_by, ended_at) = (
           select case when k.ended_at is null and k.enrolled_at is not null then k.enrolled_at
                       when $6 is not null or waited then $5 end,
                  case when k.ended_at is null and k.enrolled_at is not null then k.enrolled_by
                       when $6 is not null then $6
                       when waited then 'waiting' end,
                  case when $6 is null then k.ended_at end
             from (select k.ended_at is null and k.first_seen_at <= $7
                          and not exists (select from assurance.identities i
                                           where i.account_id = $1 and i.confirmed_at is not null) as waited) w)
returning k.enrolled_at is not null and k.ended_at is null as enrolled,
          old.enrolled_at is not null and old.ended_at is null as was_enrolled,
          old.account_id is null as is_new"""

FORGET = """-- enrolment.forget
delete from device_keys.keys k
 using (select o.thumbprint,
               row_number() over (partition by o.enrolled_at is not null and o.ended_at is null
                                  order by o.last_seen_at desc, o.thumbprint) as place
          from device_keys.keys o
         where o.account_id = $1) ranked
 where k.account_id = $1 and k.thumbprint = ranked.thumbprint and ranked.place > $2"""


async def seen(
    tx: asyncpg.Connection, account: UUID, thumbprint: str, device: tuple[str, str] | None, now: datetime,
    by: Literal["first_sign_in", "passkey"] | None,
) -> bool:  # fmt: skip
    """Whether the key with which somebody signs in is enrolled; `by` says what enrols it now, `device` is its name and
    platform. The owner is told when a key is enrolled later than with the account (and of a new device anyway)."""
    name, platform = device or (None, None)
    row = await tx.fetchrow(SEEN, account, thumbprint, name, platform, now, by, now - WAIT)
    if row is None:
        raise RuntimeError("an upsert returned nothing")
    enrolled, was_enrolled, is_new = row
    if is_new:
        await tx.execute(FORGET, account, MOST_KEYS)
    if by != "first_sign_in" and enrolled != was_enrolled:
        await tell(tx, account, "device_key_enrolled")
    return bool(enrolled)


async def tell(tx: asyncpg.Connection, account: UUID, what: str) -> None:
    await queue.add(tx, "security_notice", account_id=account, what=what, fact=uuid4())


END_BOUND = """-- enrolment.end_bound
update sessions.sessions s set ended_at = $3, end_reason = 'key_removed'
 where s.account_id = $1 and s.key_thumbprint = $2 and s.ended_at is null
returning s.id"""


async def end_bound(tx: asyncpg.Connection, account: UUID, thumbprint: str, now: datetime) -> Sequence[UUID]:
    """End the sessions that are bound to a key; which ones were still going on."""
    return [row["id"] for row in await tx.fetch(END_BOUND, account, thumbprint, now)]
