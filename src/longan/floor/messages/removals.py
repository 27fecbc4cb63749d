"""Removals: what was read or archived on one phone is taken off the screens of the others."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeAlias
from uuid import UUID

import asyncpg

Connection: TypeAlias = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy

# A phone that was off for longer has been looked at since.
LIFE = timedelta(days=1)

# Android keeps no more of one app on the screen, and FCM throws everything away once a hundred messages wait for a
# phone.
MOST_FOR_A_PHONE = 50

# A push that was tried may be on the screen although nobody heard that it arrived. A digest stands for several notices,
# and is judged anew when it is sent.
REMOVE = """-- removals.remove
insert into push.outbox (kind, notification_id, account_id, installation_id, not_before, expires_at, created_at)
select 'removal', shown.notification_id, $1, shown.installation_id, $4, $5, $4
  from (select o.notification_id, o.installation_id,
               row_number() over (partition by o.installation_id order by o.created_at desc, o.id desc) as place
          from push.outbox o
          join push.devices d on d.installation_id = o.installation_id and d.account_id = o.account_id
         where o.account_id = $1 and o.notification_id = any($2) and o.kind = 'notice' and o.digest_at is null
           and o.attempts > 0 and o.state <> 'gone'
           and d.out_of_use_at is null and d.session_id is distinct from $3) as shown
 where shown.place <= $6
    on conflict on constraint outbox_once do nothing"""


async def remove(
    tx: Connection, account: UUID, session: UUID | None, notifications: Sequence[UUID], now: datetime
) -> None:
    """A silent push for each phone of the account that may be showing one of the notices, but for the phone of
    `session`, which knows already."""
    await tx.execute(REMOVE, account, notifications, session, now, now + LIFE, MOST_FOR_A_PHONE)
